package chat

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// SideCalls remembers which calls of a platform fail that show nobody a message and bring no
// update: menus, names, marks. Nothing waits for them. The zero value is ready, nil remembers
// nothing; its methods are safe for concurrent use.
type SideCalls struct {
	mu      sync.Mutex
	failing map[sideKey]SideCall
	rivals  map[sideKey][2]time.Time // when another program took updates: last, and before that
}

// SideCall is a call that fails.
type SideCall struct {
	Platform Platform
	Account  string
	Method   string // as the platform calls it
	Error    string // the newest; no secret, no customer's words
	Since    time.Time
	Seen     time.Time // when it failed last
}

type sideKey struct {
	platform        Platform
	account, method string
}

// sideKept is for how long a failure counts after which the call was not made again.
const sideKept = 15 * time.Minute

// Note takes what became of a call. A refusal of the one thing that it was about, as of a
// message that is gone, does not mean that the call fails.
func (s *SideCalls) Note(p Platform, account, method string, err error, now time.Time) {
	if s == nil {
		return
	}
	key := sideKey{p, account, method}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		switch e := AsError(err); e.Kind {
		case Temporary, RateLimited, InDoubt:
			if s.failing == nil {
				s.failing = map[sideKey]SideCall{}
			}
			call, ok := s.failing[key]
			if !ok {
				call = SideCall{Platform: p, Account: account, Method: method, Since: now}
			}
			call.Error, call.Seen = e.Error(), now
			s.failing[key] = call
			return
		}
	}
	delete(s.failing, key)
}

// rivalKept is for how long another program counts as there that takes an account's updates.
const rivalKept = time.Minute

// NoteRival takes that the platform refused us an account's updates because another program
// asked for them.
func (s *SideCalls) NoteRival(p Platform, account string, now time.Time) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rivals == nil {
		s.rivals = map[sideKey][2]time.Time{}
	}
	key := sideKey{platform: p, account: account}
	s.rivals[key] = [2]time.Time{now, s.rivals[key][0]}
}

// Rivals lists the platforms of which another program takes updates that are ours. Once is no
// sign of that: it happens when one instance takes over from another.
func (s *SideCalls) Rivals(now time.Time) []Platform {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Platform
	for key, at := range s.rivals {
		if now.Sub(at[1]) < rivalKept && !slices.Contains(all, key.platform) {
			all = append(all, key.platform)
		}
	}
	slices.Sort(all)
	return all
}

// Failing lists the calls that fail now, in the order of their names.
func (s *SideCalls) Failing(now time.Time) []SideCall {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []SideCall
	for _, c := range s.failing {
		if now.Sub(c.Seen) < sideKept {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b SideCall) int {
		return cmp.Or(cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Method, b.Method))
	})
	return all
}
