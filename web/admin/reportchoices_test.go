package admin

import (
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

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/survey"
)

// chosenByChance are conversations of three surveys in which something was chosen. Each customer answers in one month,
// at one site and one survey, up to four times; what one of them chooses is alike.
func chosenByChance(r *rand.Rand, flows map[string]*survey.Flow, n int) (all []filled) {
	names := []string{"ladder7_expect", "six_measures"}
	for i := 0; len(all) < n; i++ {
		month, site, flow := time.Date(2026, time.Month(1+r.IntN(2)), 1, 0, 0, 0, 0, time.UTC), []string{"main", "main", "harbour"}[r.IntN(3)], names[r.IntN(len(names))]
		mood := r.IntN(100)
		for range 1 + r.IntN(4) {
			one := filled{flow: flow, customer: fmt.Sprint("c", i), site: site, day: month.AddDate(0, 0, r.IntN(28)).Format(time.DateOnly), level: 1 + r.IntN(7), choices: map[string][]string{}}
			one.values = map[string]float64{"overall": float64(one.level)}
			for _, q := range flows[flow].Questions {
				if q.Kind != survey.ChoiceQ {
					continue
				}
				switch r.IntN(6) {
				case 0: // not asked
				case 1:
					one.skipped = append(one.skipped, q.Key)
				default:
					one.choices[q.Key] = []string{q.Choices[(mood+r.IntN(2))%len(q.Choices)].Key}
					if q.Max > 1 {
						one.choices[q.Key] = append(one.choices[q.Key], q.Choices[(mood+2)%len(q.Choices)].Key)
					}
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// chosenTable reads the table of a question that the page of words shows; nil where it shows fewer.
func chosenTable(t *testing.T, v *visit, q url.Values, i int) [][]string {
	t.Helper()
	to := url.Values{"chart": {fmt.Sprint("choice-", i)}}
	for name, values := range q {
		to[name] = values
	}
	got := v.get("/reports/words/table.csv?" + to.Encode())
	if got.Code == http.StatusNotFound {
		return nil
	}
	rows, err := csv.NewReader(strings.NewReader(body(got))).ReadAll()
	if got.Code != 200 || err != nil {
		t.Fatalf("%s: %d, %v", to.Encode(), got.Code, err)
	}
	return rows[1:]
}

// TestAFigureIsTheSameOfWhatWasChosen counts how often choices were taken under random filters, on both engines: read
// one by one and added up by day, on the page, in its tables, as programs are told and by plain SQL. Of whole
// months, where each customer answers in one, the ranges are the same as well.
func TestAFigureIsTheSameOfWhatWasChosen(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, db *sql.DB) {
		r := rand.New(rand.NewPCG(16, 112))
		w.fill() // which publishes the surveys
		flows := (&site{Config: Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}}).customerFlow()
		w.fill(chosenByChance(r, flows, 700)...)
		if err := bot.SumUp(t.Context(), w.store); err != nil {
			t.Fatal(err)
		}
		page := func(exact int) *visit {
			return &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(viewer("robin")), Clock: w.clock.Now, ExactFigures: exact})}
		}
		told := func(exact int) *Reports {
			return NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now, ExactFigures: exact})
		}
		rows, sums := page(0), page(1)
		x := &figureReader{T: t, w: w, db: db}
		x.names = (&site{Config: Config{Bot: w.bot, Clock: w.clock.Now}}).words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
		seen := map[string]int{}
		for i := range *filters {
			q := url.Values{"compare": {"none"}}
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(40))
			q.Set("from", from.Format(time.DateOnly))
			q.Set("to", from.AddDate(0, 0, 5+r.IntN(50)).Format(time.DateOnly))
			whole := i%2 == 0
			if whole {
				q.Set("from", []string{"2026-01-01", "2026-02-01"}[r.IntN(2)])
				q.Set("to", "2026-02-28")
			}
			for _, one := range [][3]string{{"site", "main", "harbour"}, {"flow", "ladder7_expect", "six_measures"}, {"level", "1-3", "4-7"}} {
				if n := r.IntN(5); n < 2 {
					q.Set(one[0], one[1+n])
				}
			}
			byRows, err := told(0).Report(t.Context(), "words", figures.ReportReader{}, q)
			if err != nil {
				t.Fatal(err)
			}
			bySums, err := told(1).Report(t.Context(), "words", figures.ReportReader{}, q)
			if err != nil || len(byRows.Tables) != len(bySums.Tables) {
				t.Fatalf("%s: %d and %d tables, %v", q.Encode(), len(byRows.Tables), len(bySums.Tables), err)
			}
			if len(byRows.Tables) > 0 != strings.Contains(body(sums.get("/reports/words?"+q.Encode())), x.names.t("choices_summed")) {
				t.Errorf("%s: the page does not say that it was added up", q.Encode())
			}
			counted := x.chosenBySQL(q)
			for n := range byRows.Tables {
				one, sum := chosenTable(t, rows, q, n+1), chosenTable(t, sums, q, n+1)
				if len(one) != len(sum) || len(one) != len(byRows.Tables[n].Rows) || len(one) == 0 {
					t.Fatalf("%s: %d rows, %d of sums, %d are told", q.Encode(), len(one), len(sum), len(byRows.Tables[n].Rows))
				}
				for k := range one {
					seen["rows"]++
					x.toldAs(q, one[k], byRows.Tables[n].Rows[k])
					x.toldAs(q, sum[k], bySums.Tables[n].Rows[k])
					if one[k][8] != string(figures.Customers) || sum[k][8] != string(figures.Days) {
						t.Errorf("%s: made of %s, and of %s", q.Encode(), one[k][8], sum[k][8])
					}
					if one[k][0] != sum[k][0] || sum[k][2] != "" && !slices.Equal(one[k][2:4], sum[k][2:4]) {
						t.Errorf("%s: %v, added up %v", q.Encode(), one[k], sum[k])
					}
					if whole && q.Get("level") == "" {
						seen["whole"]++
						if sum[k][5] != "" { // of several months and sites fewer customers are certain
							seen["rates"]++
							if !slices.Equal(one[k][5:8], sum[k][5:8]) {
								t.Errorf("%s: %v, added up %v", q.Encode(), one[k], sum[k])
							}
						}
						if q.Get("site") != "" && q.Get("from") == "2026-02-01" && one[k][1] != sum[k][1] {
							t.Errorf("%s: %v, added up %v", q.Encode(), one[k], sum[k])
						}
					}
				}
				x.chosenAs(q, flows, byRows.Tables[n].Rows, counted)
			}
		}
		if seen["rows"] < ofFilters(600) || seen["whole"] < ofFilters(150) || seen["rates"] < ofFilters(90) {
			t.Errorf("compared were %v", seen)
		}
		// Of a service they are read one by one.
		one, sum := chosenTable(t, rows, url.Values{"service": {"Haircut"}}, 1), chosenTable(t, sums, url.Values{"service": {"Haircut"}}, 1)
		if len(one) == 0 || fmt.Sprint(one) != fmt.Sprint(sum) {
			t.Errorf("of a service: %v and %v", one, sum)
		}
	})
}

