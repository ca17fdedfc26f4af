package app

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/internal/oidc"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/admin"
)

// setupLife is how long a link to set up works, and how often another is said while nobody
// can sign in.
const setupLife = time.Hour

// PagesURL is the address at which people open the pages of this installation: the public
// one, or else this machine by its name, as a passkey belongs to a name and never to a number.
func PagesURL(public, listen string) string {
	if public != "" {
		return public
	}
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		port = "8080"
	}
	return "http://localhost:" + port
}

// NewLink makes a one-time link below base and returns its address.
func NewLink(ctx context.Context, store storage.Logins, base string, l storage.OneTimeLink, a storage.Audit) (string, error) {
	token := signin.NewToken()
	l.Hash = signin.HashToken(token)
	if a.What != "" {
		a.ID, a.At = uuid.Must(uuid.NewV7()).String(), l.Made
	}
	if err := store.PutOneTimeLink(ctx, l, a); err != nil {
		return "", err
	}
	return base + "/" + string(l.Kind) + "/" + token, nil
}

// SetupWords makes a link with which the first person sets the installation up, and says so
// in words. They are "" once somebody can sign in.
func SetupWords(ctx context.Context, store storage.Logins, base string, now time.Time) (string, error) {
	all, err := store.Logins(ctx)
	if err != nil || len(all) > 0 {
		return "", err
	}
	until := now.Add(setupLife)
	link, err := NewLink(ctx, store, base, storage.OneTimeLink{Kind: storage.SetupLink, Made: now, Expires: until}, storage.Audit{})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Open %s to set up (works once, until %s; `aftercare admin link` makes another)", link, until.Local().Format("15:04")), nil
}

// saySetup says once its pages answer, and every hour, how to set up, until somebody can sign
// in.
func (a *App) saySetup(ctx context.Context) {
	if a.Say == nil {
		return
	}
	select {
	case <-ctx.Done():
		return
	case <-a.web.opened:
	}
	base := PagesURL(bot.LinksOf(a.bot).PublicURL(), a.listener.Addr().String())
	for {
		words, err := SetupWords(ctx, a.store, base, a.Clock())
		wait := setupLife
		switch {
		case err != nil && ctx.Err() == nil:
			a.Log.Warn("cannot make a link to set up; trying again in a minute", "err", err)
			wait = time.Minute
		case err == nil && words == "":
			return
		case err == nil:
			a.Say(words)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// pages are those of staff and admins.
func (a *App) pages(prefix string) (http.Handler, error) {
	keep, err := newSealer(a.connections.naming) // which outlives a change of SECRET_KEY
	if err != nil {
		return nil, err
	}
	c := admin.Config{
		Notes: a.notes, Draw: Drawing(), SlackManifest: slack.Manifest,
		Accounts: accountsOfPages{a.connections}, Sealer: codes{keep}, Store: a.store, Bot: a.bot, Clock: a.Clock, Prefix: prefix, PublicURL: a.Settings.PublicURL, Version: cmp.Or(a.Version, "dev"), Log: a.Log,
	}
	c.Imports, c.Asking, c.Systems, c.Files = a.imports, a.asking, a.systems, &a.files
	if a.Demo != nil { // nothing is connected there, and it is thrown away at the end
		c.Notes, c.Accounts, c.Demo = nil, nil, a.Demo.Pages()
	} else {
		c.Backups = a.backups()
		c.Provider = a.provider()
		c.Endpoints = a.endpoints()
	}
	return admin.New(c), nil
}

// provider is the house's own identity provider, which is asked nothing before somebody goes there: the program
// starts without it. Nil is none.
func (a *App) provider() *oidc.Provider {
	s := a.Settings
	if s.OIDCIssuer == "" {
		return nil
	}
	return oidc.New(oidc.Config{Issuer: s.OIDCIssuer, ClientID: s.OIDCClientID, Secret: string(s.OIDCClientSecret), Name: s.Provider(), Clock: a.Clock})
}

// codes keep the secrets of codes at sign-in as the pages ask for it.
type codes struct{ sealer }

// Seal implements admin.Sealer.
func (c codes) Seal(place, value string) string { return c.seal("pages "+place, value) }

// Open implements admin.Sealer.
func (c codes) Open(place, value string) (string, error) { return c.open("pages "+place, value) }

// accountsOfPages are the accounts as the pages name them.
type accountsOfPages struct{ *Connections }

// Connect implements admin.Accounts.
func (c accountsOfPages) Connect(ctx context.Context, p chat.Platform, token string) error {
	return c.Connections.Connect(ctx, Installation{Platform: p, Token: settings.Secret(token)})
}

// Examine implements admin.Accounts.
func (c accountsOfPages) Examine(ctx context.Context, p chat.Platform, token string) (admin.Examined, error) {
	switch p {
	case chat.Slack:
		return examineSlack(ctx, c.settings.SlackAPI, token)
	case chat.Telegram:
		client := telegram.New(telegram.Config{Token: token, API: c.settings.API, Clock: c.clock, Log: c.log})
		defer client.Close()
		me, err := client.Me(ctx)
		if err != nil {
			return admin.Examined{}, err
		}
		x := admin.Examined{Name: me.Username, Groups: me.Groups, ReadsAll: me.ReadsAll}
		x.Elsewhere, err = client.WebhookURL(ctx)
		return x, err
	}
	return admin.Examined{}, nil
}

// examineSlack asks Slack of the tokens of an app: the bot's and, behind a space, the app's.
func examineSlack(ctx context.Context, api, token string) (x admin.Examined, err error) {
	bot, app, _ := pair(settings.Secret(token))
	client := slack.New(slack.Config{BotToken: bot, AppToken: app, API: api})
	defer client.Close()
	me, err := client.Me(ctx)
	if err != nil {
		return x, err
	}
	x.Name = me.Name
	for _, scope := range slack.Scopes() {
		if me.Scopes != nil && !slices.Contains(me.Scopes, scope) {
			x.Missing = append(x.Missing, scope)
		}
	}
	if app != "" {
		x.Socket = client.CheckSocket(ctx)
	}
	return x, nil
}

// Accounts implements admin.Accounts.
func (c accountsOfPages) Accounts() (all []admin.Account) {
	for _, h := range c.Health() {
		all = append(all, admin.Account{Platform: h.Platform, ID: h.ID, Name: h.Name, Setting: h.Setting, Served: h.Served && !h.Revoked})
	}
	return all
}
