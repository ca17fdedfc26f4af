package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

func init() {
	token := form{Fields: []field{{Name: "token", Label: "Token", Kind: "password", Fault: "Telegram refuses this token."}}}
	fixtures = append(fixtures,
		fixture{"telegram.html", "empty", frame{Title: "Telegram", Here: "/settings"}, telegramPage{form: token}},
		fixture{"telegram.html", "full", frame{Title: "Telegram", Here: "/settings"}, telegramPage{
			form: token, Bots: []Account{{chat.Telegram, "42", "bella_bot", "", true}, {chat.Telegram, "43", "env_bot", "TELEGRAM_TOKEN", false}},
			Group: groupState{"front-desk", true, true}, Link: secretLink{URL: "https://t.me/bella_bot?startgroup=x", Until: "tomorrow", QR: qrPicture{2, "M0 0h1v1h-1z"}}, Code: "ABC",
		}},
	)
}

// bots are accounts that are connected as a test says.
type bots struct {
	list  []Account
	says  error
	token string
}

func (b *bots) Connect(_ context.Context, p chat.Platform, token string) error {
	if b.says != nil {
		return b.says
	}
	b.token = token
	b.list = append(b.list, Account{p, "42", "bella_bot", "", true})
	return nil
}

func (b *bots) Drop(_ context.Context, _ chat.Platform, id string) error {
	b.list = slices.DeleteFunc(b.list, func(a Account) bool { return a.ID == id })
	return nil
}

func (b *bots) Accounts() []Account { return b.list }

func TestTelegramIsConnectedByPastingItsToken(t *testing.T) {
	s := newStreet(t)
	with := &bots{list: []Account{{chat.Telegram, "7", "env_bot", "TELEGRAM_TOKEN", true}}}
	s.accounts(with)
	b := s.owner()
	const token = "7412345678:AAF0123456789abcdefghijklmnopqrstuv"
	post := func(token string, want int, says string) {
		t.Helper()
		w := b.do("POST", "/settings/telegram", url.Values{"token": {token}})
		if w.Code != want || !strings.Contains(w.Body.String(), says) || token != "" && strings.Contains(w.Body.String(), token) {
			t.Errorf("%.20q: %d, want %d and %q\n%s", token, w.Code, want, says, w.Body)
		}
	}
	post("", 422, "has a colon")
	post("hello", 422, "has a colon")
	with.says = &chat.Error{Kind: chat.Revoked}
	post(token, 422, "refuses this token")
	with.says = &chat.Error{Kind: chat.Temporary}
	post(token, 422, "cannot be reached")
	with.says = nil
	post(" "+token+" ", 303, "")
	if with.token != token {
		t.Errorf("the token is %q", with.token)
	}
	page := b.do("GET", "/settings/telegram", nil).Body.String()
	for _, want := range []string{"@bella_bot", "@env_bot", "set by TELEGRAM_TOKEN"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	if w := b.do("POST", "/settings/telegram/drop", url.Values{"id": {"7"}}); w.Code != http.StatusNotFound {
		t.Errorf("what the environment holds is dropped: %d", w.Code)
	}
	w := b.do("POST", "/settings/telegram/group", nil)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "/here ") {
		t.Errorf("a group: %d\n%s", w.Code, w.Body)
	}
	if chats, err := s.store.StaffChatList(t.Context()); err != nil || len(chats) != 1 || chats[0].Name != "front-desk" {
		t.Errorf("%+v, %v", chats, err)
	}
	if w := b.do("POST", "/settings/telegram/drop", url.Values{"id": {"42"}}); w.Code != http.StatusSeeOther || len(with.list) != 1 {
		t.Errorf("dropped: %d, %v", w.Code, with.list)
	}
	if w := s.hire("lea", access.Grants{access.EverySite: access.Lead}, false).do("GET", "/settings/telegram", nil); w.Code != http.StatusForbidden {
		t.Errorf("a lead: %d", w.Code)
	}
}
