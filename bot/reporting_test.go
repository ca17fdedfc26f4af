package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// answeredOn stores conversations of a day at a site, one of each level that is named, each of another customer.
func (w *world) answeredOn(site, day string, levels ...int) {
	w.t.Helper()
	var turns []storage.Turn
	for i, level := range levels {
		p := storage.Person{Platform: chat.Telegram, Account: "42", User: fmt.Sprint(day, "-", site, "-", i)}
		value := float64(level)
		s := storage.Session{
			Session:  survey.Session{ID: fmt.Sprintf("%s-0000-7000-8000-%012d", strings.ReplaceAll(day, "-", ""), i), Flow: "one_tap_csat", Version: 1, Status: survey.Completed, Started: w.now, Lang: "en"},
			Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}, Site: site, Day: day,
		}
		s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: w.now}}
		s.Judgement.Level, s.Judgement.Unsatisfied, s.Facts.Class = level, level <= 3, survey.Transactional
		of := storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Created: w.now, Seen: w.now}
		turns = append(turns, storage.Turn{Key: "answered:" + s.ID + site, Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Identity: &of, Session: &s, Answers: s.Answers}, nil
		}})
	}
	for _, err := range w.store.Advance(context.Background(), 0, turns) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for more := true; more; {
		did, err := w.store.Fold(context.Background(), 0, Rows(w.bot), 100)
		if err != nil {
			w.t.Fatal(err)
		}
		more = did.More
	}
}

// reported are the messages of figures in a chat. A teller that knows nothing of earlier ones tells.
func (w *world) reported(at chat.Address) []storage.Delivery {
	w.t.Helper()
	if err := newTeller(w.bot).reports(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	return w.slots(at, "report:")
}

func levelsOf(bad, good int) (all []int) {
	for i := range bad + good {
		level := 7
		if i < bad {
			level = 2
		}
		all = append(all, level)
	}
	return all
}

// TestAWeekIsToldOnceToTheLeads tells a week by several programs one after the other, also after more was
// answered: one message, as it was told first, in the chat of the lead alone.
func TestAWeekIsToldOnceToTheLeads(t *testing.T) {
	for engine, open := range bothEngines(1) {
		t.Run(engine, func(t *testing.T) {
			w := newWorldOn(t, open(t))
			setStaff(w.bot, staffTG)
			lea := w.member(1, "Lea", access.Lead)
			w.now = time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC) // a Monday; 08:00 at the site is to come
			w.answeredOn("main-street", "2026-02-26", levelsOf(4, 36)...)
			w.answeredOn("main-street", "2026-03-04", levelsOf(20, 20)...)
			if got := w.reported(lea.address); len(got) != 0 {
				t.Fatalf("nothing is asked for, and told is %+v", got)
			}
			w.withRules(func(r *recovery.Rules) {
				r.Report = recovery.Report{Weekly: []recovery.Minute{8 * 60}, Target: 15, Targets: []recovery.Goal{
					{Figure: recovery.FigureTopBox, AtLeast: 20, From: "2026-02-01", Until: "2026-03-31"},
					{Figure: recovery.FigureTopTwo, AtLeast: 20, From: "2026-01-01", Until: "2026-02-28"}, // it was told when it ended
					{Figure: recovery.FigureTopTwo, AtLeast: 20, From: "2026-04-01"},                      // it is to come
				}}
			})
			if got := w.reported(lea.address); len(got) != 0 {
				t.Fatalf("it is told too early: %+v", got)
			}
			w.now = w.now.Add(6 * time.Hour)
			got := w.reported(lea.address)
			if len(got) != 1 {
				t.Fatalf("%d messages", len(got))
			}
			m := got[0].Render
			for _, want := range []string{
				"Unsatisfied: 50 % (35–65) of 40; up 40 points", "Very satisfied: 50 %", "too few to say", "Target, unsatisfied at most 15 %: missed", "To do: read what",
				"Target, very satisfied at least 20 %, February 1, 2026 to March 31, 2026: met. So far 70 % (59–79) of 80",
			} {
				if !strings.Contains(m.Text, want) {
					t.Errorf("it does not say %q: %s", want, m.Text)
				}
			}
			if strings.Count(m.Text, "Target, ") != 2 {
				t.Errorf("targets of other days are told: %s", m.Text)
			}
			if m.Title != "Figures of March 2 to March 8, 2026 · Salon Anna" || !strings.Contains(m.Footer, "95 %") {
				t.Errorf("title %q, footer %q", m.Title, m.Footer)
			}
			w.answeredOn("main-street", "2026-03-05", levelsOf(0, 40)...)
			w.now = w.now.Add(time.Hour)
			if again := w.reported(lea.address); len(again) != 1 || again[0].Render.Text != m.Text {
				t.Errorf("it was told again: %+v", again)
			}
			if got := w.slots(staffTG, "report:"); len(got) != 0 {
				t.Errorf("the chat of the team hears of it, though there is a lead: %+v", got)
			}
			w.now = w.now.Add(7 * 24 * time.Hour)
			if later := w.reported(lea.address); len(later) != 1 {
				t.Errorf("a week in which nobody was asked is told: %+v", later)
			}
		})
	}
}

