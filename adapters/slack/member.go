package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"
)

const (
	memberPages = 10  // more people than these hold are no staff channel
	memberPage  = 200 // as Slack advises
	memberKeep  = time.Minute
)

// Member reports whether a person is in a channel. What Slack said is remembered for a
// minute. Errors are *chat.Error.
func (c *Client) Member(ctx context.Context, team, channel, user string) (bool, error) {
	key := team + "/" + channel
	people, ok := c.members.get(key, c.clock())
	if !ok {
		people = map[string]bool{}
		cursor := ""
		for range memberPages {
			var page []string
			err := c.callTeam(ctx, "conversations.members", team, "", func(ctx context.Context, api *slack.Client) (err error) {
				page, cursor, err = api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{ChannelID: channel, Cursor: cursor, Limit: memberPage})
				return err
			})
			if err != nil {
				return false, err
			}
			for _, id := range page {
				people[id] = true
			}
			if cursor == "" {
				break
			}
		}
		c.members.put(key, people, c.clock())
	}
	return people[user], nil
}
