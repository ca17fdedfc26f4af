package admin

import (
	"encoding/csv"
	"fmt"
	"html"
	"html/template"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/web/chart"
)

func init() {
	form := reportForm{
		At: "/reports/level", Periods: []choice{{"", "Last 13 weeks", true}, {"7", "Last 7 days", false}}, Sites: []choice{{"", "All", true}, {"main", "Main Street", false}},
		Flows: flowMenu{Surveys: []choice{{"", "Every survey", true}}}, Comparisons: []choice{{"previous", "the time before", true}}, Kept: []keptFilter{{"service", "Haircut", "Haircut"}}, Found: true,
	}
	groups, tabs := tongues()[fallback].reportTabs(&reportFilter{}, "level")
	points := []chart.Point{{Label: "week 9", Mark: chart.Filled, P: 0.1, Low: 0.05, High: 0.2, Words: "10 %"}, {Mark: chart.Gap, Few: "8 answers"}}
	rows := []reportRow{{Label: "Main Street", URL: "/answers?site=main", N: "80", Value: "10 % (5–20)", Versus: "no clear change", Drawing: chart.Bar(0.5)}, {Label: "Harbour", N: "under 5", Value: "too few"}}
	head := [4]string{"Site", "Answers", "Range", "Unsatisfied"}
	fixtures = append(
		fixtures,
		fixture{"report.html", "empty", frame{Title: "Reports", Here: "/reports"}, reportPage{Groups: groups, Tabs: tabs, Form: form, Empty: true}},
		fixture{"report.html", "too many", frame{Title: "Reports"}, reportPage{Groups: groups, Tabs: tabs, Form: form, TooMany: true}},
		fixture{"report.html", "too many were asked", frame{Title: "Reports"}, reportPage{Groups: groups, Tabs: tabs, Form: form, TooMany: true, Instead: "In some minutes."}},
		fixture{"report.html", "no words yet", frame{Title: "Reports"}, reportPage{
			Groups: groups, Tabs: tabs, Form: form, Lede: "Nothing that fits so far.", SaidHead: "What they wrote", SaidCSV: "/reports/words/words.csv", More: "/reports/words?after=x",
		}},
		fixture{"report.html", "alarms", frame{Title: "Reports", Here: "/reports"}, reportPage{
			Groups: groups, Tabs: tabs, Form: form, Lede: "Alarms in these days: 1.", Alarms: []alarmView{alarmFixture("main-worse-2026-03-02")}, Sections: []reportSection{{ID: "alarms", Title: "All alarms", Open: true, Rows: rows, Head: head}},
		}},
		fixture{"report.html", "full", frame{Title: "Reports", Here: "/reports"}, reportPage{
			Groups: groups, Tabs: tabs, Form: form, Lede: "Nothing changed.", Asking: []reportAsking{{Name: "target", Label: "Target", Kind: "number", Value: "15"}, {Name: "kind", Label: "Kind", Choices: []choice{{"", "All", true}}}},
			SaidHead: "What they wrote", SaidCSV: "/reports/words/words.csv", More: "/reports/words?after=x", Said: []saidRow{
				{answerRow: answerRow{URL: "/answers/0.1", Level: 2, Words: "I waited.", About: "Haircut", Case: true}},
				{answerRow: answerRow{Words: "More tea.", About: "Main Street"}, CaseURL: "/cases/A-1", CaseName: "A-1"},
			}, Foot: []string{"80 answers."},
			Figures: []reportFigure{{Label: "Unsatisfied", Value: "10 %", Meta: "(5–20) of 80", URL: "/answers", Bar: chart.Reach(0.1, 0.05, 0.2), Change: "no clear change"}, {Label: "Few", Value: "–"}},
			Sections: []reportSection{
				{ID: "trend", Title: "Over time", Drawing: chart.Line{ID: "trend", Title: "Over time", Points: points, Percent: func(float64) string { return "x" }}.SVG(), Rows: rows, Head: head},
				{ID: "site", Title: "By site", Open: true, Even: true, Rows: rows, Head: head, Notes: []string{"A note."}, Below: []reportDrawing{{"Main", "80", template.HTML("")}}},
			},
		}},
	)
}

