package admin

import (
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
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
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/web/api"
)

// TestCasesAsksAndComplaintsAreTheSameUnderEveryFilter counts what became of cases, who answered and what customers
// wanted said under random filters (days that cut a month, site, survey, service, who served, language,
// channel), on both engines: as the page says it, as the API does, in the tables and the rows as CSV, and by plain SQL
// over the views. Among the customers are tests, staff, mystery guests, those who stay away, and who was erased.
func TestCasesAsksAndComplaintsAreTheSameUnderEveryFilter(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, driver string, db *sql.DB) {
		r := rand.New(rand.NewPCG(16, 111))
		x := w.readsCases(r, driver, db)
		x.units, x.seen = map[figures.Unit]int{}, map[string]int{}
		added := *x // reads who was asked from sums by day, where these know the filter
		added.config.ExactFigures, added.page = 1, x.summed
		added.config.Reports = NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now, ExactFigures: 1})
		added.api, added.units, added.seen = api.New(added.config), map[figures.Unit]int{}, map[string]int{}
		used, cut := map[string]int{}, 0
		for x.turn = range *filters {
			q := randomFilter(r)
			q.Set("compare", "none")
			q.Del("beside")
			byChance(r, q, "flow", "one_tap_csat", "post_service_3", "", "", "", "", "")
			byChance(r, q, "staff", "Bo", "Eve", "", "", "", "", "")
			byChance(r, q, "language", "en", "es", "", "", "", "", "")
			byChance(r, q, "channel", "telegram", "web", "", "", "", "", "")
			if x.turn%10 == 0 { // everything that happened
				q = url.Values{"from": {"2025-08-01"}, "to": {"2026-03-04"}, "compare": {"none"}}
			}
			for name := range q {
				used[name]++
			}
			if !strings.HasSuffix(q.Get("from"), "-01") {
				cut++
			}
			x.cases(q)
			x.asks(q)
			x.complaints(q)
			if added.turn = x.turn; q.Get("service")+q.Get("staff")+q.Get("language")+q.Get("channel") == "" {
				added.asks(q)
				added.complaints(q)
			}
			if x.turn%3 == 0 {
				x.scores(q)
			}
		}
		for _, name := range []string{"site", "service", "flow", "staff", "language", "channel"} {
			if used[name] < ofFilters(15) {
				t.Errorf("only %d filters say a %s", used[name], name)
			}
		}
		for what, fewest := range map[string]int{"cases": 100, "steps": 200, "promises": 50, "causes": 15, "asks": 80, "complaints": 80, "rows": 100, "scores": 10, "times": 200, "times to the minute": 150, "times within a day": 1} {
			if n := x.seen[what]; n < ofFilters(fewest) {
				t.Errorf("of %s, read one by one, only %d numbers were compared", what, n)
			}
		}
		for what, fewest := range map[string]int{"asks": 20, "causes": 15, "complaints": 60, "rows": 60} {
			if n := added.seen[what]; n < ofFilters(fewest) || added.units[figures.Days] < ofFilters(5) {
				t.Errorf("of %s, added up by day, only %d numbers were compared; figures were made of %v", what, n, added.units)
			}
		}
		t.Logf("one by one %v; added up by day %v, of %v", x.seen, added.seen, added.units)
		if cut < ofFilters(50) {
			t.Errorf("only %d filters cut a month", cut)
		}
	})
}

// readsCases fills a world, and returns who reads it in each of the ways.
func (w *world) readsCases(r *rand.Rand, driver string, db *sql.DB) *caseReader {
	w.t.Helper()
	for _, flow := range []string{"one_tap_csat", "post_service_3"} { // which publishes them
		if _, err := w.bot.Invite(w.t.Context(), bot.InviteRequest{Flow: flow, Site: "main"}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.everything(r, 600)
	value := signin.NewAPIToken()
	hash, _ := signin.HashAPIToken(value)
	token := storage.Token{ID: "board", Name: "board", Hash: hash, Scopes: []string{string(access.ReadReports)}, Made: w.clock.Now(), Expires: w.clock.Now().Add(24 * time.Hour)}
	if err := w.store.PutToken(w.t.Context(), token, storage.Audit{}); err != nil {
		w.t.Fatal(err)
	}
	config := api.Config{
		Store: w.store, Bot: w.bot, Clock: func() time.Time { w.clock.add(time.Second / 5); return w.clock.Now() },
		Reports: NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}),
	}
	x := &caseReader{figureReader: figureReader{T: w.t.(*testing.T), w: w, page: w.as("robin"), api: api.New(config), token: value, db: db, units: map[figures.Unit]int{}}, config: config, driver: driver}
	x.question = x.timeQuestion()
	x.names = (&site{Config: Config{Bot: w.bot, Clock: w.clock.Now}}).words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	if err := bot.SumUp(w.t.Context(), w.store); err != nil {
		w.t.Fatal(err)
	}
	x.summed = &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, ExactFigures: 1})}
	return x
}

