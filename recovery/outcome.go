package recovery

import (
	"slices"
	"time"
)

// Settled is the customer's answer to "is the matter settled for you?".
type Settled string

// The answers.
const (
	SettledUnknown Settled = "" // not asked, not answered yet, or skipped
	SettledYes     Settled = "yes"
	SettledPartly  Settled = "partly"
	SettledNo      Settled = "no"
)

// Recovered is what became of the customer's satisfaction (domain 3.1).
type Recovered string

// The verdicts.
const (
	RecoveredUnknown Recovered = "" // no answer
	RecoveredYes     Recovered = "recovered"
	RecoveredPartly  Recovered = "partly"
	RecoveredNot     Recovered = "not"
)

// Outcome is what the customer said after the recovery.
type Outcome struct {
	Session   string    `json:"session,omitempty"` // in which the customer is asked, or said the newest
	Asked     time.Time `json:"asked,omitzero"`    // when the follow-up fell due
	At        time.Time `json:"at,omitzero"`       // of the newest answer
	Level     int       `json:"level,omitempty"`
	Settled   Settled   `json:"settled,omitempty"`
	Recovered Recovered `json:"recovered,omitempty"`

	// Contradictory says that the answers behind it cannot all be meant. It counts all the same.
	Contradictory bool `json:"contradictory,omitempty"`
}

// Verdict reads the follow-up: recovered is a level of 5 or more that is not "not
// settled"; partly is level 4, or 5 and more but not settled; 3 and below is not. It
// reopens when the matter is not settled or the answer is unsatisfied. Without a level,
// "no" is not recovered and the rest stays unknown: the share recovered rests on levels.
func Verdict(level int, s Settled) (verdict Recovered, reopens bool) {
	switch {
	case level >= 5 && s != SettledNo:
		return RecoveredYes, false
	case level >= 4:
		return RecoveredPartly, s == SettledNo
	case level >= 1:
		return RecoveredNot, true
	case s == SettledNo:
		return RecoveredNot, true
	}
	return RecoveredUnknown, false
}

// settles reports whether an answer that does not reopen ends the case for the customer.
func settles(verdict Recovered, s Settled) bool { return s == SettledYes || verdict == RecoveredYes }

// newOutcome begins a round: what is still said about the one before is known by its
// session.
func (c *Case) newOutcome() {
	if id := c.Outcome.Session; id != "" && !slices.Contains(c.Followed, id) {
		c.Followed = append(c.Followed, id)
	}
	c.Outcome = Outcome{}
}

// Figures are the outcome figures of one case, for reports. A duration is elapsed time
// since it opened; nil = it has not happened.
type Figures struct {
	ToAcknowledge *time.Duration
	ToContact     *time.Duration
	ToResolve     *time.Duration
	ToReturn      *time.Duration
	Missed        []Clock // clocks that ran out at least once
	Reopens       int
	FollowedUp    bool // the customer answered after the newest resolution
	Recovered     Recovered
	Settled       Settled
	Cost          int64 // of all actions of the newest resolution, in the smallest unit of the currency
}

// Figures returns the outcome figures of the case.
func (c Case) Figures() Figures {
	since := func(t time.Time) *time.Duration {
		if t.IsZero() {
			return nil
		}
		d := max(0, t.Sub(c.OpenedAt))
		return &d
	}
	f := Figures{
		ToAcknowledge: since(c.First.Acknowledged), ToContact: since(c.First.Contacted), ToResolve: since(c.First.Resolved), ToReturn: since(c.Returned),
		Missed: slices.Clone(c.Missed), Reopens: c.Reopens,
		FollowedUp: !c.Outcome.At.IsZero(), Recovered: c.Outcome.Recovered, Settled: c.Outcome.Settled,
	}
	if c.Resolution != nil {
		for _, a := range c.Resolution.Actions {
			f.Cost += a.Cost
		}
	}
	return f
}
