package admin

import (
	"bufio"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/api"
)

// counts are how many of how many.
type counts struct{ k, n int }

// customersOwn are the classes of surveys that figures are made of.
var customersOwn = []string{"transactional", "relationship"}

// TestAFigureIsTheSameUnderEveryFilter counts conversations at some levels under random filters
// (days that cut a month, site, survey, service, who served, language), on both engines: as the page says it,
// as the API does, in the list of answers as CSV, in the rows that are taken out from the pages and by the
// API, and by plain SQL over the views. What differs is named.
func TestAFigureIsTheSameUnderEveryFilter(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, db *sql.DB) {
		r := rand.New(rand.NewPCG(16, 5))
		one := func(of ...string) func(judged) string { return func(judged) string { return of[r.IntN(len(of))] } }
		w.serves, w.speaks, w.asks = one("Bo", "Eve", ""), one("en", "es"), one("one_tap_csat", "post_service_3")
		for _, flow := range []string{"one_tap_csat", "post_service_3"} { // which publishes them
			if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: flow, Site: "main"}); err != nil {
				t.Fatal(err)
			}
		}
		w.judge(random(r, 800)...)
		value := signin.NewAPIToken()
		hash, _ := signin.HashAPIToken(value)
		token := storage.Token{ID: "board", Name: "board", Hash: hash, Scopes: []string{string(access.ReadReports), string(access.ReadRows)}, Made: w.clock.Now(), Expires: w.clock.Now().Add(24 * time.Hour)}
		if err := w.store.PutToken(t.Context(), token, storage.Audit{}); err != nil {
			t.Fatal(err)
		}
		config := api.Config{Store: w.store, Bot: w.bot, Clock: func() time.Time { w.clock.add(time.Second / 5); return w.clock.Now() }}
		x := &figureReader{T: t, w: w, page: w.as("robin"), api: api.New(config), token: value, db: db, units: map[figures.Unit]int{}}
		x.names = (&site{Config: Config{Bot: w.bot, Clock: w.clock.Now}}).words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
		used, cut, shown := map[string]int{}, 0, 0
		for range *filters {
			q := randomFilter(r)
			q.Set("compare", "none")
			byChance(r, q, "flow", "one_tap_csat", "post_service_3", "", "")
			byChance(r, q, "staff", "Bo", "Eve", "", "")
			byChance(r, q, "language", "en", "es", "", "")
			for name := range q {
				used[name]++
			}
			if !strings.HasSuffix(q.Get("from"), "-01") {
				cut++
			}
			shown += x.everyWay(config, q, figures.Metrics()[r.IntN(4)])
		}
		few := func(of string) bool { return used[of] < ofFilters(30) }
		if cut < ofFilters(50) || shown < ofFilters(50) || few("site") || few("flow") || few("service") || few("staff") || few("language") {
			t.Errorf("of the filters %d cut a month, %v are narrowed by; %d figures were shown", cut, used, shown)
		}
	})
}

// narrowed are the members of a filter, beside its days.
var narrowed = []string{"site", "flow", "service", "staff", "language", "channel"}

// everyWay reads one figure in each way, and names those that differ. It reports whether it was shown.
func (x *figureReader) everyWay(config api.Config, q url.Values, m figures.Metric) int {
	x.Helper()
	worst, best := m.Levels()
	if worst == 0 {
		x.Fatalf("%s is made of no levels", m)
	}
	want := x.byViews(q, worst, best)
	f := x.total(config, q, m)
	got := map[string]counts{
		"the rows of the pages, as CSV":      x.byRows(q, worst, best, x.rowsOfPages(q)),
		"the rows of the API, as JSON Lines": x.byRows(q, worst, best, x.rowsOfAPI(q)),
		"the list of answers, as CSV":        {x.listed(q, worst, best), x.listed(q, 1, 7)},
	}
	if f.Shown != "none" {
		got["the API"] = counts{f.K, f.N}
	}
	for way, c := range got {
		if c != want {
			x.Errorf("%s of %s: SQL over the views counts %d of %d, %s says %d of %d", m, q.Encode(), want.k, want.n, way, c.k, c.n)
		}
	}
	page := body(x.page.get("/reports/level?" + q.Encode()))
	switch none := strings.Contains(page, x.names.t("no_figures")); {
	case none && (want.n > 0 || f.Shown != "none"):
		x.Errorf("%s of %s: the page has no figures of %d conversations", m, q.Encode(), want.n)
	case !none:
		x.tile(page, x.names.t(string(m)), f)
	}
	if f.Shown == "none" {
		return 0
	}
	return 1
}

