package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

var improvementTests = group{
	"an improvement is kept, changed by one at a time, and taken back": keptImprovements,
	"who said why is found, with what became of telling them":          foundSayers,
}

func keptImprovements(t *testing.T, b *bench) {
	ctx, now := t.Context(), b.clock.Now()
	if _, err := b.store.Improvement(ctx, "x"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	older := storage.Improvement{ID: "i1", Site: "a", Day: "2026-02-01", Made: now, ImprovementTerms: storage.ImprovementTerms{
		Reason: "too long a wait", Of: storage.Naming{Flow: "f", Question: "why", Choice: "waiting"}, Change: "a second till", Owner: "Bo", By: "robin",
	}}
	newer := storage.Improvement{ID: "i2", Day: "2026-02-02", Made: now, ImprovementTerms: storage.ImprovementTerms{Note: true, Change: "snow"}}
	for _, i := range []storage.Improvement{older, newer} {
		if err := b.store.PutImprovement(ctx, i, storage.Audit{ID: "made " + i.ID, At: now, What: "improvement.make", Subject: i.ID}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "one", must(b.store.Improvement(ctx, "i1"))(t), older)
	same(t, "all", must(b.store.ImprovementList(ctx))(t), []storage.Improvement{newer, older})
	refused := errors.New("no")
	if _, err := b.store.ChangeImprovement(ctx, "i1", storage.Audit{}, func(*storage.Improvement) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("a change that is refused: %v", err)
	}
	if _, err := b.store.ChangeImprovement(ctx, "x", storage.Audit{}, func(*storage.Improvement) error { return nil }); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a change of none: %v", err)
	}
	said := storage.Telling{At: now, By: "robin", Words: map[string]string{"en": "There is a second till."}, Until: now.Add(time.Hour), Not: map[string]int{"stopped": 2}}
	changed := must(b.store.ChangeImprovement(ctx, "i1", storage.Audit{ID: "said", At: now, What: "improvement.tell", Subject: "i1"}, func(i *storage.Improvement) error {
		i.Said = &said
		return nil
	}))(t)
	older.Said = &said
	same(t, "changed", changed, older)
	same(t, "as it is kept", must(b.store.Improvement(ctx, "i1"))(t), older)
	// Two change it at the same time: both changes are in it.
	done := make(chan error)
	for range 2 {
		go func() {
			_, err := b.store.ChangeImprovement(ctx, "i1", storage.Audit{}, func(i *storage.Improvement) error {
				i.Said.Told++
				return nil
			})
			done <- err
		}()
	}
	if err := errors.Join(<-done, <-done); err != nil {
		t.Fatal(err)
	}
	if got := must(b.store.Improvement(ctx, "i1"))(t).Said.Told; got != 2 {
		t.Errorf("two counted at the same time, and it is %d", got)
	}
	must(b.store.ChangeImprovement(ctx, "i2", storage.Audit{}, func(i *storage.Improvement) error {
		i.Gone = now
		return nil
	}))(t)
	newer.Gone = now
	same(t, "taken back", must(b.store.Improvement(ctx, "i2"))(t), newer)
	if all := must(b.store.ImprovementList(ctx))(t); len(all) != 1 {
		t.Errorf("one that was taken back is among %+v", all)
	}
}

// named stores a conversation of a customer who chose why, as it is folded.
func (b *bench) named(t *testing.T, i, level int, day string, choices ...string) storage.Session {
	t.Helper()
	p, now := person(i), b.clock.Now()
	s, of := session(newID(), p, now), identity(p, "", now)
	of.Session = s.ID
	s.Site, s.Day, s.Flow, s.Status, s.Lang, s.Facts.Class, s.Judgement.Level = "a", day, "f", survey.Completed, "en", survey.Transactional, level
	s.Answers = []survey.Answer{{Question: "why", Choices: choices, Revision: 1, At: now}}
	if err := errors.Join(b.store.Advance(t.Context(), 0, []storage.Turn{change("named:"+s.ID, storage.Change{Identity: &of, Session: &s, Answers: s.Answers})})...); err != nil {
		t.Fatal(err)
	}
	flow := &survey.Flow{ID: "f", Version: 1, Questions: []survey.Question{{
		Key: "why", Kind: survey.ChoiceQ, Choices: []survey.Choice{{Key: "waiting"}, {Key: "price"}},
	}}}
	for more := true; more; {
		more = must(b.store.Fold(t.Context(), 0, folding{flow: flow}, 100))(t).More
	}
	return s
}

func foundSayers(t *testing.T, b *bench) {
	ctx := t.Context()
	early := b.named(t, 1, 2, "2026-02-01", "waiting")
	both := b.named(t, 2, 6, "2026-02-02", "price", "waiting")
	price := b.named(t, 3, 3, "2026-02-03", "price")
	b.named(t, 4, 1, "2026-02-20", "waiting") // after the change
	i := storage.Improvement{ID: "i1", ImprovementTerms: storage.ImprovementTerms{Of: storage.Naming{Flow: "f", Question: "why", Choice: "waiting"}}}
	f := storage.FigureFilter{Sites: []string{"a"}, From: "2026-01-01", To: "2026-02-09", Limit: 9}
	ids, more, err := b.store.Named(ctx, f, i.Of)
	if err != nil || more {
		t.Fatal(more, err)
	}
	want := []string{early.ID, both.ID}
	slices.Sort(ids)
	slices.Sort(want)
	same(t, "who named it", ids, want)
	other := i.Of
	other.Flow = "g"
	if ids, _, err := b.store.Named(ctx, f, other); err != nil || len(ids) > 0 {
		t.Errorf("of another survey: %v, %v", ids, err)
	}
	at := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "1"}
	told := storage.Slot{Kind: storage.NoticeSlot, Owner: person(1).ID(), Part: i.SaidPart()}.String()
	tell := storage.Change{Slots: []storage.SlotOp{{Want: &storage.Want{Slot: told, Kind: storage.NoticeD, Address: at, Render: chat.Message{Text: "There is a second till."}}}}}
	if err := errors.Join(b.store.Advance(ctx, 0, []storage.Turn{change("tell", tell)})...); err != nil {
		t.Fatal(err)
	}
	found := func(what string, i storage.Improvement, before time.Time, want map[string]storage.DeliveryState) {
		t.Helper()
		list, more, err := b.store.Sayers(ctx, f, &i, before)
		if err != nil || more {
			t.Fatal(more, err)
		}
		got := map[string]storage.DeliveryState{}
		for _, s := range list {
			got[s.Session] = s.State
			if s.Identity.ID == "" || s.Site != "a" || s.Flow != "f" {
				t.Errorf("%s: nobody's: %+v", what, s)
			}
		}
		same(t, what, got, want)
	}
	later := b.clock.Now().Add(time.Hour)
	found("of the survey, named or not", i, later, map[string]storage.DeliveryState{early.ID: storage.Due, both.ID: "", price.ID: ""})
	found("unsatisfied", storage.Improvement{ID: "i1"}, later, map[string]storage.DeliveryState{early.ID: storage.Due, price.ID: ""})
	found("before they began", i, b.clock.Now().AddDate(-1, 0, 0), map[string]storage.DeliveryState{})
	f.Limit = 1
	if _, more, err := b.store.Sayers(ctx, f, &i, later); err != nil || !more {
		t.Errorf("beyond the limit: more %v, %v", more, err)
	}
	if list, more, err := b.store.Sayers(ctx, f, &i, b.clock.Now().AddDate(-1, 0, 0)); err != nil || !more || len(list) > 0 {
		t.Errorf("beyond the limit, of whom nobody counts: %d, more %v, %v", len(list), more, err)
	}
}
