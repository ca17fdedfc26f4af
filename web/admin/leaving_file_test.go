package admin

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/table"
	"github.com/aftercare/aftercare/storage"
)

// captives is a store with so many captive customers, or with more answers than are read.
type captives struct {
	storage.Store
	n     int
	many  bool
	reads int // of all answers
}

func (c *captives) Given(_ context.Context, f storage.FigureFilter) (list []storage.GivenSession, more bool, _ error) {
	if f.Flow != "six_measures" {
		return nil, false, nil
	}
	c.reads++
	for i := range c.n {
		list = append(list, storage.GivenSession{
			ID: fmt.Sprint("s", i), Day: "2026-02-01", Flow: f.Flow, Site: "main", Level: 2, Customer: fmt.Sprintf("p:k%04d", i),
			Answers: []storage.GivenAnswer{{Question: "loyal_why", Kind: "choice", Choices: []string{"habit"}}},
		})
	}
	return list, c.many, nil
}

func (c *captives) NamedSessions(_ context.Context, sessions []string) (map[string]storage.NamedSession, error) {
	all := map[string]storage.NamedSession{}
	for _, id := range sessions {
		var i int
		if _, err := fmt.Sscanf(id, "s%d", &i); err != nil {
			return nil, err
		}
		all[id] = storage.NamedSession{NamedAnswer: storage.NamedAnswer{Session: id, Day: "2026-02-01", Site: "main", Level: 2}, Customer: fmt.Sprintf("k%04d", i)}
	}
	return all, nil
}

// A file of captive customers reads twelve months of answers once, however many rows it has.
func TestAFileOfCaptivesReadsTheAnswersOnce(t *testing.T) {
	w := newWorld(t)
	w.fill()
	c := &captives{Store: w.store, n: 2*listedAtOnce + 100}
	robin := &visit{w: w, h: New(Config{Store: c, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})}
	rows := fileRows(t, robin, "/list/captive.csv")
	if formats := len(table.Written()); c.reads != formats { // each is asked for
		t.Errorf("for %d files answers are read %d times", formats, c.reads)
	}
	if n := len(rows); n != c.n || rows[0]["customer"] != "k0000" || rows[n-1]["customer"] != fmt.Sprintf("k%04d", n-1) {
		t.Errorf("the file has %d rows of %d", n, c.n)
	}
	if got, pages := listedAll(robin, "/leaving"); pages != 9 || len(got) != 9*pageRows || got[len(got)-1] != fmt.Sprintf("k%04d", 9*pageRows-1) {
		t.Errorf("on %d pages are %d", pages, len(got))
	}
}

// Where there are too many answers, the page and the file say what can be done there.
func TestTooManyAnswersAreSaidInWordsOfTheList(t *testing.T) {
	w := newWorld(t)
	w.fill()
	robin := &visit{w: w, h: New(Config{Store: &captives{Store: w.store, many: true}, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})}
	page := textOf(body(robin.get("/leaving")))
	if !strings.Contains(page, "than one list looks through: choose one site.") || strings.Contains(page, "fewer days") || strings.Contains(page, "survey.") {
		t.Errorf("the page says %s", page)
	}
	file := robin.get("/list/captive.csv")
	if told := textOf(body(file)); file.Code != http.StatusServiceUnavailable || !strings.Contains(told, "choose one site.") {
		t.Errorf("the file says %d: %s", file.Code, told)
	}
}

// Whoever leads two of three sites is told by the file what the page says: that one of them must be chosen.
func TestAFileOfTheLostSaysWhatThePageSays(t *testing.T) {
	w := newWorld(t)
	if err := w.store.PutSite(t.Context(), storage.Site{ID: "pier", Name: "Pier", Zone: "Europe/Berlin", Language: "en", Created: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	two := viewer("hans")
	two.Grants = access.Grants{"main": access.Lead, "harbour": access.Lead}
	hans := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(two), Clock: w.clock.Now})}
	for query, want := range map[string]string{"": "Choose one of your sites", "site=main": "being made in the background"} {
		page, file := textOf(body(hans.get("/leaving?who=lost&"+query))), hans.get("/list/lost.csv?"+query)
		if told := textOf(body(file)); !strings.Contains(page, want) || !strings.Contains(told, want) || file.Code != http.StatusServiceUnavailable {
			t.Errorf("of %q the page says %s, the file %d: %s", query, page, file.Code, told)
		}
	}
}
