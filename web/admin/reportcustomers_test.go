package admin

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"html"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// stayedYear is a year of customers by chance: n of them are served, and some say how satisfied they are, why they come
// and what they would do.
func (w *world) stayedYear(r *rand.Rand, n int) {
	w.t.Helper()
	today := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var events []storage.Event
	var given []filled
	for i := range n {
		key := fmt.Sprint("y", i)
		site := []string{"main", "main", "harbour"}[r.IntN(3)]
		first := today.AddDate(0, 0, -10-r.IntN(300))
		level := 1 + r.IntN(7)
		for at, again := first, 0.0; at.Before(today) && again < 0.3+0.08*float64(level); at, again = at.AddDate(0, 0, r.IntN(60)), r.Float64() {
			events = append(events, storage.Event{
				Source: "till", ID: fmt.Sprint(key, "-", len(events)), State: storage.EventDone, Site: site, Service: []string{"Cut", "Cut", "Colour", "Shave"}[r.IntN(4)], Ended: at,
				Amount: &storage.EventAmount{Value: strconv.Itoa(20 + r.IntN(80)), Currency: "EUR"}, Customer: &storage.EventCustomer{ID: key},
			})
		}
		if r.IntN(3) > 0 {
			given = append(given, filled{
				flow: "six_measures", customer: "t" + key, key: key, site: site, day: first.Format(time.DateOnly), level: level,
				values: map[string]float64{
					"overall": float64(level), "attract": float64(1 + r.IntN(5)), "heard": float64(1 + r.IntN(5)), "price10": float64(1 + r.IntN(5)),
					"rival": float64(1 + r.IntN(5)), "mistake": float64(1 + r.IntN(5)),
				},
				choices: map[string][]string{
					"loyal_why":   {[]string{"value", "value", "convenience", "price", "habit", "monopoly"}[r.IntN(6)]},
					"choose_time": {[]string{"at_once", "minutes", "days", "compared"}[r.IntN(4)]},
				},
			})
		}
	}
	if n > 0 { // these never count
		events = append(events,
			storage.Event{Source: "till", ID: "test", State: storage.EventDone, Site: "main", Service: "Wig", Ended: today.AddDate(0, 0, -5), Test: true, Customer: &storage.EventCustomer{ID: "y0"}},
			storage.Event{Source: "till", ID: "nobody", State: storage.EventDone, Site: "main", Service: "Wig", Ended: today.AddDate(0, 0, -5)},
			storage.Event{Source: "till", ID: "long", State: storage.EventDone, Site: "main", Service: "Wig", Ended: today.AddDate(0, 0, -380), Customer: &storage.EventCustomer{ID: "y0"}},
		)
	}
	if _, err := w.store.PutEvents(w.t.Context(), events, w.clock.Now(), false); err != nil {
		w.t.Fatal(err)
	}
	w.fill(given...)
}

// ofACustomer is a row for each customer served at a site, "" = at any, in the year of the figures: the days on which
// they came, and the kinds of services.
func (x *figureReader) ofACustomer(driver, site string) string {
	day, service := "date(at / 1000000, 'unixepoch')", "json_extract(body, '$.service')"
	if driver == "postgres" {
		day, service = "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD')", "CAST(body AS jsonb)->>'service'"
	}
	text := "SELECT customer, count(DISTINCT " + day + ") AS days, count(DISTINCT " + service + ") AS kinds FROM events" +
		" WHERE state = 'done' AND NOT test AND customer > '' AND " + day + " BETWEEN '2025-03-03' AND '2026-03-02'"
	if site != "" {
		text += " AND site = '" + site + "'"
	}
	return text + " GROUP BY customer"
}

