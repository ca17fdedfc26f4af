package bot

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// mended is a case that staff closed with a cause and an action.
func mended(t *testing.T) (*world, customer, storage.Case) {
	t.Helper()
	w, ann := lowTap(t, staffTG, staffSlack)
	k := w.acted(w.onlyCase(), recovery.Resolve{Cause: "reliability", Actions: []recovery.Action{{Kind: recovery.Redo}}})
	return w, ann, k
}

// surveys counts the follow-ups that stand in a customer's chat.
func (w *world) followUps(c customer) (n int) {
	w.t.Helper()
	for _, d := range w.transcript(c.address) {
		if strings.HasPrefix(d.Slot, "q:") && strings.HasSuffix(d.Slot, ":0") && strings.Contains(d.Render.Text, "handled your concern") {
			n++
		}
	}
	return n
}

func TestTheCustomerIsAskedOnceWhetherItIsSettledAndANoReopens(t *testing.T) {
	w, ann, _ := mended(t)
	w.pass(23*time.Hour, time.Hour)
	if n := w.followUps(ann); n != 0 {
		t.Fatalf("%d follow-ups before their time", n)
	}
	w.pass(3*time.Hour, 30*time.Minute)
	w.settle(ann.address)
	if n := w.followUps(ann); n != 1 {
		t.Fatalf("%d follow-ups", n)
	}
	asked := w.session(ann)
	k := w.onlyCase()
	switch {
	case asked.Case != k.ID:
		t.Fatalf("asked.Case != k.ID: asked in %+v, the outcome is %+v", asked.Session, k.Outcome)
	case asked.Flow != "post_recovery":
		t.Fatalf(`asked.Flow != "post_recovery": asked in %+v, the outcome is %+v`, asked.Session, k.Outcome)
	case k.Outcome.Session != asked.ID:
		t.Fatalf("k.Outcome.Session != asked.ID: asked in %+v, the outcome is %+v", asked.Session, k.Outcome)
	case !k.Outcome.Asked.Equal(monday.Add(24 * time.Hour)):
		t.Fatalf("!k.Outcome.Asked.Equal(monday.Add(24*time.Hour)): asked in %+v, the outcome is %+v", asked.Session, k.Outcome)
	}
	question := ""
	for _, d := range w.transcript(ann.address) {
		if d.Kind == storage.QuestionD {
			question = d.Render.Text
		}
	}
	if !strings.HasSuffix(question, "How satisfied or dissatisfied are you with how we handled your concern?") {
		t.Errorf("the question is %q", question)
	}
	w.press(ann, "6")
	if k = w.onlyCase(); k.State != recovery.Verified {
		t.Errorf("after a good answer the case is %s", k.State)
	}
	w.press(ann, "No")
	switch k = w.onlyCase(); {
	case k.State != recovery.Open:
		t.Errorf("k.State != recovery.Open: after a no the case is %s, the outcome %+v", k.State, k.Outcome)
	case k.Reopens != 1:
		t.Errorf("k.Reopens != 1: after a no the case is %s, the outcome %+v", k.State, k.Outcome)
	case k.Outcome.Settled != recovery.SettledNo:
		t.Errorf("k.Outcome.Settled != recovery.SettledNo: after a no the case is %s, the outcome %+v", k.State, k.Outcome)
	case k.Outcome.Recovered != recovery.RecoveredPartly:
		t.Errorf("k.Outcome.Recovered != recovery.RecoveredPartly: after a no the case is %s, the outcome %+v", k.State, k.Outcome)
	}
	if state := w.transcript(staffTG)[0].Render.State; state != "open" {
		t.Errorf("the card says %s", state)
	}
	if cases := w.cases(); len(cases) != 1 {
		t.Errorf("%d cases", len(cases))
	}
	var lines []string
	for _, d := range w.transcript(staffSlack) {
		lines = append(lines, d.Render.Title)
	}
	for _, want := range []string{"asked whether it is settled", "Settled", "Open"} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("the thread does not say %q: %q", want, lines)
		}
	}

	// The second round asks again; the survey of the first decides nothing any more.
	w.acted(k, recovery.Resolve{Cause: "price", Actions: []recovery.Action{{Kind: recovery.Refund}}})
	w.press(ann, "1") // the next question of the first survey
	if k = w.onlyCase(); k.State != recovery.Resolved {
		t.Errorf("a late answer of the first round makes it %s", k.State)
	}
	w.pass(30*time.Hour, time.Hour)
	w.settle(ann.address)
	if n := w.followUps(ann); n != 2 {
		t.Fatalf("%d follow-ups in two rounds", n)
	}
	w.press(ann, "7")
	w.press(ann, "Yes, fully")
	switch k = w.onlyCase(); {
	case k.State != recovery.Verified:
		t.Errorf("k.State != recovery.Verified: at last the case is %s, the outcome %+v", k.State, k.Outcome)
	case k.Outcome.Settled != recovery.SettledYes:
		t.Errorf("k.Outcome.Settled != recovery.SettledYes: at last the case is %s, the outcome %+v", k.State, k.Outcome)
	case k.Outcome.Recovered != recovery.RecoveredYes:
		t.Errorf("k.Outcome.Recovered != recovery.RecoveredYes: at last the case is %s, the outcome %+v", k.State, k.Outcome)
	}
}