// everything fills a world with n conversations, the invitations that led to them, what was wanted said, and cases, of
// customers and of others.
func (w *world) everything(r *rand.Rand, n int) {
	w.t.Helper()
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var turns []storage.Turn
	number := 0
	add := func(c storage.Change) {
		turns = append(turns, storage.Turn{Key: fmt.Sprint("everything:", len(turns)), Apply: func(storage.Loaded) (storage.Change, error) { return c, nil }})
	}
	for i, j := range random(r, n) {
		id := func(kind int) string { return fmt.Sprintf("%08d-0000-7000-8000-%012d", kind, i+1) }
		day, _ := time.Parse(time.DateOnly, j.day)
		platform := chat.Platform(one("telegram", "web"))
		p := storage.Person{Platform: platform, Account: "42", User: j.customer}
		flow, facts, test := one("one_tap_csat", "post_service_3"), recovery.Facts{Class: survey.Transactional}, false
		switch r.IntN(20) {
		case 0:
			flow, facts.Class = "staff_pulse", survey.Pulse
		case 1:
			flow, facts.Class = "mystery_visit", survey.Mystery
		case 2:
			facts.Lost = true
		case 3:
			test = true
		case 4:
			facts.Class = survey.Relationship
		}
		value := float64(j.level)
		s := storage.Session{
			Session:  survey.Session{ID: id(9), Flow: flow, Version: 1, Status: survey.Completed, Started: day.Add(11 * time.Hour), Lang: one("en", "es"), Test: test},
			Identity: p.ID(), Address: chat.Address{Platform: platform, Account: "42", Chat: p.User}, Site: j.site, Day: j.day, Service: j.service, Staff: one("Bo", "Eve", ""), Facts: facts,
		}
		s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: day.Add(11 * time.Hour)}}
		if s.Judgement.Level, s.Judgement.Unsatisfied = j.level, j.level <= 3; r.IntN(12) == 0 {
			s.Judgement.Level = 0 // words alone
		}
		of := storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Created: w.clock.Now(), Seen: w.clock.Now()}
		add(storage.Change{Identity: &of, Session: &s, Answers: s.Answers})
		asked := storage.Invitation{
			ID: id(1), Site: j.site, Flow: flow, Version: 1, Customer: j.customer, Created: day.AddDate(0, 0, -r.IntN(3)).Add(10 * time.Hour), Channel: one(string(platform), ""), Language: s.Lang,
			Attributes: map[string]string{"service_name": j.service, "agent_name": s.Staff}, Facts: facts, Test: test,
		}
		if r.IntN(4) > 0 {
			asked.Session, asked.RedeemedAt, asked.RedeemedBy = s.ID, day.Add(11*time.Hour), of.ID
		}
		if facts.Class == survey.Transactional && r.IntN(8) == 0 {
			asked.Facts.Class = "" // of the first releases
		}
		if r.IntN(15) == 0 {
			asked.Case, asked.Facts.Class = id(3), survey.Recovery
		}
		add(storage.Change{Invitation: &asked})
		if r.IntN(3) == 0 {
			f := storage.Feedback{
				ID: id(2), Kind: wanted[r.IntN(len(wanted))], Site: j.site, Session: one(s.ID, s.ID, s.ID, ""), Identity: of.ID, Text: one("late", "late", "late", ""),
				At: day.AddDate(0, 0, r.IntN(20)).Add(time.Duration(r.IntN(24)) * time.Hour),
			}
			add(storage.Change{Feedback: []storage.Feedback{f}})
		}
		if j.level > 5 || facts.Class == survey.Pulse || facts.Class == survey.Mystery {
			continue
		}
		number++
		opened := day.AddDate(0, 0, r.IntN(20))
		if r.IntN(5) == 0 { // a moment ago: those that wait have waited for less than others took
			opened = w.clock.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -r.IntN(2))
		}
		c := aCase(r, number, opened)
		c.ID, c.Site, c.Session, c.Identity = id(3), j.site, one(s.ID, s.ID, s.ID, s.ID, ""), one(of.ID, of.ID, of.ID, "")
		add(storage.Change{Case: &c})
	}
	for from := 0; from < len(turns); from += 50 {
		for _, err := range w.store.Advance(w.t.Context(), 0, turns[from:min(from+50, len(turns))]) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.folds()
}

