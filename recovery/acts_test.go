package recovery

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Every refusal, and what the shell needs to say it.
func TestRefusals(t *testing.T) {
	at := noon.Add(time.Minute)
	later := noon.Add(time.Hour)
	with := func(p Permission) Case {
		c := begin()
		c.Contact = p
		return c
	}
	cutOff := must(t, with(ContactHere), program, later, Unreachable{})
	long := strings.Repeat("é", MaxText+1)
	one := []Action{{Kind: Apology}}
	seen := map[Code]bool{}
	for _, row := range []struct {
		name string
		c    Case
		act  Act
		by   Actor
		want Refusal
	}{
		{"an outsider", begin(), Take{}, stranger, Refusal{Code: NotStaff}},
		{"a viewer", begin(), Take{}, vic, Refusal{Code: MayNotAct}},
		{"an agent as the clock", begin(), ClockStruck{}, ann, Refusal{Code: NotTheirs}},
		{"taken", in(t, Taken), Take{}, bob, Refusal{Code: AlreadyTaken, Holder: ann.Staffer, Since: at}},
		{"held", in(t, Agreed), Contact{Means: InChat}, bob, Refusal{Code: HeldByOther, Holder: ann.Staffer, Since: at}},
		{"closed", in(t, Verified), Contact{Means: InChat}, bob, Refusal{Code: AlreadyClosed, Holder: ann.Staffer, Since: at}},
		{"no contact", with(NoContact), Contact{Means: InChat}, ann, Refusal{Code: ContactDenied}},
		{"no contact, agree", with(NoContact), promise, ann, Refusal{Code: ContactDenied}},
		{"not asked, phone", with(NotAsked), Contact{Means: ByPhone}, ann, Refusal{Code: ContactOnlyHere}},
		{"here, phone", with(ContactHere), Contact{Means: ByPhone}, ann, Refusal{Code: ContactOnlyHere}},
		{"blocked", cutOff, Contact{Means: InChat}, ann, Refusal{Code: CustomerUnreachable, Since: later}},
		{"blocked, agree", cutOff, Agree{"x", noon.Add(day)}, ann, Refusal{Code: CustomerUnreachable, Since: later}},
		{"smoke signs", begin(), Contact{Means: "smoke"}, ann, Refusal{Code: MeansUnknown}},
		{"no cause", begin(), Resolve{Actions: one}, ann, Refusal{Code: CauseMissing}},
		{"another's cause", begin(), Resolve{Cause: "weather", Actions: one}, ann, Refusal{Code: CauseUnknown}},
		{"another failure", begin(), Resolve{Cause: "price", Failure: "x", Actions: one}, ann, Refusal{Code: FailureUnknown}},
		{"no action", begin(), Resolve{Cause: "price"}, ann, Refusal{Code: ActionMissing}},
		{"another action", begin(), Resolve{Cause: "price", Actions: []Action{{Kind: "x"}}}, ann, Refusal{Code: ActionUnknown}},
		{"too many actions", begin(), Resolve{Cause: "price", Actions: slices.Repeat(one, 21)}, ann, Refusal{Code: ActionUnknown}},
		{"a cost below zero", begin(), Resolve{Cause: "price", Actions: []Action{{Gift, -1}}}, ann, Refusal{Code: CostWrong}},
		{"a cost beyond all", begin(), Resolve{Cause: "price", Actions: []Action{{Gift, maxCost + 1}}}, ann, Refusal{Code: CostWrong}},
		{"no reason", begin(), NoAction{" \n"}, ann, Refusal{Code: ReasonMissing}},
		{"not sought", begin(), Unreachable{}, ann, Refusal{Code: ReasonMissing}},
		{"no plan", begin(), Agree{"", noon.Add(day)}, ann, Refusal{Code: PlanMissing}},
		{"a plan for yesterday", begin(), Agree{"x", noon.Add(-day)}, ann, Refusal{Code: PlanPast}},
		{"a plan for now", begin(), Agree{"x", later}, ann, Refusal{Code: PlanPast}},
		{"snoozed to now", begin(), Snooze{later}, ann, Refusal{Code: SnoozePast}},
		{"snoozed to never", begin(), Snooze{}, ann, Refusal{Code: SnoozePast}},
		{"snoozed for a week", begin(), Snooze{later.Add(7 * day)}, ann, Refusal{Code: SnoozeTooLong, Limit: later.Add(day)}},
		{"an empty note", begin(), Note{Text: "\t"}, ann, Refusal{Code: TextMissing}},
		{"a long note", begin(), Note{Text: long}, ann, Refusal{Code: TextTooLong}},
		{"a long reply", begin(), Contact{Means: InChat, Text: long}, ann, Refusal{Code: TextTooLong}},
		{"a long plan", begin(), Agree{long, noon.Add(day)}, ann, Refusal{Code: TextTooLong}},
		{"a long end", begin(), Resolve{Cause: "price", Actions: one, Note: long}, ann, Refusal{Code: TextTooLong}},
		{"a long reason", begin(), NoAction{long}, ann, Refusal{Code: TextTooLong}},
		{"a long reopening", in(t, Closed), Reopen{long}, ann, Refusal{Code: TextTooLong}},
		{"assigned to a viewer", begin(), Assign{vic}, ann, Refusal{Code: NotAssignable}},
		{"assigned to nobody", begin(), Assign{}, ann, Refusal{Code: NotAssignable}},
		{"nothing", begin(), nil, ann, Refusal{Code: UnknownAct}},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := frozen(t, row.c)
			after, events, err := Apply(DefaultRules, row.c, row.act, row.by, later)
			var got *Refusal
			if !errors.As(err, &got) {
				t.Fatalf("not refused: %v", err)
			}
			seen[got.Code] = true
			row.want.State = row.c.State
			if row.act != nil {
				row.want.Act = row.act.Kind()
			}
			if diff := cmp.Diff(row.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(events) > 0 || frozen(t, after) != before {
				t.Errorf("it changed something: %v\n%s\n%s", kinds(events), before, frozen(t, after))
			}
			if said := got.Error(); strings.Contains(said, "Ann") || strings.Contains(said, "é") || !strings.Contains(said, string(got.Code)) {
				t.Errorf("the log would say %q", said)
			}
		})
	}
	for _, c := range Codes() {
		if !seen[c] {
			t.Errorf("nothing is refused with %s", c)
		}
	}
}

