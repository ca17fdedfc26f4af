package webchat

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Opening a link shows the first question and binds nothing; the first tap binds it, begins the
// conversation and is taken, all with one form.
func TestTheFirstTapBeginsTheConversation(t *testing.T) {
	for name, live := range map[string][]string{"with script": {liveHeader, "1"}, "without": nil} {
		t.Run(name, func(t *testing.T) {
			bot := &claimed{fakeBot: newFakeBot()}
			bot.begins = true
			h := New(bot.config())
			first := ask(h, "GET", chatPath, "")
			if !strings.Contains(first.Body.String(), overallAsk) || !strings.Contains(first.Body.String(), bot.intro().Text) {
				t.Fatalf("the first question is not there:\n%s", first.Body)
			}
			if bot.by != "" || len(bot.handled()) != 0 || len(bot.items[customer]) != 0 {
				t.Errorf("looking bound the link to %q, with %d updates", bot.by, len(bot.handled()))
			}
			c := first.Result().Cookies()[0]
			header := append([]string{"Cookie", c.Name + "=" + c.Value}, live...)
			ask(h, "POST", chatPath, form("nonce", "n1", "on", "q:s1:0", "data", "1ps1.0.1"), header...)
			var kinds []string
			for _, u := range bot.handled() {
				kinds = append(kinds, string(u.Kind)+" "+u.Command+u.Data)
			}
			if !slices.Equal(kinds, []string{"command start", "tap 1ps1.0.1"}) || bot.by != c.Value {
				t.Errorf("updates %v, the link is %q's", kinds, bot.by)
			}
			page := ask(h, "GET", chatPath, "", header...).Body.String()
			if !strings.Contains(page, "2 – dissatisfied") || !strings.Contains(page, reasonAsk) {
				t.Errorf("the answer is not there:\n%s", page)
			}
		})
	}
}

// moved is a link whose conversation is another browser's, and can be moved by a code.
type moved struct {
	*claimed
	code  string
	tries int
	asked []string
}

func (m *moved) config() Config {
	c := m.claimed.config()
	visitor := c.Visitor
	c.Visitor = func(ctx context.Context, token, browser string) (Visitor, error) {
		v, err := visitor(ctx, token, browser)
		if err != nil {
			return Visitor{Title: m.title, Language: "en"}, err
		}
		return v, nil
	}
	c.Code = func(context.Context, string, string) (string, time.Duration, error) {
		m.code = "123456"
		return m.code, time.Minute, nil
	}
	c.Move = func(_ context.Context, _, browser, code string) error {
		switch m.tries++; {
		case m.code == "":
			return fmt.Errorf("move: %w", ErrNoCode)
		case m.code != code:
			return fmt.Errorf("move: %w", ErrWrongCode)
		}
		m.by, m.code = browser, ""
		return nil
	}
	c.Ask = func(_ context.Context, _, _, words, _ string) error {
		m.asked = append(m.asked, words)
		return nil
	}
	return c
}

func newMoved() *moved {
	m := &moved{claimed: &claimed{fakeBot: newFakeBot(), by: "mine"}}
	m.put(customer, "q:1", chat.Message{Text: "Were you satisfied, Ann?", Lang: "en"})
	return m
}

const theirs = browserCookie + "=theirs"