// aCase is a case that opened on a day and came some way.
func aCase(r *rand.Rand, number int, day time.Time) storage.Case {
	c := storage.Case{Case: recovery.Case{State: recovery.Open, Number: number, OpenedAt: day.Add(time.Duration(r.IntN(24)) * time.Hour)}}
	clocks := []recovery.Clock{recovery.ClockAcknowledge, recovery.ClockContact, recovery.ClockResolve}
	for step, at := range []*time.Time{&c.First.Acknowledged, &c.First.Contacted, &c.First.Resolved} {
		if r.IntN(4) == 0 {
			c.Missed = append(c.Missed, clocks[step])
		}
		if r.IntN(5) == 0 {
			break
		}
		*at = c.OpenedAt.Add(time.Duration(step+1) * time.Duration(1+r.IntN(90)) * time.Minute)
	}
	if c.Reopens = max(0, r.IntN(5)-2); !c.First.Resolved.IsZero() {
		c.State, c.EndedAt = recovery.Resolved, c.First.Resolved
		c.Resolution = &recovery.Resolution{Cause: []string{"responsiveness", "responsiveness", "empathy", "price", "other"}[r.IntN(5)], Actions: []recovery.Action{{}}}
		if r.IntN(3) > 0 {
			c.Outcome.Asked = c.EndedAt.Add(time.Hour)
		}
		if !c.Outcome.Asked.IsZero() && r.IntN(4) > 0 {
			c.Outcome.Recovered = []recovery.Recovered{recovery.RecoveredYes, recovery.RecoveredPartly, recovery.RecoveredNot}[r.IntN(3)]
			c.Outcome.Settled = []recovery.Settled{recovery.SettledYes, recovery.SettledPartly, recovery.SettledNo}[r.IntN(3)]
		}
	}
	return c
}

// caseReader reads reports in each of the ways.
type caseReader struct {
	figureReader
	config           api.Config
	driver, question string         // of the database, and how times of cases are asked for
	summed           *visit         // to pages that count from sums by day
	turn             int            // which filter it is
	seen             map[string]int // how many numbers were compared, by what they are of
}

func (x *caseReader) compared(what string) {
	if x.seen == nil {
		x.seen = map[string]int{}
	}
	x.seen[what]++
}

// told reads a report by a token, and where one person of staff is asked for by the way of the commands; what it says
// stands on the page and in its tables.
func (x *caseReader) told(name string, q url.Values) (told toldReport) {
	x.Helper()
	var code int
	var data []byte
	if q.Get("staff") == "" {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/reports/"+name+"?"+q.Encode(), nil)
		r.Header.Set("Authorization", "Bearer "+x.token)
		w := httptest.NewRecorder()
		x.api.ServeHTTP(w, r)
		code, data = w.Code, w.Body.Bytes()
	} else {
		var err error
		if code, data, err = api.Call(x.Context(), x.config, http.MethodGet, "/reports/"+name+"?"+q.Encode(), nil); err != nil {
			x.Fatal(err)
		}
	}
	if err := json.Unmarshal(data, &told); err != nil || code != http.StatusOK {
		x.Fatalf("%s of %s: %d %s, %v", name, q.Encode(), code, data, err)
	}
	page := textOf(body(x.page.get("/reports/" + name + "?" + q.Encode())))
	for _, f := range told.Figures {
		var want string
		switch {
		case f.Shown == "rate":
			want = fmt.Sprintf("%s %% (%s–%s) of %d", report.PerCent(f.Rate), report.PerCent(f.Low), report.PerCent(f.High), f.N)
		case f.Shown == "counts":
			want = fmt.Sprintf("%d of %d", f.K, f.N)
		case f.Value != nil && *f.Value == math.Trunc(*f.Value):
			want = strconv.Itoa(int(*f.Value))
		default:
			continue
		}
		if !strings.Contains(page, textOf(want)) {
			x.Errorf("%s of %s: the page does not say %s of %s", name, q.Encode(), want, f.Key)
		}
	}
	for i, table := range told.Tables {
		if i != x.turn%len(told.Tables) { // one under each filter
			continue
		}
		rows := x.table(name, table.Table, q)
		if len(rows) != len(table.Rows) {
			x.Fatalf("%s of %s, %s: %d rows are told, the table has %d", name, q.Encode(), table.Table, len(table.Rows), len(rows))
		}
		for i, row := range table.Rows {
			sameCells(x.T, name+" of "+q.Encode()+", "+table.Table, table.Columns, row, rows[i])
		}
	}
	return told
}

