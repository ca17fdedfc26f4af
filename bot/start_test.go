package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

func TestStartIsSafeToRepeat(t *testing.T) {
	w := newWorldOf(t, 8)
	ann := telegramUser("1", "Ann", "en")
	inv := w.invite(haircut)
	u := w.update(ann, chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
	// The program dies between the two turns: the invitation is claimed, the session is
	// not opened. The platform delivers the update again.
	j, err := w.bot.job(context.Background(), 0, &u)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bot.out.Commit(context.Background(), j.work)[0]; err != nil {
		t.Fatal(err)
	}
	w.handle(u)
	s := w.session(ann)
	if s.Open != 0 || s.Status != survey.Active {
		t.Fatalf("the session is %s, open %d", s.Status, s.Open)
	}
	shown := w.transcript(ann.address)
	w.handle(u, u)
	if diff := cmp.Diff(shown, w.transcript(ann.address)); diff != "" {
		t.Errorf("the redelivery changed the chat:\n%s", diff)
	}
	// The link pressed once more is another update: the question moves to the end.
	w.command(ann, "start", inv.Token)
	if got := w.session(ann); got.ID != s.ID || len(got.Answers) != 0 {
		t.Errorf("pressing the link again made %+v", got)
	}
	if left := w.said(ann.address, questionSlot(s.ID, 0)+":left:"); len(left) != 1 {
		t.Errorf("%d old questions were left behind; want 1", len(left))
	}
}

func TestLinksThatDoNotWork(t *testing.T) {
	w := newWorldOf(t, 8)
	ann, bob := telegramUser("1", "Ann", "en"), telegramUser("2", "Bob", "en")
	used := w.started(ann, haircut)
	short := haircut
	short.Expires = time.Hour
	expired := w.invite(short)
	w.now = w.now.Add(2 * time.Hour)
	for token, want := range map[string]string{
		used.Token:                               "Somebody else has already used this link. Please ask for a new one.",
		expired.Token:                            "This link has expired. Thank you for your interest.",
		"no-such-link":                           "This link is not known. Please open it again from the message that you received.",
		tokenFor(storage.Person{}, w.bot.random): "This link is not known. Please open it again from the message that you received.",
	} {
		before := len(w.said(bob.address, "n:"))
		w.command(bob, "start", token)
		notices := w.said(bob.address, "n:")
		if len(notices) != before+1 || notices[len(notices)-1] != want {
			t.Errorf("the link %q: %q; want %q", token, notices, want)
		}
	}
	if s := w.session(ann); s.Status != survey.Active {
		t.Errorf("Ann's session is %s", s.Status)
	}
}

func TestTwoSurveysAtOnce(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	first := w.session(ann)
	data := w.button(ann.address, "1")
	w.started(ann, InviteRequest{Flow: "post_service_3", Site: "main-street"})
	second := w.session(ann)
	if first.ID == second.ID {
		t.Fatal("the second invitation did not open a survey of its own")
	}
	w.say(ann, "4") // words go to the newest
	if got := w.session(ann); got.ID != second.ID || len(got.Answers) != 1 {
		t.Errorf("the words went elsewhere: %+v", got.Answers)
	}
	w.tap(ann, data) // a tap on the older one goes on there, and words follow
	if got := w.session(ann); got.ID != first.ID || len(got.Answers) != 1 {
		t.Errorf("the tap on the first survey gave %+v", got)
	}
	w.say(ann, "price")
	if a, ok := w.session(ann).Answer("reason"); !ok || a.Choices[0] != "price" {
		t.Errorf("the words after the tap gave %+v", a)
	}
}

func TestARepeatWithin90DaysRaisesThePriority(t *testing.T) {
	w := newWorld(t)
	ann := telegramUser("1", "Ann", "en")
	w.started(ann, haircut)
	w.press(ann, "2")
	w.command(ann, "cancel", "")
	w.now = w.now.Add(30 * 24 * time.Hour)
	w.started(ann, haircut)
	w.press(ann, "2")
	cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 10})
	if err != nil || len(cases) != 2 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	got := map[string]recovery.Decision{}
	for _, c := range cases {
		got[c.Name()] = c.Decision
	}
	if got["A-1"].Priority != recovery.P2 || got["A-2"].Priority != recovery.P1 {
		t.Errorf("the priorities are %v and %v; want P2 and P1", got["A-1"].Priority, got["A-2"].Priority)
	}
	facts := w.session(ann).Facts
	if facts.Earlier != 1 || facts.Previous != 2 {
		t.Errorf("the facts are %+v; want one earlier and level 2 last time", facts)
	}
}

