package telegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
)

func TestMeTellsWhoTheBotIs(t *testing.T) {
	w := newWorld(t)
	me, err := w.client.Me(t.Context())
	if want := (telegram.Account{ID: "7000000001", Username: "aftercare_test_bot", Name: "Aftercare", Groups: true}); err != nil || me != want {
		t.Errorf("got %+v, %v", me, err)
	}
	if w.client.ID() != me.ID {
		t.Errorf("the token says %q, Telegram %q", w.client.ID(), me.ID)
	}
}

func TestATokenOfAnotherFormIsToldBeforeAnythingIsSent(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"", "abc", "123", "123:", "x:abc", "123:a b", "123:abc/../x", "123:a%s"} {
		if id, ok := telegram.AccountID(token); ok {
			t.Errorf("%q has the id %q", token, id)
		}
		c := telegram.New(telegram.Config{Token: token, API: w.URL})
		if _, err := c.Me(t.Context()); kindOf(err) != chat.Revoked || token != "" && strings.Contains(err.Error(), token+" ") {
			t.Errorf("%q: %v", token, err)
		}
	}
	if n := len(w.Requests("")); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

// Whoever prints a client or its settings, and whatever goes wrong with the
// address, does not print the token.
func TestTheTokenIsNeverPrinted(t *testing.T) {
	const token = "123456:AAAA-canary_BBBB"
	config := telegram.Config{Token: token, API: "http://127.0.0.1:1"}
	c := telegram.New(config)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{config, &config, c} {
			if s := fmt.Sprintf(format, v); strings.Contains(s, "canary") {
				t.Errorf("%s of %T: %s", format, v, s)
			}
		}
	}
	for _, api := range []string{"http://127.0.0.1:1", "http://host:port", "ftp://host", "http://[::1", "%zz", "http://no-such-host.invalid", "http://127.0.0.1:1/%2f"} {
		c := telegram.New(telegram.Config{Token: token, API: api})
		_, err := c.Me(t.Context())
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "canary") {
			t.Errorf("%s: %v", api, err)
		}
		c.Close()
	}
}

func TestARedirectDoesNotTakeTheTokenElsewhere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the token went to %s", r.URL.Path) }))
	defer elsewhere.Close()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer api.Close()
	c := telegram.New(telegram.Config{Token: "123456:abc", API: api.URL, HTTPClient: &http.Client{}})
	defer c.Close()
	if _, err := c.Me(t.Context()); kindOf(err) != chat.Temporary {
		t.Errorf("got %v", err)
	}
}

func TestAnEndlessAnswerIsNotRead(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		junk := []byte(`{"ok":true,"result":{"id":1,"first_name":"` + strings.Repeat("x", 1<<20) + `"}}`)
		_, _ = w.Write(junk[:len(junk)-3])
		for r.Context().Err() == nil {
			if _, err := w.Write(junk); err != nil {
				return
			}
		}
	}))
	defer api.Close()
	c := telegram.New(telegram.Config{Token: "123456:abc", API: api.URL})
	defer c.Close()
	if _, err := c.Me(t.Context()); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("got %v", err)
	}
}

func TestConnectRegistersTheMenus(t *testing.T) {
	w := newWorld(t)
	w.Inject(telegramtest.Fault{Method: "getMe", HTML: 502})
	menu := func(text string) []telegram.Command {
		return []telegram.Command{{Name: "start", Description: text}, {Name: "help", Description: strings.Repeat("é", 300)}}
	}
	me, err := w.client.Connect(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	sets := []telegram.CommandSet{
		{Scope: telegram.PrivateChats, Commands: menu("Begin")},
		{Scope: telegram.PrivateChats, Language: "zh-Hans", Commands: menu("开始")},
		{Scope: telegram.GroupChats},
	}
	for range 2 { // the second time they are there already
		w.client.Settle(t.Context(), sets)
	}
	if n := len(w.Requests("setMyCommands")); n != 2 {
		t.Errorf("two menus were set %d times", n)
	}
	if me.Username != w.Username {
		t.Fatalf("me.Username is %v, want %v", me.Username, w.Username)
	}
	for language, want := range map[string]string{"": "Begin", "zh": "开始"} {
		got := w.Commands("all_private_chats", language)
		if len(got) != 2 || got[0] != (telegramtest.Command{Command: "start", Description: want}) {
			t.Errorf("%q: %v", language, got)
		}
	}
	if diff := cmp.Diff([]telegramtest.Command(nil), w.Commands("all_group_chats", "")); diff != "" || len(w.Requests("deleteMyCommands")) != 0 {
		t.Errorf("groups have a menu: %s, taken away %d times", diff, len(w.Requests("deleteMyCommands")))
	}
	w.noRefusals()
	for _, bad := range []telegram.Command{{Name: "Start", Description: "x"}, {Name: "start", Description: " "}, {Name: strings.Repeat("s", 33), Description: "x"}} {
		if err := w.client.SetCommands(t.Context(), []telegram.CommandSet{{Scope: telegram.PrivateChats, Commands: []telegram.Command{bad}}}); kindOf(err) != chat.Rejected {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// The menu that another program left in groups goes.
func TestAMenuThatIsNotOursIsTakenAway(t *testing.T) {
	w := newWorld(t)
	other := []telegram.CommandSet{{Scope: telegram.GroupChats, Commands: []telegram.Command{{Name: "play", Description: "Play"}}}}
	if err := w.client.SetCommands(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	w.client.Settle(t.Context(), []telegram.CommandSet{{Scope: telegram.GroupChats}})
	if got := w.Commands("all_group_chats", ""); len(got) > 0 {
		t.Errorf("groups have the menu %v", got)
	}
}

// A server that answers for another bot would take this one's updates and send nothing.
func TestATokenThatIsNotTheServersIsRefused(t *testing.T) {
	w := newWorld(t)
	w.BotID++
	for _, known := range []string{"", "some_bot"} {
		_, err := w.client.Connect(t.Context(), known)
		if kindOf(err) != chat.Revoked || !strings.Contains(err.Error(), "TELEGRAM_API names a server that is not this bot's") {
			t.Errorf("known as %q: %v", known, err)
		}
	}
}

func TestANameThatIsKnownIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.Inject(telegramtest.Fault{Method: "getMe", HTML: 502, Times: 2})
	me, err := w.client.Connect(t.Context(), "old_bot")
	if err != nil || me.ID != w.client.ID() || me.Username != "old_bot" {
		t.Errorf("it is %+v, %v", me, err)
	}
	if _, err := w.client.Me(t.Context()); err == nil {
		t.Error("the second fault did not strike")
	}
	w.client.Settle(t.Context(), nil)
	if n := len(w.Requests("getMe")); n != 3 {
		t.Errorf("the name was asked for %d times, want 3", n)
	}
}

func TestConnectEndsWithItsContextOrItsToken(t *testing.T) {
	w := newWorld(t)
	w.Inject(telegramtest.Fault{Method: "getMe", HTML: 502, Times: -1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := w.client.Connect(ctx, ""); done <- err }()
	w.WaitRequests("getMe", 1)
	cancel()
	if err := <-done; err == nil {
		t.Error("connected to a server that is down")
	}
	w.ClearFaults()
	w.Revoke()
	if _, err := w.client.Connect(t.Context(), ""); kindOf(err) != chat.Revoked {
		t.Errorf("got %v", err)
	}
}
