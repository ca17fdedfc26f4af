package admin

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
)

// TestWhatIsKeptOfStandardsIsWhatServicesSay reads the report of standards of the same twelve months one by one, and as
// it is counted in the background, on both engines: by page, tables and as programs are told.
func TestWhatIsKeptOfStandardsIsWhatServicesSay(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, _ *sql.DB) {
		r := rand.New(rand.NewPCG(16, 117))
		w.standardsAre("standards: [{service: Haircut, measure: wash_min, at_least: 45}, {measure: wash_min, at_most: 50}]")
		w.servedByChance(r, 300)
		all := washed(30, 12, 40, 4) // of customers who come more than once, with a case of one of them
		for i := range all {
			all[i].customer, all[i].late = fmt.Sprint("1", i%25), r.IntN(20)-12
		}
		w.serve(all...)
		w.unhappy("main", "1", "Anna", "I waited.")
		w.folds()
		rows, fromRows := w.as("robin"), NewReports(Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now})
		kept, fromKept := w.afterOneAnswer("robin")
		told := func(from *Reports, q url.Values) figures.Report {
			all, err := from.Report(t.Context(), "standards", figures.ReportReader{}, q)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if page := textOf(body(kept.get("/reports/standards"))); !strings.Contains(page, "being made in the background") || !strings.Contains(page, "Up to 1 services are counted one by one") {
			t.Errorf("before it was made: %s", page)
		}
		if state := told(fromKept, url.Values{}).State; state != figures.ReportNotYet {
			t.Errorf("before it was made it is %s", state)
		}
		kept.get("/reports/standards?site=main") // which asks for it
		kept.get("/reports/standards?site=harbour")
		w.keeps()
		today := w.bot.Configuration().Now().NewestDay(w.clock.Now())
		compared := 0
		for _, site := range []string{"", "main", "harbour"} {
			for _, standard := range []string{"", "wash_min at least 45 Haircut", "wash_min at most 50", "promise"} {
				if site == "harbour" && strings.Contains(standard, "Haircut") {
					continue // of which there is none
				}
				q := url.Values{"compare": {"none"}, "from": {today.AddDate(0, -12, 1).Format(time.DateOnly)}, "to": {today.Format(time.DateOnly)}, "site": {site}, "standard": {standard}}
				at := "/reports/standards?" + q.Encode()
				one, sum := body(rows.get(at)), body(kept.get(at))
				if !strings.Contains(textOf(sum), "This is of the last twelve months: more than 1 services lie") || strings.Contains(textOf(one), "last twelve months: more than") {
					t.Errorf("%s does not say of what it is: %s", at, textOf(sum))
				}
				a, b := tablesOf(t, rows, one), tablesOf(t, kept, sum)
				if _, listed := b["silent"]; listed || strings.Contains(sum, "/customers?q=") {
					t.Errorf("%s: a kept result knows somebody", at)
				}
				delete(a, "silent")
				for chart, table := range a {
					if compared++; b[chart] != table {
						t.Errorf("%s: %s is\n%s\nkept it is\n%s", at, chart, table, b[chart])
					}
				}
				x, y := told(fromRows, q), told(fromKept, q)
				if n := len(x.Tables); n > 0 && x.Tables[n-1].ID == "silent" {
					x.Tables = x.Tables[:n-1]
				}
				if len(a) != len(b) || len(x.Figures) != len(y.Figures) || !reflect.DeepEqual(x.Tables, y.Tables) || y.Made.IsZero() || !strings.HasPrefix(y.Finding, x.Finding) {
					t.Errorf("%s: programs are told\n%v\nkept\n%v", at, x, y)
				}
				for i := range x.Figures {
					if a, b := fmt.Sprintf("%+v", share(x.Figures[i])), fmt.Sprintf("%+v", share(y.Figures[i])); a != b {
						t.Errorf("%s: programs are told %s, kept %s", at, a, b)
					}
				}
				if site != "" {
					continue
				}
				for _, fault := range append(faultsOf(sum), tooMuch(sum)...) {
					t.Errorf("%s: %s", at, fault)
				}
			}
		}
		if compared < 40 {
			t.Errorf("only %d tables were compared", compared)
		}
		// Whatever else is filtered no result knows.
		for _, narrow := range []string{"service=Haircut", "staff=Bo", "flow=one_tap_csat", "language=en", "channel=telegram"} {
			at := "/reports/standards?" + narrow
			if one, sum := body(rows.get(at)), body(kept.get(at)); one != sum {
				t.Errorf("%s: %s", at, textOf(sum))
			}
		}
		// Of days with one service it is read, however many there are in the year.
		quiet := "/reports/standards?from=2024-05-01&to=2024-05-02"
		if one, sum := body(rows.get(quiet)), body(kept.get(quiet)); one != sum || !strings.Contains(sum, "No service of these days was measured") {
			t.Errorf("of days without services: %s", textOf(sum))
		}
		// What is no standard any more is told no more; one that is new waits for the next result.
		w.standardsAre("standards: [{measure: wash_min, at_most: 50}, {measure: wash_min, at_most: 48}]")
		page := textOf(body(kept.get("/reports/standards")))
		if strings.Contains(page, "at least 45") || !strings.Contains(page, "at most 50") || strings.Contains(page, "at most 48") ||
			!strings.Contains(page, "The standards in force may not be those that this was counted against") || strings.Contains(page, "nothing was heard") {
			t.Errorf("after the standards changed: %s", page)
		}
		if x := told(fromKept, url.Values{}); !strings.Contains(x.Finding, "may not be those that this was counted against") || strings.Contains(fmt.Sprint(x.Figures), "silent") {
			t.Errorf("after the standards changed programs are told %+v", x)
		}
	})
}

// TestFailuresInSilenceAreCountedHoweverManyCasesThereAre reads the days of one service with more cases than services
// are read one by one.
func TestFailuresInSilenceAreCountedHoweverManyCasesThereAre(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.serve(servedOnce{customer: "7", site: "main", day: "2026-02-20", service: "Haircut", minutes: 30})
	for i := range 4 {
		w.unhappy("main", fmt.Sprint(i), "Anna", "I waited.")
	}
	w.folds()
	v, _ := w.afterOneAnswer("robin")
	page := textOf(body(v.get("/reports/standards?from=2026-02-20&to=2026-02-20")))
	if !strings.Contains(page, "Broken, and nothing was heard") || strings.Contains(page, "left out") {
		t.Errorf("with four cases it is %s", page)
	}
}

// TestSentencesStandBehindOneAnotherAsALanguageWritesThem reads what stands on top of pages whose result is not made.
func TestSentencesStandBehindOneAnotherAsALanguageWritesThem(t *testing.T) {
	w := newWorld(t)
	w.standardsAre(washTakes)
	w.serve(washed(12, 2, 12, 2)...)
	w.folds()
	speaks := viewer("robin")
	for lang, want := range map[string]bool{"en": true, "zh-Hans": false} {
		speaks.Language = lang
		v := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(speaks), Clock: w.clock.Now, ExactFigures: 1})}
		for _, name := range []string{"standards", "quality", "expectation"} {
			page := body(v.get("/reports/" + name))
			words := tongues()[lang]
			said := map[bool]string{true: " ", false: ""}[want]
			fewer := map[bool]string{true: "served_fewer", false: "given_fewer"}[name == "standards"]
			if !strings.Contains(page, words.t("kept_not_yet")+said+words.t(fewer, 1)) {
				t.Errorf("%s in %s: %s", name, lang, textOf(page))
			}
		}
	}
}
