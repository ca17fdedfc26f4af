package telegram

import (
	"context"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
)

// React implements chat.Reactor. A bot has one reaction on a message: setting it again
// changes nothing.
func (c *Client) React(ctx context.Context, to chat.Address, at chat.Ref, m chat.Mark) error {
	id, ok := messageID(at)
	if to.Platform != chat.Telegram || to.Account != c.id || to.Chat == "" || !ok || m != chat.Arrived {
		return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("mark a message in %s: there is no such message or mark", to)}
	}
	return c.call(ctx, callTimeout, "setMessageReaction", parameters{
		"chat_id": to.Chat, "message_id": id, "reaction": `[{"type":"emoji","emoji":"👍"}]`,
	}, nil)
}
