package app

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// The calls that are neither a message nor an update. What Slack's auth.test says, whose the
// token is, is none of them: without it nobody knows whom to serve.
var (
	telegramSides = []string{
		"getMe", "getMyCommands", "setMyCommands", "deleteMyCommands", "deleteWebhook", "getWebhookInfo", "setMessageReaction",
		"answerCallbackQuery", "getChat", "getChatMember",
	}
	slackSides = []string{
		"users.info", "users.lookupByEmail", "reactions.add", "views.open", "views.publish", "chat.postEphemeral", "conversations.info",
	}
)

// While every side call of both platforms fails, hangs or is limited for an hour, a case
// goes its way from the customer's tap to the reply that they read.
func TestSideCallsThatFailHoldUpNothing(t *testing.T) {
	ways := map[string]struct {
		telegram telegramtest.Fault
		slack    slackfake.Fault
	}{
		"fail":    {telegramtest.Fault{Code: 500}, slackfake.Fault{Status: 503}},
		"hang":    {telegramtest.Fault{Hang: true}, slackfake.Fault{Hang: true}},
		"limited": {telegramtest.Fault{Code: 429, RetryAfter: 3600}, slackfake.Fault{RetryAfter: 3600}},
	}
	slowest := make(chan time.Duration, 64)
	t.Run("all", func(t *testing.T) {
		for name, way := range ways {
			for _, mode := range []string{settings.Poll, settings.Webhook} {
				t.Run(name+"/"+mode, func(t *testing.T) {
					t.Parallel()
					w := newSideWorld(t, mode)
					for _, method := range telegramSides {
						f := way.telegram
						f.Method, f.Times = method, -1
						w.tg.Inject(f)
					}
					for _, method := range slackSides {
						f := way.slack
						f.Method, f.Times = method, -1
						w.slack.Inject(f)
					}
					slowest <- w.play()
				})
			}
		}
	})
	close(slowest)
	var worst time.Duration
	for took := range slowest {
		worst = max(worst, took)
	}
	t.Attr("figure", fmt.Sprintf("%d side calls of two platforms fail, hang or are limited, polling and by webhook: a case goes from the tap to the reply in %.1f s at most",
		len(telegramSides)+len(slackSides), worst.Seconds()))
}

// sideWorld is an installation that was served before, so that its bot's name is known.
type sideWorld struct {
	t       *testing.T
	tg      *telegramtest.Server
	slack   *slackfake.Server
	group   *telegramtest.Chat
	channel *slackfake.Channel
	s       settings.Settings
}

func newSideWorld(t *testing.T, mode string) *sideWorld {
	tg, slack := telegramtest.New(t), slackfake.New(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	w := &sideWorld{t: t, tg: tg, slack: slack, group: tg.NewSupergroup("Staff"), channel: slack.NewChannel("cases")}
	w.s = settings.Settings{
		Token: settings.Secret(tg.Token), API: tg.URL, Mode: mode, SecretKey: someKey, WebhookSecret: "a-secret",
		StaffChat: w.group.Address(), SlackStaff: w.channel.ID, PublicURL: "http://" + address,
		SlackToken: settings.Secret(slack.BotToken), SlackSecret: settings.Secret(slack.SigningSecret), SlackAPI: slack.URL,
		DatabaseURL: settings.Secret("sqlite:" + filepath.Join(t.TempDir(), "a.db")), Listen: address,
	}
	first := w.serve()
	ctx := t.Context()
	err = errors.Join(
		first.store.PutSite(ctx, storage.Site{ID: "main", Name: "Main Street", Created: Now()}),
		first.store.PutStaff(ctx, storage.Staff{ID: "bob", Name: "Bob Ray", Roles: access.Grants{access.EverySite: access.Lead}, Created: Now()}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{slack.Team, botID} {
		eventually(t, "the lease of "+id, func() bool { return first.account(id).Holds })
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *sideWorld) serve() running {
	w.t.Helper()
	a := New(Config{Settings: w.s})
	if err := a.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			w.t.Errorf("stopping: %v", err)
		}
	})
	r := running{App: a, base: "http://" + a.Address().String()}
	hook := r.base + "/hooks/slack/"
	w.slack.SetEndpoints(slackfake.Endpoints{Events: hook + "events", Interactive: hook + "interactive", Command: hook + "command"})
	return r
}

// play returns how long the case took from the tap to the reply.
func (w *sideWorld) play() time.Duration {
	t, ctx := w.t, w.t.Context()
	r := w.serve()
	for _, id := range []string{w.slack.Team, botID} {
		eventually(t, "the lease of "+id, func() bool { return r.account(id).Holds })
	}
	if err := r.Bot().StaffChatsChanged(ctx); err != nil {
		t.Fatal(err)
	}
	code, _, err := r.Bot().StaffCode(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	made, err := r.Bot().Invite(ctx, bot.InviteRequest{Flow: "one_tap_csat", Site: "main"})
	if err != nil {
		t.Fatal(err)
	}
	bob, ann, dan := w.tg.NewUser("Bob Ray", "en"), w.tg.NewUser("Ann Lee", "en"), w.slack.NewUser("Dan Low", "en-GB")
	bob.Send("/link " + code)
	bob.Chat().WaitText("Bob Ray")
	dan.Say("help")
	dan.Direct().WaitText("/feedback")

	began := time.Now()
	ann.Start(made.Token)
	ann.Tap(ann.Chat().WaitButton("1"), "1")
	w.channel.WaitButton("Take")
	bob.Tap(w.group.WaitButton("Take"), "Take")
	asked := 0
	for _, words := range []string{"We are sorry.", "We do it again."} { // the second comes after the mark below the first
		bob.Tap(w.group.WaitButton("Reply"), "Reply")
		w.group.Wait("another prompt", func(all []telegramtest.Message) bool {
			i := slices.IndexFunc(all, func(m telegramtest.Message) bool {
				return m.ID > asked && strings.Contains(m.Text, "Reply to this message")
			})
			if i < 0 {
				return false
			}
			asked = all[i].ID
			return true
		})
		bob.Write(w.group, telegramtest.Written{Text: words, ReplyTo: asked})
		ann.Chat().WaitText(words)
	}
	w.group.WaitText("resolve by")
	w.channel.WaitText("resolve by")
	took := time.Since(began)

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: longest}
	asks := func(path string) (int, string) {
		response, err := client.Get(r.base + path)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body)
	}
	for _, method := range []string{string(chat.Telegram) + ": getMyCommands fails since", string(chat.Slack) + ": users.info fails since"} {
		eventually(t, "readiness says so: "+method, func() bool {
			status, body := asks("/readyz")
			return status == http.StatusOK && strings.HasPrefix(body, "ok\n") && strings.Contains(body, method)
		})
	}
	if _, body := asks("/metrics"); !slices.ContainsFunc(strings.Split(body, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "aftercare_side_call_failing{") && strings.Contains(line, `method="getMyCommands"`)
	}) {
		t.Errorf("the metrics do not say so:\n%s", body)
	}
	return took
}
