package admin

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// stayed is somebody who stays away and was asked why. Level 0 = no answer.
type stayed struct {
	customer, site, day string
	level               int
	why                 []string
	again               int // days after which they came again; 0 = they did not
}

// lost stores who stays away, with what was asked, answered and seen of them.
func (w *world) lost(all ...stayed) {
	w.t.Helper()
	if _, err := w.bot.Invite(w.t.Context(), bot.InviteRequest{Flow: storage.LostSurvey, Site: "main", Test: true}); err != nil { // from then on it is a survey in use
		w.t.Fatal(err)
	}
	var events []storage.Event
	for _, one := range all {
		day, _ := time.Parse(time.DateOnly, one.day)
		asked := day.Add(10 * time.Hour)
		w.n++
		session := fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n)
		invite := storage.Invitation{ID: fmt.Sprintf("lost-%d", w.n), Site: one.site, Flow: storage.LostSurvey, Version: 1, Customer: one.customer, Created: asked}
		served := func(at time.Time) {
			events = append(events, storage.Event{Source: "till", ID: fmt.Sprint("l", w.n, at.Unix()), State: storage.EventDone, Site: one.site, Ended: at, Customer: &storage.EventCustomer{ID: one.customer}})
		}
		served(asked.AddDate(0, 0, -80))
		if one.again > 0 {
			served(asked.AddDate(0, 0, one.again))
		}
		change := storage.Change{Invitation: &invite}
		if one.level > 0 {
			invite.Session, invite.RedeemedAt = session, asked
			change = w.gave(change, session, storage.LostSurvey, one.customer, one.site, one.day, survey.Relationship, one.level)
			change.Session.Answers = append(change.Session.Answers, survey.Answer{Question: "reason", Choices: one.why, Revision: 1, At: asked, Skipped: len(one.why) == 0})
			change.Answers = change.Session.Answers
		}
		w.store1(change)
	}
	if _, err := w.store.PutEvents(w.t.Context(), events, w.clock.Now(), false); err != nil {
		w.t.Fatal(err)
	}
	w.folds()
}

// gave is a change by which somebody gave a survey a level.
func (w *world) gave(change storage.Change, session, flow, who, site, day string, class survey.Class, level int) storage.Change {
	p := storage.Person{Platform: chat.Telegram, Account: "42", User: who}
	value := float64(level)
	s := storage.Session{
		Session:  survey.Session{ID: session, Flow: flow, Version: 1, Status: survey.Completed, Started: w.clock.Now(), Lang: "en"},
		Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}, Site: site, Day: day,
	}
	s.Answers = []survey.Answer{{Question: "last", Value: &value, Revision: 1, At: w.clock.Now()}}
	s.Judgement.Level, s.Facts.Class = level, class
	change.Identity = &storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Created: w.clock.Now(), Seen: w.clock.Now()}
	change.Session, change.Answers = &s, s.Answers
	return change
}

func (w *world) store1(change storage.Change) {
	w.t.Helper()
	w.n++
	turn := storage.Turn{Key: fmt.Sprint("lost:", w.n), Apply: func(storage.Loaded) (storage.Change, error) { return change, nil }}
	if err := w.store.Advance(w.t.Context(), 0, []storage.Turn{turn})[0]; err != nil {
		w.t.Fatal(err)
	}
}

// mystery stores what mystery guests gave a site.
func (w *world) mystery(site, day string, levels ...int) {
	w.t.Helper()
	for _, level := range levels {
		w.n++
		session := fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n)
		w.store1(w.gave(storage.Change{}, session, "mystery_visit", fmt.Sprint("guest", w.n), site, day, survey.Mystery, level))
	}
	w.folds()
}

// gone are customers who stay away: so many asked, of whom so many say why.
func gone(n, say int) (all []stayed) {
	for i := range n {
		one := stayed{customer: fmt.Sprint("g", i), site: "main", day: "2026-01-05"}
		if i < say {
			one.level, one.why = 2+i%5, []string{"price"}
			if i%2 == 0 {
				one.why = []string{"service", "price"}
			}
			if i < 6 {
				one.why = append(one.why, []string{"moved", "care"}[i/3])
			}
		}
		if i%4 == 0 {
			one.again = 20
		}
		all = append(all, one)
	}
	return all
}

