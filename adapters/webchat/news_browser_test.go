package webchat

import (
	"errors"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
)

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
