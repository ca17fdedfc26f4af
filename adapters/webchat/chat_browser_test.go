package webchat

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// The tests share one browser, because it takes long to start; each has its own tab
// with its own cookies, and its own bot behind the page.
func TestInBrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for name, test := range map[string]func(tab){
		"a conversation by tap ends in a card":                        conversationByTap,
		"a conversation by keyboard keeps the focus where it belongs": conversationByKeyboard,
		"without script the page works by posting and reloading":      conversationWithoutScript,
		"what is new appears by itself, also from other processes":    newsAppear,
		"a failed post says so and keeps the words":                   failedPost,
		"an answer of the bot is said at once":                        botAnswers,
		"what is on its way is disabled and says so":                  whileSending,
		"the steps of a rating are equal":                             equalSteps,
		"words that are too long stay":                                tooLongWords,
		"an answer that is changed can be kept":                       changedAnswer,
		"more choices than may be chosen are said at once":            tooManyChoices,
		"what was ticked survives words that are sent beside it":      ticksSurvive,

		"a date is picked":                                dateIsPicked,
		"a date by keyboard":                              dateByKeyboard,
		"a date that is typed into the box":               dateIsTyped,
		"a date without script":                           dateWithoutScript,
		"a date in every language":                        dateInEveryLanguage,
		"right to left":                                   rightToLeft,
		"hostile words are inert":                         hostileWords,
		"no page scrolls sideways":                        narrowPages,
		"motion and colours follow the person's settings": personalSettings,
		"every page passes the accessibility checks":      accessiblePages,
	} {
		t.Run(name, func(t *testing.T) { test(openTab(t, browser)) })
	}
}

const chatPath = "/chat/" + goodToken

func (t tab) phone() {
	t.Helper()
	t.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
}

// focused says where the focus is: a button's value, else an element's id or tag.
func (t tab) focused() string {
	t.Helper()
	return eval[string](t, `(e => e.value && (e.tagName === "BUTTON" || e.type === "checkbox") ? e.value : e.id || e.tagName)(document.activeElement)`)
}

func (t tab) wantFocus(want string) {
	t.Helper()
	if got := t.focused(); got != want {
		t.Errorf("focus is on %q, want %q", got, want)
	}
}

func conversationByTap(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	t.Picture("phone-1-question")
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.1"]`)))
	t.UntilText(reasonAsk)
	t.Do(chromedp.Tap(chromedp.CSS(`input[value="1ts1.1.1"]`)))
	t.Until(`document.querySelector('input[value="1ts1.1.1"]').checked`)
	t.Picture("phone-2-choice")
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ds1.1"]`)))
	t.UntilText(whyAsk)
	if eval[bool](t, `document.querySelector("#box").checkVisibility()`) {
		t.Error("there is a box beside the field of the question")
	}
	t.Do(chromedp.SendKeys(chromedp.CSS("#f"), "I waited forty minutes, and nobody said why. 😞"), chromedp.Tap(chromedp.CSS("#answer .go")))
	t.UntilText("Thank you for telling us.")
	t.Picture("phone-3-thanks")
	if got := eval[string](t, `document.querySelector("#step").textContent + document.querySelectorAll(".answers li").length`); got != "Finished3" {
		t.Errorf("the end says %q", got)
	}
	t.Do(chromedp.SendKeys(chromedp.CSS("#box textarea"), "One more thing."), chromedp.Tap(chromedp.CSS("#box button")))
	t.UntilText("One more thing.")
	if got := eval[string](t, `document.querySelector("#box textarea").value`); got != "" {
		t.Errorf("the box still holds %q after it was sent", got)
	}
	inSight := `document.querySelector("li:last-child").getBoundingClientRect().bottom <= document.querySelector("footer").getBoundingClientRect().top`
	if !eval[bool](t, inSight) {
		t.Error("the newest message is hidden below the box")
	}
	t.Do(chromedp.EmulateViewport(390, 450, chromedp.EmulateMobile, chromedp.EmulateTouch)) // the keyboard comes up
	t.Until(inSight)
	var kinds []string
	for _, u := range bot.handled() {
		kinds = append(kinds, string(u.Kind)+" "+u.Command+u.Data)
	}
	want := []string{"command start", "tap 1ps1.0.1", "tap 1ts1.1.1", "tap 1ds1.1", "text ", "text "}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}

