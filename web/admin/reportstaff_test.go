package admin

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// pulse stores what colleagues answered on a day, and what one of them wrote.
func (w *world) pulse(site, day string, words string, levels ...int) {
	w.t.Helper()
	for i, level := range levels {
		p := storage.Person{Platform: chat.Slack, Account: "T1", User: fmt.Sprint("U", site, i)}
		w.n++
		value := float64(level)
		s := storage.Session{
			Session:  survey.Session{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n), Flow: "staff_pulse", Version: 1, Status: survey.Completed, Started: w.clock.Now(), Lang: "en"},
			Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}, Site: site, Day: day,
		}
		s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: w.clock.Now()}, {Question: "idea", Text: words + fmt.Sprint(" ", i), Revision: 1, At: w.clock.Now()}}
		s.Judgement.Level, s.Facts.Class = level, survey.Pulse
		of := storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Created: w.clock.Now(), Seen: w.clock.Now()}
		turn := storage.Turn{Key: fmt.Sprint("pulse:", w.n), Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Identity: &of, Session: &s, Answers: s.Answers}, nil
		}}
		if err := w.store.Advance(w.t.Context(), 0, []storage.Turn{turn})[0]; err != nil {
			w.t.Fatal(err)
		}
	}
	w.folds()
}

func TestWhatStaffSayIsShownTogether(t *testing.T) {
	w := newWorld(t)
	month := func(back int) string { return w.clock.Now().AddDate(0, -back, 0).Format("2006-01") + "-15" }
	robin, vera := w.as("robin"), w.as("vera")
	if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "staff_pulse", Site: "main"}); err != nil { // from then on it is a survey in use
		t.Fatal(err)
	}
	w.pulse("main", month(1), "more hands", 1, 2, 5, 6)
	const none = "No month that has ended has answers of five"
	if page := textOf(body(robin.get("/reports/staff"))); !strings.Contains(page, none) || strings.Contains(page, "more hands") {
		t.Errorf("what four colleagues said is shown: %s", page)
	}
	w.pulse("harbour", w.clock.Now().Format("2006-01")+"-01", "this month", 1, 1, 1, 1, 1, 1)
	if page := textOf(body(robin.get("/reports/staff"))); !strings.Contains(page, none) {
		t.Errorf("a month that is not over is shown: %s", page)
	}
	w.pulse("harbour", month(1), "fewer forms", 2, 6, 7)
	page := body(robin.get("/reports/staff"))
	text := textOf(page)
	for _, want := range []string{"7 of your own people answered", "3 of 7: too few for a rate", "more hands 0", "fewer forms 2", "not shown", "What they wrote", "from five people on"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	for _, not := range []string{"this month", "Last 13 weeks", "<form class=\"filters\"", "/answers?"} {
		if strings.Contains(page, not) {
			t.Errorf("it says %q", not)
		}
	}
	for _, fault := range append(faultsOf(page), tooMuch(page)...) {
		t.Error(fault)
	}
	// Whoever looks with a filter sees the same, and whoever sees one site sees no total from which the other follows.
	if other := textOf(body(robin.get("/reports/staff?site=main&from=2026-01-01&staff=Bo"))); other != text {
		t.Errorf("filters act: %s", other)
	}
	lead := textOf(body(vera.get("/reports/staff")))
	if strings.Contains(lead, "7 of your own") || strings.Contains(lead, "more hands") || strings.Contains(lead, "Harbour") || !strings.Contains(lead, "newest month with answers") {
		t.Errorf("of one site it says %s", lead)
	}
	for at, want := range map[string]string{"trend": "counted,3,7,7", "site": "hidden,,,"} {
		if got := body(robin.get("/reports/staff/table.csv?chart=" + at)); !strings.Contains(got, want) {
			t.Errorf("the table %s is %s", at, html.UnescapeString(got))
		}
	}
	if got := robin.get("/reports/staff/table.csv?chart=ideas"); strings.Contains(body(got), "hands") {
		t.Error("words of staff are a table")
	}
}
