package invitation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// State is what became of somebody who would be asked.
type State string

// The states. Suppressed, Unreachable and Cancelled have a reason.
const (
	Scheduled   State = "scheduled"
	Sending     State = "sending" // it was decided that they are asked
	Sent        State = "sent"
	HandedOut   State = "handed_out" // somebody was given a link to send
	Seen        State = "seen"
	Started     State = "started"
	Partial     State = "partial"
	Completed   State = "completed"
	Declined    State = "declined"
	Expired     State = "expired"
	Suppressed  State = "suppressed"
	Unreachable State = "unreachable"
	Cancelled   State = "cancelled"
	Opened      State = "opened" // nobody was asked: a case was opened for staff
)

// States lists every state, in the order of their course.
func States() []State {
	return []State{
		Scheduled, Sending, Sent, HandedOut, Seen, Started, Partial, Completed, Declined, Expired, Suppressed, Unreachable, Cancelled, Opened,
	}
}

// Reason says why somebody is not asked, or not yet.
type Reason string

// Why somebody is left in peace.
const (
	NoTrigger    Reason = "no_trigger"
	SampledOut   Reason = "sampled_out"
	Stale        Reason = "stale"
	NoConsent    Reason = "no_consent"
	Stopped      Reason = "stopped"
	DeclinedLast Reason = "declined_recently"
	Recently     Reason = "asked_recently"
	RecentlyFlow Reason = "asked_recently_flow"
	CapReached   Reason = "cap"
	OpenCase     Reason = "open_case"
	Pending      Reason = "pending"
	IsStaff      Reason = "staff"
	IsTest       Reason = "test_customer"
	SitePaused   Reason = "site_paused"
	SameVisit    Reason = "same_visit"
	HeldTooLong  Reason = "held_too_long"
)

// Why nobody can be reached.
const (
	NoIdentity     Reason = "no_identity"
	NoAddress      Reason = "no_address" // a link would do, and nobody said where this server is reached
	Blocked        Reason = "blocked"
	ChatGone       Reason = "chat_gone"
	NotInWorkspace Reason = "not_in_workspace"
	Refused        Reason = "platform_refused"
	GaveUp         Reason = "gave_up"
)

// Why it is not asked any more.
const (
	EventCancelled Reason = "event_cancelled"
	EventReopened  Reason = "event_reopened"
	ByPerson       Reason = "by_person"
	Erased         Reason = "erased"
	Superseded     Reason = "superseded"
)

// Why somebody waits.
const (
	QuietHours   Reason = "quiet"
	OutsideHours Reason = "between"
)

// What came of watching a service that was late or below its standard.
const (
	Unheard Reason = "unheard" // nothing was heard of it, and a case opens
	Heard   Reason = "heard"   // the customer answered something since
	Kept    Reason = "kept"    // what was told later says that it was neither late nor below the standard
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		NoTrigger, SampledOut, Stale, NoConsent, Stopped, DeclinedLast, Recently, RecentlyFlow, CapReached, OpenCase, Pending, IsStaff, IsTest,
		SitePaused, SameVisit, HeldTooLong, NoIdentity, NoAddress, Blocked, ChatGone, NotInWorkspace, Refused, GaveUp, EventCancelled, EventReopened,
		ByPerson, Erased, Superseded, QuietHours, OutsideHours, Unheard, Heard, Kept,
	}
}

// Decision is what was decided about one offer, and why.
type Decision struct {
	State    State // Sending, HandedOut, Scheduled (held), Suppressed, Unreachable or Cancelled
	Reason   Reason
	Rule     string            // of the file: "contact.transactional.every"
	Evidence map[string]string // what the rule looked at
	From     time.Time         // when they are looked at again, or may be asked again; zero = nobody knows
	By       Way               // if they are asked
	Language string
}

// Plan is what follows from an event as soon as it is told.
type Plan struct {
	Trigger string // "" = none asks
	Flow    string
	Due     time.Time

	Experiment string // its key; "" = none, or the customer is in none
	Arm        Arm

	Decision // State Scheduled, or Suppressed with what no time changes
}

