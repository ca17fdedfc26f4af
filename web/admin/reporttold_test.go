package admin

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// toldReport is a report as the API gives it.
type toldReport struct {
	Report, State, Finding string
	From, To               string
	Figures                []toldFigure
	Tables                 []toldTable
}

// toldFigure is a figure of it.
type toldFigure struct {
	readFigure
	Key   string
	Value *float64
}

// toldTable is a table of it.
type toldTable struct {
	Table   string
	Columns []string
	Rows    []map[string]any
}

// reads returns how another system reads reports; sites, nil = every one.
func (w *world) reads(sites ...string) func(at string) (status int, told toldReport) {
	w.t.Helper()
	value := signin.NewAPIToken()
	hash, _ := signin.HashAPIToken(value)
	token := storage.Token{ID: "told" + strings.Join(sites, "-"), Name: "told", Hash: hash, Scopes: []string{string(access.ReadReports)}, Sites: sites, Made: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour)}
	if err := w.store.PutToken(w.t.Context(), token, storage.Audit{}); err != nil {
		w.t.Fatal(err)
	}
	calls := api.New(api.Config{
		Store: w.store, Bot: w.bot, Clock: func() time.Time { w.clock.add(time.Second / 5); return w.clock.Now() },
		Reports: NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}),
	})
	return func(at string) (status int, told toldReport) {
		w.t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/api/v1/reports/"+at, nil)
		r.Header.Set("Authorization", "Bearer "+value)
		got := httptest.NewRecorder()
		calls.ServeHTTP(got, r)
		if err := json.Unmarshal(got.Body.Bytes(), &told); err != nil {
			w.t.Fatalf("%s: %v: %s", at, err, got.Body)
		}
		return got.Code, told
	}
}

// fillsReports fills a world with what every report tells of.
func (w *world) fillsReports(r *rand.Rand, n int) {
	w.t.Helper()
	if _, err := w.bot.Invite(w.t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main"}); err != nil { // which publishes it
		w.t.Fatal(err)
	}
	w.standardsAre(washTakes)
	w.happened(r, n)
	w.fill(surveyed(r, n/4)...)
	w.lostByChance(r, n/4)
	w.servedByChance(r, n)
	w.stayedYear(r, n/2)
	w.compares("words/1/ask/one_tap_csat/post_service_3", figures.Planned(1), [2]int{n / 4, n / 3}, [2]int{n / 8, n / 6})
	w.keeps()
	changed := url.Values{"reason": {"The wait"}, "of": {"unsatisfied"}, "change": {"A second till"}, "day": {"2025-12-20"}, "site": {"main"}, "owner": {"Bo"}}
	if got := w.as("robin").post("/improvements/new", changed); got.Code >= 400 {
		w.t.Fatal(body(got))
	}
	w.clock.add(48 * time.Hour)
}

