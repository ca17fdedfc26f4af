package app

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/internal/app/settings"
)

// workspaces is Slack with two workspaces: the token of a call says which is meant.
func workspaces(t *testing.T) (api string, one, two *slackfake.Server) {
	one, two = slackfake.New(t), slackfake.New(t)
	two.Team, two.BotToken = "T0SECOND", "xoxb"+"-9999-canaryOfTheSecondToken"
	to := func(s *slackfake.Server) http.Handler {
		u, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		u.Path = ""
		return httputil.NewSingleHostReverseProxy(u)
	}
	first, second := to(one), to(two)
	router := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(r.Header.Get("Authorization")+string(body), two.BotToken) {
			second.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	}))
	t.Cleanup(router.Close)
	return router.URL + "/api/", one, two
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longest); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// account is the health of one account of an instance, the zero value if it has none.
func (r running) account(id string) AccountHealth {
	for _, h := range r.Connections().Health() {
		if h.ID == id {
			return h
		}
	}
	return AccountHealth{}
}

// assembled is an instance with the workspace of a setting and, connected while it runs, a
// second workspace and a bot on Telegram.
func assembled(t *testing.T) (r running, one, two *slackfake.Server, tg *telegramtest.Server) {
	t.Helper()
	api, one, two := workspaces(t)
	tg = telegramtest.New(t)
	r = start(t, settings.Settings{
		SlackToken: settings.Secret(one.BotToken), SlackSecret: settings.Secret(one.SigningSecret), SlackAPI: api,
		SlackClientID: one.ClientID, SlackClientSecret: settings.Secret(one.ClientSecret), PublicURL: "http://care.example",
		Mode: settings.Poll, API: tg.URL,
	})
	hook := r.base + "/hooks/slack/"
	for _, s := range []*slackfake.Server{one, two} {
		s.SetEndpoints(slackfake.Endpoints{Events: hook + "events", Interactive: hook + "interactive", Command: hook + "command"})
	}
	for _, i := range []Installation{
		{Platform: chat.Slack, Token: settings.Secret(two.BotToken)},
		{Platform: chat.Telegram, Token: settings.Secret(tg.Token)},
	} {
		if err := r.Connections().Connect(t.Context(), i); err != nil {
			t.Fatalf("connect to %s: %v", i.Platform, err)
		}
	}
	return r, one, two, tg
}

// botID is the bot that telegramtest plays.
const botID = "7000000001"

func TestAccountsAreConnectedAndDroppedWhileTheInstanceRuns(t *testing.T) {
	r, one, two, tg := assembled(t)
	ann, bob, cem := one.NewUser("Ann Lee", "en-GB"), two.NewUser("Bob Ray", "en-GB"), tg.NewUser("Cem Aki", "en")
	for _, id := range []string{one.Team, two.Team, botID} {
		eventually(t, "the lease of "+id, func() bool { return r.account(id).Holds })
	}
	for _, u := range []*slackfake.User{ann, bob} {
		u.Say("help")
		u.Direct().WaitText("/feedback")
	}
	cem.Send("/help")
	cem.Chat().WaitText("/stop")
	if got := r.account(one.Team); got.Setting != slackBotToken || !got.Served {
		t.Errorf("the workspace of the setting is %+v", got)
	}
	if got := r.account(two.Team); got.Setting != "" || !got.Served {
		t.Errorf("the second workspace is %+v", got)
	}
	before := map[string]AccountHealth{one.Team: r.account(one.Team), botID: r.account(botID)}

	if err := r.Connections().Drop(t.Context(), chat.Slack, two.Team); err != nil {
		t.Fatalf("drop the second workspace: %v", err)
	}
	if got := r.account(two.Team); got.ID != "" {
		t.Errorf("the dropped workspace is still there: %+v", got)
	}
	for _, h := range r.Bot().Health().Accounts {
		if h.ID == two.Team {
			t.Errorf("the dropped workspace is still served: %+v", h)
		}
	}
	calls := len(two.Requests(""))
	bob.Say("privacy")
	ann.Say("privacy")
	ann.Direct().WaitText("We keep")
	// Something else than before: help that is still being settled is not posted once more.
	cem.Send("/privacy")
	cem.Chat().WaitText("We keep")
	if n := len(two.Requests("")); n != calls {
		t.Errorf("the dropped workspace was called %d times more", n-calls)
	}
	for id, was := range before {
		if got := r.account(id); !got.Holds || got.Epoch != was.Epoch || !got.Since.Equal(was.Since) {
			t.Errorf("%s was disturbed: %+v, before %+v", id, got, was)
		}
	}
}

