package recovery

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/access"
)

// told by its history: the state that somebody who only reads the events believes in.
type reader struct {
	state              State
	contacted, planned bool
}

func (r *reader) read(e Event) {
	held := func() {
		r.state = Taken
		if r.contacted {
			r.state = Contacted
		}
		if r.planned {
			r.state = Agreed
		}
	}
	switch e.Kind {
	case EventTaken, EventAssigned:
		held()
	case EventContacted:
		if !strings.HasSuffix(e.Detail, " waits") {
			r.contacted = true
		}
		held()
	case EventSeen:
		if r.contacted = r.contacted || r.state.Active(); r.state.Active() && r.state != Open {
			held()
		}
	case EventAgreed:
		r.contacted, r.planned = true, true
		held()
	case EventReleased, EventUnacknowledged, EventStaffGone:
		r.state = Open
	case EventResolved:
		r.state, r.planned = Resolved, false
	case EventNoAction:
		r.state, r.planned = Dismissed, false
	case EventUnreachable:
		r.state, r.planned = Unreached, false
	case EventReopened:
		*r = reader{state: Open}
	case EventVerified:
		r.state = Verified
	case EventClosed:
		r.state = Closed
	}
}

// valid is an act of a kind that would be accepted wherever the kind is.
func valid(c Case, k ActKind, now time.Time) Act {
	switch k {
	case ActTake:
		return Take{}
	case ActRelease:
		return Release{}
	case ActAssign:
		if c.Holder.ID == bob.ID {
			return Assign{lea}
		}
		return Assign{bob}
	case ActNote:
		return Note{Text: "x", Ref: "a ref of its own"}
	case ActContact:
		means := InChat
		if all := c.AllowedMeans(); len(all) > 0 {
			means = all[0]
		}
		return Contact{Means: means, Ref: "a ref of its own"}
	case ActAgree:
		return Agree{Plan: "a plan of its own", Due: now.Add(time.Hour)}
	case ActSnooze:
		return Snooze{Until: now.Add(7*time.Minute + 13*time.Microsecond)} // a time of its own
	case ActResolve:
		return Resolve{Cause: "price", Actions: []Action{{Kind: Facilitation}}}
	case ActNoAction:
		return NoAction{"a reason of its own"}
	case ActUnreachable:
		return Unreachable{"a search of its own"}
	case ActReopen:
		return Reopen{}
	}
	return nil
}

// holds checks what is true of every case whatever happened to it.
func holds(t *rapid.T, rules Rules, c Case, now time.Time) {
	if (c.State == Open) != (c.Holder == Staffer{}) || (c.State == Open) != c.HeldAt.IsZero() {
		t.Fatalf("%s, held by %q since %v", c.State, c.Holder.ID, c.HeldAt)
	}
	if slices.Contains([]State{Resolved, Verified, Closed}, c.State) {
		if r := c.Resolution; r == nil || r.Cause == "" || len(r.Actions) == 0 {
			t.Fatalf("%s without a cause and an action: %+v", c.State, r)
		}
	}
	if (c.State == Dismissed || c.State == Unreached) && c.Reason == "" {
		t.Fatalf("%s without a reason", c.State)
	}
	if c.State.Active() == (!c.EndedAt.IsZero()) {
		t.Fatalf("%s, ended %v", c.State, c.EndedAt)
	}
	for _, which := range promises {
		if at, due := c.since(which), c.Due.Of(which); at.Before(c.OpenedAt) || !due.IsZero() && due.Before(at) {
			t.Fatalf("%s: from %v to %v, opened %v", which, at, due, c.OpenedAt)
		}
	}
	timers := rules.Timers(c)
	for i, timer := range timers {
		if timer.At.Before(c.OpenedAt) || i > 0 && timer.At.Before(timers[i-1].At) {
			t.Fatalf("timers %+v of a case opened at %v", timers, c.OpenedAt)
		}
		if timer.Clock == ClockContact && c.Contact == NoContact || timer.Clock == ClockFollowUp && c.Contact == NoContact {
			t.Fatalf("a clock to contact somebody who must not be: %+v", timer)
		}
	}
	if !c.State.Active() && c.State != Resolved && len(timers) > 0 {
		t.Fatalf("%s has timers %+v", c.State, timers)
	}
	f := c.Figures()
	for _, d := range []*time.Duration{f.ToAcknowledge, f.ToContact, f.ToResolve} {
		if d != nil && *d < 0 {
			t.Fatalf("negative figures %+v", f)
		}
	}
	if f.ToContact != nil && f.ToAcknowledge == nil {
		t.Fatalf("contacted by nobody: %+v", f)
	}
	offers(t, rules, c, now)
}

