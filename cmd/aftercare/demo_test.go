package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var updatePictures = flag.Bool("update", false, "take the pictures of the README anew")

// The demo from its front page to a case that was talked over and closed, in a real
// browser: a low answer, the card in the staff room, Take, Reply, the customer's answer,
// Resolve.
func TestTheDemoEndsInACard(t *testing.T) {
	m := newMachine(t, nil)
	m.start("demo", "--listen", m.address).awaitReady()
	d, base := openDemo(t, m.address)

	d.untilText(theRoom, "Nobody needs you right now.")
	d.untilText(theChat, "how satisfied or dissatisfied were you with cut and colour?")
	d.click(theChat, rating(2))
	d.untilText(theRoom, "2 of 5") // at once, before the other answers
	d.untilText(theRoom, "Anna")
	d.answered("2 – Dissatisfied")
	d.click(theChat, rating(1))
	d.answered("1 – Very dissatisfied")
	d.click(theChat, rating(4))
	d.untilText(theChat, "What went wrong")
	d.write("I waited forty minutes, and nobody told me why. 😞")
	d.untilText(theRoom, "I waited forty minutes, and nobody told me why. 😞")
	d.untilText(theChat, "May someone from our team contact you")
	d.click(theChat, "#now .list button")
	d.untilText(theChat, "will contact you within")
	if n := eval[int](d, d.in(theRoom, `.querySelectorAll("li.card").length`)); n != 1 {
		t.Errorf("the staff room has %d cards, want one that grew", n)
	}
	d.untilText(theRoom, "Yes, in this chat")
	d.press("Take")
	d.untilText(theRoom, "Taken by")
	d.answer("Reply", "Anna, I am so sorry. Your next colour is on us.")
	d.untilText(theChat, "Robin (Bella Hair & Beauty) is here now")
	d.untilText(theChat, "Your next colour is on us.")
	d.untilText(theRoom, "✓ Delivered")
	d.write("Thank you, Robin. That is kind.")
	d.untilText(theRoom, "Thank you, Robin. That is kind.")
	d.untilText(theRoom, "The customer wrote and waits for an answer.")
	d.untilText(theChat, "Thank you, Robin. That is kind.") // their own words stay in sight
	d.picture("demo", "light", 1280, 1100)
	d.picture("demo-dark", "dark", 1280, 1100)
	d.wantAccessible()
	d.press("Resolve")
	d.press("Too slow")
	for _, what := range []string{"Apology", "Gift"} {
		d.press("☐ " + what)
		d.untilText(theRoom, "☑ "+what)
	}
	d.press("Done")
	d.untilText(theRoom, "Closed by")
	d.untilText(theChat, "We consider this settled.")
	d.until(d.in(theRoom, `.querySelector("li.card.resolved") !== null`))
	if u := eval[string](d, d.in(theRoom, `.querySelector("li.card").innerText.match(/\{\w+\}/)?.[0] || ""`)); u != "" {
		t.Errorf("the card has an unfilled %s", u)
	}

	d.newCustomer("quickfix", "one_tap_csat", "zh-Hans")
	d.untilText(theChat, "您对这次屏幕维修是否满意？")
	d.untilText(theRoom, "I waited forty minutes") // the card is still there
	if lang := eval[string](d, d.in(theChat, `.documentElement.lang`)); lang != "zh-Hans" {
		t.Errorf("the page of a Chinese customer is in %q", lang)
	}
	d.newCustomer("bella-salon", "one_tap_csat", "en")
	d.untilText(theChat, "How satisfied or dissatisfied were you with cut and colour?")
	d.click(theChat, rating(2))
	d.until(d.in(theRoom, `.querySelectorAll("li.card.open").length === 1`))

	d.phone()
	d.wantNoSidewaysScroll("the demo")
	d.do(chromedp.Navigate(base + eval[string](d, d.in(theChat, `.location.pathname`))))
	d.until(`document.body.innerText.includes("Too slow")`)
	d.do(chromedp.Tap(chromedp.CSS(`.picks label:nth-child(2)`)))
	d.until(`document.querySelector(".picks label:has(:checked)")?.innerText.includes("Too slow")`)
	d.wantNoSidewaysScroll("the chat")
	d.picture("demo-phone", "light", 390, 844)
}

