package bot

import (
	"context"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// acted puts an act to a case outside of any chat.
func (w *world) acted(k storage.Case, a recovery.Act) storage.Case {
	w.t.Helper()
	var after storage.Case
	turn := storage.Turn{Load: storage.Load{Case: k.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
		next, _, err := recovery.Apply(recovery.DefaultRules, l.Case.Case, a, recovery.Actor{Staffer: recovery.Staffer{ID: "b", Name: "Bob"}, Role: access.Agent}, l.Now)
		l.Case.Case, l.Case.Next = next, time.Time{}
		if timer, ok := recovery.NextClock(w.bot.snap.Now().Rules(l.Case.Site), next); ok {
			l.Case.Next = timer.At
		}
		after = *l.Case
		return storage.Change{Case: l.Case}, err
	}}
	if err := w.store.Advance(context.Background(), k.Bucket, []storage.Turn{turn})[0]; err != nil {
		w.t.Fatal(err)
	}
	return after
}

// onlyCase is the one case that there is.
func (w *world) onlyCase() storage.Case {
	w.t.Helper()
	cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 9})
	if err != nil || len(cases) != 1 {
		w.t.Fatalf("%d cases, %v", len(cases), err)
	}
	return cases[0]
}

func TestWhatTheCustomerSaysAfterwardsGoesToTheirCase(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		state   recovery.State
		settled recovery.Settled
	}{
		{"settled", []string{"6", "Yes, fully"}, recovery.Verified, recovery.SettledYes},
		{"satisfied, but partly settled", []string{"6", "Partly"}, recovery.Verified, recovery.SettledPartly},
		{"lukewarm", []string{"4", "Partly"}, recovery.Closed, recovery.SettledPartly},
		{"not settled", []string{"6", "No"}, recovery.Open, recovery.SettledNo},
		{"unsatisfied", []string{"2"}, recovery.Open, recovery.SettledUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			ann := telegramUser("1", "Ann", "en")
			w.started(ann, haircut)
			w.press(ann, "2")
			w.command(ann, "cancel", "")
			k := w.acted(w.onlyCase(), recovery.Resolve{Cause: "reliability", Actions: []recovery.Action{{Kind: recovery.Redo}}})
			if k.State != recovery.Resolved {
				t.Fatalf("the case is %s", k.State)
			}
			title := w.transcript(room)[0].Render.Facts
			w.started(ann, InviteRequest{Flow: "post_recovery", Site: "main-street", Case: k.ID})
			for _, a := range c.answers {
				w.press(ann, a)
			}
			k = w.onlyCase()
			switch {
			case k.State != c.state:
				t.Errorf("k.State != c.state: the case is %s, the outcome %+v", k.State, k.Outcome)
			case k.Outcome.Settled != c.settled:
				t.Errorf("k.Outcome.Settled != c.settled: the case is %s, the outcome %+v", k.State, k.Outcome)
			case k.Outcome.Session != w.session(ann).ID:
				t.Errorf("k.Outcome.Session != w.session(ann).ID: the case is %s, the outcome %+v", k.State, k.Outcome)
			}
			// The card still tells of the answers that opened the case.
			card := w.transcript(room)[0].Render
			switch {
			case card.Facts[0] != title[0]:
				t.Errorf("card.Facts[0] != title[0]: the card shows %+v", card)
			case card.Facts[1] != title[1]:
				t.Errorf("card.Facts[1] != title[1]: the card shows %+v", card)
			case len(w.transcript(room)) != 1:
				t.Errorf("len(w.transcript(room)) != 1: the card shows %+v", card)
			}
		})
	}
}

func TestAFollowUpThatWasPassedOnTellsTheCaseNothing(t *testing.T) {
	w := newWorld(t)
	ann, eve := telegramUser("1", "Ann", "en"), telegramUser("2", "Eve", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.command(ann, "cancel", "")
	k := w.acted(w.onlyCase(), recovery.Resolve{Cause: "price", Actions: []recovery.Action{{Kind: recovery.Refund}}})
	w.started(eve, InviteRequest{Flow: "post_recovery", Case: k.ID})
	w.press(eve, "1")
	if k = w.onlyCase(); k.State != recovery.Resolved || !k.Outcome.At.IsZero() {
		t.Errorf("the case is %s, the outcome %+v", k.State, k.Outcome)
	}
}

func TestAFollowUpOfNoCaseOpensNone(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, InviteRequest{Flow: "post_recovery", Site: "main-street"})
	w.press(ann, "1")
	if cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 9}); err != nil || len(cases) != 0 {
		t.Errorf("%d cases, %v", len(cases), err)
	}
}

func TestACaseKnowsWhetherTheCustomerMayBeContacted(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	if k := w.onlyCase(); k.Contact != recovery.NotAsked {
		t.Errorf("before they were asked: %q", k.Contact)
	}
	w.command(ann, "skip", "")
	w.command(ann, "skip", "")
	w.press(ann, "No, thanks")
	if k := w.onlyCase(); k.Contact != recovery.NoContact || len(k.AllowedMeans()) != 0 {
		t.Errorf("after a no: %q", k.Contact)
	}
}
