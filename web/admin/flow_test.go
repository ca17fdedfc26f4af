package admin

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// builder is somebody who may build surveys.
func builder(t *testing.T) *house {
	return newHouse(t, Viewer{Login: "l-mei", Staff: "mei", Name: "Mei", SignIn: "mei", Grants: access.Grants{"*": access.Admin}})
}

// source is the draft of a survey as it is stored, or its live version.
func (h *house) source(flow string) string {
	h.t.Helper()
	d, err := h.store.FlowDraft(h.t.Context(), flow)
	if err != nil {
		h.t.Fatal(err)
	}
	return d.Source
}

// cardFields are the fields of the form that saves the open card, as a browser would post them.
func cardFields(t *testing.T, page string) url.Values {
	t.Helper()
	_, form, ok := strings.Cut(page, `data-saves>`)
	if !ok {
		t.Fatalf("no card is open: %s", page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	out := url.Values{}
	attr := func(tag, name string) (string, bool) {
		m := regexp.MustCompile(`\s` + regexp.QuoteMeta(name) + `="([^"]*)"`).FindStringSubmatch(tag)
		if m == nil {
			return "", false
		}
		return html.UnescapeString(m[1]), true
	}
	for _, tag := range regexp.MustCompile(`<input[^>]*>`).FindAllString(form, -1) {
		name, ok := attr(tag, "name")
		if kind, _ := attr(tag, "type"); !ok || kind == "checkbox" && !strings.Contains(tag, " checked") {
			continue
		}
		value, _ := attr(tag, "value")
		out.Add(name, value)
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea([^>]*)>\n?(.*?)</textarea>`).FindAllStringSubmatch(form, -1) {
		if name, ok := attr(m[1], "name"); ok {
			out.Set(name, html.UnescapeString(m[2]))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<select([^>]*)>(.*?)</select>`).FindAllStringSubmatch(form, -1) {
		if name, ok := attr(m[1], "name"); ok {
			value := ""
			if chosen := regexp.MustCompile(`value="([^"]*)" selected`).FindStringSubmatch(m[2]); chosen != nil {
				value = html.UnescapeString(chosen[1])
			}
			out.Set(name, value)
		}
	}
	return out
}

// TestAPublishedSurveyIsAskedAfterTwelveClicks: from nothing to two questions that are live.
func TestAPublishedSurveyIsAskedAfterTwelveClicks(t *testing.T) {
	h := builder(t)
	clicks := 0
	get := func(at string) string { clicks++; return h.get(at, 200) }
	post := func(at string, form url.Values) string {
		clicks++
		return h.post(at, form, http.StatusSeeOther).Header().Get("Location")
	}
	get("/surveys")
	get("/surveys/new")
	at := post("/surveys/new", url.Values{"title": {"Our visit"}})
	if at != "/surveys/our_visit/edit?done=flow_begun" {
		t.Fatalf("begun at %s", at)
	}
	get("/surveys/our_visit/edit?add=overall") // the plus below the first question
	at = post("/surveys/our_visit/edit?q=before", url.Values{"act": {"question|long|overall"}})
	if !strings.Contains(at, "q="+url.QueryEscape("questions/=words")) {
		t.Fatalf("the new question is not open: %s", at)
	}
	form := cardFields(t, h.get("/surveys/our_visit/edit?q=questions/=words", 200))
	form.Set("questions/=words/ask/@en", "What should we do better?")
	post("/surveys/our_visit/edit?q=questions/=words", form)
	get("/surveys/our_visit/publish")
	d, _ := h.store.FlowDraft(t.Context(), "our_visit")
	post("/surveys/our_visit/publish", url.Values{"rev": {fmt.Sprint(d.Rev)}, "note": {"the first one"}})
	if clicks > 12 {
		t.Errorf("%d clicks", clicks)
	}
	src, err := h.store.FlowSource(t.Context(), "our_visit", 0)
	if err != nil || !strings.Contains(src.Source, "What should we do better?") {
		t.Fatalf("published: %v\n%s", err, src.Source)
	}
	f, err := flowfile.Parse([]byte(src.Source))
	if err != nil || slices.ContainsFunc(survey.Check(f), func(p survey.Problem) bool { return p.Severity == survey.Fatal }) {
		t.Errorf("what is live has errors: %v, %v", err, survey.Check(f))
	}
	if page := h.get("/surveys/our_visit", 200); !strings.Contains(page, "the first one") || !strings.Contains(page, "Mei") {
		t.Error("who published it and why is not told")
	}
	h.get("/surveys", 200)
}

// TestTwoPeopleAtOneCard: who changes another field wins as well; who changes the same field
// is asked at it, with what the other wrote.
func TestTwoPeopleAtOneCard(t *testing.T) {
	h := builder(t)
	h.post("/surveys/new", url.Values{"title": {"Visit"}}, http.StatusSeeOther)
	const card = "/surveys/visit/edit?q=questions/=overall"
	mine, theirs := cardFields(t, h.get(card, 200)), cardFields(t, h.get(card, 200))
	third := cardFields(t, h.get(card, 200))
	mine.Set("questions/=overall/ask/@en", "How was it, {service_name}?")
	h.post(card, mine, http.StatusSeeOther)
	theirs.Set("questions/=overall/weight", "3")
	h.post(card, theirs, http.StatusSeeOther)
	if s := h.source("visit"); !strings.Contains(s, "How was it, {service_name}?") || !strings.Contains(s, "weight: 3") {
		t.Errorf("two fields: %s", s)
	}
	third.Set("questions/=overall/ask/@en", "And?")
	page := h.post(card, third, http.StatusConflict).Body.String()
	if !strings.Contains(page, "How was it, {service_name}?") || !strings.Contains(page, ">\nAnd?</textarea>") {
		t.Errorf("the same field is not asked: %s", page)
	}
	again := cardFields(t, page)
	h.post(card, again, http.StatusSeeOther) // once more: mine in place of theirs
	if s := h.source("visit"); !strings.Contains(s, "And?") || !strings.Contains(s, "weight: 3") {
		t.Errorf("after the answer: %s", s)
	}
}

// TestUndoAndRedo go through what was done, also after a reload, and past a draft given up.
func TestUndoAndRedo(t *testing.T) {
	h := builder(t)
	h.post("/surveys/new", url.Values{"title": {"Visit"}}, http.StatusSeeOther)
	first := h.source("visit")
	h.post("/surveys/visit/edit", url.Values{"act": {"question|long|overall"}}, http.StatusSeeOther)
	second := h.source("visit")
	h.post("/surveys/visit/edit", url.Values{"act": {"question|date|overall"}}, http.StatusSeeOther)
	third := h.source("visit")
	h.get("/surveys/visit/edit", http.StatusOK) // which offers it
	for i, want := range []struct{ do, is string }{
		{"undo", second}, {"undo", first}, {"undo", first}, {"redo", second}, {"redo", third}, {"redo", third}, {"undo", second}, {"discard", ""}, {"undo", second},
	} {
		h.post("/surveys/visit/"+want.do, url.Values{}, http.StatusSeeOther)
		if got := h.source("visit"); got != want.is {
			t.Fatalf("step %d, %s: %q, want %q", i, want.do, got, want.is)
		}
	}
}

// TestConditionsByMenus: sentences of menus become conditions, and can be changed again.
func TestConditionsByMenus(t *testing.T) {
	h := builder(t)
	h.post("/surveys/new", url.Values{"title": {"Visit"}}, http.StatusSeeOther)
	h.post("/surveys/visit/edit", url.Values{"act": {"question|long|overall"}}, http.StatusSeeOther)
	const card = "/surveys/visit/edit?q=questions/=words"
	form := cardFields(t, h.get(card, 200))
	form.Set("questions/=words/when|add", "overall")
	h.post(card, form, http.StatusSeeOther)
	form = cardFields(t, h.get(card, 200))
	form.Set("questions/=words/when|0|verb", "is")
	form["questions/=words/when|0|value"] = []string{"unsatisfied", "neutral"}
	form.Set("questions/=words/when|add", "judgement")
	h.post(card, form, http.StatusSeeOther)
	if s := h.source("visit"); !strings.Contains(s, "when: {overall: [unsatisfied, neutral], judgement: unhappy}") {
		t.Fatalf("two conditions: %s", s)
	}
	form = cardFields(t, h.get(card, 200))
	form.Set("questions/=words/when|mode", "any")
	form.Set("questions/=words/when|1|not", "1")
	h.post(card, form, http.StatusSeeOther)
	if s := h.source("visit"); !strings.Contains(s, "when: {any: [{overall: [unsatisfied, neutral]}, {not: {judgement: unhappy}}]}") {
		t.Fatalf("any, and not: %s", s)
	}
	form = cardFields(t, h.get(card, 200))
	form.Set("questions/=words/when|1|drop", "1")
	form.Set("questions/=words/when|0|verb", "below")
	form.Set("questions/=words/when|0|number", "3")
	h.post(card, form, http.StatusSeeOther)
	if s := h.source("visit"); !strings.Contains(s, "when: {overall: {below: 3}}") {
		t.Fatalf("one number: %s", s)
	}
}

// TestAnImportTellsWhatItLeavesOutBeforeAnythingIsStored.
func TestAnImportTellsWhatItLeavesOutBeforeAnythingIsStored(t *testing.T) {
	h := builder(t)
	page := h.post("/surveys/new", url.Values{"source": {`{"title":"Fit","fields":[{"ref":"a","type":"nps","title":"How likely?"},{"ref":"b","type":"payment","title":"Pay"}]}`}}, 200).Body.String()
	if !strings.Contains(page, "payment") || !strings.Contains(page, "Typeform") {
		t.Fatalf("what is left out is not told: %s", page)
	}
	if list, err := h.store.FlowDrafts(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("stored already: %v, %v", list, err)
	}
	_, made, _ := strings.Cut(page, `id="made-file" name="source">`)
	made, _, _ = strings.Cut(made, "</textarea>")
	h.post("/surveys/new", url.Values{"source": {strings.TrimPrefix(html.UnescapeString(made), "\n")}}, http.StatusSeeOther)
	if s := h.source("fit"); !strings.Contains(s, "scale: nps11") {
		t.Errorf("stored: %s", s)
	}
}

// TestLinesBecomeWhatTheirListHolds: options of a scale, of a choice, last words.
func TestLinesBecomeWhatTheirListHolds(t *testing.T) {
	doc, err := draft.Parse("flow: a\nscales: {s: {options: [{value: 1, label: A}]}}\nquestions: [{key: q, options: [{key: x, label: X}]}]\n")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"scales/s/options": "{value: 2, flag: neutral, label: Great}", "questions/=q/options": "{key: great, label: Great}", "thanks": "{say: Great}",
	} {
		if ops := optionOps(doc, path, "Great\n"); len(ops) != 1 || ops[0].Value != want {
			t.Errorf("%s: %+v, want %s", path, ops, want)
		}
	}
}
