// Package recovery says what happens to an unsatisfied customer: whether a case
// opens, why, how urgent it is, and by when what must happen. It is pure: no clock,
// no database, no network. The time is an argument.
package recovery

import (
	"slices"

	"github.com/aftercare/aftercare/survey"
)

// Priority is how urgent a case is. The smaller the number, the more urgent; the
// zero value means that there is no case.
type Priority int

// The priorities.
const (
	None Priority = 0
	P1   Priority = 1
	P2   Priority = 2
	P3   Priority = 3
)

// String is "P1", "P2", "P3" or "".
func (p Priority) String() string {
	switch p {
	case P1:
		return "P1"
	case P2:
		return "P2"
	case P3:
		return "P3"
	}
	return ""
}

// Tier is how valuable a customer is said to be. It may raise a priority, never lower it.
type Tier string

// Tiers lists every tier, from the most to the least valuable.
func Tiers() []Tier { return []Tier{MVC, MGC, Normal, BZ} }

// The tiers of one-to-one marketing: most valuable, most growable, normal, below zero.
const (
	Normal Tier = "normal"
	MVC    Tier = "MVC"
	MGC    Tier = "MGC"
	BZ     Tier = "BZ"
)

// Facts is what is known beside the answers.
type Facts struct {
	Class          survey.Class `json:"class,omitempty"`           // of the flow; pulse and mystery never open a case
	Tier           Tier         `json:"tier,omitempty"`            // "" = normal
	Earlier        int          `json:"earlier,omitempty"`         // this customer's unsatisfied sessions in the 90 days before this one
	Previous       int          `json:"previous,omitempty"`        // level of this customer's session before this one; 0 = unknown, shown only
	Late           bool         `json:"late,omitempty"`            // the event was later than promised
	StandardBroken bool         `json:"standard_broken,omitempty"` // a service standard was not met
	Complaint      bool         `json:"complaint,omitempty"`       // the customer complained in so many words
	Lost           bool         `json:"lost,omitempty"`            // they were asked because they stay away; counts in figures alone
}

// Reason says why a case opens. The texts are fixed: programs read them.
type Reason string

// The reasons.
const (
	PrimaryL1       Reason = "primary_L1"
	PrimaryL2       Reason = "primary_L2"
	PrimaryL3       Reason = "primary_L3"
	PrimaryLowest   Reason = "primary_lowest"      // lowest option of a linear scale other than NPS
	PrimaryFlag     Reason = "primary_unsatisfied" // another unsatisfied option of such a scale
	NPS03           Reason = "nps_0_3"
	NPS46           Reason = "nps_4_6"
	CompositeL1     Reason = "composite_L1"
	CompositeL2     Reason = "composite_L2"
	CompositeL3     Reason = "composite_L3"
	CriticalAnswer  Reason = "critical_answer"
	AttributeBottom Reason = "attribute_bottom"
	GapMinus2       Reason = "gap_-2"
	GapMinus1       Reason = "gap_-1"
	ComplaintMade   Reason = "complaint"
	MVCNeutral      Reason = "mvc_neutral"
	SilentFailure   Reason = "silent_failure" // late or below the standard, and the customer said nothing

	// Reasons to be on the watch list: the customer wants an answer, or to be heard.
	QuestionAsked  Reason = "question"
	SuggestionMade Reason = "suggestion"
	LinkAsked      Reason = "link" // for a link of their own, before one that is another's
)

// Decision is what the rules say of one session as it stands.
type Decision struct {
	Opens    bool     `json:"opens"`
	Watch    bool     `json:"watch,omitempty"` // neutral: on the watch list, nobody is called
	Priority Priority `json:"priority"`
	Reasons  []Reason `json:"reasons"`
	Raised   []Raise  `json:"raised,omitempty"` // what made it more urgent than its reasons
}

// Raise names a circumstance that raised the priority by one.
type Raise string

// The circumstances.
const (
	RaiseTier     Raise = "tier_mvc"
	RaiseRepeat   Raise = "repeat_90_days"
	RaiseStandard Raise = "late_or_standard_broken"
)