// sql are the conditions of a filter; of a view that has every column of it.
func (x *caseReader) sql(q url.Values) string {
	text := where(q)
	for _, name := range []string{"staff", "language", "channel"} {
		if v := q.Get(name); v != "" {
			text += fmt.Sprintf(" AND %s = '%s'", name, v)
		}
	}
	return text
}

// sums are how many rows of a view fit a filter and each of some conditions.
func (x *caseReader) sums(view string, q url.Values, conditions map[string]string) map[string]int {
	x.Helper()
	names := slices.Sorted(maps.Keys(conditions))
	text, found, into := "SELECT count(*)", make([]int, len(names)+1), []any{}
	for _, name := range names {
		text += ", coalesce(sum(CASE WHEN " + conditions[name] + " THEN 1 ELSE 0 END), 0)"
	}
	for i := range found {
		into = append(into, &found[i])
	}
	if text += " FROM " + view + x.sql(q); x.db.QueryRowContext(x.Context(), text).Scan(into...) != nil {
		x.Fatal(text)
	}
	all := map[string]int{"": found[0]}
	for i, name := range names {
		all[name] = found[i+1]
	}
	return all
}

// share holds a share to what SQL counts.
func (x *caseReader) share(what string, q url.Values, f readFigure, key string, want counts) {
	x.Helper()
	switch {
	case f.Shown != "rate" && f.Shown != "counts":
		return
	case f.K != want.k || f.N != want.n:
		x.Errorf("%s of %s: SQL counts %d of %d, told are %d of %d", key, q.Encode(), want.k, want.n, f.K, f.N)
	}
	x.compared(what)
}

// cell holds a cell of a table to what SQL counts, unless nothing is told there.
func (x *caseReader) cell(what string, q url.Values, row map[string]any, column string, want int) {
	x.Helper()
	n, ok := row[column].(float64)
	if !ok {
		return
	}
	if int(n) != want {
		x.Errorf("%s of %s, %v: SQL counts %d, told is %v", column, q.Encode(), row, want, n)
	}
	x.compared(what)
}

// ofCases are what becomes of cases, by how steps and figures of the report are called.
var ofCases = map[string]string{
	"taken": "acknowledged", "contacted": "contacted", "resolved": "resolved", "asked": "asked", "answered": "recovered > ''", "recovered": "recovered = 'recovered'",
	"said settled": "settled > ''", "settled": "settled = 'yes'", "reopened": "reopens > 0",
	"taken met": "acknowledged AND NOT missed LIKE '%\"acknowledge\"%'", "taken missed": "missed LIKE '%\"acknowledge\"%'",
	"contacted met": "contacted AND NOT missed LIKE '%\"contact\"%'", "contacted missed": "missed LIKE '%\"contact\"%'",
	"resolved met": "resolved AND NOT missed LIKE '%\"resolve\"%'", "resolved missed": "missed LIKE '%\"resolve\"%'",
}

