package admin

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	f := frame{Title: "Rules", Here: "/settings"}
	ask := form{Fields: []field{{Name: "site", Label: "Site", Kind: "select", Options: []option{{"main", "Main Street"}}}}}
	fixtures = append(fixtures,
		fixture{"rule_file.html", "empty", f, rulesPage{Source: "rules: {}", Tried: &triedRules{}}},
		fixture{"rule_file.html", "full", f, rulesPage{
			Source: "rules: {}", Version: 3, Fault: "Somebody published version 4.", Findings: []ruleFinding{{"Line 2:", "There is no such rule.", "a: b\n^"}},
			Tried: &triedRules{Sessions: 9, Changes: [][2]string{{"Would open", "2"}}, Rows: []caseDifference{{"/cases/A-1", "A-1", "Would open", "Main Street"}}, More: 1, Cut: true},
		}},
		fixture{"hearing.html", "empty", f, hearingPage{form: ask, Asked: true}},
		fixture{"hearing.html", "full", f, hearingPage{form: ask, Asked: true, Hear: []string{"front-desk (Telegram)"}}},
	)
}

// Rules are tried on the past before they are published; a file with an error, or written
// while somebody else published another, changes nothing and is given back whole.
func TestRulesAreTriedAndPublished(t *testing.T) {
	w := newWorld(t)
	w.unhappy("main", "7", "Anna", "I waited.")
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	save := func(do, version, source string) string {
		t.Helper()
		return body(b.post("/settings/rules/file", url.Values{"do": {do}, "version": {version}, "source": {source}}))
	}
	shipped := string(rulefile.Shipped())
	if page := save("check", "0", shipped); !strings.Contains(page, "1 conversations of the last 90 days") || !strings.Contains(page, "Nothing would have been different") {
		t.Errorf("the shipped rules on the past:\n%s", page)
	}
	if page := save("publish", "0", "rules: {nothing: yes}"); !strings.Contains(page, "Nothing was saved") || !strings.Contains(page, "Line 1:") || !strings.Contains(page, "rules: {nothing: yes}") {
		t.Errorf("an error:\n%s", page)
	}
	if page := save("publish", "0", shipped+"\nsites: {mian: {}}\n"); !strings.Contains(page, "mian") || !strings.Contains(page, "Nothing was saved") {
		t.Errorf("a site that is not there:\n%s", page)
	}
	if page := save("publish", "0", shipped+"# ours\n"); !strings.Contains(page, "Published.") {
		t.Errorf("published:\n%s", page)
	}
	if src, err := w.store.Rules(t.Context(), 0); err != nil || src.Version != 1 || !strings.HasSuffix(src.Source, "# ours\n") {
		t.Errorf("%+v, %v", src.Version, err)
	}
	if page := save("publish", "0", shipped+"# theirs\n"); !strings.Contains(page, "Somebody published version 1") || !strings.Contains(page, "# theirs") {
		t.Errorf("two at once:\n%s", page)
	}
	if code := w.as("robin").get("/settings/rules").Code; code != 403 {
		t.Errorf("a lead: %d", code)
	}

	ask := func() string { return body(b.get("/settings/hearing?site=main&priority=1")) }
	if page := ask(); !strings.Contains(page, "No chat hears of it.") {
		t.Errorf("nobody:\n%s", page)
	}
	at := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
	if _, err := w.store.PlaceStaffChat(t.Context(), storage.StaffChat{Name: "env-telegram", Setting: "TELEGRAM_STAFF_CHAT", Address: at, Created: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := w.bot.StaffChatsChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if page := ask(); !strings.Contains(page, "env-telegram (Telegram)") {
		t.Errorf("a chat:\n%s", page)
	}
}
