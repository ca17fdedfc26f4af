package bot

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// TestDuplicatesAndDisorderGiveTheModelsState delivers every update one to five times,
// shuffled by up to fifty places and late by up to a day, in batches of any size. The model
// is the pure survey engine, fed with each update once, in the order of first arrival.
func TestDuplicatesAndDisorderGiveTheModelsState(t *testing.T) {
	w := newWorldOf(t, 4)
	n, updates, delivered := 0, 0, 0
	delays := []time.Duration{0, 0, time.Second, 90 * time.Second, 20 * time.Minute, 5 * time.Hour}
	rapid.Check(t, func(t *rapid.T) {
		began := w.now
		people := make([]*respondent, rapid.IntRange(1, 4).Draw(t, "people"))
		var stream []chat.Update
		for i := range people {
			n++
			flow := rapid.SampledFrom([]string{"one_tap_csat", "post_service_3", "ladder7_expect"}).Draw(t, "flow")
			people[i] = w.respondent(fmt.Sprint(n), flow)
			stream = append(stream, people[i].updates(t)...)
		}
		stream = shuffled(t, stream)
		arrived := make(map[string]bool)
		for len(stream) > 0 {
			batch := stream[:rapid.IntRange(1, len(stream)).Draw(t, "batch")]
			stream = stream[len(batch):]
			if later := rapid.SampledFrom(delays).Draw(t, "later"); w.now.Add(later).Sub(began) < 24*time.Hour {
				w.now = w.now.Add(later)
			}
			delivered += len(batch)
			for i := range batch {
				if u := &batch[i]; !arrived[u.Key] {
					arrived[u.Key] = true
					updates++
					for _, p := range people {
						p.model(u)
					}
				}
			}
			if _, err := w.bot.Handle(context.Background(), batch); err != nil {
				t.Fatalf("Handle: %v", err)
			}
		}
		for _, p := range people {
			p.compare(t)
		}
	})
	parked, err := w.store.ParkedUpdates(context.Background(), 10)
	if err != nil || len(parked) != 0 {
		t.Errorf("parked: %+v, %v", parked, err)
	}
	t.Attr("figure", fmt.Sprintf("%d updates of %d customers, delivered %d times: every session and judgement is the model's", updates, n, delivered))
}

// respondent is a customer with the model of their session.
type respondent struct {
	w    *world
	who  customer
	inv  Invite
	flow *snapshot.Flow
	id   string // of the session
	want survey.Session
}

// opens is the id of the session that an invitation with the usual time limit opens for a person.
func opens(b *Bot, inv Invite, who storage.Person) string {
	made := inv.Expires.Add(-DefaultInviteExpires)
	if page, _ := onPage(inv.ID); b.bucketOf(page) != b.bucketOf(who) {
		return b.key.sessionApart(inv.ID, made)
	}
	return b.key.sessionOf(inv.ID, made)
}

func (w *world) respondent(id, flow string) *respondent {
	inv := w.invite(InviteRequest{Flow: flow, Site: "main-street", Event: map[string]string{"service_name": "Haircut"}})
	f, err := w.bot.snap.Now().Flow(inv.Flow, inv.Version)
	if err != nil {
		w.t.Fatal(err)
	}
	who := telegramUser(id, "P"+id, "en")
	session := opens(w.bot, inv, who.person())
	return &respondent{w: w, who: who, inv: inv, flow: f, id: session, want: survey.Session{
		ID: session, Flow: inv.Flow, Version: inv.Version, Status: survey.New, Open: survey.NoQuestion, Lang: "en",
		Attributes: map[string]string{"service_name": "Haircut"},
	}}
}

