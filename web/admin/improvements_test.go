package admin

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

func init() {
	rows := []reportRow{{Label: "Main Street, 2025-12-07 to 2026-01-31", N: "80", Value: "10 % (5–20)", Drawing: chart.Bar(0.5)}}
	head := [4]string{"When", "Answers", "Range", "Unsatisfied"}
	section := reportSection{
		ID: "change", Title: "Before and after", Open: true, Rows: rows, Head: head, Notes: []string{"A note."},
		Marks: []happened{{1, "2026-02-01", "A second till", "/improvements/1"}, {2, "2026-02-05", "One tap: version 2", ""}},
	}
	fixtures = append(
		fixtures,
		fixture{"improvement_new.html", "empty", frame{Title: "A change"}, newImprovementPage{NoSite: true}},
		fixture{"improvement_new.html", "full", frame{Title: "A change", Here: "/reports", Back: &link{"/reports/improvement", "Improvement"}}, newImprovementPage{form: form{Fields: []field{
			{Name: "reason", Label: "Why", Hint: "What customers said.", Fault: "Write 1 to 300 characters."},
			{Name: "day", Label: "From this day on", Kind: "date", Value: "2026-02-01"},
			{Name: "of", Label: "Counted", Kind: "select", Value: "unsatisfied", Options: []option{{"unsatisfied", "Unsatisfied"}}},
		}}}},
		fixture{"improvement.html", "empty", frame{Title: "Snow"}, improvementPage{ID: "1", Note: true, Lede: "A note."}},
		fixture{"improvement.html", "full", frame{Title: "A second till", Here: "/reports"}, improvementPage{
			ID: "1", Lede: "better: down 20 points", Notice: "8 weeks have passed.", Facts: []fact{{"Why", "The wait is too long"}}, Sections: []reportSection{section}, Foot: []string{"Counted."}, Mine: true,
		}},
		fixture{"improvement.html", "told", frame{Title: "A second till"}, improvementPage{ID: "1", Lede: "better", Told: &toldView{"Told: 12.", []fact{{"Sent", "12 customers"}}, []fact{{"English", "A second till"}}}}},
		fixture{"improvement_tell.html", "empty", frame{Title: "You said, we did"}, tellPage{Nobody: true}},
		fixture{"improvement_tell.html", "too many", frame{Title: "You said, we did"}, tellPage{TooMany: true}},
		fixture{"improvement_tell.html", "full", frame{Title: "You said, we did", Back: &link{"/improvements/1", "A second till"}}, tellPage{
			ID: "1", Now: 12, Later: 3, Rows: []fact{{"stopped", "2 customers"}}, form: form{Fields: []field{{Name: "words-en", Label: "English (15 customers)", Hint: "As.", Fault: "Write 1 to 300 characters."}}},
		}},
	)
}

// improves stores an improvement.
func (w *world) improves(i storage.Improvement) storage.Improvement {
	w.t.Helper()
	if i.Made.IsZero() {
		i.Made = w.clock.Now()
	}
	if err := w.store.PutImprovement(w.t.Context(), i, storage.Audit{}); err != nil {
		w.t.Fatal(err)
	}
	return i
}

// changes are answers before and after 2026-02-01, as many of them unsatisfied.
func changes(of map[string][2]int, n int) (all []judged) {
	for site, bad := range of {
		for at, day := range []string{"2026-01-10", "2026-02-10"} {
			for i := range n {
				level := 7
				if i < bad[at] {
					level = 2
				}
				all = append(all, judged{fmt.Sprint(site, at, i), site, day, "Haircut", level})
			}
		}
	}
	return all
}

