package admin

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// filled is a conversation with what was given in it.
type filled struct {
	flow, customer, site, day string
	key                       string // the organisation's own, "" = they have none
	level                     int
	values                    map[string]float64
	choices                   map[string][]string
	texts                     map[string]string
	skipped                   []string
	mark                      string // the pseudonym by which staff know them; "" = none
	now                       string // the key that their account has by now, "" = key
	name                      string // as the platform calls them
}

// fill stores conversations as they are folded. From one answer to the next pass eight seconds.
func (w *world) fill(all ...filled) {
	w.t.Helper()
	for _, name := range []string{"ladder7_expect", "servqual5", "expect_perceive", "post_service_3", "staff_pulse", "ces", "six_measures"} {
		_, source, ok := flowfile.Template(name)
		if !ok {
			w.t.Fatalf("there is no template %s", name)
		}
		if _, _, err := w.store.Publish(w.t.Context(), name, string(source), w.clock.Now()); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.bot.Configuration().Refresh(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, f := range all {
		p := storage.Person{Platform: chat.Telegram, Account: "42", User: f.customer}
		w.n++
		s := storage.Session{
			Session:  survey.Session{ID: fmt.Sprintf("00000000-0000-7000-8000-%012d", w.n), Flow: f.flow, Version: 1, Status: survey.Completed, Started: w.clock.Now(), Lang: "en"},
			Identity: p.ID(), Address: chat.Address{Platform: p.Platform, Account: p.Account, Chat: p.User}, Site: f.site, Day: f.day, Service: "Haircut", Staff: "Bo",
			Customer: f.key, Mark: f.mark,
		}
		at := w.clock.Now()
		add := func(a survey.Answer) {
			a.Revision, a.At = 1, at
			at = at.Add(8 * time.Second)
			s.Answers = append(s.Answers, a)
		}
		for _, key := range slices.Sorted(maps.Keys(f.values)) { // in an order: what came first took longest
			value := f.values[key]
			add(survey.Answer{Question: key, Value: &value})
		}
		for _, key := range slices.Sorted(maps.Keys(f.choices)) {
			add(survey.Answer{Question: key, Choices: f.choices[key]})
		}
		for _, key := range slices.Sorted(maps.Keys(f.texts)) {
			add(survey.Answer{Question: key, Text: f.texts[key]})
		}
		for _, key := range f.skipped {
			add(survey.Answer{Question: key, Skipped: true})
		}
		s.Judgement.Level, s.Facts.Class, s.Judgement.Unsatisfied = f.level, survey.Transactional, f.level <= 3
		if f.flow == "staff_pulse" {
			s.Facts.Class = survey.Pulse
		}
		of := storage.Identity{ID: p.ID(), Person: p, Address: s.Address, Session: s.ID, Customer: cmp.Or(f.now, f.key), Mark: f.mark, Name: f.name, Created: at, Seen: at}
		turn := storage.Turn{Key: fmt.Sprint("fill:", w.n), Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Identity: &of, Session: &s, Answers: s.Answers}, nil
		}}
		for _, err := range w.store.Advance(w.t.Context(), 0, []storage.Turn{turn}) {
			if err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.folds()
}

// keeps makes the results of the background, as a server does.
func (w *world) keeps() {
	w.t.Helper()
	from := func() figures.Source {
		s := site{Config: Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}}
		snap := w.bot.Configuration().Now()
		standards := func(ctx context.Context) ([]invitation.Standard, error) {
			policy, err := s.asks().Policy(ctx)
			return policy.Standards, err
		}
		return figures.Source{Store: w.store, Flows: s.customerFlow(), Sites: snap.EverySite(), Today: snap.NewestDay(w.clock.Now()), Zone: (reportPages{&s}).zoneAt, Now: w.clock.Now(), Standards: standards}
	}
	if w.keeping == nil {
		w.keeping = figures.NewKeeping(w.store, from, figures.Makers(), w.clock.Now, slog.New(slog.DiscardHandler))
	}
	if err := w.keeping.Round(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// surveyed are conversations of three surveys by chance.
func surveyed(r *rand.Rand, n int) (all []filled) {
	day := func() string {
		return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -r.IntN(80)).Format(time.DateOnly)
	}
	place := func() string { return []string{"main", "main", "main", "harbour"}[r.IntN(4)] }
	for i := range n {
		gap := float64(r.IntN(5) - 2)
		one := filled{flow: "ladder7_expect", customer: fmt.Sprint("e", i), site: place(), day: day(), level: min(7, max(1, 5+int(gap)+r.IntN(2))), values: map[string]float64{"vs_expect": gap}}
		one.values["overall"] = float64(one.level)
		if gap < 0 {
			one.choices = map[string][]string{"exp_source": {[]string{"promise", "promise", "past", "wom"}[r.IntN(4)]}}
			one.values["promise"] = float64(r.IntN(4))
			one.texts = map[string]string{"why_bad": "It took too long."}
		}
		all = append(all, one)
		base := 2 + 4*r.Float64()
		mark := func(off float64) float64 { return float64(min(7, max(1, int(base+off+1.5*r.NormFloat64()+0.5)))) }
		two := filled{flow: "servqual5", customer: fmt.Sprint("q", i), site: place(), day: day(), values: map[string]float64{
			"rel": mark(-1.2), "res": mark(0.4), "ass": mark(0.8), "emp": mark(0.5), "tan": mark(1),
		}}
		two.values["overall"] = float64(min(5, max(1, int(base*0.7+0.5*r.NormFloat64()+0.3))))
		two.level = min(7, max(1, int(two.values["overall"]*1.4)))
		all = append(all, two)
		three := filled{flow: "expect_perceive", customer: fmt.Sprint("p", i), site: place(), day: day(), level: 5, values: map[string]float64{
			"e_overall": mark(1), "overall": mark(0), "e_rel": mark(1), "p_rel": mark(-1),
		}}
		all = append(all, three)
	}
	return all
}

func TestExpectationQualityAndDriversAreToldOfTheirAnswers(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(5, 16))
	w.fill(surveyed(r, 130)...)
	robin := w.as("robin")
	if page := textOf(body(robin.get("/reports/drivers"))); !strings.Contains(page, "being made in the background") {
		t.Errorf("before it was made: %s", page)
	}
	w.keeps()
	for at, wants := range map[string][]string{
		"/reports/expectation": {
			"of answers customers got less than they expected", "Expected before, found after", "Where broken expectations came from", "Your advertising or promises", "Was the promise kept?",
			": gap Expectation before, perception after", "a fifth or more came from what you promised", "With how much care", "8 seconds",
		},
		"/reports/quality": {
			"Lies behind the others: Reliability", "Reliability", "Tangibles", "weight 32 %", "Found, less what was expected before", "How much it matters", "open; nearest", "the published ones",
		},
		"/reports/drivers?flow=servqual5": {"the overall answer goes most with", "What each adds", "explain", "Well done and important", "As of", "How well did we do what we promised?", "How were our premises"},
		"/reports/drivers?flow=ces":       {"has aspects to compare"},
	} {
		page := textOf(body(robin.get(at)))
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not say %q: %.3000s", at, want, page)
				break
			}
		}
	}
	for at, columns := range map[string]int{
		"expectation/table.csv?chart=states": 4, "expectation/table.csv?chart=sources": 5, "expectation/table.csv?chart=pairs": 7, "expectation/table.csv?chart=promise": 4,
		"quality/table.csv?chart=dimensions": 6, "quality/table.csv?chart=gaps": 2, "quality/table.csv?chart=quadrants": 6,
		"drivers/table.csv?chart=drivers&flow=servqual5": 6, "drivers/table.csv?chart=shares&flow=servqual5": 6, "drivers/table.csv?chart=plane&flow=servqual5": 6,
	} {
		rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/" + at)))).ReadAll()
		if err != nil || len(rows) != columns {
			t.Errorf("%s has %d rows, want %d: %v", at, len(rows), columns, err)
		}
	}
	// vera sees one site: her drivers are of that one, and made once she asked.
	vera := w.as("vera")
	if page := textOf(body(vera.get("/reports/drivers"))); !strings.Contains(page, "being made") {
		t.Errorf("of one site before it was made: %s", page)
	}
	w.keeps()
	if page := textOf(body(vera.get("/reports/drivers?flow=servqual5"))); strings.Contains(page, "being made") || !strings.Contains(page, "the overall answer goes most with") {
		t.Errorf("of one site: %s", page)
	}
	if got := vera.get("/reports/drivers?site=harbour"); got.Code == 200 {
		t.Error("vera sees the drivers of a site that is not hers")
	}
}

