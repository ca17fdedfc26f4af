package webchat

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

const whenAsk = "When were you here?"

// dated is what the bot says to a question for a date, in a language of the page.
var dated = map[string]struct{ ask, hint, skip, send string }{
	"en":      {whenAsk, "Type a date as year-month-day, for example 2026-03-31.", "Skip", "Send"},
	"zh-Hans": {"您是哪天来的?", "请按年-月-日输入日期,例如 2026-03-31。", "跳过", "发送"},
	"es":      {"¿Cuándo estuvo aquí?", "Escriba una fecha como año-mes-día, por ejemplo 2026-03-31.", "Omitir", "Enviar"},
	"ar":      {"متى كنت هنا؟", "اكتب تاريخًا بصيغة سنة-شهر-يوم، مثل 2026-03-31.", "تخطٍّ", "إرسال"},
}

func asksDate(lang string) chat.Message {
	w := dated[lang]
	m := laid(w.ask, chat.Layout{Part: chat.PartQuestion, Hint: w.hint, Step: 1, Steps: 1})
	m.Lang, m.Expects, m.Hint = lang, chat.ExpectsDate, w.hint
	m.Rows = [][]chat.Button{{{Text: w.skip, Data: "1ss1.7", Aside: chat.AsideSkip}}}
	return m
}

// datedBot asks for a date, and shows what it is answered.
func datedBot(lang string) *fakeBot {
	bot := newFakeBot()
	bot.lang = lang
	bot.put(customer, "q:date", asksDate(lang))
	return bot
}

func (b *fakeBot) datedConfig() Config {
	c := b.config()
	c.Handle = func(_ context.Context, updates []chat.Update) ([]chat.Answer, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.updates = append(b.updates, updates...)
		for _, u := range updates {
			if u.Kind == chat.Text {
				b.put(customer, "q:date", b.spoken(laid(dated[b.lang].ask, chat.Layout{Part: chat.PartQuestion, Answer: "✓ " + u.Text})))
			}
		}
		return nil, nil
	}
	return c
}

const theDate = `document.querySelector(".field [name=text]")`

// wantAnswer looks at what arrived last.
func (t tab) wantAnswer(bot *fakeBot, want string) {
	t.Helper()
	all := bot.handled()
	if len(all) == 0 || all[len(all)-1].Kind != chat.Text || all[len(all)-1].Text != want {
		t.Errorf("the bot got %+v, want the words %q last", all, want)
	}
}

func dateIsPicked(t tab) {
	bot := datedBot("en")
	s := serveConfig(t.T, bot.datedConfig())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(whenAsk)
	t.Picture("phone-date")
	size := eval[[]float64](t, `[...document.querySelectorAll(".field [name=text], #answer .go")].map(e => e.getBoundingClientRect().height)`)
	for _, height := range size {
		if height < 44 {
			t.Errorf("the date and its button are %v px high, want 44 for a finger", size)
		}
	}
	if font := eval[string](t, `getComputedStyle(`+theDate+`).fontSize`); font != "16px" {
		t.Errorf("the date is written in %s: below 16px a phone zooms in", font)
	}
	t.Do(chromedp.Tap(chromedp.CSS("#answer .go")))
	if n := len(bot.handled()); n != 0 {
		t.Fatalf("sending no date caused %d updates", n)
	}
	eval[any](t, theDate+`.value = "2026-03-31"`) // what a phone's calendar does
	t.Do(chromedp.Tap(chromedp.CSS("#answer .go")))
	t.UntilText("✓ 2026-03-31")
	t.wantAnswer(bot, "2026-03-31")
	if eval[bool](t, `!!`+theDate) {
		t.Error("the answered question still has its date")
	}
}

func dateByKeyboard(t tab) {
	bot := datedBot("en")
	s := serveConfig(t.T, bot.datedConfig())
	t.Do(chromedp.EmulateViewport(900, 700), chromedp.Navigate(s.URL+chatPath))
	t.UntilText(whenAsk)
	t.Do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab)) // past the head
	if !eval[bool](t, `document.activeElement === `+theDate) {
		t.Fatalf("the Tab key leads to %q, want the date", t.focused())
	}
	if eval[string](t, `getComputedStyle(document.activeElement).outlineStyle`) != "solid" {
		t.Error("the focus cannot be seen")
	}
	t.Do(chromedp.KeyEvent("05052026")) // day and month first, whichever
	if got := eval[string](t, theDate+".value"); got != "2026-05-05" {
		t.Fatalf("typing made the date %q", got)
	}
	bot.post(customer, "n:1", chat.Message{Text: "Something new.", Lang: "en"})
	t.UntilText("Something new.")
	if got := eval[string](t, theDate+".value"); got != "2026-05-05" {
		t.Errorf("what is new made of the half-done answer %q", got)
	}
	t.Picture("date-keyboard")
	t.Do(chromedp.KeyEvent(kb.Enter))
	t.UntilText("✓ 2026-05-05")
	t.wantAnswer(bot, "2026-05-05")
}

