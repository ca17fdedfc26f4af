package app

import (
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/telegram"
	"github.com/aftercare/aftercare/adapters/webchat"
)

// Traits are what the platforms of this program can do.
func Traits() map[chat.Platform]chat.Traits {
	return map[chat.Platform]chat.Traits{
		chat.Telegram: telegram.Traits(), chat.Slack: slack.Traits(), chat.Web: webchat.Traits(),
	}
}