// Plan says what follows from an event. flow is asked for the survey of the trigger; one that
// does not exist is as none.
func (p Policy) Plan(e Event, c Customer, flow func(id string) (Flow, bool)) Plan {
	if e.Ask != "" && e.State == string(OnDone) {
		return planNamed(e)
	}
	for i := range p.Triggers {
		t := &p.Triggers[i]
		if string(t.On) != e.State || !t.When.Holds(e, c) {
			continue
		}
		of, experiment, arm := p.drawn(*t, c.ID)
		f, ok := flow(of.Ask)
		if !ok {
			continue
		}
		plan := Plan{Trigger: t.Name, Flow: of.Ask, Experiment: experiment, Arm: arm, Decision: Decision{State: Scheduled}}
		after := f.Delay
		if usual, known := flow(t.Ask); known && arm != "" { // two surveys are asked after the same time
			after = usual.Delay
		}
		if of.After != nil {
			after = time.Duration(*of.After)
		}
		from := e.At
		if t.On == OnBooked || from.IsZero() { // it lies ahead: what comes before it is asked now
			from = e.Told
			if of.After == nil {
				after = 0
			}
		}
		plan.Due = from.Add(after)
		if late := e.Told.Sub(e.At); t.On != OnBooked && !e.At.IsZero() && late > time.Duration(t.Stale) {
			plan.Decision = suppress(Stale, t.rule("stale"), "after", recovery.Span(late.Truncate(time.Minute)).String(), "limit", t.Stale.String())
		}
		return plan
	}
	return Plan{Decision: suppress(NoTrigger, "triggers", "state", e.State)}
}

// planNamed is what follows from an event that says itself which survey is asked: at once, and
// by the same limits as if a person asked.
func planNamed(e Event) Plan {
	plan := Plan{Flow: e.Ask, Due: e.Told, Decision: Decision{State: Scheduled}}
	if late := e.Told.Sub(e.At); !e.At.IsZero() && late > time.Duration(NamedStale) {
		plan.Decision = suppress(Stale, "event.ask", "after", recovery.Span(late.Truncate(time.Minute)).String(), "limit", NamedStale.String())
	}
	return plan
}

func (t *Trigger) rule(name string) string { return "triggers." + t.Name + "." + name }

func suppress(r Reason, rule string, evidence ...string) Decision {
	return Decision{State: Suppressed, Reason: r, Rule: rule, Evidence: pairs(evidence)}
}

func pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	m := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Trigger returns the one with this name.
func (p Policy) Trigger(name string) (Trigger, bool) {
	i := slices.IndexFunc(p.Triggers, func(t Trigger) bool { return t.Name == name })
	if i < 0 {
		return Trigger{}, false
	}
	return p.Triggers[i], true
}

// ByHand is the trigger of a person who asks somebody now.
func ByHand(flow string) Trigger {
	return Trigger{Name: "", On: OnDone, Ask: flow, Stale: UsualStale, Sample: 100, By: Ways()}
}

// Decide says whether somebody is asked now. The first rule that holds is the reason.
func (p Policy) Decide(t Trigger, f Facts) Decision {
	c := p.At(f.Site.ID)
	against := Reason("")
	for _, rule := range []func(*Trigger, *Facts, *Contact) (Decision, bool){
		whoMayNot, declined, pending, openCase, clocks, capped, notSampled, unreached, outside, quiet,
	} {
		d, ok := rule(&t, &f, &c)
		if !ok {
			continue
		}
		if !t.Insists || !slices.Contains(Insisted(), d.Reason) {
			return d
		}
		against = cmp.Or(against, d.Reason)
	}
	d := Decision{State: Sending, Rule: "triggers." + t.Name, Language: t.language(&f)}
	if t.Name == "" {
		d.Rule = "asked by hand"
	}
	if d.By = f.way(&t); d.By == Web {
		d.State = HandedOut
	}
	return d.With("against", string(against))
}

// Insisted are the reasons against which a person of staff may ask all the same, and say why:
// they are about how often, not about whether. Nobody who said stop, and nobody who was just
// asked something, is asked.
func Insisted() []Reason {
	return []Reason{DeclinedLast, OpenCase, Recently, RecentlyFlow, CapReached}
}

// With is a decision with one more piece of evidence, unless it is empty.
func (d Decision) With(key, value string) Decision {
	if value == "" {
		return d
	}
	d.Evidence = maps.Clone(d.Evidence)
	if d.Evidence == nil {
		d.Evidence = map[string]string{}
	}
	d.Evidence[key] = value
	return d
}

// whoMayNot is of those who are never asked, or not about this.
func whoMayNot(_ *Trigger, f *Facts, c *Contact) (Decision, bool) {
	switch {
	case f.Customer.Erased:
		return Decision{State: Cancelled, Reason: Erased, Rule: "erased"}, true
	case f.Customer.Stopped:
		return suppress(Stopped, "stop"), true
	case len(c.Consent) > 0 && !slices.Contains(c.Consent, f.Customer.Basis):
		return suppress(NoConsent, "contact.consent", "basis", f.Customer.Basis), true
	case f.Customer.Internal:
		return suppress(IsStaff, "customer.kind"), true
	case f.Event.Test:
		return suppress(IsTest, "event.test"), true
	case f.Site.Gone:
		return suppress(SitePaused, "site"), true
	case f.Flow.Paused:
		return suppress(SitePaused, "flow", "flow", f.Flow.ID), true
	}
	return Decision{}, false
}

