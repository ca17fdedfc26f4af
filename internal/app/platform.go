package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aftercare/aftercare/adapters"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
	"github.com/aftercare/aftercare/adapters/webhook"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// platforms is the table of platforms whose accounts are served: a new one is a line here,
// joined(NAME.Platform()). The web chat has no accounts and is not among them.
func platforms() []row {
	return []row{
		{name: chat.Telegram, traits: telegram.Traits(), open: newTelegram, draw: telegram.Draw},
		{name: chat.Slack, traits: slack.Traits(), open: newSlack, draw: slack.Draw},
		{name: chat.Hook, traits: webhook.Traits(), open: newHooks},
	}
}

// row is one platform of the table.
type row struct {
	name     chat.Platform
	traits   chat.Traits
	settings []adapters.Setting // that it reads beside those of package settings
	open     func(*host) (platform, error)
	draw     func(chat.Message) (chat.Drawn, error) // as it would be shown; nil = as any other
}

// Traits are what the platforms of this program can do, the web chat among them.
func Traits() map[chat.Platform]chat.Traits { return traitsOf(platforms()) }

// Drawing lays messages out as each platform shows them, the web chat among them.
func Drawing() map[chat.Platform]func(chat.Message) (chat.Drawn, error) {
	all := map[chat.Platform]func(chat.Message) (chat.Drawn, error){chat.Web: webchat.Draw}
	for _, r := range platforms() {
		if r.draw != nil {
			all[r.name] = r.draw
		}
	}
	return all
}

func traitsOf(table []row) map[chat.Platform]chat.Traits {
	all := map[chat.Platform]chat.Traits{chat.Web: webchat.Traits()}
	for _, r := range table {
		all[r.name] = r.traits
	}
	return all
}

// ReadSettings takes the settings of all platforms from an environment and from the file
// .env in dir. See settings.Read.
func ReadSettings(environ map[string]string, dir string) (settings.Settings, error) {
	var more []adapters.Setting
	for _, r := range platforms() {
		more = append(more, r.settings...)
	}
	return settings.Read(environ, dir, more...)
}

// platform is how the accounts of one platform are connected and served.
type platform interface {
	// name is the platform as addresses say it.
	name() chat.Platform
	// state says in a word how it tells what people do, "off" if it is not set up.
	state() string
	// given lists the accounts whose tokens the settings hold.
	given() []Installation
	// keeps says why tokens kept in the database could not be served; nil = they can.
	keeps() error
	// whose asks the platform whose token it is. Its errors are *chat.Error.
	whose(ctx context.Context, token settings.Secret) (storage.Account, error)
	// open makes what serves an account. It asks nothing of the platform yet.
	open(i Installation) link
	// patience is how long an account waits before it is tried again, and in what words.
	patience(i Installation) patience
	// hooks adds the addresses that the platform calls.
	hooks(mux *http.ServeMux)
	// run does what belongs to no account, until ctx ends.
	run(ctx context.Context)
	// close is called when nothing of it runs any more.
	close()
}

// link is what serves one account.
type link struct {
	// connect asks the platform, if need be, whose account it is and makes it ready.
	connect func(context.Context) (storage.Account, error)
	// connected is told before the account is served; nil = nobody needs to know.
	connected func(storage.Account)
	sender    chat.Sender
	intake    func(context.Context) error // nil = updates come another way
	beside    func(context.Context)       // what nothing waits for, where the account is served; nil = nothing
	// nameless says that no link is made with the account's name, so that it is not remembered.
	nameless bool
	// forget drops what is remembered of a token that was replaced or removed; nil = nothing is.
	forget func()
	// close is called when the account is no longer served and will not be again; may be nil.
	close func()
}

// host is what the parts of an instance share.
type host struct {
	settings settings.Settings
	key      []byte // SECRET_KEY
	naming   []byte // the key by which links are named
	store    storage.Store
	bot      *bot.Bot
	clock    func() time.Time
	log      *slog.Logger
	refused  *refusals
	sides    *chat.SideCalls

	seal        sealer       // made from key
	connections *Connections // made with the platforms
}

// patience is how long to wait before something is tried again, and in what words that is
// logged.
type patience struct {
	first, most time.Duration // the pause doubles from the first to the longest
	says        string
	refused     string // what to do about a token that the platform refuses
}

// refusedPause is how long to wait before asking again with a token that was refused: it
// may be given back.
const refusedPause = time.Minute

// insist does f again whenever it ends, until ctx does. The rest of the program does not
// depend on it.
func (h *host) insist(ctx context.Context, p patience, f func(context.Context) error) {
	pause := p.first
	for ctx.Err() == nil {
		began := time.Now()
		err := f(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > p.most {
			pause = p.first
		}
		wait, advice := pause, "see the error"
		if err != nil && chat.AsError(err).Kind == chat.Revoked {
			wait, advice = refusedPause, p.refused
		}
		h.log.Error(p.says, "err", err, "do", advice, "next_try", wait)
		pause = min(2*pause, p.most)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}