// The two panes of the front page, by position.
const (
	theChat = 0
	theRoom = 1
)

// plainHost is a name for this machine that browsers trust less than localhost, as they
// do when a phone opens the demo of a computer beside it.
const plainHost = "aftercare-demo"

// rating is a button of the open rating of five steps.
func rating(n int) string { return fmt.Sprintf("#now .scale button:nth-of-type(%d)", n) }

// answered waits for an answer on the customer's side.
func (d demoPage) answered(words string) {
	d.Helper()
	quoted, err := json.Marshal(words)
	if err != nil {
		d.Fatal(err)
	}
	d.until(`[...` + d.in(theChat, `.querySelectorAll(".own .mine")`) + `].some(e => e.innerText === ` + string(quoted) + `)`)
}

// demoPage is the demo in a tab of a headless Chromium.
type demoPage struct {
	*testing.T
	ctx context.Context
}

// openDemo opens the demo that a server at address shows, under another name of the
// address.
func openDemo(t *testing.T, address string) (demoPage, string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + net.JoinHostPort(plainHost, port)
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("no Chromium on the PATH: run `make deps`")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("host-resolver-rules", "MAP "+plainHost+" "+host))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	ctx, cancel = context.WithTimeout(ctx, 3*patience)
	t.Cleanup(cancel)
	d := demoPage{t, ctx}
	d.scheme("light")
	d.do(chromedp.EmulateViewport(1280, 860), chromedp.Navigate(base+"/"))
	return d, base
}

func (d demoPage) do(steps ...chromedp.Action[chromedp.Void]) {
	d.Helper()
	if err := chromedp.Do(d.ctx, steps...); err != nil {
		d.Fatal(err)
	}
}

func eval[V any](d demoPage, expression string) V {
	d.Helper()
	v, err := chromedp.Run(d.ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		d.Fatalf("%s: %v", expression, err)
	}
	return v
}

// in is an expression about the document of one pane.
func (d demoPage) in(pane int, expression string) string {
	return fmt.Sprintf("document.querySelectorAll('iframe')[%d].contentDocument%s", pane, expression)
}

func (d demoPage) until(condition string) {
	d.Helper()
	wait := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience))
	_, err := chromedp.Run(d.ctx, wait)
	for range 20 {
		// A pane whose page gave way to another one in the middle of a look.
		if err == nil || !strings.Contains(err.Error(), "Cannot find context") {
			break
		}
		_, err = chromedp.Run(d.ctx, wait)
	}
	if err != nil {
		d.Fatalf("waiting for %s: %v\n%s", condition, err, eval[string](d, `[document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)].map(p => p.body.innerText).join("\n--\n")`))
	}
}

func (d demoPage) untilText(pane int, words string) {
	d.Helper()
	quoted, err := json.Marshal(words)
	if err != nil {
		d.Fatal(err)
	}
	d.until(d.in(pane, `?.body?.innerText.includes(`+string(quoted)+`)`))
}

// click presses the mouse on an element of a pane, once it is there.
func (d demoPage) click(pane int, selector string) {
	d.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		d.Fatal(err)
	}
	d.until("!!" + d.in(pane, `.querySelector(`+string(quoted)+`)`))
	at := eval[[]float64](d, fmt.Sprintf(`(() => {
		const frame = document.querySelectorAll("iframe")[%d]
		const e = frame.contentDocument.querySelector(%s)
		e.scrollIntoView({block: "center"})
		const a = frame.getBoundingClientRect(), b = e.getBoundingClientRect()
		return [a.x + frame.clientLeft + b.x + b.width / 2, a.y + frame.clientTop + b.y + b.height / 2]
	})()`, pane, quoted))
	d.do(chromedp.MouseClickXY(at[0], at[1]))
}

// write types into the field of the question, or into the customer's box, and sends it.
func (d demoPage) write(words string) {
	d.Helper()
	if eval[bool](d, d.in(theChat, `.querySelector("#f") !== null`)) {
		d.click(theChat, "#f")
		d.do(chromedp.KeyEvent(words))
		d.click(theChat, "#answer .go")
		return
	}
	d.click(theChat, "#box textarea")
	d.do(chromedp.KeyEvent(words), chromedp.KeyEvent("\r"))
}

