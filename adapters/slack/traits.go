package slack

import (
	"errors"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// errNoDirect says which address of a person in Slack customers are written to at.
var errNoDirect = errors.New("a Slack address is that of direct messages (D…): open the conversation with the person first")

// Traits are what Slack can do. Its limits are
// those of chat.postMessage (docs.slack.dev): about one a second and channel, and several
// hundred a minute in a workspace, of which we take 300: 4.95 a second and 2 at once never
// exceed that in any minute.
func Traits() chat.Traits {
	direct := func(a chat.Address) bool { return strings.HasPrefix(a.Chat, "D") }
	return chat.Traits{
		Forms: true, Menus: true, Threads: true, Marks: true, Files: true, Slash: "/feedback",
		Limits: chat.Limits{
			Chat:     chat.Rate{PerSecond: 1, Burst: 3},
			Group:    chat.Rate{PerSecond: 1, Burst: 3},
			Account:  chat.Rate{PerSecond: 4.95, Burst: 2},
			Parallel: 32,
			IsGroup:  func(a chat.Address) bool { return !direct(a) },
		},
		// People have letters of their own. Slack names a private chat by its channel.
		Personal: func(a chat.Address) bool { return strings.HasPrefix(a.Chat, "U") || strings.HasPrefix(a.Chat, "W") },
		Private: func(account, user string) chat.Address {
			return chat.Address{Platform: chat.Slack, Account: account, Chat: user}
		},
		Refuse: func(a chat.Address) error {
			if !direct(a) {
				return errNoDirect
			}
			return nil
		},
	}
}
