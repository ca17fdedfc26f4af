package slack_test

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// BenchmarkSend is one message handed to Slack, the fake's checks included.
func BenchmarkSend(b *testing.B) {
	for name, m := range map[string]chat.Message{
		"rating": rating(), "card": card(),
		"hostile": {Title: strings.Repeat("a", 1<<20), Text: strings.Repeat("&", 1<<20), Quotes: []chat.Quote{{Text: strings.Repeat("z\u0301", 1<<18)}}},
	} {
		b.Run(name, func(b *testing.B) {
			w := slackfake.New(b)
			c := slack.New(slack.Config{BotToken: w.BotToken, API: w.URL})
			defer c.Close()
			ann := w.NewUser("Ann", "en")
			ann.Allow()
			to := chat.Address{Platform: chat.Slack, Account: w.Team, Chat: ann.Direct().ID}
			ref, err := c.Send(b.Context(), to, m, "")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := c.Send(b.Context(), to, m, ref); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
