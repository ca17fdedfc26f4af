package invitation_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey"
)

const day = 24 * time.Hour

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func asking() (invitation.Policy, invitation.Trigger, invitation.Facts) {
	p := invitation.Usual()
	t := invitation.Trigger{Name: "visit", On: invitation.OnDone, Ask: "f", Stale: invitation.UsualStale, Sample: 100, Language: "customer", By: invitation.Ways()}
	p.Triggers = []invitation.Trigger{t}
	return p, t, invitation.Facts{
		Now: noon, Due: noon, Event: invitation.Event{Source: "till", ID: "1", State: "done", Site: "main", At: noon, Told: noon},
		Customer: invitation.Customer{ID: "C-1", Language: "de"}, Flow: invitation.Flow{ID: "f", Class: survey.Transactional},
		Site: invitation.Site{ID: "main", Zone: time.UTC, Language: "en"}, Reach: []invitation.Reach{{Way: invitation.Web}, {Way: invitation.Telegram}},
	}
}

func TestEachRuleHasItsReasonAndTheFirstThatHoldsWins(t *testing.T) {
	t.Parallel()
	type facts = invitation.Facts
	past := func(ago time.Duration, state invitation.State, more ...func(*invitation.Past)) func(*facts, *invitation.Policy) {
		return func(f *facts, _ *invitation.Policy) {
			at := noon.Add(-ago)
			p := invitation.Past{At: at, Ended: at, Flow: "f", Class: survey.Transactional, Site: "main", Day: at.Format(time.DateOnly), State: state}
			for _, m := range more {
				m(&p)
			}
			f.Past = append(f.Past, p)
		}
	}
	// From the last in the order of the policy to the first: each is set beside all before it.
	for _, c := range []struct {
		set  func(*facts, *invitation.Policy)
		want invitation.Reason
		rule string
	}{
		{func(f *facts, _ *invitation.Policy) {
			f.Now = time.Date(2026, 3, 10, 22, 0, 0, 0, time.UTC)
			f.Due = f.Now
		}, invitation.QuietHours, "contact.quiet"},
		{func(f *facts, _ *invitation.Policy) {
			f.Reach = []invitation.Reach{{Way: invitation.Web, Problem: invitation.NoAddress}}
		}, invitation.NoAddress, "triggers.visit.by"},
		{func(f *facts, _ *invitation.Policy) {
			f.Reach = []invitation.Reach{{Way: invitation.Telegram, Problem: invitation.Blocked}}
		}, invitation.Blocked, "triggers.visit.by"},
		{func(f *facts, p *invitation.Policy) { p.Triggers[0].Sample = 0 }, invitation.SampledOut, "triggers.visit.sample"},
		{func(f *facts, p *invitation.Policy) {
			p.Contact.CapOffers = 1
			past(100*day, invitation.Expired, func(p *invitation.Past) { p.Flow = "g" })(f, p)
		}, invitation.CapReached, "contact.cap"},
		{past(20*day, invitation.Completed), invitation.RecentlyFlow, "contact.transactional.same_flow"},
		{past(6*day, invitation.Expired), invitation.Recently, "contact.transactional.every"},
		{func(f *facts, _ *invitation.Policy) { f.Customer.Case = "A-1" }, invitation.OpenCase, "contact.open_case"},
		{past(2*day, invitation.Sent), invitation.Pending, "contact.pending"},
		{past(3*time.Hour, invitation.Completed), invitation.SameVisit, "contact.same_visit"},
		{past(25*day, invitation.Declined), invitation.DeclinedLast, "contact.declined"},
		{func(f *facts, _ *invitation.Policy) { f.Site.Gone = true }, invitation.SitePaused, "site"},
		{func(f *facts, _ *invitation.Policy) { f.Event.Test = true }, invitation.IsTest, "event.test"},
		{func(f *facts, _ *invitation.Policy) { f.Customer.Internal = true }, invitation.IsStaff, "customer.kind"},
		{func(_ *facts, p *invitation.Policy) { p.Contact.Consent = []string{"contract"} }, invitation.NoConsent, "contact.consent"},
		{func(f *facts, _ *invitation.Policy) { f.Customer.Stopped = true }, invitation.Stopped, "stop"},
		{func(f *facts, _ *invitation.Policy) { f.Customer.Erased = true }, invitation.Erased, "erased"},
	} {
		p, trigger, f := asking()
		if d := p.Decide(trigger, f); d.State != invitation.HandedOut && d.State != invitation.Sending {
			t.Fatalf("nothing is in the way, and they are not asked: %+v", d)
		}
		c.set(&f, &p)
		d := p.Decide(p.Triggers[0], f)
		if d.Reason != c.want || d.Rule != c.rule {
			t.Errorf("decided %s by %s, want %s by %s", d.Reason, d.Rule, c.want, c.rule)
		}
		if d.Words(nil) == "" {
			t.Errorf("%s has no words", d.Reason)
		}
	}
	for _, r := range invitation.Reasons() {
		if (invitation.Decision{Reason: r}).Words(nil) == "" {
			t.Errorf("%s has no words", r)
		}
	}
}

