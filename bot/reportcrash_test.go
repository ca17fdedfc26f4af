package bot

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// dyingTeller is a process that dies as it tells of figures.
func (w *world) dyingTeller(at int, when storagetest.When) (survived bool) {
	w.t.Helper()
	return w.dying(at, when, func(b *Bot) error { return newTeller(b).reports(context.Background()) })
}

// TestFiguresAreToldOnceWhereverTheTellerDies: a Monday that is the first of a month, with an alarm. One process after
// the other is killed before and after each of its calls of the store, until one lives. Whatever was told by then
// stands once in the chat of each lead, as it was told first, and the alarm is one row.
func TestFiguresAreToldOnceWhereverTheTellerDies(t *testing.T) {
	for engine, open := range bothEngines(1) {
		t.Run(engine, func(t *testing.T) {
			w := newWorldOn(t, open(t))
			setStaff(w.bot, staffTG)
			leads := []customer{w.member(1, "Lea", access.Lead), w.member(2, "Lou", access.Lead)}
			source := "rules:\n  report: {weekly: \"08:00\", monthly: \"08:00\", target: 15, alarm: true}\n"
			if _, _, err := w.store.PublishRules(t.Context(), source, w.now); err != nil {
				t.Fatal(err)
			}
			w.now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) // a Monday
			for back := 140; back > 0; back -= 7 {
				w.answeredOn("main-street", w.back(back), levelsOf(1, 9)...)
			}
			w.answeredOn("main-street", "2026-06-01", levelsOf(12, 3)...)
			if rules := w.bot.Configuration().Now().Rules("main-street"); rules.Report.Alarm {
				t.Fatal("the rules are known before a process reads them")
			}
			told := func() (texts []string) {
				for _, lea := range leads {
					for _, d := range w.slots(lea.address, "report:") {
						texts = append(texts, fmt.Sprint(d.Slot, d.Wanted, d.Render.Text))
					}
				}
				return texts
			}
			deaths, before := 0, []string(nil)
			for at := 1; ; at += 1 + at/8 { // closer where a process begins than where it ends
				if at > 200 {
					t.Fatal("none of 200 processes lived")
				}
				lived := true
				for _, when := range []storagetest.When{storagetest.BeforeCall, storagetest.AfterCall} {
					if !w.dyingTeller(at, when) {
						deaths, lived = deaths+1, false
					}
					now := told()
					for i := range before { // what was told is told, and stays as it is
						if !strings.Contains(strings.Join(now, "\n"), before[i]) {
							t.Fatalf("after %d deaths it is told otherwise: %q, it was %q", deaths, now, before[i])
						}
					}
					before = now
				}
				if lived {
					break
				}
			}
			if deaths < 20 {
				t.Errorf("only %d processes died", deaths)
			}
			for _, lea := range leads {
				got := w.slots(lea.address, "report:")
				kinds := map[string]int{}
				for _, d := range got {
					slot, _ := storage.ParseSlot(d.Slot)
					kinds[slot.Part]++
					if d.Wanted != 1 {
						t.Errorf("%s was written %d times", d.Slot, d.Wanted)
					}
				}
				if len(got) != 3 || kinds["week-2026-05-25"] != 1 || kinds["month-2026-05-01"] != 1 || kinds["worse-2026-06-01"] != 1 {
					t.Errorf("told is %v", kinds)
				}
			}
			if all := w.alarms(); len(all) != 1 || all[0].K != 12 || !all[0].Open("2026-06-01") {
				t.Errorf("kept is %+v", all)
			}
			w.now = w.now.Add(time.Hour)
			if !w.dyingTeller(1000, storagetest.AfterCall) || len(told()) != 6 {
				t.Errorf("an hour later it is told again: %q", told())
			}
		})
	}
}
