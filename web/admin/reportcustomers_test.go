package admin

import (
	"database/sql"
	"encoding/csv"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
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
		tier := []string{"", "normal", "normal", "normal", "MGC", "MGC", "MVC", "BZ"}[r.IntN(8)]
		for at, again := first, 0.0; at.Before(today) && again < 0.3+0.08*float64(level); at, again = at.AddDate(0, 0, r.IntN(60)), r.Float64() {
			events = append(events, storage.Event{
				Source: "till", ID: fmt.Sprint(key, "-", len(events)), State: storage.EventDone, Site: site, Service: []string{"Cut", "Cut", "Colour", "Shave"}[r.IntN(4)], Ended: at,
				Amount: &storage.EventAmount{Value: strconv.Itoa(20 + r.IntN(80)), Currency: "EUR"}, Customer: &storage.EventCustomer{ID: key, Tier: tier},
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
		x := &figureReader{T: t, w: w, page: robin, db: db, names: tongues()[fallback]}
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
				want := fmt.Sprintf("%s %s %% (", label, report.PerCent(float64(of[1])/float64(of[0])))
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
			x.value(driver, site, filter, where)
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
		if want := fmt.Sprintf("%s %s %% (", label, report.PerCent(float64(k)/float64(all))); !strings.Contains(page, want) || !strings.Contains(page, fmt.Sprintf(") of %d", all)) {
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

// value holds the page of what customers are worth to what SQL counts of services, classes and answers.
func (x *figureReader) value(driver, site, filter, where string) {
	x.Helper()
	page := textOf(body(x.page.get("/reports/value?" + filter)))
	came := x.ofACustomer(driver, site)
	total := x.counted("SELECT '', count(*), 0 FROM (" + came + ") AS c")[""][0]
	paid := "CAST(json_extract(body, '$.amount.value') AS real)"
	if driver == "postgres" {
		paid = "CAST(CAST(body AS jsonb)#>>'{amount,value}' AS numeric)"
	}
	bySite := ""
	if site != "" {
		bySite = " AND site = '" + site + "'"
	}
	of := x.counted("SELECT k.tier, count(DISTINCT e.customer), CAST(sum(" + paid + ") AS integer) FROM events e JOIN customers k ON k.id = e.customer WHERE e.state = 'done' AND NOT e.test" +
		strings.ReplaceAll(bySite, "site", "e.site") + " AND e.customer IN (SELECT customer FROM (" + came + ") AS c) AND e.name <> 'till:long' GROUP BY k.tier")
	sum := 0
	for _, n := range of {
		sum += n[1]
	}
	felt := x.counted("SELECT k.tier, count(*), sum(CASE WHEN s.level <= 3 THEN 1 ELSE 0 END) FROM v_sessions v JOIN read_sessions s ON s.session = v.session" +
		" JOIN sessions o ON o.id = s.session JOIN customers k ON k.id = o.customer WHERE v.level > 0 AND NOT v.test" + strings.ReplaceAll(where, "site", "v.site") + " GROUP BY k.tier")
	for _, row := range x.rowsOf("value", "classes", filter) {
		tier := strings.TrimPrefix(row[0], "none")
		if row[2] != strconv.Itoa(of[tier][0]) || row[3] != strconv.Itoa(total) {
			x.Errorf("in the class %q SQL counts %d of %d, the table says %v", tier, of[tier][0], total, row)
		}
		if want := report.Printed(float64(of[tier][1])/float64(sum), 6); row[9] != want && of[tier][0] >= report.FewestRated {
			x.Errorf("the class %q paid %s of all, the table says %v", tier, want, row)
		}
	}
	for _, row := range x.rowsOf("value", "felt", filter) {
		for _, tier := range figures.ClassNames() {
			if x.names.className(tier) == row[0] && row[1] != string(report.Hidden) && (row[2] != strconv.Itoa(felt[tier][1]) || row[3] != strconv.Itoa(felt[tier][0])) {
				x.Errorf("of the class %q SQL counts %v answers, the table says %v", tier, felt[tier], row)
			}
		}
	}
	if want := fmt.Sprintf("Of %d customers who were served", total); !strings.Contains(page, want) {
		x.Errorf("the page does not say %q: %.1500s", want, page)
	}
}

// rateRow holds a row of a table to how many there are, and how many of them count.
func (x *figureReader) rateRow(chart, label, filter string, want [2]int) {
	x.Helper()
	rows := x.rowsOf("measures", chart, filter)
	for _, row := range rows {
		if row[0] == label {
			if row[2] != strconv.Itoa(want[1]) || row[3] != strconv.Itoa(want[0]) || row[5] != report.Printed(float64(want[1])/float64(want[0]), 6) {
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
		for _, at := range []string{"/reports/measures", "/reports/measures?flow=six_measures", "/reports/measures?flow=ces", "/reports/loyalty", "/reports/value", "/reports/value?told=22"} {
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
	if one := textOf(body(robin.get("/reports/loyalty?flow=six_measures"))); !strings.Contains(one, "Why customers come") || strings.Contains(one, "Newly lost:") || !strings.Contains(one, "follows from their visits and not from a survey") {
		t.Errorf("of the survey that asks: %.4000s", one)
	}
	if none := textOf(body(robin.get("/reports/loyalty?flow=ces"))); !strings.Contains(none, "This survey asks nobody why they come") || strings.Contains(none, "are safe") {
		t.Errorf("of a survey that does not ask: %.4000s", none)
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

func TestWhatCustomersAreWorthIsToldWithTheirClasses(t *testing.T) {
	w := newWorld(t)
	robin := w.as("robin")
	w.keeps()
	if page := textOf(body(robin.get("/reports/value"))); !strings.Contains(page, "what customers are worth is not known") {
		t.Errorf("of nothing: %s", page)
	}
	w.stayedYear(rand.New(rand.NewPCG(8, 1)), 150)
	k := w.unhappy("main", "7", "Anna Bell", "I waited forty minutes.")
	other := w.unhappy("harbour", "8", "Li", "The shade is wrong.")
	for _, c := range []storage.Case{k, other} { // who has a case, and a class
		if err := w.store.PutCustomer(t.Context(), storage.Customer{ID: "c" + c.Name(), Tier: recovery.MVC, Created: w.clock.Now()}); err != nil {
			t.Fatal(err)
		}
		c.Customer = "c" + c.Name()
		w.store1(storage.Change{Case: &c})
	}
	w.clock.add(2 * time.Hour)
	w.keeps()
	page := textOf(body(robin.get("/reports/value")))
	for _, want := range []string{
		"Unsatisfied answers of the most valuable customers:", "Paid by the top fifth", "EUR", "The classes", "brought", "customers who paid most", "Unsatisfied, by class", "against all others",
		"The tenth who paid most", "The classes over time", "An estimate of how many people hear of it is off", k.Name(), other.Name(),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %.4000s", want, page)
		}
	}
	counts := map[string]bool{}
	for _, row := range (&figureReader{T: t, w: w, page: robin}).rowsOf("value", "classes", "") {
		label := tongues()[fallback].className(strings.TrimPrefix(row[0], "none"))
		if counts[row[2]] = true; row[1] != string(report.Hidden) && !regexp.MustCompile(regexp.QuoteMeta(label)+` (?:brought \d+ % of what was paid )?`+row[2]+` \d`).MatchString(page) {
			t.Errorf("of the class %q the page does not say that it has %s customers", label, row[2])
		}
	}
	if len(counts) < 2 {
		t.Errorf("every class has as many customers: %v", counts)
	}
	page = textOf(body(robin.get("/reports/value?told=22")))
	m := regexp.MustCompile(`(\d+) people may hear of it, if each unsatisfied customer tells 22`).FindStringSubmatch(page)
	if m == nil || asInt(m[1])%22 != 0 || asInt(m[1]) == 0 || !strings.Contains(page, "This is no measurement") {
		t.Errorf("the estimate: %v: %.4000s", m, page)
	}
	if status, said := w.reads()("value?told=22"); status != 200 || !slices.ContainsFunc(said.Figures, func(f toldFigure) bool { return f.Key == "most_valuable_unsatisfied" && f.N > 0 }) ||
		slices.ContainsFunc(said.Tables, func(t toldTable) bool { return t.Table == "open" }) || !slices.ContainsFunc(said.Tables, func(t toldTable) bool { return t.Table == "impact" && len(t.Rows) == 3 }) {
		t.Errorf("a program is told %d, %+v", status, said)
	}
	for _, told := range []string{"0", "-3", "x", "100000"} {
		if page := textOf(body(robin.get("/reports/value?told=" + told))); !strings.Contains(page, "is off") {
			t.Errorf("it is on at %s", told)
		}
	}
	vera := w.as("vera") // of main alone
	body(vera.get("/reports/value"))
	w.keeps()
	if page := textOf(body(vera.get("/reports/value"))); !strings.Contains(page, k.Name()) || strings.Contains(page, other.Name()) {
		t.Errorf("vera sees the cases of others: %.3000s", page)
	}
}

func TestStaffGiveACustomerAClass(t *testing.T) {
	w := newWorld(t)
	w.stayedYear(rand.New(rand.NewPCG(8, 1)), 3)
	at := "/customers/y1"
	mei := w.as("mei")
	post := func(v *visit, tier string) int {
		return v.post(at+"/tier", url.Values{"tier": {tier}}).Code
	}
	site := func() string {
		d, err := w.store.Dossier(t.Context(), storage.Anchor{Customers: []string{"y1"}})
		if err != nil || len(d.Events) == 0 {
			t.Fatal(err)
		}
		return d.Events[0].Site
	}()
	mine, others := mei, w.as("hans")
	if site == "harbour" {
		mine, others = others, mine
	}
	if got := post(others, "MVC"); got != 404 {
		t.Errorf("somebody of another site: %d", got)
	}
	if got := post(mine, "gold"); got != 400 {
		t.Errorf("of gold: %d", got)
	}
	before, err := w.store.Customer(t.Context(), "y1")
	if err != nil {
		t.Fatal(err)
	}
	if got := post(mine, "MVC"); got != 200 {
		t.Errorf("of one's own site: %d", got)
	}
	after, err := w.store.Customer(t.Context(), "y1")
	if err != nil || after.Tier != recovery.MVC || before.Tier == recovery.MVC {
		t.Errorf("the class was %q and is %q, %v", before.Tier, after.Tier, err)
	}
	page := textOf(body(mine.get(at)))
	for _, want := range []string{"Class by value", "Most valuable (MVC), " + map[bool]string{true: "Mei Chen", false: "Hans Beck"}[mine == mei]} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of the customer does not say %q: %s", want, page)
		}
	}
	if vera := w.as("vera"); vera.get(at).Code == 200 && strings.Contains(body(vera.get(at)), "/tier") {
		t.Error("a viewer may change a class")
	}
}
