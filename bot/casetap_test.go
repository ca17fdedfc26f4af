package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// member hires and links somebody who then acts in the staff's chat.
func (w *world) member(n int, name string, role access.Role) customer {
	w.t.Helper()
	id := strings.ToLower(name)
	w.hire(id, name, role)
	c := telegramUser(fmt.Sprint(9000+n), name, "en")
	w.command(c, "link", w.code(id))
	return c
}

// onCard taps a button of a card in a staff chat.
func (w *world) onCard(c customer, at chat.Address, data string) []chat.Answer {
	w.t.Helper()
	u := w.update(c, chat.Update{Kind: chat.Tap, Data: data, On: "1"})
	u.From, u.Private = at, false
	answers := w.handle(u)
	for _, a := range staffOf(w.bot) {
		w.settle(a)
	}
	return answers
}

// lowTap opens a case whose cards hang in these chats.
func lowTap(t *testing.T, at ...chat.Address) (*world, customer) {
	t.Helper()
	return lowTapIn(newWorld(t), at...)
}

func lowTapIn(w *world, at ...chat.Address) (*world, customer) {
	w.t.Helper()
	setStaff(w.bot, at...)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.command(ann, "cancel", "")
	for _, a := range at {
		w.settle(a)
	}
	return w, ann
}

func says(t *testing.T, answers []chat.Answer, want string, alert bool) {
	t.Helper()
	switch {
	case len(answers) != 1:
		t.Errorf("len(answers) != 1: the answer is %+v; want %q, alert %v", answers, want, alert)
	case !strings.Contains(answers[0].Text, want):
		t.Errorf("!strings.Contains(answers[0].Text, want): the answer is %+v; want %q, alert %v", answers, want, alert)
	case answers[0].Alert != alert:
		t.Errorf("answers[0].Alert != alert: the answer is %+v; want %q, alert %v", answers, want, alert)
	}
}

// silent holds that whoever acted sees what became of it on the card and below it alone.
func silent(t *testing.T, answers []chat.Answer) {
	t.Helper()
	if len(answers) != 0 {
		t.Errorf("answered %+v", answers)
	}
}

func TestTheFirstToTakeACaseHasIt(t *testing.T) {
	w, _ := lowTap(t, staffTG, staffSlack, room)
	bob, amy := w.member(1, "Bob", access.Agent), w.member(2, "Amy", access.Agent)
	take := w.button(staffTG, "Take")
	says(t, w.onCard(bob, staffTG, take), "Taken · A-1", false)
	w.now = w.now.Add(3 * time.Second)
	says(t, w.onCard(amy, staffTG, take), "Bob has had it for 3 seconds.", true)
	says(t, w.onCard(bob, staffTG, take), "Taken · A-1", false) // again
	if k := w.onlyCase(); k.State != recovery.Taken || k.Holder.ID != "bob" {
		t.Errorf("the case is %s, held by %q", k.State, k.Holder.ID)
	}
	for _, at := range []chat.Address{staffTG, staffSlack, room} {
		card := w.transcript(at)[0].Render
		says, rows := slices.ContainsFunc(card.Facts, func(f chat.Fact) bool { return f.Label == "Taken by" && strings.HasPrefix(f.Value, "Bob, ") }), 2
		if at == staffSlack { // there the details are behind a menu
			says, rows = strings.Contains(card.Title, "Bob, contact by"), 1
		}
		if card.State != "taken" || !says {
			t.Errorf("the card in %s says %q, %+v", at, card.Title, card.Facts)
		}
		if len(card.Rows) != rows {
			t.Errorf("the card in %s has %d rows of buttons", at, len(card.Rows))
		}
	}
}

