package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

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
	m := newMachine(t, nil)
	p := m.serve()
	link := awaitWords(t, p.log, setupLink)
	base := plainBase(t, m.address)
	e := &evening{panes: openPanes(t, m.address, base)}
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
	e.Until(`document.getElementById("staffside").innerText.includes("Your first answer is stored") && !!document.querySelector("#staffside .staffcard")`)
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