// until is the decision that somebody may be asked again at a moment.
func until(r Reason, rule string, last time.Time, limit recovery.Span, evidence ...string) Decision {
	d := suppress(r, rule, append(evidence, "last", moment(last), "limit", limit.String())...)
	d.From = last.Add(time.Duration(limit))
	return d
}

func declined(_ *Trigger, f *Facts, c *Contact) (Decision, bool) {
	if exempt(f, c) {
		return Decision{}, false
	}
	var last time.Time
	for _, p := range f.Past {
		if p.State == Declined && p.Ended.After(last) {
			last = p.Ended
		}
	}
	if last.IsZero() || !f.Now.Before(last.Add(time.Duration(c.Declined))) {
		return Decision{}, false
	}
	return until(DeclinedLast, "contact.declined", last, c.Declined), true
}

func exempt(f *Facts, c *Contact) bool { return c.Classes[f.Flow.Class].Exempt }

// pending is of those who have an offer that they may still answer. One of the same day at the
// same place is about the same visit.
func pending(_ *Trigger, f *Facts, c *Contact) (Decision, bool) {
	if exempt(f, c) {
		return Decision{}, false
	}
	zone := f.Site.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := f.Event.At.In(zone).Format(time.DateOnly)
	for _, p := range f.Past {
		if !f.Event.At.IsZero() && p.Site == f.Site.ID && p.Day == day && p.Class == f.Flow.Class {
			return suppress(SameVisit, "contact.same_visit", "last", moment(p.At), "day", day), true
		}
	}
	for _, p := range f.Past {
		if p.open() {
			return suppress(Pending, "contact.pending", "last", moment(p.At), "flow", p.Flow), true
		}
	}
	return Decision{}, false
}

// looksAgain is how soon somebody is looked at again who waits for what nobody knows the end of.
const looksAgain = time.Hour

func openCase(_ *Trigger, f *Facts, c *Contact) (Decision, bool) {
	if f.Customer.Case == "" || c.OpenCase == AskCase || exempt(f, c) {
		return Decision{}, false
	}
	if waited(f, c) {
		return suppress(OpenCase, "contact.open_case", "limit", c.Wait.String()), true
	}
	return hold(f, c, OpenCase, "contact.open_case", f.Now.Add(looksAgain)), true
}

// waited reports whether somebody was kept waiting for as long as that may be.
func waited(f *Facts, c *Contact) bool {
	return !f.Now.Before(f.Due.Add(time.Duration(c.Wait)))
}

// hold keeps somebody waiting until a moment, or for as long as that may be.
func hold(f *Facts, c *Contact, r Reason, rule string, at time.Time) Decision {
	end := f.Due.Add(time.Duration(c.Wait))
	if at.After(end) {
		at = end
	}
	return Decision{State: Scheduled, Reason: r, Rule: rule, Evidence: pairs([]string{"until", moment(at)}), From: at}
}

// clocks are of the class of the survey, and of the survey.
func clocks(t *Trigger, f *Facts, c *Contact) (Decision, bool) {
	clock := c.Classes[f.Flow.Class]
	if clock.Exempt {
		return Decision{}, false
	}
	var asked, answered time.Time
	for _, p := range f.Past {
		if p.Class == f.Flow.Class && p.At.After(asked) {
			asked = p.At
		}
		if t.alikeSurveys(p.Flow, f.Flow.ID) && (p.State == Completed || p.State == Partial) && p.Ended.After(answered) {
			answered = p.Ended
		}
	}
	class := string(f.Flow.Class)
	if !asked.IsZero() && f.Now.Before(asked.Add(time.Duration(clock.Every))) {
		return until(Recently, "contact."+class+".every", asked, clock.Every, "class", class), true
	}
	if !answered.IsZero() && f.Now.Before(answered.Add(time.Duration(clock.Flow))) {
		return until(RecentlyFlow, "contact."+class+".same_flow", answered, clock.Flow, "flow", f.Flow.ID), true
	}
	return Decision{}, false
}

func capped(_ *Trigger, f *Facts, c *Contact) (Decision, bool) {
	if c.CapOffers == 0 || exempt(f, c) {
		return Decision{}, false
	}
	var within []time.Time
	for _, p := range f.Past {
		if !c.Classes[p.Class].Exempt && p.At.After(f.Now.Add(-time.Duration(c.CapWithin))) {
			within = append(within, p.At)
		}
	}
	if len(within) < c.CapOffers {
		return Decision{}, false
	}
	slices.SortFunc(within, time.Time.Compare)
	d := suppress(CapReached, "contact.cap", "offers", fmt.Sprint(len(within)), "limit", fmt.Sprint(c.CapOffers), "within", c.CapWithin.String())
	d.From = within[len(within)-c.CapOffers].Add(time.Duration(c.CapWithin))
	return d, true
}