// cases compares what became of cases.
func (x *caseReader) cases(q url.Values) {
	x.Helper()
	told, so := x.told("recovery", q), x.sums("v_cases", q, ofCases)
	all := so[""]
	so["opened"] = all
	if (told.State == "empty") != (all == 0) {
		x.Errorf("%s: the report is %s, SQL counts %d cases", q.Encode(), told.State, all)
	}
	among := map[string]int{"contacted": all, "recovered": so["answered"], "settled": so["said settled"], "reopened": all}
	for _, f := range told.Figures {
		switch n, ok := among[f.Key]; {
		case ok:
			x.share("cases", q, f.readFigure, f.Key, counts{so[f.Key], n})
		case f.Key == "cases" && f.Value != nil:
			if x.compared("cases"); int(*f.Value) != all {
				x.Errorf("%s: SQL counts %d cases, told are %v", q.Encode(), all, *f.Value)
			}
		case f.Key == "recovered_floor":
			if x.compared("cases"); f.Value == nil || math.Abs(*f.Value-float64(so["recovered"])/float64(all)) > 1e-9 {
				x.Errorf("%s: SQL counts %d won back of all %d, told is %v", q.Encode(), so["recovered"], all, f.Value)
			}
		}
	}
	for _, table := range told.Tables {
		if table.Table == "times" {
			x.times(q, table.Rows)
		}
		for _, row := range table.Rows {
			switch table.Table {
			case "way":
				x.cell("steps", q, row, "cases", so[fmt.Sprint(row["step"])])
			case "promises":
				promise := fmt.Sprint(row["promise"])
				met, missed := so[promise+" met"], so[promise+" missed"]
				x.cell("promises", q, row, "met", met)
				x.cell("promises", q, row, "missed", missed)
				x.cell("promises", q, row, "not_yet_due", all-met-missed)
			}
		}
	}
}

// ofCustomers says of an invitation that it asks customers.
const ofCustomers = "class IN ('transactional', 'relationship')"

// asks compares who was asked and who answered.
func (x *caseReader) asks(q url.Values) {
	x.Helper()
	told := x.told("silence", q)
	so := x.sums("v_invitations", q, map[string]string{"asked": ofCustomers, "answered": ofCustomers + " AND has_answer", "opened": ofCustomers + " AND redeemed"})
	want := counts{so["answered"], so["asked"]}
	for _, f := range told.Figures {
		if f.Key == "answered" || f.Key == "opened" {
			x.share("asks", q, f.readFigure, f.Key, counts{so[f.Key], want.n})
		}
	}
	if (told.State == "empty") != (want.n == 0) {
		x.Errorf("%s: the report is %s, SQL counts %d who were asked", q.Encode(), told.State, want.n)
	}
	of := x.total(x.config, q, figures.Answered)
	x.units[of.unit]++
	x.share("asks", q, of, "answered by the API", want)
	sites := x.counted("SELECT site, count(*), sum(CASE WHEN has_answer THEN 1 ELSE 0 END) FROM v_invitations" + x.sql(q) + " AND " + ofCustomers + " GROUP BY 1")
	for _, table := range told.Tables {
		for _, row := range table.Rows {
			if table.Table == "site" {
				of := sites[fmt.Sprint(row["key"])]
				x.cell("asks", q, row, "n", of[0])
				x.cell("asks", q, row, "k", of[1])
			}
		}
	}
	if x.turn%5 != 0 {
		return
	}
	got := counts{}
	for _, row := range x.file("invitations", q) {
		if row["test"] == "false" && slices.Contains(customersOwn, row["class"]) && fitsRow(q, row) {
			if got.n++; row["has_answer"] == "true" {
				got.k++
			}
		}
	}
	if x.compared("rows"); got != want {
		x.Errorf("%s: the rows of invitations count %+v, SQL %+v", q.Encode(), got, want)
	}
}

