package admin

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/web/api"
)

// TestAFigureIsTheSameWhereverItIsRead reads figures under random filters, most of which cut a
// month: from the page, from its tables, from the API and by plain SQL over the views, on both engines. Then it does
// so once more of answers that are added up by day.
func TestAFigureIsTheSameWhereverItIsRead(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		path := sqlitetest.New(t, 1)
		w := newWorldIn(t, func(clock func() time.Time) (storage.Store, error) {
			return sqlite.Open(t.Context(), path, sqlite.Options{Clock: clock, Unchecked: true})
		})
		sameEverywhere(t, w, "sqlite", path, 0)
	})
	t.Run("sums by day", func(t *testing.T) {
		path := sqlitetest.New(t, 1)
		w := newWorldIn(t, func(clock func() time.Time) (storage.Store, error) {
			return sqlite.Open(t.Context(), path, sqlite.Options{Clock: clock, Unchecked: true})
		})
		sameEverywhere(t, w, "sqlite", path, 1)
	})
	for name, exact := range map[string]int{"postgres": 0, "sums by day on postgres": 1} {
		t.Run(name, func(t *testing.T) { samePostgres(t, exact) })
	}
}

func samePostgres(t *testing.T, exact int) {
	t.Helper()
	dsn := pgtest.From(t, "buckets_1", func(dsn string) error {
		_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: 1})
		return err
	})
	w := newWorldIn(t, func(clock func() time.Time) (storage.Store, error) {
		return postgres.Open(t.Context(), dsn, postgres.Options{Clock: clock, Unchecked: true})
	})
	sameEverywhere(t, w, "postgres", dsn, exact)
}

// onBothEngines runs a test in a world of each engine, with its database beside.
func onBothEngines(t *testing.T, test func(t *testing.T, w *world, driver string, db *sql.DB)) {
	t.Helper()
	for driver, open := range map[string]func(t *testing.T) (string, func(func() time.Time) (storage.Store, error)){
		"sqlite": func(t *testing.T) (string, func(func() time.Time) (storage.Store, error)) {
			path := sqlitetest.New(t, 1)
			return path, func(clock func() time.Time) (storage.Store, error) {
				return sqlite.Open(t.Context(), path, sqlite.Options{Clock: clock, Unchecked: true})
			}
		},
		"postgres": func(t *testing.T) (string, func(func() time.Time) (storage.Store, error)) {
			dsn := pgtest.From(t, "buckets_1", func(dsn string) error {
				_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{Buckets: 1})
				return err
			})
			return dsn, func(clock func() time.Time) (storage.Store, error) {
				return postgres.Open(t.Context(), dsn, postgres.Options{Clock: clock, Unchecked: true})
			}
		},
	} {
		t.Run(driver, func(t *testing.T) {
			at, store := open(t)
			w := newWorldIn(t, store)
			db, err := sql.Open(driver, at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			test(t, w, driver, db)
		})
	}
}

// readFigure is a figure as the API gives it.
type readFigure struct {
	Key             string
	Shown           string
	Few             bool
	N, K, Customers int
	Rate, Low, High float64
	unit            figures.Unit
}

// manner is what the pages call how it is shown.
func (f readFigure) manner() report.Manner {
	switch {
	case f.Shown == "rate" && f.Few:
		return report.Few
	case f.Shown == "rate":
		return report.Plain
	case f.Shown == "counts":
		return report.Counted
	}
	return report.Hidden
}

// said is the figure as rows of pages say it.
func (f readFigure) said() report.Rate {
	return report.Rate{K: f.K, N: f.N, Manner: f.manner(), P: f.Rate, Within: report.Interval{Low: f.Low, High: f.High}}
}

type readFigures struct {
	Unit  figures.Unit
	Total readFigure
	Items []readFigure
}

// reader reads figures in each of the ways.
type figureReader struct {
	*testing.T
	w     *world
	page  *visit
	api   http.Handler
	token string
	db    *sql.DB
	names *words
	units map[figures.Unit]int // of what figures were made
}