// TestProgramsAreToldWhatPagesShow reads each report under random filters by the API, as its tables and as its page, on
// both engines, and counts cases by plain SQL.
func TestProgramsAreToldWhatPagesShow(t *testing.T) {
	var compared *[3]int
	onBothEngines(t, func(t *testing.T, w *world, _ string, db *sql.DB) {
		r := rand.New(rand.NewPCG(95, 16))
		w.fillsReports(r, 240)
		read, robin := w.reads(), w.as("robin")
		tables, tiles, cells := map[string]bool{}, 0, 0
		filters := []url.Values{{}, {"from": {"2025-08-01"}, "to": {"2026-03-04"}}}
		for range 6 {
			q := randomFilter(r)
			q.Del("beside")
			filters = append(filters, q)
		}
		for _, q := range filters {
			for _, name := range NewReports(Config{Store: w.store, Bot: w.bot}).Names() {
				status, told := read(name + "?" + q.Encode())
				if status != http.StatusOK {
					t.Fatalf("%s?%s: %d", name, q.Encode(), status)
				}
				page := body(robin.get("/reports/" + name + "?" + q.Encode()))
				if !strings.Contains(textOf(page), textOf(told.Finding)) && name != "words" && name != "compare" { // robin reads more of these two
					t.Errorf("%s?%s: the page does not say %q", name, q.Encode(), told.Finding)
				}
				for _, f := range told.Figures {
					if f.Shown != "rate" && f.Shown != "counts" {
						continue
					}
					tiles++
					want := fmt.Sprintf("%s %% (%s–%s) of %d", report.PerCent(f.Rate), report.PerCent(f.Low), report.PerCent(f.High), f.N)
					if f.Shown == "counts" {
						want = fmt.Sprintf("%d of %d", f.K, f.N)
					}
					if !strings.Contains(textOf(page), want) {
						t.Errorf("%s?%s: of %s the page does not say %s", name, q.Encode(), f.Key, want)
					}
				}
				for _, table := range told.Tables {
					at := url.Values{"chart": {table.Table}}
					for k, v := range q {
						at[k] = v
					}
					rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/" + name + "/table.csv?" + at.Encode())))).ReadAll()
					if err != nil || len(rows)-1 != len(table.Rows) || len(rows[0]) != len(table.Columns) {
						t.Fatalf("%s?%s, %s: %d rows are told, the table has %d, %v", name, q.Encode(), table.Table, len(table.Rows), len(rows)-1, err)
					}
					if tables[name+" "+table.Table] = true; name == "standards" && table.Table == "silent" {
						continue // people read names there
					}
					for i, row := range table.Rows {
						cells += sameCells(t, name+"?"+q.Encode()+" "+table.Table, table.Columns, row, rows[i+1])
					}
				}
				if name == "recovery" {
					toldAsSQLCounts(t, db, told, q)
				}
			}
		}
		got := [3]int{len(tables), tiles, cells}
		if got[0] < 55 || got[1] < 130 || got[2] < 4700 {
			t.Errorf("only %d tables, %d figures and %d numbers were compared: %v", len(tables), tiles, cells, tables)
		}
		if compared == nil {
			compared = &got
		} else if got != *compared { // chance is the same in each run
			t.Errorf("%d tables, figures and numbers were compared, and %d in the same world before", got, *compared)
		}
	})
}

// sameCells holds a row of the API to that of the table; it returns how many numbers it compared.
func sameCells(t *testing.T, what string, columns []string, row map[string]any, cells []string) (compared int) {
	t.Helper()
	for i, column := range columns {
		if i == 0 && column == "key" {
			if row["key"] == nil {
				t.Errorf("%s: a row without a key: %v", what, row)
			}
			continue
		}
		switch v := row[column].(type) {
		case nil:
			if cells[i] != "" {
				t.Errorf("%s: %s is %q in the table, and not told", what, column, cells[i])
			}
		case float64:
			var x float64
			if _, err := fmt.Sscan(cells[i], &x); err != nil || math.Abs(x-v) > 1e-9 {
				t.Errorf("%s: %s is %q in the table, told is %v", what, column, cells[i], v)
			}
			compared++
		case bool:
			if fmt.Sprint(v) != cells[i] {
				t.Errorf("%s: %s is %q in the table, told is %v", what, column, cells[i], v)
			}
		case string:
			if !slices.Contains(textColumns, column) {
				t.Errorf("%s: %s is told as the text %q", what, column, v)
			}
			if v != strings.TrimPrefix(cells[i], "'") {
				t.Errorf("%s: %s is %q in the table, told is %q", what, column, cells[i], v)
			}
		}
	}
	return compared
}

// toldAsSQLCounts counts cases over the view.
func toldAsSQLCounts(t *testing.T, db *sql.DB, told toldReport, q url.Values) {
	t.Helper()
	days := url.Values{"from": {told.From}, "to": {told.To}, "site": q["site"], "service": q["service"]}
	count := func(text string) (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return n
	}
	of := "SELECT count(*) FROM v_cases" + where(days)
	for _, f := range told.Figures {
		switch {
		case f.Key == "cases" && f.Value != nil:
			if n := count(of); float64(n) != *f.Value {
				t.Errorf("%v: SQL counts %d cases, told are %v", q, n, *f.Value)
			}
		case f.Key == "contacted" && f.Shown == "rate":
			if n := count(of + " AND minutes_to_contact IS NOT NULL"); n != f.K {
				t.Errorf("%v: SQL counts %d contacted, told are %d", q, n, f.K)
			}
		case f.Key == "recovered" && f.Shown == "rate":
			if n, k := count(of+" AND recovered <> ''"), count(of+" AND recovered = '"+string(recovery.RecoveredYes)+"'"); n != f.N || k != f.K {
				t.Errorf("%v: SQL counts %d of %d won back, told are %d of %d", q, k, n, f.K, f.N)
			}
		case f.Key == "reopened" && f.Shown == "rate":
			if n := count(of + " AND reopens > 0"); n != f.K {
				t.Errorf("%v: SQL counts %d opened again, told are %d", q, n, f.K)
			}
		}
	}
}

