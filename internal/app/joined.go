package app

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// joined is the row of a platform that needs nothing but what package adapters says.
func joined(p adapters.Platform) row {
	return row{settings: p.Settings, open: func(h *host) (platform, error) {
		return &joinedPlatform{host: h, Platform: p, called: map[string]http.Handler{}}, nil
	}}
}

// joinedPlatform serves the accounts of an adapters.Platform: the one whose token a setting
// holds, and those that the database keeps.
type joinedPlatform struct {
	*host
	adapters.Platform

	mu     sync.Mutex
	called map[string]http.Handler // what the platform may call, by connected account
}

func (j *joinedPlatform) name() chat.Platform { return j.Name }

func (j *joinedPlatform) state() string {
	if len(j.given()) == 0 {
		return "off"
	}
	return "on"
}

func (j *joinedPlatform) given() []Installation {
	token := j.settings.More[j.Token]
	if token == "" {
		return nil
	}
	return []Installation{{Platform: j.Name, Token: token, Setting: j.Token}}
}

func (j *joinedPlatform) keeps() error { return nil }

func (j *joinedPlatform) account(token settings.Secret) (adapters.Account, error) {
	return j.Open(adapters.Host{
		Token: string(token), Handle: j.bot.Handle, Clock: j.clock, Log: j.log.With("platform", string(j.Name)),
		Setting: func(name string) string { return string(j.settings.More[name]) },
		Hook: func(account string) string {
			at := j.publicURL()
			if at == "" {
				return ""
			}
			return at + j.path(account)
		},
	})
}

func (j *joinedPlatform) path(account string) string {
	return "/hooks/" + string(j.Name) + "/" + account
}

func (j *joinedPlatform) whose(ctx context.Context, token settings.Secret) (storage.Account, error) {
	a, err := j.account(token)
	if err != nil {
		return storage.Account{}, err
	}
	defer a.Close()
	me, err := a.Me(ctx)
	return storage.Account{Platform: j.Name, ID: me.ID, Name: me.Name}, err
}

func (j *joinedPlatform) open(i Installation) link {
	a, err := j.account(i.Token)
	if err != nil {
		return link{connect: func(context.Context) (storage.Account, error) { return storage.Account{}, err }}
	}
	served := "" // the account while it is called
	return link{
		connect: func(ctx context.Context) (storage.Account, error) {
			me, err := a.Me(ctx)
			return storage.Account{Platform: j.Name, ID: me.ID, Name: me.Name}, err
		},
		connected: func(account storage.Account) {
			served = account.ID
			j.listen(served, a.Hook())
			j.log.Info(j.Title+" answers", "account", account.ID)
		},
		sender: a, intake: a.Receive,
		close: func() {
			j.listen(served, nil)
			a.Close()
		},
	}
}

// listen lets through what the platform calls for an account, and nothing for a nil hook.
func (j *joinedPlatform) listen(account string, hook http.Handler) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if hook == nil {
		delete(j.called, account)
		return
	}
	j.called[account] = hook
}

func (j *joinedPlatform) patience(i Installation) patience {
	advice := "copy the token again and connect the account again"
	if i.Setting != "" {
		advice = "copy the token again into " + i.Setting + " and start again"
	}
	return patience{first: time.Second, most: 30 * time.Second, says: j.Title + " is not working; the rest goes on", refused: advice}
}

func (j *joinedPlatform) hooks(mux *http.ServeMux) {
	mux.HandleFunc(j.path("{account}"), func(w http.ResponseWriter, r *http.Request) {
		j.mu.Lock()
		h := j.called[r.PathValue("account")]
		j.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (j *joinedPlatform) run(context.Context) {}

func (j *joinedPlatform) close() {}
