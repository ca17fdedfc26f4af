package webchat

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
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
		"a date is picked":                                            dateIsPicked,
		"a date by keyboard":                                          dateByKeyboard,
		"a date that is typed into the box":                           dateIsTyped,
		"a date without script":                                       dateWithoutScript,
		"a date in every language":                                    dateInEveryLanguage,
		"right to left":                                               rightToLeft,
		"hostile words are inert":                                     hostileWords,
		"no page scrolls sideways":                                    narrowPages,
		"motion and colours follow the person's settings":             personalSettings,
		"every page passes the accessibility checks":                  accessiblePages,
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

func newsAppear(t tab) {
	bot := newFakeBot()
	c := bot.config()
	c.Watch = nil // as if every commit were another process's
	s := serveConfig(t.T, c)
	bot.put(customer, "q:1", overall())
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	says := func(slot, words string) {
		bot.post(customer, slot, laid(words, chat.Layout{Part: chat.PartReply, Who: "Bob"}))
		t.UntilText(words)
	}
	says("r:1", "I am so sorry.")
	says("r:2", "May I call you?")
	says("r:1", "I am very sorry.")
	if got := eval[string](t, `[...document.querySelectorAll("li .bubble")].map(e => e.innerText.trim()).join()`); got != "I am very sorry.,May I call you?" {
		t.Errorf("messages are in the order %s, want an edit to keep its place", got)
	}
	if eval[bool](t, `performance.getEntriesByType("navigation").length !== 1 || !!document.querySelector("li.new") === false`) {
		t.Error("the page was loaded anew instead of being changed in place")
	}
}

func failedPost(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	bot.mu.Lock()
	bot.away = errors.New("no database")
	bot.mu.Unlock()
	t.Do(chromedp.SendKeys(chromedp.CSS("#box textarea"), "please keep this"), chromedp.Tap(chromedp.CSS("#box button")))
	t.UntilText("That was not saved yet.")
	t.Picture("away")
	if got := eval[string](t, `document.querySelector("#box textarea").value`); got != "please keep this" {
		t.Errorf("the box holds %q after the store was away", got)
	}
	offline := network.OverrideNetworkStateParams{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}
	if _, err := chromedp.Call(t.Ctx, network.OverrideNetworkState, offline); err != nil {
		t.Fatal(err)
	}
	s.CloseClientConnections()
	s.Listener.Close()
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.1"]`)))
	t.UntilText("Not sent. Check your connection")
	t.Picture("offline")
	if got := eval[string](t, `document.querySelector("#box textarea").value`); got != "please keep this" {
		t.Errorf("the box holds %q after the connection broke", got)
	}
	if eval[bool](t, `!!document.querySelector("[aria-busy], [aria-disabled], textarea[readonly]")`) {
		t.Error("something is still disabled after the failure")
	}
	t.Until(`document.querySelector("#offline").checkVisibility()`)
}

func botAnswers(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	for _, a := range []chat.Answer{{Text: "This question was answered already."}, {Text: "This survey has ended.", Alert: true}} {
		bot.mu.Lock()
		bot.answer = &a
		bot.mu.Unlock()
		t.Do(chromedp.Click(chromedp.CSS(`button[value="1ps1.0.1"]`)))
		t.UntilText(a.Text)
		role := "status"
		if a.Alert {
			role = "alert"
		}
		if got := eval[string](t, `document.querySelector("footer [role=`+role+`]").textContent`); got != a.Text {
			t.Errorf("role %s says %q, want %q", role, got, a.Text)
		}
	}
	if n := len(bot.handled()); n != 3 {
		t.Errorf("the bot got %d updates, want 3: a second tap on the same button of a page is a new tap once the first was answered", n)
	}
}

