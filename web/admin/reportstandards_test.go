package admin

import (
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
)

// servedOnce is a service that a system told of: how many minutes it took, how late it was. Level 0 = nobody answered.
type servedOnce struct {
	customer, site, day, service string
	minutes, late                int
	level                        int
}

// serve stores services with the answers about them, as triggers and links leave them behind.
func (w *world) serve(all ...servedOnce) {
	w.t.Helper()
	var events []storage.Event
	var asks []storage.AskChange
	var given []judged
	for i, one := range all {
		day, _ := time.Parse(time.DateOnly, one.day)
		ended := day.Add(12 * time.Hour)
		e := storage.Event{
			Source: "till", ID: fmt.Sprintf("%d-%d", w.n, i), State: storage.EventDone, Site: one.site, Service: one.service, Measures: map[string]float64{"wash_min": float64(one.minutes)}, Ended: ended,
			Promised: &storage.EventPromise{By: ended.Add(-time.Duration(one.late) * time.Minute)}, Customer: &storage.EventCustomer{ID: one.customer},
		}
		events = append(events, e)
		if one.level == 0 {
			continue
		}
		given = append(given, judged{one.customer, one.site, one.day, one.service, one.level})
		asks = append(asks, storage.AskChange{Ask: storage.Ask{
			ID: "ask-" + e.ID, Customer: one.customer, Event: e.Name(), Flow: "one_tap_csat", Site: one.site, State: "completed", Made: ended, Sent: ended,
			Session: fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n+len(given)),
		}})
	}
	if _, err := w.store.PutEvents(w.t.Context(), events, w.clock.Now(), false); err != nil {
		w.t.Fatal(err)
	}
	err := w.store.ChangeAsks(w.t.Context(), 0, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) { return asks, nil })
	if err != nil {
		w.t.Fatal(err)
	}
	w.judge(given...)
}

const washTakes = "standards: [{service: Haircut, measure: wash_min, at_least: 45}]"

// standardsAre publishes triggers with standards.
func (w *world) standardsAre(source string) {
	w.t.Helper()
	if _, _, err := w.store.PublishTriggers(w.t.Context(), source, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// washed are haircuts of customers of their own: so many too short, of which so many are unhappy; others long enough.
func washed(short, unhappyShort, long, unhappyLong int) (all []servedOnce) {
	for i := range short + long {
		one := servedOnce{customer: fmt.Sprint("w", i), site: "main", day: fmt.Sprintf("2026-02-%02d", 2+i%20), service: "Haircut", minutes: 50, late: -5, level: 7}
		if i < short {
			one.minutes = 30
		}
		if i < unhappyShort || i >= short && i < short+unhappyLong {
			one.level = 1
		}
		all = append(all, one)
	}
	return all
}

func TestBrokenStandardsAreHeldAgainstKeptOnes(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	all := append(washed(60, 24, 120, 12),
		servedOnce{customer: "old", site: "main", day: "2026-02-20", service: "Haircut", minutes: 20, late: 30}, // of which nobody said anything
		servedOnce{customer: "new", site: "main", day: "2026-03-01", service: "Haircut", minutes: 20},           // not two days ago
		servedOnce{customer: "col", site: "main", day: "2026-02-20", service: "Colour", minutes: 20},            // no wash
	)
	for i := range 40 {
		all = append(all, servedOnce{customer: fmt.Sprint("h", i), site: "harbour", day: "2026-02-19", service: "Haircut", minutes: 60 - i, late: -1})
	}
	w.serve(all...)
	robin := w.as("robin")
	page := body(robin.get("/reports/standards?standard=wash_min+at+least+45+Haircut"))
	text := textOf(page)
	for _, want := range []string{
		"Wash (minutes) at least 45 · Haircut: where it was broken, unsatisfied are 40 % (28–53); where it was kept, 10 % (6–17): up 30 points (17 to 43)",
		"wash (minutes) at least 45 · Haircut: broken 60 40 % (28–53) against kept: up 30 points", "wash (minutes) at least 45 · Haircut: kept 120 10 % (6–17)",
		"4.0 times as often (2.1 to 7.5) accounts for 50 % (36–58) of the unsatisfied", // 24 of 36, times 3 of 4
		"Ready when promised: kept 100 % (97–100) of 223", "wash (minutes) at least 45 · Haircut: kept, by site", "Harbour",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q: %s", want, text)
		}
	}
	for _, fault := range append(faultsOf(page), tooMuch(page)...) {
		t.Error(fault)
	}
	table := func(chart string) string {
		return body(robin.get("/reports/standards/table.csv?standard=wash_min+at+least+45+Haircut&chart=" + chart))
	}
	silent := table("silent")
	if !strings.Contains(silent, "2026-02-20,Main Street,Haircut,Ready when promised,30\n") || strings.Contains(silent, "2026-03-01") || strings.Contains(silent, "Colour") {
		t.Errorf("failures in silence are %s", silent)
	}
	if kept := table("kept"); !strings.Contains(kept, "wash (minutes) at least 45 · Haircut,plain,136,222,222,") {
		t.Errorf("kept is %s", kept)
	}
	if vera := textOf(body(w.as("vera").get("/reports/standards"))); strings.Contains(vera, "Failures in silence") || strings.Contains(vera, "Harbour") {
		t.Errorf("who may not see customers is led to them: %s", vera)
	}
	if !strings.Contains(page, `href="/customers?q=old"`) {
		t.Error("a failure in silence does not lead to the customer")
	}
	if other := textOf(body(robin.get("/reports/standards?channel=slack"))); !strings.Contains(other, "choose the answers, not the services") || strings.Contains(other, "Failures in silence") {
		t.Errorf("of answers of a channel it says %s", other)
	}
	if none := textOf(body(robin.get("/reports/standards?from=2025-01-01&to=2025-01-02"))); !strings.Contains(none, "No service of these days was measured") {
		t.Errorf("of days without services it says %s", none)
	}
}

func TestAStandardWithoutEffectIsNotBlamed(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.serve(washed(60, 9, 60, 6)...)
	page := textOf(body(w.as("robin").get("/reports/standards?standard=wash_min+at+least+45+Haircut")))
	if !strings.Contains(page, "No broken standard that is compared makes a clear difference") || !strings.Contains(page, "Not compared: Ready when promised (broken: too few answers to compare).") || strings.Contains(page, "accounts for") || !strings.Contains(page, "no clear difference (0.6 to 4.0 times)") {
		t.Errorf("it says %s", page)
	}
}

// The day of a service is that of its site.
func TestServicesAreCountedByTheDayAtTheirSite(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	late := time.Date(2026, 2, 20, 23, 30, 0, 0, time.UTC) // the 21st in Berlin
	var events []storage.Event
	for i := range 12 {
		events = append(events, storage.Event{Source: "till", ID: fmt.Sprint(i), State: storage.EventDone, Site: "main", Service: "Haircut", Measures: map[string]float64{"wash_min": 60}, Ended: late})
	}
	if _, err := w.store.PutEvents(t.Context(), events, w.clock.Now(), false); err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]bool{"2026-02-20": false, "2026-02-21": true} {
		page := html.UnescapeString(body(w.as("robin").get("/reports/standards?from=" + day + "&to=" + day)))
		if got := strings.Contains(page, "of 12"); got != want {
			t.Errorf("on %s they are counted: %v", day, got)
		}
	}
}

