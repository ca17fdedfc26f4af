package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// TestNobodyIsSaidToBeNobody looks at each kind of row that hides how few there are: of nobody it says 0, of one to
// four people that they are under five, of five a number, and in its table nothing of either.
func TestNobodyIsSaidToBeNobody(t *testing.T) {
	s := &site{Config: Config{Bot: newWorld(t).bot, Clock: time.Now}}
	w := s.words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	ended := func(n int) (cases []storage.FigureCase) { // nobody's promise is due before it is kept or missed
		for i := range 8 {
			c := storage.FigureCase{ID: string(rune('a' + i)), Customer: string(rune('a' + i)), OpenedAt: time.Unix(0, 0)}
			if i < n {
				c.Taken = time.Unix(60, 0)
			}
			cases = append(cases, c)
		}
		return cases
	}
	tiers := len(recovery.Tiers())
	rows := map[string]func(n int) (reportRow, int){ // with the column of its table that says how many
		"who came again": func(n int) (reportRow, int) {
			return w.returnRow("", []string{"unspoken"}, figures.Return{Days: 30, Customers: n, Within: report.Interval{High: 1}}, 20), 2
		},
		"a mean": func(n int) (reportRow, int) {
			return w.meanRow("", nil, report.ClusteredMean{N: n, Customers: n}, n, 0, 100, 50), 0
		},
		"a driver": func(n int) (reportRow, int) {
			d := figures.Drivers{Attributes: []figures.Driver{{Question: "speed", N: n}}}
			return w.driverRows(d, func(figures.Driver) string { return "" }).Rows[0], 1
		},
		"a promise": func(n int) (reportRow, int) { return w.promises(casesOf(ended(n))).Rows[0], 1 },
		"how long it took": func(n int) (reportRow, int) {
			return w.steps(ended(n)[:n], time.Unix(3600, 0)).Rows[0], 1
		},
		"classes of a month": func(n int) (reportRow, int) {
			m := figures.MonthOfClasses{Month: "2026-03", N: make([]int, tiers)}
			m.N[tiers-1] = n
			return w.classMonths(&figures.Value{Classed: []figures.MonthOfClasses{m}}).Rows[0], tiers
		},
		"a part": func(n int) (reportRow, int) {
			return w.rowOf(part{rate: report.Clustered{Rate: report.Show(0, n), Customers: n}}), -1
		},
	}
	for what, row := range rows {
		nobody, column := row(0)
		if !strings.HasPrefix(nobody.N, "0") || nobody.Value != "none" && what != "a mean" && what != "a driver" {
			t.Errorf("%s of nobody: %q, %q", what, nobody.N, nobody.Value)
		}
		if column >= 0 && nobody.raw[column] != "" {
			t.Errorf("%s of nobody, in its table: %q", what, nobody.raw)
		}
		few, column := row(3)
		if few.N != "under 5" && few.N != "–" {
			t.Errorf("%s of three says %q", what, few.N)
		}
		if column >= 0 && few.raw[column] != "" {
			t.Errorf("%s of three, in its table: %q", what, few.raw)
		}
		if five, _ := row(5); !strings.HasPrefix(five.N, "5") {
			t.Errorf("%s of five says %q", what, five.N)
		}
	}
	if row := w.returnRow("", nil, figures.Return{Days: 30, Within: report.Interval{High: 1}}, 3); row.N != "under 5" {
		t.Errorf("of three, none of them here, it says %q: all are elsewhere", row.N)
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		said += strings.Count(string(text), `t("under_five")`)
	}
	if said != 1 {
		t.Errorf("pages say in %d places that there are under five: one rule is in one", said)
	}
}