func dateIsTyped(t tab) {
	bot := datedBot("en")
	s := serveConfig(t.T, bot.datedConfig())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(whenAsk)
	t.Do(chromedp.SendKeys(chromedp.CSS("#box textarea"), "2026年7月3日"), chromedp.Tap(chromedp.CSS("#box button")))
	t.UntilText("✓ 2026年7月3日")
	t.wantAnswer(bot, "2026年7月3日")
}

func dateWithoutScript(t tab) {
	bot := datedBot("en")
	s := serveConfig(t.T, bot.datedConfig())
	if _, err := chromedp.Call(t.Ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	t.phone()
	t.Do(chromedp.Navigate(strings.Replace(s.URL, "127.0.0.1", browsertest.PlainHost, 1) + chatPath))
	t.Do(chromedp.WaitVisible(chromedp.CSS("noscript p")), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("05052026"))
	t.Picture("noscript-date")
	t.Do(chromedp.Click(chromedp.CSS("#answer .go")), chromedp.WaitVisible(chromedp.CSS(".mine")))
	t.wantAnswer(bot, "2026-05-05")
}

// dateInEveryLanguage looks at what is said to a screen reader, at which side all begins,
// and that nothing is too wide on a small phone.
func dateInEveryLanguage(t tab) {
	for lang, w := range dated {
		bot := datedBot(lang)
		s := serveConfig(t.T, bot.datedConfig())
		t.Do(chromedp.EmulateViewport(320, 640, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
		t.Do(chromedp.Navigate(s.URL + chatPath))
		t.UntilText(w.ask)
		t.Picture("date-" + lang)
		t.NoSidewaysScroll(lang)
		if got := eval[string](t, `document.querySelector("#answer .go").textContent`); got != w.send {
			t.Errorf("%s: the button says %q, want %q", lang, got, w.send)
		}
		// Below each other, the date and its button begin at the side where the language does.
		edge := "left"
		if direction(lang) == "rtl" {
			edge = "right"
		}
		if !eval[bool](t, `new Set([...document.querySelectorAll("#now, .field [name=text], .field, #answer .go")].map(e => e.getBoundingClientRect().`+edge+`)).size === 1`) {
			t.Errorf("%s: the question, its date and its buttons do not begin at the %s", lang, edge)
		}
		tree, err := chromedp.Call(t.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, n := range tree.Nodes {
			if !n.Ignored && n.Role != nil && n.Name != nil && axText(n.Role) == "Date" {
				found = strings.HasPrefix(axText(n.Name), w.ask)
			}
		}
		if !found {
			t.Errorf("%s: a screen reader is told of no date with the name of its question", lang)
		}
	}
}

// TestAnEmptyDateIsRefusedByTheServer is for browsers that send it all the same.
func TestAnEmptyDateIsRefusedByTheServer(t *testing.T) {
	bot := datedBot("en")
	h := New(bot.datedConfig())
	page := ask(h, "POST", chatPath, form("nonce", "n", "text", "")).Body.String()
	if !strings.Contains(page, "Write something first.") || len(bot.handled()) != 0 {
		t.Errorf("an empty answer caused %d updates and\n%s", len(bot.handled()), page)
	}
}

func TestOnlyTheNewestQuestionHasADate(t *testing.T) {
	bot := datedBot("en")
	count := func(path string) int {
		return strings.Count(ask(New(bot.datedConfig()), "GET", path, "").Body.String(), `type="date"`)
	}
	if n := count(chatPath); n != 1 {
		t.Errorf("a question for a date has %d", n)
	}
	bot.put(customer, "q:next", chat.Message{Text: "Why?", Expects: chat.ExpectsLong, Lang: "en"})
	if n := count(chatPath); n != 0 {
		t.Errorf("a question that no longer waits has %d", n)
	}
}
