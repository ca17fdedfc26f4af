package admin

import (
	"cmp"
	"slices"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// caseTrait is what may be true of a case; several together are all of them.
type caseTrait uint32

// What may be true of a case.
const (
	wasTaken caseTrait = 1 << iota
	wasContacted
	wasResolved
	dueTaken // it was taken, or should have been by now; and so on
	dueContacted
	dueResolved
	wasReopened
	wasAsked
	saidHow
	wonBack
	saidSettled
	calledSettled
	namedCause

	anyCase caseTrait = 0
)

// traitsOf are those of a case.
func traitsOf(c *storage.FigureCase) (t caseTrait) {
	is := func(yes bool, trait caseTrait) {
		if yes {
			t |= trait
		}
	}
	for i := range caseSteps {
		step := &caseSteps[i]
		came := !step.at(c).IsZero()
		is(came, step.came)
		is(came || slices.Contains(c.Missed, step.clock), step.due)
	}
	is(c.Reopens > 0, wasReopened)
	is(c.Asked, wasAsked)
	is(c.Recovered != recovery.RecoveredUnknown, saidHow)
	is(c.Recovered == recovery.RecoveredYes, wonBack)
	is(c.Settled != recovery.SettledUnknown, saidSettled)
	is(c.Settled == recovery.SettledYes, calledSettled)
	is(c.Cause != "", namedCause)
	return t
}

// caseList are cases with whose they are and what is true of them: found once, as a page makes many shares of the
// same cases.
type caseList struct {
	all    []storage.FigureCase
	traits []caseTrait // of each
	whose  []int32     // of each, where the name of its customer stands
	names  []string    // of customers
	counts [][2]int32  // of each customer, while a share is made
}

func casesOf(all []storage.FigureCase) *caseList {
	l := &caseList{all: all, traits: make([]caseTrait, len(all)), whose: make([]int32, len(all)), names: make([]string, 0, len(all))}
	at := make(map[string]int32, len(all))
	for i := range all {
		name := customerOf(&all[i])
		n, ok := at[name]
		if !ok {
			n = int32(len(l.names))
			at[name], l.names = n, append(l.names, name)
		}
		l.whose[i], l.traits[i] = n, traitsOf(&all[i])
	}
	l.counts = make([][2]int32, len(l.names))
	return l
}

// customerOf is whose case it is; a case of who was erased is a customer's of its own.
func customerOf(c *storage.FigureCase) string {
	return cmp.Or(c.Customer, c.Identity, "case:"+c.ID)
}

// rate is the share of those that have some traits among those that have others, clustered by customer.
func (l *caseList) rate(of, yes caseTrait) report.Clustered {
	clear(l.counts)
	for i, t := range l.traits {
		if t&of == of {
			a := &l.counts[l.whose[i]]
			if a[1]++; t&yes == yes {
				a[0]++
			}
		}
	}
	return report.RateOf(l.names, l.counts)
}

// ofCause are those with a cause, clustered by customer.
func (l *caseList) ofCause(cause string) report.Clustered {
	clear(l.counts)
	for i := range l.all {
		if l.traits[i]&namedCause != 0 && l.all[i].Cause == cause {
			a := &l.counts[l.whose[i]]
			a[0], a[1] = a[0]+1, a[1]+1
		}
	}
	return report.RateOf(l.names, l.counts)
}
