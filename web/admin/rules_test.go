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
			Source: "rules: {}", Version: 3, Theirs: "rules:", Bar: &ruleBar{State: "Draft by Mei"}, Fault: "Somebody published version 4.", Findings: []ruleFinding{{"Line 2:", "There is no such rule.", "a: b\n^"}},
			Tried: &triedRules{Sessions: 9, Changes: [][2]string{{"Would open", "2"}}, Rows: []caseDifference{{"/cases/A-1", "A-1", "Would open", "Main Street"}}, More: 1, Cut: true},
		}},
		fixture{"file_publish.html", "empty", f, filePublish{Key: "rules", At: "/settings/rules", Same: true}},
		fixture{"file_publish.html", "full", f, filePublish{
			Key: "rules", At: "/settings/rules",
			Next: 4, Rev: 2, Fault: "Somebody was here.", Behind: "Version 3 was published since.", Findings: []ruleFinding{{"Line 2:", "There is no such rule.", "a: b\n^"}},
			compareView: compareView{Changes: []changeView{{Text: "P1 · Contact by", Was: "1h", Now: "45m"}}, Lines: []diffLine{{"-", "a"}, {"+", "b"}}}, Tried: &triedRules{Sessions: 3},
		}},
		fixture{"rule_versions.html", "empty", f, rulesVersions{At: "/settings/rules", Shipped: "In force: the shipped rules."}},
		fixture{"rule_versions.html", "full", f, rulesVersions{At: "/settings/rules", Compare: "Compare with the shipped rules", ToShipped: "Back to the shipped rules", Before: 4, Older: 3, Versions: []ruleVersion{{2, "today", "Mei", "why", true, 1}, {1, "today", "", "", false, 0}}}},
		fixture{"hearing.html", "empty", f, hearingPage{form: ask, Asked: true}},
		fixture{"hearing.html", "full", f, hearingPage{form: ask, Asked: true, Hear: []string{"front-desk (Telegram)"}}},
	)
}

// The file of rules is tried on the past, stored with its errors, and published without: what somebody
// else wrote meanwhile is shown beside one's own, and a version that is given up comes back.
func TestRulesAreTriedAndPublished(t *testing.T) {
	w := newWorld(t)
	w.unhappy("main", "7", "Anna", "I waited.")
	boss := Viewer{Login: "l", SignIn: "boss", Grants: access.Grants{access.EverySite: access.Admin}, Language: "en"}
	b := &ruleDesk{&visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}, t}
	file := func(do, rev, source string) string {
		t.Helper()
		return body(b.visit.post("/settings/rules/file", url.Values{"do": {do}, "version": {rev}, "source": {source}}))
	}
	shipped := string(rulefile.Shipped())
	if page := file("check", "0", shipped); !strings.Contains(page, "1 conversations of the last 90 days") || !strings.Contains(page, "Nothing would have been different") {
		t.Errorf("the shipped rules on the past:\n%s", page)
	}
	if page := file("save", "0", "rules: {nothing: yes}"); !strings.Contains(page, "Line 1:") || !strings.Contains(page, "rules: {nothing: yes}") || !strings.Contains(page, "Draft by") {
		t.Errorf("an error:\n%s", page)
	}
	if to := b.get("/settings/rules").Header().Get("Location"); to != "/settings/rules/file" {
		t.Errorf("the form of a draft that cannot be read leads to %q, and not to its file", to)
	}
	if page := b.publish(""); !strings.Contains(page, "Line 1:") || !strings.Contains(page, `role="alert"`) {
		t.Errorf("an error is published:\n%s", page)
	}
	if page := file("save", "1", shipped+"\nsites: {mian: {}}\n"); !strings.Contains(page, "mian") {
		t.Errorf("a site that is not there:\n%s", page)
	}
	if page := b.publish(""); !strings.Contains(page, "There is no site mian") {
		t.Errorf("a site that is not there is published:\n%s", page)
	}
	if page := file("save", "1", shipped+"# theirs\n"); !strings.Contains(page, "mian") || !strings.Contains(page, "# theirs") || !strings.Contains(page, "changed the file while you wrote") {
		t.Errorf("two at once:\n%s", page)
	}
	if page := file("publish", "2", shipped+"# ours\n"); !strings.Contains(page, "Publish the rules") || !strings.Contains(page, "+ # ours") {
		t.Errorf("before it is published:\n%s", page)
	}
	if page := b.publish("why not"); !strings.Contains(page, "Published.") {
		t.Errorf("published:\n%s", page)
	}
	if src, err := w.store.Rules(t.Context(), 0); err != nil || src.Version != 1 || !strings.HasSuffix(src.Source, "# ours\n") {
		t.Errorf("%+v, %v", src.Version, err)
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
