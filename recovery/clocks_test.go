package recovery

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// lapse lets the clocks of a case strike one after the other until a time, and returns
// what was told: "12:15 acknowledge 50 thread".
func lapse(t *testing.T, rules Rules, c Case, until time.Time) (Case, []string) {
	t.Helper()
	var told []string
	for range 100 {
		next, ok := NextClock(rules, c)
		if !ok || next.At.After(until) {
			return c, told
		}
		after, events, err := Apply(rules, c, ClockStruck{}, program, next.At)
		if err != nil || frozen(t, after) == frozen(t, c) {
			t.Fatalf("%+v did nothing: %v", next, err)
		}
		for _, e := range events {
			told = append(told, strings.TrimSpace(next.At.Format("02 15:04 ")+spaced(string(e.Kind), e.Detail, string(e.To))))
		}
		c = after
	}
	t.Fatal("the clocks never stop")
	return c, told
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Nobody looks at a P2: the chain of each clock, in time.
func TestTheChainOfACaseThatNobodyTakes(t *testing.T) {
	c, told := lapse(t, DefaultRules, begin(), noon.Add(10*day))
	wantLines(t, told,
		"02 12:15 clock acknowledge 50 thread",
		"02 12:30 clock acknowledge 100 lead",
		"02 13:00 clock acknowledge 200 manager",
		"02 14:00 clock contact 50 thread",
		"02 16:00 clock contact 100 lead",
		"02 20:00 clock contact 200 manager",
		"03 12:00 clock resolve 50 thread",
		"04 12:00 clock resolve 100 lead",
		"06 12:00 clock resolve 200 manager")
	if c.State != Open || !slices.Equal(c.Missed, []Clock{ClockAcknowledge, ClockContact, ClockResolve}) {
		t.Errorf("%s, missed %v", c.State, c.Missed)
	}
}

// A case that is taken and forgotten returns to the queue, and its first clock begins anew.
func TestWhatNobodyMovesReturns(t *testing.T) {
	c := must(t, begin(), ann, noon.Add(10*time.Minute), Take{})
	c, told := lapse(t, DefaultRules, c, noon.Add(5*time.Hour))
	wantLines(t, told,
		"02 14:00 clock contact 50 thread",
		"02 16:00 clock contact 100 lead",
		"02 16:10 unacknowledged s1 thread",
		"02 16:25 clock acknowledge 50 thread",
		"02 16:40 clock acknowledge 100 lead")
	if c.State != Open {
		t.Errorf("c.State is %v, want %v", c.State, Open)
	}
	if c.First.Acknowledged != noon.Add(10*time.Minute) {
		t.Errorf("c.First.Acknowledged is %v, want %v", c.First.Acknowledged, noon.Add(10*time.Minute))
	}
	if _, ok := NextClock(DefaultRules, must(t, in(t, Contacted), guest, noon.Add(time.Hour), CustomerWrote{Text: "well?"})); !ok {
		t.Error("nobody is reminded")
	}
}

// A contacted case waits for the customer; once they have written, the holder owes an
// answer. A note counts as a move, somebody else's does not.
func TestWhoOwesAMove(t *testing.T) {
	idle := func(c Case) time.Time {
		for _, timer := range DefaultRules.Timers(c) {
			if timer.Clock == ClockIdle {
				return timer.At
			}
		}
		return time.Time{}
	}
	c := in(t, Contacted)
	if got := idle(c); !got.IsZero() {
		t.Errorf("waiting for the customer, yet idle at %v", got)
	}
	c = must(t, c, guest, noon.Add(time.Hour), CustomerWrote{Text: "and now?"})
	if got := idle(c); !got.Equal(noon.Add(5 * time.Hour)) {
		t.Errorf("the customer wrote, idle at %v", got)
	}
	c = must(t, c, bob, noon.Add(2*time.Hour), Note{Text: "poor Ann"})
	if got := idle(c); !got.Equal(noon.Add(5 * time.Hour)) {
		t.Errorf("a note of somebody else moved it to %v", got)
	}
	c = must(t, c, ann, noon.Add(3*time.Hour), Note{Text: "asking the workshop"})
	if got := idle(c); !got.Equal(noon.Add(7 * time.Hour)) {
		t.Errorf("her own note moved it to %v", got)
	}
	if got := idle(must(t, c, ann, noon.Add(4*time.Hour), Contact{Means: InChat, Text: "tomorrow"})); !got.IsZero() {
		t.Errorf("answered, yet idle at %v", got)
	}
	if got := idle(in(t, Agreed)); !got.Equal(promise.Due.Add(4 * time.Hour)) {
		t.Errorf("after the agreed date, idle at %v", got)
	}
}

// An agreed plan stops the clock to resolve; its date reminds once, then counts as a
// promise that nobody keeps.
func TestAnAgreedDate(t *testing.T) {
	c, told := lapse(t, DefaultRules, in(t, Agreed), noon.Add(4*day+4*time.Hour))
	wantLines(t, told, "06 12:00 clock plan 100 thread", "06 16:00 unacknowledged s1 thread")
	c = must(t, c, bob, noon.Add(5*day), Take{}, Agree{"a refund", noon.Add(6 * day)})
	if next, _ := NextClock(DefaultRules, c); next.Clock != ClockPlan || !next.At.Equal(noon.Add(6*day)) {
		t.Errorf("the new date: %+v", next)
	}
}

// A snooze puts everything off until it lapses, and what ran out meanwhile strikes then.
func TestASnooze(t *testing.T) {
	c := must(t, begin(), ann, noon.Add(time.Minute), Snooze{noon.Add(5 * time.Hour)})
	if got, events, _ := Apply(DefaultRules, c, ClockStruck{}, program, noon.Add(4*time.Hour)); len(events) > 0 || frozen(t, got) != frozen(t, c) {
		t.Errorf("it was woken: %v", kinds(events))
	}
	c, told := lapse(t, DefaultRules, c, noon.Add(9*time.Hour))
	wantLines(t, told, "02 17:00 woke thread", "02 17:00 clock contact 100 lead", "02 20:00 clock contact 200 manager", "02 21:00 unacknowledged s1 thread")
	if c.State != Open {
		t.Errorf("c.State is %v, want %v", c.State, Open)
	}
	if !c.Snoozed.IsZero() {
		t.Errorf("it is still put off: %+v", c)
	}
	c = must(t, begin(), ann, noon.Add(time.Minute), Contact{Means: InChat}, Snooze{noon.Add(20 * time.Hour)})
	if c, told = lapse(t, DefaultRules, c, noon.Add(47*time.Hour)); c.State != Contacted {
		t.Errorf("%s", c.State)
	}
	wantLines(t, told, "03 08:00 woke thread", "03 12:00 clock resolve 50 thread")
}

// After an outage what ran out is told at once, without reminders of it; hearing the
// clock again tells nothing more.
func TestAfterAnOutage(t *testing.T) {
	c, events, err := Apply(DefaultRules, begin(), ClockStruck{}, program, noon.Add(100*day))
	if err != nil || len(events) != 6 {
		t.Fatalf("%v, %v", kinds(events), err)
	}
	for _, e := range events {
		if e.To == ToThread {
			t.Errorf("reminded of what has run out: %+v", e)
		}
	}
	if _, events, _ = Apply(DefaultRules, c, ClockStruck{}, program, noon.Add(200*day)); len(events) > 0 {
		t.Errorf("told twice: %v", kinds(events))
	}
}

// The customer is asked a day after the resolution and, unless an answer comes, the
// case is closed a week after it. Who must not or cannot be asked is not.
func TestAfterTheResolution(t *testing.T) {
	c, told := lapse(t, DefaultRules, in(t, Resolved), noon.Add(30*day))
	wantLines(t, told, "03 12:01 follow_up", "09 12:01 closed")
	if c.State != Closed {
		t.Errorf("c.State is %v, want %v", c.State, Closed)
	}
	if c.Outcome.Recovered != RecoveredUnknown {
		t.Errorf("c.Outcome.Recovered is %v, want %v", c.Outcome.Recovered, RecoveredUnknown)
	}
	if c.Figures().FollowedUp {
		t.Errorf("it counts as followed up: %+v", c)
	}
	no := NoContact
	silent := must(t, in(t, Resolved), program, noon.Add(time.Hour), Joined{Decision: fine, Contact: &no})
	_, told = lapse(t, DefaultRules, silent, noon.Add(30*day))
	wantLines(t, told, "09 12:01 closed")
	blocked := must(t, in(t, Resolved), program, noon.Add(time.Hour), Unreachable{})
	_, told = lapse(t, DefaultRules, blocked, noon.Add(30*day))
	wantLines(t, told, "09 12:01 closed")
	late, events, _ := Apply(DefaultRules, in(t, Resolved), ClockStruck{}, program, noon.Add(20*day))
	if late.State != Resolved || !has(events, EventFollowUp) {
		t.Errorf("asked and closed in the same breath: %s, %v", late.State, kinds(events))
	}
	if next, _ := NextClock(DefaultRules, late); !next.At.Equal(noon.Add(26 * day)) {
		t.Errorf("it waits until %v", next.At)
	}
}

// A P1 at night: with somebody on call its clocks run and page at once; without, it
// waits for the morning.
func TestAtNight(t *testing.T) {
	rules := defaults()
	rules.Hours = Hours{Week: office}
	night := time.Date(2026, time.March, 3, 23, 0, 0, 0, time.UTC)
	c, _ := OpenCase(rules, Case{ID: "c"}, lower, night)
	_, told := lapse(t, rules, c, night.Add(10*time.Hour+20*time.Minute))
	wantLines(t, told, "04 09:07 clock acknowledge 50 thread", "04 09:15 clock acknowledge 100 lead")

	rules.OnCall = "duty"
	c, _ = OpenCase(rules, Case{ID: "c"}, lower, night)
	_, told = lapse(t, rules, c, night.Add(40*time.Minute))
	wantLines(t, told,
		"03 23:00 clock acknowledge 0 on_call",
		"03 23:07 clock acknowledge 50 thread",
		"03 23:15 clock acknowledge 100 lead",
		"03 23:30 clock contact 50 thread",
		"03 23:30 clock acknowledge 200 manager",
		"03 23:30 clock acknowledge 200 on_call")
	c, _ = OpenCase(rules, Case{ID: "c"}, low, night)
	if next, _ := NextClock(rules, c); !next.At.Equal(night.Add(10*time.Hour + 15*time.Minute)) {
		t.Errorf("a P2 at night is looked at %v", next.At)
	}
	c, _ = OpenCase(rules, Case{ID: "c"}, lower, night.Add(12*time.Hour))
	if next, _ := NextClock(rules, c); next.To != ToThread {
		t.Errorf("during the day %s hears first", next.To)
	}
}

// Two business days never end before one, whatever the priority: P1 ≤ P2 ≤ P3.
func TestPrioritiesKeepTheirOrder(t *testing.T) {
	rules := defaults()
	rules.Hours = Hours{Zone: in0(t, "Europe/Berlin"), Week: office}
	for hour := range 24 * 14 {
		from := time.Date(2026, time.March, 23, hour, 17, 0, 0, time.UTC)
		p1, p2, p3 := rules.DueFrom(P1, from), rules.DueFrom(P2, from), rules.DueFrom(P3, from)
		for _, which := range promises {
			if p2.Of(which).Before(p1.Of(which)) || p3.Of(which).Before(p2.Of(which)) {
				t.Errorf("%s from %v: %v, %v, %v", which, from, p1.Of(which), p2.Of(which), p3.Of(which))
			}
		}
		for _, c := range []Clocks{p1, p2, p3} {
			if c.Contact.Before(c.Acknowledge) || c.Resolve.Before(c.Contact) {
				t.Errorf("from %v: %+v", from, c)
			}
		}
	}
}

func TestClocksThatAreOff(t *testing.T) {
	rules := defaults()
	rules.SLA = SLA{}
	rules.FollowUp = FollowUp{}
	c, _ := OpenCase(rules, Case{ID: "c"}, low, noon)
	if next, ok := NextClock(rules, c); ok {
		t.Errorf("%+v", next)
	}
	after, _, err := Apply(rules, c, Snooze{noon.Add(20 * day)}, ann, noon)
	if err != nil || after.Snoozed.IsZero() {
		t.Errorf("a snooze without a limit: %v, until %v", err, after.Snoozed)
	}
	if after, _, err = Apply(rules, c, mended, ann, noon); err != nil || len(rules.Timers(after)) > 0 || len(after.Missed) > 0 {
		t.Errorf("%v, %+v", err, rules.Timers(after))
	}
}

// A reminder that came too late to be worth hearing is done with all the same.
func TestAReminderThatIsLateLeavesNothingDue(t *testing.T) {
	rules := defaults()
	rules.Chain = []Step{{At: 50, To: ToThread}}
	c, _ := OpenCase(rules, Case{ID: "c"}, low, noon)
	late := noon.Add(50 * day)
	after, events, err := Apply(rules, c, ClockStruck{}, program, late)
	if err != nil || len(events) != 0 || len(after.Missed) != 3 {
		t.Fatalf("%v, missed %v, %v", events, after.Missed, err)
	}
	if next, ok := NextClock(rules, after); ok && !next.At.After(late) {
		t.Errorf("%+v is still due", next)
	}
	again, _, _ := Apply(rules, after, ClockStruck{}, program, late)
	if frozen(t, again) != frozen(t, after) {
		t.Error("it struck twice")
	}
}

// Nobody is asked at night, whatever the clocks do.
func TestCustomersAreAskedInTheDaytime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		when, err := time.ParseInLocation(time.DateTime, s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, row := range []struct{ daytime, now, want string }{
		{"09:00-21:00", "2026-03-28 20:59:59", "2026-03-28 20:59:59"},
		{"09:00-21:00", "2026-03-28 21:00:00", "2026-03-29 09:00:00"}, // summer time begins
		{"09:00-21:00", "2026-03-29 00:30:00", "2026-03-29 09:00:00"},
		{"09:00-21:00", "2026-12-31 23:00:00", "2027-01-01 09:00:00"},
		{"09:00-21:00", "2026-03-29 09:00:00", "2026-03-29 09:00:00"},
		{"02:00-03:00", "2026-03-28 05:00:00", "2026-03-30 02:00:00"}, // an hour that the next day does not have
		{"00:00-24:00", "2026-03-28 23:59:59", "2026-03-28 23:59:59"},
		{"00:00-00:00", "2026-03-28 03:00:00", "2026-03-28 03:00:00"},
	} {
		var f FollowUp
		if err := f.Daytime.UnmarshalText([]byte(row.daytime)); err != nil {
			t.Fatal(err)
		}
		if got := f.awake(at(row.now).UTC(), berlin); !got.Equal(at(row.want)) {
			t.Errorf("%s, %s: %v, want %s", row.daytime, row.now, got.In(berlin), row.want)
		}
	}
	rules := defaults()
	rules.Hours.Zone = berlin
	c, _, err := Apply(rules, begin(), mended, ann, at("2026-03-02 22:30:00"))
	if err != nil {
		t.Fatal(err)
	}
	next, ok := NextClock(rules, c)
	if !ok {
		t.Errorf("there is no next clock: %+v", next)
	}
	if next.Clock != ClockFollowUp {
		t.Errorf("next.Clock is %v, want %v", next.Clock, ClockFollowUp)
	}
	if !next.At.Equal(at("2026-03-04 09:00:00")) {
		t.Errorf("next.At is %v, want %v", next.At, at("2026-03-04 09:00:00"))
	}
}