// TestAChangeIsWrittenDownCountedAndTakenBack is the way of a lead who changes something.
func TestAChangeIsWrittenDownCountedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	w.judge(changes(map[string][2]int{"main": {40, 10}, "harbour": {20, 20}}, 80)...)
	robin := w.as("robin")
	if page := body(robin.get("/reports/improvement")); !strings.Contains(page, "/improvements/new?note=1") || !strings.Contains(page, "Write down a change") {
		t.Error("nothing leads to the form")
	}
	if page := body(robin.get("/improvements/new")); !strings.Contains(page, `value="unsatisfied"`) || !strings.Contains(page, "Main Street") {
		t.Errorf("the form lacks what it offers: %s", page)
	}
	good := url.Values{"reason": {"The wait is too long"}, "of": {"unsatisfied"}, "change": {"A second till"}, "day": {"2026-02-01"}, "site": {"main"}, "owner": {"Bo"}}
	for name, bad := range map[string]string{"reason": " ", "of": "nothing", "change": strings.Repeat("x", 301), "day": "soon", "site": "elsewhere"} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		form.Set(name, bad)
		out := robin.post("/improvements/new", form)
		if page := body(out); out.Code != 422 || !strings.Contains(page, `id="`+name+`-fault"`) || name != "owner" && !strings.Contains(page, `value="Bo"`) {
			t.Errorf("%s = %q is answered with %d: %s", name, bad, out.Code, page)
		}
	}
	if all, err := w.store.ImprovementList(t.Context()); err != nil || len(all) > 0 {
		t.Fatalf("stored all the same: %v, %v", all, err)
	}
	if page := body(robin.post("/improvements/new", good)); !strings.Contains(page, "It is written down.") {
		t.Fatalf("it is not stored: %s", page)
	}
	stored, err := w.store.ImprovementList(t.Context())
	if err != nil || len(stored) != 1 {
		t.Fatal(stored, err)
	}
	at := "/improvements/" + stored[0].ID
	page := html.UnescapeString(body(robin.get(at)))
	for _, want := range []string{"A second till", "The wait is too long", "Bo", "better: down 38 points", "Less what changed at the sites without it", "the sites without it, 2025-12-07 to 2026-01-31", "Main Street, 2026-02-01 to"} {
		if !strings.Contains(strings.ToLower(page), strings.ToLower(want)) {
			t.Errorf("its page lacks %q: %s", want, tags.ReplaceAllString(page, " "))
		}
	}
	list := html.UnescapeString(body(robin.get("/reports/improvement?from=2026-01-01&to=2026-03-02")))
	for _, want := range []string{"Listed: 1. Clearly better: 1.", "A second till", "Better: down 38 points", "Main Street · The wait is too long · Bo"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list lacks %q: %s", want, tags.ReplaceAllString(list, " "))
		}
	}
	rows, err := csv.NewReader(strings.NewReader(body(robin.get("/reports/improvement/table.csv?chart=improvements&from=2026-01-01&to=2026-03-02")))).ReadAll()
	if err != nil || len(rows) != 2 || strings.Join(rows[1][7:12], ",") != "better,40,80,10,80" || !strings.HasPrefix(rows[1][12], "-0.375") {
		t.Errorf("the table is %v, %v", rows, err)
	}
	if rows, err = csv.NewReader(strings.NewReader(body(robin.get(at + "/table.csv?chart=change")))).ReadAll(); err != nil || len(rows) != 5 {
		t.Errorf("its table is %v, %v", rows, err)
	}
	if got := robin.get(at + "/table.csv?chart=nothing").Code; got != 404 {
		t.Errorf("a chart that is none is answered with %d", got)
	}
	// A reader of figures sees it, and no button.
	vera := w.as("vera")
	if page := body(vera.get(at)); !strings.Contains(page, "A second till") || strings.Contains(page, "/remove") || strings.Contains(page, "/answers?") {
		t.Errorf("a reader sees %s", page)
	}
	if got := vera.post(at+"/remove", nil).Code; got != 403 {
		t.Errorf("a reader takes it back: %d", got)
	}
	if got := w.as("hans").get(at).Code; got != 404 {
		t.Errorf("staff of another site read it: %d", got)
	}
	if page := body(robin.post(at+"/remove", nil)); !strings.Contains(page, "It is taken back.") {
		t.Fatalf("it is not taken back: %s", page)
	}
	if got := robin.get(at).Code; got != 404 {
		t.Errorf("what was taken back is shown: %d", got)
	}
	audits, err := w.store.Audits(t.Context(), storage.AuditFilter{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, a := range audits {
		said[a.What+" "+a.Before+a.After] = true
	}
	if !said["improvement.make 2026-02-01 main"] || !said["improvement.remove 2026-02-01 main"] {
		t.Errorf("the list of changes has %v", said)
	}
}

// Where all days of a change have passed and nothing is clear, its page and the list say so.
func TestAChangeThatChangedNothingIsSaid(t *testing.T) {
	w := newWorld(t)
	w.judge(changes(map[string][2]int{"main": {20, 20}}, 80)...)
	i := w.improves(storage.Improvement{ID: "i1", Site: "main", Day: "2026-02-01", ImprovementTerms: storage.ImprovementTerms{Reason: "slow", Change: "A second till"}})
	robin := w.as("robin")
	const notice = "8 weeks have passed, and nothing has clearly changed"
	if page := body(robin.get("/improvements/" + i.ID)); strings.Contains(page, notice) || !strings.Contains(page, "Too early to say") {
		t.Errorf("before its days are over it says %s", page)
	}
	w.clock.add(40 * 24 * time.Hour)
	if page := body(robin.get("/improvements/" + i.ID)); !strings.Contains(page, notice) {
		t.Errorf("it does not say that nothing changed: %s", page)
	}
	if page := body(robin.get("/reports/improvement?period=365")); !strings.Contains(page, "Nothing clearly changed in 8 weeks: 1.") {
		t.Errorf("the list does not say so: %s", page)
	}
}

// Rows of more than 30 answers of fewer customers are not compared, and why is said as it is.
func TestWhyAChangeIsNotComparedIsTrue(t *testing.T) {
	w := newWorld(t)
	var all []judged
	for i := range 36 {
		all = append(all, judged{fmt.Sprint("b", i%20), "main", "2026-01-10", "Haircut", 1 + i%7}, judged{fmt.Sprint("a", i%20), "main", "2026-02-10", "Haircut", 1 + i%7})
	}
	w.judge(all...)
	page := html.UnescapeString(body(w.as("robin").get("/reports/improvement?from=2026-01-01&to=2026-02-28&change=2026-02-01&site=main")))
	if !strings.Contains(page, "fewer than 30 different customers") || strings.Contains(page, "fewer than 30 answers") {
		t.Errorf("it says %s", tags.ReplaceAllString(page, " "))
	}
}

// Lines over time show changes, notes and versions at their days, of the sites that they are about.
func TestLinesShowWhatHappened(t *testing.T) {
	w := newWorld(t)
	w.judge(changes(map[string][2]int{"main": {40, 10}, "harbour": {20, 20}}, 80)...)
	w.improves(storage.Improvement{ID: "i1", Site: "main", Day: "2026-02-01", ImprovementTerms: storage.ImprovementTerms{Reason: "slow", Change: "A second till"}})
	w.improves(storage.Improvement{ID: "i2", Day: "2026-02-03", ImprovementTerms: storage.ImprovementTerms{Note: true, Change: "Snow <b>everywhere</b>"}})
	w.improves(storage.Improvement{ID: "i3", Site: "harbour", Day: "2026-02-04", ImprovementTerms: storage.ImprovementTerms{Note: true, Change: "Building work"}})
	w.improves(storage.Improvement{ID: "i4", Day: "2025-02-04", ImprovementTerms: storage.ImprovementTerms{Note: true, Change: "Long ago"}})
	page := body(w.as("robin").get("/reports/level?from=2026-01-01&to=2026-02-28&site=main"))
	if n := strings.Count(page, `class="happened"`); n != 2 {
		t.Errorf("%d marks stand on the line", n)
	}
	for _, want := range []string{`<a href="/improvements/i1" dir="auto">A second till</a>`, "Snow &lt;b&gt;everywhere&lt;/b&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(page, "Building work") || strings.Contains(page, "Long ago") {
		t.Error("another site's, or another time's, is shown")
	}
	if _, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main"}); err != nil {
		t.Fatal(err)
	}
	if page := body(w.as("robin").get("/reports/silence?from=2026-01-01&to=2026-03-02")); strings.Count(page, `class="happened"`) != 3 {
		t.Errorf("the line of who answered shows %d", strings.Count(page, `class="happened"`))
	}
	if page := body(w.as("robin").get("/improvements/i2")); !strings.Contains(page, "A note: charts show it at its day.") {
		t.Error("a note has no page")
	}
}

