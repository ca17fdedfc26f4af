package recovery

import "time"

// Refusal says why an act changed nothing. Its Code is for programs; the shell has the
// words for it, and the other fields are what those words need.
type Refusal struct {
	Code   Code
	Act    ActKind
	State  State
	Holder Staffer   // who has the case, or who closed it
	Since  time.Time // since when
	Limit  time.Time // the latest time that would have been accepted
}

// Error is for logs: it names no person and repeats nobody's words.
func (r *Refusal) Error() string {
	return string(r.Act) + " on a case that is " + string(r.State) + ": " + string(r.Code)
}

// Code is the reason of a refusal.
type Code string

// The codes.
const (
	NotStaff            Code = "not_staff"            // not linked, or not staff of that site
	MayNotAct           Code = "may_not_act"          // staff who may look but not act
	NotTheirs           Code = "not_theirs"           // this is not for somebody in that role to say
	AlreadyTaken        Code = "already_taken"        // Holder has it Since
	HeldByOther         Code = "held_by_other"        // only Holder or a lead may do this
	AlreadyClosed       Code = "already_closed"       // by Holder at Since; reopen it first
	ContactDenied       Code = "contact_denied"       // the customer does not want to be contacted
	ContactOnlyHere     Code = "contact_only_here"    // allowed in the customer's own chat only
	CustomerUnreachable Code = "customer_unreachable" // the chat takes no messages Since; use other means
	MeansUnknown        Code = "means_unknown"        //
	CauseMissing        Code = "cause_missing"        //
	CauseUnknown        Code = "cause_unknown"        // not in the site's list
	FailureUnknown      Code = "failure_unknown"      //
	ActionMissing       Code = "action_missing"       //
	ActionUnknown       Code = "action_unknown"       //
	CostWrong           Code = "cost_wrong"           // below zero
	ReasonMissing       Code = "reason_missing"       //
	PlanMissing         Code = "plan_missing"         //
	PlanPast            Code = "plan_past"            // its date is not in the future
	SnoozePast          Code = "snooze_past"          //
	SnoozeTooLong       Code = "snooze_too_long"      // later than Limit
	TextMissing         Code = "text_missing"         //
	TextTooLong         Code = "text_too_long"        // more than MaxText characters
	NotAssignable       Code = "not_assignable"       // that person may not act on this case
	UnknownAct          Code = "unknown_act"          //
)

// Codes lists every code.
func Codes() []Code {
	return []Code{
		NotStaff, MayNotAct, NotTheirs, AlreadyTaken, HeldByOther, AlreadyClosed, ContactDenied, ContactOnlyHere,
		CustomerUnreachable, MeansUnknown, CauseMissing, CauseUnknown, FailureUnknown, ActionMissing, ActionUnknown, CostWrong,
		ReasonMissing, PlanMissing, PlanPast, SnoozePast, SnoozeTooLong, TextMissing, TextTooLong, NotAssignable, UnknownAct,
	}
}