// sameEverywhere reads figures in every way; of more than exact answers they are sums by day, 0 = as usual.
func sameEverywhere(t *testing.T, w *world, driver, at string, exact int) {
	t.Helper()
	r := rand.New(rand.NewPCG(16, 100))
	if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main"}); err != nil { // which publishes it
		t.Fatal(err)
	}
	w.happened(r, 500)
	if err := bot.SumUp(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	value := signin.NewAPIToken()
	hash, _ := signin.HashAPIToken(value)
	token := storage.Token{ID: "board", Name: "board", Hash: hash, Scopes: []string{string(access.ReadReports)}, Made: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour)}
	if err := w.store.PutToken(t.Context(), token, storage.Audit{}); err != nil {
		t.Fatal(err)
	}
	page := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, ExactFigures: exact})}
	x := &figureReader{T: t, w: w, page: page, token: value, db: db, units: map[figures.Unit]int{}}
	x.names = (&site{Config: Config{Bot: w.bot, Clock: w.clock.Now}}).words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	x.api = api.New(api.Config{Store: w.store, Bot: w.bot, ExactFigures: exact, Clock: func() time.Time { w.clock.add(time.Second / 5); return w.clock.Now() }})
	cut, shown, means := 0, 0, 0
	for range *filters {
		q := randomFilter(r)
		q.Set("compare", "none")
		if r.IntN(3) == 0 {
			q.Set("flow", "one_tap_csat")
		}
		if !strings.HasSuffix(q.Get("from"), "-01") {
			cut++
		}
		shown += x.levels(q) + x.silence(q)
		means += x.means(q)
	}
	if summed := x.units[figures.Days]; (exact > 0) != (summed > ofFilters(400)) || exact > 0 && x.units[figures.Customers] > summed {
		t.Errorf("%d figures were made of sums by day", summed)
	}
	if cut < ofFilters(50) || shown < ofFilters(400) || means < ofFilters(50) {
		t.Errorf("only %d filters cut a month, and %d figures and %d means were compared", cut, shown, means)
	}
}

