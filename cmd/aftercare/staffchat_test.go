package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

func TestChatsOfStaffAreNamedListedAndRemoved(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("staff", "chat", "list"); !strings.Contains(out, "There is no chat of staff") {
		t.Errorf("%s", out)
	}
	c.must("site", "add", "main", "--name", "Main")
	var link chatLinkView
	if err := json.Unmarshal([]byte(c.must("staff", "chat", "add", "front-desk", "--site", "main", "--json")), &link); err != nil {
		t.Fatal(err)
	}
	if len(link.Code) != 16 {
		t.Fatalf("len(link.Code) is %v, want 16: %+v", len(link.Code), link.Code)
	}
	if link.Name != "front-desk" {
		t.Errorf("link.Name is %q, want front-desk", link.Name)
	}
	if len(link.Sites) != 1 {
		t.Fatalf("len(link.Sites) is %v, want 1: %+v", len(link.Sites), link.Sites)
	}
	if link.Slack != "/feedback here "+link.Code {
		t.Errorf("link.Slack is %q, want %q", link.Slack, "/feedback here "+link.Code)
	}
	if !link.Expires.After(app.Now()) {
		t.Errorf("the code has lapsed: %+v", link)
	}
	if text := c.must("staff", "chat", "add", "front-desk", "--site", "main"); !strings.Contains(text, "/here ") || strings.Contains(text, link.Code) {
		t.Errorf("%s", text)
	}
	c.must("staff", "chat", "add", "everywhere", "--everywhere")
	out := c.must("staff", "chat", "list")
	for _, want := range []string{"front-desk", "main", "every site", "waits for its code"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	c.must("staff", "chat", "remove", "front-desk")
	var views []staffChatView
	if err := json.Unmarshal([]byte(c.must("staff", "chat", "list", "--json")), &views); err != nil {
		t.Fatal(err)
	}
	if len(views) != 1 {
		t.Fatalf("len(views) is %v, want 1: %+v", len(views), views)
	}
	if views[0].Name != "everywhere" {
		t.Errorf("views[0].Name is %q, want everywhere", views[0].Name)
	}
	if len(views[0].Sites) != 0 {
		t.Fatalf("len(views[0].Sites) is %v, want 0: %+v", len(views[0].Sites), views[0].Sites)
	}
	if views[0].Linked != nil {
		t.Errorf("it is linked: %+v", views)
	}
	c.refuses(1, "env-telegram is the name of a chat that a setting holds", "staff", "chat", "add", "env-telegram", "--everywhere")
	c.refuses(1, `there is no chat of staff "front-desk"`, "staff", "chat", "remove", "front-desk")
	c.refuses(1, `there is no site "north"`, "staff", "chat", "add", "front-desk", "--site", "north")
	c.refuses(2, "cannot be the name of a chat", "staff", "chat", "add", "Front Desk")
}

// A chat's code is made anew without a word about its sites, and its sites stay.
func TestAddingAChatAgainKeepsItsSites(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main")
	c.refuses(2, "say which cases front-desk hears of", "staff", "chat", "add", "front-desk")
	if out := c.must("staff", "chat", "add", "front-desk", "--site", "main"); !strings.Contains(out, "hears of main") || strings.Contains(out, "Telegram: or") {
		t.Errorf("%s", out)
	}
	if out := c.must("staff", "chat", "add", "front-desk"); !strings.Contains(out, "hears of main") {
		t.Errorf("%s", out)
	}
	if out := c.must("staff", "chat", "add", "front-desk", "--everywhere"); !strings.Contains(out, "sites: main → every site") {
		t.Errorf("%s", out)
	}
	if out := c.must("staff", "chat", "add", "front-desk"); !strings.Contains(out, "Telegram is not connected yet") || !strings.Contains(out, "Slack is not connected yet") {
		t.Errorf("%s", out)
	}
	c.knowsBot("some_bot")
	out := c.must("staff", "chat", "add", "front-desk")
	if strings.Contains(out, "Telegram is not connected") {
		t.Errorf("%s", out)
	}
	if !strings.Contains(out, "https://t.me/some_bot?startgroup=") || strings.Count(out, "Telegram:") != 1 {
		t.Errorf("%s", out)
	}
}

func TestAChatOfASettingIsListedAndChangedThere(t *testing.T) {
	c := newConsole(t, nil)
	c.must("migrate")
	store, err := app.OpenStore(t.Context(), settings.Settings{DatabaseURL: settings.Secret(c.env["DATABASE_URL"])}, app.Now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	_, err = store.PlaceStaffChat(t.Context(), storage.StaffChat{
		Name: "env-telegram", Setting: "TELEGRAM_STAFF_CHAT", Created: app.Now(),
		Address: chat.Address{Platform: chat.Telegram, Account: "42", Chat: "-100"},
	})
	if err != nil {
		t.Fatal(err)
	}
	out := c.must("staff", "chat", "list")
	for _, want := range []string{"env-telegram", "telegram:42:-100", "set by TELEGRAM_STAFF_CHAT"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	const says = "env-telegram is the chat of TELEGRAM_STAFF_CHAT: change or remove that setting, and start the server again"
	c.refuses(1, says, "staff", "chat", "remove", "env-telegram")
	c.refuses(1, says, "staff", "chat", "add", "env-telegram", "--everywhere")
	if again := c.must("staff", "chat", "list"); again != out {
		t.Errorf("it changed all the same:\n%s", again)
	}
}
