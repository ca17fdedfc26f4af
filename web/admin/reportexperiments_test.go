package admin

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// compares has n customers be asked in each arm of an experiment; so many answer, and so many of these are unsatisfied.
func (w *world) compares(key string, n int, answered, bad [2]int) {
	w.t.Helper()
	var asks []storage.AskChange
	var given []judged
	at := time.Date(2026, 2, 20, 10, 0, 0, 0, time.UTC)
	for k, arm := range invitation.Arms() {
		for i := range n {
			a := storage.Ask{
				ID: fmt.Sprint(key, arm, i), Customer: fmt.Sprint("x-", arm, i), Trigger: "visit", Flow: "one_tap_csat", Site: "main", State: "sent", Made: at, Sent: at,
				Experiment: key, Arm: string(arm),
			}
			if i < answered[k] {
				level := 7
				if i < bad[k] {
					level = 2
				}
				given = append(given, judged{a.Customer, "main", "2026-02-20", "Haircut", level})
				a.Session = fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n+len(given))
			}
			if asks = append(asks, storage.AskChange{Ask: a}); i%3 == 0 { // and once more, to no avail
				a.ID, a.Session, a.Sent = a.ID+" again", "", at.Add(24*time.Hour)
				asks = append(asks, storage.AskChange{Ask: a})
			}
		}
	}
	err := w.store.ChangeAsks(w.t.Context(), 0, nil, nil, func(map[string]storage.Ask, map[string][]storage.Ask) ([]storage.AskChange, error) { return asks, nil })
	if err != nil {
		w.t.Fatal(err)
	}
	w.judge(given...)
}

// asksBy publishes a file of triggers.
func (w *world) asksBy(source string) {
	w.t.Helper()
	if _, _, err := w.store.PublishTriggers(w.t.Context(), source, w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
}

// TestAnExperimentSaysNothingBeforeItsPlannedEnd follows an experiment from before it began to behind its end: before
// that no page, table or program is told a difference, whatever it is.
func TestAnExperimentSaysNothingBeforeItsPlannedEnd(t *testing.T) {
	w := newWorld(t)
	const key = "sooner/1/after/1h/1d"
	planned := figures.Planned(1)
	look := func() (page string, told toldReport) {
		t.Helper()
		_, told = w.reads()("experiments")
		return textOf(body(w.as("robin").get("/reports/experiments"))), told
	}
	says := func(when, page string, told toldReport, want ...string) {
		t.Helper()
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s it does not say %q:\n%s", when, text, page)
			}
		}
		for _, table := range told.Tables {
			if table.Table != "experiments" {
				continue
			}
			if row := table.Rows[0]; row["answered_difference"] != nil || row["unsatisfied_difference"] != nil || row["key"] != key {
				t.Errorf("%s programs are told %v", when, row)
			}
		}
	}
	page, told := look()
	says("without any", page, told, "No trigger compares two ways, and none did.", "more often than once in twenty")
	w.asksBy("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h, experiment: {name: sooner, after: 1d, base: 1}}\n")
	page, told = look()
	says("at first", page, told, fmt.Sprintf("Sooner runs: 0 of %d customers", planned), "nobody was asked yet", "as usual: 1 hour later; the other way: 1 day later")
	w.compares(key, planned-1, [2]int{10, 90}, [2]int{0, 0})
	page, told = look()
	says("on the way", page, told, fmt.Sprintf("Sooner runs: %d of %d customers", planned-1, planned), "since Feb 20")
	if strings.Contains(page, "points (") || strings.Contains(page, "no clear difference") {
		t.Errorf("a difference before its end:\n%s", page)
	}
	w.asksBy("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h}\n")
	page, told = look()
	says("given up", page, told, fmt.Sprintf("Sooner ended before its planned end, with %d of %d customers", planned-1, planned))
}

// TestAnExperimentAtItsEndSaysWhatDiffers: what differs, what does not, and what cannot be compared.
func TestAnExperimentAtItsEndSaysWhatDiffers(t *testing.T) {
	n := figures.Planned(1)
	for _, c := range []struct {
		answered, bad [2]int
		want          []string
	}{
		{[2]int{60, 120}, [2]int{12, 25}, []string{"answered up 28 points (19 to 37)", "unsatisfied no clear difference (−1"}},
		{[2]int{60, 63}, [2]int{30, 3}, []string{"answered no clear difference (−7 to 10 points)", "unsatisfied down 45 points"}},
		{[2]int{27, 60}, [2]int{9, 9}, []string{"answered up 16 points", "unsatisfied too few customers to compare: 27 of 30"}},
	} {
		w := newWorld(t)
		w.compares("words/1/ask/one_tap_csat/post_service_3", n, c.answered, c.bad)
		page := textOf(body(w.as("robin").get("/reports/experiments")))
		for _, want := range append(c.want, "Words, asked the other way: ") {
			if !strings.Contains(page, want) {
				t.Errorf("%v: it does not say %q:\n%s", c, want, page)
			}
		}
	}
}

