package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
)

func slackUser(id, name, lang string) customer {
	return customer{
		user:    chat.User{ID: id, Name: name, Language: lang},
		address: chat.Address{Platform: chat.Slack, Account: "T1", Chat: "D" + id},
	}
}

var staffSlack = chat.Address{Platform: chat.Slack, Account: "T1", Chat: "C9"}

func (w *world) request(c customer) InviteRequest {
	return InviteRequest{
		Flow: "one_tap_csat", Site: "main-street", Channel: "slack", To: c.person(), Address: c.address, Name: c.user.Name, Spoken: c.user.Language,
	}
}

func (w *world) slash(c customer, name, args string) []chat.Answer {
	w.t.Helper()
	return w.handle(w.update(c, chat.Update{Kind: chat.Command, Command: name, Text: args, Ephemeral: true}))
}

func TestAPersonWhoIsInvitedByNameIsAskedAtOnce(t *testing.T) {
	w := newWorldOf(t, 4)
	ann := slackUser("U1", "Ann", "es-ES")
	made, err := w.bot.Invite(context.Background(), w.request(ann))
	if err != nil {
		t.Fatal(err)
	}
	rows := w.transcript(ann.address)
	switch {
	case len(rows) != 1:
		t.Fatalf("len(rows) != 1: %+v, %+v", made, rows)
	case rows[0].State != storage.Due:
		t.Fatalf("rows[0].State != storage.Due: %+v, %+v", made, rows)
	case rows[0].Slot != questionSlot(made.Session, 0):
		t.Fatalf("rows[0].Slot != questionSlot(made.Session, 0): %+v, %+v", made, rows)
	case made.WebLink != "":
		t.Fatalf(`made.WebLink != "": %+v, %+v`, made, rows)
	}
	if !strings.Contains(rows[0].Render.Text, "Hola, Ann") || !strings.Contains(rows[0].Render.Text, "/feedback privacy") {
		t.Errorf("the introduction is %q", rows[0].Render.Text)
	}
	// The link that it would have had is used, by this person.
	inv, err := w.store.Invitation(context.Background(), w.bot.bucketOf(ann.person()), made.ID)
	switch {
	case err != nil:
		t.Fatalf("err != nil: %+v, %v", inv, err)
	case inv.RedeemedBy != ann.person().ID():
		t.Fatalf("inv.RedeemedBy != ann.person().ID(): %+v, %v", inv, err)
	case inv.Session != made.Session:
		t.Fatalf("inv.Session != made.Session: %+v, %v", inv, err)
	}
	w.settle(ann.address)
	w.tap(ann, rows[0].Render.Rows[0][0].Data)
	if s, err := w.store.Session(context.Background(), inv.Bucket, made.Session); err != nil || len(s.Answers) != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
}

func TestWhoWantsNoSurveysOrCannotBeWrittenToIsNotInvited(t *testing.T) {
	w := newWorld(t)
	ann, bob := slackUser("U1", "Ann", "en"), slackUser("U2", "Bob", "en")
	w.command(ann, "stop", "")
	w.command(bob, "help", "")
	w.handle(w.update(bob, chat.Update{Kind: chat.Blocked}))
	for _, c := range []struct {
		who  customer
		want error
	}{{ann, ErrStopped}, {bob, ErrBlocked}} {
		before := len(w.transcript(c.who.address))
		if _, err := w.bot.Invite(context.Background(), w.request(c.who)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.who.user.Name, err)
		}
		if after := len(w.transcript(c.who.address)); after != before {
			t.Errorf("%s was written to", c.who.user.Name)
		}
	}
	bad := w.request(slackUser("U3", "Cid", "en"))
	for _, chatID := range []string{"", "U3", "C7"} {
		bad.Address.Chat = chatID
		if _, err := w.bot.Invite(context.Background(), bad); err == nil {
			t.Errorf("a person is written to at %q", chatID)
		}
	}
}

