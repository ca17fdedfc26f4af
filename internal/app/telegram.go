package app

import (
	"context"
	"net/http"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// telegramToken is the setting that Telegram may refuse.
const telegramToken = "TELEGRAM_TOKEN"

// telegramBots are our bots on Telegram: the one of TELEGRAM_TOKEN, and those whose tokens
// are kept in the database, which are always polled.
type telegramBots struct {
	*host
	own     *telegram.Client // of TELEGRAM_TOKEN; nil without one
	secret  string           // that Telegram sends with every call of our webhook
	webhook http.Handler     // nil while polling
}

func newTelegram(h *host) (platform, error) {
	t := &telegramBots{host: h}
	if h.settings.Token == "" {
		return t, nil
	}
	t.own = t.client(h.settings.Token)
	if h.settings.Mode == settings.Webhook {
		t.secret = webhookSecret(h.settings, h.key)
		t.webhook = telegram.NewWebhook(t.own, t.secret, h.bot.Handle)
	}
	return t, nil
}

func (t *telegramBots) client(token settings.Secret) *telegram.Client {
	return telegram.New(telegram.Config{Token: string(token), API: t.settings.API, Clock: t.clock, Log: t.log, Sides: t.sides})
}

func (t *telegramBots) name() chat.Platform { return chat.Telegram }

func (t *telegramBots) state() string {
	if t.own == nil {
		return "off"
	}
	return t.settings.Mode
}

func (t *telegramBots) given() []Installation {
	if t.own == nil {
		return nil
	}
	return []Installation{{Platform: chat.Telegram, Account: t.own.ID(), Token: t.settings.Token, Setting: telegramToken}}
}

func (t *telegramBots) keeps() error { return nil }

func (t *telegramBots) whose(ctx context.Context, token settings.Secret) (storage.Account, error) {
	client := t.client(token)
	defer client.Close()
	me, err := client.Me(ctx)
	return storage.Account{Platform: chat.Telegram, ID: me.ID, Name: me.Username}, err
}

func (t *telegramBots) open(i Installation) link {
	client, mode := t.own, t.settings.Mode
	if i.Setting == "" {
		client, mode = t.client(i.Token), settings.Poll
	}
	intake := telegram.NewPoller(client, t.bot.Handle).Run
	if mode == settings.Webhook {
		intake = func(ctx context.Context) error {
			return client.KeepWebhook(ctx, t.publicURL()+"/hooks/telegram", t.secret)
		}
	}
	return link{
		connect: func(ctx context.Context) (storage.Account, error) {
			me, err := client.Connect(ctx, t.remembered(ctx, client.ID()))
			return storage.Account{Platform: chat.Telegram, ID: me.ID, Name: me.Username}, err
		},
		connected: func(a storage.Account) { t.log.Info("Telegram answers", "bot", a.Name, "mode", mode) },
		sender:    client, intake: intake, close: client.Close,
		beside: func(ctx context.Context) { client.Settle(ctx, menus(t.bot)) },
	}
}

// remembered is the user name that a bot had when it was served last, "" if that is not
// known.
func (t *telegramBots) remembered(ctx context.Context, id string) string {
	accounts, err := t.store.Accounts(ctx)
	if err != nil {
		return ""
	}
	for _, a := range accounts {
		if a.Platform == chat.Telegram && a.ID == id {
			return a.Name
		}
	}
	return ""
}

func (t *telegramBots) patience(i Installation) patience {
	advice := "copy the token again from @BotFather and connect the bot again"
	if i.Setting != "" {
		advice = "copy the token again from @BotFather into " + i.Setting + " and start again"
	}
	// The client itself goes on asking while Telegram is only away.
	return patience{first: refusedPause, most: refusedPause, says: "the Telegram bot is not working; the rest goes on", refused: advice}
}

func (t *telegramBots) hooks(mux *http.ServeMux) {
	if t.webhook != nil {
		mux.Handle("/hooks/telegram", t.webhook)
	}
}

func (t *telegramBots) run(context.Context) {}

func (t *telegramBots) close() {}

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
