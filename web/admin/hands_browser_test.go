package admin

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// hands are somebody at the editor in a browser who goes by what is written on the page: a
// button by its words, a field by its label. They never see the file.
type hands struct {
	browsertest.Tab
	*house
	keys   bool   // no pointer: every place is reached by Tab
	looks  func() // at the editor with a survey that is built; nil = no more than the test itself
	clicks int
	n      int
	place  string // script that marks what was looked for last, and says whether it is there
}

// sits opens the surveys of an empty house to somebody who may build them.
func sits(t browsertest.Tab, language string) *hands {
	t.Helper()
	h := newHouse(t.T, Viewer{Login: "l-mei", Staff: "mei", Name: "Mei", SignIn: "mei", Language: language, Grants: access.Grants{access.EverySite: access.Admin}})
	server := httptest.NewServer(New(Config{Store: h.store, Bot: h.bot, Draw: painters, Gate: h, Version: "test"}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	b := &hands{Tab: t, house: h}
	b.Do(chromedp.Navigate(server.URL + "/surveys"))
	return b
}

// find waits for a control with this name among what can be seen, in the part of the page that
// a selector names, and keeps it as window.hand: an attribute would be a difference, for which the page
// puts another in its place. A name that begins with … may begin in the middle.
func (b *hands) find(in, kinds, name string) {
	b.Helper()
	b.settled()
	b.place = fmt.Sprintf(`(() => {
		window.handed ??= addEventListener("submit", () => { window.gone = true }, true) ?? true
		const words = e => (e.getAttribute("aria-label") || [...(e.labels ?? [])].map(l => l.innerText).join(" ") || e.innerText || "").replace(/\s+/g, " ").trim()
		const all = [...document.querySelectorAll(%s)].flatMap(p => [...p.querySelectorAll(%s)]).filter(e => e.checkVisibility())
		const one = all.find(e => words(e) === %[3]s) ?? all.find(e => words(e).startsWith(%[3]s)) ?? (%[3]s[0] === "…" ? all.find(e => words(e).includes(%[3]s.slice(1))) : undefined)
		window.hand = one
		return !!one
	})()`, browsertest.Quote(in), browsertest.Quote(kinds), browsertest.Quote(name))
	b.Until(b.place)
}

// there looks anew for what was found if the page has put another in its place.
func (b *hands) there() {
	b.Helper()
	if !browsertest.Eval[bool](b.Tab, `window.hand?.isConnected ?? false`) {
		b.Until(b.place)
	}
}

// click presses what was found with the pointer, in the middle of its first line.
func (b *hands) click() {
	b.Helper()
	for range 20 {
		b.there()
		at := browsertest.Eval[[]float64](b.Tab, `(() => {
			if (!window.hand?.isConnected) return []
			window.hand.scrollIntoView({ block: "center" })
			const r = window.hand.getClientRects()[0]
			return r ? [r.x + r.width / 2, r.y + r.height / 2] : []
		})()`)
		if len(at) == 2 {
			b.Do(chromedp.MouseClickXY(at[0], at[1]))
			return
		}
	}
	b.Fatal("what was found goes again and again")
}

// settled waits until the page and what it stores have come to rest.
func (b *hands) settled() {
	b.Helper()
	b.Until(`document.readyState === "complete" && !window.gone && (document.getElementById("saving")?.dataset.open ?? "0") === "0"`)
}

// reach gives what was found the focus: by Tab alone where there is no pointer, forwards or backwards.
func (b *hands) reach() {
	b.Helper()
	if !b.keys {
		b.there()
		b.Do(chromedp.Evaluate[chromedp.Void](`window.hand.focus()`))
		return
	}
	for range 400 {
		switch browsertest.Eval[string](b.Tab, `(() => {
			const at = document.activeElement
			if (!window.hand?.isConnected) return "gone"
			if (at === window.hand) return "there"
			return at !== document.body && at.compareDocumentPosition(window.hand) & Node.DOCUMENT_POSITION_PRECEDING ? "before" : "after"
		})()`) {
		case "there":
			return
		case "gone":
			b.Until(b.place)
		case "before":
			b.Do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(8))) // Shift
		default:
			b.Do(chromedp.KeyEvent(kb.Tab))
		}
	}
	b.Fatalf("Tab does not lead to %s", browsertest.Eval[string](b.Tab, `window.hand?.outerHTML.slice(0, 200) ?? "what is gone"`))
}