// judged stores conversations as they are folded: whose, where, when, of which level.
type judged struct {
	customer, site, day, service string
	level                        int
}

func (w *world) judge(all ...judged) {
	w.t.Helper()
	or := func(f func(judged) string, usual string) func(judged) string {
		if f == nil {
			return func(judged) string { return usual }
		}
		return f
	}
	served, spoken, asked := or(w.serves, "Bo"), or(w.speaks, "en"), or(w.asks, "one_tap_csat")
	for from := 0; from < len(all); from += 50 {
		var turns []storage.Turn
		for i, j := range all[from:min(from+50, len(all))] {
			p := storage.Person{Platform: chat.Telegram, Account: "42", User: j.customer}
			value := float64(j.level)
			s := storage.Session{
				Session:  survey.Session{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n+1), Flow: asked(j), Version: 1, Status: survey.Completed, Started: w.clock.Now(), Lang: spoken(j)},
				Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}, Site: j.site, Day: j.day, Service: j.service, Staff: served(j),
			}
			w.n++
			s.Answers = []survey.Answer{{Question: "overall", Value: &value, Revision: 1, At: w.clock.Now()}}
			s.Judgement.Level, s.Facts.Class = j.level, survey.Transactional
			s.Judgement.Unsatisfied = j.level <= 3
			of := storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Created: w.clock.Now(), Seen: w.clock.Now()}
			turns = append(turns, storage.Turn{Key: fmt.Sprint("judge:", w.n, i), Apply: func(storage.Loaded) (storage.Change, error) {
				return storage.Change{Identity: &of, Session: &s, Answers: s.Answers}, nil
			}})
		}
		for _, err := range w.store.Advance(w.t.Context(), 0, turns) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.folds()
}

// random are conversations by chance: some customers come again, one site has few.
func random(r *rand.Rand, n int) (all []judged) {
	for range n {
		j := judged{customer: fmt.Sprint(1000 + r.IntN(n)), site: "main", service: "Haircut", level: 1 + r.IntN(7)}
		switch x := r.IntN(20); {
		case x == 0:
			j.site, j.service = "harbour", "Colour"
		case x < 8:
			j.service = "Beard"
		}
		j.day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(200)).Format(time.DateOnly)
		all = append(all, j)
	}
	return all
}

// TestFiguresAreThoseOfTheirAnswers follows the numbers of the page of levels to the answers behind
// them, under random filters, and counts those.
func TestFiguresAreThoseOfTheirAnswers(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 16))
	w := newWorld(t)
	all := random(r, 300)
	w.judge(all...)
	robin := w.as("robin")
	for range 20 {
		q := url.Values{}
		from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(200))
		to := from.AddDate(0, 0, r.IntN(90))
		q.Set("from", from.Format(time.DateOnly))
		q.Set("to", to.Format(time.DateOnly))
		byChance(r, q, "site", "main", "harbour", "")
		byChance(r, q, "service", "Haircut", "Beard", "")
		fits := func(j judged) bool {
			return j.day >= q.Get("from") && j.day <= q.Get("to") && (q.Get("site") == "" || j.site == q.Get("site")) && (q.Get("service") == "" || j.service == q.Get("service"))
		}
		n, bad := 0, 0
		for _, j := range all {
			if fits(j) {
				n++
				if j.level <= 3 {
					bad++
				}
			}
		}
		page := body(robin.get("/reports/level?" + q.Encode()))
		if n < report.FewestCounted {
			continue
		}
		if n >= report.FewestRated && !strings.Contains(page, fmt.Sprintf("%d answers of", n)) {
			t.Errorf("%s: it is not of %d answers", q.Encode(), n)
		}
		link := regexp.MustCompile(`<a class="cover" href="(/answers\?[^"]*level=1-3[^"]*)"`).FindStringSubmatch(page)
		if link == nil {
			if n >= report.FewestRated {
				customers := map[string]bool{}
				for _, j := range all {
					if fits(j) {
						customers[j.customer] = true
					}
				}
				if len(customers) >= report.FewestCounted {
					t.Errorf("%s: the number of %d of %d leads nowhere", q.Encode(), bad, n)
				}
			}
			continue
		}
		csvAt := strings.Replace(html.UnescapeString(link[1]), "/answers?", "/answers.csv?", 1)
		rows, err := csv.NewReader(strings.NewReader(body(robin.get(csvAt)))).ReadAll()
		if err != nil || len(rows)-1 != bad {
			t.Errorf("%s: %d answers lie behind the number, it is of %d (%v)", csvAt, len(rows)-1, bad, err)
		}
	}
}

