package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// menus are the editor as somebody uses it who never sees the file: a card is opened, its
// fields are changed, a button is pressed.
type menus struct {
	*house
	flow string
}

// card changes fields of a card, each by the path that its name ends with.
func (m menus) card(card string, fields ...string) {
	m.t.Helper()
	at := "/surveys/" + m.flow + "/edit?q=" + url.QueryEscape(card)
	form := cardFields(m.t, m.get(at, http.StatusOK))
	for i := 0; i+1 < len(fields); i += 2 {
		name := strings.TrimPrefix(card+"/"+fields[i], "before/")
		if !form.Has(name+".was") && !form.Has(name) && !strings.Contains(name, "|") {
			m.t.Fatalf("the card %s has no field %s", card, name)
		}
		form.Set(name, fields[i+1])
	}
	m.post(at, form, http.StatusSeeOther)
}

// press presses a button, with a field beside it where one is given.
func (m menus) press(act string, beside ...string) {
	m.t.Helper()
	form := url.Values{"act": {act}}
	for i := 0; i+1 < len(beside); i += 2 {
		form.Set(beside[i], beside[i+1])
	}
	m.post("/surveys/"+m.flow+"/edit?q=before", form, http.StatusSeeOther)
}

// says fails the test unless the draft is the flow of a file, however both are written.
func (m menus) says(file string) {
	m.t.Helper()
	got, err := flowfile.Parse([]byte(m.source(m.flow)))
	if err != nil {
		m.t.Fatalf("%v\n%s", err, m.source(m.flow))
	}
	want, err := flowfile.Parse([]byte(file))
	if err != nil {
		m.t.Fatal(err)
	}
	a, errA := flowfile.Format(got)
	b, errB := flowfile.Format(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		m.t.Errorf("%v %v: built is\n%s\nwant\n%s", errA, errB, a, b)
	}
}

// statements are the words of a survey of three statements over one scale of its own.
type statements struct {
	flow, lang, title, overall string
	rows                       [3]string
	low, high, changed         string // changed is the second statement, said better
}

// wordy are the words of a survey that is answered by five words, and asks why after the low ones.
type wordy struct {
	flow, lang, title, overall string
	levels                     [5]string
	bad, mid, changed          string // changed is what bad asks, said better
	menu                       string // its language, as the menu of a page has it; "" = that of the page
}

var (
	threeStatements = statements{
		"three_statements", "en", "Three statements", "All in all?",
		[3]string{"The staff knew their trade", "The shop was tidy", "I found what I wanted"},
		"Not at all", "Fully", "The shop was clean",
	}
	pesquisa = wordy{
		"pesquisa", "pt-BR", "Pesquisa", "Como foi o atendimento?",
		[5]string{"Muito insatisfeito 😣", "Insatisfeito 🙁", "Neutro 😶", "Satisfeito 🙂", "Muito satisfeito 😃"},
		"O que aconteceu?", "O que faltou?", "O que houve de errado?", "Brazilian Portuguese",
	}
)

// file is the flow as somebody would write it by hand.
func (x statements) file(rotate string) string {
	out := fmt.Sprintf("flow: %s\nclass: relationship\ntitle: %s\nlanguages: [%s]\nscales:\n  my_scale: {generator: linear, min: 1, max: 5, min_text: %s, max_text: %s}\nquestions:\n"+
		"  - {key: overall, scale: csat5, primary: true, weight: 1, ask: %s}\n", x.flow, scalar(x.title), x.lang, scalar(x.low), scalar(x.high), scalar(x.overall))
	for i, row := range x.rows {
		out += fmt.Sprintf("  - {key: row%d, scale: my_scale, weight: 1, rotate: %s, ask: %s}\n", i+1, rotate, scalar(row))
	}
	return out
}

