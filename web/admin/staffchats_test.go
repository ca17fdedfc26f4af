package admin

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

func init() {
	f, ask := frame{Title: "Staff chats"}, form{Fields: []field{{Name: "name", Label: "Name", Fault: "Give it a name."}}}
	fixtures = append(fixtures,
		fixture{"staffchats.html", "empty", f, staffChatsPage{form: ask}},
		fixture{"staffchats.html", "full", f, staffChatsPage{
			form: ask, Test: &chatTest{Name: "desk", Took: "0.8 s", State: storage.Sent, Topic: "test:x"}, Link: &chatLink{secretLink: secretLink{Who: "night", Code: "ABC", Until: "tomorrow", URL: "https://t.me/bella_bot?startgroup=ABC", QR: qrPicture{29, "M0 0h7v1h-7z"}}},
			Chats: []staffChatRow{{Name: "desk", Platform: "Telegram", Hears: "Every site", State: "linked", Linked: true}, {Name: "night", Hears: "Main Street", State: "waits"}, {Name: "old", State: "gone", Linked: true, Gone: true, Set: true}},
		}},
		fixture{"staffchats.html", "failed", f, staffChatsPage{form: ask, Test: &chatTest{Name: "desk", Why: "the bot was removed", State: storage.Failed}}},
	)
}

// A chat of staff is named, linked by a code that somebody sends in it, tested by a message that
// is really sent, and forgotten: all on one page.
func TestAStaffChatIsNamedLinkedAndTested(t *testing.T) {
	w := newWorld(t)
	boss := Viewer{Login: "l", SignIn: "boss", Name: "Robin", Owner: true, Grants: access.Grants{access.EverySite: access.Admin}, Language: "en", Proved: w.clock.Now()}
	b := &visit{w: w, h: New(Config{Store: w.store, Bot: w.bot, Gate: gateOf(boss), Clock: w.clock.Now})}
	if page := body(b.post("/settings/chats", url.Values{"name": {"!!"}, "site": {""}})); !strings.Contains(page, "letters or digits") {
		t.Errorf("no name:\n%s", page)
	}
	page := body(b.post("/settings/chats", url.Values{"name": {"Front Desk"}, "site": {"main"}}))
	code := regexp.MustCompile(`/here ([A-Z2-7]{16})`).FindStringSubmatch(page)
	if code == nil || !strings.Contains(page, "Waiting for the group") || strings.Contains(page, "Send a test") {
		t.Fatalf("a new chat:\n%s", page)
	}
	if page := body(b.post("/settings/chats", url.Values{"name": {"front-desk"}, "site": {""}})); !strings.Contains(page, "There is one of the name front-desk") {
		t.Errorf("the same name:\n%s", page)
	}
	group := chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"}
	u := chat.Update{Key: "tg:link", Kind: chat.Command, Command: "here", Text: code[1], From: group, User: chat.User{ID: "7", Name: "Robin", Language: "en"}, At: w.clock.Now()}
	if _, err := w.bot.Handle(t.Context(), []chat.Update{u}); err != nil {
		t.Fatal(err)
	}
	if page := body(b.get("/settings/chats?link=front-desk")); !strings.Contains(page, "front-desk is linked") || !strings.Contains(page, "Main Street") {
		t.Errorf("linked:\n%s", page)
	}
	page = body(b.post("/settings/chats/front-desk/test", nil))
	key := regexp.MustCompile(`data-topic="test:([0-9a-f-]{36})"`).FindStringSubmatch(page)
	if key == nil || !strings.Contains(page, "on its way to front-desk") {
		t.Fatalf("a test:\n%s", page)
	}
	d, err := bot.ChatTests{Bot: w.bot}.Look(t.Context(), key[1])
	if err != nil || d.Address != group || !strings.HasPrefix(d.Render.Text, "This is a test from Robin") {
		t.Errorf("what is sent: %+v, %v", d, err)
	}
	if page := body(b.get("/settings/chats?test=x%27")); strings.Contains(page, "on its way") {
		t.Errorf("a test that is none:\n%s", page)
	}
	if page := body(b.post("/settings/chats/nobody/test", nil)); !strings.Contains(page, "There is no such chat") {
		t.Errorf("a chat that is none:\n%s", page)
	}
	if page := body(b.post("/settings/chats/front-desk/drop", nil)); !strings.Contains(page, "Forgotten.") || strings.Contains(page, ">front-desk<") {
		t.Errorf("forgotten:\n%s", page)
	}
	if rev, err := newHub(w.store).revision(t.Context(), chatsTopic); err != nil || rev == "" {
		t.Errorf("the stream: %q, %v", rev, err)
	}
}
