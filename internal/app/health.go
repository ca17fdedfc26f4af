package app

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/bot/outbox"
)

// ready says whether this instance can do its work: whether its database takes changes and
// no platform refuses the operator's own credentials. A platform that is only away makes
// nobody unready, and neither does a workspace that installed the app: its token is its own.
func (a *App) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := a.pulse.check(); err != nil {
		return err
	}
	if err := a.store.Ping(ctx); err != nil {
		return err
	}
	health := a.health()
	if health.Stalled {
		return errNoChanges
	}
	if settings := a.refused.String(); settings != "" {
		return fmt.Errorf("a platform refuses the credentials in %s", settings)
	}
	for _, c := range a.connections.Health() {
		if c.Revoked && !c.Tenant {
			return fmt.Errorf("a platform refuses the credentials of %s", cmp.Or(c.Setting, string(c.Platform)+":"+c.ID))
		}
	}
	return nil
}

// health is the bot's, with the accounts that are not served because their platform refuses
// their tokens.
func (a *App) health() outbox.Health {
	h := a.bot.Health()
	for _, c := range a.connections.Health() {
		if c.Setting == "" && !c.Served && c.Revoked {
			h.Accounts = append(h.Accounts, c.AccountHealth)
		}
	}
	return h
}
