package admin

import (
	"context"
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
