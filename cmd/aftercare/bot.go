package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// newBot joins the bot to a store under these settings.
func (s settings) newBot(ctx context.Context, store storage.Store, staff []chat.Address, clock func() time.Time, log *slog.Logger) (*bot.Bot, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	return bot.New(ctx, bot.Config{
		Store: store, Key: key, PublicURL: s.PublicURL, Staff: staff, Clock: clock, Log: log,
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format,
		Policy: rulefile.Parse,
	})
}

// staff is who hears of cases: the chat of TELEGRAM_STAFF_CHAT, a topic of it where
// one is named.
func (s settings) staff() []chat.Address {
	if s.StaffChat == "" {
		return nil
	}
	group, topic, _ := strings.Cut(s.StaffChat, ":")
	return []chat.Address{{Platform: chat.Telegram, Account: s.bot(), Chat: group, Thread: topic}}
}

// staffChats is who hears of cases, as far as it is known without asking a platform.
func (s settings) staffChats(ctx context.Context, store storage.Store) ([]chat.Address, error) {
	staff := s.staff()
	if s.SlackStaff == "" {
		return staff, nil
	}
	team, err := s.rememberedTeam(ctx, store)
	if err != nil {
		return nil, err
	}
	if channel, ok := s.slackChannel(team); ok {
		staff = append(staff, channel)
	}
	return staff, nil
}
