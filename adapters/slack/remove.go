package slack

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Remove implements chat.Remover. What is gone already, and what the workspace keeps, is done.
func (c *Client) Remove(ctx context.Context, to chat.Address, at chat.Ref) error {
	if !isTS(string(at)) {
		return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("remove a message in %s: there is no such message", to)}
	}
	err := c.callTeam(ctx, "chat.delete", to.Account, to.Chat, func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.DeleteMessageContext(ctx, to.Chat, string(at))
		return err
	})
	switch refusal(err) {
	case "message_not_found", "cant_delete_message", "compliance_exports_prevent_deletion":
		return nil
	}
	return err
}