// TestAMonthOfFewAnswersAsksForMore has no lead: the usual chat of the site hears of it.
func TestAMonthOfFewAnswersAsksForMore(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.now = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	w.withRules(func(r *recovery.Rules) { r.Report = recovery.Report{Monthly: []recovery.Minute{8 * 60}, Target: 15} })
	w.answeredOn("main-street", "2026-03-31", levelsOf(3, 4)...)
	got := w.reported(staffTG)
	if len(got) != 1 {
		t.Fatalf("%d messages", len(got))
	}
	for _, want := range []string{"Unsatisfied: 3 of 7, too few for a rate", "Target, unsatisfied at most 15 %: open", "To do: ask more customers"} {
		if !strings.Contains(got[0].Render.Text, want) {
			t.Errorf("it does not say %q: %s", want, got[0].Render.Text)
		}
	}
}

// TestAFirstWeekIsNotCalledCalm has nothing to compare the week with.
func TestAFirstWeekIsNotCalledCalm(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	w.now = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	w.withRules(func(r *recovery.Rules) { r.Report = recovery.Report{Weekly: []recovery.Minute{8 * 60}} })
	w.answeredOn("main-street", "2026-03-04", levelsOf(20, 20)...)
	got := w.reported(staffTG)
	if len(got) != 1 || !strings.Contains(got[0].Render.Text, "Before, too few answered to compare with.") || strings.Contains(got[0].Render.Text, "Nothing calls for a change") {
		t.Errorf("it says %+v", got)
	}
}

// TestLeadsAreToldOfAnEndpointThatWasSwitchedOff: each once, whatever number of their sites it was told
// of; not of one that somebody switched off by hand, and not of one of long ago.
func TestLeadsAreToldOfAnEndpointThatWasSwitchedOff(t *testing.T) {
	w := newWorld(t)
	setStaff(w.bot, staffTG)
	lea := w.member(1, "Lea", access.Lead)
	w.now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	put := func(id string, off storage.HookOff, ago time.Duration) {
		t.Helper()
		h := storage.Hook{ID: id, Name: id, Made: w.now, HookTerms: storage.HookTerms{News: storage.AllNews(), Off: off, OffAt: w.now.Add(-ago)}}
		if off == "" {
			h.OffAt = time.Time{}
		}
		if err := w.store.PutInstallation(t.Context(), h.Installation("sealed")); err != nil {
			t.Fatal(err)
		}
	}
	told := func() []storage.Delivery {
		t.Helper()
		if err := newTeller(w.bot).endpointsOff(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.slots(lea.address, "report:")
	}
	put("on", "", 0)
	put("hand", storage.HookByHand, time.Hour)
	put("long", storage.HookFailing, 4*24*time.Hour)
	put("removed", storage.HookRemoved, time.Hour)
	if got := told(); len(got) != 0 {
		t.Fatalf("told is %+v", got)
	}
	put("crm", storage.HookFailing, time.Hour)
	put("till", storage.HookGone, time.Hour)
	for range 3 {
		w.now = w.now.Add(2 * time.Minute)
		got := told()
		if len(got) != 2 {
			t.Fatalf("%d messages", len(got))
		}
		both := got[0].Render.Text + got[1].Render.Text
		if !strings.Contains(both, "crm") || !strings.Contains(both, "took nothing for three days") || !strings.Contains(both, "till") || !strings.Contains(both, "wants no more") {
			t.Errorf("it says %q", both)
		}
	}
	put("crm", "", 0)
	put("crm", storage.HookFailing, 0) // once more
	w.now = w.now.Add(2 * time.Minute)
	if got := told(); len(got) != 3 {
		t.Errorf("after it failed once more: %d messages", len(got))
	}
}