func TestReportsShowOnlyWhatOneMaySee(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i := range 40 {
		all = append(all, judged{fmt.Sprint(i), "main", "2026-02-20", "Haircut", 7}, judged{fmt.Sprint(100 + i), "harbour", "2026-02-20", "Colour", 1})
	}
	w.judge(all...)
	vera := w.as("vera") // reads figures of Main Street, no words
	page := body(vera.get("/reports"))
	if strings.Contains(page, "Harbour") || strings.Contains(page, "Colour") || strings.Contains(page, "/answers?") || !strings.Contains(page, "40 answers of 40") {
		t.Errorf("it shows another site's figures, or none of one's own, or leads to words: %s", page)
	}
	for at, want := range map[string]int{"/reports/level?site=harbour": 403, "/reports/nothing": 404, "/reports/level/table.csv?chart=nothing": 404, "/reports/level?staff=Bo": 403} {
		if got := vera.get(at).Code; got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
	robin := body(w.as("robin").get("/reports"))
	for _, want := range []string{"Harbour", "/answers?", "80 answers of 80", "against all others: up"} {
		if !strings.Contains(robin, want) {
			t.Errorf("a lead does not see %q", want)
		}
	}
	if got := w.as("robin").get("/reports/level?staff=Bo").Code; got != 200 {
		t.Errorf("a lead may compare staff, and is answered with %d", got)
	}
	nobody := viewer("vera")
	nobody.Grants = access.Grants{}
	if got := (&visit{w, New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(nobody), Clock: w.clock.Now})}).get("/reports").Code; got != 403 {
		t.Errorf("who may see no figures is answered with %d", got)
	}
}

func TestCasesComplaintsAndSilenceAreCounted(t *testing.T) {
	w := newWorld(t)
	for i := range 12 {
		w.unhappy("main", strconv.Itoa(100+i), "Anna", wait)
	}
	now := w.clock.Now()
	cases, err := w.store.Cases(t.Context(), storage.CaseFilter{Limit: 99})
	if err != nil || len(cases) != 12 {
		t.Fatal(len(cases), err)
	}
	for i, c := range cases {
		c.First.Contacted, c.First.Acknowledged = now.Add(time.Hour), now.Add(time.Minute)
		c.State, c.EndedAt, c.First.Resolved = recovery.Resolved, now.Add(2*time.Hour), now.Add(2*time.Hour)
		c.Resolution = &recovery.Resolution{Cause: "responsiveness", Actions: []recovery.Action{{}}}
		if i < 11 {
			c.Outcome.Recovered, c.Outcome.Settled = recovery.RecoveredYes, recovery.SettledYes
		}
		feedback := []storage.Feedback{{ID: fmt.Sprintf("01900000-0000-7000-8000-%012d", i), Kind: storage.Complaint, Site: "main", Identity: c.Identity, Text: "late", At: now}}
		err := w.store.Advance(t.Context(), c.Bucket, []storage.Turn{{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Case: &c, Feedback: feedback}, nil }}})[0]
		if err != nil {
			t.Fatal(err)
		}
	}
	w.folds()
	for range 5 {
		if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main"}); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.add(24 * time.Hour)
	robin := w.as("robin")
	for at, wants := range map[string][]string{
		"/reports/recovery":                          {"Won back, in 11 cases whose customer said how it ended: 100 % (74–100; few answers); of all 12 cases, at least 92 %", "half within 1 h", "Customer contacted", "12 due, 0 not yet or no more"},
		"/reports/complaints":                        {"12 complaints came in", "Too slow", "12 of 12 cases say a cause"},
		"/reports/silence":                           {"Those who answered are enough", "17 invitations were made", "Unsatisfied, by assumption", "12 complaints, assuming that 80 %", "Unsatisfied, estimated"},
		"/reports/improvement?change=2026-02-01":     {"the answers come from fewer than 30 different customers", "Choose the site"},
		"/reports/recovery/table.csv?chart=causes":   nil,
		"/reports/complaints/table.csv?chart=causes": {"responsiveness,12,1.000000"},
	} {
		page := body(robin.get(at))
		text := html.UnescapeString(page)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: %s", at, want, tags.ReplaceAllString(text, " "))
			}
		}
	}
}

