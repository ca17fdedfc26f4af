package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
)

var updatePictures = flag.Bool("update", false, "take the pictures of the README anew")

// The demo in a real browser: a low answer is a case on the pages of staff beside it, where one
// takes it, becomes somebody else, and invites another customer. What staff do with a case is
// told by the tests of package admin. No customer has said anything in the demo before, but for those of its past.
func demoEndsInACase(t *testing.T, address string) {
	d := openPanes(t, address, "http://"+address+"/")

	d.says(theStaff, "Nobody has it 1") // of the months before
	d.says(theChat, "how satisfied or dissatisfied were you with your cut and colour?")
	d.click(theChat, rating(2))
	d.says(theStaff, "1 new · show") // at once, before the other answers
	d.click(theStaff, "#fresh button")
	d.says(theStaff, "Anna")
	d.Accessible("the demo")
	if *updatePictures {
		d.talk()
		return
	}
	d.click(theStaff, d.caseOf("Anna")+" button")
	d.says(theStaff, "Robin Park")
	d.press(`button[name=login]:nth-of-type(2)`) // Mei, who may see it and not act on it
	d.says(theStaff, "Held by others")
	d.Do(chromedp.SetValue(chromedp.CSS("select[name=site]"), "quickfix"), chromedp.SetValue(chromedp.CSS("select[name=flow]"), "one_tap_csat"),
		chromedp.SetValue(chromedp.CSS("select[name=language]"), "zh-Hans"))
	d.press(`.demobar button`)
	d.says(theChat, "您对这次屏幕维修是否满意？")
	if lang := browsertest.Eval[string](d.Tab, d.in(theChat, `.documentElement.lang`)); lang != "zh-Hans" {
		t.Errorf("the page of a Chinese customer is in %q", lang)
	}
	d.phone()
	d.NoSidewaysScroll("the demo")
	d.picture("demo-phone", "light")
}

// The two panes of the demo, by position; the first evening has the first alone.
const (
	theChat  = 0
	theStaff = 1
)

// rating is a button of the open rating of five steps.
func rating(n int) string { return fmt.Sprintf("#now .scale button:nth-of-type(%d)", n) }

// panes is a page that shows others in frames, in a tab of a headless Chromium.
type panes struct{ browsertest.Tab }

// openPanes opens a page of the server at an address.
func openPanes(t *testing.T, address, at string) panes {
	t.Helper()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	d := panes{browsertest.Open(t, browsertest.Start(t, host))}
	d.Media("prefers-color-scheme", "light")
	d.Do(chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(at))
	return d
}

// plainBase is a server's address by a name that browsers trust less than localhost, as they
// do when a phone opens the pages of a computer beside it.
func plainBase(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + net.JoinHostPort(browsertest.PlainName, port)
}

// in is an expression about the document of one pane.
func (d panes) in(pane int, expression string) string {
	return fmt.Sprintf("document.querySelectorAll('iframe')[%d]?.contentDocument?%s", pane, expression)
}

// says waits for words in a pane.
func (d panes) says(pane int, words string) {
	d.Helper()
	d.Until(d.in(pane, `.body?.innerText.includes(`+browsertest.Quote(words)+`)`))
}

// caseOf selects the row of a customer in the list of cases.
func (d panes) caseOf(customer string) string {
	d.Helper()
	rows := d.in(theStaff, `.querySelectorAll("li.case")`)
	d.Until(`[...` + rows + `].some(e => e.innerText.includes(` + browsertest.Quote(customer) + `))`)
	return fmt.Sprintf("li.case:nth-of-type(%d)", 1+browsertest.Eval[int](d.Tab, `[...`+rows+`].findIndex(e => e.innerText.includes(`+browsertest.Quote(customer)+`))`))
}

// click presses the mouse on an element of a pane, once it is there.
func (d panes) click(pane int, selector string) {
	d.Helper()
	quoted := browsertest.Quote(selector)
	d.Until(d.in(pane, `.querySelector(`+quoted+`) != null`))
	at := browsertest.Eval[[]float64](d.Tab, fmt.Sprintf(`(() => {
		const frame = document.querySelectorAll("iframe")[%d]
		const e = frame.contentDocument.querySelector(%s)
		e.scrollIntoView({block: "center"})
		frame.scrollIntoView({block: "nearest"})
		const a = frame.getBoundingClientRect(), b = e.getBoundingClientRect()
		return [a.x + frame.clientLeft + b.x + b.width / 2, a.y + frame.clientTop + b.y + b.height / 2]
	})()`, pane, quoted))
	d.Do(chromedp.MouseClickXY(at[0], at[1]))
}

// press clicks on the page itself and waits for the page that comes of it.
func (d panes) press(selector string) {
	d.Helper()
	browsertest.Eval[bool](d.Tab, `window.before = true`)
	d.Do(chromedp.Click(chromedp.CSS(selector)))
	d.Until(`!window.before && document.readyState === "complete"`)
}

// talk goes on until the picture of the README is worth taking.
func (d panes) talk() {
	d.Helper()
	write := func(selector, words, send string) {
		d.click(theChat, selector)
		d.Do(chromedp.KeyEvent(words))
		d.click(theChat, send)
	}
	answered := func(words string) {
		d.Until(`[...` + d.in(theChat, `.querySelectorAll(".own .mine") || []`) + `].some(e => e.innerText === ` + browsertest.Quote(words) + `)`)
	}
	answered("2 – Dissatisfied")
	d.click(theChat, rating(1))
	answered("1 – Very dissatisfied")
	d.click(theChat, rating(4))
	d.says(theChat, "What went wrong")
	write("#f", "I waited forty minutes, and nobody told me why. 😞", "#answer .go")
	d.click(theChat, "#now .list button")
	d.says(theChat, "will contact you within")
	d.click(theStaff, d.caseOf("Anna")+" .cover")
	d.click(theStaff, `.actbar [href="#reply"]`) // the pane is as narrow as a tablet
	d.click(theStaff, ".composer-reply textarea")
	d.Do(chromedp.KeyEvent("Anna, I am so sorry. Your next colour is on us."))
	d.click(theStaff, ".composer-reply button.primary")
	d.says(theChat, "Your next colour is on us.")
	write("#box textarea", "Thank you, Robin. That is kind.", "#box button")
	d.says(theStaff, "That is kind.")
	d.picture("demo", "light")
	d.picture("demo-dark", "dark")
	d.phone()
	d.picture("demo-phone", "light")
}

func (d panes) phone() {
	d.Helper()
	d.Do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
}

// picture compares nothing: pictures differ with every font. With -update it takes the
// one that the README shows; without, it sees that there is one.
func (d panes) picture(name, scheme string) {
	d.Helper()
	file := filepath.Join("..", "..", "docs", "images", name+".png")
	if !*updatePictures {
		if _, err := os.Stat(file); err != nil {
			d.Errorf("the README's picture is missing (-update takes it): %v", err)
		}
		return
	}
	d.Do(chromedp.Evaluate[chromedp.Void](`for (const p of [document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)]) p.activeElement?.blur()`))
	d.Media("prefers-color-scheme", scheme)
	png, err := chromedp.Run(d.Ctx, chromedp.CaptureScreenshot())
	if err != nil {
		d.Fatal(err)
	}
	d.Media("prefers-color-scheme", "light")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		d.Fatal(err)
	}
}
