package admin

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// panel is a question of one of the dashboards.
type panel struct {
	title, says, sql string
	exact            bool // its rates are asked for as they are, not as they are shown
}

// shownShare is a share as the panels round it.
var shownShare = regexp.MustCompile(`round\((avg\(CASE [^()]* END\)), 2\)`)

// dashboards are the questions of both files, as they stand there.
func dashboards(t *testing.T) (grafana, metabase []panel) {
	t.Helper()
	var files struct {
		Panels []struct {
			Title, Description string
			Targets            []struct{ RawSQL string }
		}
		Cards []struct{ Name, Description, SQL string }
	}
	for _, name := range []string{"grafana.json", "metabase.json"} {
		data, err := os.ReadFile("../../deploy/dashboards/" + name)
		if err == nil {
			err = json.Unmarshal(data, &files)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range files.Panels {
		if len(p.Targets) != 1 {
			t.Fatalf("%s asks %d questions", p.Title, len(p.Targets))
		}
		grafana = append(grafana, panel{p.Title, p.Description, p.Targets[0].RawSQL, false})
	}
	for _, c := range files.Cards {
		metabase = append(metabase, panel{c.Name, c.Description, c.SQL, false})
	}
	return grafana, metabase
}

// panelRow is a row that a panel shows: numbers as float64, what is not shown as nil.
type panelRow map[string]any

// number is a number of the row; ok is false where none is shown.
func (r panelRow) number(column string) (x float64, ok bool) {
	x, ok = r[column].(float64)
	return x, ok
}

// asked are the rows of a panel.
func (x *caseReader) asked(p panel) (all []panelRow) {
	x.Helper()
	rows, err := x.db.QueryContext(x.Context(), p.sql)
	if err != nil {
		x.Fatalf("%s: %v\n%s", p.title, err, p.sql)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		x.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			x.Fatal(err)
		}
		row := panelRow{}
		for i, v := range values {
			switch v := v.(type) {
			case int64:
				row[columns[i]] = float64(v)
			case []byte:
				row[columns[i]] = string(v)
				if n, err := strconv.ParseFloat(string(v), 64); err == nil && columns[i] != "level" {
					row[columns[i]] = n
				}
			case time.Time:
				row[columns[i]] = v.Format(time.DateOnly)
			default:
				row[columns[i]] = v
			}
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		x.Fatal(err)
	}
	return all
}

// TestEachPanelOfTheDashboardsShowsWhatThePageDoes asks every question of both dashboards under random filters and
// compares it with the page and the API: it shows the same digits. In turns rates are compared before they are rounded,
// too. Where a panel counts otherwise on purpose, its description says so.
func TestEachPanelOfTheDashboardsShowsWhatThePageDoes(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, driver string, db *sql.DB) {
		if driver != "postgres" {
			return // dashboards are for it alone
		}
		r := rand.New(rand.NewPCG(35, 106))
		x := w.readsCases(r, driver, db)
		grafana, metabase := dashboards(t)
		known := slices.Sorted(maps.Keys(panels))
		for _, all := range [][]panel{grafana, metabase} {
			var titles []string
			for _, p := range all {
				titles = append(titles, p.title)
			}
			if slices.Sort(titles); !slices.Equal(titles, known) {
				t.Fatalf("there are the panels %q, compared are %q", titles, known)
			}
		}
		show := func(all []panel, q url.Values, sites string, today time.Time, exact bool) {
			fill := strings.NewReplacer(
				"$__timeFilter(day)", fmt.Sprintf("day BETWEEN '%sT05:06:07Z' AND '%sT21:06:07.123Z'", q.Get("from"), q.Get("to")), "$site", sites,
				"current_date", "CAST('"+today.Format(time.DateOnly)+"' AS date)", "now()", "CAST('"+w.clock.Now().UTC().Format(time.RFC3339Nano)+"' AS timestamptz)",
			)
			for _, p := range all {
				p.sql, p.exact = fill.Replace(p.sql), exact
				if exact {
					p.sql = shownShare.ReplaceAllString(p.sql, "$1")
				}
				panels[p.title](x, q, p, x.asked(p))
			}
		}
		for x.turn = range *filters {
			q := randomFilter(r)
			q.Set("compare", "none")
			for _, name := range []string{"beside", "service"} {
				q.Del(name)
			}
			sites := "'main','harbour'"
			if at := q.Get("site"); at != "" {
				sites = "'" + at + "'"
			}
			show(grafana, q, sites, w.clock.Now(), x.turn%2 == 1)
		}
		for weeks := range 5 { // the last 90 days, at all sites
			today := w.clock.Now().UTC().AddDate(0, 0, -30*weeks)
			show(metabase, url.Values{"from": {today.AddDate(0, 0, -90).Format(time.DateOnly)}, "to": {"2026-04-30"}, "compare": {"none"}}, "", today, weeks%2 == 1)
		}
		for _, title := range known {
			if x.seen[title] < 10 {
				t.Errorf("of %q only %d numbers were compared", title, x.seen[title])
			}
		}
	})
}

