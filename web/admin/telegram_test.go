package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
)

func init() {
	token := form{Fields: []field{{Name: "token", Label: "Token", Kind: "password", Fault: "Telegram refuses this token."}}}
	fixtures = append(fixtures,
		fixture{"telegram.html", "empty", frame{Title: "Telegram", Here: "/settings"}, channelPage{form: token, Elsewhere: true, Setup: true}},
		fixture{"telegram.html", "full", frame{Title: "Telegram", Here: "/settings"}, channelPage{
			form: token, Accounts: []Account{{chat.Telegram, "42", "bella_bot", "", true}, {chat.Telegram, "43", "env_bot", "TELEGRAM_TOKEN", false}},
			Group: groupState{"front-desk", true, true}, Link: secretLink{URL: "https://t.me/bella_bot?startgroup=x", Until: "tomorrow", QR: qrPicture{2, "M0 0h1v1h-1z"}, Code: "ABC"}, NoGroups: true, Waits: true,
		}},
		fixture{"slack.html", "empty", frame{Title: "Slack"}, channelPage{form: token, Make: slackApps + "%7B%7D"}},
		fixture{"slack.html", "full", frame{Title: "Slack"}, channelPage{
			form: token, Make: slackApps + "%7B%7D", Accounts: []Account{{chat.Slack, "T1", "Bella", "", true}, {chat.Slack, "T2", "Old", "SLACK_BOT_TOKEN", false}}, Link: secretLink{Code: "ABC", Until: "tomorrow"}, Waits: true, Setup: true,
		}},
	)
}

// bots are accounts that are connected as a test says.
type bots struct {
	list  []Account
	says  error
	token string
	asked string
	found Examined
}

func (b *bots) Connect(_ context.Context, p chat.Platform, token string) error {
	if b.says != nil {
		return b.says
	}
	b.token = token
	b.list = append(b.list, Account{p, "42", "bella_bot", "", true})
	return nil
}

