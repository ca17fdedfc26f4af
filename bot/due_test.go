package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// sweep plays the sweeper of a bot until it finds nothing more to do for cases.
func (w *world) sweep() {
	w.t.Helper()
	w.sweepBy(w.bot)
	for _, a := range staffOf(w.bot) {
		w.settle(a)
	}
}

func (w *world) sweepBy(b *Bot) {
	w.t.Helper()
	s := newSweeper(b)
	for did := 1; did > 0; {
		did = 0
		for bucket := range storage.Bucket(w.store.Buckets()) {
			for _, d := range b.caseDuties() {
				n, err := s.attend(context.Background(), bucket, d)
				if err != nil {
					w.t.Fatal(err)
				}
				did += n
			}
		}
	}
	if len(s.failed) > 0 {
		w.t.Errorf("the sweeper failed with %v", s.failed)
	}
}

// pass lets time go by with a sweep in every step.
func (w *world) pass(d, step time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(step)
		w.sweep()
		if w.passed != nil {
			w.passed()
		}
	}
}

// told is what happened to a case of these kinds, with how long after the start of the
// story.
func (w *world) told(k storage.Case, kinds ...recovery.EventKind) []string {
	w.t.Helper()
	events, err := w.store.CaseEvents(context.Background(), k.Bucket, k.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		if slices.Contains(kinds, recovery.EventKind(e.Kind)) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.At.Sub(monday), e.Kind, e.Detail)))
		}
	}
	return out
}

