package webchat

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

func rightToLeft(t tab) {
	bot := newFakeBot()
	bot.lang, bot.title = "ar", "بعد زيارتك لصالون آنا"
	s := bot.serve(t.T)
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(`document.querySelectorAll(".scale button").length > 0`)
	bot.post(customer, "n:1", chat.Message{Lang: "ar", Text: "ما مدى رضاك عن Salon Anna بشكل عام؟", Rows: [][]chat.Button{{{Text: "١", Data: "a"}, {Text: "٢", Data: "b"}, {Text: "٣", Data: "c"}}}})
	bot.post(customer, "n:2", chat.Message{Lang: "en", Text: "This one is in English."})
	t.UntilText("This one is in English.")
	t.Picture("phone-rtl")
	left := func(selector string) float64 {
		return eval[float64](t, `document.querySelector(`+browsertest.Quote(selector)+`).getBoundingClientRect().left`)
	}
	if eval[string](t, `document.documentElement.dir + document.documentElement.lang`) != "rtlar" {
		t.Error("the page of an Arabic visitor is not right to left")
	}
	if left(`button[value="a"]`) < left(`button[value="c"]`) {
		t.Error("the first button of a row is not at the right")
	}
	if left("#box button") > left("#box textarea") {
		t.Error("the send button is not at the left of the box")
	}
	if got := eval[string](t, `[...document.querySelectorAll(".below .num")].map(e => getComputedStyle(e).direction).join()`); got != "rtl" {
		t.Errorf("the count of characters reads %s, and its sentence from the right", got)
	}
	if eval[string](t, `getComputedStyle(document.querySelector("ol > li:last-child")).direction`) != "ltr" {
		t.Error("an English message on an Arabic page is not left to right")
	}
}

func hostileWords(t tab) {
	bot := newFakeBot()
	s := bot.serve(t.T)
	for i, words := range hostile {
		m := chat.Message{
			Text: words, Title: words, Footer: words, Hint: words, Expects: chat.ExpectsText,
			Facts: []chat.Fact{{Label: words, Value: words}}, Quotes: []chat.Quote{{Label: words, Text: words}},
			Rows: [][]chat.Button{{{Text: words, Label: words, Data: "x"}, {Text: words, URL: "javascript:document.title='hacked'"}}},
		}
		bot.items[customer] = append(bot.items[customer], Item{Slot: fmt.Sprint("n:", i), Ord: int64(i), Version: 1, Message: m})
	}
	bot.title = hostile[0]
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(fmt.Sprintf(`document.querySelectorAll("#log li, #now h2").length === %d`, len(hostile)))
	bot.post(customer, "n:last", chat.Message{Text: hostile[0], Rows: [][]chat.Button{{{Text: hostile[1], Data: "y"}}}}) // by the script, too
	t.Until(`!!document.querySelector('button[value="y"]')`)
	if got := eval[string](t, `document.querySelector("#log li:last-child .bubble").innerText`); got != hostile[0] {
		t.Errorf("the words were changed: %q", got)
	}
	if eval[bool](t, `document.title === "hacked" || !!window.hacked || !!document.querySelector("main img, main script, main iframe, main svg, main a[href^=javascript]")`) {
		t.Error("words became markup")
	}
	t.NoSidewaysScroll("hostile words")
}