func whileSending(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	gate := make(chan struct{})
	bot.mu.Lock()
	bot.gate = gate
	bot.mu.Unlock()
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.1"]`)))
	t.UntilText("Sending…")
	t.Picture("sending")
	if !eval[bool](t, `document.querySelector('button[value="1ps1.0.1"]').ariaDisabled === "true"`) {
		t.Error("the button that was tapped is not disabled")
	}
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.4"]`))) // ignored
	close(gate)
	t.UntilText(reasonAsk)
	if got := len(bot.handled()); got != 2 {
		t.Errorf("the bot got %d updates, want 2: a second tap while one is on its way is none", got)
	}
	if eval[bool](t, `document.body.innerText.includes("Sending…")`) {
		t.Error("the page still says that it is sending")
	}
}

func rightToLeft(t tab) {
	bot := newFakeBot()
	bot.lang, bot.title = "ar", "بعد زيارتك لصالون آنا"
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(`document.querySelectorAll(".scale button").length > 0`)
	bot.post(customer, "n:1", chat.Message{Lang: "ar", Text: "ما مدى رضاك عن Salon Anna بشكل عام؟", Rows: [][]chat.Button{{{Text: "١", Data: "a"}, {Text: "٢", Data: "b"}, {Text: "٣", Data: "c"}}}})
	bot.post(customer, "n:2", chat.Message{Lang: "en", Text: "This one is in English."})
	t.UntilText("This one is in English.")
	t.Picture("phone-rtl")
	left := func(selector string) float64 {
		return eval[float64](t, `document.querySelector(`+browsertest.Quote(selector)+`).getBoundingClientRect().left`)
	}
	if eval[string](t, `document.documentElement.dir + document.documentElement.lang`) != "rtlar" {
		t.Error("the page of an Arabic visitor is not right to left")
	}
	if left(`button[value="a"]`) < left(`button[value="c"]`) {
		t.Error("the first button of a row is not at the right")
	}
	if left("#box button") > left("#box textarea") {
		t.Error("the send button is not at the left of the box")
	}
	if got := eval[string](t, `[...document.querySelectorAll(".below .num")].map(e => getComputedStyle(e).direction).join()`); got != "rtl" {
		t.Errorf("the count of characters reads %s, and its sentence from the right", got)
	}
	if eval[string](t, `getComputedStyle(document.querySelector("ol > li:last-child")).direction`) != "ltr" {
		t.Error("an English message on an Arabic page is not left to right")
	}
}

func hostileWords(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	for i, words := range hostile {
		m := chat.Message{
			Text: words, Title: words, Footer: words, Hint: words, Expects: chat.ExpectsText,
			Facts: []chat.Fact{{Label: words, Value: words}}, Quotes: []chat.Quote{{Label: words, Text: words}},
			Rows: [][]chat.Button{{{Text: words, Label: words, Data: "x"}, {Text: words, URL: "javascript:document.title='hacked'"}}},
		}
		bot.items[customer] = append(bot.items[customer], Item{Slot: fmt.Sprint("n:", i), Ord: int64(i), Version: 1, Message: m})
	}
	bot.title = hostile[0]
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(fmt.Sprintf(`document.querySelectorAll("#log li, #now h2").length === %d`, len(hostile)))
	bot.post(customer, "n:last", chat.Message{Text: hostile[0], Rows: [][]chat.Button{{{Text: hostile[1], Data: "y"}}}}) // by the script, too
	t.Until(`!!document.querySelector('button[value="y"]')`)
	if got := eval[string](t, `document.querySelector("#log li:last-child .bubble").innerText`); got != hostile[0] {
		t.Errorf("the words were changed: %q", got)
	}
	if eval[bool](t, `document.title === "hacked" || !!window.hacked || !!document.querySelector("main img, main script, main iframe, main svg, main a[href^=javascript]")`) {
		t.Error("words became markup")
	}
	t.NoSidewaysScroll("hostile words")
}