func TestEveryClockStrikesOnceAndIsSaidBelowTheCard(t *testing.T) {
	w, _ := lowTap(t, staffTG, room)
	k := w.onlyCase()
	w.pass(5*24*time.Hour, 15*time.Minute)
	want := []string{
		"15m0s clock acknowledge 50", "30m0s clock acknowledge 100", "1h0m0s clock acknowledge 200",
		"2h0m0s clock contact 50", "4h0m0s clock contact 100", "8h0m0s clock contact 200",
		"24h0m0s clock resolve 50", "48h0m0s clock resolve 100", "96h0m0s clock resolve 200",
	}
	if diff := cmp.Diff(want, w.told(k, recovery.EventStruck)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, at := range []chat.Address{staffTG, room} {
		rows := w.transcript(at)
		if len(rows) != 1+len(want) {
			t.Errorf("%s was shown %d messages", at, len(rows))
		}
		card := rows[0].Slot
		last := len(rows) - 1
		for _, r := range rows[1:last] { // each took the place of the one before
			if r.Render.Mark != chat.Gone {
				t.Errorf("%s still shows %+v", at, r.Render)
			}
		}
		for _, r := range rows[last:] {
			switch {
			case r.Render.Under != card:
				t.Errorf("r.Render.Under != card: %s shows %+v", at, r.Render)
			case !strings.Contains(r.Render.Text, "A-1 · "):
				t.Errorf(`!strings.Contains(r.Render.Text, "A-1 · "): %s shows %+v`, at, r.Render)
			case !strings.Contains(r.Render.Text, "⏰"):
				t.Errorf(`!strings.Contains(r.Render.Text, "⏰"): %s shows %+v`, at, r.Render)
			}
		}
	}
	if k = w.onlyCase(); len(k.Missed) != 3 || !k.Next.IsZero() {
		t.Errorf("missed %v, next at %v", k.Missed, k.Next)
	}
}

// Reliability row 11: the wall clock jumps by a day to and fro, and back by an hour.
func TestNoReminderIsLostOrTwiceWhenTheClockJumps(t *testing.T) {
	for _, jumps := range [][]time.Duration{
		{24 * time.Hour, -24 * time.Hour}, {-24 * time.Hour, 24 * time.Hour}, {-time.Hour}, {24 * time.Hour}, {-24 * time.Hour},
	} {
		for _, after := range []time.Duration{20 * time.Minute, 3 * time.Hour, 30 * time.Hour} {
			w, _ := lowTap(t, staffTG)
			opened := w.onlyCase()
			w.pass(after, 10*time.Minute)
			for _, j := range jumps {
				w.now = w.now.Add(j)
				w.sweep()
				w.pass(40*time.Minute, 10*time.Minute)
			}
			w.pass(6*24*time.Hour, 3*time.Hour)
			name := fmt.Sprintf("%v after %v", jumps, after)
			events, err := w.store.CaseEvents(context.Background(), opened.Bucket, opened.ID)
			if err != nil {
				t.Fatal(err)
			}
			n := map[string]int{}
			for _, e := range events {
				if e.Kind != string(recovery.EventStruck) {
					continue
				}
				n[e.Detail]++
				which, percent, _ := strings.Cut(e.Detail, " ")
				due := opened.Due.Of(recovery.Clock(which))
				if percent != "50" && e.At.Before(due) {
					t.Errorf("%s: %s struck at %v, before %v", name, e.Detail, e.At, due)
				}
			}
			for _, c := range []string{"acknowledge", "contact", "resolve"} {
				if n[c+" 50"] > 1 || n[c+" 100"] != 1 || n[c+" 200"] != 1 {
					t.Errorf("%s: the %s clock struck %v", name, c, n)
				}
			}
			said, moments := 0, map[string]bool{} // what strikes at once is said once
			for _, e := range events {
				if e.Kind == string(recovery.EventStruck) {
					moments[e.At.String()] = true
				}
			}
			for _, r := range w.transcript(staffTG) {
				if strings.Contains(r.Slot, ":r:") {
					said++
				}
			}
			if said != len(moments) {
				t.Errorf("%s: %d reminders were said of %d", name, said, len(moments))
			}
		}
	}
}

func TestASnoozedCaseWakesOnceAndTellsSo(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	k := w.acted(w.onlyCase(), recovery.Snooze{Until: w.now.Add(3 * time.Hour)})
	w.pass(6*time.Hour, 10*time.Minute)
	if got := w.told(k, recovery.EventWoke); len(got) != 1 || !strings.HasPrefix(got[0], "3h0m0s ") {
		t.Errorf("it woke at %v", got)
	}
	if w.transcript(staffTG)[0].Render.State == "snoozed" {
		t.Error("the card still sleeps")
	}
	rows := w.transcript(staffTG)
	if !slices.ContainsFunc(rows, func(d storage.Delivery) bool { return strings.Contains(d.Slot, ":r:") }) { // or what fell due meanwhile
		t.Error("nobody heard that it woke")
	}
}

func TestACaseThatNobodyMovesReturnsToTheQueue(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.onCard(bob, staffTG, w.button(staffTG, "Take"))
	w.pass(5*time.Hour, 10*time.Minute)
	k := w.onlyCase()
	if k.State != recovery.Open || k.Holder.ID != "" {
		t.Fatalf("the case is %s, held by %q", k.State, k.Holder.ID)
	}
	if got := w.told(k, recovery.EventUnacknowledged); len(got) != 1 || !strings.HasSuffix(got[0], " bob") {
		t.Errorf("the history says %v", got)
	}
	rows := w.transcript(staffTG)
	if !slices.ContainsFunc(rows, func(d storage.Delivery) bool { return strings.Contains(d.Slot, ":r:unacknowledged:bob") }) {
		t.Error("nobody heard that it is in the queue again")
	}
	if rows[0].Render.State != "open" {
		t.Errorf("the card says %s", rows[0].Render.State)
	}
}

func TestCasesOfDaysWithoutAStaffChatArePostedOnce(t *testing.T) {
	w := newWorld(t)
	w.bot.snap.Change(calm) // days in one minute
	setStaff(w.bot)
	const n = 2*sweepBatch + 3
	for i := range n {
		ann := telegramUser(fmt.Sprint(i+1), "Ann", "en")
		w.started(ann, haircut)
		w.press(ann, "2")
	}
	resting := telegramUser("9000", "Eve", "en")
	w.started(resting, haircut)
	w.press(resting, "1")
	for _, k := range w.cases() {
		if !k.Unposted {
			t.Fatalf("%s has a card", k.Name())
		}
		if k.Identity == resting.person().ID() {
			w.acted(k, recovery.NoAction{Reason: "known"})
		}
	}
	w.sweep()
	if rows := w.transcript(staffTG); len(rows) != 0 {
		t.Fatalf("%d messages without a chat", len(rows))
	}
	setStaff(w.bot, staffTG)
	w.sweep()
	w.sweep()
	slots := map[string]bool{}
	for _, r := range w.transcript(staffTG) {
		slots[r.Slot] = true
	}
	if len(slots) != n {
		t.Errorf("%d of %d cards were posted", len(slots), n)
	}
	for _, k := range w.cases() {
		if k.Unposted && k.State.Active() {
			t.Errorf("%s is said to have no card", k.Name())
		}
	}
}

// cases are all there are.
func (w *world) cases() []storage.Case {
	w.t.Helper()
	cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	return cases
}

func TestAPoisonedCaseDoesNotBlockTheOthers(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	for i := range 3 {
		ann := telegramUser(fmt.Sprint(i+1), "Ann", "en")
		w.started(ann, haircut)
		w.press(ann, "2")
	}
	bad := w.cases()[1].ID
	s := newSweeper(w.bot)
	w.now = w.now.Add(16 * time.Minute)
	tried := 0
	for range 5 {
		d := w.bot.caseDuties()[0]
		inner := d.turn
		d.turn = func(ctx context.Context, k storage.Case) (storage.Turn, error) {
			turn, err := inner(ctx, k)
			if k.ID == bad {
				tried++
				turn.Apply = func(storage.Loaded) (storage.Change, error) { return storage.Change{}, errors.New("scripted") }
			}
			return turn, err
		}
		if err := s.see(context.Background(), 0, d); err != nil {
			t.Fatal(err)
		}
	}
	if tried != 1 {
		t.Errorf("the poisoned case was tried %d times", tried)
	}
	for _, k := range w.cases() {
		if n := len(w.told(k, recovery.EventStruck)); n != map[bool]int{true: 0, false: 1}[k.ID == bad] {
			t.Errorf("%s struck %d times", k.Name(), n)
		}
	}
}

func TestManyInstancesStrikeAClockOnce(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bots := []*Bot{w.bot, w.botOn(w.instance()), w.botOn(w.instance())}
	for _, b := range bots {
		setStaff(b, staffTG)
	}
	k := w.onlyCase()
	w.now = w.now.Add(31 * time.Minute)
	done := make(chan struct{})
	for _, b := range bots {
		go func() {
			defer func() { done <- struct{}{} }()
			w.sweepBy(b)
		}()
	}
	for range bots {
		<-done
	}
	if got := w.told(k, recovery.EventStruck); len(got) != 1 || !strings.HasSuffix(got[0], "acknowledge 100") {
		t.Errorf("struck %v", got)
	}
}

// Random acts of people and the clock, against the pure machine that is told the same.
func TestActsAndClocksAgreeWithTheModel(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 17))
		w, ann := lowTap(t, staffTG)
		setStaff(w.bot, staffTG)
		bob := w.member(1, "Bob", access.Lead)
		model := w.onlyCase()
		hash := ann.person().Hash16()
		presses := []render.Pressed{
			{Act: recovery.ActTake},
			{Act: recovery.ActRelease},
			{Act: recovery.ActReopen},
			{Act: recovery.ActResolve, Choice: "price", Mask: 1},
			{Act: recovery.ActNoAction, Choice: "other"},
		}
		program := recovery.Actor{Party: recovery.Program}
		lead := recovery.Actor{Staffer: recovery.Staffer{ID: "bob", Name: "Bob"}, Role: access.Lead}
		do := func(act recovery.Act, by recovery.Actor) {
			model.Case, _, _ = recovery.Apply(w.bot.snap.Now().Rules(model.Site), model.Case, act, by, w.now)
		}
		for step := range 80 {
			hops := []time.Duration{time.Minute, 7 * time.Minute, time.Hour, 5 * time.Hour, 26 * time.Hour, -time.Hour, -24 * time.Hour}
			w.now = w.now.Add(hops[r.IntN(len(hops))])
			if r.IntN(2) == 0 {
				p := presses[r.IntN(len(presses))]
				p.Hash, p.Case = hash, model.ID
				act, _ := (&render.CaseView{Now: w.now, Site: snapshot.Site{Zone: time.UTC}}).ActOf(p)
				do(act, lead)
				w.onCard(bob, staffTG, p.Encode())
			}
			w.sweep()
			for range 20 {
				next, ok := recovery.NextClock(w.bot.snap.Now().Rules(model.Site), model.Case)
				if !ok || next.At.After(w.now) {
					break
				}
				session := ""
				if next.Clock == recovery.ClockFollowUp {
					session = w.bot.key.derive("session", w.bot.key.derive("follow-up", fmt.Sprintf("%s:%d", model.ID, model.Reopens)))
				}
				do(recovery.ClockStruck{FollowUp: session}, program)
			}
			stored := w.onlyCase()
			model.Next, model.Rules, model.Cards, model.Reminded = stored.Next, stored.Rules, stored.Cards, stored.Reminded
			if diff := cmp.Diff(model, stored); diff != "" {
				t.Fatalf("seed %d, step %d (-model +stored):\n%s", seed, step, diff)
			}
			if next, ok := recovery.NextClock(w.bot.snap.Now().Rules(model.Site), model.Case); ok == stored.Next.IsZero() || ok && !stored.Next.Equal(next.At) {
				t.Fatalf("seed %d, step %d: next at %v, want %v", seed, step, stored.Next, next.At)
			}
			if got := w.transcript(staffTG)[0].Render.State; got != render.CardState(model.Case, w.now) && w.now.Equal(stored.Updated) {
				t.Fatalf("seed %d, step %d: the card says %s of a case that is %s", seed, step, got, model.State)
			}
		}
	}
}

// The command that removes somebody may be stopped halfway.
func TestWhatSomebodyGoneStillHoldsReturnsToTheQueue(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.onCard(bob, staffTG, w.button(staffTG, "Take"))
	if err := w.store.DropStaff(context.Background(), "bob", w.now); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	if k := w.onlyCase(); k.State != recovery.Open || k.Holder.ID != "" {
		t.Errorf("the case is %s, held by %q", k.State, k.Holder.ID)
	}
	if got := w.transcript(staffTG)[0].Render.State; got != "open" {
		t.Errorf("the card says %s", got)
	}
}