func TestAnEventIsPlannedByTheFirstTriggerThatMatches(t *testing.T) {
	t.Parallel()
	hour := recovery.Span(time.Hour)
	p := invitation.Usual()
	p.Triggers = []invitation.Trigger{
		{Name: "colour", On: invitation.OnDone, When: &invitation.When{Field: "service", Is: []string{"colour"}}, Ask: "f", After: &hour, Stale: invitation.UsualStale},
		{Name: "gone", On: invitation.OnDone, Ask: "missing"},
		{Name: "all", On: invitation.OnDone, Ask: "f", Stale: invitation.UsualStale},
		{Name: "ahead", On: invitation.OnBooked, Ask: "f"},
	}
	flow := func(id string) (invitation.Flow, bool) {
		return invitation.Flow{ID: id, Delay: 10 * time.Minute}, id == "f"
	}
	for _, c := range []struct {
		e      invitation.Event
		name   string
		due    time.Time
		reason invitation.Reason
	}{
		{invitation.Event{State: "done", Service: "colour", At: noon, Told: noon}, "colour", noon.Add(time.Hour), ""},
		{invitation.Event{State: "done", Service: "cut", At: noon, Told: noon}, "all", noon.Add(10 * time.Minute), ""},
		{invitation.Event{State: "done", Service: "cut", At: noon, Told: noon.Add(4 * day)}, "all", noon.Add(10 * time.Minute), invitation.Stale},
		{invitation.Event{State: "booked", At: noon.Add(day), Told: noon}, "ahead", noon, ""},
		{invitation.Event{State: "started", At: noon, Told: noon}, "", time.Time{}, invitation.NoTrigger},
	} {
		got := p.Plan(c.e, invitation.Customer{}, flow)
		if got.Trigger != c.name || !got.Due.Equal(c.due) || got.Reason != c.reason {
			t.Errorf("%+v is planned as %+v", c.e, got)
		}
	}
}

func TestTheNightIsTheCustomersAlsoWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, now, want string }{
		{"Europe/Berlin", "2026-03-28T22:30:00+01:00", "2026-03-29T09:00:00+02:00"}, // spring: the night is an hour shorter
		{"Europe/Berlin", "2026-10-24T22:30:00+02:00", "2026-10-25T09:00:00+01:00"},
		{"Asia/Shanghai", "2026-03-10T12:00:00+01:00", ""},
		{"America/New_York", "2026-03-10T12:00:00+01:00", "2026-03-10T09:00:00-04:00"},
		{"Asia/Kathmandu", "2026-03-10T16:00:00Z", "2026-03-11T09:00:00+05:45"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		p, trigger, f := asking()
		f.Now, _ = time.Parse(time.RFC3339, c.now)
		f.Due, f.Customer.Zone, trigger.By = f.Now, zone, []invitation.Way{invitation.Telegram}
		d := p.Decide(trigger, f)
		if c.want == "" {
			if d.State != invitation.Sending {
				t.Errorf("%s in %s: %+v", c.now, c.zone, d)
			}
			continue
		}
		if want, _ := time.Parse(time.RFC3339, c.want); !d.From.Equal(want) || d.Reason != invitation.QuietHours {
			t.Errorf("%s in %s waits until %s, want %s", c.now, c.zone, d.From.In(zone), c.want)
		}
	}
}

