package recovery

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Domain 3.1: every level with every answer.
func TestVerdicts(t *testing.T) {
	answers := []Settled{SettledUnknown, SettledYes, SettledPartly, SettledNo}
	table := map[int][4]string{
		0: {"", "", "", "not reopens"},
		1: {"not reopens", "not reopens", "not reopens", "not reopens"},
		2: {"not reopens", "not reopens", "not reopens", "not reopens"},
		3: {"not reopens", "not reopens", "not reopens", "not reopens"},
		4: {"partly", "partly", "partly", "partly reopens"},
		5: {"recovered", "recovered", "recovered", "partly reopens"},
		6: {"recovered", "recovered", "recovered", "partly reopens"},
		7: {"recovered", "recovered", "recovered", "partly reopens"},
	}
	for level, row := range table {
		for i, s := range answers {
			verdict, reopens := Verdict(level, s)
			got := string(verdict)
			if reopens {
				got += " reopens"
			}
			if got != row[i] {
				t.Errorf("level %d, settled %q: %q, want %q", level, s, got, row[i])
			}
		}
	}
}

// The answers of one follow-up arrive one by one; the case follows each.
func TestAFollowUpAnswerByAnswer(t *testing.T) {
	c := in(t, Resolved)
	steps := []struct {
		act  FollowedUp
		want State
		got  Recovered
	}{
		{FollowedUp{Session: "r", Level: 4}, Closed, RecoveredPartly},
		{FollowedUp{Session: "r", Level: 4, Settled: SettledYes}, Verified, RecoveredPartly},
		{FollowedUp{Session: "r", Level: 4, Settled: SettledPartly}, Closed, RecoveredPartly},
		{FollowedUp{Session: "r", Level: 6, Settled: SettledPartly}, Verified, RecoveredYes},
		{FollowedUp{Session: "r", Level: 6, Settled: SettledNo}, Open, RecoveredPartly},
		{FollowedUp{Session: "r", Level: 6, Settled: SettledYes}, Open, RecoveredYes}, // a person looks at it now
	}
	for _, s := range steps {
		if c = must(t, c, guest, noon.Add(day), s.act); c.State != s.want || c.Outcome.Recovered != s.got {
			t.Errorf("%+v: %s, %s", s.act, c.State, c.Outcome.Recovered)
		}
	}
	if c.Reopens != 1 {
		t.Errorf("c.Reopens is %v, want 1", c.Reopens)
	}
	if c.Outcome.Session != "r" {
		t.Errorf("c.Outcome.Session is %q, want r", c.Outcome.Session)
	}
	if c = must(t, c, ann, noon.Add(2*day), mended); c.Outcome != (Outcome{}) {
		t.Error("the next round has the last one's verdict")
	}
	if odd := must(t, c, guest, noon.Add(3*day), FollowedUp{Level: 99, Settled: "so so"}); odd.State != Resolved {
		t.Errorf("nonsense moved it to %s", odd.State)
	}
}

// Answers that cannot all be meant are marked in the outcome, and count all the same; the mark goes
// when they are changed.
func TestAContradictoryFollowUpIsMarked(t *testing.T) {
	c := must(t, in(t, Resolved), guest, noon.Add(day), FollowedUp{Session: "r", Level: 7, Settled: SettledYes, Contradictory: true})
	if !c.Outcome.Contradictory || c.Outcome.Recovered != RecoveredYes {
		t.Errorf("the outcome is %+v", c.Outcome)
	}
	if c = must(t, c, guest, noon.Add(day), FollowedUp{Session: "r", Level: 7, Settled: SettledYes}); c.Outcome.Contradictory {
		t.Errorf("after the answers were changed the outcome is %+v", c.Outcome)
	}
}

