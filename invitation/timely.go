package invitation

import (
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// What a trigger waits for that no event tells: that time has passed.
const (
	OnTime On = "time" // each customer is asked again and again, Every apart
	OnLost On = "lost" // a customer does not come any more
)

// Of triggers that wait for time, unless a file says otherwise.
const (
	UsualIntervals = 3
	UsualTold      = 30 // days after which nobody is asked any more why they do not come
	fewestGaps     = 2  // by fewer nobody's usual interval is known
)

// LookAgain is how soon a customer is looked at again by a trigger that asks every so often and
// left them in peace.
const LookAgain = 7 * 24 * time.Hour

// Timely reports whether a trigger waits for time, not for an event.
func (t *Trigger) Timely() bool { return t.On == OnTime || t.On == OnLost }

// Moment is a moment at which somebody is to be asked by a trigger that waits for time. Key tells
// it from all others of the same customer: what falls due once is asked about once.
type Moment struct {
	Key string
	At  time.Time // since when it is due
}

// Falls says whether a customer is to be asked now by a trigger that waits for time. served are
// the ends of their services, in any order; asked is when they were asked by its survey last, zero
// = never.
func (t *Trigger) Falls(served []time.Time, asked, now time.Time) (Moment, bool) {
	served = slices.DeleteFunc(slices.Clone(served), func(s time.Time) bool { return s.After(now) })
	slices.SortFunc(served, time.Time.Compare)
	switch t.On {
	case OnTime:
		return t.again(served, asked, now)
	case OnLost:
		return t.lost(served, now)
	}
	return Moment{}, false
}

// again is of a trigger that asks each customer every so often. Who is left in peace then is
// looked at again a week later.
func (t *Trigger) again(served []time.Time, asked, now time.Time) (Moment, bool) {
	within := 0
	for _, s := range served {
		if t.Within == 0 || !s.Before(now.Add(-time.Duration(t.Within))) {
			within++
		}
	}
	due := asked.Add(time.Duration(t.Every))
	if asked.IsZero() {
		due = now
	}
	if within < max(t.AtLeast, 1) || now.Before(due) {
		return Moment{}, false
	}
	return Moment{Key: fmt.Sprintf("every %d %d", asked.Unix(), now.Unix()/int64(LookAgain/time.Second)), At: now}, true
}

// lost is of a trigger that asks whoever stays away for some of their own usual intervals, once.
func (t *Trigger) lost(served []time.Time, now time.Time) (Moment, bool) {
	usual, ok := Usually(served)
	if !ok {
		return Moment{}, false
	}
	last := served[len(served)-1]
	since := last.Add(time.Duration(t.Intervals) * usual)
	if now.Before(since) || now.After(since.Add(time.Duration(t.Stale))) {
		return Moment{}, false
	}
	return Moment{Key: fmt.Sprintf("lost %d", last.Unix()), At: since}, true
}

// Usually is the interval in which somebody usually comes: the middle one of theirs, and at least
// a day. false = they were not there often enough to know. served is in order.
func Usually(served []time.Time) (time.Duration, bool) {
	var gaps []time.Duration
	for i := 1; i < len(served); i++ {
		if gap := served[i].Sub(served[i-1]); gap >= 12*time.Hour { // two services of one visit are one
			gaps = append(gaps, gap)
		}
	}
	if len(gaps) < fewestGaps {
		return 0, false
	}
	slices.Sort(gaps)
	return max(gaps[len(gaps)/2], 24*time.Hour), true
}

// Opens is t, or when the hours begin in which a trigger asks.
func (t *Trigger) Opens(at time.Time, zone *time.Location) time.Time {
	return recovery.Hours{Zone: zone, Week: t.Between}.Next(at)
}

// Memory is for how long back a trigger that waits for time looks at services.
func (t *Trigger) Memory() time.Duration {
	if t.On == OnTime && t.Within > 0 {
		return time.Duration(t.Within)
	}
	return time.Duration(longest)
}

// longest is how old services are that are looked at: no older ones are kept.
const longest = recovery.Span(400 * 24 * time.Hour)