func TestFiguresOfQuestionsKeepTheRuleForSmallNumbers(t *testing.T) {
	for _, n := range []int{0, 2, 4, 7, 12, 40} {
		w := newWorld(t)
		r := rand.New(rand.NewPCG(9, uint64(n)))
		w.fill(surveyed(r, n)...)
		w.keeps()
		robin := w.as("robin")
		for _, at := range []string{"/reports/expectation", "/reports/expectation?site=harbour", "/reports/quality", "/reports/quality?site=harbour", "/reports/drivers", "/reports/words"} {
			page := body(robin.get(at))
			for _, fault := range append(faultsOf(page), tooMuch(page)...) {
				t.Errorf("%s of %d: %s", at, n, fault)
			}
			for _, to := range tableOf.FindAllString(page, -1) {
				to = strings.ReplaceAll(to, "&amp;", "&")
				rows, err := csv.NewReader(strings.NewReader(body(robin.get(to)))).ReadAll()
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

func TestWordsAreFoundByKindLevelSearchAndPlace(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", "=1+1, I WAITED an hour.")
	w.unhappy("harbour", "2", "Li", "The shade is wrong.")
	w.fill(
		filled{flow: "post_service_3", customer: "3", site: "main", day: "2026-03-01", level: 7, values: map[string]float64{"overall": 5}, texts: map[string]string{"why_good": "Lovely tea."}},
		filled{flow: "staff_pulse", customer: "4", site: "main", day: "2026-03-01", level: 2, values: map[string]float64{"overall": 1}, texts: map[string]string{"idea": "Nobody may read me."}},
	)
	said := storage.Feedback{ID: "f1", Kind: storage.Suggestion, Site: "main", Session: k.Session, Case: k.ID, Identity: k.Identity, Text: "More seats, please.", At: w.clock.Now()}
	for _, err := range w.store.Advance(t.Context(), 0, []storage.Turn{{Key: "f1", Apply: func(storage.Loaded) (storage.Change, error) {
		return storage.Change{Feedback: []storage.Feedback{said}}, nil
	}}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	all := []string{"I WAITED", "The shade", "Lovely tea", "Nobody may", "More seats"}
	for at, want := range map[string][]string{
		"robin /reports/words":                             {"I WAITED", "The shade", "Lovely tea"},
		"robin /reports/words?q=waited":                    {"I WAITED"},
		"robin /reports/words?q=waited&site=harbour":       nil,
		"robin /reports/words?level=1-3":                   {"I WAITED", "The shade"},
		"robin /reports/words?level=7&flow=post_service_3": {"Lovely tea"},
		"robin /reports/words?kind=suggestion":             {"More seats"},
		"robin /reports/words?kind=suggestion&q=chairs":    nil,
		"robin /reports/words?kind=complaint":              nil,
		"mei /reports/words":                               {"I WAITED", "Lovely tea"},
		"hans /reports/words":                              {"The shade"},
	} {
		who, to, _ := strings.Cut(at, " ")
		page := body(w.as(who).get(to))
		for _, words := range all {
			if strings.Contains(page, words) != slices.Contains(want, words) {
				t.Errorf("%s: %q, want %v", at, words, want)
			}
		}
	}
	robin := w.as("robin")
	page := body(robin.get("/reports/words?kind=suggestion"))
	for _, want := range []string{`href="/answers/0.` + k.Session, `href="/cases/` + k.Name() + `"`, `href="/reports/words/words.csv?kind=suggestion"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the suggestion does not lead to %s", want)
		}
	}
	rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/words/words.csv?" + url.Values{"level": {"1-3"}}.Encode())))).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != 9 {
		t.Fatalf("the file: %v, %v", rows, err)
	}
	for _, row := range rows[1:] {
		if text := row[8]; !strings.HasPrefix(text, "'=1+1, I WAITED") && text != "The shade is wrong." {
			t.Errorf("a row of the file: %q", row)
		}
	}
	if got := w.as("mei").get("/reports/words/words.csv"); got.Code == 200 {
		t.Error("mei, who may not export, has the file")
	}
}

func TestWordsGoOnWhereAPageEnds(t *testing.T) {
	w := newWorld(t)
	var all []filled
	for i := range 2*pageRows + 10 {
		all = append(all, filled{
			flow: "post_service_3", customer: fmt.Sprint(i), site: "main", day: fmt.Sprintf("2026-02-%02d", 1+i%28), level: 6,
			values: map[string]float64{"overall": 5}, texts: map[string]string{"why_good": fmt.Sprintf("word-%03d.", i)},
		})
	}
	w.fill(all...)
	robin, seen, at := w.as("robin"), map[string]bool{}, "/reports/words"
	for pages := 1; ; pages++ {
		page := body(robin.get(at))
		for i := range all {
			if word := fmt.Sprintf("word-%03d.", i); strings.Contains(page, word) {
				if seen[word] {
					t.Fatalf("%s stands on two pages", word)
				}
				seen[word] = true
			}
		}
		_, next, more := strings.Cut(page, `<a class="button" href="/reports/words?after=`)
		if !more {
			if pages != 3 || len(seen) != len(all) {
				t.Fatalf("%d pages with %d of %d", pages, len(seen), len(all))
			}
			return
		}
		next, _, _ = strings.Cut(next, `"`)
		at = "/reports/words?after=" + next
	}
}
