package admin

import (
	"cmp"
	"slices"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// caseTrait is what may be true of a case; several together are all of them. What its cause is called stands above
// them: see causeAt.
type caseTrait uint64

// causeAt is from which bit on a trait says which of the causes of a list it is; 0 = none.
const causeAt = 32

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
	lateTaken // the promise was missed; and so on
	lateContacted
	lateResolved

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
		came, late := !step.at(c).IsZero(), slices.Contains(c.Missed, step.clock)
		is(came, step.came)
		is(late, step.late)
		is(came || late, step.due)
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

// caseList are cases as a page makes many shares of them: what is true of each, and whose it is, found once. Most
// customers have one case; these are added up by what is true of it.
type caseList struct {
	traits  []caseTrait // of each case
	whose   []int32     // of each case, where the name of its customer stands
	names   []string    // of customers
	causes  []string    // from 1 on, as causeAt counts them
	once    []onceSo    // customers with one case
	several []int32     // the cases of the others
	counts  [][2]int32  // of each customer, while a share is made
}

// onceSo is how many customers have one case of which the same is true.
type onceSo struct {
	traits    caseTrait
	customers int
}

func casesOf(all []storage.FigureCase) *caseList {
	l := &caseList{traits: make([]caseTrait, len(all)), whose: make([]int32, len(all)), names: make([]string, 0, len(all)), causes: []string{""}}
	at, cases, causes := make(map[string]int32, len(all)), make([]int32, 0, len(all)), map[string]caseTrait{}
	for i := range all {
		c := &all[i]
		name := customerOf(c)
		n, ok := at[name]
		if !ok {
			n = int32(len(l.names))
			at[name], l.names, cases = n, append(l.names, name), append(cases, 0)
		}
		cases[n]++
		l.whose[i], l.traits[i] = n, traitsOf(c)
		if c.Cause == "" {
			continue
		}
		cause, ok := causes[c.Cause]
		if !ok {
			cause = caseTrait(len(l.causes)) << causeAt
			causes[c.Cause], l.causes = cause, append(l.causes, c.Cause)
		}
		l.traits[i] |= cause
	}
	l.counts = make([][2]int32, len(l.names))
	l.divide(cases)
	return l
}

// divide tells customers with one case from others; of each customer it is given how many they have.
func (l *caseList) divide(cases []int32) {
	once := map[caseTrait]int{}
	for i, t := range l.traits {
		if cases[l.whose[i]] > 1 {
			l.several = append(l.several, int32(i))
			continue
		}
		at, ok := once[t]
		if !ok {
			at = len(l.once)
			once[t], l.once = at, append(l.once, onceSo{traits: t})
		}
		l.once[at].customers++
	}
}

// customerOf is whose case it is; a case of who was erased is a customer's of its own.
func customerOf(c *storage.FigureCase) string {
	if name := cmp.Or(c.Customer, c.Identity); name != "" {
		return name
	}
	return "case:" + c.ID
}

// rate is the share of those that have some traits among those that have others, clustered by customer.
func (l *caseList) rate(of, yes caseTrait) report.Clustered {
	return l.share(of, of, yes)
}

// ofCause are those with a cause, counted from 1, clustered by customer.
func (l *caseList) ofCause(cause int) report.Clustered {
	return l.share(^caseTrait(1<<causeAt-1), caseTrait(cause)<<causeAt, anyCase)
}

// share is the share of those that have some traits among those of which a mask leaves just this.
func (l *caseList) share(mask, of, yes caseTrait) report.Clustered {
	var c report.Clusters
	for _, one := range l.once {
		if one.traits&mask == of {
			c.AddAlike(one.traits&yes == yes, one.customers)
		}
	}
	if len(l.several) > 0 {
		clear(l.counts)
		for _, i := range l.several {
			l.count(int(i), mask, of, yes)
		}
		for _, i := range l.several {
			if a := &l.counts[l.whose[i]]; a[1] > 0 {
				c.Add(float64(a[0]), float64(a[1]))
				*a = [2]int32{}
			}
		}
	}
	if c.Customers >= report.FewestCounted {
		return c.Rate()
	}
	clear(l.counts) // of so few it matters who they are
	for i := range l.traits {
		l.count(i, mask, of, yes)
	}
	return report.RateOf(l.names, l.counts)
}

func (l *caseList) count(i int, mask, of, yes caseTrait) {
	if t := l.traits[i]; t&mask == of {
		a := &l.counts[l.whose[i]]
		if a[1]++; t&yes == yes {
			a[0]++
		}
	}
}

// inTime is how many of them kept a promise: it came, or was missed; else it is not due.
func (l *caseList) inTime(came, late caseTrait) report.InTime {
	met, missed := 0, 0
	for _, t := range l.traits {
		switch {
		case t&late != 0:
			missed++
		case t&came != 0:
			met++
		}
	}
	return report.InTimeSo(met, missed, len(l.traits)-met-missed)
}

// mentions are how many cases name each cause.
func (l *caseList) mentions() map[string]int {
	all := map[string]int{}
	for _, t := range l.traits {
		if t&namedCause != 0 {
			all[l.causes[t>>causeAt]]++
		}
	}
	return all
}