// ask reads from the API.
func (x *figureReader) ask(q url.Values, metric figures.Metric, by figures.By) (f readFigures) {
	x.Helper()
	to := url.Values{"metric": {string(metric)}}
	if by != figures.Whole {
		to.Set("by", string(by))
	}
	for _, name := range []string{"from", "to", "site", "service", "flow"} {
		if v := q.Get(name); v != "" {
			to.Set(name, v)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/api/v1/reports/figures?"+to.Encode(), nil)
	r.Header.Set("Authorization", "Bearer "+x.token)
	w := httptest.NewRecorder()
	x.api.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != 200 {
		x.Fatalf("%s: %d %s, %v", to.Encode(), w.Code, w.Body, err)
	}
	for i := range f.Items {
		f.Items[i].unit = f.Unit
	}
	f.Total.unit = f.Unit
	x.units[f.Unit]++
	return f
}

// table reads the table of a chart.
func (x *figureReader) table(name, chart string, q url.Values) [][]string {
	x.Helper()
	at := url.Values{}
	for k, v := range q {
		at[k] = v
	}
	at.Set("chart", chart)
	got := x.page.get("/reports/" + name + "/table.csv?" + at.Encode())
	rows, err := csv.NewReader(strings.NewReader(body(got))).ReadAll()
	if got.Code != 200 || err != nil {
		x.Fatalf("%s of %s: %d, %v", chart, name, got.Code, err)
	}
	return rows[1:]
}

// same holds a row of a table to a figure of the API, and counts it.
func (x *figureReader) same(what string, row []string, f readFigure) int {
	x.Helper()
	number := func(n int) string { return strconv.Itoa(n) }
	part := func(p float64) string { return report.Printed(p, 6) }
	want := []string{string(f.manner()), "", "", "", "", "", "", string(f.unit)}
	if f.Shown != "none" {
		want[1], want[2], want[3] = number(f.K), number(f.N), number(f.Customers)
		if f.unit == figures.Days {
			want[3] = "" // of sums only the fewest are known
		}
	}
	if f.Shown == "rate" {
		want[4], want[5], want[6] = part(f.Rate), part(f.Low), part(f.High)
	}
	if got := strings.Join(row[1:], ","); got != strings.Join(want, ",") {
		x.Errorf("%s: the table has %s, the API %s", what, got, strings.Join(want, ","))
	}
	return 1
}

var (
	tileOf = regexp.MustCompile(`(?s)<li class="figure"><span class="small">([^<]*)</span>.*?<b>([^<]*)</b>.*?<span class="meta">([^<]*)</span>`)
	rowsOf = regexp.MustCompile(`(?s)<h2 id="h-([a-z]+)">.*?</figure>`)
	cells  = regexp.MustCompile(`(?s)<th scope="row">(.*?)</th>.*?<td class="small">(.*?)(?:<br>.*?)?</td>`)
)

// tile holds a tile of a page to a figure.
func (x *figureReader) tile(page, label string, f readFigure) int {
	x.Helper()
	for _, m := range tileOf.FindAllStringSubmatch(page, -1) {
		if html.UnescapeString(m[1]) != label {
			continue
		}
		said := f.said()
		want := x.names.figureOfRate(label, report.Clustered{Rate: said}, nil, "")
		meta := html.UnescapeString(m[3])
		if f.Shown == "none" && meta == x.names.t("too_few_to_say") { // the API does not tell few from nobody
			meta = want.Meta
		}
		if m[2] != want.Value || meta != want.Meta {
			x.Errorf("%s: the page says %s %s, the API %+v", label, m[2], m[3], f)
		}
		return 1
	}
	x.Errorf("the page has no %q", label)
	return 0
}

// rows holds the rows of a chart on the page to its table: the same labels, and what they say.
func (x *figureReader) rows(page, chart string, table [][]string) {
	x.Helper()
	for _, m := range rowsOf.FindAllStringSubmatch(page, -1) {
		if m[1] != chart {
			continue
		}
		all := cells.FindAllStringSubmatch(m[0], -1)
		if len(all) != len(table) {
			x.Fatalf("%s: %d rows on the page, %d in the table", chart, len(all), len(table))
		}
		for i, cell := range all {
			row := table[i]
			f := readFigure{Shown: "rate", Few: row[1] == string(report.Few)}
			switch row[1] {
			case string(report.Hidden):
				f.Shown = "none"
			case string(report.Counted):
				f.Shown = "counts"
			}
			f.K, _ = strconv.Atoi(row[2])
			f.N, _ = strconv.Atoi(row[3])
			f.Rate, _ = strconv.ParseFloat(row[5], 64)
			f.Low, _ = strconv.ParseFloat(row[6], 64)
			f.High, _ = strconv.ParseFloat(row[7], 64)
			label, says := textOf(cell[1]), html.UnescapeString(cell[2])
			if want := x.names.rated(f.said()); label != strings.TrimPrefix(row[0], "'") || says != want && says != x.names.t("none_answered") && (row[1] != string(report.Hidden) || says != x.names.t("not_shown")) {
				x.Errorf("%s: the page says %s: %q, its table %q", chart, label, says, row)
			}
		}
		return
	}
	x.Errorf("the page has no chart %s", chart)
}

// counted is what SQL over a view counts, by the key that it groups by.
func (x *figureReader) counted(text string) map[string][2]int {
	x.Helper()
	rows, err := x.db.QueryContext(x.Context(), text)
	if err != nil {
		x.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	found := map[string][2]int{}
	for rows.Next() {
		var key string
		var n, k int
		if err := rows.Scan(&key, &n, &k); err != nil {
			x.Fatal(err)
		}
		found[key] = [2]int{n, k}
	}
	if err := rows.Err(); err != nil {
		x.Fatal(err)
	}
	return found
}

// counts holds figures to what SQL counts.
func (x *figureReader) counts(what string, all []readFigure, counted map[string][2]int) (compared int) {
	x.Helper()
	for _, f := range all {
		n, k := counted[f.Key][0], counted[f.Key][1]
		delete(counted, f.Key)
		if f.Shown == "none" {
			continue
		}
		compared++
		if f.N != n || f.K != k || f.Shown == "rate" && math.Abs(f.Rate-float64(k)/float64(n)) > 1e-9 {
			x.Errorf("%s, %q: SQL counts %d of %d, the API says %+v", what, f.Key, k, n, f)
		}
	}
	if len(counted) > 0 {
		x.Errorf("%s: SQL counts %v besides", what, counted)
	}
	return compared
}

// where is a filter in SQL, over a view.
func where(q url.Values) string {
	text := fmt.Sprintf(" WHERE NOT test AND CAST(day AS text) BETWEEN '%s' AND '%s'", q.Get("from"), q.Get("to"))
	for _, name := range []string{"site", "service", "flow"} {
		if v := q.Get(name); v != "" {
			text += fmt.Sprintf(" AND %s = '%s'", name, v)
		}
	}
	return text
}

// levels compares the page of levels.
func (x *figureReader) levels(q url.Values) (compared int) {
	x.Helper()
	page := body(x.page.get("/reports/level?" + q.Encode()))
	fine := figures.Fine(q.Get("from"), q.Get("to"))
	sqlOf := func(key string, worst, best int) string {
		return fmt.Sprintf("SELECT %s, count(*), sum(CASE WHEN level BETWEEN %d AND %d THEN 1 ELSE 0 END) FROM v_sessions%s", key, worst, best, where(q)) +
			" AND answered > 0 AND level > 0 AND class IN ('transactional', 'relationship') GROUP BY 1"
	}
	if strings.Contains(page, x.names.t("no_figures")) {
		if f := x.ask(q, figures.Unsatisfied, figures.Site); f.Total.Shown != "none" || len(f.Items) > 0 {
			x.Errorf("the page has no figures, the API %+v", f)
		}
		return 0
	}
	for _, m := range figures.Metrics() {
		if worst, best := m.Levels(); worst > 0 {
			f := x.ask(q, m, figures.Whole)
			compared += x.tile(page, x.names.t(string(m)), f.Total)
			x.counts(string(m), []readFigure{f.Total}, x.counted(sqlOf("''", worst, best)))
		}
	}
	over := x.ask(q, figures.Unsatisfied, fine)
	table := x.table("level", "trend", q)
	if len(table) != len(over.Items) {
		x.Fatalf("the line has %d spaces of time, the API %d", len(table), len(over.Items))
	}
	for i, row := range table {
		compared += x.same("over time", row, over.Items[i])
	}
	x.rows(page, "trend", table)
	if fine == figures.Day {
		x.counts("days", over.Items, x.counted(sqlOf("CAST(day AS text)", 1, 3)))
	}
	months := x.ask(q, figures.Unsatisfied, figures.Month)
	for i := range months.Items {
		months.Items[i].Key = months.Items[i].Key[:7]
	}
	compared += x.counts("months", months.Items, x.counted(sqlOf("substr(CAST(day AS text), 1, 7)", 1, 3)))
	for _, by := range []figures.By{figures.Site, figures.Service} {
		parts := x.ask(q, figures.Unsatisfied, by)
		compared += x.counts(string(by), append([]readFigure(nil), parts.Items...), x.counted(sqlOf(string(by), 1, 3)))
		if len(parts.Items) < 2 {
			continue
		}
		named := map[string]readFigure{}
		for _, f := range parts.Items {
			label := map[string]string{"main": "Main Street", "harbour": "Harbour"}[f.Key]
			if by == figures.Service {
				label = f.Key
			}
			named[label] = f
		}
		table := x.table("level", string(by), q)
		for _, row := range table {
			compared += x.same(string(by), row, named[row[0]])
		}
		x.rows(page, string(by), table)
	}
	return compared
}

// silence compares the share of those who answered.
func (x *figureReader) silence(q url.Values) (compared int) {
	x.Helper()
	said := *x
	said.names = x.names.of("asked") // what is counted are no answers
	page := body(x.page.get("/reports/silence?" + q.Encode()))
	whole := x.ask(q, figures.Answered, figures.Site)
	if strings.Contains(page, x.names.t("no_figures")) {
		if len(whole.Items) > 0 {
			x.Errorf("the page has no figures, the API %+v", whole)
		}
		return 0
	}
	compared += said.tile(page, x.names.t("answered_share"), whole.Total)
	asked := x.counted("SELECT site, count(*), sum(CASE WHEN has_answer THEN 1 ELSE 0 END) FROM v_invitations" + where(q) + " GROUP BY 1")
	for _, f := range whole.Items {
		if f.Shown != "none" && [2]int{f.N, f.K} != asked[f.Key] {
			x.Errorf("%d were asked at %s and %d answered, SQL counts %v", f.N, f.Key, f.K, asked[f.Key])
		}
	}
	over := x.ask(q, figures.Answered, figures.Fine(q.Get("from"), q.Get("to")))
	table := x.table("silence", "trend", q)
	for i, row := range table {
		compared += x.same("answered over time", row, over.Items[i])
	}
	said.rows(page, "trend", table)
	return compared
}

// means compares what is added up of the scores of a question, by customer, with one answer after the other.
func (x *figureReader) means(q url.Values) (compared int) {
	x.Helper()
	f := storage.FigureFilter{Sites: []string{"main", "harbour"}, From: q.Get("from"), To: q.Get("to"), Service: q.Get("service"), Flow: q.Get("flow"), Limit: figures.Most, Scores: true}
	if at := q.Get("site"); at != "" {
		f.Sites = []string{at}
	}
	list, _, err := x.w.store.Judged(x.Context(), f)
	if err != nil {
		x.Fatal(err)
	}
	scored := x.counted("SELECT session, 1, CAST(score AS integer) FROM v_answers WHERE newest AND NOT dropped AND NOT skipped AND score IS NOT NULL")
	given := map[string][2]float64{}
	for i := range list {
		if a, ok := scored[list[i].ID]; ok {
			c := given[list[i].Customer]
			given[list[i].Customer] = [2]float64{c[0] + 1, c[1] + float64(a[1])}
		}
	}
	var want report.ClusteredSums
	for _, c := range given {
		want.Add(c[0], c[1])
	}
	all := figures.Questions(list)
	for _, one := range all {
		compared++
		if one.Question != "overall" || one.Scores != want {
			x.Errorf("%s: added up are %+v, one after the other %+v", q.Encode(), one, want)
		}
	}
	if len(all) == 0 && want.Customers > 0 {
		x.Errorf("%s: no mean of %d customers", q.Encode(), want.Customers)
	}
	return compared
}
