package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// telegramAccount is the bot's life on Telegram.
type telegramAccount struct {
	*server
	client  *telegram.Client
	secret  string
	webhook http.Handler // nil while polling
}

func newTelegram(s *server, key []byte) *telegramAccount {
	t := &telegramAccount{
		server: s,
		client: telegram.New(telegram.Config{Token: string(s.Settings.Token), API: s.Settings.API, Clock: s.Clock, Log: s.Log}),
	}
	if s.Settings.Mode == modeWebhook {
		t.secret = s.Settings.webhookSecret(key)
		t.webhook = telegram.NewWebhook(t.client, t.secret, s.bot.Handle)
	}
	return t
}

// telegramToken is the setting that Telegram may refuse.
const telegramToken = "TELEGRAM_TOKEN"

// refusedPause is how long to wait before asking again with a token that Telegram
// refused: it may be given back.
const refusedPause = time.Minute

// serve connects the bot, whenever Telegram answers, and serves it until ctx ends.
// The rest of the program does not depend on it.
func (t *telegramAccount) serve(ctx context.Context) {
	for ctx.Err() == nil {
		err := t.connect(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		advice := "see the error"
		refused := chat.AsError(err).Kind == chat.Revoked
		t.refused.set(telegramToken, refused)
		if refused {
			advice = "copy the token again from @BotFather into TELEGRAM_TOKEN and start again"
		}
		t.Log.Error("the Telegram bot is not working; the rest goes on", "err", err, "do", advice, "next_try", refusedPause)
		select {
		case <-ctx.Done():
		case <-time.After(refusedPause):
		}
	}
}

func (t *telegramAccount) connect(ctx context.Context) error {
	me, err := t.client.Connect(ctx, menus(t.bot))
	if err != nil {
		return err
	}
	t.refused.set(telegramToken, false)
	account := storage.Account{Platform: chat.Telegram, ID: me.ID, Name: me.Username, Seen: t.Clock()}
	if err := t.store.PutAccount(ctx, account); err != nil {
		return err
	}
	t.Log.Info("Telegram answers", "bot", me.Username, "mode", t.Settings.Mode)
	intake := telegram.NewPoller(t.client, t.bot.Handle).Run
	if t.webhook != nil {
		intake = func(ctx context.Context) error {
			return t.client.KeepWebhook(ctx, t.Settings.PublicURL+"/hooks/telegram", t.secret)
		}
	}
	return t.bot.ServeAccount(ctx, outbox.Account{
		Platform: chat.Telegram, ID: me.ID, Name: me.Username, Sender: t.client, Intake: intake,
	})
}

// menus are the commands that Telegram offers: ours in private chats, none in groups.
func menus(b *bot.Bot) []telegram.CommandSet {
	sets := []telegram.CommandSet{{Scope: telegram.GroupChats}}
	for _, m := range b.Menus() {
		set := telegram.CommandSet{Scope: telegram.PrivateChats, Language: m.Language}
		for _, item := range m.Commands {
			set.Commands = append(set.Commands, telegram.Command{Name: item.Name, Description: item.Description})
		}
		sets = append(sets, set)
	}
	return sets
}