func TestAChangeAtOneSiteIsHeldAgainstTheOthers(t *testing.T) {
	w := newWorld(t)
	var all []judged
	add := func(site, day string, bad, n int) {
		for i := range n {
			level := 7
			if i < bad {
				level = 1
			}
			all = append(all, judged{fmt.Sprint(len(all)), site, day, "Haircut", level})
		}
	}
	add("main", "2026-01-10", 40, 80)
	add("main", "2026-02-10", 8, 80)
	add("harbour", "2026-01-10", 20, 80)
	add("harbour", "2026-02-10", 20, 80)
	w.judge(all...)
	page := html.UnescapeString(body(w.as("robin").get("/reports/improvement?from=2026-01-01&to=2026-02-28&change=2026-02-01&site=main")))
	want := report.Against([2]float64{8, 80}, [2]float64{40, 80}, [2]float64{20, 80}, [2]float64{20, 80})
	says := fmt.Sprintf("down %s points", report.PerCent(-want.By))
	if strings.Count(page, says) < 2 || !strings.Contains(page, "Main Street, up to 2026-01-31") || !strings.Contains(page, "the other sites, from 2026-02-01") {
		t.Errorf("it does not say %q: %s", says, tags.ReplaceAllString(page, " "))
	}
}

func TestPagesSayHowFarTheyAreBehind(t *testing.T) {
	w := newWorld(t)
	w.judge(random(rand.New(rand.NewPCG(1, 2)), 20)...)
	robin := w.as("robin")
	const sentence = "figures are behind by"
	for _, page := range []string{"/reports/level", "/answers"} {
		if got := body(robin.get(page)); strings.Contains(got, sentence) {
			t.Errorf("all is folded, and %s says it is behind", page)
		}
	}
	list, err := w.store.Answered(t.Context(), storage.AnsweredFilter{Sites: []string{"main"}, From: "2000-01-01", To: "2999-01-01", Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	s := list[0]
	errs := w.store.Advance(t.Context(), s.Bucket, []storage.Turn{{Load: storage.Load{Session: s.ID}, Apply: func(in storage.Loaded) (storage.Change, error) {
		in.Session.Service = "Beard"
		return storage.Change{Session: in.Session}, nil
	}}})
	if errs[0] != nil {
		t.Fatal(errs[0])
	}
	w.clock.add(3 * time.Minute)
	for _, page := range []string{"/reports/level", "/answers"} {
		if got := body(robin.get(page)); !strings.Contains(got, sentence+" 3 min") {
			t.Errorf("%s does not say that it is 3 minutes behind:\n%s", page, got)
		}
	}
}

// Causes that are too rare to tell of can be more in one row than the most frequent one: bars are
// as long as their numbers even then.
func TestBarsOfCausesAreAsLongAsTheirNumbers(t *testing.T) {
	var cases []storage.FigureCase
	for cause, n := range map[string]int{"responsiveness": 6, "empathy": 4, "price": 4} {
		for i := range n {
			c := storage.FigureCase{}
			c.ID, c.Cause = fmt.Sprint(cause, i), cause
			cases = append(cases, c)
		}
	}
	rows := tongues()[fallback].causes(cases, nil).Rows
	if len(rows) != 2 || rows[0].Drawing != chart.Bar(0.75) || rows[1].Drawing != chart.Bar(1) {
		t.Errorf("6 and 8 cases are drawn as %+v", rows)
	}
}
