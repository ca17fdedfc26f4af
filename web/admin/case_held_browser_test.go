package admin

import (
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// elsewhereSeen is a page that stays open while the case moves on in another tab: no part of it stays behind.
func elsewhereSeen(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("robin", "/cases/"+k.Name())
	d.UntilText("forty minutes")
	const near = `document.querySelector(".case-head .clock b")?.dataset.due ?? ""`
	take := browsertest.Eval[string](d.Tab, near)
	d.Do(chromedp.Focus(chromedp.CSS("#reply .primary")))
	d.w.as("mei").post("/cases/"+k.Name()+"/take", nil)
	d.Until(`document.querySelector("#standing").textContent.includes("Mei Chen")`)
	if contact := browsertest.Eval[string](d.Tab, near); contact == take || contact == "" {
		d.Errorf("the head tells the clock that was stopped: %q", contact)
	}
	// The button has the focus meanwhile, and the sentence beside the box comes with the colleague.
	if label := browsertest.Eval[string](d.Tab, `document.activeElement.textContent`); label != "Send to Anna" {
		d.Errorf("who acts for others can %q", label)
	}
	if told := browsertest.Eval[string](d.Tab, `document.querySelector("#reply").innerText`); !strings.Contains(told, "Mei Chen keeps the case") {
		d.Errorf("who keeps the case is not said: %s", told)
	}
	d.Do(chromedp.Focus(chromedp.CSS("#rb")))
	d.types("Dear Anna")
	d.w.clock.add(time.Second)
	d.w.says("1", "Anna", chat.Update{Kind: chat.Text, Text: "And nobody called."})
	d.Until(`document.querySelector("#log").textContent.includes("And nobody called.")`)
	if !browsertest.Eval[bool](d.Tab, `document.querySelector("#saidh").parentElement.textContent.includes("And nobody called.")`) {
		d.Error("what the customer said leaves out the newest words")
	}
	d.Do(chromedp.Focus(chromedp.CSS("#acts a[href$='/resolve']")))
	d.w.as("mei").post("/cases/"+k.Name()+"/resolve", url.Values{"cause": {"responsiveness"}, "action": {"apology"}})
	d.Until(`document.querySelector("#standing").textContent.includes("Resolved")`)
	d.Until(`!document.querySelector("#acts a[href$='/resolve']")`)
	if at := browsertest.Eval[string](d.Tab, `document.activeElement.id`); at != "talkh" {
		d.Errorf("who stood on an act that is gone stands on %q", at)
	}
	if browsertest.Eval[bool](d.Tab, `[...document.querySelectorAll("[data-due]")].some(e => e.checkVisibility())`) {
		d.Error("clocks run on a case that is over")
	}
	if browsertest.Eval[bool](d.Tab, `[...document.querySelectorAll("#reply button, #acts a[href$='/resolve']")].some(e => e.checkVisibility() && e.textContent !== "")`) {
		d.Error("a case that is over offers what can be done no more")
	}
	kept := `document.querySelector("#rb").value === "Dear Anna" && document.querySelector("#reply").checkVisibility() && document.body.innerText.includes("What you wrote is kept")`
	if !browsertest.Eval[bool](d.Tab, kept) {
		d.Error("words in the box are gone, or nothing says that they are kept")
	}
}

// heldWhileUsed is a page whose case is over elsewhere while somebody writes to the customer, or sends.
func heldWhileUsed(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	mei := d.w.as("mei")
	mei.post("/cases/"+k.Name()+"/take", nil)
	d.opens("robin", "/cases/"+k.Name())
	d.ready()
	over := func() {
		mei.post("/cases/"+k.Name()+"/resolve", url.Values{"cause": {"responsiveness"}, "action": {"apology"}})
		d.Until(`document.querySelector("#standing").textContent.includes("Resolved")`)
	}
	again := func() {
		d.w.clock.add(time.Second)
		mei.post("/cases/"+k.Name()+"/reopen", url.Values{"reason": {"She wrote again."}})
		d.Until(`!document.querySelector("#standing").textContent.includes("Resolved") && document.querySelector("#replies").checkVisibility()`)
		mei.post("/cases/"+k.Name()+"/take", nil)
	}
	changed := func() { browsertest.Eval[any](d.Tab, `document.dispatchEvent(new Event("aftercare:changed"))`) }

	// The box stays under the caret, and a screen reader is told by words that were there before.
	d.Do(chromedp.Focus(chromedp.CSS("#rb")))
	browsertest.Eval[any](d.Tab, `window.told = document.getElementById(document.activeElement.getAttribute("aria-describedby")), null`)
	over()
	const told = `document.activeElement?.id === "rb" && document.activeElement.readOnly && document.activeElement.checkVisibility() &&
		told?.isConnected === true && told.role === "status" && told.textContent.includes("is kept")`
	if !browsertest.Eval[bool](d.Tab, told) {
		d.Error("the box went away under the caret, or nobody who hears the page is told")
	}

	// A button on its way stays what it is until the next time.
	again()
	browsertest.Eval[any](d.Tab, `document.querySelector("#replies").ariaBusy = "true"`)
	over()
	if !browsertest.Eval[bool](d.Tab, `document.querySelector("#replies").ariaBusy === "true" && document.querySelector("#replies").checkVisibility()`) {
		d.Error("a button was taken away while it sent")
	}
	d.Do(chromedp.Focus(chromedp.CSS("#replies")))
	browsertest.Eval[any](d.Tab, `document.querySelector("#replies").ariaBusy = null`)
	changed()
	d.Until(`!document.querySelector("#replies").checkVisibility()`)
	if at := browsertest.Eval[string](d.Tab, `document.activeElement.id`); at != "talkh" {
		d.Errorf("who stood on the button that is hidden stands on %q", at)
	}

	// Where the page that comes has no box, the one that is open is locked.
	again()
	browsertest.Eval[any](d.Tab, `document.querySelector("#rb").value = "Dear Anna", document.body.dataset.at = location.pathname.replace(/[^/]*$/, "").slice(0, -1), null`)
	changed()
	d.Until(`document.querySelector("#rb").readOnly && !document.querySelector("#replies").checkVisibility()`)
	if !browsertest.Eval[bool](d.Tab, `document.querySelector("#rb").checkVisibility()`) {
		d.Error("words in a box that is locked are gone")
	}

	// A button says at once that its form is on its way.
	d.opens("robin", "/cases/"+k.Name())
	d.ready()
	if !browsertest.Eval[bool](d.Tab, `(() => { const b = document.querySelector("#note .button"); b.form.requestSubmit(b); return b.ariaBusy === "true" })()`) {
		d.Error("a form that is on its way has a button that is not")
	}
}