// Another browser sees neither words nor answers, and has two ways on.
func TestAnotherBrowserGoesOnByACode(t *testing.T) {
	bot := newMoved()
	h := New(bot.config())
	code := ask(h, "POST", chatPath+"/elsewhere", form("nonce", "n1"), "Cookie", browserCookie+"=mine")
	if code.Code != http.StatusOK || !strings.Contains(code.Body.String(), "123 456") {
		t.Fatalf("status %d\n%s", code.Code, code.Body)
	}
	if w := ask(h, "POST", chatPath+"/elsewhere", form("nonce", "n1"), "Cookie", theirs); w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "123") {
		t.Errorf("another browser gets the code: status %d", w.Code)
	}
	look := ask(h, "GET", chatPath, "", "Cookie", theirs)
	for _, want := range []string{bot.title, `name="code"`, chatPath + "/own"} {
		if !strings.Contains(look.Body.String(), want) {
			t.Errorf("the page lacks %q:\n%s", want, look.Body)
		}
	}
	for _, typed := range []string{"000000", "", "123", "words"} {
		w := ask(h, "POST", chatPath+"/here", form("code", typed), "Cookie", theirs)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "aria-invalid") || strings.Contains(w.Body.String(), "Ann?") {
			t.Errorf("code %q: status %d\n%s", typed, w.Code, w.Body)
		}
	}
	if w := ask(h, "POST", chatPath+"/here", form("code", "123456")); w.Code != http.StatusUnprocessableEntity || len(w.Result().Cookies()) != 1 {
		t.Errorf("a browser without a cookie: status %d, %v", w.Code, w.Result().Cookies())
	}
	w := ask(h, "POST", chatPath+"/here", form("code", " ١٢٣ 456"), "Cookie", theirs)
	if w.Code != http.StatusSeeOther || bot.by != "theirs" {
		t.Errorf("the right code: status %d, the link is %q's", w.Code, bot.by)
	}
	if w := ask(h, "GET", chatPath, "", "Cookie", theirs); !strings.Contains(w.Body.String(), "Ann?") {
		t.Errorf("the conversation is not there:\n%s", w.Body)
	}
}

func TestAnotherBrowserAsksForALink(t *testing.T) {
	bot := newMoved()
	c := bot.config()
	h := New(c)
	for _, words := range []string{"", "  ", strings.Repeat("x", 4001)} {
		w := ask(h, "POST", chatPath+"/own", form("nonce", "n1", "text", words), "Cookie", theirs)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), strings.TrimSpace(words)+"</textarea>") || len(bot.asked) != 0 {
			t.Errorf("%.10q: status %d, %d asked", words, w.Code, len(bot.asked))
		}
	}
	if w := ask(h, "POST", chatPath+"/own", form("nonce", "n1", "text", "I am Ben")); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "I am Ben") {
		t.Errorf("without a cookie: status %d\n%s", w.Code, w.Body)
	}
	w := ask(h, "POST", chatPath+"/own", form("nonce", "n1", "text", "I am Ben"), "Cookie", theirs)
	if w.Code != http.StatusSeeOther || !slices.Equal(bot.asked, []string{"I am Ben"}) {
		t.Errorf("status %d, asked %v", w.Code, bot.asked)
	}
	// Where links are for everybody, whoever comes gets a conversation of their own.
	c.Anew = func(context.Context, string) (string, error) { return "/chat/NEW", nil }
	w = ask(New(c), "POST", chatPath+"/own", form("nonce", "n1", "text", ""), "Cookie", theirs)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/chat/NEW" || len(bot.asked) != 1 {
		t.Errorf("status %d to %q, asked %d times", w.Code, w.Header().Get("Location"), len(bot.asked))
	}
}

func TestHowAnswersAreUsedIsReadByWhoeverHasTheLink(t *testing.T) {
	bot := newMoved()
	h := New(bot.config())
	for _, cookie := range []string{"", theirs, browserCookie + "=mine"} {
		w := ask(h, "GET", chatPath+"/how", "", "Cookie", cookie)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Ann?") || !strings.Contains(w.Body.String(), bot.title+" sees your answers") {
			t.Errorf("%q: status %d\n%s", cookie, w.Code, w.Body)
		}
	}
	if w := ask(h, "GET", "/chat/nobody/how", ""); w.Code != http.StatusNotFound {
		t.Errorf("no link: status %d", w.Code)
	}
}

