// Package allowance says how much one person may bring to staff before further words join
// what is there. It is pure: the time is an argument, and what was spent is a value that is
// stored with the person, so that it holds over restarts and for all instances.
package allowance

import "time"

const (
	// Burst is how many messages go to staff at once.
	Burst = 10
	// Each is how long it takes until one more may go. With Burst it makes twenty in any minute.
	Each = 6 * time.Second
	// Calm is for how long somebody brings nothing before messages are shown one by one again.
	Calm = time.Minute
)

// Spent is what somebody has brought. The zero value is nothing.
type Spent struct {
	Full   time.Time `json:"Full,omitzero"`   // when the whole allowance is there again
	Since  time.Time `json:"Since,omitzero"`  // from when on messages join: names where they do
	Last   time.Time `json:"Last,omitzero"`   // when the last one joined
	Joined int       `json:"Joined,omitzero"` // how many have since; 0 = none joins
	Wish   string    `json:"Wish,omitzero"`   // the case that further wishes join; "" = none
}

// Over reports whether a message brought at now joins those before it.
func (s Spent) Over(now time.Time) bool {
	if s.Joined > 0 && now.Sub(s.Last) < Calm {
		return true
	}
	return s.Full.Add(Each).Sub(now) > Burst*Each
}

// Bring counts a message that would be n messages to staff. What joins costs nothing.
func (s Spent) Bring(now time.Time, n int) Spent {
	if s.Over(now) {
		if s.Joined == 0 || now.Sub(s.Last) >= Calm {
			s.Since, s.Joined = now, 0
		}
		s.Joined++
		s.Last = now
		return s
	}
	s.Since, s.Last, s.Joined = time.Time{}, time.Time{}, 0
	if s.Full.Before(now) {
		s.Full = now
	}
	s.Full = s.Full.Add(time.Duration(max(n, 1)) * Each)
	return s
}
