package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// evening is the first evening in a browser, with what it costs its person.
type evening struct {
	panes
	clicks, typed int
}

func (e *evening) press(selector string) {
	e.Helper()
	e.clicks++
	e.Do(chromedp.Click(chromedp.CSS(selector)))
}

func (e *evening) write(selector, words string) {
	e.Helper()
	e.typed++
	e.Do(chromedp.SendKeys(chromedp.CSS(selector), words))
}

// on waits for a page. A look in the middle of a change of pages sees nothing, and is repeated.
func (e *evening) on(path string) {
	e.Helper()
	condition := fmt.Sprintf(`location.pathname === %q && document.readyState === "complete"`, path)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		there, err := chromedp.Run(e.Ctx, chromedp.Evaluate[bool](condition))
		if err == nil && there {
			return
		}
		if time.Now().After(deadline) {
			e.Fatalf("the page %s does not come: %v, %s", path, err, browsertest.Eval[string](e.Tab, `location.href + "\n" + document.body?.innerText`))
		}
	}
}

// The first evening, from the link that the server prints to the first stored answer: five
// clicks, and two names are typed.
func TestTheFirstEveningIsFiveClicksAndTwoNames(t *testing.T) {
	firstEvening(t, browsertest.Looks()[0])
}

// firstEvening plays it in a look.
func firstEvening(t *testing.T, l browsertest.Look) {
	m := newMachine(t, nil)
	p := m.serve()
	link := awaitWords(t, p.log, setupLink)
	base := plainBase(t, m.address)
	e := &evening{panes: openPanes(t, m.address, base)}
	e.Wear(l, 1280)
	e.on("/login")
	e.Do(chromedp.Navigate(base + "/setup/" + link[2]))
	e.on("/setup/" + link[2])
	e.write("#shown", "Robin Park")
	e.press("form .button.primary")
	e.on("/setup/place")
	e.write("#name", "Bella Hair & Beauty")
	e.press("form .button.primary")
	e.on("/setup/chats")
	e.press("a.button.primary")
	e.on("/setup/survey")
	e.press("button[value=post_service_3]")
	e.on("/setup/try")
	e.clicks++
	e.click(theChat, rating(2))
	e.Until(`document.getElementById("staffside").innerText.includes("Your first answer is stored") && !!document.querySelector("#staffside .staffcard") && !!document.querySelector("#staffside .marks li")`)
	if e.clicks != 5 || e.typed != 2 {
		t.Errorf("the first stored answer takes %d clicks and %d names, want 5 and 2", e.clicks, e.typed)
	}
	t.Logf("the first stored answer takes %d clicks; %d names are typed", e.clicks, e.typed)
	name := browsertest.Eval[string](e.Tab, `document.querySelector("#staffside .staffcard b").innerText`)
	e.press("#staffside .button.primary")
	e.on("/cases/" + name)
	e.Until(`document.body.innerText.includes("Robin Park")`)
	e.phone()
	for _, path := range []string{"/setup/place", "/setup/chats", "/setup/survey", "/me", "/prove"} {
		e.Do(chromedp.Navigate(base + path))
		e.on(path)
		e.NoSidewaysScroll(path)
	}
}

// paste is what somebody types or pastes who has it from elsewhere: it is no word that they make up.
func (e *evening) paste(selector, words string) {
	e.Helper()
	e.Do(chromedp.SendKeys(chromedp.CSS(selector), words))
}

// The first evening with a bot of one's own: the link that the server prints, a token pasted, a group
// linked, a code to print, and a customer's real answer that hangs as a card in the group.
func TestTheFirstEveningWithTelegramEndsInARealAnswer(t *testing.T) {
	telegramEvening(t, browsertest.Looks()[0])
}

// telegramEvening plays it in a look.
func telegramEvening(t *testing.T, l browsertest.Look) {
	tg := telegramtest.New(t)
	m := newMachine(t, map[string]string{"TELEGRAM_API": tg.URL})
	p := m.serve()
	link := awaitWords(t, p.log, setupLink)
	base := plainBase(t, m.address)
	e := &evening{panes: openPanes(t, m.address, base)}
	e.Wear(l, 1280)
	e.on("/login")
	e.Do(chromedp.Navigate(base + "/setup/" + link[2]))
	e.on("/setup/" + link[2])
	e.write("#shown", "Robin Park")
	e.press("form .button.primary")
	e.on("/setup/place")
	e.write("#name", "Bella")
	e.press("form .button.primary")
	e.on("/setup/chats")
	e.press(`a[href$="/settings/telegram?from=setup"]`)
	e.on("/settings/telegram")
	e.paste("#token", tg.Token)
	e.press("form[data-paste] .button.primary")
	e.UntilText("served")
	e.press(`form[action$="/settings/telegram/group"] .button`)
	e.UntilText("/here ")
	code := browsertest.Eval[string](e.Tab, `[...document.querySelectorAll("code")].map(c => c.innerText).find(c => c.startsWith("/here "))`)
	ada, group := tg.NewUser("Ada", "en"), tg.NewGroup("Front desk")
	group.Add(ada)
	ada.Write(group, telegramtest.Written{Text: code})
	e.UntilText("is linked")
	e.press(`a[href$="/setup/survey"]`)
	e.on("/setup/survey")
	e.press("button[value=post_service_3]")
	e.on("/setup/try")
	e.Do(chromedp.Navigate(base + "/asking/links/new"))
	e.clicks += 2 // Asking, New link
	e.on("/asking/links/new")
	e.write("#name", "Counter")
	e.press("form .button.primary")
	e.Until(`!!document.getElementById("telegram")`)
	at := browsertest.Eval[string](e.Tab, `document.getElementById("telegram").value`)
	_, payload, _ := strings.Cut(at, "?start=")

	anna := tg.NewUser("Anna", "en")
	anna.Start(payload)
	anna.Tap(anna.Chat().WaitButton("2"), "2")
	group.WaitText("Anna")
	e.Do(chromedp.Navigate(base + "/cases"))
	e.clicks++
	e.on("/cases")
	e.UntilText("Anna")
	if e.clicks > 12 || e.typed != 3 {
		t.Errorf("it takes %d clicks and %d names, at most 12 and 3 are promised", e.clicks, e.typed)
	}
	t.Logf("from nothing to a customer's answer in Telegram and its card in the group: %d clicks; %d names are typed, one token is pasted", e.clicks, e.typed)
}
