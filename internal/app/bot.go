package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// NewBot joins a bot to a store under these settings. It serves no account. log may be nil.
func NewBot(ctx context.Context, s settings.Settings, store storage.Store, clock func() time.Time, log *slog.Logger) (*bot.Bot, error) {
	keys, err := OpenKeys(ctx, s, store, clock)
	if err != nil {
		return nil, err
	}
	return newBot(ctx, s, bot.Config{Key: keys.Naming, Store: store, Clock: clock, Log: log, Traits: Traits()})
}

// newBot fills in what follows from the settings and what every bot has.
func newBot(ctx context.Context, s settings.Settings, c bot.Config) (*bot.Bot, error) {
	c.PublicURL = s.PublicURL
	c.Templates, c.Parse, c.Format, c.Policy = flowfile.Templates, flowfile.Parse, flowfile.Format, rulefile.Parse
	return bot.New(ctx, c)
}
