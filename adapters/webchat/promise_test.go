package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// promising are the words by which a text promises something, or says that it is so.
var promising = regexp.MustCompile(`(?i)\b(will|within|told|tells|delivered|here|nobody|nothing|the team|reads this|appears|kept|once|never|keeps|can (?:be|change)|may leave|needed|stays|sees|for \{n\})\b`)

// pagePromises are the texts of the pages that promise something, by their place in words.json,
// with a page that shows them where that is kept, and one that does not where it would not be.
var pagePromises = map[string]struct{ kept, withheld string }{
	"/Delivered":              {"own words, told", "own words, kept"},
	"/Offline":                {"a question", "away"}, // hidden while there is a connection; the box, with what was written, stays
	"/ClosedHint":             {"closed", "own words, told"},
	"/OwnHint":                {"elsewhere, for everybody", "elsewhere"},
	"/AskLinkHint":            {"elsewhere", "elsewhere, for everybody"},
	"/AskedAlready":           {"asked already", "elsewhere"},
	"/OnlyTeam":               {"elsewhere", "elsewhere, of nobody"},
	"/HowList/0":              {"how", "how, of a pulse"},
	"/HowList/1":              {"how", "how, of a pulse"},
	"/HowList/2":              {"how", "how, of a pulse"},
	"/HowList/3":              {"how", "how, of a pulse"},
	"/HowFoot":                {"how", "how, of a pulse"},
	"/ChangeWithin":           {"finished", "finished, long ago"},
	"/Lost":                   {"a question", "away"}, // for the script, which keeps trying
	"/StartHint":              {"nothing yet", "own words, told"},
	"/BeginWith":              {"begin", "begin, closed"},
	"/BeginUs":                {"begin, of nobody", "begin"},
	"/Notices/used/Text":      {"used", "expired"},
	"/Notices/over/Text":      {"over", "expired"},
	"/Notices/expired/Text":   {"expired", "over"},
	"/Notices/off/Text":       {"off", "expired"},
	"/Notices/elsewhere/Text": {"elsewhere", "own words, told"},
	"/Notices/cookie/Text":    {"no cookie", "a question"},
	"/Notices/away/Text":      {"away", "down"},
	"/Notices/down/Text":      {"down", "away"},
	"/Notices/code/Text":      {"code", "code, before anything was said"},
	"/Failed":                 {"a question", "away"}, // for the script, where the connection breaks
	"/Slow":                   {"a question", "away"},
}

// noPagePromise are texts that hold such a word and promise nothing by it.
var noPagePromise = []string{
	"/GoOnHere", "/NoCookie", "/BeginHere", "/Team", "/WrongCode", "/NoCode", "/Notices/unknown/Text", "/Notices/foreign/Text", "/Notices/garbled/Text", "/Notices/big/Text",
	"/Notices/closed/Text", "/Notices/crowded/Text", "/Notices/cookie/Title",
}

// Each page is asked for as a visitor does, and read.
func TestEveryPromiseOfThePagesIsKeptOrNotMade(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("words.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(source, &all); err != nil {
		t.Fatal(err)
	}
	texts := map[string]map[string]string{}
	for lang, words := range all {
		texts[lang] = map[string]string{}
		readWords(t, words, "", texts[lang])
	}
	for path, text := range texts["en"] {
		if _, watched := pagePromises[path]; promising.MatchString(text) && !watched && !slices.Contains(noPagePromise, path) {
			t.Errorf("%s promises something, %q, and names no page that keeps it and none that does not make it", path, text)
		}
	}
	for lang := range texts {
		pages := pagesOf(lang)
		for path, p := range pagePromises {
			text := texts[lang][path]
			if text == "" {
				t.Errorf("there is no text %s", path)
				continue
			}
			for where, want := range map[string]bool{p.kept: true, p.withheld: false} {
				if pages[where] == "" {
					t.Errorf("%s: there is no page %q", path, where)
				} else if shownOn(pages[where], text) != want {
					t.Errorf("%s in %s, %q: on the page %q it is shown: %t", path, lang, text, where, !want)
				}
			}
		}
	}
}

// shownOn reports whether a page shows a text, whatever fills its gaps.
func shownOn(page, text string) bool {
	var parts []string
	for _, part := range regexp.MustCompile(`\{[a-z]+\}`).Split(text, -1) {
		parts = append(parts, regexp.QuoteMeta(part))
	}
	return regexp.MustCompile(strings.Join(parts, `[^<]*`)).MatchString(page)
}