// A note of 10,000 characters, markup and all, reaches the history as it was written.
func TestWordsAreKeptAsWritten(t *testing.T) {
	text := strings.Repeat("<b>&\"é漢</b>\n", 10_000/12)
	for act, kind := range map[Act]EventKind{
		Note{Text: text}:                     EventNoted,
		Contact{Means: InChat, Text: text}:   EventContacted,
		NoAction{text}:                       EventNoAction,
		Unreachable{text}:                    EventUnreachable,
		Agree{text, noon.Add(day)}:           EventAgreed,
		CustomerWrote{Text: text, Ref: "m1"}: EventCustomerWrote,
	} {
		by := ann
		if !act.Kind().by(Staff) {
			by = guest
		}
		_, events, err := Apply(DefaultRules, begin(), act, by, noon)
		if err != nil {
			t.Fatal(err)
		}
		e := events[len(events)-1]
		if e.Kind != kind || e.Note != text || strings.Contains(e.Detail, "<b>") {
			t.Errorf("%s became %s", act.Kind(), e.Kind)
		}
		if (e.By == ann.Staffer) != act.Kind().by(Staff) {
			t.Errorf("%s by %+v", act.Kind(), e.By)
		}
	}
}

func TestRepeatedWords(t *testing.T) {
	c := must(t, begin(), ann, noon, Take{})
	said := func(act Act, by Actor) bool {
		after, events, err := Apply(DefaultRules, c, act, by, noon)
		if err != nil {
			t.Fatal(err)
		}
		c = after
		return len(events) > 0
	}
	for _, row := range []struct {
		act  Act
		by   Actor
		want bool
	}{
		{Note{Text: "called"}, ann, true},
		{Note{Text: "called"}, bob, true},
		{Note{Text: "called"}, ann, false},
		{Note{Text: "called", Ref: "m1"}, ann, true},
		{Note{Text: "called", Ref: "m2"}, ann, true},
		{Note{Text: "called, edited", Ref: "m1"}, ann, false},
		{Contact{Means: InChat, Ref: "m1"}, ann, true},
		{Contact{Means: InChat, Ref: "m1"}, ann, false},
		{CustomerWrote{Ref: "m1"}, guest, true},
		{CustomerWrote{Ref: "m1"}, guest, false},
	} {
		if got := said(row.act, row.by); got != row.want {
			t.Errorf("%+v by %s: %v", row.act, row.by.Name, got)
		}
	}
	for i := range 2 * maxSeen {
		said(Note{Text: "x", Ref: string(rune('A' + i))}, ann)
	}
	if len(c.Seen) != maxSeen {
		t.Errorf("%d marks are kept", len(c.Seen))
	}
	if said(Note{Text: "x", Ref: string(rune('A' + 2*maxSeen - 1))}, ann) {
		t.Error("the newest mark is not kept")
	}
}

