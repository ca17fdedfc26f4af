package recovery_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// unhappy is what the answers of an unsatisfied customer mean.
func unhappy() survey.Judgement {
	return survey.Judgement{
		Flag: survey.Unsatisfied, Unsatisfied: true, Settled: true,
		Primary: survey.Primary{Key: "overall", Scale: "csat5", Value: 1, Lowest: true, Answered: true},
	}
}

// The rules say whether a case opens, how urgent it is, and why.
func ExampleDecide() {
	facts := recovery.Facts{Class: survey.Transactional, Complaint: true}
	d := recovery.Decide(recovery.DefaultRules, facts, unhappy())
	fmt.Println(d.Opens, d.Priority, d.Reasons)
	fmt.Println(recovery.Decide(recovery.DefaultRules, recovery.Facts{Class: survey.Pulse}, unhappy()).Opens)
	// Output:
	// true P2 [primary_lowest complaint]
	// false
}

// Everything that is done to a case is an Act. Apply returns the case as it is then, and
// the lines of its history; an act that cannot be done now is a *Refusal with its reason.
func ExampleApply() {
	rules := recovery.DefaultRules
	c, _ := recovery.OpenCase(rules, recovery.Case{ID: "c", Number: 17}, recovery.Decide(rules, recovery.Facts{}, unhappy()), monday)
	bob := recovery.Actor{Staffer: recovery.Staffer{ID: "u1", Name: "Bob"}, Role: access.Agent}
	carol := recovery.Actor{Staffer: recovery.Staffer{ID: "u2", Name: "Carol"}, Role: access.Agent}

	c, events, err := recovery.Apply(rules, c, recovery.Take{}, bob, monday.Add(5*time.Minute))
	fmt.Println(c.Name(), c.State, c.Holder.Name, events[0].Kind, err)

	_, _, err = recovery.Apply(rules, c, recovery.Take{}, carol, monday.Add(6*time.Minute))
	var refused *recovery.Refusal
	if errors.As(err, &refused) {
		fmt.Println("refused:", refused.Code)
	}
	// Output:
	// A-17 taken Bob taken <nil>
	// refused: already_taken
}

// A case says what falls due next. Whoever keeps it looks at it then and applies
// ClockStruck.
func ExampleNextClock() {
	rules := recovery.DefaultRules
	c, _ := recovery.OpenCase(rules, recovery.Case{ID: "c"}, recovery.Decide(rules, recovery.Facts{}, unhappy()), monday)
	for range 3 {
		next, ok := recovery.NextClock(rules, c)
		if !ok {
			break
		}
		fmt.Println(next.At.Sub(monday), next.Clock, next.Percent, next.To)
		c, _, _ = recovery.Apply(rules, c, recovery.ClockStruck{}, recovery.Actor{Party: recovery.Program}, next.At)
	}
	// Output:
	// 15m0s acknowledge 50 thread
	// 30m0s acknowledge 100 lead
	// 1h0m0s acknowledge 200 manager
}