func notSampled(t *Trigger, f *Facts, _ *Contact) (Decision, bool) {
	if t.sampled(f.Event) {
		return Decision{}, false
	}
	return suppress(SampledOut, t.rule("sample"), "share", fmt.Sprint(t.Sample)), true
}

// inOrder are the ways of a customer that a trigger may take, in the customer's order where the
// trigger says none.
func inOrder(t Trigger, all []Reach) []Reach {
	var out []Reach
	for _, way := range t.By {
		for _, r := range all {
			if r.Way == way {
				out = append(out, r)
			}
		}
	}
	return out
}

// way is the first that leads to the customer; "" = none does.
func (f *Facts) way(t *Trigger) Way {
	for _, r := range inOrder(*t, f.Reach) {
		if r.Problem == "" {
			return r.Way
		}
	}
	return ""
}

func unreached(t *Trigger, f *Facts, _ *Contact) (Decision, bool) {
	ways := inOrder(*t, f.Reach)
	why := NoIdentity
	for _, r := range ways {
		if r.Problem == "" {
			return Decision{}, false
		}
		if why == NoIdentity {
			why = r.Problem
		}
	}
	return Decision{State: Unreachable, Reason: cmp.Or(why, NoIdentity), Rule: t.rule("by")}, true
}

// outside is of those who would be asked at another hour than their trigger asks at.
func outside(t *Trigger, f *Facts, c *Contact) (Decision, bool) {
	zone := f.zone(c)
	at := t.Opens(f.Now, zone)
	switch {
	case !at.After(f.Now):
		return Decision{}, false
	case waited(f, c) || at.After(f.Due.Add(time.Duration(c.Wait))):
		return suppress(HeldTooLong, "contact.wait", "limit", c.Wait.String()), true
	}
	d := hold(f, c, OutsideHours, t.rule("between"), at)
	d.Evidence["zone"] = zone.String()
	return d, true
}

// quiet is of those who would be asked at night. What nobody sends has no night: a link waits
// for whoever hands it out.
func quiet(t *Trigger, f *Facts, c *Contact) (Decision, bool) {
	zone := f.zone(c)
	at := c.awake(f.Now, zone)
	switch {
	case !at.After(f.Now), f.way(t) == Web:
		return Decision{}, false
	case waited(f, c) || at.After(f.Due.Add(time.Duration(c.Wait))):
		return suppress(HeldTooLong, "contact.wait", "limit", c.Wait.String()), true
	}
	d := hold(f, c, QuietHours, "contact.quiet", at)
	d.Evidence["zone"] = zone.String()
	return d, true
}

// awake is t, or when the quiet hours end in which it lies.
func (c *Contact) awake(t time.Time, zone *time.Location) time.Time {
	if c.Quiet.From == c.Quiet.To {
		return t
	}
	open := []recovery.Interval{{From: c.Quiet.To, To: c.Quiet.From}}
	if c.Quiet.From < c.Quiet.To {
		open = nil
		if c.Quiet.From > 0 {
			open = append(open, recovery.Interval{From: 0, To: c.Quiet.From})
		}
		if c.Quiet.To < 24*60 {
			open = append(open, recovery.Interval{From: c.Quiet.To, To: 24 * 60})
		}
	}
	h := recovery.Hours{Zone: zone}
	for d := range h.Week {
		h.Week[d] = open
	}
	return h.Next(t)
}

// Leaves reports whether any of the hours at which a trigger asks is not quiet.
func (c *Contact) Leaves(t *Trigger) bool {
	any := false
	for _, open := range t.Between {
		for _, i := range open {
			any = true
			for m := i.From; m < i.To; m++ {
				quiet := m >= c.Quiet.From && m < c.Quiet.To
				if c.Quiet.From > c.Quiet.To {
					quiet = m >= c.Quiet.From || m < c.Quiet.To
				}
				if !quiet {
					return true
				}
			}
			if i.To <= i.From { // over midnight: it is looked at no closer
				return true
			}
		}
	}
	return !any
}

// Reminder is when somebody is reminded of an offer; zero = never. It is asked anew when that
// moment has come: nobody is reminded at night, or of what they answered.
func (p Policy) Reminder(site Site, customer Customer, past Past) time.Time {
	c := p.At(site.ID)
	if c.Remind == 0 || past.State != Sent && past.State != Seen {
		return time.Time{}
	}
	f := Facts{Site: site, Customer: customer}
	return c.awake(past.At.Add(time.Duration(c.Remind)), f.zone(&c))
}