func TestASampleIsTheSameShareEveryTime(t *testing.T) {
	t.Parallel()
	p, trigger, f := asking()
	trigger.Sample = 30
	in := 0
	for i := range 4000 {
		f.Event.ID = string(rune('a'+i%26)) + time.Duration(i).String()
		a, b := p.Decide(trigger, f), p.Decide(trigger, f)
		if a.Reason != b.Reason {
			t.Fatal("the same event falls on both sides")
		}
		if a.Reason == "" {
			in++
		}
	}
	if in < 1080 || in > 1320 {
		t.Errorf("%d of 4000 are asked", in)
	}
}

// model is what a policy promises, looked at from outside: it knows only what was sent.
type model struct {
	offers []invitation.Past
}

// TestThePolicyNeverAsksTooOften runs customers through a year of events, answers, stops, staff
// who insist and waiting, in zones of both hemispheres, and looks at every offer that was made.
func TestThePolicyNeverAsksTooOften(t *testing.T) {
	t.Parallel()
	asked, insisted := 0, 0
	for seed := range uint64(60) {
		n, against, fault := play(t, seed, nil)
		if fault != "" {
			t.Fatalf("seed %d: %s", seed, fault)
		}
		asked, insisted = asked+n, insisted+against
	}
	if asked < 300 || insisted < 20 {
		t.Errorf("only %d offers were ever made, %d of them against the clocks", asked, insisted)
	}
}

// A rule that is left out is seen by the model: else it would show nothing.
func TestTheModelSeesEachRuleThatIsLeftOut(t *testing.T) {
	t.Parallel()
	for fault, spoil := range map[string]func(*invitation.Policy, *invitation.Facts){
		"after they said stop": func(_ *invitation.Policy, f *invitation.Facts) { f.Customer.Stopped = false },
		"at night":             func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.Quiet = recovery.Interval{} },
		"by another's night":   func(_ *invitation.Policy, f *invitation.Facts) { f.Customer.Zone = nil },
		"with an open case":    func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.OpenCase = invitation.AskCase },
		"another of its class": func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.Classes = clocked(p, 0, 30*day) },
		"the same again":       func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.Classes = clocked(p, 7*day, 0) },
		"after a no":           func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.Declined = 0 },
		"more than the cap":    func(p *invitation.Policy, _ *invitation.Facts) { p.Contact.CapOffers = 0 },
		"another is open": func(_ *invitation.Policy, f *invitation.Facts) {
			f.Past = slices.DeleteFunc(slices.Clone(f.Past), func(p invitation.Past) bool { return p.State == invitation.Sent })
		},
	} {
		want, found := fault, ""
		if fault == "by another's night" {
			want = "at night"
		}
		for seed := range uint64(200) {
			if _, _, found = play(t, seed, spoil); strings.Contains(found, want) {
				break
			}
		}
		if !strings.Contains(found, want) {
			t.Errorf("nobody sees that somebody is asked %s", fault)
		}
	}
}

func clocked(p *invitation.Policy, every, flow time.Duration) map[survey.Class]invitation.Clock {
	c := maps.Clone(p.Contact.Classes)
	c[survey.Transactional] = invitation.Clock{Every: recovery.Span(every), Flow: recovery.Span(flow)}
	return c
}

