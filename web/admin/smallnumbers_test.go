package admin

import (
	"encoding/csv"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

var tableOf = regexp.MustCompile(`/reports/[a-z]+/table\.csv\?[^"]*`)

// TestNoPageShowsWhatItMayNot renders every page that needs no name of something, and every report
// under random filters with each of its tables, of random answers, cases and complaints.
func TestNoPageShowsWhatItMayNot(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 16))
	var pages, of []string
	for _, to := range routes {
		at, get := strings.CutPrefix(to.pattern, "GET ")
		at = strings.TrimSuffix(at, "{$}")
		switch {
		case !get || at == "/live" || strings.HasPrefix(at, "/login"): // a stream; and leaving
		case strings.Contains(at, "/reports/{report}"):
			if !strings.HasSuffix(at, ".csv") {
				for _, one := range reports {
					of = append(of, "/reports/"+one.name)
				}
			}
		case at == "/reports/words/words.csv": // words, and no figure
		case strings.HasPrefix(at, "/reports/"):
			t.Errorf("nobody looks at %s", at)
		case !strings.Contains(at, "{"):
			pages = append(pages, at)
		}
	}
	tables, rates, looked := map[string]int{}, 0, 0
	for _, n := range []int{3, 12, 60, 400} {
		w := newWorld(t)
		if _, _, err := w.store.PublishRules(t.Context(), "rules: {report: {target: 40, alarm: true, targets: [{figure: top_box, at_least: 20}, {figure: top_two, at_least: 20, from: 2026-02-10}, {figure: answered, at_least: 50, from: 2026-01-01, until: 2026-02-20}]}}", w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if err := w.bot.Configuration().Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.happened(r, n)
		w.standardsAre(washTakes)
		w.servedByChance(r, n)
		w.lostByChance(r, n/3)
		w.rings("main")
		robin := w.as("robin")
		for _, at := range pages {
			if got := robin.get(at); got.Code == 200 && strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
				looked++
				for _, fault := range tooMuch(body(got)) {
					t.Errorf("%s of %d: %s", at, n, fault)
				}
			}
		}
		asks := []string{"", "?period=30", "?site=harbour", "?service=Beard&period=365&compare=year", "?from=2026-01-01&to=2026-02-10", "?period=365&site=main"}
		for range ofFilters(10) {
			asks = append(asks, "?"+randomFilter(r).Encode())
		}
		for _, filter := range asks {
			for _, name := range of {
				got := robin.get(name + filter)
				page := body(got)
				if got.Code != 200 {
					t.Fatalf("%s%s: %d %s", name, filter, got.Code, page)
				}
				rates += len(rateOfN.FindAllString(textOf(page), -1))
				for _, fault := range append(faultsOf(page), tooMuch(page)...) {
					t.Errorf("%s%s of %d: %s", name, filter, n, fault)
				}
				for _, at := range tableOf.FindAllString(page, -1) {
					rows, err := csv.NewReader(strings.NewReader(body(robin.get(html.UnescapeString(at))))).ReadAll()
					if err != nil || len(rows) < 2 {
						t.Fatalf("%s: %d rows, %v", at, len(rows), err)
					}
					tables[strings.Join(rows[0], ",")]++
					for _, fault := range tooMuchIn(rows, wholeOf(page, name, html.UnescapeString(at))) {
						t.Errorf("%s of %d: %s", at, n, fault)
					}
				}
			}
		}
	}
	if len(tables) < 7 || rates < 100 || looked < 60 {
		t.Errorf("only %d rates, %d other pages and these tables were looked at: %v", rates, looked, tables)
	}
}

// wholeOf is of how many a table is, as its page says; 0 = it is no parts of a whole, or unsaid.
func wholeOf(page, name, table string) int {
	q, _ := url.Parse(table)
	id := q.Query().Get("chart")
	switch text := textOf(page); {
	case id == "levels" || id == "targets" || id == "change" || id == "questions" || id == "beside":
		return 0
	case id == "causes":
		if m := regexp.MustCompile(`(\d+) of \d+ cases say a cause`).FindStringSubmatch(text); m != nil {
			return asInt(m[1])
		}
	case name == "/reports/level" || name == "/reports/compare" || name == "/reports/silence" || name == "/reports/complaints":
		if m := totals.FindStringSubmatch(text); m != nil {
			return asInt(m[1] + m[2] + m[3])
		}
	}
	return 0
}

