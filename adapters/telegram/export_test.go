package telegram

import (
	"context"
	"time"
)

// CheckWebhook is one round of KeepWebhook, for one who never set the webhook.
func (c *Client) CheckWebhook(ctx context.Context, url, secret string) error {
	_, err := c.setWebhook(ctx, url, secret, time.Time{})
	return err
}
