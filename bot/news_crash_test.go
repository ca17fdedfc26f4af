package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// told are the bodies of news about something that wait for an endpoint.
func (w *world) toldOf(about string) (all []string) {
	w.t.Helper()
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Hook, Account: "crm", Chat: about})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range list {
			if d.Wanted != 1 {
				w.t.Errorf("the same is told %d times: %s", d.Wanted, d.Render.Text)
			}
			all = append(all, d.Render.Text)
		}
	}
	return all
}

// hooked has another system be told of some news from this moment on.
func (w *world) hooked(news ...storage.News) {
	w.t.Helper()
	crm := storage.Hook{ID: "crm", Name: "crm", Made: w.now, HookTerms: storage.HookTerms{News: news}}
	if err := w.store.PutInstallation(w.t.Context(), crm.Installation("sealed")); err != nil {
		w.t.Fatal(err)
	}
	if err := w.bot.Configuration().Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// sameBotOn is another program on a store, with the rules of this one.
func (w *world) sameBotOn(store storage.Store) *Bot {
	w.t.Helper()
	b, rules := w.botOn(store), w.bot.snap.Now().Policy
	b.snap.Change(func(n *snapshot.Snapshot) { n.Policy = rules })
	return b
}

// TestACrashTellsOfASurveyOnce publishes a version of a survey at a time, and lets the process that tells of it
// die at each of its calls to the database, before and after the call: whoever goes on tells of it once.
func TestACrashTellsOfASurveyOnce(t *testing.T) {
	w := newWorld(t)
	w.hooked(storage.FlowPublished)
	calls, version := 1, 0
	for at := 0; at <= calls; at++ {
		for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
			version++
			w.now = w.now.Add(time.Second)
			source := fmt.Sprintf("flow: toy\nclass: transactional\ntitle: T%d\nlanguages: [en]\nquestions: [{key: overall, scale: csat5, primary: true, weight: 1, ask: A}]\n", version)
			if _, _, err := w.store.Publish(t.Context(), "toy", source, w.now); err != nil {
				t.Fatal(err)
			}
			counted := storagetest.Crashing(w.store, 0, when)
			w.botOn(counted)
			began := counted.Calls()
			mortal := storagetest.Crashing(w.store, (began+at)*min(at, 1), when)
			dying := newTeller(w.botOn(mortal))
			_ = dying.published(context.Background()) // it may be dead
			if at == 0 {
				calls = mortal.Calls() - began
			}
			for range 2 {
				if err := newTeller(w.newBot()).published(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			for _, body := range w.toldOf("toy") {
				if strings.Contains(body, fmt.Sprintf(`"version":%d}`, version)) {
					n++
				}
			}
			if n != 1 {
				t.Fatalf("dead at call %d (%v): version %d is told %d times", at, when, version, n)
			}
		}
	}
	if calls < 3 {
		t.Errorf("only %d calls: the test shows little", calls)
	}
}

// TestACrashTellsOfAnAlarmOnce lets the process that watches die in the last of its calls, in which it tells
// staff and other systems, before and after each: whoever goes on tells both, once.
func TestACrashTellsOfAnAlarmOnce(t *testing.T) {
	const lastCalls = 6
	alarmed := func() (*world, customer) {
		w := newWorld(t)
		setStaff(w.bot, staffTG)
		lea := w.member(1, "Lea", access.Lead)
		w.withRules(func(r *recovery.Rules) { r.Report.Alarm = true })
		begin := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		for back := 140; back > 0; back -= 4 {
			w.answeredOn("main-street", begin.AddDate(0, 0, -back).Format(time.DateOnly), levelsOf(1, 9)...)
		}
		w.now = begin
		w.hooked(storage.AlarmRaised)
		w.answeredOn("main-street", "2026-03-02", levelsOf(12, 3)...)
		return w, customer{address: lea.address}
	}
	w, _ := alarmed()
	counted := storagetest.Crashing(w.store, 0, storagetest.BeforeCall)
	watching := newTeller(w.sameBotOn(counted))
	began := counted.Calls() // to read the configuration
	if err := watching.reports(context.Background()); err != nil {
		t.Fatal(err)
	}
	calls := counted.Calls() - began
	if got := w.toldOf("main-street"); len(got) != 1 {
		t.Fatalf("where nobody dies other systems are told %q", got)
	}
	for at := max(1, calls-lastCalls+1); at <= calls; at++ {
		for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
			w, lea := alarmed()
			mortal := storagetest.Crashing(w.store, began+at, when)
			_ = newTeller(w.sameBotOn(mortal)).reports(context.Background()) // it dies
			w.now = w.now.Add(time.Hour)
			if got := w.reported(lea.address); len(got) != 1 {
				t.Errorf("dead at call %d of %d (%v): a lead is told %d times", at, calls, when, len(got))
			}
			if got := w.toldOf("main-street"); len(got) != 1 || !strings.Contains(got[0], `"kind":"worse"`) {
				t.Errorf("dead at call %d of %d (%v): other systems are told %q", at, calls, when, got)
			}
		}
	}
}

// counting counts how often all surveys are read.
type counting struct {
	storage.Store
	sources int
}

func (c *counting) FlowSources(ctx context.Context) ([]storage.FlowSource, error) {
	c.sources++
	return c.Store.FlowSources(ctx)
}

// TestSurveysAreReadAgainOnlyAfterAChange: an endpoint is told of surveys, and nothing is published for an hour.
func TestSurveysAreReadAgainOnlyAfterAChange(t *testing.T) {
	w := newWorld(t)
	w.hooked(storage.FlowPublished)
	store := &counting{Store: w.store}
	teller := newTeller(w.botOn(store))
	round := func(want int) {
		t.Helper()
		store.sources = 0
		for range 10 {
			if err := teller.published(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(10 * time.Minute)
		}
		if store.sources > want {
			t.Errorf("all surveys are read %d times", store.sources)
		}
	}
	round(1)
	if _, _, err := w.store.Publish(t.Context(), "toy", "flow: toy\nclass: transactional\ntitle: T\nlanguages: [en]\nquestions: [{key: overall, scale: csat5, primary: true, weight: 1, ask: A}]\n", w.now); err != nil {
		t.Fatal(err)
	}
	if err := teller.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.sources = 0
	round(2)
	if got := w.toldOf("toy"); len(got) != 1 {
		t.Errorf("told is %v", got)
	}
}