// What was reached stands when the case changes hands, and is gone after reopening.
func TestProgressStands(t *testing.T) {
	c := must(t, in(t, Contacted), ann, noon.Add(time.Hour), Release{})
	if c = must(t, c, bob, noon.Add(time.Hour), Take{}); c.State != Contacted || c.Holder != bob.Staffer {
		t.Errorf("after a release: %s by %s", c.State, c.Holder.Name)
	}
	c = must(t, in(t, Agreed), lea, noon.Add(time.Hour), Assign{bob})
	if c.State != Agreed || c.Holder != bob.Staffer || c.Plan.By != ann.Staffer {
		t.Errorf("after an assignment: %s by %s", c.State, c.Holder.Name)
	}
	c = must(t, c, program, noon.Add(time.Hour), StaffGone{bob.ID})
	if c = must(t, c, ann, noon.Add(time.Hour), Take{}); c.State != Agreed {
		t.Errorf("after somebody left: %s", c.State)
	}
	c = must(t, c, ann, noon.Add(2*time.Hour), mended, Reopen{"not done after all"})
	if c.Plan != nil || !c.Round.Contacted.IsZero() || c.Reopens != 1 || c.Resolution == nil {
		t.Errorf("after reopening: %+v", c)
	}
	if c = must(t, c, bob, noon.Add(3*time.Hour), Take{}); c.State != Taken {
		t.Errorf("in a new round: %s", c.State)
	}
}

// Who was not acknowledged drops to the watch list when the customer is content after
// all; who was taken stays. A new low answer brings it back, with its old clocks.
func TestTheCustomerChangesTheirMind(t *testing.T) {
	c := must(t, begin(), guest, noon.Add(time.Minute), CustomerChanged{Decision: fine})
	if !c.Watched() || !c.Changed || c.State != Open {
		t.Fatalf("untouched: %+v", c)
	}
	if next, ok := NextClock(DefaultRules, c); ok {
		t.Errorf("a clock runs on the watch list: %+v", next)
	}
	back := must(t, c, guest, noon.Add(2*time.Minute), CustomerChanged{Decision: lower})
	if back.Watched() || back.Decision.Priority != P1 || !back.Due.Acknowledge.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("low again: %+v", back)
	}
	if taken := must(t, c, ann, noon.Add(time.Hour), Take{}); taken.State != Taken || taken.Watched() {
		t.Errorf("a watched case can be taken: %+v", taken)
	}
	c = must(t, in(t, Taken), guest, noon.Add(2*time.Minute), CustomerChanged{Decision: fine})
	if c.Watched() || !c.Changed || !c.Decision.Opens {
		t.Errorf("taken: %+v", c)
	}
	c = must(t, in(t, Taken), ann, noon.Add(time.Minute), Release{})
	if c = must(t, c, guest, noon.Add(2*time.Minute), CustomerChanged{Decision: fine}); c.Watched() {
		t.Error("somebody had acknowledged it")
	}
	no := NoContact
	if c = must(t, c, guest, noon.Add(3*time.Minute), CustomerChanged{Decision: fine, Contact: &no}); c.Contact != NoContact || len(c.AllowedMeans()) != 0 {
		t.Errorf("may be contacted by %v", c.AllowedMeans())
	}
}

func TestALaterSignal(t *testing.T) {
	c := begin()
	after, events, err := Apply(DefaultRules, c, Joined{Decision: lower}, program, noon.Add(10*time.Minute))
	if err != nil || !slices.Equal(kinds(events), []EventKind{EventJoined, EventRaised}) {
		t.Fatalf("%v, %v", kinds(events), err)
	}
	if want := DueFrom(P1, noon); after.Due != want || after.Decision.Priority != P1 {
		t.Errorf("due %+v, want %+v", after.Due, want)
	}
	if len(c.Decision.Reasons) != 1 {
		t.Error("the old case was changed")
	}
	quiet := must(t, in(t, Taken), ann, noon.Add(time.Minute), Snooze{noon.Add(time.Hour)})
	if quiet = must(t, quiet, program, noon.Add(2*time.Minute), Joined{Decision: lower}); !quiet.Snoozed.IsZero() {
		t.Error("it sleeps on")
	}
}