// TestBesideFewOthersNobodyIsSaidToBeNobody: of three who answered one question, and none of them
// another, "0" beside the other would tell of the three. Beside five it tells of nobody.
func TestBesideFewOthersNobodyIsSaidToBeNobody(t *testing.T) {
	s := &site{Config: Config{Bot: newWorld(t).bot, Clock: time.Now}}
	w := s.words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	mean := func(n int) report.ClusteredMean { return report.ClusteredMean{N: n, Customers: n} }
	tiers := len(recovery.Tiers())
	month := func(n int) figures.MonthOfClasses {
		m := figures.MonthOfClasses{Month: "2026-03", N: make([]int, tiers)}
		m.N[0] = n
		return m
	}
	for what, last := range map[string]func(n int) reportRow{ // of two of which n answered the first, and nobody the last
		"drivers": func(n int) reportRow {
			d := figures.Drivers{Customers: n, Attributes: []figures.Driver{{Question: "a", N: n}, {Question: "b"}}}
			return w.driverRows(d, func(figures.Driver) string { return "" }).Rows[1]
		},
		"factors of loyalty": func(n int) reportRow {
			return w.loyaltyIndex(&figures.Loyalty{Bond: figures.Bond{Factors: [3]report.ClusteredMean{mean(n)}}}).Rows[1]
		},
		"dimensions of quality": func(n int) reportRow {
			q := &figures.Quality{Dimensions: []figures.QualityDimension{{Name: "a", Perceived: mean(n)}, {Name: "b"}}}
			return w.dimensions(q, namer{}, func(d *figures.QualityDimension) string { return d.Name }).Rows[1]
		},
		"pairs of expectations": func(n int) reportRow {
			return w.expectedPairs([]figures.ExpectedPair{{Flow: "f", Question: "q", Expected: mean(n)}}, s.namer(w, "")).Rows[1]
		},
		"months of classes": func(n int) reportRow {
			return w.classMonths(&figures.Value{Classed: []figures.MonthOfClasses{month(n), month(0)}}).Rows[1]
		},
	} {
		for n, want := range map[int]string{3: "under 5", 5: "0", 0: "0"} {
			if row := last(n); row.N != want {
				t.Errorf("%s: of nobody beside %d it says %q, want %q", what, n, row.N, want)
			}
		}
	}
}

// TestASiteThatIsHiddenBesideAnotherIsNotCalledSmall has a site of two who were asked hide another one.
func TestASiteThatIsHiddenBesideAnotherIsNotCalledSmall(t *testing.T) {
	world := newWorld(t)
	s := reportPages{&site{Config: Config{Bot: world.bot, Clock: time.Now}}}
	w := s.words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	asked := map[string]report.Clustered{}
	for id, n := range map[string]int{"harbour": 2, "main": 20} {
		asked[id] = report.Clustered{Rate: report.Show(1, n), Customers: n}
	}
	for _, row := range s.complaintsBySite(w, map[string]int{"main": 3}, asked).Rows {
		if want := map[string]string{"harbour": "under 5", "main": "–"}[row.key]; row.N != want || strings.Contains(row.Value, "3") {
			t.Errorf("%s: %q, %q, want %q", row.key, row.N, row.Value, want)
		}
	}
}

// TestWhereAllAreFewNobodyIsSaidToBeNobody: of three who were asked it would tell that none of them answered, or was
// asked in another month.
func TestWhereAllAreFewNobodyIsSaidToBeNobody(t *testing.T) {
	world := newWorld(t)
	world.lost(gone(3, 0)...)
	for i := range 3 {
		world.store1(storage.Change{Invitation: &storage.Invitation{
			ID: "few-" + strconv.Itoa(i), Site: "main", Flow: "one_tap_csat", Version: 1, Customer: "few" + strconv.Itoa(i),
			Created: time.Date(2026, 1, 10, 10, 0, 0, 0, time.UTC), Facts: recovery.Facts{Class: survey.Transactional},
		}})
	}
	world.folds()
	robin := world.as("robin")
	page := body(robin.get("/reports/lost?from=2026-01-01&to=2026-01-31"))
	if text := textOf(page); strings.Contains(text, " none ") || strings.Contains(text, " 0 ") || !strings.Contains(text, "Fewer than five who stay away have said why") {
		t.Errorf("of three who stay away and said nothing: %s", text)
	}
	page = body(robin.get("/reports/silence?from=2025-10-01&to=2026-02-28"))
	_, trend, _ := strings.Cut(page, `id="h-trend"`)
	cells := regexp.MustCompile(`<td class="num">([^<]*)</td><td class="small">([^<]*)`).FindAllStringSubmatch(trend, -1)
	if len(cells) < 3 {
		t.Fatalf("the trend has %d rows: %s", len(cells), trend)
	}
	for _, cell := range cells {
		if cell[1] != "under 5" || cell[2] != cells[0][2] {
			t.Errorf("of three who were asked in one month a row says %q, %q", cell[1], cell[2])
		}
	}
	s := &site{Config: Config{Bot: world.bot, Clock: time.Now}}
	w := s.words(httptest.NewRequest(http.MethodGet, "/", nil), Viewer{Language: "en"})
	empty := report.Clustered{Rate: report.Show(0, 0)}
	if few, many := w.figureOfPart("", empty, 4, nil, ""), w.figureOfPart("", empty, 5, nil, ""); few.Meta == many.Meta || many.Meta != "none" {
		t.Errorf("of nobody of four a tile says %q, of five %q", few.Meta, many.Meta)
	}
}