// Here at the narrowest width; TestMatrix walks all widths, looks and languages.
func narrowPages(t tab) {
	bot := longConversation()
	s := bot.serve(t.T)
	t.Media("prefers-color-scheme", "dark")
	t.Do(chromedp.EmulateViewport(320, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	for name, path := range map[string]string{"chat": chatPath, "unknown": "/chat/nobody", "expired": "/chat/expired"} {
		t.Do(chromedp.Navigate(s.URL + path))
		t.Until(`document.readyState === "complete"`)
		t.NoSidewaysScroll(name)
	}
}

func personalSettings(t tab) {
	bot := longConversation()
	m := overall()
	m.Rows[0][1].Selected = true
	bot.put(customer, "q:5", m)
	s := bot.serve(t.T)
	t.Media("forced-colors", "active")
	t.phone()
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Picture("forced-colors")
	background := func(selector string) string {
		return eval[string](t, `getComputedStyle(document.querySelector(`+browsertest.Quote(selector)+`)).backgroundColor`)
	}
	if background("button[aria-current=true]") == background(`button[value="1ps1.0.0"]`) {
		t.Error("with forced colours a chosen button looks like the others")
	}
	moves := func() bool {
		return eval[bool](t, `(() => {
			const e = document.body.appendChild(document.createElement("i"))
			e.className = "new"
			const moves = getComputedStyle(e).animationName !== "none" || getComputedStyle(document.documentElement).scrollBehavior === "smooth"
			e.remove()
			return moves
		})()`)
	}
	if moves() {
		t.Error("the page moves though the person wants no motion")
	}
	t.Media("prefers-reduced-motion", "no-preference")
	if !moves() {
		t.Error("the page does not move at all: the check above proves nothing")
	}
}

// longConversation has one of everything that a page can show.
func longConversation() *fakeBot {
	bot := newFakeBot()
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	put := func(slot string, m chat.Message, l chat.Layout) {
		l.Of = "s1"
		m.Layout, m.Lang = &l, "en"
		bot.put(customer, slot, m)
	}
	edit := [][]chat.Button{{{Text: "Edit", Label: "Edit: 2 – dissatisfied", Data: "c", Aside: chat.AsideChange}}}
	put("i", chat.Message{Text: "Hi Ann. Salon Anna would like to know how it went."}, chat.Layout{Part: chat.PartIntro, Hint: "3 questions, under a minute."})
	put("q:1", chat.Message{Text: overallAsk, Rows: edit}, chat.Layout{Part: chat.PartQuestion, Answer: "2 – dissatisfied"})
	put("q:2", chat.Message{Text: whyAsk, Rows: edit}, chat.Layout{Part: chat.PartQuestion, Answer: "I waited forty minutes, and nobody told me why.\n\nTwo people came after me.", FollowsUp: true})
	bot.put(customer, "q:old", chat.Message{Text: "Was it clean?\n\n✓ You answered: 2, dissatisfied", Rows: [][]chat.Button{{{Text: "Change", Data: "c"}}}, Lang: "en"})
	put("own", chat.Message{Text: "Who can I talk to about the waiting?", Mine: true}, chat.Layout{Part: chat.PartOwn, At: at, Told: true})
	put("e", chat.Message{Text: "Bob has taken this up and answers here."}, chat.Layout{Part: chat.PartEvent, At: at})
	put("r", chat.Message{Title: "Bob (Salon Anna)", Text: "Ann, I am sorry. May I call you?"}, chat.Layout{Part: chat.PartReply, At: at, Who: "Bob"})
	bot.put(customer, "n:1", chat.Message{Text: "Is it about this?", Replies: "q:1", Quotes: []chat.Quote{{Label: "You wrote", Text: "Nobody came."}}, Lang: "en"})
	bot.put(customer, "n:2", chat.Message{Text: strings.Repeat("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk", 4), Lang: "de"})
	bot.put(customer, "n:3", chat.Message{Text: "Our page tells more.", Lang: "en", Rows: [][]chat.Button{{{Text: "Open", URL: "https://example.com/help", Label: "Open our help page"}, {Text: "Delete my answers", Data: "d", Style: "danger"}}}})
	bot.put(customer, "q:4", sevenPoints())
	return bot
}

func accessiblePages(t tab) {
	bot := longConversation()
	s := bot.serve(t.T)
	fresh := newFakeBot().serve(t.T)
	script, err := os.ReadFile("testdata/audit.js")
	if err != nil {
		t.Fatal(err)
	}
	audit := string(script)
	for _, scheme := range []string{"light", "dark"} {
		t.Media("prefers-color-scheme", scheme)
		for _, link := range []string{s.URL + chatPath, fresh.URL + chatPath, s.URL + "/chat/used"} {
			t.Do(chromedp.Navigate(link))
			t.Until(`document.readyState === "complete"`)
			for _, problem := range eval[[]string](t, audit) {
				t.Errorf("%s %s: %s", scheme, strings.TrimPrefix(strings.TrimPrefix(link, s.URL), fresh.URL), problem)
			}
		}
	}
	t.Do(chromedp.Navigate(s.URL + chatPath))
	t.Until(`document.querySelectorAll("li").length > 5`)
	tree, err := chromedp.Call(t.Ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil || n.Name == nil {
			continue
		}
		names[axText(n.Role)+" "+axText(n.Name)] = true
	}
	for _, want := range []string{"log Conversation", "button 3 Somewhat dissatisfied, 3 of 7", "button Edit: 2 – dissatisfied", "button Skip", "link Open our help page", "textbox Write to Bob", "button Send", "heading After your visit to Salon Anna"} {
		if !names[want] {
			t.Errorf("the accessibility tree has no %q", want)
		}
	}
}

// axText is a value of the accessibility tree, if it is text.
func axText(v *accessibility.Value) string {
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}
