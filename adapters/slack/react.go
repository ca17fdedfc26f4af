package slack

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// emoji are the signs by their names at Slack.
var emoji = map[chat.Mark]string{chat.Arrived: "white_check_mark"}

// React implements chat.Reactor. That the sign stands there already is a success; that
// the app may not put one there is as well, because nothing hangs on it: the operator is
// told which permission is missing.
func (c *Client) React(ctx context.Context, to chat.Address, at chat.Ref, m chat.Mark) error {
	name, ok := emoji[m]
	if !ok || !isTS(string(at)) {
		return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("mark a message in %s: there is no such message or mark", to)}
	}
	err := c.callTeam(ctx, "reactions.add", to.Account, to.Chat, func(ctx context.Context, api *slack.Client) error {
		return api.AddReactionContext(ctx, name, slack.NewRefToMessage(to.Chat, string(at)))
	})
	switch refusal(err) {
	case "already_reacted", "missing_scope", "too_many_emoji", "too_many_reactions":
		return nil
	}
	return err
}
