package admin

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// letDownOn is the day on which the customers of letDown were served and gave their answers.
var letDownOn = time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC)

// letDown stores n customers of each group of figures.Regained, of whom six, four, five, three and eight of ten came
// again twenty days after it is looked what became of their case.
func (w *world) letDown(n int) {
	w.t.Helper()
	var events []storage.Event
	var given []filled
	var turns []storage.Turn
	for g, name := range figures.RegainedGroups() {
		for i := range n {
			key := fmt.Sprintf("%s-%d", name, i)
			came := []time.Time{letDownOn.Add(10 * time.Hour)}
			if i%10 < []int{6, 4, 5, 3, 8}[g] {
				came = append(came, letDownOn.AddDate(0, 0, 34))
			}
			for _, at := range came {
				events = append(events, storage.Event{
					Source: "till", ID: fmt.Sprint(key, at.Unix()), State: storage.EventDone, Site: "main", Service: "Cut", Ended: at, Customer: &storage.EventCustomer{ID: key},
				})
			}
			level := 2
			if name == figures.Content {
				level = 6
			}
			given = append(given, filled{flow: "post_service_3", customer: "w" + key, key: key, site: "main", day: letDownOn.Format(time.DateOnly), level: level, values: map[string]float64{"overall": 3}})
			n := w.n + len(given)
			if name == figures.Content {
				continue
			}
			c := storage.Case{
				Case: recovery.Case{ID: fmt.Sprintf("00000009-0000-7000-8000-%012d", n), State: recovery.Open, Session: fmt.Sprintf("00000000-0000-7000-8000-%012d", n), OpenedAt: letDownOn.Add(12 * time.Hour)},
				Site: "main", Identity: storage.Person{Platform: "telegram", Account: "42", User: "w" + key}.ID(), Customer: key,
			}
			c.Number = 1 + len(turns)
			if name != figures.Unspoken {
				c.First.Acknowledged, c.First.Contacted, c.First.Resolved = c.OpenedAt.Add(time.Hour), c.OpenedAt.Add(2*time.Hour), c.OpenedAt.Add(3*time.Hour)
				c.State, c.EndedAt = recovery.Resolved, c.First.Resolved
				c.Resolution = &recovery.Resolution{Cause: "empathy", Actions: []recovery.Action{{}}}
				c.Outcome.Recovered = map[string]recovery.Recovered{figures.WonBack: recovery.RecoveredYes, figures.NotWonBack: recovery.RecoveredNot}[name]
			}
			turns = append(turns, storage.Turn{Key: "letdown:" + key, Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Case: &c}, nil }})
		}
	}
	if _, err := w.store.PutEvents(w.t.Context(), events, w.clock.Now(), false); err != nil {
		w.t.Fatal(err)
	}
	w.fill(given...)
	for some := range slices.Chunk(turns, 50) {
		for _, err := range w.store.Advance(w.t.Context(), 0, some) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.folds()
}