// toldAs holds a row of a table to what programs are told.
func (x *figureReader) toldAs(q url.Values, row []string, told []any) {
	x.Helper()
	for i := 1; i < len(row); i++ {
		text := ""
		if told[i] != nil {
			text = fmt.Sprint(told[i])
		}
		a, err1 := strconv.ParseFloat(row[i], 64)
		b, err2 := strconv.ParseFloat(text, 64)
		if row[i] != text && (err1 != nil || err2 != nil || a != b) {
			x.Errorf("%s: the table has %v, programs are told %v", q.Encode(), row, told)
		}
	}
}

// chosenBySQL is how often each question was answered and each choice of it taken, as SQL over the views counts: by
// survey and question, of all who answered under "".
func (x *figureReader) chosenBySQL(q url.Values) map[[2]string]map[string]int {
	x.Helper()
	level := " AND s.level BETWEEN 1 AND 7"
	if from, to, ok := strings.Cut(q.Get("level"), "-"); ok {
		level = " AND s.level BETWEEN " + from + " AND " + to
	}
	of := strings.NewReplacer(" NOT test", " NOT s.test", "CAST(day", "CAST(s.day", " site ", " s.site ", " flow ", " s.flow ").Replace(where(q))
	text := "SELECT a.flow, a.question, coalesce(nullif(CAST(a.choices AS text), ''), '[]'), count(*) FROM v_answers a JOIN v_sessions s ON s.session = a.session" + of + level +
		" AND s.answered > 0 AND s.class IN ('transactional', 'relationship') AND a.newest AND NOT a.dropped AND NOT a.skipped GROUP BY 1, 2, 3"
	rows, err := x.db.QueryContext(x.Context(), text)
	if err != nil {
		x.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	all := map[[2]string]map[string]int{}
	for rows.Next() {
		var at [2]string
		var list string
		var n int
		var choices []string
		if err := rows.Scan(&at[0], &at[1], &list, &n); err != nil {
			x.Fatal(err)
		}
		if err := json.Unmarshal([]byte(list), &choices); err != nil {
			x.Fatalf("%s: %v", list, err)
		}
		if all[at] == nil {
			all[at] = map[string]int{}
		}
		for _, choice := range append(choices, "") {
			all[at][choice] += n
		}
	}
	if err := rows.Err(); err != nil {
		x.Fatal(err)
	}
	return all
}

// chosenAs holds the rows of a question to what SQL counts. Which question it is follows from the choices and the
// number of answers.
func (x *figureReader) chosenAs(q url.Values, flows map[string]*survey.Flow, told [][]any, counted map[[2]string]map[string]int) {
	x.Helper()
	for id, f := range flows {
		for _, question := range f.Questions {
			if question.Kind != survey.ChoiceQ || len(question.Choices) != len(told) {
				continue
			}
			c := counted[[2]string{id, question.Key}]
			if !slices.ContainsFunc(told, func(row []any) bool { return row[3] != nil && (row[3] != c[""] || row[2] != c[fmt.Sprint(row[0])]) }) {
				return
			}
		}
	}
	x.Errorf("%s: no question has %v by SQL: %v", q.Encode(), told, counted)
}
