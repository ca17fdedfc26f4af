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

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/browsertest"
)

// TestMatrix walks every page through all looks, widths and languages: nothing scrolls
// sideways, every check of accessibility holds, and the page reads in the language's
// direction. `make browser` runs it; with SCREENSHOTS it leaves a picture of each page.
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
			page := openTab(t, browser)
			full, empty := longConversation(), newFakeBot()
			full.lang, empty.lang = lang, lang
			long, fresh := full.serve(t), empty.serve(t)
			pages := []struct{ name, link string }{
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
				pages = append(pages, struct{ name, link string }{name, serveConfig(t, bot.config()).URL + chatPath})
			}
			for _, l := range browsertest.Looks() {
				for _, width := range browsertest.Widths() {
					page.Wear(l, width)
					for _, p := range pages {
						where := fmt.Sprintf("%s-%s-%d-%s", p.name, lang, width, l.Name)
						page.Visit(p.link, l)
						page.NoSidewaysScroll(where)
						for _, problem := range eval[[]string](page, string(script)) {
							t.Errorf("%s: %s", where, problem)
						}
						page.reads(where, lang)
						page.Picture(where)
						if width == 390 || width == 1280 && l.Name == "light" {
							page.Accessible(where)
						}
					}
				}
			}
		})
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
	talk := add("talk", rated, chosen, written, written)
	reply := laid("Ann, I am so sorry. Forty minutes without a word is not how we want to treat you.", chat.Layout{Part: chat.PartReply, Who: "Robin", At: time.Date(2026, 3, 4, 15, 9, 0, 0, time.UTC)})
	reply.Title, reply.Lang = "Robin (Salon Anna)", lang
	talk.put(customer, "reply:1", reply)
	return all
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