func TestCommandsOfSlackAreAnsweredWhereTheyWereSent(t *testing.T) {
	w := newWorld(t)
	ann := slackUser("U1", "Ann", "en")
	help := w.slash(ann, "help", "")
	switch {
	case len(help) != 1:
		t.Fatalf("len(help) != 1: %+v", help)
	case !strings.Contains(help[0].Text, "/feedback stop – "):
		t.Fatalf(`!strings.Contains(help[0].Text, "/feedback stop – "): %+v`, help)
	case !strings.HasPrefix(help[0].Text, "/feedback – "):
		t.Fatalf(`!strings.HasPrefix(help[0].Text, "/feedback – "): %+v`, help)
	}
	if len(w.transcript(ann.address)) != 0 {
		t.Fatal("something was said in the chat")
	}
	language := w.slash(ann, "language", "")
	if len(language) != 1 || len(language[0].Rows) != len(voice.Languages) {
		t.Fatalf("%+v", language)
	}
	w.tap(ann, language[0].Rows[2][0].Data)
	if stopped := w.slash(ann, "pause", ""); len(stopped) != 1 || !strings.Contains(stopped[0].Text, "No recibirá más encuestas") {
		t.Fatalf("%+v", stopped)
	}
	if on := w.slash(ann, "start", ""); len(on) != 1 || !strings.Contains(on[0].Text, "activadas") {
		t.Fatalf("%+v", on)
	}
	if _, err := w.bot.Invite(context.Background(), w.request(ann)); err != nil {
		t.Fatal(err)
	}
	w.settle(ann.address)
	if again := w.slash(ann, "start", ""); len(again) != 1 || !strings.Contains(again[0].Text, "mensajes directos") {
		t.Fatalf("%+v", again)
	}
}

func TestOnSlackAWordAloneIsACommandUnlessWordsAreTheAnswer(t *testing.T) {
	w := newWorld(t)
	ann := slackUser("U1", "Ann", "en")
	w.say(ann, "Help")
	if rows := w.transcript(ann.address); len(rows) != 1 || !strings.Contains(rows[0].Render.Text, "/feedback help") {
		t.Fatalf("%+v", rows)
	}
	tg := telegramUser("7", "Tom", "en")
	w.say(tg, "help")
	if rows := w.transcript(tg.address); len(rows) != 1 || strings.Contains(rows[0].Render.Text, "/language –") {
		t.Fatalf("on Telegram it is no command: %+v", rows)
	}
	made, err := w.bot.Invite(context.Background(), w.request(ann))
	if err != nil {
		t.Fatal(err)
	}
	w.settle(ann.address)
	w.say(ann, "stop")
	id, err := w.store.Identity(context.Background(), 0, ann.person().ID())
	switch {
	case err != nil:
		t.Fatalf("err != nil: %+v, %v", id, err)
	case id.Stopped.IsZero():
		t.Fatalf("id.Stopped.IsZero(): %+v, %v", id, err)
	case id.Session != made.Session:
		t.Fatalf("id.Session != made.Session: %+v, %v", id, err)
	}
}