// complaints compares what customers wanted said, and causes.
func (x *caseReader) complaints(q url.Values) {
	x.Helper()
	const others = "class NOT IN ('pulse', 'mystery')"
	told := x.told("complaints", q)
	asked := x.sums("v_invitations", q, map[string]string{"asked": ofCustomers})["asked"]
	kinds := x.counted("SELECT kind, count(*), 0 FROM v_feedback" + x.sql(q) + " AND " + others + " GROUP BY 1")
	for _, f := range told.Figures {
		switch kind, ok := strings.CutPrefix(f.Key, "received_"); {
		case f.Value == nil:
		case ok:
			if x.compared("complaints"); int(*f.Value) != kinds[kind][0] {
				x.Errorf("%s: SQL counts %d of %s, told are %v", q.Encode(), kinds[kind][0], kind, *f.Value)
			}
		case f.Key == "complaints_per_1000":
			want, _ := report.Per1000(kinds[string(storage.Complaint)][0], asked)
			if x.compared("complaints"); f.N != asked || math.Abs(*f.Value-want) > 1e-9 {
				x.Errorf("%s: SQL counts %v on 1000 of %d, told are %v of %d", q.Encode(), want, asked, *f.Value, f.N)
			}
		}
	}
	causes := x.counted("SELECT cause, count(*), 0 FROM v_cases" + x.sql(q) + " AND cause > '' GROUP BY 1")
	for _, table := range told.Tables {
		for _, row := range table.Rows {
			if cause := fmt.Sprint(row["cause"]); table.Table == "causes" && cause != rarer {
				x.cell("causes", q, row, "cases", causes[cause][0])
			}
		}
	}
	kind := string(wanted[x.turn%len(wanted)])
	to := url.Values{"kind": {kind}}
	for k, v := range q {
		to[k] = v
	}
	all, err := csv.NewReader(x.page.get("/reports/words/words.csv?" + to.Encode()).Body).ReadAll()
	if err != nil || len(all) == 0 {
		x.Fatal(err)
	}
	n := x.sums("v_words", q, map[string]string{"said": others + " AND kind = '" + kind + "'"})["said"]
	if x.compared("rows"); len(all)-1 != n {
		x.Errorf("%s: the list of words has %d of %s, SQL counts %d", q.Encode(), len(all)-1, kind, n)
	}
	if x.turn%5 != 0 {
		return
	}
	rows := map[string]int{}
	for _, row := range x.file("feedback", q) {
		if row["test"] == "false" && row["class"] != "pulse" && row["class"] != "mystery" && fitsRow(q, row) {
			rows[row["kind"]]++
		}
	}
	for _, kind := range wanted {
		if x.compared("rows"); rows[string(kind)] != kinds[string(kind)][0] {
			x.Errorf("%s: the rows of feedback count %d of %s, SQL %d", q.Encode(), rows[string(kind)], kind, kinds[string(kind)][0])
		}
	}
}

// scores compares the means of questions, of answers that are read one by one and of those that are added up by day.
func (x *caseReader) scores(q url.Values) {
	x.Helper()
	want := x.counted("SELECT flow || '/' || question, count(*), CAST(sum(round(1000 * score)) AS integer) FROM v_answers" + x.sql(q) +
		" AND newest AND NOT dropped AND NOT skipped AND score IS NOT NULL AND session IN (SELECT session FROM v_sessions WHERE answered > 0 AND level > 0 AND " + ofCustomers + ") GROUP BY 1")
	if len(want) < 2 { // the page shows no such table of one question
		return
	}
	to := url.Values{"chart": {"questions"}}
	for k, v := range q {
		to[k] = v
	}
	for way, page := range map[string]*visit{"one by one": x.page, "summed": x.summed} {
		got := page.get("/reports/level/table.csv?" + to.Encode())
		rows, err := csv.NewReader(got.Body).ReadAll()
		if err != nil || got.Code != http.StatusOK || len(rows)-1 != len(want) {
			x.Errorf("scores of %s, %s: %d, %d rows, SQL has %v, %v", q.Encode(), way, got.Code, len(rows)-1, want, err)
			continue
		}
		for _, row := range rows[1:] {
			so := want[row[0]+"/"+row[1]]
			if _, err := strconv.ParseFloat(row[4], 64); err != nil {
				continue // too few to say
			}
			if x.compared("scores"); row[2] != strconv.Itoa(so[0]) || row[4] != report.Printed(float64(so[1])/1000/float64(so[0]), 1) {
				x.Errorf("scores of %s, %s: the table has %q, SQL %v", q.Encode(), way, row, so)
			}
		}
	}
}

// file are rows as the pages give them: they know neither services nor who served.
func (x *caseReader) file(what string, q url.Values) (rows []map[string]string) {
	x.Helper()
	all, err := csv.NewReader(x.page.get("/download/" + what + ".csv?" + ofRows(q)).Body).ReadAll()
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

// fitsRow reports whether a row has what a filter asks for.
func fitsRow(q url.Values, row map[string]string) bool {
	for _, name := range narrowed {
		if v := q.Get(name); v != "" && v != row[name] {
			return false
		}
	}
	return true
}