func TestVisitorOfAWebLink(t *testing.T) {
	w := newWorldOf(t, 8)
	ctx := context.Background()
	inv := w.invite(InviteRequest{
		Flow: "one_tap_csat", Site: "nanjing", Language: "zh", Event: map[string]string{"first_name": "芳"},
	})
	if want := "https://care.example/chat/" + inv.Token; inv.WebLink != want {
		t.Errorf("the web link is %q; want %q", inv.WebLink, want)
	}
	if want := "https://t.me/salon_bot?start=" + inv.Token; inv.TelegramLink != want {
		t.Errorf("the Telegram link is %q; want %q", inv.TelegramLink, want)
	}
	v, err := w.bot.Visitor(ctx, inv.Token, "")
	if err != nil {
		t.Fatal(err)
	}
	want := Visitor{
		Address: chat.Address{Platform: chat.Web, Chat: inv.ID}, User: chat.User{ID: inv.ID, Name: "芳", Language: "zh"},
		Language: "zh-Hans", Title: "南京路店", Fresh: true, Unopened: true, Zone: w.bot.snap.Now().Site("nanjing").Zone,
	}
	if diff := cmp.Diff(want, v, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
		t.Errorf("the visitor (-want +got):\n%s", diff)
	}
	if _, err := w.bot.Visitor(ctx, "nonsense", ""); !errors.Is(err, ErrUnknownLink) {
		t.Errorf("nonsense: %v", err)
	}
	if _, err := w.bot.Visitor(ctx, tokenFor(storage.Person{}, w.bot.random), ""); !errors.Is(err, ErrUnknownLink) {
		t.Errorf("an unknown token: %v", err)
	}
	c := customer{user: v.User, address: v.Address}
	w.command(c, "start", inv.Token)
	if _, err := w.bot.Visitor(ctx, inv.Token, ""); err != nil {
		t.Errorf("the visitor comes back: %v", err)
	}
	w.command(telegramUser("1", "Ann", "en"), "start", inv.Token)
	if got := w.said(telegramUser("1", "", "").address, "n:"); len(got) != 1 {
		t.Errorf("somebody on Telegram with a used web link heard %q", got)
	}
	other := w.started(telegramUser("2", "Bob", "en"), haircut)
	if _, err := w.bot.Visitor(ctx, other.Token, ""); !errors.Is(err, ErrLinkUsed) {
		t.Errorf("a link that was used on Telegram: %v", err)
	}
	late := w.invite(haircut)
	w.now = w.now.Add(DefaultInviteExpires)
	if _, err := w.bot.Visitor(ctx, late.Token, ""); !errors.Is(err, ErrLinkExpired) {
		t.Errorf("an old link: %v", err)
	}
}

func TestAFlowAndASiteThatAnotherProgramWroteAreLoaded(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	other := w.newBot()
	if err := w.store.PutSite(ctx, storage.Site{ID: "new", Name: "New Street", Created: w.now}); err != nil {
		t.Fatal(err)
	}
	inv, err := other.Invite(ctx, InviteRequest{Flow: "one_tap_csat", Site: "new"})
	if err != nil {
		t.Fatal(err)
	}
	ann := telegramUser("1", "Ann", "en")
	w.command(ann, "start", inv.Token)
	intro := w.said(ann.address, "q:")
	if len(intro) != 1 || !strings.Contains(intro[0], "New Street") {
		t.Errorf("the intro is %q", intro)
	}
}

func TestInviteSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	for _, r := range []InviteRequest{{}, {Flow: "no_such_flow"}, {Flow: "one_tap_csat", Site: "nowhere"}} {
		if inv, err := w.bot.Invite(context.Background(), r); err == nil {
			t.Errorf("%+v made %+v", r, inv)
		}
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	const people, callers = 20, 4
	w := newWorldOf(t, 2)
	batches := make([][]chat.Update, 3)
	var who []customer
	for i := range people {
		c := telegramUser(fmt.Sprint(i+1), "P", "en")
		who = append(who, c)
		inv := w.invite(InviteRequest{Flow: "post_service_3", Site: "main-street"})
		batches[0] = append(batches[0], w.update(c, chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token}))
		for q := range 2 {
			data := render.Tapped{Verb: render.VerbPick, Session: opens(w.bot, inv, c.person()), Question: q, Option: 0}.Encode()
			batches[q+1] = append(batches[q+1], w.update(c, chat.Update{Kind: chat.Tap, Data: data}))
		}
	}
	for _, batch := range batches {
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				for i := range batch {
					if _, err := w.bot.Handle(context.Background(), batch[i:min(i+3, len(batch))]); err != nil {
						t.Errorf("Handle: %v", err)
					}
				}
			})
		}
		wait.Wait()
	}
	for _, c := range who {
		s := w.session(c)
		switch a, ok := s.Answer("overall"); {
		case !ok:
			t.Errorf("!ok: %s: %+v, case %q", c.user.ID, s.Answers, s.Case)
		case a.Revision != 1:
			t.Errorf("a.Revision != 1: %s: %+v, case %q", c.user.ID, s.Answers, s.Case)
		case s.Case == "":
			t.Errorf(`s.Case == "": %s: %+v, case %q`, c.user.ID, s.Answers, s.Case)
		}
	}
	cases, err := w.store.Cases(context.Background(), storage.CaseFilter{Limit: 100})
	if err != nil || len(cases) != people {
		t.Errorf("%d cases, %v; want %d", len(cases), err, people)
	}
	names := make(map[string]bool)
	for _, c := range cases {
		names[c.Name()] = true
	}
	if len(names) != people {
		t.Errorf("%d different case numbers; want %d", len(names), people)
	}
}
