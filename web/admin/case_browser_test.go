package admin

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aftercare/aftercare/internal/browsertest"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// The tests share one browser; each has its own tab and its own world behind the pages.
func TestCasesInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	for name, test := range deskScenes {
		t.Run(name, func(t *testing.T) { playAtDesk(t, browser, browsertest.Looks()[0], test) })
	}
}

// deskScenes are what staff do with cases.
var deskScenes = map[string]func(*desk){
	"a P1 is worked to its end by touch, at the width of a phone":     p1ByTouch,
	"a P1 is worked to its end by keyboard, at the width of a phone":  p1ByKeyboard,
	"a note by keyboard never becomes a reply, nor a reply a note":    boxesByKeyboard,
	"a list does not move under a finger":                             listStays,
	"words in progress survive the tab, and others see that they are": draftsSurvive,
	"words are taken back within five seconds":                        undoInTime,
	"of two agents who race the loser is told, and keeps their words": twoRace,
	"whoever has the list open is called by its title and a sound":    callsStaff,
	"what is done elsewhere is seen on all of the page":               elsewhereSeen,
	"what somebody stands on or sends is not taken from them":         heldWhileUsed,
	"what waits for a finger comes when it is lifted":                 liftedFinger,
	"nothing stays in the way on a low screen":                        lowScreen,
	"a number is not broken, and what belongs together stands beside": keptTogether,
}

// playAtDesk plays a scene in a look.
func playAtDesk(t *testing.T, browser context.Context, l browsertest.Look, scene func(*desk)) {
	w := newWorld(t)
	w.runs()
	open := func() browsertest.Tab {
		tab := browsertest.Open(t, browser)
		tab.Wear(l, 1280)
		return tab
	}
	scene(&desk{w: w, Tab: open(), browser: open, look: l})
}

// desk is a member of staff at a browser.
type desk struct {
	w *world
	browsertest.Tab
	browser func() browsertest.Tab
	look    browsertest.Look
}

// opens shows a page to a person.
func (d *desk) opens(id, at string) {
	d.Helper()
	server := httptest.NewServer(New(Config{Store: d.w.store, Bot: d.w.bot, Gate: gateOf(viewer(id)), Clock: d.w.clock.Now}))
	d.Cleanup(server.Close)
	d.Cleanup(server.CloseClientConnections) // streams last as long as their page
	d.Visit(server.URL+at, d.look)
}

func (d *desk) phone() {
	d.Helper()
	_, err := chromedp.Call(d.Ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true})
	if err != nil {
		d.Fatal(err)
	}
}

// ready waits until the page's modules run: what is pressed before them is lost, or does what
// it does without them.
func (d *desk) ready() {
	d.Helper()
	d.Until(`document.readyState === "complete"`)
}

func (d *desk) tap(what string) {
	d.Helper()
	d.ready()
	d.Do(chromedp.Tap(chromedp.CSS(what)))
}

func (d *desk) types(text string) {
	d.Helper()
	d.Do(chromedp.KeyEvent(text))
}

// key is a shortcut as a keyboard sends it: what a page does with it keeps it out of fields.
func (d *desk) key(k string) {
	d.Helper()
	d.ready()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: k, Code: "Key" + strings.ToUpper(k), WindowsVirtualKeyCode: int64(strings.ToUpper(k)[0])}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = k
		}
		if _, err := chromedp.Call(d.Ctx, input.DispatchKeyEvent, p); err != nil {
			d.Fatal(err)
		}
	}
}

func (d *desk) state(k storage.Case, want recovery.State) {
	d.Helper()
	await(d, "the case is "+string(want), func() bool { return d.w.now(k).State == want })
}

func p1ByTouch(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.phone()
	d.opens("mei", "/cases")
	d.UntilText("forty minutes")
	d.NoSidewaysScroll("the list")
	d.tap(`button[name="case"]`)
	d.UntilText("You have the case.")
	d.state(k, recovery.Taken)
	d.NoSidewaysScroll("the case")
	d.tap(`.actbar a[href="#reply"]`)
	d.Until(`document.activeElement?.id === "rb"`)
	d.types("Anna, I am so sorry.")
	d.tap(`#reply button`)
	d.Until(`document.querySelector("#sending") !== null`)
	d.w.clock.add(6 * time.Second)
	d.state(k, recovery.Contacted)
	d.Until(`document.querySelector("#sending") === null`) // the page hears of it by itself
	d.UntilText("Anna, I am so sorry.")
	if n := d.w.told("1", "so sorry"); n != 1 {
		d.Errorf("the customer reads the words %d times", n)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		d.Picture("case-phone")
	}
	d.Do(chromedp.Navigate(browsertest.Eval[string](d.Tab, `location.href.replace(/[?#].*/, "")`)))
	d.tap(`.actbar a[href$="/resolve"]`)
	d.Until(`document.querySelector("#f-cause") !== null`)
	d.NoSidewaysScroll("the form")
	d.tap(`input[value="responsiveness"]`)
	d.tap(`input[value="apology"]`)
	d.tap(`form.sheet button.primary`)
	d.UntilText("Resolved.")
	d.state(k, recovery.Resolved)
}