// press presses a button or follows a link, and waits for the page that comes.
func (b *hands) press(in, name string) {
	b.Helper()
	b.find(in, "button, a[href]", name)
	b.Do(chromedp.Evaluate[chromedp.Void](`void (window.gone = true, addEventListener("hashchange", () => { window.gone = false }))`))
	if b.clicks++; b.keys {
		b.reach()
		b.Do(chromedp.KeyEvent(kb.Enter))
	} else {
		b.click()
	}
	b.settled()
}

// unfold opens a part of the page, unless it is open.
func (b *hands) unfold(in, name string) {
	b.Helper()
	b.find(in, "summary", name)
	if browsertest.Eval[bool](b.Tab, `window.hand.parentElement.open`) {
		return
	}
	if b.clicks++; b.keys {
		b.reach()
		b.Do(chromedp.KeyEvent(kb.Enter))
		return
	}
	b.click()
}

// write puts words into a field, key by key where there is no pointer, and leaves it.
func (b *hands) write(in, name, words string) {
	b.Helper()
	b.find(in, "input:not([type=checkbox]), textarea", name)
	b.reach()
	b.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(2)), chromedp.KeyEvent(kb.Backspace)) // Ctrl
	switch {
	case words == "":
	case b.keys:
		b.Do(chromedp.KeyEvent(words))
	default:
		b.Write(words)
	}
	b.Do(chromedp.KeyEvent(kb.Tab))
	b.settled()
}

// choose takes an entry of a menu, by its words.
func (b *hands) choose(in, name, entry string) {
	b.Helper()
	b.find(in, "select", name)
	b.reach()
	by := browsertest.Eval[int](b.Tab, fmt.Sprintf(`(() => { const s = window.hand
		const i = [...s.options].findIndex(o => o.text.startsWith(%s)); return i < 0 ? 999 : i - s.selectedIndex })()`, browsertest.Quote(entry)))
	if by == 999 {
		b.Fatalf("the menu %q has no %q", name, entry)
	}
	b.clicks++
	for ; by > 0; by-- {
		b.Do(chromedp.KeyEvent(kb.ArrowDown))
	}
	for ; by < 0; by++ {
		b.Do(chromedp.KeyEvent(kb.ArrowUp))
	}
	b.Do(chromedp.KeyEvent(kb.Tab))
	b.settled()
}

// tick turns a box over.
func (b *hands) tick(in, name string) {
	b.Helper()
	b.find(in, "input[type=checkbox]", name)
	if b.clicks++; b.keys {
		b.reach()
		b.Do(chromedp.KeyEvent(" "))
	} else {
		b.click()
	}
	b.settled()
}

// customer is somebody in a chat whom the survey is asked.
func (b *hands) customer(u chat.Update) {
	b.Helper()
	b.n++
	u.Key, u.Private = fmt.Sprint("u", b.n), true
	u.From, u.User = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"}, chat.User{ID: "7", Name: "Anna"}
	if _, err := b.bot.Handle(b.Context(), []chat.Update{u}); err != nil {
		b.Fatal(err)
	}
}

// invited begins the survey as it is live now.
func (b *hands) invited(flow string) {
	b.Helper()
	if err := b.bot.Configuration().Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	inv, err := b.bot.Invite(b.Context(), bot.InviteRequest{Flow: flow})
	if err != nil {
		b.Fatal(err)
	}
	b.customer(chat.Update{Kind: chat.Command, Command: "start", Text: inv.Token})
}

// asked are the customer's messages so far.
func (b *hands) asked() string {
	b.Helper()
	rows, err := b.store.Transcript(b.Context(), 0, chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"})
	if err != nil {
		b.Fatal(err)
	}
	var all strings.Builder
	for _, d := range rows {
		all.WriteString(d.Render.Text + "\n")
	}
	return all.String()
}

// taps presses the newest button of the customer that begins or ends with these words.
func (b *hands) taps(words string) {
	b.Helper()
	rows, err := b.store.Transcript(b.Context(), 0, chat.Address{Platform: chat.Telegram, Account: "42", Chat: "7"})
	if err != nil {
		b.Fatal(err)
	}
	data := ""
	for _, d := range rows {
		for _, row := range d.Render.Rows {
			for _, x := range row {
				if x.Label == words || strings.HasPrefix(x.Text, words) || strings.HasSuffix(x.Text, words) {
					data = x.Data
				}
			}
		}
	}
	if data == "" {
		b.Fatalf("the customer has no button %q", words)
	}
	b.customer(chat.Update{Kind: chat.Tap, Data: data})
}