// updates is a random conversation: mostly taps, also on questions that are not open.
func (p *respondent) updates(t *rapid.T) []chat.Update {
	us := []chat.Update{p.w.update(p.who, chat.Update{Kind: chat.Command, Command: "start", Text: p.inv.Token})}
	for range rapid.IntRange(0, 12).Draw(t, "updates") {
		u := chat.Update{Kind: chat.Tap}
		q := rapid.IntRange(0, len(p.flow.Questions)-1).Draw(t, "question")
		d := render.Tapped{Session: p.id, Question: q}
		switch d.Verb = rapid.SampledFrom([]render.Verb{render.VerbPick, render.VerbPick, render.VerbPick, render.VerbToggle, render.VerbToggle, render.VerbDone, render.VerbSkip, render.VerbChange, 'w'}).Draw(t, "verb"); d.Verb {
		case render.VerbPick, render.VerbToggle:
			d.Option = rapid.IntRange(0, 8).Draw(t, "option")
		case 'w':
			u = chat.Update{Kind: chat.Text, Text: rapid.SampledFrom([]string{"2", "5/5", "price", "It was late.", "no", "\u202e", "99"}).Draw(t, "text")}
		}
		if u.Kind == chat.Tap {
			u.Data = d.Encode()
		}
		us = append(us, p.w.update(p.who, u))
	}
	return us
}

// model feeds one update to the pure engine.
func (p *respondent) model(u *chat.Update) {
	if u.User.ID != p.who.user.ID {
		return
	}
	var in survey.Input
	opened := p.want.Status != survey.New
	switch {
	case u.Kind == chat.Command:
		in = survey.Open{}
	case !opened:
		return // nobody knows this person yet
	case u.Kind == chat.Text:
		in = survey.Write{Text: u.Text}
	default:
		d, ok := render.Decode(u.Data)
		if !ok {
			p.w.t.Fatalf("the test made the data %q", u.Data)
		}
		in = d.Input()
	}
	p.want = survey.Step(p.flow.Flow, p.want, in, p.w.now).Session
}

func (p *respondent) compare(t *rapid.T) {
	ctx := context.Background()
	got, err := p.w.store.Session(ctx, p.w.bot.bucketOf(p.who.person()), p.id)
	if err != nil {
		t.Fatalf("read the session: %v", err)
	}
	options := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(survey.Session{}, "Said")}
	if diff := cmp.Diff(p.want, got.Session, options); diff != "" {
		t.Fatalf("the session is not the model's (-model +stored):\n%s", diff)
	}
	if want := survey.Judge(p.flow.Flow, p.want.Answers, p.want.Status.Final()); len(p.want.Answers) > 0 {
		if diff := cmp.Diff(want, got.Judgement, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("the judgement is not the model's (-model +stored):\n%s", diff)
		}
	}
	// Every answer was shown: nothing is asked in a slot that the session does not know.
	for _, a := range p.want.Answers {
		if _, ok := p.flow.Index[a.Question]; !ok {
			t.Fatalf("an answer to %q, which is no question", a.Question)
		}
	}
}