func TestADropWaitsForWhatIsBeingSent(t *testing.T) {
	r, _, _, tg := assembled(t)
	ann := tg.NewUser("Ann Lee", "en")
	ann.Send("/help")
	tg.WaitConfirmed()
	eventually(t, "an answer", func() bool { return len(ann.Chat().FromBot()) == 1 })
	tg.Inject(telegramtest.Fault{Method: "sendMessage", Delay: 300 * time.Millisecond})
	ann.Send("/privacy")
	tg.WaitRequests("sendMessage", 2)
	if err := r.Connections().Drop(t.Context(), chat.Telegram, botID); err != nil {
		t.Fatal(err)
	}
	if n := len(ann.Chat().FromBot()); n < 2 {
		t.Errorf("%d messages are there, and one was being sent", n)
	}
	polls := len(tg.Requests("getUpdates"))
	ann.Send("/help")
	time.Sleep(50 * time.Millisecond)
	if n := len(tg.Requests("getUpdates")); n != polls {
		t.Errorf("it was polled %d times more", n-polls)
	}
}

func TestAnAccountThatCannotBeConnectedIsNotKept(t *testing.T) {
	api, one, two := workspaces(t)
	r := start(t, settings.Settings{
		SlackToken: settings.Secret(one.BotToken), SlackSecret: settings.Secret(one.SigningSecret), SlackAPI: api,
		Mode: settings.Poll, API: "http://127.0.0.1:1", PublicURL: "http://care.example",
	})
	eventually(t, "the workspace of the setting", func() bool { return r.account(one.Team).Served })
	for what, c := range map[string]struct {
		i    Installation
		says string
	}{
		"a platform that nobody knows":        {Installation{Platform: "pigeon", Token: "x"}, "pigeon"},
		"a second workspace without a client": {Installation{Platform: chat.Slack, Token: settings.Secret(two.BotToken)}, "SLACK_CLIENT_ID"},
		"a token that cannot be one":          {Installation{Platform: chat.Telegram, Token: "hunter2"}, "ask telegram"},
	} {
		err := r.Connections().Connect(t.Context(), c.i)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := r.Connections().Drop(t.Context(), chat.Slack, one.Team); err == nil || !strings.Contains(err.Error(), slackBotToken) {
		t.Errorf("dropping the account of a setting: %v", err)
	}
	if err := r.Connections().Drop(t.Context(), chat.Telegram, "42"); err != nil {
		t.Errorf("dropping what is not there: %v", err)
	}
	if got := r.Connections().Health(); len(got) != 1 || got[0].ID != one.Team || !got[0].Served {
		t.Errorf("connected are %+v", got)
	}
}

// A bot whose token Telegram refuses is an operator's matter: it is told by health and by
// readiness, until a new token is connected.
func TestARefusedTokenIsSeenUntilAnotherOneComes(t *testing.T) {
	tg := telegramtest.New(t)
	r := start(t, settings.Settings{Mode: settings.Poll, API: tg.URL})
	if err := r.Connections().Connect(t.Context(), Installation{Platform: chat.Telegram, Token: settings.Secret(tg.Token)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lease", func() bool { return r.account(botID).Holds })
	if err := r.ready(t.Context()); err != nil {
		t.Errorf("it is not ready: %v", err)
	}
	old := tg.Token
	// As a person does at @BotFather: the old token is no longer one.
	tg.Renew(botID + ":AAH-canary_of_the_new_token")
	tg.NewUser("Bob Ray", "en").Send("/help") // ends the poll that waits
	eventually(t, "the refusal", func() bool { return r.account(botID).Revoked })
	if err := r.ready(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses the credentials") {
		t.Errorf("readiness says %v", err)
	}
	if err := r.Connections().Connect(t.Context(), Installation{Platform: chat.Telegram, Token: settings.Secret(tg.Token)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new token at work", func() bool { h := r.account(botID); return h.Holds && !h.Revoked })
	if err := r.ready(t.Context()); err != nil {
		t.Errorf("it is not ready afterwards: %v", err)
	}
	ann := tg.NewUser("Ann Lee", "en")
	ann.Send("/help")
	ann.Chat().WaitText("/stop")
	kept, err := r.store.Installations(t.Context(), chat.Telegram)
	if err != nil || len(kept) != 1 || strings.Contains(kept[0].Sealed, "canary") || old == tg.Token {
		t.Errorf("kept: %+v, %v, under the old token: %t", kept, err, old == tg.Token)
	}
}