// TestOtherSystemsAreToldWithinTheirSites asks for what a token may not have, and for what there is not.
func TestOtherSystemsAreToldWithinTheirSites(t *testing.T) {
	w := newWorld(t)
	w.fillsReports(rand.New(rand.NewPCG(3, 95)), 80)
	all, main := w.reads(), w.reads("main")
	for at, want := range map[string]int{
		"staff": 404, "data": 404, "nothing": 404, "level?staff=Bo": 403, "level?target=15": 422, "silence?target=0": 422, "silence?target=20": 200, "words?level=8": 422, "words?level=1-3": 200,
		"compare?beside=site:main": 200, "compare?beside=main": 422, "compare?beside=staff:Bo": 404, "compare?beside=site:nowhere": 404, "standards?standard=nothing": 404,
		"standards?standard=wash_min+at+least+45+Haircut": 200, "improvement?change=2020-01-01": 404, "improvement?change=soon": 422, "level?compare=never": 422, "level?site=harbour": 200,
	} {
		if status, told := all(at); status != want {
			t.Errorf("%s is answered with %d: %+v", at, status, told)
		}
	}
	if status, _ := main("level?site=harbour"); status != 404 {
		t.Errorf("figures of another site are answered with %d", status)
	}
	for _, name := range NewReports(Config{Store: w.store, Bot: w.bot}).Names() {
		status, told := main(name)
		text := fmt.Sprint(told)
		if status != 200 || strings.Contains(text, "harbour") || strings.Contains(text, "Harbour") {
			t.Errorf("%s of Main Street: %d %s", name, status, text)
		}
		if strings.Contains(fmt.Sprint(all(name)), "Bo]") {
			t.Errorf("%s tells of single members of staff", name)
		}
	}
	if status, told := main("words"); status != 200 || len(told.Tables) == 0 || strings.Contains(fmt.Sprint(told), "It took too long") {
		t.Errorf("of words it is told %d %+v", status, told)
	}
	if status, told := all("recovery?from=2020-01-01&to=2020-01-02"); status != 200 || told.State != "empty" || told.Figures == nil || told.Tables == nil {
		t.Errorf("of days without cases it is told %d %+v", status, told)
	}
}

// TestTheGuideOfTheAPINamesTheTablesOfReports holds the list in the guide to what there is.
func TestTheGuideOfTheAPINamesTheTablesOfReports(t *testing.T) {
	guide, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if _, _, err := w.store.PublishRules(t.Context(), "rules: {report: {target: 40}}", w.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.Configuration().Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fillsReports(rand.New(rand.NewPCG(5, 95)), 400)
	read := w.reads()
	named := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (.*?) \\|$").FindAllStringSubmatch(string(guide), -1) {
		named[m[1]] = m[2]
	}
	for _, name := range NewReports(Config{Store: w.store, Bot: w.bot}).Names() {
		said := named[name]
		if said == "" {
			t.Errorf("the guide does not name %s", name)
			continue
		}
		for _, filter := range []string{"?from=2025-08-01", "?from=2025-08-01&site=main", "?from=2025-08-01&beside=site:main", "?from=2025-08-01&flow=servqual5", "?from=2025-08-01&flow=ladder7_expect"} {
			if strings.Contains(filter, "beside") && name != "compare" {
				continue
			}
			_, told := read(name + filter)
			for _, table := range told.Tables {
				id := regexp.MustCompile(`-\d+$`).ReplaceAllString(table.Table, "")
				if !strings.Contains(said, "`"+id+"`") {
					t.Errorf("the guide does not say that %s has the table %s", name, id)
				}
			}
		}
	}
}