// file is the flow as somebody would write it by hand.
func (x wordy) file() string {
	out := fmt.Sprintf("flow: %s\nclass: transactional\ntitle: %s\nlanguages: [%s]\nexpires: 1h\nscales:\n  my_scale:\n    generator: ladder\n    options:\n", x.flow, scalar(x.title), x.lang)
	for i, label := range x.levels {
		out += fmt.Sprintf("      - {value: %d, label: %s}\n", i+1, scalar(label))
	}
	return out + fmt.Sprintf("questions:\n  - {key: overall, scale: my_scale, primary: true, weight: 1, ask: %s}\n  - {key: bad, text: long, when: {overall: [1, 2]}, ask: %s}\n  - {key: mid, text: long, when: {overall: 3}, ask: %s}\n",
		scalar(x.overall), scalar(x.bad), scalar(x.mid))
}

func scalar(text string) string { return flowfile.Scalar(text) }

func begun(t *testing.T, title, flow string) menus {
	t.Helper()
	m := menus{builder(t), flow}
	m.post("/surveys/new", url.Values{"title": {title}}, http.StatusSeeOther)
	return m
}

// TestAMatrixIsBuiltByMenus: rows over one scale of its own in a random order; it is published,
// changed while somebody is in the middle of it, compared, and taken back.
func TestAMatrixIsBuiltByMenus(t *testing.T) {
	m := begun(t, "Three statements", "three_statements")
	m.card("before", "class", "relationship", "delay", "", "expires", "")
	m.card("questions/=overall", "ask/@en", "All in all?")
	m.press("scale|scales")
	m.card("scales/my_scale", "generator", "linear")
	for _, value := range []string{"1", "2", "3"} {
		m.press("remove|scales/my_scale/options/=" + value)
	}
	m.card("scales/my_scale", "min", "1", "max", "5", "min_text/@en", "Not at all", "max_text/@en", "Fully")
	behind := "overall"
	for i, row := range threeStatements.rows {
		m.press("question|csat5|" + behind)
		key := fmt.Sprint("row", i+1)
		m.card("questions/=overall_2", "key", key)
		m.card("questions/="+key, "ask/@en", row, "scale", "my_scale", "rotate", "rows", "weight", "1")
		behind = key
	}
	m.says(threeStatements.file("rows"))
	for _, on := range []chat.Platform{chat.Web, chat.Telegram, chat.Slack} {
		page := m.get("/surveys/three_statements/edit?on="+string(on)+"&live=1&a=overall%3Dv1&a=row1%3Dv1&a=row2%3Dv2&a=row3%3Dv5", http.StatusOK)
		for _, want := range []string{"The shop was tidy", "I found what I wanted", "A case opens"} {
			if !strings.Contains(page, want) {
				t.Errorf("on %s the preview has no %q", on, want)
			}
		}
	}
	publish := func() {
		d, err := m.store.FlowDraft(t.Context(), m.flow)
		if err != nil {
			t.Fatal(err)
		}
		m.post("/surveys/three_statements/publish", url.Values{"rev": {fmt.Sprint(d.Rev)}}, http.StatusSeeOther)
	}
	publish()
	if err := m.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	inv, err := m.bot.Invite(t.Context(), bot.InviteRequest{Flow: m.flow})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.bot.Handle(t.Context(), []chat.Update{{
		Key: "u1", Kind: chat.Command, Command: "start", Text: inv.Token, Private: true,
		From: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"}, User: chat.User{ID: "7", Name: "Anna"},
	}}); err != nil {
		t.Fatal(err)
	}
	m.card("questions/=row2", "ask/@en", "The shop was clean")
	publish()
	if page := m.get("/surveys/three_statements/compare?from=1&to=2", http.StatusOK); !strings.Contains(page, "The shop was tidy") || !strings.Contains(page, "The shop was clean") {
		t.Error("what differs is not shown")
	}
	m.get("/surveys/three_statements", http.StatusOK) // which offers it
	m.post("/surveys/three_statements/back", url.Values{"version": {"1"}}, http.StatusSeeOther)
	src, err := m.store.FlowSource(t.Context(), m.flow, 0)
	if err != nil || src.Version != 3 || !strings.Contains(src.Source, "The shop was tidy") {
		t.Errorf("after going back version %d is live: %v\n%s", src.Version, err, src.Source)
	}
}