// Here at the narrowest width; TestMatrix walks all widths, looks and languages.
func narrowPages(t tab) {
	bot := longConversation()
	s := bot.serve(t.T)
	t.Media("prefers-color-scheme", "dark")
	t.Do(chromedp.EmulateViewport(320, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	for name, path := range map[string]string{"chat": chatPath, "unknown": "/chat/nobody", "expired": "/chat/expired"} {
		t.Do(chromedp.Navigate(s.URL + path))
		t.Until(`document.readyState === "complete"`)
		t.NoSidewaysScroll(name)
	}
}

func personalSettings(t tab) {
	bot := longConversation()
	m := overall()
	m.Rows[0][1].Selected = true
	bot.put(customer, "q:5", m)
	s := bot.serve(t.T)
	t.Media("forced-colors", "active")
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Picture("forced-colors")
	background := func(selector string) string {
		return eval[string](t, `getComputedStyle(document.querySelector(`+browsertest.Quote(selector)+`)).backgroundColor`)
	}
	if background("button[aria-current=true]") == background(`button[value="1ps1.0.0"]`) {
		t.Error("with forced colours a chosen button looks like the others")
	}
	moves := func() bool {
		return eval[bool](t, `(() => {
			const e = document.body.appendChild(document.createElement("i"))
			e.className = "new"
			const moves = getComputedStyle(e).animationName !== "none" || getComputedStyle(document.documentElement).scrollBehavior === "smooth"
			e.remove()
			return moves
		})()`)
	}
	if moves() {
		t.Error("the page moves though the person wants no motion")
	}
	t.Media("prefers-reduced-motion", "no-preference")
	if !moves() {
		t.Error("the page does not move at all: the check above proves nothing")
	}
}

// longConversation has one of everything that a page can show.
func longConversation() *fakeBot {
	bot := newFakeBot()
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	put := func(slot string, m chat.Message, l chat.Layout) {
		l.Of = "s1"
		m.Layout, m.Lang = &l, "en"
		bot.put(customer, slot, m)
	}
	edit := [][]chat.Button{{{Text: "Edit", Label: "Edit: 2 – dissatisfied", Data: "c", Aside: chat.AsideChange}}}
	put("i", chat.Message{Text: "Hi Ann. Salon Anna would like to know how it went."}, chat.Layout{Part: chat.PartIntro, Hint: "3 questions, under a minute."})
	put("q:1", chat.Message{Text: overallAsk, Rows: edit}, chat.Layout{Part: chat.PartQuestion, Answer: "2 – dissatisfied"})
	put("q:2", chat.Message{Text: whyAsk, Rows: edit}, chat.Layout{Part: chat.PartQuestion, Answer: "I waited forty minutes, and nobody told me why.\n\nTwo people came after me.", FollowsUp: true})
	bot.put(customer, "q:old", chat.Message{Text: "Was it clean?\n\n✓ You answered: 2, dissatisfied", Rows: [][]chat.Button{{{Text: "Change", Data: "c"}}}, Lang: "en"})
	put("own", chat.Message{Text: "Who can I talk to about the waiting?", Mine: true}, chat.Layout{Part: chat.PartOwn, At: at, Told: true})
	put("e", chat.Message{Text: "Bob has taken this up and answers here."}, chat.Layout{Part: chat.PartEvent, At: at})
	put("r", chat.Message{Title: "Bob (Salon Anna)", Text: "Ann, I am sorry. May I call you?"}, chat.Layout{Part: chat.PartReply, At: at, Who: "Bob"})
	bot.put(customer, "n:1", chat.Message{Text: "Is it about this?", Replies: "q:1", Quotes: []chat.Quote{{Label: "You wrote", Text: "Nobody came."}}, Lang: "en"})
	bot.put(customer, "n:2", chat.Message{Text: strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", 4), Lang: "de"})
	bot.put(customer, "n:3", chat.Message{Text: "Our page tells more.", Lang: "en", Rows: [][]chat.Button{{{Text: "Open", URL: "https://example.com/help", Label: "Open our help page"}, {Text: "Delete my answers", Data: "d", Style: "danger"}}}})
	bot.put(customer, "q:4", sevenPoints())
	return bot
}

// sevenPoints is a question with seven points, which are a list on a phone.
func sevenPoints() chat.Message {
	m := laid("How good was it?", chat.Layout{Part: chat.PartQuestion, Step: 4, Steps: 5})
	var row []chat.Button
	for i, words := range []string{"Very dissatisfied", "Dissatisfied", "Somewhat dissatisfied", "Neither satisfied nor dissatisfied", "Somewhat satisfied", "Satisfied", "Very satisfied"} {
		row = append(row, chat.Button{Text: fmt.Sprint(i + 1), Words: words, Data: fmt.Sprint("7p", i), Label: fmt.Sprintf("%d %s, %d of 7", i+1, words, i+1)})
	}
	m.Lang, m.Rows = "en", [][]chat.Button{row, {{Text: "Skip", Data: "s", Aside: chat.AsideSkip}, {Text: "Back", Data: "b", Aside: chat.AsideBack}}}
	return m
}

// elevenPoints is a question with eleven points, which are two rows on a phone.
func elevenPoints() chat.Message {
	m := laid("How likely are you to recommend us to a friend or colleague?", chat.Layout{Part: chat.PartQuestion, Step: 1, Steps: 2, Low: "0 = very unlikely", High: "10 = very likely"})
	var row []chat.Button
	for i := range 11 {
		row = append(row, chat.Button{Text: fmt.Sprint(i), Data: fmt.Sprint("np", i), Label: fmt.Sprintf("%d of 10", i)})
	}
	m.Lang, m.Rows = "en", [][]chat.Button{row}
	return m
}

// Ratings never differ in width, and their words are on their buttons at 320 px.
func equalSteps(t tab) {
	for _, width := range []int64{320, 390, 575, 576, 768, 1280} {
		for name, m := range map[string]chat.Message{"five": overall(), "seven": sevenPoints(), "eleven": elevenPoints()} {
			bot := newFakeBot()
			bot.put(customer, "q", m)
			s := serveConfig(t.T, bot.config())
			t.Do(chromedp.EmulateViewport(width, 640), chromedp.Navigate(s.URL+chatPath))
			t.Until(`document.readyState === "complete"`)
			got := eval[[]float64](t, `(all => [
				Math.max(...all.map(b => b.width)) - Math.min(...all.map(b => b.width)), new Set(all.map(b => Math.round(b.top))).size,
				[...document.querySelectorAll(".scale *")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length,
			])([...document.querySelectorAll(".scale .opt")].map(b => b.getBoundingClientRect()))`)
			rows := map[string]float64{"five": 1, "seven": 7, "eleven": 2}[name]
			if width >= 576 {
				rows = 1
			}
			if got[0] > .6 || got[1] != rows || got[2] != 0 {
				t.Errorf("%s points at %d px: widths differ by %v px, %v rows (want %v), %v clipped", name, width, got[0], got[1], rows, got[2])
			}
			t.NoSidewaysScroll(name)
			t.Picture(fmt.Sprintf("%s-%d", name, width))
		}
	}
}

// C3: what is too long never leaves its field.
func tooLongWords(t tab) {
	bot := newFakeBot()
	bot.put(customer, "q:s1:2", why())
	s := serveConfig(t.T, bot.config())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(whyAsk)
	eval[any](t, `document.querySelector("#f").value = "x".repeat(4312)`)
	t.Do(chromedp.KeyEvent(""), chromedp.SendKeys(chromedp.CSS("#f"), "!"))
	t.UntilText("4,313 of 4,000")
	t.Do(chromedp.Click(chromedp.CSS("#answer .go")))
	t.UntilText("over the limit: 313")
	t.Picture("too-long")
	if n := len(bot.handled()); n != 0 {
		t.Errorf("%d updates", n)
	}
	if n := eval[int](t, `document.querySelector("#f").value.length`); n != 4313 {
		t.Errorf("the field holds %d characters", n)
	}
	if !eval[bool](t, `document.querySelector("#f").ariaInvalid === "true"`) {
		t.Error("the field does not say that it is wrong")
	}
	eval[any](t, `document.querySelector("#f").value = "short"`)
	t.Do(chromedp.SendKeys(chromedp.CSS("#f"), "!"))
	t.Until(`document.querySelector("#f").ariaInvalid === null`)
	t.Do(chromedp.Click(chromedp.CSS("#answer .go")))
	t.UntilText("Thank you for telling us.")
}

// Whoever chooses more than may be chosen reads it below the choices, and hears it at once; every choice is
// a checkbox, chosen or not, and nothing is sent or lost.
func tooManyChoices(t tab) {
	bot := newFakeBot()
	bot.put(customer, "q:s1:1", bot.reasons())
	s := serveConfig(t.T, bot.config())
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(reasonAsk)
	eval[any](t, `document.querySelectorAll(".picks input").forEach(e => e.click())`)
	t.Do(chromedp.Tap(chromedp.CSS("#answer .go")))
	t.Until(`[...document.querySelectorAll("[role=alert]")].some(e => e.textContent.includes("Choose at most 3") && e.checkVisibility())`)
	t.Picture("too-many")
	below := `(e => e.getBoundingClientRect().top >= document.querySelector(".picks").getBoundingClientRect().bottom)(document.querySelector("#e"))`
	if !eval[bool](t, below) {
		t.Error("it is not said below the choices")
	}
	if n := eval[int](t, `document.querySelectorAll(".picks input[type=checkbox]:checked").length`); n != 4 || len(bot.handled()) != 0 {
		t.Errorf("%d are chosen still, and %d updates were sent", n, len(bot.handled()))
	}
}

// An answer that is changed shows what stands, and can be left as it is.
func changedAnswer(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.UntilText(overallAsk)
	t.Do(chromedp.Tap(chromedp.CSS(`button[value="1ps1.0.3"]`)))
	t.UntilText(reasonAsk)
	t.Do(chromedp.Tap(chromedp.CSS(`.edit`)))
	t.UntilText("Keep 4 – satisfied")
	t.Picture("phone-edit")
	if got := eval[string](t, `document.querySelector(".scale .was").value`); got != "1ps1.0.3" {
		t.Errorf("%s is marked as the answer that stands", got)
	}
	t.Do(chromedp.Tap(chromedp.CSS(`button[form=keep]`)))
	t.UntilText(reasonAsk)
	updates := bot.handled()
	if got := updates[len(updates)-1].Data; got != "1ps1.0.3" {
		t.Errorf("keeping sent %s", got)
	}
}

func accessiblePages(t tab) {
	bot := longConversation()
	s := bot.serve(t.T)
	fresh := newFakeBot().serve(t.T)
	script, err := os.ReadFile("testdata/audit.js")
	if err != nil {
		t.Fatal(err)
	}
	audit := string(script)
	for _, scheme := range []string{"light", "dark"} {
		t.Media("prefers-color-scheme", scheme)
		for _, link := range []string{s.URL + chatPath, fresh.URL + chatPath, s.URL + "/chat/used"} {
			t.Do(chromedp.Navigate(link))
			t.Until(`document.readyState === "complete"`)
			for _, problem := range eval[[]string](t, audit) {
				t.Errorf("%s %s: %s", scheme, strings.TrimPrefix(strings.TrimPrefix(link, s.URL), fresh.URL), problem)
			}
		}
	}
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(`document.querySelectorAll("li").length > 5`)
	tree, err := chromedp.Call(t.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil || n.Name == nil {
			continue
		}
		names[axText(n.Role)+" "+axText(n.Name)] = true
	}
	for _, want := range []string{"log Conversation", "button 3 Somewhat dissatisfied, 3 of 7", "button Edit: 2 – dissatisfied", "button Skip", "link Open our help page", "textbox Write to Bob", "button Send", "heading After your visit to Salon Anna"} {
		if !names[want] {
			t.Errorf("the accessibility tree has no %q", want)
		}
	}
}

// axText is a value of the accessibility tree, if it is text.
func axText(v *accessibility.Value) string {
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}
