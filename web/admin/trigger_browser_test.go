package admin

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/internal/browsertest"
)

// A condition of a trigger has its menus as soon as a menu says what it is about, in a real browser: no button
// is pressed for that, what else was written stays, and a row that is taken away is gone.
func TestAConditionShowsItsMenusAtOnce(t *testing.T) {
	b := newTriggerDesk(t)
	b.put("triggers:\n  - {name: visit, ask: one_tap_csat}\n")
	server := httptest.NewServer(b.h)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	tab := browsertest.Open(t, browsertest.Start(t))
	tab.Do(chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(server.URL+"/asking/triggers/one?t=visit"))
	tab.Until(`document.querySelector("[value=show]").hidden`)
	choose := func(name, value string) {
		t.Helper()
		browsertest.Eval[bool](tab, `(() => {
			const e = document.getElementsByName(`+browsertest.Quote(name)+`)[0]
			if (e.type === "checkbox") e.checked = true
			else e.value = `+browsertest.Quote(value)+`
			e.dispatchEvent(new Event("change", {bubbles: true}))
			return true
		})()`)
	}
	shows := func(name string) {
		t.Helper()
		tab.Until(`document.getElementsByName(` + browsertest.Quote(name) + `).length === 1`)
	}
	browsertest.Eval[bool](tab, `(document.getElementsByName("after.n")[0].value = "3", true)`)
	choose("when|add", "service")
	shows("when|0|free")
	browsertest.Eval[bool](tab, `(document.getElementsByName("when|0|free")[0].value = "haircut", true)`)
	choose("when|attribute", "price")
	shows("when|1|verb")
	choose("when|1|verb", "at_least")
	shows("when|1|number")
	if got := browsertest.Eval[string](tab, `document.getElementsByName("when|0|free")[0].value + " " + document.getElementsByName("after.n")[0].value`); got != "haircut 3" {
		t.Errorf("what was written before is %q", got)
	}
	choose("when|0|drop", "1")
	tab.Until(`document.getElementsByName("when|1|verb").length === 0 && document.getElementsByName("when|0|number").length === 1`)
	tab.Accessible("a trigger with a condition")
	browsertest.Eval[bool](tab, `(document.getElementsByName("when|0|number")[0].value = "20", document.querySelector("[value=save]").click(), true)`)
	tab.UntilText("Saved as a draft.")
	_, p := b.draft()
	if x := p.Triggers[0]; x.When == nil || x.When.Field != "event.price" || *x.When.Low != 20 || x.After.String() != "3h" {
		t.Errorf("saved is %+v", x)
	}
}