// TestWordsAreOptionsByMenus: a ladder of words in another language, and a follow-up by its low
// answers.
func TestWordsAreOptionsByMenus(t *testing.T) {
	m := begun(t, "Pesquisa", "pesquisa")
	m.card("before", "languages", "[pt-BR]", "delay", "", "expires", "1h")
	m.press("own|questions/=overall")
	m.card("scales/my_scale", "generator", "ladder",
		"options/=1/score", "", "options/=1/flag", "", "options/=1/label/@pt-BR", "Muito insatisfeito 😣",
		"options/=2/score", "", "options/=2/flag", "", "options/=2/label/@pt-BR", "Insatisfeito 🙁",
		"options/=3/score", "", "options/=3/flag", "", "options/=3/label/@pt-BR", "Neutro 😶")
	m.press("option|scales/my_scale/options", "many|scales/my_scale/options", "Satisfeito 🙂\nMuito satisfeito 😃")
	m.card("questions/=overall", "ask/@pt-BR", "Como foi o atendimento?")
	m.press("question|long|overall")
	m.card("questions/=words", "key", "bad", "ask/@pt-BR", pesquisa.bad, "optional", "", "when|add", "overall")
	at := "/surveys/pesquisa/edit?q=questions/=bad"
	form := cardFields(t, m.get(at, http.StatusOK))
	form.Set("questions/=bad/when|0|verb", "is")
	form["questions/=bad/when|0|value"] = []string{"1", "2"}
	m.post(at, form, http.StatusSeeOther)
	m.press("question|long|bad")
	m.card("questions/=words", "key", "mid", "ask/@pt-BR", pesquisa.mid, "optional", "", "when|add", "overall")
	at = "/surveys/pesquisa/edit?q=questions/=mid"
	form = cardFields(t, m.get(at, http.StatusOK))
	form.Set("questions/=mid/when|0|verb", "is")
	form["questions/=mid/when|0|value"] = []string{"3"}
	m.post(at, form, http.StatusSeeOther)
	m.says(pesquisa.file())
}

// What the menu of questions says an entry takes is what the survey takes longer by it.
func TestTheMenuOfQuestionsSaysHowLongEachTakes(t *testing.T) {
	h := builder(t)
	seconds := func(flow string) (all int) {
		f, err := flowfile.Parse([]byte(h.source(flow)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.Questions {
			all += snapshot.Seconds(&f.Questions[i])
		}
		return all
	}
	said := 0
	for _, g := range addings {
		for _, a := range g.entries {
			flow := strings.Split(h.post("/surveys/new", url.Values{"title": {"A " + a.name}, "language": {"en"}}, 303).Header().Get("Location"), "/")[2]
			before := seconds(flow)
			menu := h.get("/surveys/"+flow+"/edit?add=overall", 200)
			h.post("/surveys/"+flow+"/edit", url.Values{"act": {"question|" + a.name + "|overall"}}, 303)
			want := ""
			if n := seconds(flow) - before; n > 0 {
				want = fmt.Sprintf("about %d s", n)
				said++
			}
			m := regexp.MustCompile(`value="question\|` + a.name + `\|overall">[^<]*<span class="meta">([^<]*)<`).FindStringSubmatch(menu)
			if m == nil || m[1] != want {
				t.Errorf("%s: the menu says %q, and it takes %q", a.name, m, want)
			}
		}
	}
	if said < 20 {
		t.Errorf("only %d entries take time", said)
	}
}

// The list of surveys tells how many questions everybody is asked, as the page of a new survey does.
func TestTheListTellsHowManyQuestionsEverybodyIsAsked(t *testing.T) {
	h := builder(t)
	if page := h.get("/surveys", 200); !strings.Contains(page, "questions: 3 for everybody, 4 more as it turns out") {
		t.Errorf("the list counts what nobody is asked at once:\n%s", page)
	}
}
