package app

import (
	"context"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// PublicURL is the address under which others reach this installation, without a slash at its
// end: PUBLIC_URL or, where that is not set, what was found on the pages; "" = unknown. It is for
// commands; a server asks its bot, which hears of a change while it runs.
func PublicURL(ctx context.Context, s settings.Settings, store storage.Store) (string, error) {
	if s.PublicURL != "" {
		return s.PublicURL, nil
	}
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return "", fmt.Errorf("read the public address: %w", err)
	}
	for _, a := range accounts {
		if a.Platform == chat.Web {
			return a.Name, nil
		}
	}
	return "", nil
}

// publicURL is the address under which platforms reach this server now; "" = unknown.
func (h *host) publicURL() string { return bot.LinksOf(h.bot).PublicURL() }