// Decide says whether a case opens, how urgent it is and why, from the answers so
// far. R2 waits until the judgement is settled, because a half-filled composite
// depends on the order of the questions; every other rule acts at once.
func Decide(rules Rules, facts Facts, j survey.Judgement) Decision {
	d := Decision{Reasons: []Reason{}}
	if facts.Class == survey.Pulse || facts.Class == survey.Mystery {
		return d
	}
	open := func(r Reason, p Priority) {
		d.Reasons = append(d.Reasons, r)
		if d.Priority == None || p < d.Priority {
			d.Priority = p
		}
	}
	primary := j.Primary.Answered && !j.Primary.Silent
	if rules.Primary && primary && j.Flag == survey.Unsatisfied && (j.Primary.Lowest || !j.Primary.BottomOnly) {
		open(primaryReason(j.Primary))
	}
	if rules.Composite && j.Settled && j.Low && !j.Primary.Silent {
		level := atMost3(j.Level)
		open([]Reason{CompositeL1, CompositeL2, CompositeL3}[level-1], Priority(level))
	}
	if rules.Critical && len(j.Critical) > 0 {
		open(CriticalAnswer, P2)
	}
	if rules.Attribute && len(j.Bottom) > 0 {
		open(AttributeBottom, P3)
	}
	if rules.Complaint && facts.Complaint {
		open(ComplaintMade, P2)
	}
	if rules.Gap && j.Gap != nil && !j.GapIgnored {
		switch {
		case *j.Gap <= -2:
			open(GapMinus2, P2)
		case j.GapState == survey.GapUnsatisfied:
			open(GapMinus1, P3)
		}
	}
	if d.Priority == None && primary && j.Flag == survey.Neutral {
		if facts.Tier != MVC || !rules.Neutral {
			d.Watch = rules.Watch
			return d
		}
		// The tier is the reason itself here, so it does not raise as well; and a neutral
		// answer is no second unsatisfied one.
		d.Reasons, d.Priority, d.Opens = append(d.Reasons, MVCNeutral), P3, true
		d.raise(rules, facts, RaiseStandard)
		return d
	}
	if d.Priority == None {
		return d
	}
	d.Opens = true
	d.raise(rules, facts, RaiseTier, RaiseRepeat, RaiseStandard)
	return d
}

// Silent is the decision about a service that was late or below its standard and of which its
// customer said nothing. That is the reason itself here, so it does not raise as well.
func Silent(rules Rules, facts Facts, p Priority) Decision {
	d := Decision{Opens: true, Priority: p, Reasons: []Reason{SilentFailure}}
	d.raise(rules, facts, RaiseTier, RaiseRepeat)
	return d
}

// raise makes the decision one step more urgent for each circumstance that holds.
func (d *Decision) raise(rules Rules, facts Facts, which ...Raise) {
	holds := map[Raise]bool{
		RaiseTier:     rules.Tier && facts.Tier == MVC,
		RaiseRepeat:   rules.Repeat && facts.Earlier > 0,
		RaiseStandard: rules.Standard && (facts.Late || facts.StandardBroken),
	}
	for _, r := range which {
		if holds[r] {
			d.Raised = append(d.Raised, r)
			d.Priority = max(P1, d.Priority-1)
		}
	}
}

// primaryReason is R1: the level of the primary option's score on a ladder scale;
// NPS 0–3 → P2, 4–6 → P3; the lowest option of another linear scale → P2, else P3.
func primaryReason(p survey.Primary) (Reason, Priority) {
	switch {
	case p.Level >= 1:
		level := atMost3(p.Level)
		return []Reason{PrimaryL1, PrimaryL2, PrimaryL3}[level-1], Priority(level)
	case p.Scale == "nps11" && p.Value <= 3:
		return NPS03, P2
	case p.Scale == "nps11":
		return NPS46, P3
	case p.Lowest:
		return PrimaryLowest, P2
	}
	return PrimaryFlag, P3
}

// atMost3 is the urgency of an unsatisfied level: the worst three levels have one each.
// A ladder of an organisation's own may have more of them, which are as urgent as the
// third.
func atMost3(level int) int { return min(level, 3) }

// Merge adds what a later decision found to an open case: reasons are never lost and
// the priority only becomes more urgent.
func Merge(old, now Decision) Decision {
	m := old
	m.Reasons = slices.Clone(old.Reasons)
	for _, r := range now.Reasons {
		if !slices.Contains(m.Reasons, r) {
			m.Reasons = append(m.Reasons, r)
		}
	}
	m.Raised = slices.Clone(old.Raised)
	for _, r := range now.Raised {
		if !slices.Contains(m.Raised, r) {
			m.Raised = append(m.Raised, r)
		}
	}
	if m.Priority == None || now.Priority != None && now.Priority < m.Priority {
		m.Priority = now.Priority
	}
	m.Opens = old.Opens || now.Opens
	m.Watch = !m.Opens && (old.Watch || now.Watch)
	return m
}
