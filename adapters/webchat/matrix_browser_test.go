//go:build matrix

package webchat

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrix walks every page through all looks, widths and languages: nothing scrolls
// sideways, no text lies over another, every check of accessibility holds, and the page reads in the language's
// direction. A page is opened once and changes its looks and widths as it stands.
// `make browser` runs it; with SCREENSHOTS it leaves a picture of each page.
func TestMatrix(t *testing.T) {
	browser := browsertest.Start(t)
	script, err := os.ReadFile("testdata/audit.js")
	if err != nil {
		t.Fatal(err)
	}
	dictionary := newDictionary()
	languages := make([]string, 0, len(dictionary))
	for tag := range dictionary {
		languages = append(languages, tag)
	}
	slices.Sort(languages)
	if len(languages) < 4 {
		t.Fatalf("the page speaks %v: this walk needs all shipped languages", languages)
	}
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			full, empty := longConversation(), newFakeBot()
			full.lang, empty.lang = lang, lang
			long, fresh := full.serve(t), empty.serve(t)
			pages := []walked{
				{"chat", long.URL + chatPath},
				{"start", fresh.URL + chatPath},
				{"elsewhere", serveConfig(t, strangers(lang).config()).URL + chatPath},
				{"standing", serveConfig(t, newStandings(lang).config()).URL + "/s/counter"},
				{"closed", serveConfig(t, newStandings(lang).config()).URL + "/s/closed"},
				{"how", fresh.URL + chatPath + "/how"},
				{"unknown", long.URL + "/chat/nobody"},
				{"used", long.URL + "/chat/used"},
				{"expired", long.URL + "/chat/expired"},
				{"broken", long.URL + "/chat/broken"},
			}
			for name, bot := range states(lang) {
				pages = append(pages, walked{name, serveConfig(t, bot.config()).URL + chatPath})
			}
			var parts [2][]walked // of the tabs that walk beside each other
			for i, p := range pages {
				at := &parts[i%len(parts)]
				*at = append(*at, p)
			}
			for i, part := range parts {
				t.Run(fmt.Sprintf("tab %d", i), func(t *testing.T) {
					t.Parallel()
					page := openTab(t, browser)
					for _, p := range part {
						page.walk(p, lang, string(script))
					}
				})
			}
		})
	}
}

// walked is a page and where it is.
type walked struct{ name, link string }

// walk opens a page and looks at it in every look and width; what opens on it, on a phone, light and dark.
func (t tab) walk(p walked, lang, script string) {
	t.Helper()
	t.Walk(p.link, browsertest.Looks(), browsertest.Widths(), func(l browsertest.Look, width int64) {
		where := fmt.Sprintf("%s-%s-%d-%s", p.name, lang, width, l.Name)
		t.passes(where, script)
		t.reads(where, lang)
		t.Picture(where)
		t.AccessibleIn(l, width, where)
	})
	if deed, does := deeds[p.name]; does {
		looks := browsertest.Looks()[:2]
		t.Wear(looks[0], 390)
		t.Visit(p.link, looks[0])
		eval[any](t, deed.does+", 0")
		t.Until(deed.until)
		for _, l := range looks {
			t.Change(l, 390)
			where := fmt.Sprintf("%s-%s-%d-%s-open", p.name, lang, 390, l.Name)
			t.passes(where, script)
			t.Picture(where)
			t.Accessible(where)
		}
	}
	if p.name == "chat" {
		t.landscape(p.link, browsertest.Looks()[0], lang)
	}
}

// passes holds the page to the audit as it is.
func (t tab) passes(where, script string) {
	t.Helper()
	t.NoSidewaysScroll(where)
	t.NoTextOverAnother(where)
	for _, problem := range eval[[]string](t, script) {
		t.Errorf("%s: %s", where, problem)
	}
}

// deeds are what somebody does on a page, by its name, that shows what opens there: the menu, the
// answers that were given, words that are too long.
var deeds = map[string]struct{ does, until string }{
	"rating":   {`document.querySelector(".menu").open = true`, `document.querySelector(".menu ul").checkVisibility()`},
	"finished": {`document.querySelector(".answers").open = true`, `document.querySelector(".answers li").checkVisibility()`},
	"words": {
		`const f = document.querySelector("#f"); f.value = "word ".repeat(900); f.dispatchEvent(new Event("input", { bubbles: true })); f.form.requestSubmit()`,
		`document.querySelector("#f").ariaInvalid === "true" && document.querySelector("#e").textContent !== ""`,
	},
}

