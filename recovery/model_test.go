package recovery

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/access"
)

// checks sets how many random cases a test tries, unless -rapid.checks says so.
func checks(t *testing.T, n string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue || testing.Short() {
		return
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(f.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// model is the machine as one would explain it to a new colleague, without clocks.
type model struct {
	state     State
	holder    string
	contacted bool // in this round
	planned   bool
	acked     bool // in this round
	contact   Permission
	lost      bool
	unseen    bool // an answer waits on a page
	watch     bool
	priority  Priority
	asked     string // session of this round's follow-up
	over      string // those of earlier rounds, each between spaces
}

// expect says what must become of an act that is not a clock: the refusal, or what the
// model is afterwards.
func (m model) expect(act Act, by Actor, now time.Time) (model, Code) {
	staff := act.Kind().by(Staff)
	switch {
	case by.Role == access.Viewer:
		return m, MayNotAct
	case by.Party == Staff && by.Role == access.Outsider:
		return m, NotStaff
	case staff && by.Party == Customer,
		staff && by.Party == Program && act.Kind() != ActReopen && act.Kind() != ActUnreachable,
		!staff && by.Party == Staff && !(act.Kind() == ActStaffGone && by.Role != access.Agent),
		slices.Contains([]ActKind{ActStaffGone, ActClockStruck, ActReturned, ActReachable, ActSeen}, act.Kind()) && by.Party == Customer:
		return m, NotTheirs
	}
	closed := !slices.Contains([]State{Open, Taken, Contacted, Agreed}, m.state)
	others := m.holder != "" && m.holder != by.ID
	barred := others && by.Role != access.Lead && by.Role != access.Admin
	hold := func(id string) {
		m.holder, m.acked = id, true
		m.state = Taken
		if m.contacted {
			m.state = Contacted
		}
		if m.planned {
			m.state = Agreed
		}
	}
	// work is what only the holder or a lead may do; it takes an open case.
	work := func() Code {
		if closed {
			return AlreadyClosed
		}
		if barred {
			return HeldByOther
		}
		if m.holder == "" {
			hold(by.ID)
		}
		return ""
	}
	queue := func() { m.state, m.holder = Open, "" }
	reopen := func() {
		queue()
		m.contacted, m.planned, m.acked, m.watch = false, false, false, false
	}
	was := m
	refuse := func(c Code) (model, Code) { return was, c }
	switch a := act.(type) {
	case Take:
		if closed {
			return refuse(AlreadyClosed)
		}
		if others {
			return refuse(AlreadyTaken)
		}
		if m.holder == "" {
			hold(by.ID)
		}
	case Release:
		if m.state != Open {
			if code := work(); code != "" {
				return refuse(code)
			}
			queue()
		}
	case Assign:
		switch {
		case closed:
			return refuse(AlreadyClosed)
		case a.To.Role != access.Agent && a.To.Role != access.Lead:
			return refuse(NotAssignable)
		case m.holder == a.To.ID:
		case barred:
			return refuse(HeldByOther)
		default:
			hold(a.To.ID)
		}
	case Note:
		if a.Text == "" {
			return refuse(TextMissing)
		}
	case Contact:
		switch {
		case closed:
			return refuse(AlreadyClosed)
		case m.contact == NoContact:
			return refuse(ContactDenied)
		case a.Means != InChat && m.contact != ContactPhone:
			return refuse(ContactOnlyHere)
		case a.Means == InChat && m.lost:
			return refuse(CustomerUnreachable)
		}
		if code := work(); code != "" {
			return refuse(code)
		}
		if m.unseen = m.unseen || a.Waits; a.Waits && !m.contacted {
			break
		}
		m.contacted = true
		if m.state == Taken {
			m.state = Contacted
		}
	case Seen:
		if m.unseen && !closed {
			if m.contacted = true; m.state == Taken {
				m.state = Contacted
			}
		}
		m.unseen = false
	case Agree:
		code := work()
		switch {
		case code != "":
		case m.contact == NoContact:
			code = ContactDenied
		case m.contact != ContactPhone && m.lost:
			code = CustomerUnreachable
		case a.Plan == "":
			code = PlanMissing
		case !a.Due.After(now):
			code = PlanPast
		}
		if code != "" {
			return refuse(code)
		}
		m.contacted, m.planned, m.state = true, true, Agreed
	case Snooze:
		code := work()
		longest := map[Priority]time.Duration{P1: 4 * time.Hour, P2: 24 * time.Hour, P3: 120 * time.Hour}[m.priority]
		switch {
		case code != "":
		case !a.Until.After(now):
			code = SnoozePast
		case a.Until.Sub(now) > longest:
			code = SnoozeTooLong
		}
		if code != "" {
			return refuse(code)
		}
	case Resolve:
		code := work()
		switch {
		case code != "":
		case a.Cause == "":
			code = CauseMissing
		case a.Cause == "bad luck":
			code = CauseUnknown
		case len(a.Actions) == 0:
			code = ActionMissing
		case a.Actions[0].Kind == "prayer":
			code = ActionUnknown
		case a.Actions[0].Cost < 0:
			code = CostWrong
		}
		if code != "" {
			return refuse(code)
		}
		m.state, m.planned = Resolved, false
		if m.asked != "" {
			m.over, m.asked = m.over+" "+m.asked+" ", ""
		}
	case NoAction:
		code := work()
		if code == "" && a.Reason == "" {
			code = ReasonMissing
		}
		if code != "" {
			return refuse(code)
		}
		m.state, m.planned = Dismissed, false
	case Unreachable:
		if by.Party == Program {
			m.lost = true
			break
		}
		code := work()
		if code == "" && a.Reason == "" {
			code = ReasonMissing
		}
		if code != "" {
			return refuse(code)
		}
		m.state, m.planned = Unreached, false
	case Reachable:
		m.lost = false
	case Reopen:
		if closed {
			reopen()
		}
	case CustomerWrote:
		m.lost = false
		if m.state == Unreached {
			reopen()
		}
	case CustomerChanged:
		if a.Decision.Opens {
			return m.joined(a.Decision, closed, reopen)
		}
		if m.state == Open && !m.acked {
			m.watch = true
		}
	case Joined:
		if a.Contact != nil {
			m.contact = *a.Contact
		}
		if a.Decision.Opens {
			return m.joined(a.Decision, closed, reopen)
		}
	case FollowedUp:
		if a.Level == 0 && a.Settled == "" || a.Session != "" && strings.Contains(m.over, " "+a.Session+" ") {
			break
		}
		m.asked = a.Session
		unhappy := a.Settled == SettledNo || a.Level >= 1 && a.Level <= 3
		happy := a.Settled == SettledYes || a.Level >= 5
		switch {
		case !closed:
		case unhappy:
			reopen()
		case m.state == Dismissed || m.state == Unreached:
		case happy:
			m.state = Verified
		default:
			m.state = Closed
		}
	case StaffGone:
		if !closed && m.holder == a.ID {
			queue()
		}
	}
	return m, ""
}

func (m *model) joined(d Decision, closed bool, reopen func()) (model, Code) {
	if m.watch || d.Priority < m.priority {
		m.priority, m.watch = min(m.priority, d.Priority), false
		if closed {
			reopen()
		}
	}
	return *m, ""
}

// sees is what the model would be if it had watched the machine all along.
func sees(c Case) model {
	over := ""
	for _, s := range c.Followed {
		over += " " + s + " "
	}
	return model{
		state: c.State, holder: c.Holder.ID, contacted: !c.Round.Contacted.IsZero(),
		planned: c.Plan != nil, acked: !c.Round.Acknowledged.IsZero(), contact: c.Contact, lost: !c.Lost.IsZero(), unseen: !c.Unseen.IsZero(),
		watch: !c.Decision.Opens, priority: c.Decision.Priority, asked: c.Outcome.Session, over: over,
	}
}

func randomAct(t *rapid.T, now time.Time) Act {
	text := func() string { return rapid.SampledFrom([]string{"", "a", "b", "sorry <b>&"}).Draw(t, "text") }
	ahead := func() time.Time {
		return now.Add(rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Minute, 3 * time.Hour, 30 * time.Hour, 200 * time.Hour}).Draw(t, "ahead"))
	}
	decision := func() Decision {
		return rapid.SampledFrom([]Decision{low, lower, wider, fine, {Opens: true, Priority: P3, Reasons: []Reason{GapMinus1}}}).Draw(t, "decision")
	}
	ref := func() string { return rapid.SampledFrom([]string{"", "m1", "m2"}).Draw(t, "ref") }
	switch rapid.SampledFrom(ActKinds()).Draw(t, "act") {
	case ActTake:
		return Take{}
	case ActRelease:
		return Release{}
	case ActAssign:
		return Assign{To: rapid.SampledFrom([]Actor{ann, bob, lea, vic, stranger}).Draw(t, "to")}
	case ActNote:
		return Note{Text: text(), Ref: ref()}
	case ActContact:
		return Contact{Means: rapid.SampledFrom(AllMeans()).Draw(t, "means"), Text: text(), Ref: ref(), Waits: rapid.Bool().Draw(t, "waits")}
	case ActAgree:
		return Agree{Plan: text(), Due: ahead()}
	case ActSnooze:
		return Snooze{Until: ahead()}
	case ActResolve:
		return Resolve{
			Cause: rapid.SampledFrom([]string{"", "reliability", Unfounded, "bad luck"}).Draw(t, "cause"), Note: text(),
			Actions: rapid.SampledFrom([][]Action{nil, {{Kind: Redo, Cost: 5}}, {{Kind: Apology}, {Kind: Gift}}, {{Kind: "prayer"}}, {{Kind: Gift, Cost: -1}}}).Draw(t, "actions"),
		}
	case ActNoAction:
		return NoAction{text()}
	case ActUnreachable:
		return Unreachable{text()}
	case ActReopen:
		return Reopen{text()}
	case ActCustomerWrote:
		return CustomerWrote{Text: text(), Ref: ref()}
	case ActCustomerChanged:
		return CustomerChanged{Decision: decision()}
	case ActJoined:
		var contact *Permission
		if p := rapid.SampledFrom([]Permission{"-", NotAsked, ContactHere, ContactPhone, NoContact}).Draw(t, "contact"); p != "-" {
			contact = &p
		}
		return Joined{Decision: decision(), Contact: contact}
	case ActFollowedUp:
		return FollowedUp{Session: rapid.SampledFrom([]string{"", "f1", "f2"}).Draw(t, "session"), Level: rapid.IntRange(0, 7).Draw(t, "level"), Settled: rapid.SampledFrom([]Settled{"", SettledYes, SettledPartly, SettledNo}).Draw(t, "settled")}
	case ActStaffGone:
		return StaffGone{ID: rapid.SampledFrom([]string{"", ann.ID, bob.ID}).Draw(t, "gone")}
	case ActReturned:
		return Returned{}
	case ActReachable:
		return Reachable{}
	case ActSeen:
		return Seen{}
	}
	return ClockStruck{}
}

func randomActor(t *rapid.T, act Act) Actor {
	if rapid.IntRange(0, 9).Draw(t, "anyone") == 0 {
		return rapid.SampledFrom([]Actor{ann, bob, lea, vic, stranger, guest, program}).Draw(t, "by")
	}
	if act.Kind().by(Staff) {
		return rapid.SampledFrom([]Actor{ann, ann, bob, lea, program}).Draw(t, "by")
	}
	return rapid.SampledFrom([]Actor{program, program, guest}).Draw(t, "by")
}

// asItWas reports whether what was refused for being closed is what had closed it: the
// same act by the same person again is silent instead.
func asItWas(c Case, act Act, by Actor) bool {
	if c.Ended.ID != by.ID {
		return false
	}
	switch a := act.(type) {
	case Resolve:
		return c.Resolution != nil && c.State != Dismissed && c.State != Unreached && a.Cause == c.Resolution.Cause && a.Note == c.Resolution.Note && slices.Equal(a.Actions, c.Resolution.Actions)
	case NoAction:
		return c.State == Dismissed && a.Reason == c.Reason
	case Unreachable:
		return c.State == Unreached && a.Reason == c.Reason
	}
	return false
}

// repeats reports whether these words, or this agreement, are there already. Which words
// are a repeat is tested by itself.
func repeats(c, after Case, act Act, by Actor) bool {
	switch a := act.(type) {
	case Contact, CustomerWrote, Note:
		return len(c.Seen) > 0 && frozenJSON(c) == frozenJSON(after)
	case Agree:
		return c.Plan != nil && c.State == Agreed && c.Plan.Text == a.Plan && c.Plan.Due.Equal(a.Due) && c.Plan.By == by.Staffer
	case Snooze:
		return c.Snoozed.Equal(a.Until)
	case FollowedUp:
		return !c.Outcome.At.IsZero() && c.Outcome.Level == a.Level && c.Outcome.Settled == a.Settled
	}
	return false
}

func frozenJSON(c Case) string {
	data, _ := json.Marshal(c)
	return string(data)
}

// TestMachineAgainstModel drives random acts of several people through the machine and
// the model: state, holder and refusal must agree after every act.
func TestMachineAgainstModel(t *testing.T) {
	checks(t, "4000")
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		contact := rapid.SampledFrom([]Permission{NotAsked, ContactHere, ContactPhone, NoContact}).Draw(t, "contact")
		c, _ := OpenCase(DefaultRules, Case{ID: "c", Contact: contact}, low, noon)
		now := noon
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Minute, 3 * time.Hour, 30 * time.Hour}).Draw(t, "later"))
			steps++
			act := randomAct(t, now)
			by := randomActor(t, act)
			m := sees(c)
			want, code := m.expect(act, by, now)
			after, _, err := Apply(DefaultRules, c, act, by, now)
			var r *Refusal
			// An agreement that stands may be made again after its time has come.
			mayRepeat := code == HeldByOther || code == PlanPast
			silent := err == nil && code != "" && (code == AlreadyClosed && asItWas(c, act, by) || mayRepeat && repeats(c, after, act, by))
			if errors.As(err, &r) && r.Code != code || err == nil && code != "" && !silent {
				t.Fatalf("%s %+v by %s: %v, want %q", c.State, act, by.Name, err, code)
			}
			if silent {
				want = m
			}
			if got := sees(after); act.Kind() != ActClockStruck && got != want && !repeats(c, after, act, by) {
				t.Fatalf("%s %+v by %s:\ngot  %+v\nwant %+v", c.State, act, by.Name, got, want)
			}
			c = after
		}
	})
	t.Attr("figure", fmt.Sprintf("%d acts on cases: every one as the model says", steps))
}