func TestWhyCustomersStayAwayIsCounted(t *testing.T) {
	w := newWorld(t)
	w.lost(gone(80, 40)...)
	w.mystery("main", "2026-02-01", 7, 7, 6, 2, 7, 7, 6, 7, 5, 7, 1, 7)
	if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "six_measures", Site: "main", Test: true}); err != nil { // which calls a choice of the same key otherwise
		t.Fatal(err)
	}
	robin := w.as("robin")
	page := body(robin.get("/reports/lost"))
	text := textOf(page)
	for _, want := range []string{
		"Of 40 who stay away and say why, the reason named most often: Price too high, 100 % (91–100).",
		"Answered, of those asked 50 %", "Service not good enough 20 50 % (35–65)", "Latest visit: unsatisfied 40 % (",
		"Came again within 30 days 25 % (17–36) of 80", "14 days 80 0 % (0–5)", "30 days 80 25 % (17–36)",
		"Mystery guests: unsatisfied, by site", "Main Street 12 17 % (4–46), few visits", "counts in no other figure",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	if strings.Contains(text, "Moved") {
		t.Error("what three customers named is told")
	}
	for _, fault := range append(faultsOf(page), tooMuch(page)...) {
		t.Error(fault)
	}
	table := func(chart string) string { return body(robin.get("/reports/lost/table.csv?chart=" + chart)) }
	if reasons := table("reasons"); !strings.Contains(reasons, "price,40,1.000000,") || strings.Contains(reasons, "moved") {
		t.Errorf("the reasons are %s", reasons)
	}
	if level := textOf(body(robin.get("/reports/level?period=90"))); !strings.Contains(level, "Nothing to count") {
		t.Errorf("who stays away, or a mystery guest, counts with customers: %s", level)
	}
	if silence := textOf(body(robin.get("/reports/silence?period=90"))); strings.Contains(silence, "80") {
		t.Errorf("who stays away counts among who was asked: %s", silence)
	}
	if answers := textOf(body(robin.get("/answers?judged=lost&level=1-3&from=2026-01-01&to=2026-01-31"))); !strings.Contains(answers, "Level 3 of 7 Main Street · Jan 5") || strings.Contains(answers, "Level 4 of 7 Main") {
		t.Errorf("no answers are behind the figures of who stays away: %s", answers)
	}
	if none := textOf(body(robin.get("/reports/lost?from=2025-01-01&to=2025-01-02"))); !strings.Contains(none, "Nobody who stays away was asked") {
		t.Errorf("where nobody was asked it says %s", none)
	}
}

// However many stay away, the page asks as often.
// A figure on top does not tell what the table below it hides: three who were unsatisfied.
func TestAFigureHidesWhatItsTableHides(t *testing.T) {
	w := newWorld(t)
	all := gone(40, 0)
	for i := range all {
		all[i].level, all[i].why = 6, []string{"price"}
		if i < 3 {
			all[i].level = 2
		}
	}
	w.lost(all...)
	read := w.reads("main")
	status, told := read("lost?from=2026-01-01&to=2026-01-31")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	for _, f := range told.Figures {
		if f.Key == "unsatisfied" && f.Shown != "none" {
			t.Errorf("it tells of three customers: %+v", f)
		}
	}
}

func TestWhoStaysAwayIsNotAskedForOneByOne(t *testing.T) {
	c := &sqlcount.Counter{}
	w := newWorldOn(t, c.Wrap)
	robin := w.as("robin")
	asked := func() int64 {
		for range 2 { // the second time everything is prepared
			c.Reset()
			if got := robin.get("/reports/lost"); got.Code != 200 {
				t.Fatal(got.Code)
			}
		}
		return c.Queries.Load()
	}
	all := gone(160, 90)
	w.lost(all[:20]...)
	few := asked()
	w.lost(all[20:]...)
	if many := asked(); many != few || many > mostQueries {
		t.Errorf("of 160 customers the page asks the database %d times, of 20 it asks %d times; %d are allowed", many, few, mostQueries)
	}
}

// lostByChance fills a world with customers who stay away and with mystery guests.
func (w *world) lostByChance(r *rand.Rand, n int) {
	w.t.Helper()
	reasons := []string{"service", "service", "price", "price", "price", "moved", "care", "need"}
	var all []stayed
	for i, j := range random(r, n) {
		one := stayed{customer: fmt.Sprint("away", i), site: j.site, day: j.day, again: max(0, r.IntN(80)-40)}
		if r.IntN(2) == 0 {
			one.level, one.why = j.level, []string{reasons[r.IntN(len(reasons))]}
		}
		all = append(all, one)
	}
	w.lost(all...)
	for _, j := range random(r, n/3) {
		w.mystery(j.site, j.day, j.level)
	}
}