// shuffled repeats each update one to five times and moves each by up to fifty places.
func shuffled(t *rapid.T, us []chat.Update) []chat.Update {
	var all []chat.Update
	for _, u := range us {
		for range rapid.IntRange(1, 5).Draw(t, "times") {
			all = append(all, u)
		}
	}
	for i := range all {
		j := min(len(all)-1, i+rapid.IntRange(0, 50).Draw(t, "shift"))
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// TestNoUpdateBreaksTheBot sends anything to a bot with a few conversations under way.
func TestNoUpdateBreaksTheBot(t *testing.T) {
	w := newWorldOf(t, 2)
	n, handled := 1000, 0
	kinds := []chat.Kind{
		chat.Text, chat.Text, chat.Command, chat.Tap, chat.Tap, chat.Tap, chat.Edited, chat.Blocked, chat.Joined, chat.Moved, chat.Other, "",
	}
	words := []string{
		"", "2", "5/5", "/skip", "/", "/start x", "//", "\x00", "\xff", "🙂", "{first_name}", "[", "<b>", "\u202e\u200f", "1e9", "-0", "٣",
	}
	names := append([]string{"", "settings", "START", "dance", "x y"}, voice.Commands[:]...)
	rapid.Check(t, func(t *rapid.T) {
		n++
		who := telegramUser(fmt.Sprint(n), "", rapid.SampledFrom([]string{"", "en", "ar", "zh-TW", "xx", "\x00"}).Draw(t, "lang"))
		p := w.respondent(fmt.Sprint(n), rapid.SampledFrom([]string{"it_helpdesk", "expect_perceive", "nps_why", "servqual5", "lost_customer"}).Draw(t, "flow"))
		p.who = who
		us := []chat.Update{w.update(who, chat.Update{Kind: chat.Command, Command: "start", Text: p.inv.Token})}
		for range rapid.IntRange(1, 25).Draw(t, "updates") {
			u := chat.Update{
				Kind:    rapid.SampledFrom(kinds).Draw(t, "kind"),
				Text:    rapid.OneOf(rapid.SampledFrom(words), rapid.String()).Draw(t, "text"),
				Command: rapid.SampledFrom(names).Draw(t, "command"),
				Data:    rapid.StringN(0, 70, 70).Draw(t, "data"),
			}
			if rapid.Bool().Draw(t, "button") {
				u.Data = render.Tapped{
					Verb:    rapid.SampledFrom([]render.Verb{render.VerbPick, render.VerbToggle, render.VerbDone, render.VerbSkip, render.VerbChange, render.VerbBack, render.VerbStart, render.VerbLater, render.VerbNotNow, render.VerbLanguage}).Draw(t, "verb"),
					Session: p.id, Question: rapid.IntRange(0, 10).Draw(t, "question"), Option: rapid.IntRange(0, 11).Draw(t, "option"),
					Language: rapid.SampledFrom([]string{"en", "ar", "zh-Hans", "xx"}).Draw(t, "tag"),
				}.Encode()
			}
			if rapid.IntRange(0, 9).Draw(t, "file") == 0 {
				u.Files = []chat.File{{Kind: "photo", ID: "f\x00", Name: "\xff"}}
			}
			if u.Kind == chat.Moved {
				u.MovedTo = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-" + who.user.ID}
			}
			us = append(us, w.update(who, u))
		}
		handled += len(us)
		if _, err := w.bot.Handle(context.Background(), us); err != nil {
			t.Fatalf("Handle: %v", err)
		}
		s, err := w.store.Session(context.Background(), w.bot.bucketOf(who.person()), p.id)
		if err != nil {
			t.Fatalf("read the session: %v", err)
		}
		if s.Open != survey.NoQuestion && (s.Open < 0 || s.Open >= len(p.flow.Questions)) {
			t.Fatalf("question %d is open", s.Open)
		}
		revisions(t, w, s)
	})
	parked, err := w.store.ParkedUpdates(context.Background(), 3)
	if err != nil || len(parked) != 0 {
		t.Errorf("parked: %+v, %v", parked, err)
	}
	t.Attr("figure", fmt.Sprintf("%d generated updates of %d customers: none parked, every session in order", handled, n-1000))
}

// revisions checks that stored revisions count from one without gaps or doubles.
func revisions(t *rapid.T, w *world, s storage.Session) {
	all, err := w.store.Answers(context.Background(), s.Bucket, s.ID)
	if err != nil {
		t.Fatalf("read the answers: %v", err)
	}
	last := make(map[string]int)
	for _, a := range all {
		if a.Revision != last[a.Question]+1 {
			t.Fatalf("%s: revision %d follows %d", a.Question, a.Revision, last[a.Question])
		}
		last[a.Question] = a.Revision
	}
	for _, a := range s.Answers {
		if last[a.Question] != a.Revision {
			t.Fatalf("%s: the session shows revision %d, the newest is %d", a.Question, a.Revision, last[a.Question])
		}
	}
}