// randomFilter is some days, and perhaps a site or a service.
func randomFilter(r *rand.Rand) url.Values {
	q := url.Values{}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(200))
	q.Set("from", from.Format(time.DateOnly))
	q.Set("to", from.AddDate(0, 0, r.IntN(120)).Format(time.DateOnly))
	byChance(r, q, "site", "main", "harbour", "")
	byChance(r, q, "service", "Haircut", "Beard", "")
	byChance(r, q, "compare", "none", "year", "")
	byChance(r, q, "beside", "site:harbour", "service:Beard", "channel:web")
	return q
}

// byChance narrows a filter by one of some values, "" = not. It is asked one member after the other: out of a map,
// which is gone through in no order, chance would make another filter in each run.
func byChance(r *rand.Rand, q url.Values, name string, values ...string) {
	if v := values[r.IntN(len(values))]; v != "" {
		q.Set(name, v)
	}
}

// happened fills a world with what happens by chance: answers, the invitations that led to them, cases that
// came some way, and words.
func (w *world) happened(r *rand.Rand, n int) {
	w.t.Helper()
	all := random(r, n)
	first := w.n
	w.judge(all...)
	causes := []string{"responsiveness", "responsiveness", "responsiveness", "empathy", "empathy", "price", "other"}
	cases := 0
	var turns []storage.Turn
	add := func(c storage.Change) {
		turns = append(turns, storage.Turn{Key: fmt.Sprint("happened:", w.n, len(turns)), Apply: func(storage.Loaded) (storage.Change, error) { return c, nil }})
	}
	for i, j := range all {
		id := func(kind int) string { return fmt.Sprintf("%08d-0000-7000-8000-%012d", kind, first+i) }
		session := fmt.Sprintf("00000000-0000-7000-8000-%012d", first+i+1)
		day, _ := time.Parse(time.DateOnly, j.day)
		of := storage.Person{Platform: "telegram", Account: "42", User: j.customer}.ID()
		asked := storage.Invitation{ID: id(1), Site: j.site, Flow: "one_tap_csat", Version: 1, Customer: j.customer, Created: day.Add(10 * time.Hour), Attributes: map[string]string{"service_name": j.service}}
		if r.IntN(4) > 0 {
			asked.Session, asked.RedeemedAt = session, day.Add(11*time.Hour)
		}
		add(storage.Change{Invitation: &asked})
		if r.IntN(6) == 0 {
			kind := wanted[r.IntN(len(wanted))]
			add(storage.Change{Feedback: []storage.Feedback{{ID: id(2), Kind: kind, Site: j.site, Session: session, Identity: of, Text: "late", At: day.Add(12 * time.Hour)}}})
		}
		if j.level > 3 {
			continue
		}
		c := storage.Case{Case: recovery.Case{ID: id(3), State: recovery.Open, Session: session, OpenedAt: day.Add(12 * time.Hour)}, Site: j.site, Identity: of}
		cases++
		c.Number = cases
		for step, at := range []*time.Time{&c.First.Acknowledged, &c.First.Contacted, &c.First.Resolved} {
			if r.IntN(5) == 0 {
				break
			}
			*at = c.OpenedAt.Add(time.Duration(step+1) * time.Duration(1+r.IntN(90)) * time.Minute)
		}
		if !c.First.Resolved.IsZero() {
			c.State, c.EndedAt = recovery.Resolved, c.First.Resolved
			c.Resolution = &recovery.Resolution{Cause: causes[r.IntN(len(causes))], Actions: []recovery.Action{{}}}
			if r.IntN(3) > 0 {
				c.Outcome.Asked = c.EndedAt.Add(time.Hour)
			}
			if !c.Outcome.Asked.IsZero() && r.IntN(2) == 0 {
				c.Outcome.Recovered, c.Outcome.Settled = recovery.RecoveredYes, recovery.SettledYes
				if r.IntN(2) == 0 {
					c.Outcome.Recovered, c.Outcome.Settled = recovery.RecoveredNot, recovery.SettledNo
				}
			}
		}
		add(storage.Change{Case: &c})
	}
	for some := range slices.Chunk(turns, 50) {
		for _, err := range w.store.Advance(w.t.Context(), 0, some) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.folds()
}