// A lead of one site writes down what is of that site alone.
func TestALeadWritesDownChangesOfTheirOwnSiteAlone(t *testing.T) {
	h := newHouse(t, someone)
	h.withSite("a", "Site A")
	h.withSite("b", "Site B")
	form := url.Values{"reason": {"slow"}, "of": {"unsatisfied"}, "change": {"At B"}, "day": {"2026-02-01"}, "site": {"b"}, "owner": {""}}
	at := h.post("/improvements/new", form, 303).Header().Get("Location")
	at, _, _ = strings.Cut(at, "?")
	h.get(at, 200)
	everywhere := url.Values{"note": {"1"}, "change": {"Everywhere"}, "day": {"2026-02-01"}, "site": {""}}
	all := h.post("/improvements/new", everywhere, 303).Header().Get("Location")
	all, _, _ = strings.Cut(all, "?")
	*h.as = Viewer{Login: "l", Grants: access.Grants{"a": access.Lead}}
	if body := h.get("/improvements/new", 200); strings.Contains(body, "Site B") || strings.Contains(body, "All sites") {
		t.Error("what is not theirs is offered")
	}
	h.get(at, 404)
	h.post(at+"/remove", url.Values{}, 404)
	h.get(all, 200)
	h.post(all+"/remove", url.Values{}, 403)
	h.post("/improvements/new", form, 422)
	h.post("/improvements/new", everywhere, 422)
	*h.as = Viewer{Login: "l", Grants: access.Grants{"a": access.Agent}}
	h.get("/improvements/new", 403)
	h.get("/reports/improvement", 200)
	*h.as = Viewer{Login: "l", Grants: access.Grants{}}
	h.get(all, 403)
}

