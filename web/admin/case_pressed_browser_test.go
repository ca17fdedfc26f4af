package admin

import (
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// liftedFinger is a page on which something is pressed while the case moves on elsewhere: nothing moves under the
// finger, and the change is not left to the next one.
func liftedFinger(d *desk) {
	k := d.w.unhappy("main", "1", "Anna", wait)
	d.opens("robin", "/cases/"+k.Name())
	d.ready()
	at := browsertest.Eval[[2]float64](d.Tab, `(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector("h1").getBoundingClientRect())`)
	mouse := func(kind input.DispatchMouseEventType) {
		p := input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Button: input.MouseButtonLeft, ClickCount: 1}
		if _, err := chromedp.Call(d.Ctx, input.DispatchMouseEvent, p); err != nil {
			d.Fatal(err)
		}
	}
	mouse(input.DispatchMouseEventTypeMousePressed)
	d.w.as("mei").post("/cases/"+k.Name()+"/take", nil)
	d.Until(`!!onpointerup`) // the change came, and waits
	if browsertest.Eval[bool](d.Tab, `document.querySelector("#standing").textContent.includes("Mei Chen")`) {
		d.Error("the page changed under a finger")
	}
	mouse(input.DispatchMouseEventTypeMouseReleased)
	d.Until(`document.querySelector("#standing").textContent.includes("Mei Chen")`)
	if browsertest.Eval[bool](d.Tab, `!!onpointerup || !!onkeyup`) {
		d.Error("each further press fetches the page again")
	}
}
