package recovery

import (
	"testing"
	"time"
)

func TestWhereACaseStands(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	opens := Decision{Opens: true, Priority: P2}
	plan := &Plan{Text: "x", Due: at.Add(time.Hour), At: at}
	for name, c := range map[string]struct {
		c    Case
		want Standing
		next Clock
	}{
		"nobody has it":               {Case{State: Open, Decision: opens, Due: Clocks{Acknowledge: at, Contact: at.Add(1)}}, Free, ClockAcknowledge},
		"on the watch list":           {Case{State: Open, Decision: Decision{Watch: true}}, OnWatch, ""},
		"taken":                       {Case{State: Taken, Decision: opens, Due: Clocks{Acknowledge: at, Contact: at.Add(2), Resolve: at.Add(1)}}, Held, ClockResolve},
		"contacted":                   {Case{State: Contacted, Decision: opens, Round: Marks{Contacted: at}, Due: Clocks{Contact: at, Resolve: at.Add(1)}}, Held, ClockResolve},
		"snoozed":                     {Case{State: Taken, Decision: opens, Snoozed: at.Add(9), Due: Clocks{Contact: at}}, Asleep, ClockSnooze},
		"snoozed, and they wrote":     {Case{State: Taken, Decision: opens, Snoozed: at.Add(9), Wrote: at, Due: Clocks{Contact: at}}, Held, ClockContact},
		"agreed":                      {Case{State: Agreed, Decision: opens, Plan: plan, Round: Marks{Contacted: at}, Due: Clocks{Resolve: at}}, Asleep, ClockPlan},
		"the agreed date came":        {Case{State: Agreed, Decision: opens, Plan: plan, Struck: []string{"plan 100 thread"}}, Held, ClockPlan},
		"agreed, and the other wrote": {Case{State: Agreed, Decision: opens, Plan: plan, Wrote: at}, Held, ClockPlan},
		"resolved":                    {Case{State: Resolved, Decision: opens, Due: Clocks{Resolve: at}}, Over, ""},
		"resolved, and they wrote":    {Case{State: Resolved, Decision: opens, Wrote: at, Due: Clocks{Resolve: at}}, Held, ""},
		"settled, and they wrote":     {Case{State: Verified, Decision: opens, Wrote: at}, Over, ""},
		"closed, and they wrote":      {Case{State: Closed, Decision: opens, Wrote: at}, Over, ""},
		"closed, with a snooze":       {Case{State: Closed, Decision: opens, Snoozed: at, Plan: plan}, Over, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.c.Standing(); got != c.want {
				t.Errorf("it stands %q, want %q", got, c.want)
			}
			if next, ok := c.c.NextPromise(); next.Clock != c.next || ok != (c.next != "") {
				t.Errorf("next is %v, want %q", next, c.next)
			}
		})
	}
}

func TestNamesOfCasesAreRead(t *testing.T) {
	for b := range 800 {
		name := Case{Bucket: b, Number: 17 + b}.Name()
		if bucket, number, ok := ParseName(name); bucket != b || number != 17+b || !ok {
			t.Errorf("%s is read as %d, %d, %v", name, bucket, number, ok)
		}
	}
	for _, c := range []string{" a-17 ", "A17", "a 17"} {
		if b, n, ok := ParseName(c); b != 0 || n != 17 || !ok {
			t.Errorf("%q is read as %d, %d, %v", c, b, n, ok)
		}
	}
	for _, bad := range []string{"", "A", "17", "A-", "-17", "A-0", "ABCD-1", "A-1234567890", "Ä-1", "A-1x", "A-1-1", "../A-1"} {
		if _, _, ok := ParseName(bad); ok {
			t.Errorf("%q is read as a case", bad)
		}
	}
}
