package invitation

import (
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// OnSilence is a service that was late or below its standard, and of which nothing is heard.
const OnSilence On = "late_or_broken"

// Of such triggers, unless a file says otherwise.
const (
	UsualWait     = recovery.Span(48 * time.Hour)
	UsualPriority = recovery.P3
)

// Silent reports whether a trigger opens a case instead of asking.
func (t *Trigger) Silent() bool { return t.On == OnSilence }

// Standard is what a measure of a service has to be.
type Standard struct {
	Service []string // none = of every service
	Measure string
	Low     *float64 // at least
	High    *float64 // at most
}

// Limit is the standard as files write it: "at least 45".
func (s *Standard) Limit() string {
	say := func(word string, f *float64) string { return word + " " + strconv.FormatFloat(*f, 'f', -1, 64) }
	switch {
	case s.High == nil:
		return say("at least", s.Low)
	case s.Low == nil:
		return say("at most", s.High)
	}
	return say("at least", s.Low) + " and " + say("at most", s.High)
}

// Of reports whether it is a standard of a service.
func (s *Standard) Of(service string) bool {
	return len(s.Service) == 0 || slices.ContainsFunc(s.Service, func(is string) bool { return alike("service", is, service) })
}

// Breaks reports whether a measure is not what it has to be.
func (s *Standard) Breaks(got float64) bool {
	return s.Low != nil && got < *s.Low || s.High != nil && got > *s.High
}

// Broken is the first standard that a service did not keep; nil = it kept all of those whose
// measures are known.
func (p Policy) Broken(e Event) *Standard {
	for i := range p.Standards {
		s := &p.Standards[i]
		if got, known := e.Measures[s.Measure]; known && s.Of(e.Service) && s.Breaks(got) {
			return s
		}
	}
	return nil
}

// Watch says whether it is watched that something is heard of a service: it is done, and was late
// or below its standard. The first trigger that matches does.
func (p Policy) Watch(e Event, c Customer) (Plan, bool) {
	if e.State != string(OnDone) || e.Test || e.LateBy <= 0 && p.Broken(e) == nil {
		return Plan{}, false
	}
	i := slices.IndexFunc(p.Triggers, func(t Trigger) bool { return t.Silent() && t.When.Holds(e, c) })
	if i < 0 {
		return Plan{}, false
	}
	t := &p.Triggers[i]
	from := e.At
	if from.Before(e.Told) { // before nobody could ask them
		from = e.Told
	}
	plan := Plan{Trigger: t.Name, Due: from.Add(time.Duration(t.Wait)), Decision: Decision{State: Scheduled}}
	if late := e.Told.Sub(e.At); late > time.Duration(t.Stale) {
		plan.Decision = suppress(Stale, t.rule("stale"), "after", recovery.Span(late.Truncate(time.Minute)).String(), "limit", t.Stale.String())
	}
	return plan, true
}

// Listened is what is known of a service that was watched, once the time is over.
type Listened struct {
	Event    Event
	Customer Customer
	NoSite   bool      // the place of the service is not there any more
	Heard    time.Time // when its customer first answered something after it; zero = they did not
}

// Listen says what comes of watching a service: Opened, or why no case opens.
func (p Policy) Listen(t Trigger, l Listened) Decision {
	broken := p.Broken(l.Event)
	switch {
	case l.Customer.Erased:
		return Decision{State: Cancelled, Reason: Erased, Rule: "erased"}
	case l.Event.State == "cancelled":
		return Decision{State: Cancelled, Reason: EventCancelled, Rule: "event.state"}
	case l.Event.State == "reopened":
		return Decision{State: Cancelled, Reason: EventReopened, Rule: "event.state"}
	case l.Event.Test:
		return suppress(IsTest, "event.test")
	case l.Customer.Internal:
		return suppress(IsStaff, "customer.kind")
	case l.NoSite:
		return suppress(SitePaused, "site")
	case l.Event.LateBy <= 0 && broken == nil:
		return suppress(Kept, t.rule("on"))
	case !l.Heard.IsZero():
		return suppress(Heard, t.rule("wait"), "at", moment(l.Heard))
	case l.Customer.Case != "":
		return suppress(OpenCase, t.rule("open"))
	}
	d := Decision{State: Opened, Reason: Unheard, Rule: t.rule("open"), Evidence: pairs([]string{"wait", t.Wait.String()})}
	if l.Event.LateBy > 0 {
		return d.With("late", recovery.Span(max(l.Event.LateBy.Truncate(time.Minute), time.Minute)).String())
	}
	got := strconv.FormatFloat(l.Event.Measures[broken.Measure], 'f', -1, 64)
	return d.With("measure", broken.Measure).With("value", got).With("standard", broken.Limit())
}