// play runs one customer through a year. spoil takes something out of what is decided by, and not
// of what it is looked at with. It returns how many offers were made, how many of them because
// staff insisted, and what was wrong with the first that should not have been.
func play(t *testing.T, seed uint64, spoil func(*invitation.Policy, *invitation.Facts)) (asked, insisted int, fault string) {
	t.Helper()
	zones := []string{"Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"}
	classes := []survey.Class{survey.Transactional, survey.Relationship, survey.Recovery}
	r := rand.New(rand.NewPCG(seed, 7))
	zone, err := time.LoadLocation(zones[r.IntN(len(zones))])
	if err != nil {
		t.Fatal(err)
	}
	p, trigger, f := asking()
	trigger.By, trigger.Sample = []invitation.Way{invitation.Telegram}, 50+r.IntN(51)
	f.Customer.Zone = zone
	p.Contact.CapOffers, p.Contact.CapWithin = 1+r.IntN(4), recovery.Span(time.Duration(100+r.IntN(200))*day)
	var m model
	type waiting struct {
		f   invitation.Facts
		t   invitation.Trigger
		due time.Time
	}
	var queue []waiting
	now := noon
	for range 1500 {
		now = now.Add(time.Duration(r.IntN(600)) * time.Minute)
		switch r.IntN(5) {
		case 0, 1:
			w := waiting{f: f, t: trigger, due: now}
			w.f.Event.ID, w.f.Event.At, w.f.Due = now.String(), now, now
			w.f.Flow = invitation.Flow{ID: string(rune('a' + r.IntN(3))), Class: classes[r.IntN(len(classes))]}
			if r.IntN(4) == 0 { // a person asks, about no service
				w.t = invitation.ByHand(w.f.Flow.ID)
				w.t.By, w.t.Insists = trigger.By, r.IntN(2) == 0
				w.f.Event = invitation.Event{Site: "main", Told: now}
			}
			queue = append(queue, w)
		case 2:
			if n := len(m.offers); n > 0 && m.offers[n-1].State == invitation.Sent {
				m.offers[n-1].State = []invitation.State{invitation.Completed, invitation.Partial, invitation.Declined, invitation.Expired}[r.IntN(4)]
				m.offers[n-1].Ended = now
			}
		case 3:
			f.Customer.Case = []string{"", "", "A-1"}[r.IntN(3)]
		case 4:
			if r.IntN(400) == 0 {
				f.Customer.Stopped = true
			}
		}
		for i := 0; i < len(queue); i++ {
			w := &queue[i]
			if w.due.After(now) {
				continue
			}
			w.f.Now, w.f.Past, w.f.Customer = now, m.offers, f.Customer
			by, facts := p, w.f
			if spoil != nil {
				spoil(&by, &facts)
			}
			d := by.Decide(w.t, facts)
			switch {
			case d.State == invitation.Sending:
				if fault := m.check(p, w.f, w.t.Insists, d, now, zone); fault != "" {
					return asked, insisted, fault
				}
				if asked++; d.Evidence["against"] != "" {
					insisted++
				}
				day := ""
				if !w.f.Event.At.IsZero() {
					day = w.f.Event.At.Format(time.DateOnly)
				}
				m.offers = append(m.offers, invitation.Past{
					At: now, Flow: w.f.Flow.ID, Class: w.f.Flow.Class, Site: "main", Day: day, State: invitation.Sent,
				})
			case d.State == invitation.Scheduled && (!d.From.After(now) || d.From.After(w.f.Due.Add(time.Duration(p.Contact.Wait)))):
				return asked, insisted, fmt.Sprintf("kept waiting until %s at %s, since %s", d.From, now, w.f.Due)
			case d.Reason == "" || d.Rule == "" || d.Words(zone) == "":
				return asked, insisted, fmt.Sprintf("not explained: %+v", d)
			}
			if d.State == invitation.Scheduled {
				w.due = d.From
				continue
			}
			queue = slices.Delete(queue, i, i+1)
			i--
		}
	}
	return asked, insisted, ""
}

// check says what is wrong with an offer that is about to be made, beside all those before it.
func (m *model) check(p invitation.Policy, f invitation.Facts, insists bool, d invitation.Decision, now time.Time, zone *time.Location) string {
	if f.Customer.Stopped {
		return "asked after they said stop"
	}
	if h := now.In(zone).Hour(); h >= 21 || h < 9 {
		return "asked at night: " + now.In(zone).String()
	}
	if f.Flow.Class == survey.Recovery {
		return ""
	}
	clocks := ""
	if f.Customer.Case != "" {
		clocks = "asked with an open case"
	}
	within := 0
	for _, o := range m.offers {
		since := now.Sub(o.At)
		if o.Class != survey.Recovery && since < time.Duration(p.Contact.CapWithin) {
			within++
		}
		clock := p.Contact.Classes[o.Class]
		switch {
		case o.State == invitation.Sent:
			return "asked while another is open"
		case o.Class == f.Flow.Class && since < time.Duration(clock.Every):
			clocks = "asked too soon after another of its class"
		case o.Flow == f.Flow.ID && (o.State == invitation.Completed || o.State == invitation.Partial) && now.Sub(o.Ended) < time.Duration(p.Contact.Classes[f.Flow.Class].Flow):
			clocks = "asked the same again too soon"
		case o.State == invitation.Declined && now.Sub(o.Ended) < time.Duration(p.Contact.Declined):
			clocks = "asked too soon after a no"
		}
	}
	if within >= p.Contact.CapOffers {
		clocks = "asked more than the cap"
	}
	switch {
	case clocks != "" && !insists:
		return clocks
	case (clocks != "") != (d.Evidence["against"] != ""):
		return fmt.Sprintf("%q, and it is said to be against %q", clocks, d.Evidence["against"])
	}
	return ""
}