func TestAHomePageShowsSurveysAndWishesAndToStaffTheCases(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffSlack)
	ann := slackUser("U1", "Ann", "en")
	page := func(of customer) string {
		t.Helper()
		h, err := w.bot.Home(context.Background(), of.person())
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, s := range h.Sections {
			b.WriteString("# " + s.Title + ": " + s.Text + "\n")
			for _, i := range s.Items {
				b.WriteString("- " + i.Text + " | " + i.Detail + "\n")
			}
			for _, row := range s.Rows {
				for _, button := range row {
					b.WriteString("  [" + button.URL + "]\n")
				}
			}
		}
		overhear(t.Name(), b.String())
		return b.String()
	}
	home := func() string { t.Helper(); return page(ann) }
	if got := home(); !strings.Contains(got, "Nothing is open") || strings.Contains(got, "cases") {
		t.Fatalf("of a stranger: %s", got)
	}
	// Their wishes count before anybody wrote to them.
	tap := func(data string) {
		t.Helper()
		w.tap(ann, data)
	}
	tap(render.Tapped{Verb: render.VerbSurveys, On: false}.Encode())
	if got := home(); !strings.Contains(got, "You get no surveys") {
		t.Fatalf("turned off: %s", got)
	}
	tap(render.Tapped{Verb: render.VerbSurveys, On: true}.Encode())
	first, err := w.bot.Invite(context.Background(), w.request(ann))
	if err != nil {
		t.Fatal(err)
	}
	w.settle(ann.address)
	if got := home(); !strings.Contains(got, "- Salon Anna · ") || !strings.Contains(got, "Asked on March 2, 2026") {
		t.Fatalf("with a survey: %s", got)
	}
	tap(render.Tapped{Verb: render.VerbPick, Session: first.Session, Question: 0, Option: 0}.Encode())
	if got := home(); strings.Contains(got, "A-1") {
		t.Fatalf("for customers: %s", got)
	}
	// Who is in the staff's channel is not staff; who is linked sees the cases of their
	// sites, and only admins are led to their pages.
	if got := page(slackUser("U5", "Cid", "en")); strings.Contains(got, "A-1") || strings.Contains(got, "cases") {
		t.Fatalf("for somebody who is not linked: %s", got)
	}
	for i, c := range []struct {
		site        string
		role        access.Role
		sees, leads bool
	}{
		{access.EverySite, access.Admin, true, true},
		{access.EverySite, access.Agent, true, false},
		{"main-street", access.Viewer, true, false},
		{"other", access.Lead, false, false},
	} {
		who := slackUser(fmt.Sprintf("U6%d", i), "Bob", "en")
		id := fmt.Sprintf("staff-%d", i)
		s := storage.Staff{ID: id, Name: "Bob", Roles: access.Grants{c.site: c.role}, Created: w.now}
		if err := w.store.PutStaff(context.Background(), s); err != nil {
			t.Fatal(err)
		}
		w.slash(who, "link", w.code(id))
		got := page(who)
		if strings.Contains(got, "P1 · A-1 · Salon Anna") != c.sees || strings.Contains(got, "[http") != c.leads {
			t.Errorf("for a %s at %q: %s", c.role, c.site, got)
		}
		if !strings.Contains(got, "Open cases") {
			t.Errorf("a %s at %q is not told whether there are cases: %s", c.role, c.site, got)
		}
		if c.leads {
			if _, err := w.bot.RemoveStaff(context.Background(), id); err != nil {
				t.Fatal(err)
			}
			if got := page(who); strings.Contains(got, "A-1") {
				t.Errorf("for who has left: %s", got)
			}
		}
	}
	w.command(ann, "cancel", "")
	if got := home(); !strings.Contains(got, "# Past") || !strings.Contains(got, "Answered on") {
		t.Fatalf("afterwards: %s", got)
	}
}

func TestWhatHappensToACaseStandsBelowItsCard(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffSlack, room)
	ann := slackUser("U1", "Ann", "en")
	made, err := w.bot.Invite(context.Background(), w.request(ann))
	if err != nil {
		t.Fatal(err)
	}
	w.settle(ann.address)
	w.tap(ann, render.Tapped{Verb: render.VerbPick, Session: made.Session, Question: 0, Option: 0}.Encode())
	w.say(ann, "where are you")
	rows := w.transcript(staffSlack)
	switch {
	case len(rows) != 2:
		t.Fatalf("len(rows) != 2: %+v", rows)
	case rows[1].Render.Under != rows[0].Slot:
		t.Fatalf("rows[1].Render.Under != rows[0].Slot: %+v", rows)
	case rows[1].Ord <= rows[0].Ord:
		t.Fatalf("rows[1].Ord <= rows[0].Ord: %+v", rows)
	}
	switch m := rows[1].Render; {
	case !strings.HasPrefix(m.Title, "A-1 · "):
		t.Fatalf(`!strings.HasPrefix(m.Title, "A-1 · "): %+v`, m)
	case len(m.Quotes) != 1:
		t.Fatalf("len(m.Quotes) != 1: %+v", m)
	case m.Quotes[0].Text != "where are you":
		t.Fatalf(`m.Quotes[0].Text != "where are you": %+v`, m)
	}
	switch m := rows[1].Render; {
	case len(m.Rows) != 1:
		t.Errorf("len(m.Rows) != 1: what the customer wrote cannot be answered: %+v", m)
	case m.Rows[0][0].Form == nil:
		t.Errorf("m.Rows[0][0].Form == nil: what the customer wrote cannot be answered: %+v", m)
	case m.Rows[0][0].Text != "Reply":
		t.Errorf(`m.Rows[0][0].Text != "Reply": what the customer wrote cannot be answered: %+v`, m)
	}
	if n := len(w.transcript(room)); n != 2 {
		t.Errorf("%d messages in the browser's room", n)
	}
}