// press presses a button of the newest card that has it, in the staff room.
func (d demoPage) press(text string) {
	d.Helper()
	d.clickText(text, `.actions button`)
}

// answer fills in the form of a button of a card and sends it.
func (d demoPage) answer(text, words string) {
	d.Helper()
	d.clickText(text, `.actions summary`)
	d.until(d.in(theRoom, `.querySelector("details.ask[open] textarea") !== null`))
	d.click(theRoom, "details.ask[open] textarea")
	d.do(chromedp.KeyEvent(words))
	d.click(theRoom, "details.ask[open] button")
	d.until(d.in(theRoom, `.querySelector("details.ask[open]") === null`))
}

// clickText presses the mouse on the first such element of the room that says this.
func (d demoPage) clickText(text, selector string) {
	d.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		d.Fatal(err)
	}
	find := `[...document.querySelectorAll("iframe")[1].contentDocument.querySelectorAll("` + selector + `")].find(e => e.textContent === ` + string(quoted) + `)`
	d.until("!!" + find)
	at := eval[[]float64](d, `(() => {
		const frame = document.querySelectorAll("iframe")[1]
		const e = `+find+`
		e.scrollIntoView({block: "center"})
		const a = frame.getBoundingClientRect(), b = e.getBoundingClientRect()
		return [a.x + frame.clientLeft + b.x + b.width / 2, a.y + frame.clientTop + b.y + b.height / 2]
	})()`)
	d.do(chromedp.MouseClickXY(at[0], at[1]))
}

// wantAccessible runs the web chat's checks of names, contrast, sizes and landmarks on
// the page around it.
func (d demoPage) wantAccessible() {
	d.Helper()
	checks, err := os.ReadFile(filepath.Join("..", "..", "adapters", "webchat", "testdata", "audit.js"))
	if err != nil {
		d.Fatal(err)
	}
	for _, scheme := range []string{"dark", "light"} {
		d.scheme(scheme)
		for _, problem := range eval[[]string](d, string(checks)) {
			d.Errorf("%s: %s", scheme, problem)
		}
	}
}

// newCustomer uses the form at the top of the page.
func (d demoPage) newCustomer(site, flow, language string) {
	d.Helper()
	d.do(chromedp.SetValue(chromedp.CSS("select[name=site]"), site), chromedp.SetValue(chromedp.CSS("select[name=flow]"), flow),
		chromedp.SetValue(chromedp.CSS("select[name=language]"), language))
	if _, err := chromedp.Run(d.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(chromedp.CSS("form button")))); err != nil {
		d.Fatal(err)
	}
}

func (d demoPage) wantNoSidewaysScroll(what string) {
	d.Helper()
	if over := eval[int](d, `document.scrollingElement.scrollWidth - innerWidth`); over > 0 {
		d.Errorf("%s is %d px too wide for a phone", what, over)
	}
}

func (d demoPage) phone() {
	d.Helper()
	d.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2)))
}

func (d demoPage) scheme(name string) {
	d.Helper()
	_, err := chromedp.Call(d.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		d.Fatal(err)
	}
}

// picture compares nothing: pictures differ with every font. With -update it takes the
// one that the README shows; without, it sees that there is one.
func (d demoPage) picture(name, scheme string, width, height int64) {
	d.Helper()
	file := filepath.Join("..", "..", "docs", "images", name+".png")
	if !*updatePictures {
		if _, err := os.Stat(file); err != nil {
			d.Errorf("the README's picture is missing (-update takes it): %v", err)
		}
		return
	}
	if width > 600 {
		d.do(chromedp.EmulateViewport(width, height))
	}
	d.do(chromedp.Evaluate[chromedp.Void](`for (const p of [document, ...[...document.querySelectorAll("iframe")].map(f => f.contentDocument)]) p.activeElement?.blur()`))
	d.scheme(scheme)
	png, err := chromedp.Run(d.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		d.Fatal(err)
	}
	d.scheme("light")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		d.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		d.Fatal(err)
	}
}