// TestWhatCustomersDoIsTheSameOnThePageInItsTableAndBySQL holds the figures of what customers do and say to what plain
// SQL counts, of all sites and of one, on both engines.
func TestWhatCustomersDoIsTheSameOnThePageInItsTableAndBySQL(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, driver string, db *sql.DB) {
		w.stayedYear(rand.New(rand.NewPCG(3, 16)), 150)
		robin := w.as("robin")
		x := &figureReader{T: t, w: w, page: robin, db: db}
		for _, site := range []string{"", "harbour"} {
			filter, where := "", ""
			if site != "" {
				filter, where = "&site="+site, " AND site = '"+site+"'"
				body(robin.get("/reports/measures?" + filter)) // so that it is made
			}
			w.keeps()
			page := textOf(body(robin.get("/reports/measures?" + filter)))
			served := x.counted("SELECT '', count(*), sum(CASE WHEN days > 1 THEN 1 ELSE 0 END) FROM (" + x.ofACustomer(driver, site) + ") AS c")[""]
			several := x.counted("SELECT '', count(*), sum(CASE WHEN kinds > 1 THEN 1 ELSE 0 END) FROM (" + x.ofACustomer(driver, site) + ") AS c")[""]
			for label, of := range map[string][2]int{"Came on two days or more": served, "Use two kinds of services or more": several} {
				want := fmt.Sprintf("%s %.0f %% (", label, 100*float64(of[1])/float64(of[0]))
				if !strings.Contains(page, want) || !strings.Contains(page, fmt.Sprintf(") of %d", of[0])) {
					t.Errorf("at %q: SQL counts %v, and the page does not say %q of it: %.1500s", site, of, want, page)
				}
			}
			visits := x.counted("SELECT '', sum(days), 0 FROM (" + x.ofACustomer(driver, site) + ") AS c")[""][0]
			if want := fmt.Sprintf("counted of %d customers who were served on %d days", served[0], visits); !strings.Contains(page, want) {
				t.Errorf("at %q the page does not say %q", site, want)
			}
			for measure, question := range map[string]string{"price_sensitivity": "price10", "competitor_attitude": "rival", "tolerance": "mistake"} {
				of := x.counted("SELECT '', count(*), sum(CASE WHEN value >= 4 THEN 1 ELSE 0 END) FROM v_answers WHERE newest AND NOT test AND NOT skipped AND NOT dropped" +
					" AND question = '" + question + "' AND CAST(day AS text) BETWEEN '2025-03-03' AND '2026-03-02'" + where)[""]
				x.rateRow("intents", measure, filter, of)
			}
			for _, choice := range []string{"At once", "Minutes", "I compared several providers"} {
				key := map[string]string{"At once": "at_once", "Minutes": "minutes", "I compared several providers": "compared"}[choice]
				of := x.counted(`SELECT '', count(*), sum(CASE WHEN choices = '["` + key + `"]' THEN 1 ELSE 0 END) FROM v_answers WHERE newest AND NOT test AND NOT skipped AND NOT dropped` +
					" AND question = 'choose_time' AND CAST(day AS text) BETWEEN '2025-03-03' AND '2026-03-02'" + where)[""]
				x.rateRow("choosing", choice, filter, of)
			}
			for kinds, n := range x.counted("SELECT CAST(kinds AS text), count(*), 0 FROM (" + x.ofACustomer(driver, site) + ") AS c GROUP BY 1") {
				x.rateRow("variety", kinds, filter, [2]int{served[0], n[0]})
			}
			x.loyalty(filter, where)
		}
	})
}

// loyalty holds the page of loyalty to what SQL counts of the answers: each customer of the test gave one.
func (x *figureReader) loyalty(filter, where string) {
	x.Helper()
	answered := "v_answers a JOIN v_sessions s ON s.session = a.session WHERE a.newest AND NOT a.test AND NOT a.skipped AND NOT a.dropped" +
		" AND CAST(a.day AS text) BETWEEN '2025-03-03' AND '2026-03-02'" + strings.ReplaceAll(where, "site", "a.site")
	kinds := x.counted("SELECT a.choices, count(*), sum(CASE WHEN s.level <= 3 THEN 1 ELSE 0 END) FROM " + answered + " AND a.question = 'loyal_why' GROUP BY 1")
	satisfied := x.counted("SELECT a.choices, count(*), sum(CASE WHEN s.level >= 5 THEN 1 ELSE 0 END) FROM " + answered + " AND a.question = 'loyal_why' GROUP BY 1")
	page, all, captive := textOf(body(x.page.get("/reports/loyalty?"+filter))), 0, 0
	for _, row := range x.rowsOf("loyalty", "kinds", filter) {
		of, good := kinds[`["`+row[0]+`"]`], satisfied[`["`+row[0]+`"]`][1]
		if all += of[0]; row[0] == report.ByHabit || row[0] == report.ByMonopoly {
			captive += of[1]
		}
		if row[1] != string(report.Hidden) && (row[2] != strconv.Itoa(good) || row[4] != strconv.Itoa(of[1]) || row[5] != strconv.Itoa(of[0])) {
			x.Errorf("who comes by %s: SQL counts %d of %v, the table says %v", row[0], good, of, row)
		}
	}
	for label, k := range map[string]int{"Captive": captive, "Safe": satisfied[`["value"]`][1]} {
		if want := fmt.Sprintf("%s %.0f %% (", label, 100*float64(k)/float64(all)); !strings.Contains(page, want) || !strings.Contains(page, fmt.Sprintf(") of %d", all)) {
			x.Errorf("SQL counts %d of %d, and the page does not say %q: %.1500s", k, all, want, page)
		}
	}
	factor := func(question string, low, high int) string {
		return fmt.Sprintf("(max(CASE WHEN a.question = '%s' THEN a.value END) - %d) / %d", question, low, high-low)
	}
	var n int
	var mean float64
	text := "SELECT count(*), avg(100.0 * a * s * p) FROM (SELECT " + factor("attract", 1, 5) + " AS a, " + factor("overall", 1, 7) + " AS s, " + factor("heard", 1, 5) +
		" AS p FROM " + answered + " GROUP BY a.session) AS c"
	if err := x.db.QueryRowContext(x.Context(), text).Scan(&n, &mean); err != nil {
		x.Fatal(err)
	}
	rows := x.rowsOf("loyalty", "index", filter)
	if row := rows[len(rows)-1]; row[0] != "index" || row[1] != strconv.Itoa(n) || row[3] != decimal(mean) || !strings.Contains(page, "Index of loyalty "+decimal(mean)) {
		x.Errorf("SQL counts an index of %v of %d, the table says %v", mean, n, row)
	}
}

