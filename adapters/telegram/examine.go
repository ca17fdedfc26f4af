package telegram

import (
	"context"
)

// WebhookURL is the address that Telegram calls for this bot, "" if it calls none.
func (c *Client) WebhookURL(ctx context.Context) (string, error) {
	var info webhookInfo
	err := c.call(ctx, callTimeout, "getWebhookInfo", nil, &info)
	return info.URL, err
}

// PolledElsewhere reports whether another program asks for this bot's updates: of two that do,
// Telegram refuses the one that began earlier, so it waits a few seconds. It confirms nothing.
// It would disturb a poller: no server of ours may be polling.
func (c *Client) PolledElsewhere(ctx context.Context) (bool, error) {
	var updates []struct{}
	err := c.call(ctx, pollTimeout, "getUpdates", parameters{"limit": "1", "timeout": "7"}, &updates)
	if refused, ok := refusal(err); ok && refused.code == 409 {
		return !refused.says("webhook"), nil
	}
	return false, err
}
