package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// NewBot joins a bot to a store under these settings. It serves no account. log may be nil.
func NewBot(ctx context.Context, s settings.Settings, store storage.Store, staff []chat.Address, clock func() time.Time, log *slog.Logger) (*bot.Bot, error) {
	key, err := Key(s)
	if err != nil {
		return nil, err
	}
	return bot.New(ctx, bot.Config{
		Store: store, Key: key, PublicURL: s.PublicURL, Staff: staff, Clock: clock, Log: log,
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
		Policy: rulefile.Parse, Traits: Traits(),
	})
}

// StaffChats is who hears of cases, as far as it is known without asking a platform.
func StaffChats(ctx context.Context, s settings.Settings, store storage.Store) ([]chat.Address, error) {
	staff := s.TelegramStaff()
	if s.SlackStaff == "" {
		return staff, nil
	}
	team, err := rememberedTeam(ctx, store)
	if err != nil {
		return nil, err
	}
	if channel, ok := s.SlackChannel(team); ok {
		staff = append(staff, channel)
	}
	return staff, nil
}
