package admin

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aftercare/aftercare/access"
)

// stuckFor is how long a count of what is stuck is shown for: it stands on every page.
const stuckFor = 5 * time.Second

// stuckCount is how many messages and updates are stuck, counted now and then.
type stuckCount struct {
	mu sync.Mutex
	at time.Time // when it was counted
	n  int
}

// waitingFor is how long it is shown how many cases wait for somebody, on pages of other things.
const waitingFor = 10 * time.Second

// waitingCount is how many cases wait for each of those who looked lately.
type waitingCount struct {
	mu sync.Mutex
	of map[string]counted // by who they are and where they may see cases
}

type counted struct {
	at time.Time
	n  int
}

// waitingNow is how many cases wait for the viewer, counted now and then; 0 where they may see none, and
// where it cannot be counted now.
func (s *site) waitingNow(ctx context.Context, v Viewer) int {
	if s.Store == nil || s.Bot == nil || !v.Anywhere(access.SeeCases) {
		return 0
	}
	key, now := fmt.Sprintf("%s %q", v.Staff, s.permitted(v, access.SeeCases)), s.Clock()
	s.cases.mu.Lock()
	c, ok := s.cases.of[key]
	s.cases.mu.Unlock()
	if ok && now.Sub(c.at) < waitingFor {
		return c.n
	}
	n, err := s.waiting(ctx, v)
	if err != nil {
		return 0 // the page itself says what is wrong
	}
	s.cases.mu.Lock()
	defer s.cases.mu.Unlock()
	maps.DeleteFunc(s.cases.of, func(_ string, c counted) bool { return now.Sub(c.at) >= waitingFor })
	s.cases.of[key] = counted{now, n}
	return n
}

// stuckNow is how much is stuck, for who may mend it; 0 for others, and where it cannot be counted now.
func (s *site) stuckNow(ctx context.Context, v Viewer) int {
	if s.Store == nil || !v.Can(access.SeeOutbox, access.EverySite) {
		return 0
	}
	s.stuck.mu.Lock()
	defer s.stuck.mu.Unlock()
	if s.stuck.at.IsZero() || s.Clock().Sub(s.stuck.at) > stuckFor {
		c, err := s.Store.Counts(ctx)
		if err != nil {
			return 0 // the page itself says what is wrong
		}
		s.stuck.at, s.stuck.n = s.Clock(), c.Failed+c.Parked
	}
	return s.stuck.n
}