func TestWhoMayNotActIsToldSoAndNothingChanges(t *testing.T) {
	w, ann := lowTap(t, staffTG)
	viv := w.member(1, "Viv", access.Viewer)
	w.hire("far", "Far", access.Agent)
	far := storage.Staff{ID: "far", Name: "Far", Roles: access.Grants{"nanjing": access.Lead}, Created: w.now}
	if err := w.store.PutStaff(context.Background(), far); err != nil {
		t.Fatal(err)
	}
	other := telegramUser("9100", "Far", "en")
	w.command(other, "link", w.code("far"))
	before, card := w.onlyCase(), w.transcript(staffTG)[0].Render
	for _, c := range []struct {
		who  customer
		says string
	}{{ann, "Only staff of this site"}, {viv, "not act on them"}, {other, "Only staff of this site"}} {
		for _, text := range []string{"Take", "Resolve"} {
			says(t, w.onCard(c.who, staffTG, w.button(staffTG, text)), c.says, true)
		}
	}
	if diff := cmp.Diff(before, w.onlyCase()); diff != "" {
		t.Errorf("the case changed:\n%s", diff)
	}
	if diff := cmp.Diff(card, w.transcript(staffTG)[0].Render); diff != "" {
		t.Errorf("the card changed:\n%s", diff)
	}
	events, err := w.store.CaseEvents(context.Background(), before.Bucket, before.ID)
	if err != nil {
		t.Fatal(err)
	}
	attempts := 0
	for _, e := range events {
		if e.Kind == eventAttempted {
			attempts++
			if e.Detail == "" || e.By == "far" != strings.HasSuffix(e.Detail, other.person().ID()) {
				t.Errorf("%+v", e)
			}
		}
	}
	if attempts != 3 {
		t.Errorf("attempts are written down %d times; want once for each who tried", attempts)
	}
	t.Attr("figure", fmt.Sprintf("%d attempts without effect, each answered and written down", attempts))
}

// A menu is that of who opened it, for half a minute: nobody else is kept from Take and Reply,
// and the card comes back by itself, in the other process too.
func TestAMenuIsItsPressersAndLapses(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob, amy := w.member(1, "Bob", access.Agent), w.member(2, "Amy", access.Agent)
	card := func() chat.Message { return w.newest(staffTG, "case").Render }
	resolve, take := w.button(staffTG, "Resolve"), w.button(staffTG, "Take")
	w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	if m := card(); !strings.HasSuffix(m.Title, "Bob is choosing") || len(m.Rows) == 0 || m.Rows[0][0].Data != take {
		t.Errorf("the menu is %+v", m)
	}
	for _, button := range []string{resolve, w.button(staffTG, "Assign"), w.button(staffTG, "Cancel")} {
		says(t, w.onCard(amy, staffTG, button), "Bob is choosing", false)
	}
	if m := card(); !strings.HasSuffix(m.Title, "Bob is choosing") {
		t.Errorf("Amy changed Bob's menu: %q", m.Title)
	}
	w.now = w.now.Add(20 * time.Second)
	w.onCard(bob, staffTG, w.button(staffTG, "Snooze"))
	w.now = w.now.Add(20 * time.Second) // it is his for half a minute more
	w.sweep()
	says(t, w.onCard(amy, staffTG, resolve), "Bob is choosing", false)
	w.now = w.now.Add(11 * time.Second)
	w.sweep()
	if m := card(); strings.Contains(m.Title, "choosing") || m.Footer != "" {
		t.Errorf("the menu stays: %q, %q", m.Title, m.Footer)
	}
	if k := w.onlyCase(); len(k.Menus) > 0 {
		t.Errorf("the case keeps %+v", k.Menus)
	}
	w.onCard(amy, staffTG, resolve)
	if m := card(); !strings.HasSuffix(m.Title, "Amy is choosing") {
		t.Errorf("nobody else opens a menu: %q", m.Title)
	}
	w.now = w.now.Add(10 * time.Second)
	says(t, w.onCard(bob, staffTG, take), "Taken · A-1", false)
	w.now = w.now.Add(time.Minute)
	w.sweep()
	if m := card(); strings.Contains(m.Title, "choosing") || !strings.Contains(m.Title, "Bob") {
		t.Errorf("the card is %q", m.Title)
	}
}