// C3: words that are too long stay where they were written, whole, and are neither sent on nor
// cut.
func TestWordsThatAreTooLongStayInTheirField(t *testing.T) {
	long := strings.Repeat("字", 4001)
	for name, c := range map[string]struct {
		shown chat.Message
		words string
		on    string
		says  string
	}{
		"the box":   {overall(), long, "", "Characters over the limit: 1. Shorten it, or send"},
		"a field":   {why(), long, "q:s1:2", "Characters over the limit: 1."},
		"few words": {chat.Message{Text: "Your name?", Expects: chat.ExpectsText, Max: 10}, "Bartholomew B", "q:s1:2", "Characters over the limit: 3. Please shorten"},
	} {
		for _, live := range [][]string{{liveHeader, "1"}, nil} {
			bot := newFakeBot()
			bot.put(customer, "q:s1:2", c.shown)
			w := ask(New(bot.config()), "POST", chatPath, form("nonce", "n1", "on", c.on, "text", c.words), live...)
			body := w.Body.String()
			if w.Code != http.StatusUnprocessableEntity || len(bot.handled()) != 0 {
				t.Errorf("%s: status %d, %d updates", name, w.Code, len(bot.handled()))
			}
			for _, want := range []string{c.words + "</textarea>", `aria-invalid="true"`, c.says} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the page lacks %.60q", name, want)
				}
			}
		}
	}
}

// Of several choices one form tells all; only what differs from the page is tapped.
func TestSeveralChoicesAreSentAtOnce(t *testing.T) {
	bot := newFakeBot()
	bot.chosen["1ts1.1.0"] = true
	bot.put(customer, "q:s1:1", bot.reasons())
	h := New(bot.config())
	send := func(nonce string, picks ...string) int {
		pairs := []string{"nonce", nonce, "on", "q:s1:1", "several", "1", "data", "1ds1.1"}
		for _, p := range picks {
			pairs = append(pairs, "pick", p)
		}
		w := ask(h, "POST", chatPath, form(pairs...))
		if w.Code == http.StatusUnprocessableEntity && strings.Count(w.Body.String(), " checked") != len(picks) {
			t.Errorf("%v: what was chosen is gone:\n%s", picks, w.Body)
		}
		return w.Code
	}
	if got := send("n1", "1ts1.1.0", "1ts1.1.1", "1ts1.1.2", "1ts1.1.3"); got != http.StatusUnprocessableEntity {
		t.Errorf("four of at most three: status %d", got)
	}
	if got := send("n2"); got != http.StatusUnprocessableEntity {
		t.Errorf("none: status %d", got)
	}
	alone := bot.reasons()
	alone.Layout.Least = 2
	alone.Rows[3][0].Alone = true
	bot.put(customer, "q:s1:1", alone)
	if got := send("n4", "1ts1.1.1"); got != http.StatusUnprocessableEntity {
		t.Errorf("one of at least two: status %d", got)
	}
	if got := send("n5", "1ts1.1.1", "1ts1.1.3"); got != http.StatusUnprocessableEntity {
		t.Errorf("one that goes with no other, and another: status %d", got)
	}
	bot.put(customer, "q:s1:1", bot.reasons())
	if n := len(bot.handled()); n != 0 {
		t.Fatalf("%d updates", n)
	}
	send("n3", "1ts1.1.1", "1ts1.1.3")
	send("n3", "1ts1.1.1", "1ts1.1.3") // a double tap
	var got []string
	for _, u := range bot.handled() {
		got = append(got, u.Data)
	}
	if !slices.Equal(got, []string{"1ts1.1.0", "1ts1.1.1", "1ts1.1.3", "1ds1.1"}) {
		t.Errorf("taps %v", got)
	}
	// One that goes with no other, chosen before: it goes first, else it would take the others away.
	alone.Rows[0][0].Selected, alone.Rows[3][0].Selected = false, true
	bot.put(customer, "q:s1:1", alone)
	send("n6", "1ts1.1.1", "1ts1.1.2")
	got = nil
	for _, u := range bot.handled()[4:] {
		got = append(got, u.Data)
	}
	if !slices.Equal(got, []string{"1ts1.1.3", "1ts1.1.1", "1ts1.1.2", "1ds1.1"}) {
		t.Errorf("taps %v", got)
	}
}
