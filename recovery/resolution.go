package recovery

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Resolution is how a case was settled.
type Resolution struct {
	Cause   string   `json:"cause"`
	Failure Failure  `json:"failure,omitempty"`
	Actions []Action `json:"actions"` // at least one
	Note    string   `json:"note,omitempty"`
}

// Failure is what kind of loss the customer had. Customers prefer a recovery of the same
// kind (domain 2.4), so it decides what is suggested.
type Failure string

// The failures.
const (
	NoFailure      Failure = "none"    // the complaint was unfounded
	OutcomeFailure Failure = "outcome" // they did not get what they came for
	ProcessFailure Failure = "process" // the way they got it
	OtherFailure   Failure = "other"
)

// Failures lists every failure.
func Failures() []Failure { return []Failure{OutcomeFailure, ProcessFailure, OtherFailure, NoFailure} }

// Cause is one entry of the menu of root causes: a reason code of the surveys, or
// Unfounded.
type Cause struct {
	Key     string  `json:"key"`
	Name    string  `json:"name,omitempty"` // as staff read it; "" = the words that are shipped for the key, or else the key
	Failure Failure `json:"failure"`        // what it usually is
}

// longestName is the longest name of a cause in letters: it stands on a button.
const longestName = 40

// Unfounded is the cause of a case without a failure. It stands in every list.
const Unfounded = "unfounded"

// causes are the shipped reason codes, service first, then product, then price.
func causes() []Cause {
	return []Cause{
		{Key: "reliability", Failure: OutcomeFailure},
		{Key: "responsiveness", Failure: ProcessFailure},
		{Key: "attitude", Failure: ProcessFailure},
		{Key: "skill", Failure: ProcessFailure},
		{Key: "empathy", Failure: ProcessFailure},
		{Key: "tangibles", Failure: ProcessFailure},
		{Key: "product", Failure: OutcomeFailure},
		{Key: "price", Failure: OutcomeFailure},
		{Key: "other", Failure: OtherFailure},
		{Key: Unfounded, Failure: NoFailure},
	}
}

// cause finds an entry of the menu.
func (r Rules) cause(key string) (Cause, bool) {
	for _, c := range r.Causes {
		if c.Key == key {
			return c, true
		}
	}
	return Cause{Key: Unfounded, Failure: NoFailure}, key == Unfounded
}

func checkCauses(list []Cause) []Problem {
	var out []Problem
	var keys, names []string
	for i, c := range list {
		switch name := strings.ToLower(c.Name); {
		case utf8.RuneCountInString(name) > longestName || strings.ContainsFunc(name, unicode.IsControl):
			out = append(out, Problem{fmt.Sprintf("causes.%d.name", i), fmt.Sprintf("The name of cause %d stands on a button: one line of at most %d letters.", i+1, longestName)})
		case name != "" && slices.Contains(names, name):
			out = append(out, Problem{fmt.Sprintf("causes.%d.name", i), fmt.Sprintf("Two causes are called %q; staff could not tell them apart.", c.Name)})
		default:
			names = append(names, name)
		}
		if c.Key == "" || slices.Contains(keys, c.Key) {
			out = append(out, Problem{fmt.Sprintf("causes.%d.key", i), fmt.Sprintf("Cause %d has the key %q; every cause needs a key of its own.", i+1, c.Key)})
		}
		if !slices.Contains(Failures(), c.Failure) {
			out = append(out, Problem{fmt.Sprintf("causes.%d.failure", i), fmt.Sprintf("Cause %d has the failure %q; use outcome, process, other or none.", i+1, c.Failure)})
		}
		keys = append(keys, c.Key)
	}
	return out
}

// Action is something that was done for the customer.
type Action struct {
	Kind ActionKind `json:"kind"`
	Cost int64      `json:"cost,omitempty"` // in hundredths of the site's currency; 0 = none or unknown
}

// ActionKind is a kind of recovery (domain 3.1).
type ActionKind string

// The kinds.
const (
	Apology        ActionKind = "apology"
	Explanation    ActionKind = "explanation"
	Redo           ActionKind = "redo"   // or repair
	Refund         ActionKind = "refund" // or compensation
	Gift           ActionKind = "gift"
	ManagerContact ActionKind = "manager_contact"
	Facilitation   ActionKind = "facilitation" // made it easy to complain and to be helped
	StatusUpdate   ActionKind = "status_update"
)

// ActionKinds lists every kind.
func ActionKinds() []ActionKind {
	return []ActionKind{Apology, Explanation, Redo, Refund, Gift, ManagerContact, Facilitation, StatusUpdate}
}

// Suggested returns every kind of action, the fitting ones first and how many those
// are: an outcome failure wants redo, refund or compensation; a process failure an
// apology, an explanation, a manager's contact (domain 2.4).
func Suggested(f Failure) (kinds []ActionKind, fitting int) {
	first := map[Failure][]ActionKind{
		OutcomeFailure: {Redo, Refund, Gift},
		ProcessFailure: {Apology, Explanation, ManagerContact},
		OtherFailure:   {Apology, Explanation},
		NoFailure:      {Explanation},
	}[f]
	kinds = slices.Clone(first)
	for _, k := range ActionKinds() {
		if !slices.Contains(first, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds, len(first)
}

// Clash reports whether actions were chosen that help alone and hurt together: a status
// update and an explanation (domain 2.4). It is a hint to staff, no refusal.
func Clash(actions []Action) bool {
	has := func(k ActionKind) bool {
		return slices.ContainsFunc(actions, func(a Action) bool { return a.Kind == k })
	}
	return has(StatusUpdate) && has(Explanation)
}
