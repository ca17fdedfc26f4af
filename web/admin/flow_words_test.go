package admin

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

const twoTongues = `# ours
flow: tongues
class: transactional
title: {en: Visit, de: Besuch}   # short
languages: [en, de]
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: {en: "How was {service_name}?", de: "Wie war {item}?"}}
  - {key: why, text: long, optional: true, ask: Why?} # not translated
`

// TestATranslatorsTableIsADiff: the words go out as a table, come in as one, are shown as what they
// change before anything is stored, and change nothing else.
func TestATranslatorsTableIsADiff(t *testing.T) {
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "tongues", Rev: 1, Same: 1, Source: twoTongues}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(h.get("/surveys/tongues/edit/words.csv", http.StatusOK), "\ufeff"))).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "where,en,de" {
		t.Fatalf("the table: %v, %q", err, rows)
	}
	var table strings.Builder
	out := csv.NewWriter(&table)
	out.Comma = ';' // as a spreadsheet in many countries writes it
	for _, row := range rows {
		switch row[0] {
		case "questions/=why/ask":
			row[2] = "Warum; und \"wie\"?"
		case "title":
			row[2] = "" // not translated: nothing is lost
		}
		if err := out.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	out.Flush()
	page := h.post("/surveys/tongues/edit/words?to=de", url.Values{"table": {table.String()}}, http.StatusOK).Body.String()
	if h.source("tongues") != twoTongues {
		t.Fatal("it is stored before anybody has looked")
	}
	diff, _, _ := strings.Cut(page[strings.Index(page, `class="diff"`):], "</form>")
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(diff, -1) {
		form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
	}
	if len(form) != 2 || !strings.Contains(diff, "<ins") {
		t.Fatalf("of one change is shown: %s", diff)
	}
	h.post("/surveys/tongues/edit/words?to=de", form, http.StatusSeeOther)
	want := strings.Replace(twoTongues, `ask: Why?`, `ask: {en: Why?, de: "Warum; und \"wie\"?"}`, 1)
	if got := h.source("tongues"); got != want {
		t.Errorf("the file is\n%s\nwant\n%s", got, want)
	}
	if page := h.post("/surveys/tongues/edit/words?to=de", url.Values{"table": {"no table"}}, http.StatusUnprocessableEntity).Body.String(); !strings.Contains(page, "no table") {
		t.Error("what was sent is gone")
	}
}

// TestLanguagesSideBySide: placeholders that a translation lost or invented are said at its cell, and
// what is missing, or differs from the live version, is shown alone.
func TestLanguagesSideBySide(t *testing.T) {
	h := builder(t)
	if _, err := h.store.PutFlowDraft(t.Context(), storage.FlowDraft{Flow: "tongues", Rev: 1, Same: 1, Source: twoTongues}); err != nil {
		t.Fatal(err)
	}
	page := h.get("/surveys/tongues/edit/words?to=de", http.StatusOK)
	for _, want := range []string{"{service_name} is missing here.", "{item} is not in the words on the left."} {
		if !strings.Contains(page, want) {
			t.Errorf("it is not said that %s", want)
		}
	}
	if missing := h.get("/surveys/tongues/edit/words?to=de&show=missing", http.StatusOK); strings.Contains(missing, "How was") || !strings.Contains(missing, "Why?") {
		t.Error("what is missing is not shown alone")
	}
	if strings.Contains(page, "show=changed") {
		t.Error("nothing is live, and what differs from it is offered")
	}
	if _, _, err := h.store.Publish(t.Context(), "tongues", strings.Replace(twoTongues, "Why?", "And why?", 1), time.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	if page = h.get("/surveys/tongues/edit/words?to=de", http.StatusOK); !strings.Contains(page, "show=changed") {
		t.Fatal("what differs from the live version is not offered")
	}
	if changed := h.get("/surveys/tongues/edit/words?to=de&show=changed", http.StatusOK); strings.Contains(changed, "How was") || !strings.Contains(changed, "Why?") {
		t.Error("what changed is not shown alone")
	}
}

// TestASurveyIsTakenElsewhere: as the file that it is, as JSON, and as a page to print.
func TestASurveyIsTakenElsewhere(t *testing.T) {
	h := builder(t)
	if _, _, err := h.store.Publish(t.Context(), "tongues", twoTongues, time.Now().UTC()); err != nil {
		t.Fatal(err)
	}
	if got := h.get("/surveys/tongues/file", http.StatusOK); got != twoTongues {
		t.Errorf("as a file it is\n%s", got)
	}
	asJSON := h.get("/surveys/tongues/file?as=json", http.StatusOK)
	if f, err := flowfile.Parse([]byte(asJSON)); !json.Valid([]byte(asJSON)) || err != nil || len(f.Questions) != 2 {
		t.Errorf("as JSON it is read as %v, %v\n%s", f.Questions, err, asJSON)
	}
	page := h.get("/surveys/tongues/file?as=print", http.StatusOK)
	for _, want := range []string{"Visit", "How was {service_name}?", "Why?", "Very satisfied"} {
		if !strings.Contains(page, want) {
			t.Errorf("on paper there is no %q", want)
		}
	}
}