// servedByChance fills a world with services that kept to standards by chance.
func (w *world) servedByChance(r *rand.Rand, n int) {
	w.t.Helper()
	var all []servedOnce
	for _, j := range random(r, n) {
		one := servedOnce{customer: j.customer, site: j.site, day: j.day, service: j.service, minutes: 35 + r.IntN(20), late: r.IntN(10) - 7}
		if r.IntN(3) > 0 {
			one.level = j.level
		}
		all = append(all, one)
	}
	w.serve(all...)
}

// However many services there are, the page asks as often.
func TestStandardsAreNotAskedForOncePerService(t *testing.T) {
	c := &sqlcount.Counter{}
	w := newWorldOn(t, c.Wrap)
	w.standardsAre(washTakes)
	robin := w.as("robin")
	asked := func() int64 {
		for range 2 { // the second time everything is prepared
			c.Reset()
			if got := robin.get("/reports/standards"); got.Code != 200 {
				t.Fatal(got.Code)
			}
		}
		return c.Queries.Load()
	}
	w.serve(washed(20, 4, 20, 4)...)
	few := asked()
	w.serve(washed(200, 40, 200, 40)...)
	if many := asked(); many != few || many > mostQueries {
		t.Errorf("of 440 services the page asks the database %d times, of 40 it asks %d times; %d are allowed", many, few, mostQueries)
	}
}

// What a report finds begins as a sentence does, also where it begins with what somebody called something.
func TestAFindingBeginsAsASentenceDoes(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.serve(washed(40, 25, 60, 5)...)
	robin := w.as("robin")
	found := 0
	for _, one := range reports {
		page := body(robin.get("/reports/" + one.name + "?from=2026-02-01&to=2026-02-28"))
		lede := regexp.MustCompile(`<p class="lede[^"]*"[^>]*>([^<]+)`).FindStringSubmatch(page)
		if lede == nil {
			continue
		}
		found++
		if first, _ := utf8.DecodeRuneInString(html.UnescapeString(lede[1])); unicode.IsLower(first) {
			t.Errorf("%s begins: %.60s", one.name, lede[1])
		}
	}
	if page := textOf(body(robin.get("/reports/standards?from=2026-02-01&to=2026-02-28"))); !strings.Contains(page, "Wash (minutes) at least 45") || found < 5 {
		t.Errorf("%d findings; of standards: %.600s", found, page)
	}
}

// Many answers of a few customers are no rate, and the page says why: there are more than ten answers.
func TestManyAnswersOfFewCustomersSaySo(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i := range 12 {
		all = append(all, judged{fmt.Sprint("c", i%8), "main", "2026-02-03", "Haircut", 7})
	}
	w.judge(all...)
	page := textOf(body(w.as("robin").get("/reports/level?from=2026-02-01&to=2026-02-28")))
	if !strings.Contains(page, "0 of 12 of fewer than ten customers: too few for a rate") || strings.Contains(page, "0 of 12 too few") {
		t.Errorf("it says %.1500s", page)
	}
}