func p1ByKeyboard(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.phone()
	d.opens("mei", "/cases")
	d.UntilText("forty minutes")
	d.key("j")
	d.Until(`document.activeElement?.matches("a.cover")`)
	d.key("t")
	d.UntilText("You have the case.")
	d.state(k, recovery.Taken)
	d.key("r")
	d.Until(`document.activeElement?.id === "rb"`)
	d.types("So sorry.")
	d.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2))) // Ctrl
	d.Until(`document.querySelector("#sending") !== null`)
	d.w.clock.add(6 * time.Second)
	d.state(k, recovery.Contacted)
	d.key("e")
	d.Until(`document.querySelector("#f-cause") !== null`)
	d.Do(chromedp.Focus(chromedp.CSS(`input[name="cause"]`)))
	d.types(kb.ArrowDown)
	d.Do(chromedp.Focus(chromedp.CSS(`input[value="apology"]`)))
	d.types(" ")
	d.types(kb.Enter)
	d.UntilText("Resolved.")
	d.state(k, recovery.Resolved)
}

func boxesByKeyboard(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.w.as("mei").post("/cases/"+k.Name()+"/take", nil)
	d.opens("mei", "/cases/"+k.Name())
	d.Until(`document.querySelector("#nb") !== null`)
	d.key("n")
	d.Until(`document.activeElement?.id === "nb"`)
	d.types("for us alone")
	d.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	d.UntilText("The note is saved.")
	d.key("r")
	d.Until(`document.activeElement?.id === "rb"`)
	d.types("for Anna")
	d.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	d.Until(`document.querySelector("#sending") !== null`)
	d.w.clock.add(6 * time.Second)
	await(d, "the reply is sent", func() bool { return d.w.told("1", "for Anna") == 1 })
	if d.w.told("1", "alone") != 0 || d.w.event(k, recovery.EventNoted, "for Anna") || !d.w.event(k, recovery.EventNoted, "for us alone") {
		d.Error("words of one box came out of the other")
	}
}

func listStays(d *desk) {
	first := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("mei", "/cases")
	d.UntilText("forty minutes")
	second := d.w.unhappy("main", "2", "Tom", "The fringe is uneven.")
	d.UntilText("new · show")
	if browsertest.Eval[bool](d.Tab, `document.body.innerText.includes("fringe")`) {
		d.Error("a row came in by itself")
	}
	d.w.as("ada").post("/cases/"+first.Name()+"/take", nil)
	d.Until(`document.querySelector("#row-` + first.Name() + `.gone") !== null`)
	d.Do(chromedp.Click(chromedp.CSS("#fresh button")))
	d.UntilText("The fringe is uneven.")
	d.Until(`document.querySelector("#row-` + second.Name() + ` button") !== null`)
}

func draftsSurvive(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("mei", "/cases/"+k.Name())
	d.Until(`document.querySelector("#rb") !== null`)
	d.key("r")
	d.Until(`document.activeElement?.id === "rb"`)
	d.types("half a sentence")
	await(d, "the words are kept", func() bool {
		drafts, err := d.w.store.Drafts(d.Context(), k.Bucket, k.ID)
		return err == nil && len(drafts) == 1 && drafts[0].Text == "half a sentence" && drafts[0].Box == "reply"
	})
	other := desk{w: d.w, Tab: d.browser(), look: d.look}
	other.opens("ada", "/cases/"+k.Name())
	other.UntilText("Mei Chen is writing to Anna.")
	d.Do(chromedp.Navigate("about:blank"))
	d.opens("mei", "/cases/"+k.Name())
	d.Until(`document.querySelector("#rb")?.value === "half a sentence" && document.querySelector("#nb").value === ""`)
}

func undoInTime(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("mei", "/cases/"+k.Name())
	d.Until(`document.querySelector("#rb") !== null`)
	d.key("r")
	d.types("too hasty")
	d.Do(chromedp.Click(chromedp.CSS("#reply button")))
	d.Until(`document.querySelector("#sending button") !== null`)
	d.Do(chromedp.Click(chromedp.CSS("#sending button")))
	d.UntilText("Nothing was sent.")
	d.Until(`document.querySelector("#rb")?.value === "too hasty"`)
	d.w.clock.add(time.Minute)
	if d.w.told("1", "hasty") != 0 || d.w.now(k).State != recovery.Open {
		d.Error("words that were taken back were sent")
	}
}