func TestAReminderIsNeverAtNightAndNeverAfterAnAnswer(t *testing.T) {
	t.Parallel()
	p, _, f := asking()
	late := time.Date(2026, 3, 10, 20, 59, 0, 0, time.UTC)
	past := invitation.Past{At: late, State: invitation.Sent}
	if at := p.Reminder(f.Site, f.Customer, past); !at.Equal(late.Add(day)) {
		t.Errorf("reminded at %s", at)
	}
	past.At = late.Add(time.Hour)
	if at := p.Reminder(f.Site, f.Customer, past); !at.Equal(time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("reminded at %s", at)
	}
	for _, s := range invitation.States() {
		past.State = s
		if at := p.Reminder(f.Site, f.Customer, past); s != invitation.Sent && s != invitation.Seen && !at.IsZero() {
			t.Errorf("%s is reminded", s)
		}
	}
}

// A person of staff may ask all the same whom the clocks would leave in peace, and it is said
// against what; whoever said stop, has something open or sleeps is left in peace in any case.
func TestStaffMayInsistAgainstClocksAlone(t *testing.T) {
	t.Parallel()
	p, _, f := asking()
	f.Event = invitation.Event{Site: "main"}
	t0 := invitation.ByHand("f")
	ago := func(d time.Duration, s invitation.State) invitation.Past {
		return invitation.Past{At: noon.Add(-d), Ended: noon.Add(-d), Flow: "f", Class: survey.Transactional, Site: "main", State: s}
	}
	for _, c := range []struct {
		set  func(*invitation.Facts, *invitation.Policy)
		want invitation.Reason
		may  bool
	}{
		{func(f *invitation.Facts, _ *invitation.Policy) {
			f.Past = append(f.Past, ago(day, invitation.Completed))
		}, invitation.Recently, true},
		{func(f *invitation.Facts, _ *invitation.Policy) {
			f.Past = append(f.Past, ago(9*day, invitation.Completed))
		}, invitation.RecentlyFlow, true},
		{func(f *invitation.Facts, _ *invitation.Policy) {
			f.Past = append(f.Past, ago(day, invitation.Declined))
		}, invitation.DeclinedLast, true},
		{func(f *invitation.Facts, _ *invitation.Policy) { f.Customer.Case = "A-1" }, invitation.OpenCase, true},
		{func(f *invitation.Facts, p *invitation.Policy) {
			p.Contact.CapOffers = 1
			f.Past = append(f.Past, invitation.Past{At: noon.Add(-60 * day), Class: survey.Relationship, State: invitation.Expired})
		}, invitation.CapReached, true},
		{func(f *invitation.Facts, _ *invitation.Policy) { f.Past = append(f.Past, ago(day, invitation.Sent)) }, invitation.Pending, false},
		{func(f *invitation.Facts, _ *invitation.Policy) { f.Customer.Stopped = true }, invitation.Stopped, false},
		{func(f *invitation.Facts, _ *invitation.Policy) { f.Customer.Erased = true }, invitation.Erased, false},
		{func(f *invitation.Facts, _ *invitation.Policy) { f.Reach = nil }, invitation.NoIdentity, false},
		{func(f *invitation.Facts, _ *invitation.Policy) {
			f.Now = time.Date(2026, 3, 10, 22, 0, 0, 0, time.UTC)
			f.Due = f.Now
		}, invitation.QuietHours, false},
	} {
		f, p := f, p
		c.set(&f, &p)
		trigger := t0
		if d := p.Decide(trigger, f); d.Reason != c.want {
			t.Errorf("without a reason: %q, want %q", d.Reason, c.want)
		}
		trigger.Insists = true
		d := p.Decide(trigger, f)
		asked := d.State == invitation.Sending || d.State == invitation.HandedOut
		if asked != c.may || c.may && d.Evidence["against"] != string(c.want) || !c.may && d.Reason != c.want {
			t.Errorf("%s with a reason: %+v", c.want, d)
		}
		if c.may != slices.Contains(invitation.Insisted(), c.want) {
			t.Errorf("%s is told otherwise", c.want)
		}
	}
}
