package app

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// InstallLink makes a link with which one workspace installs our app on Slack and is
// approved by that: whichever comes first, or the one that is named. It is shown once.
func InstallLink(ctx context.Context, s settings.Settings, store storage.Store, team string, expires time.Time) (string, error) {
	keys, err := OpenKeys(ctx, s, store, Now)
	if err != nil {
		return "", err
	}
	at, err := PublicURL(ctx, s, store)
	if err != nil {
		return "", err
	}
	raw := make([]byte, 20)
	_, _ = rand.Read(raw) // never fails
	code := base32.StdEncoding.EncodeToString(raw)
	l := storage.InstallLink{Hash: installHash(keys.Naming, code), Platform: chat.Slack, Account: team, Expires: expires}
	if err := store.PutInstallLink(ctx, l); err != nil {
		return "", err
	}
	return at + slackOAuth + "?" + slack.InviteParameter + "=" + code, nil
}

// slackOAuth is where browsers install the app.
const slackOAuth = "/hooks/slack/oauth"

// installHash is how the database knows a link: it holds none that works.
func installHash(key []byte, code string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("install link\x00" + code))
	return hex.EncodeToString(mac.Sum(nil))
}

// mostWaiting is how many workspaces may wait for approval: strangers fill no table.
const mostWaiting = 100

// installed keeps a workspace that installed the app, and reports whether it waits for
// approval: it does unless it came with a link, or was approved before.
func (a *slackApp) installed(ctx context.Context, i slack.Installation) (waits bool, err error) {
	waits = true
	if i.Invite != "" {
		err := a.store.UseInstallLink(ctx, installHash(a.naming, i.Invite), i.Team, a.clock())
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return false, err
		}
		waits = err != nil
	}
	if waits {
		list, err := a.store.Installations(ctx, chat.Slack)
		if err != nil {
			return false, err
		}
		waiting := 0
		for _, known := range list {
			switch {
			case known.Account == i.Team && !known.Waits():
				waits = false
			case known.Account != i.Team && known.Waits():
				waiting++
			}
		}
		if waits && waiting >= mostWaiting {
			return false, fmt.Errorf("%d workspaces wait for approval already: approve or remove some", waiting)
		}
	}
	err = a.connections.Connect(ctx, Installation{
		Platform: chat.Slack, Account: i.Team, Name: i.TeamName, Token: settings.Secret(i.Token), Scopes: i.Scopes, Installer: cmp.Or(i.Installer, "unknown"),
		Waits: waits,
	})
	if err == nil && waits {
		a.log.Warn("a Slack workspace installed the app and waits: nothing of it is heard until you approve it",
			"team", i.Team, "do", "aftercare slack approve "+i.Team+", or remove it: aftercare slack remove "+i.Team)
	}
	return waits, err
}
