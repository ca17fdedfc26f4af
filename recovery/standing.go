package recovery

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Standing is where a case stands for those who work: whose move it is.
type Standing string

// The standings. The texts are fixed: databases hold them.
const (
	Over    Standing = ""       // nobody has to do anything
	Free    Standing = "free"   // nobody has it
	Held    Standing = "held"   // somebody has it and is to go on
	Asleep  Standing = "asleep" // quiet until a moment that somebody chose or agreed on
	OnWatch Standing = "watch"  // nobody has to do anything; somebody may
)

// Standings lists those of cases that are not over.
func Standings() []Standing { return []Standing{Free, Held, Asleep, OnWatch} }

// Unanswered reports whether the customer wrote after the case was resolved and waits: nobody took it up again, nor
// noted what came of it, nor did they say themselves whether it is settled.
func (c Case) Unanswered() bool { return c.State == Resolved && !c.Wrote.IsZero() }

// Standing is where the case stands. One that is resolved stands with who had it while its customer waits for an
// answer. A case sleeps until its snooze or its agreed date is
// over, or its customer writes: each of these changes the case.
func (c Case) Standing() Standing {
	switch {
	case c.Unanswered():
		return Held
	case !c.State.Active():
		return Over
	case c.Watched():
		return OnWatch
	case c.State == Open:
		return Free
	case !c.Wrote.IsZero():
		return Held
	case !c.Snoozed.IsZero():
		return Asleep
	case c.State == Agreed && c.Plan != nil && !c.reached(ClockPlan):
		return Asleep
	}
	return Held
}

// reached reports whether a clock struck in this round.
func (c Case) reached(which Clock) bool {
	return slices.ContainsFunc(c.Struck, func(s string) bool { return strings.HasPrefix(s, string(which)+" "+strconv.Itoa(100)) })
}

// Promise is a clock of a case that still runs.
type Promise struct {
	Clock Clock
	Since time.Time // when it began
	Due   time.Time
}

// Promises are what is still to be kept, the next one first: the clocks that run, the date that
// was agreed, and when the case wakes.
func (c Case) Promises() []Promise {
	var all []Promise
	for _, which := range promises {
		if c.runs(which) {
			all = append(all, Promise{which, c.since(which), c.Due.Of(which)})
		}
	}
	if c.State.Active() && c.Plan != nil {
		all = append(all, Promise{ClockPlan, c.Plan.At, c.Plan.Due})
	}
	if c.State.Active() && !c.Snoozed.IsZero() {
		all = append(all, Promise{ClockSnooze, c.Updated, c.Snoozed})
	}
	slices.SortStableFunc(all, func(a, b Promise) int { return a.Due.Compare(b.Due) })
	return all
}

// NextPromise is by when the case must move next, by the clock that comes first; false =
// none runs. One that sleeps moves when it wakes.
func (c Case) NextPromise() (Promise, bool) {
	all := c.Promises()
	if c.Standing() == Asleep {
		for _, p := range all {
			if p.Clock == ClockSnooze || c.Snoozed.IsZero() && p.Clock == ClockPlan {
				return p, true
			}
		}
	}
	if len(all) == 0 {
		return Promise{}, false
	}
	return all[0], true
}

// ParseName reads a number as people say it, "A-17" or "a17". ok is false for what is none.
func ParseName(name string) (bucket, number int, ok bool) {
	name = strings.ToUpper(strings.TrimSpace(name))
	letters := strings.TrimRight(name, "0123456789")
	digits := name[len(letters):]
	letters = strings.TrimRight(letters, "- ")
	if letters == "" || len(letters) > 3 || digits == "" || len(digits) > 9 {
		return 0, 0, false
	}
	for _, r := range letters {
		if r < 'A' || r > 'Z' {
			return 0, 0, false
		}
		bucket = bucket*26 + int(r-'A') + 1
	}
	number, err := strconv.Atoi(digits)
	return bucket - 1, number, err == nil && number > 0
}