func TestWhoMustNotBeAskedIsNot(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(w *world, ann customer)
		detail string // of the event; "-" = there is none
	}{
		{"no contact", func(w *world, ann customer) {
			k := w.onlyCase()
			no := recovery.NoContact
			turn := storage.Turn{Load: storage.Load{Case: k.ID}, Apply: func(l storage.Loaded) (storage.Change, error) {
				l.Case.Contact = no
				if next, ok := recovery.NextClock(recovery.DefaultRules, l.Case.Case); ok {
					l.Case.Next = next.At
				}
				return storage.Change{Case: l.Case}, nil
			}}
			if err := w.store.Advance(context.Background(), k.Bucket, []storage.Turn{turn})[0]; err != nil {
				w.t.Fatal(err)
			}
		}, "-"},
		{"stopped", func(w *world, ann customer) { w.command(ann, "stop", "") }, "stopped"},
		{"blocked", func(w *world, ann customer) { w.handle(w.update(ann, chat.Update{Kind: chat.Blocked})) }, "blocked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, ann, _ := mended(t)
			c.before(w, ann)
			w.pass(8*24*time.Hour, 6*time.Hour)
			if n := w.followUps(ann); n != 0 {
				t.Errorf("%d follow-ups", n)
			}
			k := w.onlyCase()
			got := w.told(k, recovery.EventFollowUp)
			if c.detail == "-" && len(got) != 0 || c.detail != "-" && (len(got) != 1 || !strings.HasSuffix(got[0], c.detail)) {
				t.Errorf("the history says %q", got)
			}
			if k.State != recovery.Closed || k.Outcome.Recovered != recovery.RecoveredUnknown {
				t.Errorf("the case is %s, the outcome %+v", k.State, k.Outcome)
			}
		})
	}
}

func TestNobodyIsAskedAtNight(t *testing.T) {
	w := newWorld(t)
	w.now = time.Date(2026, 3, 2, 21, 30, 0, 0, time.UTC) // 22:30 in Berlin
	w, ann := lowTapIn(w, staffTG)
	w.acted(w.onlyCase(), recovery.Resolve{Cause: "reliability", Actions: []recovery.Action{{Kind: recovery.Redo}}})
	w.pass(34*time.Hour, 30*time.Minute)
	if k := w.onlyCase(); !k.Outcome.Asked.IsZero() && k.Outcome.Asked.Before(time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)) || !k.Next.Equal(time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)) {
		t.Fatalf("asked at %v, next at %v", k.Outcome.Asked, k.Next)
	}
	w.pass(time.Hour, 10*time.Minute)
	if k := w.onlyCase(); !k.Outcome.Asked.Equal(time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)) || w.followUps(ann) != 1 {
		t.Errorf("asked at %v, %d times", k.Outcome.Asked, w.followUps(ann))
	}
}

func TestACustomerWhoComesAgainHasReturned(t *testing.T) {
	w, ann, _ := mended(t)
	w.now = w.now.Add(26 * time.Hour)
	w.sweep()
	w.settle(ann.address)
	w.press(ann, "6")
	w.press(ann, "Yes, fully")
	k := w.onlyCase()
	if !k.Returned.IsZero() {
		t.Fatal("the follow-up itself is no return")
	}
	w.now = w.now.Add(20 * 24 * time.Hour)
	again := w.started(ann, haircut)
	if k = w.onlyCase(); !k.Returned.Equal(w.now) || k.State != recovery.Verified {
		t.Errorf("returned at %v, the case is %s", k.Returned, k.State)
	}
	first := k.Returned
	w.now = w.now.Add(24 * time.Hour)
	w.started(ann, haircut)
	if k = w.onlyCase(); !k.Returned.Equal(first) {
		t.Errorf("returned at %v, the first time was %v", k.Returned, first)
	}
	w.command(ann, "start", again.Token) // the old link once more
	facts := w.transcript(staffTG)[0].Render.Facts
	if !slices.ContainsFunc(facts, func(f chat.Fact) bool { return f.Label == "Came again" }) {
		t.Errorf("the card says %+v", facts)
	}
	if got := w.told(k, recovery.EventReturned); len(got) != 1 {
		t.Errorf("the history says %v", got)
	}
}

func TestATestAndAFollowUpAreNoReturn(t *testing.T) {
	for _, r := range []InviteRequest{{Flow: "one_tap_csat", Test: true}, {Flow: "post_recovery"}, {Flow: "staff_pulse"}} {
		w, ann, _ := mended(t)
		w.now = w.now.Add(time.Hour)
		w.started(ann, r)
		if k := w.onlyCase(); !k.Returned.IsZero() {
			t.Errorf("%+v: returned at %v", r, k.Returned)
		}
	}
}