func TestAFollowUpBelongsToItsOwnRound(t *testing.T) {
	c := must(t, begin(), ann, noon, mended)
	c = must(t, c, program, noon.Add(day), ClockStruck{FollowUp: "first"})
	if c.Outcome.Session != "first" || !c.Outcome.Asked.Equal(noon.Add(day)) {
		t.Fatalf("asked: %+v", c.Outcome)
	}
	c = must(t, c, guest, noon.Add(25*time.Hour), FollowedUp{Session: "first", Level: 2})
	c = must(t, c, bob, noon.Add(26*time.Hour), mended)
	if c.State != Resolved || len(c.Followed) != 1 {
		t.Fatalf("%s, asked before in %v", c.State, c.Followed)
	}
	// The customer goes on with the survey of the first round.
	for i, a := range []FollowedUp{{Session: "first", Level: 2, Settled: SettledNo}, {Session: "first", Level: 7, Settled: SettledYes}} {
		after, events, err := Apply(DefaultRules, c, a, guest, noon.Add(27*time.Hour))
		if err != nil || after.State != Resolved || after.Outcome != (Outcome{}) || len(events) != 1 || !strings.HasPrefix(events[0].Detail, "earlier ") {
			t.Fatalf("%d: %s, %+v, %+v, %v", i, after.State, after.Outcome, events, err)
		}
		if again, events, _ := Apply(DefaultRules, after, a, guest, noon.Add(28*time.Hour)); len(events) > 0 || frozen(t, again) != frozen(t, after) {
			t.Fatalf("%d: heard twice: %+v", i, events)
		}
	}
	c = must(t, c, program, noon.Add(3*day), ClockStruck{FollowUp: "second"})
	if c = must(t, c, guest, noon.Add(3*day), FollowedUp{Session: "second", Level: 6}); c.State != Verified {
		t.Errorf("the answer of its own round: %s", c.State)
	}
}

func TestWhoComesAgainAfterTheCaseWasClosedHasReturned(t *testing.T) {
	c := must(t, begin(), program, noon.Add(time.Hour), Returned{})
	if !c.Returned.IsZero() {
		t.Error("the case was still open")
	}
	c = must(t, c, ann, noon.Add(2*time.Hour), mended)
	c = must(t, c, program, noon.Add(5*day), Returned{})
	c = must(t, c, program, noon.Add(9*day), Returned{}, Reopen{})
	if d := c.Figures().ToReturn; d == nil || *d != 5*day {
		t.Errorf("returned after %v", d)
	}
}

func TestFigures(t *testing.T) {
	c := must(t, begin(), ann, noon.Add(20*time.Minute), Take{})
	c = must(t, c, ann, noon.Add(5*time.Hour), Contact{Means: InChat})
	c = must(t, c, ann, noon.Add(30*time.Hour), Resolve{Cause: "product", Actions: []Action{{Refund, 1500}, {Gift, 500}, {Kind: Apology}}})
	minutes := func(n int) *time.Duration { d := time.Duration(n) * time.Minute; return &d }
	want := Figures{ToAcknowledge: minutes(20), ToContact: minutes(300), ToResolve: minutes(1800), Missed: []Clock{ClockContact}, Cost: 2000}
	if diff := cmp.Diff(want, c.Figures()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c = must(t, c, guest, noon.Add(60*time.Hour), FollowedUp{Level: 2})
	c = must(t, c, bob, noon.Add(61*time.Hour), Contact{Means: ByPhone}, mended)
	c = must(t, c, guest, noon.Add(90*time.Hour), FollowedUp{Level: 7, Settled: SettledYes})
	want.Missed, want.Cost = []Clock{ClockContact, ClockAcknowledge}, 1200
	want.Reopens, want.FollowedUp, want.Recovered, want.Settled = 1, true, RecoveredYes, SettledYes
	if diff := cmp.Diff(want, c.Figures()); diff != "" {
		t.Errorf("after a second round (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Figures{}, begin().Figures()); diff != "" {
		t.Errorf("a new case (-want +got):\n%s", diff)
	}
}