// TestThoseWhoSaidItAreToldByAClick is the way of a lead who tells them.
func TestThoseWhoSaidItAreToldByAClick(t *testing.T) {
	w := newWorld(t)
	w.judge(changes(map[string][2]int{"main": {40, 10}}, 80)...)
	i := w.improves(storage.Improvement{ID: "i1", Site: "main", Day: "2026-02-01", ImprovementTerms: storage.ImprovementTerms{Reason: "slow", Change: "A second till"}})
	w.clock.add(time.Minute) // who answers at the moment of the decision is too late
	robin, at := w.as("robin"), "/improvements/"+i.ID
	if page := body(robin.get(at)); !strings.Contains(page, at+"/tell") {
		t.Errorf("nothing leads to it: %s", page)
	}
	if page := body(robin.get(at + "/tell")); !strings.Contains(page, "40 customers would be told now, 0 later.") || !strings.Contains(page, `name="words-en"`) || strings.Contains(page, `name="words-es"`) {
		t.Errorf("it does not say whom it would reach: %s", tags.ReplaceAllString(page, " "))
	}
	if out := robin.post(at+"/tell", url.Values{"words-en": {" "}}); out.Code != 422 || !strings.Contains(body(out), `id="words-en-fault"`) {
		t.Errorf("without words it is answered with %d", out.Code)
	}
	if got := w.as("vera").get(at + "/tell").Code; got != 403 {
		t.Errorf("a reader tells them: %d", got)
	}
	if page := body(robin.post(at+"/tell", url.Values{"words-en": {"There is a second till now."}})); !strings.Contains(page, "Those who said why are being told.") || !strings.Contains(page, "Told so far: 0.") {
		t.Errorf("nothing is decided: %s", page)
	}
	stored, err := w.store.Improvement(t.Context(), i.ID)
	if err != nil || stored.Said == nil || stored.Said.By != "robin" || stored.Said.Words["en"] != "There is a second till now." {
		t.Fatal(stored.Said, err)
	}
	if out := robin.get(at + "/tell"); out.Code != 303 || out.Header().Get("Location") != at {
		t.Errorf("a second decision is offered: %d", out.Code)
	}
	asks := (&site{Config: Config{Store: w.store, Bot: w.bot, Clock: w.clock.Now}}).asks()
	if err := asks.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := body(robin.get(at))
	if !strings.Contains(page, "Told: 40.") || !strings.Contains(page, "On its way") {
		t.Errorf("it does not say that all were told: %s", tags.ReplaceAllString(page, " "))
	}
	audits, err := w.store.Audits(t.Context(), storage.AuditFilter{What: "improvement.tell", Limit: 5})
	if err != nil || len(audits) != 1 || audits[0].After != "en" {
		t.Errorf("the list of changes has %+v, %v", audits, err)
	}
}
