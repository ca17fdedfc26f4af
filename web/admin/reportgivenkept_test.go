package admin

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
)

// afterOneAnswer is somebody at the pages, and what programs are told, as if more than one answer were many.
func (w *world) afterOneAnswer(id string) (*visit, *Reports) {
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer(id)), Clock: w.clock.Now, ExactFigures: 1}
	return &visit{w: w, h: New(c)}, NewReports(c)
}

// often are conversations of three surveys by chance, of customers who answer often and in all of them.
func often(r *rand.Rand, n int) []filled {
	all := surveyed(r, n)
	for i := range all {
		all[i].customer = fmt.Sprint("c", r.IntN(n*2))
		if all[i].flow == "servqual5" && r.IntN(2) == 0 {
			all[i].skipped = []string{"tan"}
			delete(all[i].values, "tan")
		}
	}
	return all
}

// tablesOf are the tables that a page leads to, by the name of their chart.
func tablesOf(t *testing.T, v *visit, page string) map[string]string {
	t.Helper()
	tables := map[string]string{}
	for _, to := range tableOf.FindAllString(page, -1) {
		at, err := url.Parse(strings.ReplaceAll(to, "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		tables[at.Query().Get("chart")] = body(v.get(at.String()))
	}
	return tables
}

// TestWhatIsKeptOfExpectationAndQualityIsWhatAnswersSay reads both reports of the same twelve months one by one, and as
// they are counted in the background, on both engines: by page, tables and as programs are told. No filter is refused.
func TestWhatIsKeptOfExpectationAndQualityIsWhatAnswersSay(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		r := rand.New(rand.NewPCG(16, 116))
		w.fill(often(r, 120)...)
		rows, fromRows := w.as("robin"), NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now})
		kept, fromKept := w.afterOneAnswer("robin")
		told := func(from *Reports, name string, q url.Values) figures.Report {
			all, err := from.Report(t.Context(), name, figures.ReportReader{}, q)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		today := w.bot.Configuration().Now().NewestDay(w.clock.Now())
		year := url.Values{"compare": {"none"}, "from": {today.AddDate(0, -12, 1).Format(time.DateOnly)}, "to": {today.Format(time.DateOnly)}}
		for _, name := range []string{"expectation", "quality"} {
			if page := textOf(body(kept.get("/reports/" + name))); !strings.Contains(page, "being made in the background") || !strings.Contains(page, "choose fewer days") {
				t.Errorf("%s before it was made: %s", name, page)
			}
			if state := told(fromKept, name, url.Values{}).State; state != figures.ReportNotYet {
				t.Errorf("%s before it was made is %s", name, state)
			}
			kept.get("/reports/" + name + "?site=main") // which asks for it
			kept.get("/reports/" + name + "?site=harbour")
		}
		w.keeps()
		compared := 0
		for _, name := range []string{"expectation", "quality"} {
			for _, site := range []string{"", "main", "harbour"} {
				for _, flow := range []string{"", "ladder7_expect", "servqual5", "expect_perceive", "ces"} {
					q := url.Values{}
					for k, v := range year {
						q[k] = v
					}
					q.Set("site", site)
					q.Set("flow", flow)
					at := "/reports/" + name + "?" + q.Encode()
					one, sum := body(rows.get(at)), body(kept.get(at))
					answered := flow != "ces"
					if says := strings.Contains(textOf(sum), "This is of the last twelve months: more than 1 answers lie"); says != answered {
						t.Errorf("%s does not say of what it is: %s", at, textOf(sum))
					}
					a, b := tablesOf(t, rows, one), tablesOf(t, kept, sum)
					for chart, table := range a {
						if compared++; b[chart] != table {
							t.Errorf("%s: %s is\n%s\nkept it is\n%s", at, chart, table, b[chart])
						}
					}
					x, y := told(fromRows, name, q), told(fromKept, name, q)
					if len(a) != len(b) || len(x.Figures) != len(y.Figures) || !reflect.DeepEqual(x.Tables, y.Tables) || answered == y.Made.IsZero() {
						t.Errorf("%s: programs are told\n%v\nkept\n%v", at, x, y)
					}
					for i := range x.Figures {
						if a, b := fmt.Sprintf("%+v", share(x.Figures[i])), fmt.Sprintf("%+v", share(y.Figures[i])); a != b {
							t.Errorf("%s: programs are told %s, kept %s", at, a, b)
						}
					}
					if !strings.HasPrefix(y.Finding, x.Finding) {
						t.Errorf("%s finds %q, kept %q", at, x.Finding, y.Finding)
					}
				}
			}
		}
		if compared < 40 {
			t.Errorf("only %d tables were compared", compared)
		}
		// Whatever else is filtered no result knows: it is read one by one.
		for _, narrow := range []string{"service=Haircut", "staff=Bo", "language=en", "channel=telegram"} {
			at := "/reports/expectation?" + narrow
			if one, sum := body(rows.get(at)), body(kept.get(at)); one != sum || !strings.Contains(sum, "got less than they expected") {
				t.Errorf("%s: %s", at, textOf(sum))
			}
		}
		// Compared with days before is what was read one by one alone.
		if page := textOf(body(kept.get("/reports/expectation"))); strings.Contains(page, "clear change") || !strings.Contains(page, "got less than they expected") {
			t.Errorf("kept, and compared: %s", page)
		}
	})
}

// share is a tile as it compares: without who the few are that its share came from.
func share(f figures.Told) any {
	switch {
	case f.Share != nil:
		return []any{f.Key, f.Share.Rate, f.Share.Customers, f.Share.Effect, f.Share.Effective}
	case f.Number != nil && f.Number.Within != nil:
		return []any{f.Key, f.Number.Value, f.Number.N, *f.Number.Within}
	case f.Number != nil:
		return []any{f.Key, f.Number.Value, f.Number.N}
	}
	return f.Key
}

// TestWhatIsKeptKeepsTheRuleForSmallNumbers looks for what may not be shown on the pages of kept results, and in their
// tables.
func TestWhatIsKeptKeepsTheRuleForSmallNumbers(t *testing.T) {
	for _, n := range []int{2, 4, 7, 12, 40} {
		w := newWorld(t)
		r := rand.New(rand.NewPCG(9, uint64(n)))
		w.fill(surveyed(r, n)...)
		robin, _ := w.afterOneAnswer("robin")
		all := []string{"/reports/expectation", "/reports/expectation?site=harbour", "/reports/expectation?flow=ladder7_expect", "/reports/quality", "/reports/quality?site=harbour"}
		for _, at := range all {
			robin.get(at)
		}
		w.keeps()
		for _, at := range all {
			page := body(robin.get(at))
			for _, fault := range append(faultsOf(page), tooMuch(page)...) {
				t.Errorf("%s of %d: %s", at, n, fault)
			}
			tables := tablesOf(t, robin, page)
			for _, chart := range slices.Sorted(maps.Keys(tables)) {
				rows, err := csv.NewReader(strings.NewReader(tables[chart])).ReadAll()
				if err != nil || len(rows) < 2 {
					t.Fatalf("%s: %d rows, %v", chart, len(rows), err)
				}
				for _, fault := range tooMuchIn(rows, 0) {
					t.Errorf("%s of %s, %d: %s", chart, at, n, fault)
				}
			}
		}
	}
}
