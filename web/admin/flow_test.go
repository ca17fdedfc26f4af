package admin

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/bot"
	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/draft"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/google/uuid"
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

// TestTheEditorChangesNothingByBeingOpenedOrSaved: every card of every template, saved as it is.
func TestTheEditorChangesNothingByBeingOpenedOrSaved(t *testing.T) {
	h := builder(t)
	for _, name := range []string{"ladder7_expect"} {
		_, source, _ := flowfile.Template(name)
		h.post("/surveys/new", url.Values{"template": {name}}, http.StatusSeeOther)
		doc, err := draft.Parse(string(source))
		if err != nil {
			t.Fatal(err)
		}
		cards := []string{"before", "after", "bands"}
		for _, e := range doc.Elements("questions") {
			cards = append(cards, "questions/"+e)
		}
		for _, c := range cards {
			at := "/surveys/" + name + "/edit?q=" + url.QueryEscape(c)
			page := h.get(at, 200)
			for _, f := range faultsOf(regexp.MustCompile(`(?s)<svg.*?</svg>|<b>[a-z0-9_]+</b>|<legend class="small" dir="auto">[^<]*</legend>`).ReplaceAllString(page, "")) {
				t.Errorf("%s %s: %s", name, c, f)
			}
			form := cardFields(t, page)
			h.post(at, form, http.StatusSeeOther)
			if got := h.source(name); got != string(source) {
				t.Fatalf("%s: saving %s as it is changes it:\n%s", name, c, got)
			}
		}
	}
}