// pagesOf are the pages of every kind in a language.
func pagesOf(lang string) map[string]string {
	const mine = browserCookie + "=mine"
	pages := map[string]string{}
	get := func(name string, c Config, method, path, body string, header ...string) {
		visitor := c.Visitor
		c.Visitor = func(ctx context.Context, token, browser string) (Visitor, error) {
			v, err := visitor(ctx, token, browser)
			v.Language = lang
			return v, err
		}
		pages[name] = html.UnescapeString(ask(New(c), method, path, body, append([]string{"Accept-Language", lang}, header...)...).Body.String())
	}
	visited := func(v Visitor, err error) Config {
		bot := newFakeBot()
		c := bot.config()
		c.Visitor = func(context.Context, string, string) (Visitor, error) { v.Address = customer; return v, err }
		c.Ask = func(context.Context, string, string, string, string) error { return nil }
		return c
	}
	begun := func(told bool) Config {
		bot := newFakeBot()
		own := laid("My hair is green", chat.Layout{Part: chat.PartOwn, At: time.Date(2026, 3, 4, 15, 52, 0, 0, time.UTC), Told: told})
		own.Mine = true
		bot.put(customer, "own:1", own)
		return bot.config()
	}
	get("own words, told", begun(true), "GET", chatPath, "", "Cookie", mine)
	get("own words, kept", begun(false), "GET", chatPath, "", "Cookie", mine)
	closed := begun(true)
	open := closed.Visitor
	closed.Visitor = func(ctx context.Context, token, browser string) (Visitor, error) {
		v, err := open(ctx, token, browser)
		v.Closed = "10:00"
		return v, err
	}
	get("closed", closed, "GET", chatPath, "", "Cookie", mine)
	asking := newFakeBot()
	asking.begins = true
	get("a question", asking.config(), "GET", chatPath, "", "Cookie", mine)
	get("down", func() Config { b := newFakeBot(); b.away = errors.New("away"); return b.config() }(), "GET", chatPath, "", "Cookie", mine)
	get("away", func() Config { b := newFakeBot(); b.away = errors.New("away"); return b.config() }(), "POST", chatPath, form("nonce", "n1", "text", "green"), "Cookie", mine)
	fresh := visited(Visitor{Title: "Salon Anna", Fresh: true, Unopened: true}, nil)
	fresh.Preview = asking.preview
	get("no cookie", fresh, "POST", chatPath, form("nonce", "n1", "text", "green"))
	get("code, before anything was said", fresh, "POST", chatPath+"/elsewhere", form("nonce", "n1"), "Cookie", mine)
	pages["code, before anything was said"] += " " // it leads back: there is nothing to read
	get("code", newMoved().config(), "POST", chatPath+"/elsewhere", form("nonce", "n1"), "Cookie", mine)
	get("how", newMoved().config(), "GET", chatPath+"/how", "")
	get("how, of a pulse", visited(Visitor{Title: "Salon Anna", Pulse: true}, nil), "GET", chatPath+"/how", "")
	pages["how, of a pulse"] += " "
	elsewhere := visited(Visitor{Title: "Salon Anna"}, ErrElsewhere)
	get("elsewhere", elsewhere, "GET", chatPath, "", "Cookie", theirs)
	get("elsewhere, of nobody", visited(Visitor{}, ErrElsewhere), "GET", chatPath, "", "Cookie", theirs)
	elsewhere.Ask = func(context.Context, string, string, string, string) error { return fmt.Errorf("ask: %w", ErrUsed) }
	get("asked already", elsewhere, "POST", chatPath+"/own", form("nonce", "n1", "text", "I am Ben"), "Cookie", theirs)
	elsewhere.Anew = func(context.Context, string) (string, error) { return "/chat/NEW", nil }
	get("elsewhere, for everybody", elsewhere, "GET", chatPath, "", "Cookie", theirs)
	finished := newFakeBot()
	for _, u := range []chat.Update{{Command: "start"}, {Data: "1ps1.0.1"}, {Data: "1ds1.1"}, {Kind: chat.Text, Text: "I waited."}} {
		u.From = customer
		finished.step(u)
	}
	end := finished.config()
	end.ChangeWithin = 15 * time.Minute
	get("finished", end, "GET", chatPath, "", "Cookie", mine)
	for i := range finished.items[customer] {
		finished.items[customer][i].Message.Rows = nil // the answers stand
	}
	get("finished, long ago", end, "GET", chatPath, "", "Cookie", mine)
	get("nothing yet", newFakeBot().config(), "GET", chatPath, "", "Cookie", mine)
	begins := newStandings(lang).config()
	get("begin", begins, "GET", "/s/counter", "")
	get("begin, closed", begins, "GET", "/s/closed", "")
	begins.Standing = func(context.Context, string) (Standing, error) { return Standing{Language: lang}, nil }
	get("begin, of nobody", begins, "GET", "/s/counter", "")
	get("used", visited(Visitor{}, ErrUsed), "GET", chatPath, "")
	get("expired", visited(Visitor{}, ErrExpired), "GET", chatPath, "")
	get("over", visited(Visitor{}, ErrOver), "GET", chatPath, "")
	get("off", visited(Visitor{}, ErrOff), "GET", chatPath, "")
	return pages
}
