package admin

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// folds brings the read model up to date.
func (w *world) folds() {
	w.t.Helper()
	for b := range storage.Bucket(w.store.Buckets()) {
		for more := true; more; {
			did, err := w.store.Fold(w.t.Context(), b, bot.Rows(w.bot), 100)
			if err != nil {
				w.t.Fatal(err)
			}
			more = did.More
		}
	}
}

func TestAnswersAreListedWithTheirWords(t *testing.T) {
	w := newWorld(t)
	k := w.unhappy("main", "1", "Anna", "=HYPERLINK(\"http://elsewhere\"), I waited.")
	w.unhappy("harbour", "2", "Li", "The shade is wrong.")
	w.folds()
	robin, mei := w.as("robin"), w.as("mei")
	all := body(robin.get("/answers"))
	for _, want := range []string{"I waited.", "The shade is wrong.", "Main Street", "Harbour", `href="/answers.csv`} {
		if !strings.Contains(all, want) {
			t.Errorf("the list does not show %q", want)
		}
	}
	// What customers write by themselves is no survey: it stands apart in the menu, here and in the reports.
	for _, at := range []string{"/answers", "/reports/recovery"} {
		surveys, own, ok := strings.Cut(body(robin.get(at)), `<optgroup label="What customers write by themselves">`)
		own, _, _ = strings.Cut(own, "</optgroup>")
		for _, kind := range []string{"_complaint", "_question", "_suggestion", "_remark"} {
			if option := `<option value="` + kind + `"`; !ok || strings.Contains(surveys, option) || !strings.Contains(own, option) {
				t.Errorf("%s: %s does not stand apart from the surveys", at, kind)
			}
		}
	}
	for at, wants := range map[string][2]string{
		"/answers?site=harbour":    {"shade", "waited"},
		"/answers?level=high":      {"Nothing was answered", "waited"},
		"/answers?from=2030-01-01": {"Nothing was answered", "waited"},
		"/answers?staff=Bo":        {"Nothing was answered", "waited"},
		"/answers?level=1&words=1": {"waited", "Nothing"},
		"/answers?flow=nothing":    {"Nothing was answered", "waited"},
		"/answers?from=yesterday":  {"waited", "Nothing"},
	} {
		if page := body(robin.get(at)); !strings.Contains(page, wants[0]) || strings.Contains(page, wants[1]) {
			t.Errorf("%s does not show %q alone", at, wants[0])
		}
	}
	link := regexp.MustCompile(`href="(/answers/\d+\.[^"]+)"`)
	shade := link.FindStringSubmatch(body(robin.get("/answers?site=harbour")))[1]
	one := body(robin.get(link.FindStringSubmatch(body(robin.get("/answers?site=main")))[1]))
	if !strings.Contains(one, "I waited.") || !strings.Contains(one, `href="/cases/`+k.Name()+`"`) || !strings.Contains(one, "Very dissatisfied") {
		t.Errorf("the conversation does not show its words, its level and its case: %s", one)
	}

	// Another site's are told of in no way.
	if page := body(mei.get("/answers")); strings.Contains(page, "shade") || !strings.Contains(page, "waited") || strings.Contains(page, "csv") {
		t.Error("an agent sees another site's answers, none of their own, or an export")
	}
	for at, want := range map[string]int{
		"/answers?site=harbour": http.StatusForbidden, shade: http.StatusNotFound, "/answers/0.none": http.StatusNotFound, "/answers/9.x": http.StatusNotFound,
		"/answers/x": http.StatusNotFound, "/answers.csv": http.StatusForbidden,
	} {
		if got := mei.get(at); got.Code != want {
			t.Errorf("%s: %d, want %d", at, got.Code, want)
		}
	}
	if got := w.as("vera").get("/answers"); got.Code != http.StatusForbidden {
		t.Errorf("who may not read words is answered with %d", got.Code)
	}
	table := robin.get("/answers.csv?site=main")
	rows, err := csv.NewReader(strings.NewReader(body(table))).ReadAll()
	if err != nil || len(rows) < 3 || table.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a spreadsheet would run %q", cell)
			}
			if strings.Contains(cell, "shade") || strings.Contains(cell, "Anna") {
				t.Errorf("the table tells %q", cell)
			}
		}
	}
}

func TestTodayShowsWhatNeedsSomebody(t *testing.T) {
	w := newWorld(t)
	if page := body(w.as("robin").get("/")); !strings.Contains(page, "No answers yet.") {
		t.Errorf("an empty house: %s", page)
	}
	k := w.unhappy("main", "1", "Anna", wait)
	w.folds()
	page := body(w.as("robin").get("/"))
	for _, want := range []string{k.Name(), "Needs somebody now", "What they said", "forty minutes", "1 so far: too few", ">Take<"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not show %q: %s", want, page)
		}
	}
	w.as("robin").post("/cases/take", url.Values{"case": {k.Name()}})
	if page := body(w.as("robin").get("/")); !strings.Contains(page, `/cases/`+k.Name()+`#reply`) {
		t.Error("what one has taken cannot be answered from there")
	}
	if got := w.as("mei").get("/"); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/cases" {
		t.Errorf("an agent begins at %d %s", got.Code, got.Header().Get("Location"))
	}
}
