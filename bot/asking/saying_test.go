package asking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/personal"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// said stores that somebody answered twenty days ago that they were unsatisfied.
func (w *world) said(user, customer, lang string, level int, of ...func(*storage.Identity)) storage.Identity {
	w.t.Helper()
	w.n++
	p := storage.Person{Platform: chat.Telegram, Account: "42", User: user}
	at, value := w.now.AddDate(0, 0, -20), float64(level)
	b := storage.BucketOf(p.Hash16(), w.store.Buckets())
	s := storage.Session{
		Session: survey.Session{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n), Flow: "one_tap_csat", Version: 1, Status: survey.Completed, Started: at, Lang: lang},
		Bucket:  b, Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: user}, Site: "main", Day: at.Format(time.DateOnly), Customer: customer,
	}
	s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: at}}
	s.Judgement.Level, s.Facts.Class, s.Judgement.Unsatisfied = level, survey.Transactional, level <= 3
	id := storage.Identity{ID: p.ID(), Bucket: b, Person: p, Address: s.Address, Session: s.ID, Customer: customer, Created: at, Seen: at}
	for _, f := range of {
		f(&id)
	}
	check(w.t, errors.Join(w.store.Advance(w.t.Context(), b, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Identity: &id, Session: &s, Answers: s.Answers}, nil
	}}})...))
	for more := true; more; {
		got, err := w.store.Fold(w.t.Context(), b, bot.Rows(w.bot), 100)
		check(w.t, err)
		more = got.More
	}
	return id
}

// heard are the messages in somebody's chat.
func (w *world) heard(id storage.Identity) (all []string) {
	w.t.Helper()
	rows, err := w.store.Transcript(w.t.Context(), id.Bucket, id.Address)
	check(w.t, err)
	for _, d := range rows {
		all = append(all, d.Render.Text)
	}
	return all
}

func (w *world) changes(id string) *storage.Improvement {
	w.t.Helper()
	i := storage.Improvement{ID: id, Site: "main", Day: w.now.AddDate(0, 0, -5).Format(time.DateOnly), Made: w.now, ImprovementTerms: storage.ImprovementTerms{Reason: "slow", Change: "A second till"}}
	check(w.t, w.store.PutImprovement(w.t.Context(), i, storage.Audit{}))
	return &i
}

var tills = map[string]string{"en": "There is a second till now.", "zh-Hans": "现在有第二个收银台。"}

// TestThoseWhoSaidItAreToldOnce follows a message from the decision to the last who could be told.
func TestThoseWhoSaidItAreToldOnce(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		anna := w.said("1", "C-1", "en", 2)
		again := w.said("11", "C-1", "en", 1) // the same customer, in another chat
		li := w.said("2", "C-2", "zh-Hans", 3)
		lone := w.said("3", "", "en", 1) // nobody's key
		content := w.said("4", "C-4", "en", 7)
		stopped := w.said("5", "C-5", "en", 1, func(i *storage.Identity) { i.Stopped = noon })
		blocked := w.said("6", "C-6", "en", 1, func(i *storage.Identity) { i.Blocked = noon })
		speechless := w.said("7", "C-7", "es", 1)
		i := w.changes("i1")
		all, err := asking.Telling{By: w.asking}.Hearers(t.Context(), i, tills)
		check(t, err)
		may := 0
		for _, h := range all {
			if h.May() {
				may++
			}
		}
		if len(all) != 6 || may != 3 {
			t.Errorf("%d said so, %d may be told: %+v", len(all), may, all)
		}
		w.pass(time.Minute)
		if got := w.heard(anna); len(got) > 0 {
			t.Fatalf("told without anybody's decision: %q", got)
		}
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{ID: "said", At: w.now, What: "improvement.tell", Subject: "i1"}))
		if err := (asking.Telling{By: w.asking}).Say(t.Context(), "i1", "robin", tills, storage.Audit{}); !errors.Is(err, asking.ErrSaid) {
			t.Errorf("decided twice: %v", err)
		}
		w.pass(time.Minute)
		w.pass(time.Hour)
		told := len(w.heard(anna)) + len(w.heard(again))
		if got := w.heard(li); told != 1 || len(got) != 1 || !strings.Contains(got[0], "您告诉过我们") || !strings.Contains(got[0], "第二个收银台") {
			t.Errorf("a customer with two chats was told %d times, another reads %q", told, got)
		}
		if got := w.heard(lone); len(got) != 1 || !strings.Contains(got[0], "There is a second till now.") {
			t.Errorf("who has no key reads %q", got)
		}
		for name, id := range map[string]storage.Identity{"content": content, "stopped": stopped, "blocked": blocked, "without words": speechless} {
			if got := w.heard(id); len(got) > 0 {
				t.Errorf("who is %s was told %q", name, got)
			}
		}
		stored, err := w.store.Improvement(t.Context(), "i1")
		check(t, err)
		if s := stored.Said; s.Ended.IsZero() || s.Told != 3 || s.Not["stopped"] != 1 || s.Not["blocked"] != 1 || s.Not["no_words"] != 1 {
			t.Errorf("it ended as %+v", s)
		}
	})
}

