package app

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// evening is somebody who sets the program up with nothing but a browser.
type evening struct {
	*testing.T
	http *http.Client
	base string
}

func (e *evening) page(r *http.Response, err error) string {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode >= 400 {
		e.Fatalf("%s: %d, %v\n%s", r.Request.URL, r.StatusCode, err, body)
	}
	return string(body)
}

func (e *evening) get(at string) string {
	e.Helper()
	return e.page(e.http.Get(e.base + at))
}

func (e *evening) post(at string, form url.Values) string {
	e.Helper()
	return e.page(e.http.PostForm(e.base+at, form))
}

// code is what a page says is to be sent in a chat.
func (e *evening) code(page, command string) string {
	e.Helper()
	m := regexp.MustCompile(regexp.QuoteMeta(command) + ` ([A-Z2-7]{16})`).FindStringSubmatch(page)
	if m == nil {
		e.Fatalf("no %q on the page:\n%s", command, page)
	}
	return m[1]
}

// TestTelegramAndSlackAreConnectedInTheBrowserAlone goes from an empty database to a card in a
// group of Telegram and in a channel of Slack: no setting, no restart. The tokens are sealed,
// and served again after one.
func TestTelegramAndSlackAreConnectedInTheBrowserAlone(t *testing.T) {
	tg, slack := telegramtest.New(t), slackfake.New(t)
	links := make(chan string, 1)
	s := settings.Settings{
		DatabaseURL: settings.Secret("sqlite:" + filepath.Join(t.TempDir(), "a.db")), Listen: "127.0.0.1:0", SecretKey: someKey, API: tg.URL, SlackAPI: slack.URL,
	}
	a := New(Config{Settings: s})
	a.Say = func(words string) {
		select {
		case links <- regexp.MustCompile(`/setup/\S+`).FindString(words):
		default:
		}
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped := false
	t.Cleanup(func() {
		if !stopped {
			_ = a.Stop()
		}
	})
	jar, _ := cookiejar.New(nil) // without options: cannot fail
	e := &evening{t, &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, "http://" + a.Address().String()}
	link := ""
	select {
	case link = <-links:
	case <-time.After(longest):
		t.Fatal("no link to set up is said")
	}
	e.post(link, url.Values{"shown": {"Robin Park"}, "name": {"robin"}, "password": {"two old bicycles"}})
	e.post("/setup/place", url.Values{"name": {"Bella"}, "zone": {"Europe/Berlin"}, "language": {"en"}, "hours": {"always"}})
	if page := e.get("/setup/chats"); !strings.Contains(page, "/settings/telegram?from=setup") || !strings.Contains(page, "/settings/slack?from=setup") {
		t.Fatalf("the step of chats:\n%s", page)
	}

	e.post("/settings/telegram", url.Values{"token": {tg.Token}, "from": {"setup"}})
	eventually(t, "the bot is served", func() bool { return strings.Contains(e.get("/settings/telegram"), "</span> served") })
	code := e.code(e.post("/settings/telegram/group", url.Values{"from": {"setup"}}), "/here")
	ada, group := tg.NewUser("Ada", "en"), tg.NewGroup("Front desk")
	group.Add(ada)
	ada.Write(group, telegramtest.Written{Text: "/here " + code})
	eventually(t, "the group is linked", func() bool { return strings.Contains(e.get("/settings/telegram?wait=1"), "front-desk is linked") })
	e.post("/settings/chats/front-desk/test", nil)
	group.WaitText("This is a test from Robin Park: this chat is connected. There is nothing to do.")

	wrong, err := e.http.PostForm(e.base+"/settings/slack", url.Values{"bot": {slack.BotToken}, "app": {"xapp-1-other"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = wrong.Body.Close()
	if wrong.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an app token that Slack does not know: %s", wrong.Status)
	}
	e.post("/settings/slack", url.Values{"bot": {slack.BotToken}, "app": {slack.AppToken}, "from": {"setup"}})
	slack.WaitConnections(1)
	page := e.post("/settings/chats", url.Values{"name": {"care"}, "site": {""}})
	bob, channel := slack.NewUser("Bob", "en-GB"), slack.NewChannel("care")
	bob.Command(channel, "here "+e.code(page, "/feedback here"))
	eventually(t, "the channel is linked", func() bool { return strings.Contains(e.get("/settings/chats?link=care"), "care is linked") })
	e.post("/settings/chats/care/test", nil)
	channel.WaitText("This is a test from Robin Park: this chat is connected. There is nothing to do.")

	if err := a.Stop(); err != nil { // and again, by what is kept
		t.Fatal(err)
	}
	stopped = true
	r := New(Config{Settings: s})
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop() })
	slack.WaitConnections(1)
	made, err := r.Bot().Invite(t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "bella"})
	if err != nil {
		t.Fatal(err)
	}
	ann := tg.NewUser("Ann Lee", "en")
	ann.Start(made.Token)
	ann.Tap(ann.Chat().WaitButton("1"), "1").Answer()
	group.WaitButton("Take")
	channel.WaitButton("Take")
}
