package bot

import (
	"context"
	"fmt"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/bot/voice"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// BenchmarkTap is what one low tap costs without the database: the button's data, the
// step, the judgement, the decision, and the rendering of the condensed question, the
// next question and the card.
func BenchmarkTap(b *testing.B) {
	said, err := voice.Load()
	if err != nil {
		b.Fatal(err)
	}
	f, _, ok := flowfile.Template("post_service_3")
	if !ok {
		b.Fatal("the template is gone")
	}
	f.Version = 1
	bot := &Bot{texts: said, key: []byte("k")}
	bot.snap = snapshot.Fixed(&snapshot.Snapshot{
		Chats: inSettings(staffTG),
		Flows: map[snapshot.FlowKey]*snapshot.Flow{{ID: f.ID, Version: 1}: snapshot.NewFlow(f)},
		Sites: map[string]snapshot.Site{"main": {Site: storage.Site{ID: "main", Name: "Salon Anna"}, Zone: monday.Location()}},
	})
	ann := telegramUser("1", "Ann", "en")
	id := ann.person().ID()
	opened := survey.Step(f, survey.Session{
		ID: "0195a1b2-0000-7000-8000-000000000001", Flow: f.ID, Version: 1, Open: survey.NoQuestion, Lang: "en",
		Attributes: map[string]string{"service_name": "Haircut"},
	}, survey.Open{}, monday).Session
	u := chat.Update{
		Kind: chat.Tap, From: ann.address, User: ann.user, Private: true,
		Data: render.Tapped{Verb: render.VerbPick, Session: opened.ID, Question: 0, Option: 0}.Encode(),
	}
	b.ReportAllocs()
	for b.Loop() {
		load, act := (&job{b: bot, update: &u, person: ann.person()}).tap()
		turn := bot.turnOf("k", "k", load, nil, act)
		c, err := turn.Apply(storage.Loaded{
			Now: monday, NextCase: 1,
			Identity: &storage.Identity{ID: id, Person: ann.person(), Address: ann.address, Name: "Ann", Username: "ann", Spoken: "en", Session: opened.ID, Seen: monday},
			Session:  &storage.Session{Session: opened, Identity: id, Address: ann.address, Site: "main"},
		})
		switch {
		case err != nil:
			b.Fatalf("err != nil: the tap gave %+v, %v", c, err)
		case len(c.Slots) != 3:
			b.Fatalf("len(c.Slots) != 3: the tap gave %+v, %v", c, err)
		case c.Case == nil:
			b.Fatalf("c.Case == nil: the tap gave %+v, %v", c, err)
		}
	}
}

// BenchmarkAnswer is a stored answer end to end up to the outbox: Handle in slices of a
// hundred updates of as many people, on SQLite.
func BenchmarkAnswer(b *testing.B) {
	const people = 100
	w := newWorldOf(b, 1)
	ctx := context.Background()
	n := 0
	var taps [][]chat.Update
	for b.Loop() {
		if len(taps) == 0 {
			b.StopTimer()
			starts := make([]chat.Update, people)
			rounds := make([][]chat.Update, 3)
			for i := range starts {
				n++
				who := telegramUser(fmt.Sprint(n), "Ann", "en")
				inv := w.invite(InviteRequest{Flow: "post_service_3", Site: "main-street"})
				starts[i] = w.update(who, chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
				session := opens(w.bot, inv, who.person())
				for q := range rounds {
					rounds[q] = append(rounds[q], w.update(who, chat.Update{
						Kind: chat.Tap, Data: render.Tapped{Verb: render.VerbPick, Session: session, Question: q, Option: 3}.Encode(),
					}))
				}
			}
			if _, err := w.bot.Handle(ctx, starts); err != nil {
				b.Fatal(err)
			}
			taps = rounds
			b.StartTimer()
		}
		if _, err := w.bot.Handle(ctx, taps[0]); err != nil {
			b.Fatal(err)
		}
		taps = taps[1:]
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*people), "µs/answer")
}
