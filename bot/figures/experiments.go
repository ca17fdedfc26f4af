package figures

import (
	"cmp"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// ExperimentDays is for how many days experiments are counted: asks are kept no longer.
const ExperimentDays = 400

// SmallestDifference is the difference of shares of answers that an experiment is planned to find.
const SmallestDifference = 0.05

// Planned is how many customers are asked in each arm before anything is said of a difference, by the share that was
// thought to answer, in per cent. The other share lies on the side of a half, by which more are needed
// or, from 46 to 54 per cent, three in a thousand fewer at most.
func Planned(base int) int {
	p := float64(base) / 100
	q := p + SmallestDifference
	if p > 0.5 {
		q = p - SmallestDifference
	}
	return report.Needed(p, q, report.Z80)
}

// Experiment is what came of two ways of asking.
type Experiment struct {
	Key string
	invitation.Compared
	Runs    bool
	Began   time.Time // when the first was asked; zero = nobody was
	Last    time.Time // when the last was asked so far
	Spoiled Republished
	Planned int // customers in each arm
	Arms    [2]ExperimentArm
}

// Republished is a survey that was published anew while it was compared; the zero value = none was.
type Republished struct {
	Flow string
	At   time.Time
}

// ExperimentArm is what came of one of them.
type ExperimentArm struct {
	Arm         invitation.Arm
	Customers   int
	Answered    report.Clustered // of the customers who were asked, those who answered something, once or more often
	Unsatisfied report.Clustered // of the customers who gave a level, those whose first one was unsatisfied
}

// Asked is how many customers were asked in the arm in which fewer were.
func (e *Experiment) Asked() int { return min(e.Arms[0].Customers, e.Arms[1].Customers) }

// Reached reports whether as many were asked as was planned, by the same surveys all the time. Before, nothing is said
// of a difference, and where a survey was changed nothing is at all.
func (e *Experiment) Reached() bool {
	return e.Planned > 0 && e.Asked() >= e.Planned && e.Spoiled.Flow == ""
}

// Spoil marks the experiments that compare a survey of which a version was published after their first customer was
// asked and, where they are over, before the last: half of the customers were not asked one and the same. Where delays
// are compared both halves are asked one survey, and a new version of it is in both alike. versions are of any surveys,
// in any order.
func Spoil(all []Experiment, versions []storage.FlowSource) {
	for i := range all {
		e := &all[i]
		for _, v := range versions {
			during := !e.Began.IsZero() && v.Version > 1 && v.Published.After(e.Began) && (e.Runs || v.Published.Before(e.Last))
			if during && e.Holds(v.Flow) && (e.Spoiled.Flow == "" || v.Published.Before(e.Spoiled.At)) {
				e.Spoiled = Republished{v.Flow, v.Published}
			}
		}
	}
}

// Difference is how a share of the other arm differs from that of the usual one. ok is false before the planned end,
// and where one of them may not be compared.
func (e *Experiment) Difference(of func(*ExperimentArm) report.Clustered) (d report.Difference, ok bool) {
	if !e.Reached() {
		return d, false
	}
	return of(&e.Arms[1]).Minus(of(&e.Arms[0]))
}

// Experiments counts what came of asks, by experiment and arm. Each customer counts once, as they are drawn and as the
// end is planned: one may be asked several times, always in the same arm, and the arm that brings more answers would
// else bring more second ones as well. list is in the order in which they were asked. Experiments that run come first,
// then the newest. running are the keys of those that run.
func Experiments(list []storage.ExperimentAsk, running []string) []Experiment {
	type counts struct {
		began, last time.Time
		asked       [2]map[string]*once
	}
	by := map[string]*counts{}
	at := func(key string) *counts {
		if by[key] == nil {
			by[key] = &counts{asked: [2]map[string]*once{{}, {}}}
		}
		return by[key]
	}
	for _, key := range running {
		at(key)
	}
	for i := range list {
		x := &list[i]
		arm := slices.Index(invitation.Arms(), invitation.Arm(x.Arm))
		if arm < 0 {
			continue
		}
		c := at(x.Experiment)
		if c.began.IsZero() || x.Sent.Before(c.began) {
			c.began = x.Sent
		}
		if x.Sent.After(c.last) {
			c.last = x.Sent
		}
		of := c.asked[arm][x.Customer]
		if of == nil {
			of = &once{}
			c.asked[arm][x.Customer] = of
		}
		of.answered, of.level = of.answered || x.Answered, cmp.Or(of.level, x.Level)
	}
	all := make([]Experiment, 0, len(by))
	for key, c := range by {
		of, ok := invitation.ComparedBy(key)
		if !ok {
			continue
		}
		e := Experiment{Key: key, Compared: of, Runs: slices.Contains(running, key), Began: c.began, Last: c.last, Planned: Planned(of.Base)}
		for i, arm := range invitation.Arms() {
			e.Arms[i] = armOf(arm, c.asked[i])
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b Experiment) int {
		if a.Runs != b.Runs {
			return map[bool]int{true: -1, false: 1}[a.Runs]
		}
		return cmp.Or(b.Began.Compare(a.Began), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// once is a customer of an experiment, however often they were asked.
type once struct {
	answered bool
	level    int // that they gave first; 0 = none
}

func armOf(arm invitation.Arm, asked map[string]*once) ExperimentArm {
	worst, best := Unsatisfied.Levels()
	answered, unsatisfied := report.Tally{}, report.Tally{}
	for customer, of := range asked {
		if answered.Add(customer, of.answered); of.level > 0 {
			unsatisfied.Add(customer, worst <= of.level && of.level <= best)
		}
	}
	return ExperimentArm{Arm: arm, Customers: len(asked), Answered: answered.Rate(), Unsatisfied: unsatisfied.Rate()}
}
