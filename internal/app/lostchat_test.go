package app

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
	"github.com/aftercare/aftercare/adapters/telegram/telegramtest"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// lostChat is a way in which a chat of staff takes no messages, and takes them again.
type lostChat struct {
	name string
	// lose makes it so that the chat takes no messages.
	lose, comeBack func(*lostWorld)
	stays          bool // the card comes all the same, to another place of the chat
	untold         bool // the platform tells nothing
}

// lostWorld is an instance with one chat of staff.
type lostWorld struct {
	running
	t       *testing.T
	tg      *telegramtest.Server
	slack   *slackfake.Server
	group   *telegramtest.Chat
	channel *slackfake.Channel
	admin   *telegramtest.User
	boss    *slackfake.User
	on      chat.Platform
}

const lostTopic = 7

func waysOnTelegram() []lostChat {
	return []lostChat{
		{name: "kicked", lose: func(w *lostWorld) { w.group.Kick(w.admin) }, comeBack: func(w *lostWorld) { w.group.Add(w.admin) }},
		{name: "muted", lose: func(w *lostWorld) { w.group.Mute(w.admin, true) }, comeBack: func(w *lostWorld) { w.group.Mute(w.admin, false) }},
		{
			name: "silenced", untold: true,
			lose: func(w *lostWorld) { w.group.Silence(true) }, comeBack: func(w *lostWorld) { w.group.Silence(false) },
		},
		{name: "not yet there", lose: func(w *lostWorld) { w.group.Leave() }, comeBack: func(w *lostWorld) { w.group.Add(w.admin) }},
		{name: "topic closed", stays: true, lose: func(w *lostWorld) { w.group.CloseTopic(lostTopic) }, comeBack: func(*lostWorld) {}},
		{name: "topic deleted", stays: true, lose: func(w *lostWorld) { w.group.DeleteTopic(lostTopic) }, comeBack: func(*lostWorld) {}},
	}
}

func waysOnSlack() []lostChat {
	return []lostChat{
		{name: "removed", lose: func(w *lostWorld) { w.channel.Kick() }, comeBack: func(w *lostWorld) { w.channel.Invite(w.boss) }},
		{name: "archived", lose: func(w *lostWorld) { w.channel.Archive() }, comeBack: func(w *lostWorld) { w.channel.Unarchive() }},
		{
			name: "archived, and events go astray", untold: true,
			lose: func(w *lostWorld) { w.channel.Archive() }, comeBack: func(w *lostWorld) { w.channel.Unarchive() },
		},
		{name: "not yet there", lose: func(w *lostWorld) { w.channel.Leave() }, comeBack: func(w *lostWorld) { w.channel.Invite(w.boss) }},
	}
}

// A case that opens while the chat of staff takes no messages has its card soon after the
// chat takes them again, whoever named the chat, and no clock has to strike for that.
func TestAChatOfStaffThatIsBackHasItsCards(t *testing.T) {
	slowest := make(chan time.Duration, 64)
	t.Run("all", func(t *testing.T) {
		for platform, ways := range map[chat.Platform][]lostChat{chat.Telegram: waysOnTelegram(), chat.Slack: waysOnSlack()} {
			for _, way := range ways {
				for _, linked := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/linked=%t", platform, way.name, linked), func(t *testing.T) {
						t.Parallel()
						slowest <- newLostWorld(t, platform, linked, way.untold).play(way)
					})
				}
			}
		}
	})
	close(slowest)
	var worst time.Duration
	n := 0
	for took := range slowest {
		worst, n = max(worst, took), n+1
	}
	t.Attr("figure", fmt.Sprintf("%d ways: the card came after %.1f s at most, 0 waited for a clock", n, worst.Seconds()))
}

func newLostWorld(t *testing.T, on chat.Platform, linked, untold bool) *lostWorld {
	tg, slack := telegramtest.New(t), slackfake.New(t)
	w := &lostWorld{
		t: t, tg: tg, slack: slack, group: tg.NewSupergroup("Staff", lostTopic), channel: slack.NewChannel("cases"),
		admin: tg.NewUser("Ada", "en"), boss: slack.NewUser("Bob", "en-GB"), on: on,
	}
	s := settings.Settings{
		Token: settings.Secret(tg.Token), API: tg.URL, Mode: settings.Poll, SecretKey: someKey,
		SlackToken: settings.Secret(slack.BotToken), SlackSecret: settings.Secret(slack.SigningSecret), SlackAPI: slack.URL,
		PublicURL: "http://care.example",
	}
	at := chat.Address{Platform: chat.Telegram, Account: botID, Chat: w.group.Address(), Thread: fmt.Sprint(lostTopic)}
	if on == chat.Slack {
		at = chat.Address{Platform: chat.Slack, Account: slack.Team, Chat: w.channel.ID}
	}
	switch {
	case linked:
	case on == chat.Telegram:
		s.StaffChat = at.Chat + ":" + at.Thread
	default:
		s.SlackStaff = w.channel.ID
	}
	w.running = start(t, s)
	if !untold {
		hook := w.base + "/hooks/slack/"
		slack.SetEndpoints(slackfake.Endpoints{Events: hook + "events", Interactive: hook + "interactive", Command: hook + "command"})
	}
	ctx := t.Context()
	err := w.store.PutSite(ctx, storage.Site{ID: "main", Name: "Main Street", Created: Now()})
	if linked {
		name := storage.StaffChat{Name: "front", Created: Now()}
		code := storage.ChatCode{Hash: "hash", Name: name.Name, Expires: Now().Add(time.Hour)}
		err = errors.Join(err, w.store.PutStaffChat(ctx, name), w.store.PutChatCode(ctx, code))
		_, link := w.store.LinkStaffChat(ctx, code.Hash, at, Now())
		err = errors.Join(err, link, w.Bot().StaffChatsChanged(ctx))
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{slack.Team, botID} {
		eventually(t, "the lease of "+id, func() bool { return w.account(id).Holds })
	}
	return w
}

// play returns how long the card took.
func (w *lostWorld) play(way lostChat) time.Duration {
	way.lose(w)
	made, err := w.Bot().Invite(w.t.Context(), bot.InviteRequest{Flow: "one_tap_csat", Site: "main"})
	if err != nil {
		w.t.Fatal(err)
	}
	ann := w.tg.NewUser("Ann Lee", "en")
	ann.Start(made.Token)
	question := ann.Chat().WaitButton("1")
	ann.Tap(question, "1").Answer()
	if !way.stays {
		eventually(w.t, "the chat is known to be gone", func() bool {
			list, err := w.store.StaffChatList(w.t.Context())
			return err == nil && slices.ContainsFunc(list, func(c storage.StaffChat) bool { return !c.Gone.IsZero() })
		})
	}
	began := time.Now()
	way.comeBack(w)
	if w.on == chat.Telegram {
		w.group.WaitButton("Take")
	} else {
		w.channel.WaitButton("Take")
	}
	return time.Since(began)
}
