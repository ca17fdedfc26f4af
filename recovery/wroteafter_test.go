package recovery

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
)

// A customer who writes after their case was resolved waits until somebody says otherwise: the case is not closed
// over their words, whatever else happens meanwhile.
func TestACaseIsNotClosedOverWhatItsCustomerWrote(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	ann := Actor{Party: Staff, Staffer: Staffer{ID: "ann", Name: "Ann"}, Role: access.Agent}
	bob := Actor{Party: Staff, Staffer: Staffer{ID: "bob", Name: "Bob"}, Role: access.Agent}
	resolved := Case{
		State: Resolved, Decision: Decision{Opens: true, Priority: P2}, OpenedAt: at, Holder: ann.Staffer, Ended: ann.Staffer, EndedAt: at,
	}
	do := func(t *testing.T, c Case, act Act, by Actor, after time.Duration) Case {
		t.Helper()
		c, _, err := Apply(DefaultRules, c, act, by, at.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	wrote := do(t, resolved, CustomerWrote{Text: "Nothing is settled!", Ref: "u1"}, Actor{Party: Customer}, time.Hour)
	late := do(t, wrote, ClockStruck{FollowUp: "s1"}, Actor{Party: Program}, 2*24*time.Hour)
	late = do(t, late, ClockStruck{}, Actor{Party: Program}, 20*24*time.Hour)
	if late.State != Resolved || late.Standing() != Held || late.Outcome.Asked.IsZero() {
		t.Fatalf("weeks later it is %s and stands %q; asked at %v", late.State, late.Standing(), late.Outcome.Asked)
	}
	for name, step := range map[string]struct {
		act  Act
		by   Actor
		want State
	}{
		"somebody says what came of it":     {Note{Text: "They said thank you."}, bob, Resolved},
		"somebody takes it up again":        {Reopen{}, bob, Open},
		"they say themselves it is settled": {FollowedUp{Session: "s1", Level: 6, Settled: SettledYes}, Actor{Party: Program}, Verified},
	} {
		t.Run(name, func(t *testing.T) {
			then := do(t, late, step.act, step.by, 21*24*time.Hour)
			if then.State != step.want || then.State != Open && then.Standing() != Over {
				t.Errorf("it is %s and stands %q", then.State, then.Standing())
			}
			if step.want != Resolved {
				return
			}
			if end := do(t, then, ClockStruck{}, Actor{Party: Program}, 21*24*time.Hour); end.State != Closed {
				t.Errorf("answered for, it is %s", end.State)
			}
		})
	}
	if noted := do(t, do(t, wrote, Reopen{}, bob, 2*time.Hour), Note{Text: "x"}, bob, 2*time.Hour); noted.Wrote.IsZero() {
		t.Error("a note on a case that is open counts as an answer")
	}
}