// TestWhoCameAgainIsTheSameOnThePageInItsTableAndForPrograms holds the figures of return after recovery to what was
// stored, by hand: of 40 in each group 24, 16, 20, 12 and 32 came again. On both engines.
func TestWhoCameAgainIsTheSameOnThePageInItsTableAndForPrograms(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		w.letDown(40)
		w.keeps()
		robin, read := w.as("robin"), w.reads()
		speaks := viewer("robin")
		speaks.Language = "zh-Hans"
		chinese := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(speaks), Clock: w.clock.Now})}
		page := body(robin.get("/reports/return"))
		for _, want := range []string{
			"Who was won back comes again more often than who was not spoken to: 60 % (45–75) within 90 days, against 30 % (18–47); 30 points more (8 to 49).",
			"Customers whose unsatisfied answer opened a case 160 14 days ago or longer, in twelve months", "Won back: came again within 90 days 60 % (45–75) of 40", "Not won back: came again within 90 days 40 % (27–57) of 40",
			"Not spoken to: came again within 90 days 30 % (18–47) of 40", "no clear difference", "was not drawn by lot",
		} {
			if !strings.Contains(textOf(page), want) {
				t.Errorf("the page does not say %q: %s", want, textOf(page))
			}
		}
		status, told := read("return")
		if status != http.StatusOK || told.State != "counted" || !strings.Contains(textOf(page), told.Finding) {
			t.Fatalf("programs are told %d %+v", status, told)
		}
		figure := map[string]toldFigure{}
		for _, f := range told.Figures {
			figure[f.Key] = f
		}
		if f := figure["recovered_returned_within_90"]; f.Value == nil || *f.Value != 0.6 || f.N != 40 || f.Low < 0.45 || f.High > 0.76 {
			t.Errorf("of who was won back programs are told %+v", f)
		}
		if f := figure["unsatisfied_customers"]; f.Value == nil || *f.Value != 160 {
			t.Errorf("of all programs are told %+v", f)
		}
		for _, table := range told.Tables {
			rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/return/table.csv?chart=" + table.Table)))).ReadAll()
			if err != nil || len(rows)-1 != len(table.Rows) {
				t.Fatalf("%s: %d rows are told, the table has %d, %v", table.Table, len(table.Rows), len(rows)-1, err)
			}
			for i, row := range table.Rows {
				sameCells(t, table.Table, table.Columns, row, rows[i+1])
			}
		}
		if rows := told.Tables[1].Rows; len(told.Tables) != 2 || rows[0]["against"] != "unspoken" || fmt.Sprint(rows[0]["difference"]) != "0.3" || fmt.Sprint(rows[1]["difference"]) != "0.2" || fmt.Sprint(rows[2]["difference"]) != "-0.2" {
			t.Errorf("how they differ is told as %v", rows)
		}
		if zh := textOf(body(chinese.get("/reports/return"))); !strings.Contains(zh, "已挽回的顾客比没有人联系过的顾客更常再来：90 天内为 60%（45–75），后者为 30%（18–47）；多 30 个百分点（8 到 49）。") {
			t.Errorf("in Chinese it says %s", zh)
		}
	})
}

// A lead of another site is told nothing of it, and of few customers nobody is.
func TestWhoCameAgainKeepsToSitesAndSmallNumbers(t *testing.T) {
	w := newWorld(t)
	w.letDown(3)
	body(w.as("hans").get("/reports/return?site=harbour"))
	w.keeps()
	for _, who := range []string{"hans", "robin"} {
		page := textOf(body(w.as(who).get("/reports/return")))
		if regexp.MustCompile(`came again within 90 days \d`).MatchString(page) || strings.Contains(page, "opened a case 12") {
			t.Errorf("%s reads %s", who, page)
		}
	}
	if got := w.as("hans").get("/reports/return?site=main"); got.Code != http.StatusForbidden {
		t.Errorf("of another site: %d", got.Code)
	}
	if page := textOf(body(w.as("hans").get("/reports/return?site=harbour"))); !strings.Contains(page, "No customer gave an unsatisfied answer") {
		t.Errorf("of their own site a lead reads %s", page)
	}
}

// Who was erased is in no figure from the next time on: neither as somebody who came again nor as one who did not.
func TestWhoWasErasedDidNotComeAgain(t *testing.T) {
	w := newWorld(t)
	w.letDown(31)
	w.keeps()
	robin := w.as("robin")
	if page := textOf(body(robin.get("/reports/return"))); !strings.Contains(page, "came again within 90 days 61 % (45–78) of 31") {
		t.Fatalf("before: %s", page)
	}
	w.forgets("recovered-0")
	w.clock.add(figures.ResultAge)
	w.keeps()
	if page := textOf(body(robin.get("/reports/return"))); !strings.Contains(page, "came again within 90 days 60 % (43–77) of 30") || !strings.Contains(page, "opened a case 123 ") {
		t.Errorf("afterwards: %s", page)
	}
}
