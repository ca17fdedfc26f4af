package recovery

import (
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
	if c.Reopens != 1 || c.Outcome.Session != "r" {
		t.Errorf("%+v", c)
	}
	if c = must(t, c, ann, noon.Add(2*day), mended); c.Outcome != (Outcome{}) {
		t.Error("the next round has the last one's verdict")
	}
	if odd := must(t, c, guest, noon.Add(3*day), FollowedUp{Level: 99, Settled: "so so"}); odd.State != Resolved {
		t.Errorf("nonsense moved it to %s", odd.State)
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
