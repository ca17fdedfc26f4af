package telegram

import (
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Traits are what Telegram can do. Its limits are a little below what it documents
// (core.telegram.org/bots/faq): about one message a second in a chat with short bursts, 20 a
// minute in a group (5 at once and 15 a minute never exceed that in any minute), 30 a second
// in all.
func Traits() chat.Traits {
	group := func(a chat.Address) bool { return strings.HasPrefix(a.Chat, "-") } // as numbers of groups are
	return chat.Traits{
		Marks: true, Files: true, Shares: true,
		Limits: chat.Limits{
			Chat:     chat.Rate{PerSecond: 1, Burst: 5},
			Group:    chat.Rate{PerSecond: 15.0 / 60, Burst: 5},
			Account:  chat.Rate{PerSecond: 29.5, Burst: 5},
			Parallel: 64,
			IsGroup:  group,
		},
		Personal: func(a chat.Address) bool { return !group(a) },
	}
}