// offers checks that a button works if and only if it is there.
func offers(t *rapid.T, rules Rules, c Case, now time.Time) {
	for _, by := range []Actor{ann, bob, lea, vic, stranger, guest, program} {
		offered := Offers(c, by)
		for _, k := range ActKinds() {
			act := valid(c, k, now)
			if act == nil || by.Party == Program {
				continue
			}
			_, events, err := Apply(rules, c, act, by, now)
			works := err == nil && len(events) > 0
			if works != slices.Contains(offered, k) {
				t.Fatalf("%s, contact %q, lost %v: %s offered %v to %s, but it gave %v, %v", c.State, c.Contact, !c.Lost.IsZero(), k, offered, by.Name, kinds(events), err)
			}
		}
	}
	if c.State != Open && !slices.Equal(CardOffers(c), Offers(c, Actor{c.Holder, access.Agent, Staff})) {
		t.Fatalf("the card offers %v", CardOffers(c))
	}
}

func randomRules(t *rapid.T) Rules {
	r := defaults()
	if rapid.Bool().Draw(t, "business hours") {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		r.Hours = Hours{Zone: zone, Week: office}
	}
	if rapid.Bool().Draw(t, "on call") {
		r.OnCall = "duty"
	}
	return r
}

// TestCaseInvariants is the machine's promise over random acts, clocks and hours.
func TestCaseInvariants(t *testing.T) {
	checks(t, "1500")
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		rules := randomRules(t)
		contact := rapid.SampledFrom([]Permission{NotAsked, ContactHere, ContactPhone, NoContact}).Draw(t, "contact")
		now := noon.Add(time.Duration(rapid.IntRange(0, 365*24).Draw(t, "opened")) * time.Hour)
		first := rapid.SampledFrom([]Decision{low, lower, fine}).Draw(t, "decision")
		c, history := OpenCase(rules, Case{ID: "c", Contact: contact}, first, now)
		story := reader{state: Open}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			steps++
			var act Act
			by := program
			if next, ok := NextClock(rules, c); ok && rapid.IntRange(0, 3).Draw(t, "wait") == 0 {
				act = ClockStruck{}
				if next.At.After(now) {
					now = next.At
				}
			} else {
				now = now.Add(time.Duration(rapid.IntRange(-10, 2000).Draw(t, "minutes")) * time.Minute)
				act = randomAct(t, now)
				by = randomActor(t, act)
			}
			before := frozenJSON(c)
			after, events, err := Apply(rules, c, act, by, now)
			if frozenJSON(c) != before {
				t.Fatalf("%s changed its argument", act.Kind())
			}
			if (err != nil || len(events) == 0) && frozenJSON(after) != before {
				t.Fatalf("%+v: %v, no event, yet changed:\n%s\n%s", act, err, before, frozenJSON(after))
			}
			for _, e := range events {
				if e.At.Before(c.Updated) || e.At.Before(c.OpenedAt) || !slices.Contains(EventKinds(), e.Kind) {
					t.Fatalf("event %+v after %v", e, c.Updated)
				}
				if c.Contact == NoContact && after.Contact == NoContact && slices.Contains([]EventKind{EventContacted, EventAgreed, EventFollowUp}, e.Kind) {
					t.Fatalf("%s a customer who must not be contacted", e.Kind)
				}
				story.read(e)
			}
			history = append(history, events...)
			if story.state != after.State {
				t.Fatalf("the history says %s, the case is %s: %v", story.state, after.State, kinds(history))
			}
			if c.First.Acknowledged != after.First.Acknowledged && !c.First.Acknowledged.IsZero() {
				t.Fatal("the first time changed")
			}
			for _, missed := range c.Missed {
				if !slices.Contains(after.Missed, missed) {
					t.Fatalf("%s is no longer missed", missed)
				}
			}
			if again, more, _ := Apply(rules, after, act, by, now); err == nil && (len(more) > 0 || frozenJSON(again) != frozenJSON(after)) {
				t.Fatalf("%+v by %s again: %v", act, by.Name, kinds(more))
			}
			if next, ok := NextClock(rules, after); ok && act.Kind() == ActClockStruck && err == nil && !next.At.After(now) && !now.Before(after.Updated) {
				t.Fatalf("%+v is still due at %v", next, now)
			}
			var read Case
			if err := json.Unmarshal([]byte(frozenJSON(after)), &read); err != nil || frozenJSON(read) != frozenJSON(after) {
				t.Fatalf("read back: %v\n%s\n%s", err, frozenJSON(read), frozenJSON(after))
			}
			c = after
			holds(t, rules, c, later(now, c.Updated))
		}
	})
	t.Attr("figure", fmt.Sprintf("%d acts on cases under random rules: every promise of a case kept", steps))
}

