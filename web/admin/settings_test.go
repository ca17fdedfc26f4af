package admin

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// A setting is found by the words of its title, of its line and of its heading, in any order, without
// script; what nothing is called is said so.
func TestASettingIsFoundByItsWords(t *testing.T) {
	h := newHouse(t, Viewer{Login: "l", SignIn: "boss", Name: "Boss", Owner: true, Language: "en"})
	for query, wants := range map[string][2]string{
		"":            {`href="/settings/sites"`, "No setting is called"},
		"sites":       {`href="/settings/sites"`, `href="/settings/hearing"`},
		"HEAR who":    {`href="/settings/hearing"`, `href="/settings/sites"`},
		"nothing <b>": {"No setting is called “nothing &lt;b&gt;”", `class="cover"`},
	} {
		_, page, _ := strings.Cut(h.get("/settings?q="+url.QueryEscape(query), 200), "<main")
		if !strings.Contains(page, wants[0]) || strings.Contains(page, wants[1]) || !strings.Contains(page, `role="search"`) {
			t.Errorf("%q does not find %s alone", query, wants[0])
		}
	}
}

// fewEndpoints are two, of which one is switched off.
type fewEndpoints struct{ Endpoints }

func (fewEndpoints) List(context.Context) ([]Endpoint, error) {
	on, off := Endpoint{Hook: storage.Hook{ID: "a"}}, Endpoint{Hook: storage.Hook{ID: "b"}}
	off.Off = storage.HookFailing
	return []Endpoint{on, off}, nil
}

// Each card of the settings says how it stands: what is connected and what is not served, what is used, since when.
func TestCardsOfSettingsSayHowThingsStand(t *testing.T) {
	w := newWorld(t)
	owner := Viewer{Login: "l", SignIn: "boss", Staff: "robin", Name: "Robin Park", Owner: true, Language: "en"}
	with, safe := &bots{}, &vault{}
	c := Config{Store: w.store, Bot: w.bot, Gate: gateOf(owner), Clock: w.clock.Now, Accounts: with, Backups: safe, Endpoints: fewEndpoints{}}
	says := func(at string) string {
		t.Helper()
		_, card, _ := strings.Cut(body((&visit{w: w, h: New(c)}).get("/settings")), `<a class="cover" href="`+at+`">`)
		card, _, ok := strings.Cut(card, "</li>")
		if !ok {
			t.Fatalf("no card leads to %s", at)
		}
		return card
	}
	hold := func(at string, want, never string) {
		t.Helper()
		if card := says(at); !strings.Contains(card, want) || never != "" && strings.Contains(card, never) {
			t.Errorf("%s says %s; wanted %q and not %q", at, card, want, never)
		}
	}
	hold("/settings/telegram", "Not connected", "✓")
	hold("/settings/data", "No backup by this page", "✓")
	hold("/settings/tokens", "None", "")
	hold("/settings/rules", "As shipped", "Version")
	hold("/settings/hours", "Never closed", "")
	hold("/settings/webhooks", "✕ Switched off: 1", "✓")
	hold("/settings/webhooks", "In use: 1", "")
	hold("/asking/triggers", "As shipped", "")

	with.list = []Account{{chat.Telegram, "42", "salon_bot", "", true}, {chat.Telegram, "43", "old_bot", "", false}}
	safe.Begin()
	now := w.clock.Now()
	for i, err := range []error{
		w.store.PutToken(t.Context(), storage.Token{ID: "1", Name: "till", Hash: "h1", Made: now, Expires: now.Add(24 * time.Hour)}, storage.Audit{ID: "a1", At: now, What: "token.make"}),
		w.store.PutToken(t.Context(), storage.Token{ID: "2", Name: "old", Hash: "h2", Made: now, Expires: now.Add(-time.Hour)}, storage.Audit{ID: "a2", At: now, What: "token.make"}),
	} {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	source := "rules:\n  hours:\n    week: {mon: [\"09:00-18:00\"], tue: [\"09:00-18:00\"], wed: [\"09:00-18:00\"], sat: [\"10:00-14:00\"]}\n"
	if _, _, err := w.store.PublishRules(t.Context(), source, now); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if err := w.store.PutSite(t.Context(), storage.Site{ID: fmt.Sprint("more-", i), Name: fmt.Sprint("More ", i), Zone: "UTC", Language: "en", Created: now}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.bot.Configuration().Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	hold("/settings/telegram", "✕ Not served: @old_bot", "Not connected")
	hold("/settings/telegram", "✓</span> @salon_bot", "")
	hold("/settings/data", "✓</span> Last backup", "")
	hold("/settings/tokens", "In use: 1. The next one ends: tomorrow", "")
	hold("/settings/rules", "Version 1, published today", "As shipped")
	hold("/settings/hours", "Mon–Wed 09:00-18:00 · Sat 10:00-14:00", "Sun")
	hold("/settings/sites", "and 5 more", "More 5")
	if page := body((&visit{w: w, h: New(c)}).get("/settings?q=backups+kept")); !strings.Contains(page, `href="/settings/data"`) || strings.Contains(page, `href="/settings/tokens"`) {
		t.Error("a card is not found by what its page is for")
	}
}