// Whoever taps faster than the chat shows the card anew loses no tap.
func TestTapsBeforeTheCardIsDrawnCount(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	bob := w.member(1, "Bob", access.Agent)
	w.onCard(bob, staffTG, w.button(staffTG, "Resolve"))
	slow, apology, gift, resolve := w.button(staffTG, "Too slow"), w.button(staffTG, "Apology"), w.button(staffTG, "Gift"), w.button(staffTG, "Resolve")
	says(t, w.onCard(bob, staffTG, slow), "Too slow", false)
	w.onCard(bob, staffTG, apology)
	says(t, w.onCard(bob, staffTG, gift), "Too slow → Apology, Gift", false)
	says(t, w.onCard(bob, staffTG, apology), "Too slow → Gift", false)
	says(t, w.onCard(bob, staffTG, resolve), "Resolved · A-1", false)
	want := &recovery.Resolution{Cause: "responsiveness", Failure: recovery.ProcessFailure, Actions: []recovery.Action{{Kind: recovery.Gift}}}
	if diff := cmp.Diff(want, w.onlyCase().Resolution); diff != "" {
		t.Errorf("it was resolved by (-want +got):\n%s", diff)
	}
}

func TestACaseIsResolvedByMenus(t *testing.T) {
	w, _ := lowTap(t, staffTG, staffSlack)
	bob, amy := w.member(1, "Bob", access.Agent), w.member(2, "Amy", access.Agent)
	tap := func(c customer, text string) []chat.Answer {
		t.Helper()
		return w.onCard(c, staffTG, w.button(staffTG, text))
	}
	tap(bob, "Resolve")
	if m := w.transcript(staffSlack)[0].Render; m.Footer != "" {
		t.Error("the menu opens in the other chat as well")
	}
	stale := w.button(staffTG, "Too slow")
	says(t, tap(bob, "Resolve"), "Choose what went wrong.", true)
	says(t, tap(bob, "Too slow"), "Too slow", false)
	says(t, tap(bob, "+ cost"), "Choose what was done for the customer.", true)
	tap(bob, "Price")
	says(t, tap(bob, "Apology"), "Price → Apology", false)
	tap(bob, "Too slow") // the other cause keeps what was done
	tap(bob, "Gift")
	tap(bob, "Gift") // not that after all
	says(t, tap(bob, "Resolve"), "Resolved · A-1", false)
	k := w.onlyCase()
	want := &recovery.Resolution{Cause: "responsiveness", Failure: recovery.ProcessFailure, Actions: []recovery.Action{{Kind: recovery.Apology}}}
	if diff := cmp.Diff(want, k.Resolution); diff != "" || k.State != recovery.Resolved || k.Ended.ID != "bob" {
		t.Errorf("the case is %s by %q:\n%s", k.State, k.Ended.ID, diff)
	}
	w.now = w.now.Add(time.Minute)
	says(t, w.onCard(amy, staffTG, stale), "by Bob", true) // a button of an old menu
	says(t, tap(amy, "Reopen"), "Open · A-1", false)
	tap(amy, "More…")
	tap(amy, "No action")
	says(t, tap(amy, "Duplicate"), "No action · A-1", false)
	if k = w.onlyCase(); k.State != recovery.Dismissed || k.Reason != "duplicate" || k.Reopens != 1 {
		t.Errorf("the case is %s, %q", k.State, k.Reason)
	}
	tap(bob, "Reopen")
	tap(bob, "Take")
	tap(bob, "Resolve")
	tap(bob, "Cancel")
	tap(bob, "Release")
	if k = w.onlyCase(); k.State != recovery.Open {
		t.Errorf("the case is %s", k.State)
	}
	a, b := w.transcript(staffTG)[0].Render, w.transcript(staffSlack)[0].Render
	b.Rows, b.Facts = a.Rows, a.Facts // on Slack they are behind a menu
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the cards differ:\n%s", diff)
	}
}

