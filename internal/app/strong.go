package app

import (
	"context"
	"errors"
	"net/url"
)

// errWeakKey is a SECRET_KEY that somebody typed.
var errWeakKey = errors.New("SECRET_KEY is easy to guess: whoever guesses it makes links and reads stored tokens. Make one with `openssl rand -hex 32`")

// strong refuses a SECRET_KEY that is easy to guess while the database is new. Where links are
// out and tokens are stored under it, it goes on with a warning: another key would make them
// unknown. It warns of a PUBLIC_URL by which words of customers travel in the clear.
func (a *App) strong(ctx context.Context) error {
	if u, err := url.Parse(a.Settings.PublicURL); err == nil && u.Scheme == "http" && !loopback(hostOf(u.Host)) {
		a.Log.Warn("PUBLIC_URL begins with http: what customers write can be read on the way", "do", "put a proxy with a certificate in front, and write https")
	}
	if !a.Settings.WeakKey() {
		return nil
	}
	counts, err := a.store.Counts(ctx)
	if err != nil {
		return err
	}
	accounts, err := a.store.Accounts(ctx)
	if err != nil {
		return err
	}
	if counts.Sessions == 0 && len(accounts) == 0 {
		return errWeakKey
	}
	a.Log.Warn("SECRET_KEY is easy to guess, and stays in use because the database was made with it", "do", "begin the next database with one from `openssl rand -hex 32`")
	return nil
}