// byViews counts by SQL.
func (x *figureReader) byViews(q url.Values, worst, best int) counts {
	x.Helper()
	text := where(q)
	for _, name := range []string{"staff", "language"} {
		if v := q.Get(name); v != "" {
			text += fmt.Sprintf(" AND %s = '%s'", name, v)
		}
	}
	c := x.counted(fmt.Sprintf("SELECT '', count(*), coalesce(sum(CASE WHEN level BETWEEN %d AND %d THEN 1 ELSE 0 END), 0) FROM v_sessions%s", worst, best, text) +
		" AND answered > 0 AND level > 0 AND class IN ('transactional', 'relationship')")
	return counts{c[""][1], c[""][0]}
}

// total is the figure of the API: by a token, and where one person of staff is asked for, whom no token has figures of,
// by the way of the commands.
func (x *figureReader) total(config api.Config, q url.Values, m figures.Metric) readFigure {
	x.Helper()
	to := url.Values{"metric": {string(m)}}
	for _, name := range append([]string{"from", "to"}, narrowed...) {
		if v := q.Get(name); v != "" {
			to.Set(name, v)
		}
	}
	var code int
	var data []byte
	if q.Get("staff") == "" {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/reports/figures?"+to.Encode(), nil)
		r.Header.Set("Authorization", "Bearer "+x.token)
		w := httptest.NewRecorder()
		x.api.ServeHTTP(w, r)
		code, data = w.Code, w.Body.Bytes()
	} else {
		var err error
		if code, data, err = api.Call(x.Context(), config, http.MethodGet, "/reports/figures?"+to.Encode(), nil); err != nil {
			x.Fatal(err)
		}
	}
	var f readFigures
	if err := json.Unmarshal(data, &f); err != nil || code != http.StatusOK {
		x.Fatalf("%s: %d %s, %v", to.Encode(), code, data, err)
	}
	f.Total.unit = f.Unit
	return f.Total
}

// ofRows is what the files of rows are asked for by: they know neither services nor who served.
func ofRows(q url.Values) string {
	to := url.Values{"from": {q.Get("from")}, "to": {q.Get("to")}}
	for _, name := range []string{"site", "flow"} {
		if v := q.Get(name); v != "" {
			to.Set(name, v)
		}
	}
	return to.Encode()
}

// rowsOfPages are the conversations as the pages give them, as CSV.
func (x *figureReader) rowsOfPages(q url.Values) (rows []map[string]string) {
	x.Helper()
	all, err := csv.NewReader(x.page.get("/download/sessions.csv?" + ofRows(q)).Body).ReadAll()
	if err != nil || len(all) == 0 {
		x.Fatal(err)
	}
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// rowsOfAPI are the conversations as the API gives them, as JSON Lines.
func (x *figureReader) rowsOfAPI(q url.Values) (rows []map[string]string) {
	x.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/exports/sessions?"+ofRows(q), nil)
	r.Header.Set("Authorization", "Bearer "+x.token)
	r.Header.Set("Accept", "application/jsonl")
	w := httptest.NewRecorder()
	if x.api.ServeHTTP(w, r); w.Code != http.StatusOK {
		x.Fatalf("%d %s", w.Code, w.Body)
	}
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		var v map[string]any
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			x.Fatal(err)
		}
		row := map[string]string{}
		for name, value := range v {
			row[name] = fmt.Sprint(value)
		}
		rows = append(rows, row)
	}
	return rows
}

// byRows counts rows of conversations.
func (x *figureReader) byRows(q url.Values, worst, best int, rows []map[string]string) (c counts) {
	x.Helper()
	for _, row := range rows {
		if row["test"] != "false" || row["answered"] == "0" || row["level"] == "0" || !slices.Contains(customersOwn, row["class"]) {
			continue
		}
		if slices.ContainsFunc(narrowed, func(name string) bool { return q.Get(name) != "" && q.Get(name) != row[name] }) {
			continue
		}
		level, err := strconv.Atoi(row["level"])
		if err != nil {
			x.Fatal(err)
		}
		if c.n++; level >= worst && level <= best {
			c.k++
		}
	}
	return c
}

// listed is how many conversations with these levels the list of answers has: each has one answer here.
func (x *figureReader) listed(q url.Values, worst, best int) int {
	x.Helper()
	to := url.Values{"judged": {"1"}, "level": {fmt.Sprintf("%d-%d", worst, best)}, "from": {q.Get("from")}, "to": {q.Get("to")}}
	for _, name := range narrowed {
		if v := q.Get(name); v != "" {
			to.Set(name, v)
		}
	}
	all, err := csv.NewReader(x.page.get("/answers.csv?" + to.Encode()).Body).ReadAll()
	if err != nil || len(all) == 0 {
		x.Fatal(err)
	}
	return len(all) - 1
}
