package settings

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// TelegramStaff is who hears of cases: the chat of TELEGRAM_STAFF_CHAT, a topic of it where
// one is named.
func (s Settings) TelegramStaff() []chat.Address {
	if s.StaffChat == "" {
		return nil
	}
	group, topic, _ := strings.Cut(s.StaffChat, ":")
	return []chat.Address{{Platform: chat.Telegram, Account: s.TelegramBot(), Chat: group, Thread: topic}}
}