// TestEveryKeyOfTheFormatHasAControl walks the JSON Schema: whatever a flow file may hold can
// be changed at some card.
func TestEveryKeyOfTheFormatHasAControl(t *testing.T) {
	source := "flow: a\nclass: pulse\ntitle: A\nscales:\n  s: {options: [{value: 1, label: A}]}\nchoices:\n  c: {options: [{key: x, label: X}]}\nbands: [{from: 0, name: A}]\nquestions:\n"
	for _, k := range oneOf() {
		source += "  - {key: q_" + k + ", " + k + ": " + map[string]string{"options": "[{key: x, label: X}]", "number": "{min: 0, max: 1}"}[k] + "}\n"
	}
	doc, err := draft.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	var note func(list []flowControl)
	note = func(list []flowControl) {
		for _, c := range list {
			names[c.Path] = true
			for _, r := range c.Rows {
				note(r.Controls)
				note(r.Further)
			}
		}
	}
	s := drawing()
	for _, open := range append([]string{"before", "after", "bands", "scales/s", "choices/c"}, func() (all []string) {
		for _, e := range doc.Elements("questions") {
			all = append(all, "questions/"+e)
		}
		return all
	}()...) {
		e := flowEditor{Open: open}
		s.cards(&e, &drawer{words: tongues()["en"], doc: doc, lang: "en", flow: tongues()["en"].look(source)}, "")
		for _, c := range e.Cards {
			note(c.Controls)
			note(c.Further)
		}
	}
	has := func(part, key string) bool {
		for name := range names {
			if strings.HasSuffix(name, "/"+key) && strings.HasPrefix(name, part) || name == key && part == "" {
				return true
			}
		}
		return false
	}
	count := 0
	walk := func(part string, in *schema) {
		for _, p := range in.Properties {
			count++
			if !has(part, p.Name) && !slices.Contains([]string{"questions", "scales", "choices", "texts"}, p.Name) {
				t.Errorf("%q of %q has no control", p.Name, part)
			}
		}
	}
	walk("", format())
	walk("texts", format().Properties.get("texts"))
	walk("questions", def("question"))
	walk("questions/=q_options/options", def("choice"))
	walk("scales/s", def("scale"))
	walk("scales/s/options", def("option"))
	walk("choices/c", def("list"))
	walk("choices/c/options", def("choice"))
	walk("bands", def("band"))
	if count < 80 {
		t.Errorf("only %d keys are looked at", count)
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

// painters lay messages out as the platforms do.
var painters = map[chat.Platform]func(chat.Message) (chat.Drawn, error){chat.Web: webchat.Draw, chat.Telegram: telegram.Draw, chat.Slack: slack.Draw}

func TestWhatThePreviewShowsIsWhatTheBotSends(t *testing.T) {
	for on, paint := range painters {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			const flow = "repair" // without a random order: that is of each session
			f, _, _ := flowfile.Template(flow)
			s := newSite(Config{Store: w.store, Bot: w.bot, Draw: painters, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})
			shown := s.chatOf(httptest.NewRequest("GET", "/?path=worst&on="+string(on), nil), viewer("robin"), f, "en")

			customer := chat.Address{Platform: on, Account: "42", Chat: "7"}
			says := func(u chat.Update) {
				w.n++
				u.Key, u.From, u.User, u.Private, u.At = fmt.Sprint("u:", w.n), customer, chat.User{ID: "7", Name: "Anna", Language: "en"}, true, w.clock.Now()
				if _, err := w.bot.Handle(t.Context(), []chat.Update{u}); err != nil {
					t.Fatal(err)
				}
			}
			newest := func() (m chat.Message) {
				rows, err := w.store.Transcript(t.Context(), 0, customer)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range rows {
					if len(d.Render.Rows) > 0 && (d.Render.Layout == nil || d.Render.Layout.Answer == "") {
						m = d.Render
					}
				}
				return m
			}
			inv, err := w.bot.Invite(t.Context(), bot.InviteRequest{Flow: flow, Site: "harbour"}) // as the preview: the first
			if err != nil {
				t.Fatal(err)
			}
			says(chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
			asked := 0
			for _, turn := range shown.Turns {
				if len(turn.Message.Rows) == 0 {
					continue
				}
				asked++
				real := newest()
				mine := chat.Message{}
				tapped := ""
				for _, row := range real.Rows { // the session has another id here: all else is the same
					line := slices.Clone(row)
					for i, b := range line {
						d, ok := draw.Decode(b.Data)
						if !ok {
							t.Fatalf("the data %q", b.Data)
						}
						if want := worstOf(f, d); want {
							tapped = b.Data
						}
						d.Session = uuid.Nil.String()
						line[i].Data = d.Encode()
					}
					mine.Rows = append(mine.Rows, line)
				}
				rows := mine.Rows
				mine = real
				mine.Rows = rows
				if l := mine.Layout; l != nil {
					own := *l
					own.Of = turn.Message.Layout.Of
					mine.Layout = &own
				}
				sent, err := paint(mine)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(sent, turn.Drawn) {
					t.Fatalf("question %d: the preview shows\n%v\nand this is sent\n%v", asked, turn.Drawn, sent)
				}
				if tapped == "" {
					says(chat.Update{Kind: chat.Text, Text: turn.Answer})
				} else {
					says(chat.Update{Kind: chat.Tap, Data: tapped})
				}
			}
			if asked < 4 || shown.Card == nil || len(shown.Card.Facts) == 0 {
				t.Errorf("%d questions were asked; the card is %v", asked, shown.Card)
			}
		})
	}
}

// worstOf reports whether a button is the one that the worst path presses.
func worstOf(f survey.Flow, d draw.Tapped) bool {
	q := &f.Questions[d.Question]
	return d.Verb == draw.VerbPick && (q.Kind == survey.ScaleQ && d.Option == optionOn(q, worstPath) || q.Kind == survey.ChoiceQ && d.Option == 0)
}

// TestAPreviewIsAnswered: by its buttons and in words; what was said survives a change of the
// draft, and is forgotten where it no longer applies.
func TestAPreviewIsAnswered(t *testing.T) {
	w := newWorld(t)
	s := newSite(Config{Store: w.store, Bot: w.bot, Draw: painters, Gate: gateOf(viewer("robin")), Clock: w.clock.Now})
	f, _, _ := flowfile.Template("nps_why")
	for on := range painters {
		at := url.Values{"on": {string(on)}, "live": {"1"}}
		press := func(text string) {
			t.Helper()
			c := s.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en")
			if !c.Waits {
				t.Fatalf("%s: nothing is asked", on)
			}
			for _, row := range c.Turns[len(c.Turns)-1].Taps {
				for _, b := range row {
					if strings.HasPrefix(b.Text, text) && b.Say != "" {
						at["a"] = append(slices.Clone(c.Said), b.Say)
						return
					}
				}
			}
			t.Fatalf("%s: there is no %q in %v", on, text, c.Turns[len(c.Turns)-1].Taps)
		}
		press("2")
		c := s.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en")
		if last := c.Turns[len(c.Turns)-1]; last.Box == "" || len(c.Said) != 1 {
			t.Fatalf("%s: what comes next is %+v", on, last)
		}
		back := maps.Clone(at)
		press("Back")
		if c = s.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f, "en"); len(c.Said) != 0 {
			t.Errorf("%s: after Back %v is said", on, c.Said)
		}
		at = back
		at.Set("k", c.Turns[0].Message.Lang)
		at.Set("k", "why")
		at.Set("w", "Nobody answered the phone")
		f2 := f
		for i := range f.Questions {
			if f.Questions[i].Kind == survey.TextQ {
				at.Set("k", f.Questions[i].Key)
			}
		}
		c = s.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f2, "en")
		if len(c.Said) != 2 || c.Struck != 0 || c.Card == nil {
			t.Errorf("%s: said is %v, struck %d, %s", on, c.Said, c.Struck, c.Case)
		}
		f2.Questions = f.Questions[:1]
		if c = s.chatOf(httptest.NewRequest("GET", "/?"+at.Encode(), nil), viewer("robin"), f2, "en"); c.Struck != 1 {
			t.Errorf("%s: %d answers no longer apply, want 1", on, c.Struck)
		}
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