func TestAnUnreachableCustomerComesBack(t *testing.T) {
	c := must(t, begin(), program, noon.Add(time.Minute), Unreachable{})
	if c.State != Open || slices.Contains(c.AllowedMeans(), InChat) || !slices.Contains(c.AllowedMeans(), ByPhone) {
		t.Errorf("%s, %v", c.State, c.AllowedMeans())
	}
	back := must(t, c, program, noon.Add(time.Hour), Reachable{})
	if back.State != Open || !slices.Contains(back.AllowedMeans(), InChat) {
		t.Errorf("after /start %s, %v", back.State, back.AllowedMeans())
	}
	c = must(t, c, ann, noon.Add(time.Hour), Unreachable{"called"})
	if c = must(t, c, program, noon.Add(time.Hour), Reachable{}); c.State != Unreached || !c.Lost.IsZero() {
		t.Errorf("what was given up is %s, lost since %v", c.State, c.Lost)
	}
	c = must(t, c, guest, noon.Add(2*time.Hour), CustomerWrote{Text: "here I am"})
	if c.State != Open {
		t.Errorf("c.State is %v, want %v", c.State, Open)
	}
	if !slices.Contains(c.AllowedMeans(), InChat) {
		t.Errorf("the chat is not among the means: %+v", c)
	}
	if c.Wrote.IsZero() {
		t.Errorf("nobody knows when the customer wrote: %+v", c)
	}
}

func TestSuggestedActions(t *testing.T) {
	for failure, want := range map[Failure][]ActionKind{
		OutcomeFailure: {Redo, Refund, Gift}, ProcessFailure: {Apology, Explanation, ManagerContact},
		OtherFailure: {Apology, Explanation}, NoFailure: {Explanation}, "": nil,
	} {
		all, n := Suggested(failure)
		if !slices.Equal(all[:n], want) || len(all) != len(ActionKinds()) {
			t.Errorf("%s: %v, %d", failure, all, n)
		}
		for _, k := range ActionKinds() {
			if !slices.Contains(all, k) {
				t.Errorf("%s does not offer %s", failure, k)
			}
		}
	}
	if !Clash([]Action{{Kind: StatusUpdate}, {Kind: Explanation}}) {
		t.Error("a status update and an explanation do not clash")
	}
	if Clash([]Action{{Kind: StatusUpdate}, {Kind: Apology}}) {
		t.Error("a status update and an apology clash")
	}
	c := must(t, begin(), ann, noon, Resolve{Cause: "responsiveness", Actions: []Action{{Kind: Apology}}})
	if c.Resolution.Failure != ProcessFailure {
		t.Errorf("too slow is a failure of %s", c.Resolution.Failure)
	}
	if c = must(t, begin(), ann, noon, Resolve{Cause: "price", Failure: ProcessFailure, Actions: []Action{{Kind: Apology}}}); c.Resolution.Failure != ProcessFailure {
		t.Error("staff know better what kind it was")
	}
}

// A case stored before there were holders and clocks of its own can still be worked on.
func TestCasesFromBefore(t *testing.T) {
	old := Case{ID: "c", State: Open, Decision: low, OpenedAt: noon, Due: DueFrom(P2, noon)}
	c := must(t, old, ann, noon.Add(time.Hour), Take{}, Contact{Means: InChat}, mended)
	if c.State != Resolved {
		t.Errorf("c.State is %v, want %v", c.State, Resolved)
	}
	if !slices.Contains(c.Missed, ClockAcknowledge) {
		t.Errorf("the clock is not among those missed: %+v", c)
	}
	if next, ok := NextClock(DefaultRules, old); !ok || next.Clock != ClockAcknowledge || !next.At.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("next %+v, %v", next, ok)
	}
	if got := frozen(t, old); strings.Contains(got, "holder") || strings.Contains(got, "round") {
		t.Errorf("%s", got)
	}
}