// TestManyTakeAtOnce lets eight people tap Take at the same moment through two programs.
func TestManyTakeAtOnce(t *testing.T) {
	for name, open := range bothEngines(4) {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			w, _ := lowTapIn(newWorldOn(t, open(t)), staffTG)
			take := w.button(staffTG, "Take")
			var people []customer
			for i := range 100 {
				people = append(people, w.member(i, fmt.Sprintf("M%d", i), access.Agent))
			}
			other := w.botOn(w.instance())
			setStaff(other, staffTG)
			var updates []chat.Update
			for _, c := range people {
				u := w.update(c, chat.Update{Kind: chat.Tap, Data: take, On: "1"})
				u.From, u.Private = staffTG, false
				updates = append(updates, u)
			}
			answers := make([]chat.Answer, len(people))
			errs := make([]error, len(people))
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range people {
				b := []*Bot{w.bot, other}[i%2]
				all.Go(func() {
					<-start
					got, err := b.Handle(ctx, updates[i:i+1])
					if errs[i] = err; err == nil && len(got) == 1 {
						answers[i] = got[0]
					}
				})
			}
			close(start)
			all.Wait()
			k := w.onlyCase()
			if k.State != recovery.Taken || k.Holder.ID == "" {
				t.Fatalf("the case is %s, held by %q", k.State, k.Holder.ID)
			}
			winners := 0
			for i := range people {
				switch {
				case errs[i] != nil:
					t.Error(errs[i])
				case !answers[i].Alert && strings.Contains(answers[i].Text, "Taken"):
					winners++
				case !strings.HasPrefix(answers[i].Text, k.Holder.Name+" has had it for "):
					t.Errorf("somebody was told %q", answers[i].Text)
				}
			}
			if winners != 1 {
				t.Errorf("%d people were told that they have it", winners)
			}
			events, err := w.store.CaseEvents(ctx, k.Bucket, k.ID)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(slices.DeleteFunc(events, func(e storage.CaseEvent) bool { return e.Kind != string(recovery.EventTaken) })); n != 1 {
				t.Errorf("it was taken %d times", n)
			}
			t.Attr("figure", fmt.Sprintf("%d press at once: %d has it, all others are told who", len(people), winners))
		})
	}
}

// A case of a site where many people work can be given to each of them.
func TestAssignOffersEverybodyPageByPage(t *testing.T) {
	w, _ := lowTap(t, staffTG)
	for i := range 2 * render.AssignShown {
		w.hire(fmt.Sprint("amy-", i), fmt.Sprintf("Amy %02d", i), access.Agent)
	}
	bob := w.member(1, "Bob", access.Agent)
	w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	w.onCard(bob, staffTG, w.button(staffTG, "Assign"))
	offered := map[string]string{}
	for range 4 { // after the last part comes the first again
		most := 0
		for _, row := range w.slots(staffTG, "case:")[0].Render.Rows {
			for _, b := range row {
				if d, ok := render.DecodePressed(b.Data); ok && d.Act == recovery.ActAssign && !d.Menu {
					offered[b.Text] = b.Data
					most++
				}
			}
		}
		if most == 0 || most > render.AssignShown {
			t.Errorf("%d people are offered at once", most)
		}
		w.onCard(bob, staffTG, w.button(staffTG, "More…"))
	}
	if len(offered) != 2*render.AssignShown+1 {
		t.Errorf("%d people are offered", len(offered))
	}
	w.onCard(bob, staffTG, offered["Amy 79"])
	if k := w.onlyCase(); k.Holder.ID != "amy-79" {
		t.Errorf("%q has it", k.Holder.ID)
	}
}

// D14: where cards have threads, the card and the line below it say what was done, and nothing
// more does; what went wrong is still said to whoever tried.
func TestD14WhatACardAndItsThreadSayIsNotSaidAThirdTime(t *testing.T) {
	w, _ := lowTap(t, staffSlack)
	bob, amy := w.inSlack(w.member(1, "Bob", access.Agent)), w.inSlack(w.member(2, "Amy", access.Agent))
	take := w.button(staffSlack, "Take")
	silent(t, w.onCard(bob, staffSlack, take))
	if card := w.newest(staffSlack, "case").Render; card.State != "taken" {
		t.Errorf("the card is %q", card.State)
	}
	says(t, w.onCard(amy, staffSlack, take), "Bob has had it", true)
}