// Who is in peace now is told when their peace is over, and not at all once the time for it is.
func TestWhoIsInPeaceIsToldLaterOrNot(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.now = time.Date(2026, 3, 10, 22, 30, 0, 0, time.UTC) // at night
		anna := w.said("1", "C-1", "en", 2)
		const open = "01900000-0000-7000-8000-000000000001"
		busy := w.said("2", "C-2", "en", 1, func(i *storage.Identity) { i.Case = open })
		check(t, errors.Join(w.store.Advance(t.Context(), busy.Bucket, []storage.Turn{{Apply: func(l storage.Loaded) (storage.Change, error) {
			k := storage.Case{Bucket: busy.Bucket, Identity: busy.ID, Site: "main", Customer: "C-2"}
			k.ID, k.Number, k.State, k.OpenedAt = open, l.NextCase, recovery.Open, w.now
			return storage.Change{Case: &k}, nil
		}}})...))
		w.changes("i1")
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{}))
		w.pass(time.Minute)
		if got := w.heard(anna); len(got) > 0 {
			t.Errorf("told at night: %q", got)
		}
		w.pass(12 * time.Hour)
		if got := w.heard(anna); len(got) != 1 {
			t.Errorf("not told in the morning: %q", got)
		}
		w.pass(15 * 24 * time.Hour)
		if got := w.heard(busy); len(got) > 0 {
			t.Errorf("told while their case is open: %q", got)
		}
		stored, err := w.store.Improvement(t.Context(), "i1")
		check(t, err)
		if s := stored.Said; s.Ended.IsZero() || s.Told != 1 || s.Not["open_case"] != 1 {
			t.Errorf("it ended as %+v", s)
		}
	}, "sqlite")
}

// TestACrashTellsNobodyTwice lets the process that tells die at each of its calls to the database,
// and another go on.
func TestACrashTellsNobodyTwice(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		inner := w.store
		calls, began, n := 1, 0, 0
		for at := 0; at <= calls; at++ {
			for _, when := range deaths() {
				n++
				anna := w.said(fmt.Sprint(1000+n), fmt.Sprint("C-", n), "en", 2)
				id := fmt.Sprint("i-", n)
				w.changes(id)
				check(t, asking.Telling{By: w.asking}.Say(t.Context(), id, "robin", tills, storage.Audit{}))
				mortal := storagetest.Crashing(inner, (began+at)*min(at, 1), when)
				w.on(mortal)
				if at == 0 {
					began = mortal.Calls()
				}
				_ = w.asking.Look(t.Context()) // it may be dead
				if at == 0 {
					calls = mortal.Calls() - began
				}
				w.on(inner)
				w.pass(30 * time.Second)
				told := 0
				for _, text := range w.heard(anna) {
					if strings.Contains(text, "second till") {
						told++
					}
				}
				// Everybody of the earlier rounds said so as well: each change is theirs too.
				stored, err := inner.Improvement(t.Context(), id)
				check(t, err)
				if told != 1 || stored.Said.Ended.IsZero() || stored.Said.Told != n {
					t.Fatalf("dead at call %d (%v): told %d times, %+v", at, when, told, stored.Said)
				}
			}
		}
		if calls < 10 {
			t.Errorf("only %d calls: the test shows little", calls)
		}
	}, "sqlite")
}

// publishes makes a shipped survey the first version of one of our own.
func (w *world) publishes(flow string) {
	w.t.Helper()
	_, source, ok := flowfile.Template(flow)
	if !ok {
		w.t.Fatalf("there is no template %s", flow)
	}
	_, _, err := w.store.Publish(w.t.Context(), flow, string(source), w.now.AddDate(0, -1, 0))
	check(w.t, err)
	check(w.t, w.bot.Configuration().Refresh(w.t.Context()))
}

// dossier is everything of a customer, by their key.
func (w *world) dossier(customer string) storage.Dossier {
	w.t.Helper()
	people, err := bot.FindPeople(w.t.Context(), w.bot, customer)
	check(w.t, err)
	if len(people) != 1 {
		w.t.Fatalf("%d people are %s", len(people), customer)
	}
	return people[0]
}

