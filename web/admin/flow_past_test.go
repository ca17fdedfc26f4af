package admin

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/survey/draft"
)

// TestADraftIsTriedOnThePast: the page Publish says what it would have made of what was answered,
// a condition of how many it would have held, the list how often the survey is answered; below
// the smallest number nothing is said.
func TestADraftIsTriedOnThePast(t *testing.T) {
	w := newWorld(t)
	v := viewer("robin")
	v.Grants = access.Grants{access.EverySite: access.Admin}
	pages := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now})}
	const flow = "one_tap_csat"
	pages.post("/surveys/new", url.Values{"template": {flow}})
	publish := func() {
		d, err := w.store.FlowDraft(t.Context(), flow)
		if err != nil {
			t.Fatal(err)
		}
		pages.post("/surveys/"+flow+"/publish", url.Values{"rev": {fmt.Sprint(d.Rev)}})
	}
	publish()
	if err := w.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	set := func(path, value string) {
		d, err := w.store.FlowDraft(t.Context(), flow)
		if err != nil {
			t.Fatal(err)
		}
		source := d.Source
		if source == "" {
			src, err := w.store.FlowSource(t.Context(), flow, 0)
			if err != nil {
				t.Fatal(err)
			}
			source = src.Source
		}
		doc, err := draft.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		pages.post("/surveys/"+flow+"/edit?q=before", url.Values{path: {value}, path + ".was": {doc.Show(path)}})
	}
	set("class", "pulse")
	if page := body(pages.get("/surveys/" + flow + "/publish")); strings.Contains(page, "On the past") {
		t.Error("a past without answers is spoken of")
	}
	for i := range 3 {
		w.rated("1", "main", fmt.Sprint(100+i), "Anna", "")
	}
	fresh := func() *visit { // what was read is kept for some minutes
		return &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(v), Clock: w.clock.Now})}
	}
	if page := body(fresh().get("/surveys/" + flow + "/publish")); !strings.Contains(page, "Conversations in 90 days: 3. That is too few") {
		t.Errorf("three are spoken of: %s", page)
	}
	for i := range 9 {
		w.rated("5", "main", fmt.Sprint(200+i), "Tom", "")
	}
	pages = fresh()
	if page, want := body(pages.get("/surveys/"+flow+"/publish")), tongues()["en"].t("past_all", 12)+tongues()["en"].t("past_cases", 0, 3); !strings.Contains(page, want) {
		t.Errorf("want %q: %s", want, page)
	}
	doc := body(pages.get("/surveys/" + flow + "/edit"))
	_, rest, _ := strings.Cut(doc, `value="up|questions/=`)
	main, _, _ := strings.Cut(rest, `"`)
	pages.post("/surveys/"+flow+"/edit?q=before", url.Values{"act": {"question|long|" + main}})
	set("questions/=words/when", "{"+main+": unsatisfied}")
	if page := body(pages.get("/surveys/" + flow + "/edit?q=questions/=words")); !strings.Contains(page, "It would have held in 25 %") && !strings.Contains(page, "It would have held in 25%") {
		t.Errorf("the reach is not said: %s", page)
	}
	if page := body(pages.get("/surveys")); !strings.Contains(page, "asked in 30 days: 12") {
		t.Errorf("the list has no figures: %s", page)
	}
}

// TestAWorkbookIsReadAsASurvey: it is chosen as a file, and said what is left out; nothing is
// stored before somebody begins with it. Another file is refused in words.
func TestAWorkbookIsReadAsASurvey(t *testing.T) {
	h := builder(t)
	send := func(name string, file []byte, want int) string {
		var form bytes.Buffer
		out := multipart.NewWriter(&form)
		part, err := out.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(file)
		_ = out.Close()
		r := httptest.NewRequest("POST", "/surveys/new/file", &form)
		r.Header.Set("Content-Type", out.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return h.ask(r, want).Body.String()
	}
	book := excelize.NewFile()
	defer book.Close()
	for sheet, rows := range map[string][][]any{
		"survey":  {{"type", "name", "label", "relevant"}, {"select_one marks", "overall", "How was it?"}, {"text", "why", "Why?", "${overall} < 3"}, {"geopoint", "where", "Where?"}},
		"choices": {{"list_name", "name", "label"}, {"marks", 1, "1"}, {"marks", 2, "2"}, {"marks", 3, "3"}},
	} {
		if _, err := book.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if err := book.SetSheetRow(sheet, fmt.Sprint("A", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		t.Fatal(err)
	}
	page := send("form.xlsx", file.Bytes(), http.StatusOK)
	for _, want := range []string{"XLSForm", "${overall} &lt; 3", "geopoint", "How was it?"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not shown: %s", want, page)
		}
	}
	if list, err := h.store.FlowDrafts(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("stored already: %v, %v", list, err)
	}
	h.as.Language = "zh-Hans"
	if page := send("form.xlsx", file.Bytes(), http.StatusOK); !strings.Contains(page, "无法在聊天中提问") {
		t.Errorf("what is left out is not said in Chinese: %s", page)
	}
	h.as.Language = "en"
	empty := excelize.NewFile()
	defer empty.Close()
	file.Reset()
	if err := empty.Write(&file); err != nil {
		t.Fatal(err)
	}
	if page := send("other.xlsx", file.Bytes(), http.StatusUnprocessableEntity); !strings.Contains(page, "no XLSForm") {
		t.Errorf("another workbook: %s", page)
	}
	if page := send("broken.xlsx", []byte("PK\x03\x04 broken"), http.StatusUnprocessableEntity); !strings.Contains(page, "✕") {
		t.Errorf("a broken workbook: %s", page)
	}
	send("flow.yaml", []byte("flow: mine\nclass: transactional\ntitle: Mine\nquestions:\n  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How?}\n"), http.StatusSeeOther)
}