// landscape turns the phone: nothing stays in the way of the question, neither on a low screen
// nor where somebody enlarges four times.
func (t tab) landscape(link string, l browsertest.Look, lang string) {
	t.Helper()
	for _, size := range [][2]int64{{844, 390}, {320, 256}} {
		where := fmt.Sprintf("landscape-%s-%d", lang, size[0])
		t.Do(chromedp.EmulateViewport(size[0], size[1], chromedp.EmulateMobile, chromedp.EmulateTouch))
		t.Visit(link, l)
		t.NoSidewaysScroll(where)
		if at := eval[string](t, `[...document.querySelectorAll(".top, .write")].map(e => getComputedStyle(e).position).join(" ")`); at != "static static" {
			t.Errorf("%s: the head and the foot are %s", where, at)
		}
		t.Picture(where)
	}
}

// strangers is a link of another browser's.
func strangers(lang string) *moved {
	m := newMoved()
	m.lang = lang
	return m
}

// states are the conversations that look each in a way of its own.
func states(lang string) map[string]*fakeBot {
	all := map[string]*fakeBot{}
	add := func(name string, does ...chat.Update) *fakeBot {
		b := newFakeBot()
		b.lang = lang
		for _, u := range append([]chat.Update{{Command: "start"}}, does...) {
			u.From, u.Kind, u.At = customer, cmp.Or(u.Kind, chat.Tap), time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
			b.step(u)
		}
		all[name] = b
		return b
	}
	rated, chosen, written := chat.Update{Data: "1ps1.0.1"}, chat.Update{Data: "1ds1.1"}, chat.Update{Kind: chat.Text, Text: "I waited forty minutes, and nobody told me why."}
	add("rating")
	add("several", rated)
	add("words", rated, chosen)
	add("finished", rated, chosen, written)
	add("changing", rated, chat.Update{Data: "1cs1.0"})
	add("eleven").put(customer, "q:s1:0", elevenPoints())
	add("seven").put(customer, "q:s1:0", sevenPoints())
	add("askback").put(customer, "q:s1:0", askedBack())
	add("contact", rated, chosen).put(customer, "q:s1:2", mayWe())
	add("phone", rated, chosen).put(customer, "q:s1:2", whichNumber())
	talk := add("talk", rated, chosen, written, written)
	reply := laid("Ann, I am so sorry. Forty minutes without a word is not how we want to treat you.", chat.Layout{Part: chat.PartReply, Who: "Robin", At: time.Date(2026, 3, 4, 15, 9, 0, 0, time.UTC)})
	reply.Title, reply.Lang = "Robin (Salon Anna)", lang
	talk.put(customer, "reply:1", reply)
	return all
}

// askedBack is the question whether words meant an answer.
func askedBack() chat.Message {
	m := laid(overallAsk+"\n\nDid you mean “2 – dissatisfied”?", chat.Layout{Part: chat.PartQuestion, Step: 1, Steps: 3})
	m.Rows = [][]chat.Button{{{Text: "Yes", Data: "1ms1.0.0", Style: "primary"}, {Text: "No, show the choices", Data: "1ms1.0.1"}}}
	return m
}

// mayWe asks whether somebody may be in touch.
func mayWe() chat.Message {
	m := laid("May someone from our team contact you about this?", chat.Layout{Part: chat.PartQuestion, Step: 4, Steps: 5, FollowsUp: true})
	for i, words := range [][2]string{
		{"Yes, in this chat", "The answer appears on this page."}, {"Yes, by phone", "We ask for your number next."}, {"No, thanks", "You are not contacted about it."},
	} {
		m.Rows = append(m.Rows, []chat.Button{{Text: words[0], Words: words[1], Data: fmt.Sprintf("1ps1.2.%d", i)}})
	}
	m.Rows = append(m.Rows, []chat.Button{{Text: "Skip", Data: "1ss1.2", Aside: chat.AsideSkip}, {Text: "Back", Data: "1bs1.2", Aside: chat.AsideBack}})
	return m
}

// whichNumber asks for a telephone number.
func whichNumber() chat.Message {
	m := laid("Which number may we call?", chat.Layout{Part: chat.PartQuestion, Step: 5, Steps: 5})
	m.Expects, m.Hint = chat.ExpectsPhone, "Type your phone number with the country code."
	m.Rows = [][]chat.Button{{{Text: "Skip", Data: "1ss1.2", Aside: chat.AsideSkip}, {Text: "Back", Data: "1bs1.2", Aside: chat.AsideBack}}}
	return m
}

// reads checks the direction of the page's own words, where the page knows its visitor.
func (t tab) reads(where, lang string) {
	t.Helper()
	if !strings.HasPrefix(where, "chat-") && !strings.HasPrefix(where, "start-") {
		return
	}
	want := lang + " ltr"
	if lang == "ar" {
		want = lang + " rtl"
	}
	if got := eval[string](t, `document.documentElement.lang + " " + getComputedStyle(document.documentElement).direction`); got != want {
		t.Errorf("%s: the page is %s, want %s", where, got, want)
	}
}