// TestWhoStoppedOrWasErasedMeanwhileIsNeverTold: between the decision and the morning one says stop in
// another of their chats, one in the same, and one is erased. None of them is told, whoever looks again, and
// nothing of the message is left of who was erased.
func TestWhoStoppedOrWasErasedMeanwhileIsNeverTold(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.now = time.Date(2026, 3, 10, 22, 30, 0, 0, time.UTC) // at night: all of them wait
		w.publishes("one_tap_csat")
		anna, elsewhere := w.said("1", "C-1", "en", 2), w.said("11", "C-1", "en", 5)
		ben, cleo, dora := w.said("2", "C-2", "en", 1), w.said("3", "C-3", "en", 1), w.said("4", "C-4", "en", 1)
		w.changes("i1")
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{}))
		w.pass(time.Minute)
		w.says("11", chat.Update{Kind: chat.Command, Command: "stop"}) // Anna, in her other chat
		w.says("2", chat.Update{Kind: chat.Command, Command: "stop"})
		_, err := bot.Privacy(w.bot).Erase(t.Context(), w.dossier("C-4"), personal.Options{Quiet: true, Mark: true, Why: storage.ErasedOnRequest})
		check(t, err)
		w.pass(12 * time.Hour)
		w.pass(15 * 24 * time.Hour)
		told := func(id storage.Identity) (n int) {
			for _, text := range w.heard(id) {
				if strings.Contains(text, "second till") {
					n++
				}
			}
			return n
		}
		for name, id := range map[string]storage.Identity{"said stop elsewhere": anna, "said stop, in that chat": elsewhere, "said stop": ben, "was erased": dora} {
			if n := told(id); n > 0 {
				t.Errorf("who %s is told %d times", name, n)
			}
		}
		if n := told(cleo); n != 1 {
			t.Errorf("who may be told is told %d times", n)
		}
		stored, err := w.store.Improvement(t.Context(), "i1")
		check(t, err)
		if s := stored.Said; s.Ended.IsZero() || s.Told != 1 || s.Not["stopped"] != 2 || len(s.Not) != 1 {
			t.Errorf("it ended as %+v", s) // who was erased is not counted: nobody knows that they said so
		}
		w.said("4", "C-4", "en", 1) // they come again, and say so again
		w.changes("i2")
		second, err := w.store.Improvement(t.Context(), "i2")
		check(t, err)
		all, err := asking.Telling{By: w.asking}.Hearers(t.Context(), &second, tills)
		check(t, err)
		for _, h := range all {
			if h.Identity.Customer == "C-4" && h.May() {
				t.Errorf("who asked to be forgotten may be told of another change: %+v", h.Decision)
			}
		}
	})
}

// TestWhoGaveNoBasisIsNotTold: where the policy asks for a basis of consent, a message that nobody waits for
// needs one as a question does.
func TestWhoGaveNoBasisIsNotTold(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		with, without := w.said("1", "C-1", "en", 2), w.said("2", "C-2", "en", 2)
		w.linked("C-1", "1")
		w.triggers("triggers:\n  - {name: visit, ask: post_service_3, after: 0m}\n")
		w.told("1", "C-1", func(e *storage.Event) { e.Customer.Consent = &storage.EventConsent{Basis: "consent"} })
		w.pass(time.Minute)
		w.answersAll("1")
		w.pass(time.Hour)
		w.triggers("contact: {consent: [consent], open_case: ask}\n")
		w.changes("i1")
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{}))
		w.pass(8 * 24 * time.Hour)
		w.pass(15 * 24 * time.Hour)
		count := func(id storage.Identity) int { return strings.Count(strings.Join(w.heard(id), "\n"), "second till") }
		stored, err := w.store.Improvement(t.Context(), "i1")
		check(t, err)
		if count(with) != 1 || count(without) != 0 || stored.Said.Not["no_consent"] != 1 {
			t.Errorf("with a basis %d, without %d times; it ended as %+v", count(with), count(without), stored.Said)
		}
	}, "sqlite")
}

// TestManyAreToldInBatches: of more than a batch each is told once, and no more are decided about than it takes.
func TestManyAreToldInBatches(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		const many = 450
		for i := range many {
			n := fmt.Sprint(2000 + i)
			w.said(n, "K-"+n, "en", 2)
		}
		w.changes("i1")
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{}))
		rounds := 0
		for told := 0; told < many; rounds++ {
			w.now = w.now.Add(10 * time.Second)
			check(t, w.asking.Look(t.Context()))
			i, err := w.store.Improvement(t.Context(), "i1")
			check(t, err)
			if i.Said.Told <= told {
				t.Fatalf("%d are told after %d rounds", i.Said.Told, rounds)
			}
			told = i.Said.Told
		}
		if i, err := w.store.Improvement(t.Context(), "i1"); rounds != 3 || err != nil || i.Said.Ended.IsZero() {
			t.Errorf("all are told in %d rounds; it ended %v, %v", rounds, i.Said.Ended, err)
		}
	}, "sqlite")
}

// crowd is a database in which too many said why.
type crowd struct{ storage.Store }

func (crowd) Sayers(context.Context, storage.FigureFilter, *storage.Improvement, time.Time) ([]storage.Sayer, bool, error) {
	return nil, true, nil
}

// TestTellingTooManyEndsWithItsTime: nobody is told, and nothing is looked for for ever.
func TestTellingTooManyEndsWithItsTime(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.changes("i1")
		check(t, asking.Telling{By: w.asking}.Say(t.Context(), "i1", "robin", tills, storage.Audit{}))
		w.on(crowd{w.store})
		for _, days := range []int{1, 14} {
			w.pass(time.Duration(days) * 24 * time.Hour)
			if i, err := w.store.Improvement(t.Context(), "i1"); err != nil || i.Said.Ended.IsZero() != (days == 1) {
				t.Errorf("after %d days it ended %v, %v", days, i.Said.Ended, err)
			}
		}
	}, "sqlite")
}
