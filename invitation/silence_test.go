package invitation_test

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
)

func watching() (invitation.Policy, invitation.Trigger) {
	p, low, high := invitation.Usual(), 45.0, 10.0
	p.Standards = []invitation.Standard{{Service: []string{"Cut"}, Measure: "duration_min", Low: &low}, {Measure: "wait_min", High: &high}}
	p.Triggers = []invitation.Trigger{
		{Name: "visit", On: invitation.OnDone, Ask: "f", Stale: invitation.UsualStale},
		{Name: "unheard", On: invitation.OnSilence, Wait: invitation.UsualWait, Stale: invitation.UsualStale, Open: recovery.P3},
	}
	return p, p.Triggers[1]
}

// What is watched is done and was late or below a standard whose measure is known.
func TestWhatWasNotAsPromisedIsWatched(t *testing.T) {
	t.Parallel()
	p, _ := watching()
	done := func(change func(*invitation.Event)) invitation.Event {
		e := invitation.Event{State: "done", Service: "cut", At: noon, Told: noon.Add(time.Hour)}
		change(&e)
		return e
	}
	measured := func(name string, value float64) func(*invitation.Event) {
		return func(e *invitation.Event) { e.Measures = map[string]float64{name: value} }
	}
	for name, c := range map[string]struct {
		e    invitation.Event
		want bool
	}{
		"as promised":        {done(func(*invitation.Event) {}), false},
		"late":               {done(func(e *invitation.Event) { e.LateBy = time.Minute }), true},
		"late, a test":       {done(func(e *invitation.Event) { e.LateBy, e.Test = time.Minute, true }), false},
		"late, called off":   {done(func(e *invitation.Event) { e.LateBy, e.State = time.Minute, "cancelled" }), false},
		"too short":          {done(measured("duration_min", 44.9)), true},
		"long enough":        {done(measured("duration_min", 45)), false},
		"another measure":    {done(measured("items", 1)), false},
		"waited":             {done(measured("wait_min", 10.5)), true},
		"did not wait":       {done(measured("wait_min", 10)), false},
		"of another service": {done(func(e *invitation.Event) { measured("duration_min", 1)(e); e.Service = "wash" }), false},
	} {
		plan, ok := p.Watch(c.e, invitation.Customer{})
		if ok != c.want || ok && (plan.Trigger != "unheard" || !plan.Due.Equal(noon.Add(49*time.Hour)) || plan.State != invitation.Scheduled) {
			t.Errorf("%s: %+v, %v", name, plan, ok)
		}
	}
	old := done(func(e *invitation.Event) { e.LateBy, e.Told = time.Minute, noon.Add(73*time.Hour) })
	if plan, ok := p.Watch(old, invitation.Customer{}); !ok || plan.Reason != invitation.Stale || plan.Rule != "triggers.unheard.stale" {
		t.Errorf("told too late: %+v, %v", plan, ok)
	}
	p.Triggers = p.Triggers[:1]
	if _, ok := p.Watch(old, invitation.Customer{}); ok {
		t.Error("it is watched without a trigger")
	}
}

// The first reason that holds is the one that is kept, and each has words.
func TestACaseOpensUnlessSomethingSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	p, trigger := watching()
	l := invitation.Listened{Event: invitation.Event{State: "done", Service: "cut", At: noon, LateBy: 95*time.Minute + time.Second}}
	check := func(want invitation.Reason, state invitation.State) invitation.Decision {
		t.Helper()
		d := p.Listen(trigger, l)
		if d.Reason != want || d.State != state || d.Rule == "" || d.Words(nil) == "" {
			t.Errorf("%+v, want %s", d, want)
		}
		return d
	}
	if d := check(invitation.Unheard, invitation.Opened); d.Words(nil) != "It was 1h35m later than promised. Nothing was heard of the customer within 2d: a case is opened for staff." {
		t.Errorf("it says %q", d.Words(nil))
	}
	l.Event.LateBy, l.Event.Measures = 0, map[string]float64{"duration_min": 30}
	if d := check(invitation.Unheard, invitation.Opened); d.Words(nil) != "Its duration_min was 30, and the standard is at least 45. Nothing was heard of the customer within 2d: a case is opened for staff." {
		t.Errorf("it says %q", d.Words(nil))
	}
	l.Customer.Case = "A-1"
	check(invitation.OpenCase, invitation.Suppressed)
	l.Heard = noon.Add(time.Hour)
	check(invitation.Heard, invitation.Suppressed)
	l.Event.Measures = nil
	check(invitation.Kept, invitation.Suppressed)
	l.NoSite = true
	check(invitation.SitePaused, invitation.Suppressed)
	l.Customer.Internal = true
	check(invitation.IsStaff, invitation.Suppressed)
	l.Event.Test = true
	check(invitation.IsTest, invitation.Suppressed)
	l.Event.State = "reopened"
	check(invitation.EventReopened, invitation.Cancelled)
	l.Event.State = "cancelled"
	check(invitation.EventCancelled, invitation.Cancelled)
	l.Customer.Erased = true
	check(invitation.Erased, invitation.Cancelled)
}