// sameRate holds a rate that a panel shows, nil where it does not, to that of a page. A page that knows how few the
// customers are shows less; the panel says so.
func (x *caseReader) sameRate(q url.Values, p panel, shown any, f readFigure) {
	x.Helper()
	rate, ok := shown.(float64)
	want := f.Rate
	if !p.exact { // in per cent, without decimals
		want = report.Rounded(f.Rate, 2)
	}
	switch {
	case f.Shown == "rate" && (!ok || math.Abs(rate-want) > 1e-9):
		x.Errorf("%s of %s: the panel shows %v, the page %+v", p.title, q.Encode(), shown, f)
	case f.Shown != "rate" && ok && !strings.Contains(p.says, "so few customers"):
		x.Errorf("%s of %s: the panel shows %v, the page none: %+v", p.title, q.Encode(), shown, f)
	case f.Shown == "rate":
		x.compared(p.title)
	}
}

// sameCount holds a number that a panel shows to that of a page, which may show none.
func (x *caseReader) sameCount(q url.Values, p panel, shown any, f readFigure) {
	x.Helper()
	if f.Shown == "none" {
		return
	}
	if x.compared(p.title); shown != float64(f.N) {
		x.Errorf("%s of %s: the panel counts %v, the page %+v", p.title, q.Encode(), shown, f)
	}
}

// parts holds the rows of a panel to parts of the page, by the key of each.
func (x *caseReader) parts(q url.Values, p panel, rows []panelRow, key string, all []readFigure) {
	x.Helper()
	of := map[string]readFigure{}
	for _, f := range all {
		of[f.Key] = f
	}
	for _, row := range rows {
		f, ok := of[fmt.Sprint(row[key])]
		if !ok {
			x.Errorf("%s of %s: the page has no %v", p.title, q.Encode(), row)
			continue
		}
		x.sameCount(q, p, row["answered"], f)
		x.sameRate(q, p, row["unsatisfied"], f)
		delete(of, f.Key)
	}
	delete(of, "") // where it is not said which
	if len(of) > 0 {
		x.Errorf("%s of %s: the panel lacks %v", p.title, q.Encode(), of)
	}
}

// toldOf is a figure of a report.
func (x *caseReader) toldOf(q url.Values, name, key string) readFigure {
	x.Helper()
	for _, f := range x.told(name, q).Figures {
		if f.Key == key {
			return f.readFigure
		}
	}
	return readFigure{Shown: "none"}
}

// monday is the first day of the week of a day.
func monday(day string) string {
	at, _ := time.Parse(time.DateOnly, day)
	return at.AddDate(0, 0, -(int(at.Weekday())+6)%7).Format(time.DateOnly)
}

