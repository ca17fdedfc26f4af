package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// The settings that hold the address of a chat of staff.
const (
	telegramStaffChat = "TELEGRAM_STAFF_CHAT"
	slackStaffChannel = "SLACK_STAFF_CHANNEL"
)

// settingsNames are the names under which the chats of the settings are known. Where an
// admin has linked a chat under one of them already, a number follows.
var settingsNames = map[string]string{telegramStaffChat: "env-telegram", slackStaffChannel: "env-slack"}

// placeStaff makes the chats of the settings chats of staff, as far as their addresses are
// known without asking a platform, and forgets those of earlier settings.
func (a *App) placeStaff(ctx context.Context) error {
	wanted := map[string]chat.Address{}
	if at := a.Settings.TelegramStaff(); len(at) > 0 {
		wanted[telegramStaffChat] = at[0]
	}
	team := ""
	if a.Settings.SlackStaff != "" {
		var err error
		if team, err = rememberedTeam(ctx, a.store); err != nil {
			return err
		}
	}
	if channel, ok := a.Settings.SlackChannel(team); ok {
		wanted[slackStaffChannel] = channel
	}
	list, err := a.store.StaffChatList(ctx)
	if err != nil {
		return fmt.Errorf("read the chats of staff: %w", err)
	}
	for _, c := range list {
		if _, ok := wanted[c.Setting]; ok || c.Setting == "" {
			continue
		}
		if err := a.store.DropStaffChat(ctx, c.Name); err != nil {
			return fmt.Errorf("forget the chat of a setting: %w", err)
		}
		a.Log.Info("a chat of staff is forgotten, because its setting is gone", "chat", c.Name, "setting", c.Setting)
	}
	for setting, at := range wanted {
		if _, err := placeStaffChat(ctx, a.store, setting, at, a.Clock()); err != nil {
			return err
		}
	}
	if a.Demo == nil && len(wanted) == 0 && a.Settings.SlackStaff == "" && !slices.ContainsFunc(list, func(c storage.StaffChat) bool { return !c.Linked.IsZero() }) {
		a.Log.Warn("no chat of staff is told of unsatisfied customers: their cases stand on the pages only",
			"do", "set TELEGRAM_STAFF_CHAT or SLACK_STAFF_CHANNEL, or link a chat: aftercare staff chat add front-desk --everywhere")
	}
	return nil
}

// placeStaffChat makes an address the chat of a setting, and reports whether that is news.
func placeStaffChat(ctx context.Context, store storage.StaffChats, setting string, at chat.Address, now time.Time) (bool, error) {
	list, err := store.StaffChatList(ctx)
	if err != nil {
		return false, fmt.Errorf("read the chats of staff: %w", err)
	}
	news, err := store.PlaceStaffChat(ctx, storage.StaffChat{Name: nameOfSetting(list, setting), Setting: setting, Address: at, Created: now})
	if err != nil {
		return false, fmt.Errorf("take the chat of %s: %w", setting, err)
	}
	return news, nil
}

// nameOfSetting is the name that the chat of a setting has, or shall have.
func nameOfSetting(list []storage.StaffChat, setting string) string {
	base := settingsNames[setting]
	name := base
	for n := 2; slices.ContainsFunc(list, func(c storage.StaffChat) bool { return c.Name == name && c.Setting != setting }); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}