func (b *bots) Examine(_ context.Context, _ chat.Platform, token string) (Examined, error) {
	b.asked = token
	return b.found, b.says
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
	const folded = "<details><summary>Connect another bot</summary>"
	post("", 422, "<details open><summary>Connect another bot</summary>")
	post("", 422, "has a colon")
	post("hello", 422, "has a colon")
	with.says = &chat.Error{Kind: chat.Revoked}
	post(token, 422, "refuses this token")
	with.says = &chat.Error{Kind: chat.Temporary}
	post(token, 422, "cannot be reached")
	with.says, with.found = nil, Examined{Name: "bella_bot", Elsewhere: "https://old.example/hook", Groups: true}
	post(token, 422, "https://old.example/hook")
	if with.token != "" {
		t.Error("a bot that another server is called for is taken over unasked")
	}
	with.found.Elsewhere = ""
	post(" "+token+" ", 303, "")
	if with.token != token {
		t.Errorf("the token is %q", with.token)
	}
	page := b.do("GET", "/settings/telegram", nil).Body.String()
	for _, want := range []string{"@bella_bot", "@env_bot", "set by TELEGRAM_TOKEN", folded} {
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

// Slack is connected by an app that Slack makes of our manifest, and by its two tokens: what is
// wrong with either is said at its field, what it lacks by Slack's names.
func TestSlackIsConnectedByItsTwoTokens(t *testing.T) {
	s := newStreet(t)
	s.config.SlackManifest = `{"name":"Aftercare"}`
	with := &bots{}
	s.accounts(with)
	b := s.owner()
	page := b.do("GET", "/settings/slack?from=setup", nil).Body.String()
	if !strings.Contains(page, "https://api.slack.com/apps?new_app=1&amp;manifest_json=%7B%22name%22%3A%22Aftercare%22%7D") || !strings.Contains(page, `href="/care/setup/survey"`) {
		t.Errorf("the page:\n%s", page)
	}
	const bot, app = "xoxb-1-canary", "xapp-1-canary"
	post := func(bot, app string, want int, says string) {
		t.Helper()
		w := b.do("POST", "/settings/slack", url.Values{"bot": {bot}, "app": {app}, "from": {"setup"}})
		if w.Code != want || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%q, %q: %d, want %d and %q\n%s", bot, app, w.Code, want, says, w.Body)
		}
	}
	post("hello", app, 422, "begins with xoxb-")
	post(bot, "xoxb-1-canary", 422, "begins with xapp-")
	with.says = &chat.Error{Kind: chat.Revoked}
	post(bot, app, 422, "Slack refuses this token")
	with.says = &chat.Error{Kind: chat.Temporary}
	post(bot, app, 422, "Slack cannot be reached")
	with.says, with.found = nil, Examined{Missing: []string{"im:write", "commands"}}
	post(bot, app, 422, "im:write, commands")
	with.found = Examined{Socket: &chat.Error{Kind: chat.Revoked}}
	post(bot, app, 422, "connections:write")
	if with.token != "" {
		t.Error("it is connected all the same")
	}
	with.found = Examined{Name: "Bella"}
	post(bot, app, 303, "")
	if with.token != bot+" "+app {
		t.Errorf("the tokens are %q", with.token)
	}
	b.do("GET", "/settings/slack", nil) // which offers it
	if w := b.do("POST", "/settings/slack/channel", nil); !strings.Contains(w.Body.String(), "/feedback here ") || !strings.Contains(w.Body.String(), "Waiting for") {
		t.Errorf("a channel:\n%s", w.Body)
	}
	if w := b.do("POST", "/settings/slack/drop", url.Values{"id": {"42"}}); w.Code != http.StatusSeeOther || len(with.list) != 0 {
		t.Errorf("dropped: %d, %v", w.Code, with.list)
	}
}

// An address is tried by asking there for what only this program can answer.
func TestThePublicAddressIsTried(t *testing.T) {
	s := newStreet(t)
	b := s.owner()
	server := httptest.NewServer(http.StripPrefix("", s.pages))
	defer server.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler(server.URL+"/care/", http.StatusFound))
	defer elsewhere.Close()
	named := func(at string) string { return strings.Replace(at, "127.0.0.1", "127.0.0.1.nip.invalid", 1) }
	for at, want := range map[string]string{
		"": "Write an address", "ftp://care.example": "Write an address", "https://me:pass@care.example": "Write an address",
		"http://localhost:8080": "only this computer or network", "http://192.168.1.7": "only this computer or network", named(server.URL): "has to lead it to this computer",
		"salon.example.com/x y": "Write an address",
	} {
		if w := b.do("POST", "/setup/address", url.Values{"address": {at}}); w.Code != 422 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: %d, want %q\n%s", at, w.Code, want, w.Body)
		}
	}
	if w := b.do("GET", "/setup/address", nil); w.Code != 200 || !strings.Contains(w.Body.String(), `name="address"`) {
		t.Errorf("a try that is read again: %d\n%s", w.Code, w.Body)
	}
	site := newSite(s.config)
	v := Viewer{Owner: true, SignIn: "robin"}
	if err := (chatPages{site}).takeAddress(t.Context(), v, "http://care.example/care"); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{site.public(), bot.LinksOf(site.Bot).PublicURL()} {
		if at != "http://care.example/care" {
			t.Errorf("links begin with %q", at)
		}
	}
	if w := b.do("GET", "/setup/chats", nil); !strings.Contains(w.Body.String(), "http://care.example/care") || strings.Contains(w.Body.String(), "this computer only") {
		t.Errorf("it is not said:\n%s", w.Body)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /care/reach/{challenge}", func(w http.ResponseWriter, r *http.Request) { _ = chatPages{site}.reached(w, r, Viewer{}) })
	ours := httptest.NewServer(mux)
	defer ours.Close()
	for at, want := range map[string]string{ours.URL + "/care": "", ours.URL: "address_other", elsewhere.URL: "address_other", server.URL + "/care": "address_other"} {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (chatPages{site}).leadsHere(t.Context(), u); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
}