// panels say of each panel, by its title, what it is held to.
var panels = map[string]func(x *caseReader, q url.Values, p panel, rows []panelRow){
	"Conversations answered": func(x *caseReader, q url.Values, p panel, rows []panelRow) {
		x.sameCount(q, p, rows[0]["answered"], x.ask(q, figures.Unsatisfied, figures.Whole).Total)
	},
	"Unsatisfied (levels 1 to 3)": func(x *caseReader, q url.Values, p panel, rows []panelRow) {
		x.sameRate(q, p, rows[0]["unsatisfied"], x.ask(q, figures.Unsatisfied, figures.Whole).Total)
	},
	"Opened of all who were asked": func(x *caseReader, q url.Values, p panel, rows []panelRow) {
		x.sameRate(q, p, rows[0]["opened"], x.toldOf(q, "silence", "opened"))
	},
	"Cases that are open":       (*caseReader).openCases,
	"Unsatisfied, week by week": (*caseReader).weeks,
	"Levels":                    (*caseReader).levelCounts,
	"Sites": func(x *caseReader, q url.Values, p panel, rows []panelRow) {
		x.parts(q, p, rows, "site", x.ask(q, figures.Unsatisfied, figures.Site).Items)
		for _, row := range rows { // how many had a case stands in the rows of conversations
			of := maps.Clone(q)
			of.Set("site", fmt.Sprint(row["site"]))
			n := x.byRows(of, 1, 7, slices.DeleteFunc(x.rowsOfPages(of), func(c map[string]string) bool { return c["has_case"] != "true" })).n
			if x.compared(p.title); row["with_a_case"] != float64(n) {
				x.Errorf("%s of %s: %v, the rows have %d with a case", p.title, q.Encode(), row, n)
			}
		}
	},
	"Services": func(x *caseReader, q url.Values, p panel, rows []panelRow) {
		x.parts(q, p, rows, "service", x.ask(q, figures.Unsatisfied, figures.Service).Items)
	},
	"Questions: mean score, 0 to 100":                                   (*caseReader).meanScores,
	"Asked, and opened, month by month":                                 (*caseReader).months,
	"How soon staff act: minutes, the middle one of at least ten cases": (*caseReader).howSoon,
	"What was behind cases":                                             (*caseReader).behindThem,
}

// openCases holds the cases that are open to those that the page of cases has in its groups, whatever the days.
func (x *caseReader) openCases(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	if !strings.Contains(p.says, "whenever they opened") || !strings.Contains(p.says, "tests") {
		x.Errorf("%s does not say that it is of all days, and that the pages count tests: %q", p.title, p.says)
	}
	f := storage.StandingFilter{}
	if at := q.Get("site"); at != "" {
		f.Sites = []string{at}
	}
	n := 0
	for _, f.Standing = range recovery.Standings() {
		some, more, err := x.w.store.CountStanding(x.Context(), f, 100_000)
		if err != nil || more {
			x.Fatal(err, more)
		}
		n += some
	}
	tests := 0
	where := ""
	if at := q.Get("site"); at != "" {
		where = " AND site = '" + at + "'"
	}
	if err := x.db.QueryRowContext(x.Context(), "SELECT count(*) FROM v_cases WHERE test AND state IN ('open', 'taken', 'contacted', 'agreed')"+where).Scan(&tests); err != nil {
		x.Fatal(err)
	}
	if x.compared(p.title); rows[0]["cases"] != float64(n-tests) || where == "" && tests == 0 {
		x.Errorf("%s: the panel counts %v, the pages %d with %d tests", p.title, rows[0], n, tests)
	}
}

// weeks holds weeks to those of the API; the first and the last are cut alike.
func (x *caseReader) weeks(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	shown := map[string]any{}
	for _, row := range rows {
		shown[fmt.Sprint(row["time"])] = row["unsatisfied"]
	}
	for _, f := range x.ask(q, figures.Unsatisfied, figures.Week).Items {
		week := monday(f.Key)
		x.sameRate(q, p, shown[week], f)
		delete(shown, week)
	}
	if len(shown) > 0 {
		x.Errorf("%s of %s: the page lacks %v", p.title, q.Encode(), shown)
	}
}

// levelCounts holds each level to the list of answers.
func (x *caseReader) levelCounts(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	shown := map[string]any{}
	for _, row := range rows {
		shown[fmt.Sprint(row["level"])] = row["conversations"]
	}
	all := x.rowsOfPages(q)
	for level := 1; level <= 7; level++ {
		n := x.byRows(q, level, level, all).k
		got, _ := shown[strconv.Itoa(level)].(float64)
		if x.compared(p.title); int(got) != n {
			x.Errorf("%s of %s: %v at %d, the rows have %d", p.title, q.Encode(), got, level, n)
		}
	}
}