// TestFiguresOfExperimentsAreThoseOfSQL counts asks and answers of experiments by plain SQL, on both engines, and
// sees that no filter has a say in them.
func TestFiguresOfExperimentsAreThoseOfSQL(t *testing.T) {
	onBothEngines(t, func(t *testing.T, w *world, _ string, db *sql.DB) {
		keys := []string{"sooner/1/after/1h/1d", "words/50/ask/one_tap_csat/post_service_3"}
		w.compares(keys[0], figures.Planned(1), [2]int{60, 70}, [2]int{20, 11})
		w.compares(keys[1], 40, [2]int{35, 33}, [2]int{7, 14})
		read := w.reads()
		known := map[string]int{} // by what was counted
		count := func(text string, args ...any) (n int) {
			t.Helper()
			for i, a := range args {
				text = strings.Replace(text, fmt.Sprint("$", i+1), "'"+fmt.Sprint(a)+"'", 1)
			}
			if n, ok := known[text]; ok {
				return n
			}
			if err := db.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			known[text] = n
			return n
		}
		const asked = "SELECT count(DISTINCT a.customer) FROM asks a WHERE a.experiment = $1 AND a.arm = $2 AND a.sent IS NOT NULL AND NOT a.test"
		const answered = "SELECT count(DISTINCT a.customer) FROM asks a JOIN read_sessions s ON a.body LIKE '%' || s.session || '%' WHERE a.experiment = $1 AND a.arm = $2 AND s.answered > 0"
		seen := 0
		for _, filter := range []url.Values{{}, {"from": {"2025-01-01"}, "to": {"2025-01-02"}}, {"service": {"Colour"}}, {"site": {"main"}}} {
			_, told := read("experiments?" + filter.Encode())
			for _, table := range told.Tables {
				if table.Table == "experiments" {
					continue
				}
				for _, row := range table.Rows {
					at := fmt.Sprint(row["key"])
					cut := strings.LastIndex(at, "/")
					key, arm := at[:cut], at[cut+1:]
					k, n := count(answered, key, arm), count(asked, key, arm)
					if table.Table == "unsatisfied" {
						k, n = count(answered+" AND s.level <= 3", key, arm), k // each of these answers has a level
					}
					if seen++; fmt.Sprint(row["k"], row["n"]) != fmt.Sprint(float64(k), float64(n)) {
						t.Errorf("%v: %s of %s: told %v of %v, SQL counts %d of %d", filter, table.Table, at, row["k"], row["n"], k, n)
					}
				}
			}
		}
		if seen != 4*8 {
			t.Errorf("%d figures were compared", seen)
		}
		if _, told := read("experiments?site=harbour"); len(told.Tables) != 0 {
			t.Errorf("of a site where none ran: %+v", told)
		}
	})
}

// TestASurveyThatIsComparedIsNotChangedUnnoticed publishes a survey anew while it is compared: the page on which that
// is done says so before, and the report, its table and programs say it afterwards in the place of a difference.
func TestASurveyThatIsComparedIsNotChangedUnnoticed(t *testing.T) {
	w := newWorld(t)
	v := viewer("robin")
	v.Grants = access.Grants{access.EverySite: access.Admin}
	pages := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now})}
	const flow, key = "one_tap_csat", "words/1/ask/one_tap_csat/post_service_3"
	publishing := func() string {
		t.Helper()
		pages.post("/surveys/new", url.Values{"template": {flow}})
		return textOf(body(pages.get("/surveys/" + flow + "/publish")))
	}
	w.asksBy("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h}\n")
	if page := publishing(); strings.Contains(page, "An experiment compares this survey") {
		t.Errorf("none compares it:\n%s", page)
	}
	w.asksBy("triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h, experiment: {name: words, ask: post_service_3, base: 1}}\n")
	if page := publishing(); !strings.Contains(page, "An experiment compares this survey: words. A new version spoils it") {
		t.Errorf("before it is published:\n%s", page)
	}
	w.compares(key, figures.Planned(1), [2]int{60, 120}, [2]int{12, 25})
	reads := w.reads()
	looks := func() (page string, row map[string]any) {
		_, told := reads("experiments")
		for _, table := range told.Tables {
			if table.Table == "experiments" {
				row = table.Rows[0]
			}
		}
		return textOf(body(w.as("robin").get("/reports/experiments"))), row
	}
	if page, row := looks(); !strings.Contains(page, "answered up 28 points") || row["state"] != "runs" || row["answered_difference"] == nil {
		t.Fatalf("at its end: %v\n%s", row, page)
	}
	_, source, _ := flowfile.Template(flow)
	for i, text := range []string{string(source), string(source) + "# changed\n"} {
		if _, _, err := w.store.Publish(t.Context(), flow, text, time.Date(2026, 2, 21+i, 10, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	page, row := looks()
	for _, want := range []string{"was published anew on Feb 22, 2026, while it was compared", "Give an experiment whose survey was published anew another name"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "points (") || row["state"] != "spoiled" || row["answered_difference"] != nil {
		t.Errorf("a difference is said of what is spoiled: %v\n%s", row, page)
	}
}