// rateRow holds a row of a table to how many there are, and how many of them count.
func (x *figureReader) rateRow(chart, label, filter string, want [2]int) {
	x.Helper()
	rows := x.rowsOf("measures", chart, filter)
	for _, row := range rows {
		if row[0] == label {
			if row[2] != strconv.Itoa(want[1]) || row[3] != strconv.Itoa(want[0]) || row[5] != strconv.FormatFloat(float64(want[1])/float64(want[0]), 'f', 6, 64) {
				x.Errorf("%s, %s: SQL counts %d of %d, the table says %v", chart, label, want[1], want[0], row)
			}
			return
		}
	}
	x.Errorf("%s has no row %q: %v", chart, label, rows)
}

// rowsOf is the table of a chart, without its head.
func (x *figureReader) rowsOf(name, chart, filter string) [][]string {
	x.Helper()
	got := x.page.get("/reports/" + name + "/table.csv?chart=" + chart + filter)
	rows, err := csv.NewReader(strings.NewReader(body(got))).ReadAll()
	if got.Code != 200 || err != nil {
		x.Fatalf("%s of %s: %d, %v", chart, name, got.Code, err)
	}
	return rows[1:]
}

// A page of customers says how few they are, and says nothing of so few.
func TestFiguresOfCustomersKeepTheRuleForSmallNumbers(t *testing.T) {
	for _, n := range []int{0, 2, 4, 7, 12, 40, 150} {
		w := newWorld(t)
		w.stayedYear(rand.New(rand.NewPCG(8, uint64(n))), n)
		w.keeps()
		robin := w.as("robin")
		for _, at := range []string{"/reports/measures", "/reports/measures?flow=six_measures", "/reports/measures?flow=ces", "/reports/loyalty"} {
			page := body(robin.get(at))
			for _, fault := range append(faultsOf(page), tooMuch(page)...) {
				t.Errorf("%s of %d: %s", at, n, fault)
			}
			for _, to := range tableOf.FindAllString(page, -1) {
				rows, err := csv.NewReader(strings.NewReader(body(robin.get(html.UnescapeString(to))))).ReadAll()
				if err != nil || len(rows) < 2 {
					t.Fatalf("%s: %d rows, %v", to, len(rows), err)
				}
				for _, fault := range tooMuchIn(rows, 0) {
					t.Errorf("%s of %d: %s", to, n, fault)
				}
			}
		}
	}
}

func TestTheSixMeasuresSayWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	robin := w.as("robin")
	if page := textOf(body(robin.get("/reports/measures"))); !strings.Contains(page, "being made in the background") {
		t.Errorf("before it was made: %s", page)
	}
	w.keeps()
	if page := textOf(body(robin.get("/reports/measures"))); !strings.Contains(page, "No other system tells of services") {
		t.Errorf("of nothing: %s", page)
	}
	w.stayedYear(rand.New(rand.NewPCG(8, 1)), 300)
	w.clock.add(2 * time.Hour)
	w.keeps()
	page := textOf(body(robin.get("/reports/measures")))
	for _, want := range []string{"comes again less often", "against the satisfied: down", "If prices rose", "Half of those who name a time", "Who comes again", "As of"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %.3000s", want, page)
		}
	}
	if page := textOf(body(robin.get("/reports/measures?flow=ces&service=Cut"))); strings.Contains(page, "If prices rose") || !strings.Contains(page, "only site and survey act here") {
		t.Errorf("of another survey: %.2000s", page)
	}
	if got := w.as("vera").get("/reports/measures?site=harbour"); got.Code == 200 {
		t.Error("vera sees figures of a site that is not hers")
	}
}

func TestLoyaltyIsToldOfWhatCustomersSayAndDo(t *testing.T) {
	w := newWorld(t)
	robin := w.as("robin")
	w.keeps()
	if page := textOf(body(robin.get("/reports/loyalty"))); !strings.Contains(page, "No survey asks why customers come") {
		t.Errorf("of nothing: %s", page)
	}
	w.stayedYear(rand.New(rand.NewPCG(8, 1)), 150)
	w.clock.add(2 * time.Hour)
	w.keeps()
	page := textOf(body(robin.get("/reports/loyalty")))
	for _, want := range []string{"are safe: satisfied", "Why customers come", "No alternative", "Attraction", "Where customers stand", "From where to where in 90 days", "Newly lost:", "First visit → Lost"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %.4000s", want, page)
		}
	}
	sum := 0
	for _, row := range (&figureReader{T: t, w: w, page: robin}).rowsOf("loyalty", "standing", "") {
		sum += asInt(row[2])
		if row[3] != "150" {
			t.Errorf("of %s customers stand there: %v", row[3], row)
		}
	}
	if sum != 150 {
		t.Errorf("%d of 150 customers stand somewhere", sum)
	}
}