// meanScores holds means to the table of questions; of one question the page has none.
func (x *caseReader) meanScores(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	if len(rows) < 2 {
		return
	}
	shown := map[string]panelRow{}
	for _, row := range rows {
		shown[fmt.Sprint(row["flow"], "/", row["question"])] = row
	}
	for _, row := range x.table("level", "questions", q) {
		got, ok := shown[row[0]+"/"+row[1]]
		if delete(shown, row[0]+"/"+row[1]); !ok {
			x.Errorf("%s of %s: the panel lacks %q", p.title, q.Encode(), row)
			continue
		}
		if n, err := strconv.ParseFloat(row[2], 64); err == nil {
			if x.compared(p.title); got["answers"] != n {
				x.Errorf("%s of %s: %v, the table has %q", p.title, q.Encode(), got, row)
			}
		}
		mean, err := strconv.ParseFloat(row[4], 64)
		if told, ok := got.number("mean"); err == nil && (!ok || mean != told) {
			x.Errorf("%s of %s: %v, the table has %q", p.title, q.Encode(), got, row)
		} else if err != nil && ok && !strings.Contains(p.says, "so few customers") {
			x.Errorf("%s of %s: %v, the table has no mean: %q", p.title, q.Encode(), got, row)
		}
	}
	if len(shown) > 0 {
		x.Errorf("%s of %s: the table lacks %v", p.title, q.Encode(), shown)
	}
}

// months holds months to those of the API, and what was opened in all of them to the report.
func (x *caseReader) months(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	shown, opened := map[string]any{}, 0.0
	for _, row := range rows {
		shown[fmt.Sprint(row["time"])[:7]] = row["asked"]
		n, _ := row.number("opened")
		opened += n
	}
	for _, f := range x.ask(q, figures.Answered, figures.Month).Items {
		x.sameCount(q, p, shown[f.Key[:7]], f)
	}
	if f := x.toldOf(q, "silence", "opened"); f.Shown != "none" {
		if x.compared(p.title); float64(f.K) != opened {
			x.Errorf("%s of %s: %v opened, the page says %d", p.title, q.Encode(), opened, f.K)
		}
	}
}

// howSoon holds the times of each site to its report. Since the views tell no moment at which a case opened, they may
// be more where cases wait; they are less nowhere.
func (x *caseReader) howSoon(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	if !strings.Contains(p.says, "since its beginning") {
		x.Errorf("%s does not say since when cases wait: %q", p.title, p.says)
	}
	for _, row := range rows {
		of := maps.Clone(q)
		of.Set("site", fmt.Sprint(row["site"]))
		for _, table := range x.told("recovery", of).Tables {
			for _, told := range table.Rows {
				column := map[string]string{"taken": "to_acknowledge", "contacted": "to_contact", "resolved": "to_resolve"}[fmt.Sprint(told["step"])]
				if table.Table != "times" || column == "" {
					continue
				}
				step := fmt.Sprint(told["step"])
				least, _ := x.took(of, step, 0.5, true)
				most, _ := x.took(of, step, 0.5, false)
				median, shown := told["median_minutes"].(float64)
				got, ok := row.number(column)
				switch {
				case told["cases"] != row["cases"]:
					x.Errorf("%s of %s: %v, the report has %v", p.title, of.Encode(), row, told)
				case least == most && (!shown || !ok || got != median), math.IsNaN(least) && (shown || ok):
					x.Errorf("%s of %s: %v, the report says %v", p.title, of.Encode(), row, told)
				case shown && ok && got < median:
					x.Errorf("%s of %s: %v is less than the report says: %v", p.title, of.Encode(), row, told)
				case least == most:
					x.compared(p.title)
				}
			}
		}
	}
}

// behindThem holds causes to the table of them; what is rare there stands in one row.
func (x *caseReader) behindThem(q url.Values, p panel, rows []panelRow) {
	x.Helper()
	if !strings.Contains(p.says, "together") {
		x.Errorf("%s does not say that the report has rare causes in one row: %q", p.title, p.says)
	}
	shown, rare := map[string]float64{}, math.NaN()
	for _, row := range rows {
		shown[fmt.Sprint(row["cause"])], _ = row.number("cases")
	}
	for _, table := range x.told("complaints", q).Tables {
		for _, row := range table.Rows {
			n, _ := row["cases"].(float64)
			switch cause := fmt.Sprint(row["cause"]); {
			case table.Table != "causes":
			case cause == rarer:
				rare = n
			default:
				if x.compared(p.title); shown[cause] != n {
					x.Errorf("%s of %s: %v of %s, the report says %v", p.title, q.Encode(), shown[cause], cause, n)
				}
				delete(shown, cause)
			}
		}
	}
	for _, n := range shown {
		rare -= n
	}
	if rare != 0 && !math.IsNaN(rare) {
		x.Errorf("%s of %s: of rare causes the report has %v more", p.title, q.Encode(), rare)
	}
}