// However many take a case and in whatever order, the first has it and all others are
// told who.
func TestTheFirstTakeWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := begin()
		order := rapid.Permutation([]Actor{ann, bob, lea, adm}).Draw(t, "order")
		for i, by := range order {
			after, events, err := Apply(DefaultRules, c, Take{}, by, noon)
			if i == 0 {
				if err != nil || len(events) != 1 || after.Holder != by.Staffer {
					t.Fatalf("the first: %v, %v, %v", after.Holder, kinds(events), err)
				}
				c = after
				continue
			}
			r, ok := errors.AsType[*Refusal](err)
			if !ok || r.Code != AlreadyTaken || r.Holder != order[0].Staffer || !r.Since.Equal(noon) || after.Holder != order[0].Staffer {
				t.Fatalf("number %d: %+v, and it is with %v", i+1, err, after.Holder)
			}
		}
	})
}

// FuzzApply reads acts from bytes: whatever they are, the machine answers.
func FuzzApply(f *testing.F) {
	f.Add([]byte{0, 0, 7, 0, 10, 1})
	f.Add([]byte("take, contact, resolve"))
	f.Fuzz(func(t *testing.T, data []byte) {
		people := []Actor{ann, bob, lea, vic, stranger, guest, program}
		c, now := begin(), noon
		for i := 0; i+2 < len(data) && i < 300; i += 3 {
			p := pairs[int(data[i])%len(pairs)]
			by := p.by
			if data[i+1] > 128 {
				by = people[int(data[i+1])%len(people)]
			}
			now = now.Add(time.Duration(data[i+2]) * time.Duration(data[i+2]) * time.Minute)
			before := frozen(t, c)
			after, events, err := Apply(DefaultRules, c, p.act, by, now)
			if len(events) == 0 && frozen(t, after) != before || err != nil && len(events) > 0 {
				t.Fatalf("%s: %v, %v", p.name, kinds(events), err)
			}
			if (after.State == Open) != (after.Holder.ID == "") {
				t.Fatalf("%s: %s held by %q", p.name, after.State, after.Holder.ID)
			}
			if _, ok := NextClock(DefaultRules, after); !ok && after.State.Active() && after.Decision.Opens && after.State == Open && len(after.Struck) < 6 {
				t.Fatalf("%s: nobody will ever look at %s", p.name, fmt.Sprint(after.State, after.Struck))
			}
			c = after
		}
	})
}