func conversationByKeyboard(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.Do(chromedp.EmulateViewport(900, 700), chromedp.Navigate(s.URL+chatPath))
	t.UntilText(overallAsk)
	press := func(keys ...string) {
		for _, k := range keys {
			t.Do(chromedp.KeyEvent(k))
		}
	}
	press(kb.Tab)
	t.wantFocus("A") // straight to the question
	press(kb.Tab)
	t.wantFocus("SUMMARY")
	press(kb.Enter)
	t.Until(`document.querySelector("details.menu").open`)
	press(kb.Escape)
	t.Until(`!document.querySelector("details.menu").open`)
	t.wantFocus("SUMMARY")
	press(kb.Tab, kb.Tab, kb.Tab) // how answers are used, 1, then 2
	t.wantFocus("1ps1.0.1")
	if eval[string](t, `getComputedStyle(document.activeElement).outlineStyle`) != "solid" {
		t.Error("the focus cannot be seen")
	}
	t.Picture("keyboard-focus")
	press(kb.Enter)
	t.UntilText(reasonAsk)
	t.wantFocus("q") // the next question, which a screen reader then reads
	press(kb.Tab)
	t.wantFocus("1ts1.1.0")
	press(" ")
	t.Until(`document.querySelector('input[value="1ts1.1.0"]').checked`)
	t.wantFocus("1ts1.1.0")
	press(kb.Tab, kb.Tab, kb.Tab, kb.Tab)
	t.wantFocus("1ds1.1")
	press(kb.Enter)
	t.UntilText(whyAsk)
	press(kb.Tab)
	t.wantFocus("f")
	t.Do(chromedp.KeyEvent("Too slow."))
	press(kb.Enter)
	t.Do(chromedp.KeyEvent("And rude."))
	press(kb.Tab)
	press(kb.Enter)
	t.UntilText("Thank you for telling us.")
	t.wantFocus("q")
	updates := bot.handled()
	if got := updates[len(updates)-1].Text; got != "Too slow.\nAnd rude." {
		t.Errorf("the bot got %q", got)
	}
}

func conversationWithoutScript(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	if _, err := chromedp.Call(t.Ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	t.phone()
	t.Do(chromedp.Navigate(strings.Replace(s.URL, "127.0.0.1", browsertest.PlainHost, 1) + chatPath))
	t.Picture("noscript-start")
	if n := len(bot.handled()); n != 0 {
		t.Fatalf("opening the page caused %d updates, want none", n)
	}
	t.Do(chromedp.WaitVisible(chromedp.CSS("noscript p")))
	t.Do(chromedp.Click(chromedp.CSS(`button[value="1ps1.0.0"]`)), chromedp.WaitVisible(chromedp.CSS(`button[value="1ds1.1"]`)))
	t.Do(chromedp.Click(chromedp.CSS(`input[value="1ts1.1.1"]`)), chromedp.Click(chromedp.CSS(`button[value="1ds1.1"]`)), chromedp.WaitVisible(chromedp.CSS(`button[value="1ss1.2"]`)))
	bot.mu.Lock()
	bot.answer = &chat.Answer{Text: "Kept for the team.", Alert: true}
	bot.mu.Unlock()
	t.Do(chromedp.SendKeys(chromedp.CSS("#f"), "no script here"), chromedp.Click(chromedp.CSS("#answer .go")))
	t.Do(chromedp.WaitVisible(chromedp.CSS("[role=alert]:not(:empty)")))
	text, err := chromedp.Run(t.Ctx, chromedp.Text(chromedp.CSS("[role=alert]")))
	if err != nil || text != "Kept for the team." {
		t.Errorf("alert is %q, %v", text, err)
	}
	if got := len(bot.handled()); got != 5 {
		t.Errorf("the bot got %d updates, want 5", got)
	}
	t.Do(chromedp.Reload(), chromedp.WaitReady(chromedp.CSS("#alert:empty"))) // said once
}