func twoRace(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	other := desk{w: d.w, Tab: d.browser(), look: d.look}
	other.opens("ada", "/cases/"+k.Name())
	other.ready()
	other.key("r")
	other.Until(`document.activeElement?.id === "rb"`)
	other.types("long and careful words")
	browsertest.Eval[any](other.Tab, `XMLHttpRequest.prototype.send = () => {}, null`) // her page does not hear of it first
	d.opens("mei", "/cases/"+k.Name())
	d.ready()
	d.key("t")
	d.UntilText("You have the case.")
	d.state(k, recovery.Taken)
	other.Do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(2)))
	other.UntilText("Mei Chen has had it")
	other.Until(`document.querySelector("#rb")?.value === "long and careful words"`)
	d.w.clock.add(time.Minute)
	if d.w.told("1", "careful") != 0 || d.w.now(k).Holder.ID != "mei" {
		d.Error("the loser's words were sent, or the case went to them")
	}
}

// callsStaff: the title counts the cases that nobody has, and a new one is heard where somebody wants that.
func callsStaff(d *desk) {
	d.opens("mei", "/cases")
	d.ready()
	browsertest.Eval[any](d.Tab, `(() => {
		const node = { connect: n => n, gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, frequency: {}, start() { window.rang = (window.rang ?? 0) + 1 }, stop() {} }
		window.AudioContext = class { createOscillator() { return node } createGain() { return node } close() {} }
		window.Notification = undefined
	})()`)
	d.Until(`!document.querySelector("#notify").hidden && document.querySelector("#notify").ariaPressed === "false"`)
	d.w.unhappy("main", "1", "Anna", wait)
	d.Until(`document.title.startsWith("(1) ")`)
	if browsertest.Eval[bool](d.Tab, `"rang" in window`) {
		d.Error("it rings where nobody wants it")
	}
	d.Do(chromedp.Click(chromedp.CSS("#notify")))
	d.Until(`document.querySelector("#notify").ariaPressed === "true" && window.rang === 1`) // so that one knows it
	d.w.unhappy("main", "2", "Tom", "The fringe is uneven.")
	d.Until(`document.title.startsWith("(2) ") && window.rang === 2`)
}

// lowScreen: at 320 × 256, which is 400 % of a usual screen, neither head nor foot covers a case.
func lowScreen(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("mei", "/cases/"+k.Name())
	for _, size := range [][2]int64{{320, 256}, {844, 390}} {
		d.Do(chromedp.EmulateViewport(size[0], size[1], chromedp.EmulateMobile, chromedp.EmulateTouch))
		d.ready()
		if at := browsertest.Eval[string](d.Tab, `[...document.querySelectorAll(".head, .rail, .actbar")].map(e => getComputedStyle(e).position).join(" ")`); at != "static static static" {
			d.Errorf("%d px: the head, the rail and the acts are %s", size[0], at)
		}
		d.NoSidewaysScroll(fmt.Sprintf("the case at %d px", size[0]))
	}
	d.phone()
	if at := browsertest.Eval[string](d.Tab, `getComputedStyle(document.querySelector(".actbar")).position`); at != "fixed" {
		d.Errorf("on a phone held upright the acts are %s: the check above proves nothing", at)
	}
}

// keptTogether is the number of a case in a title on a phone, and the files of a row on a desk: each on one line.
func keptTogether(d *desk) {
	d.w.unhappy("main", "1", "Anna", wait)
	k := d.w.unhappy("main", "2", "Anna", wait)
	d.phone()
	d.opens("robin", "/cases/"+k.Name()+"/resolve")
	d.UntilText(k.Name())
	most := browsertest.Eval[int](d.Tab, `(() => { // at every width that the title may have
		const h = document.querySelector(".head h1"), name = "`+k.Name()+`"
		const walk = document.createTreeWalker(h, NodeFilter.SHOW_TEXT)
		let n = walk.nextNode(), most = 0
		while (!n.textContent.includes(name)) n = walk.nextNode()
		const range = document.createRange()
		range.setStart(n, n.textContent.indexOf(name))
		range.setEnd(n, n.textContent.indexOf(name) + name.length)
		h.style.textWrap = "wrap"
		for (let w = 40; w < 390; w++) {
			h.style.maxWidth = w + "px"
			most = Math.max(most, new Set([...range.getClientRects()].map(b => Math.round(b.top))).size)
		}
		return most
	})()`)
	if most != 1 {
		d.Errorf("the number of the case stands on %d lines", most)
	}
	if _, err := chromedp.Call(d.Ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 900, DeviceScaleFactor: 1}); err != nil {
		d.Fatal(err)
	}
	d.opens("robin", "/reports/data")
	d.UntilText("XLSX")
	if n := browsertest.Eval[int](d.Tab, `new Set([...document.querySelector("tbody td").children].map(e => e.offsetTop)).size`); n != 1 {
		d.Errorf("the files of a row stand on %d lines", n)
	}
}
