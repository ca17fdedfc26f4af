package telegram

import (
	"context"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Remove implements chat.Remover. Telegram keeps what is older than two days: it stays then.
func (c *Client) Remove(ctx context.Context, to chat.Address, at chat.Ref) error {
	id, ok := messageID(at)
	if to.Platform != chat.Telegram || to.Account != c.id || to.Chat == "" || !ok {
		return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("remove a message in %s: there is no such message", to)}
	}
	err := c.call(ctx, callTimeout, "deleteMessage", parameters{"chat_id": to.Chat, "message_id": id}, nil)
	if err != nil && chat.AsError(err).Kind == chat.Rejected {
		return nil
	}
	return err
}
