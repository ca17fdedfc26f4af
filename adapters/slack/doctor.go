package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Finding is one thing that Doctor looked at.
type Finding struct {
	OK   bool
	What string // "the bot token works, in Example (T01)"
	Fix  string // what to do; "" if OK or if nothing can be done
}

// Examine is what Doctor is to look at.
type Examine struct {
	Team       string   // "" = the workspace of Config.BotToken
	Channels   []string // where staff hear of cases
	SocketMode bool     // whether the app token is needed
	// Probe is a person (U…) who is sent a short test message, which is the only way
	// to learn whether the Messages tab is on; "" leaves that out.
	Probe string
}

// Doctor checks the tokens, the permissions, the channels and the Messages tab. It
// returns a finding for each thing it looked at, the good ones too.
func (c *Client) Doctor(ctx context.Context, e Examine) []Finding {
	var out []Finding
	good := func(format string, args ...any) {
		out = append(out, Finding{OK: true, What: fmt.Sprintf(format, args...)})
	}
	bad := func(fix, format string, args ...any) {
		out = append(out, Finding{What: fmt.Sprintf(format, args...), Fix: fix})
	}
	var w Workspace
	var err error
	if e.Team == "" {
		w, err = c.Me(ctx)
	} else {
		w, err = c.Identify(ctx, e.Team)
	}
	if err != nil {
		bad("copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions into SLACK_BOT_TOKEN", "the bot token does not work: %v", err)
		return out
	}
	good("the bot token works, in %s (%s)", w.Name, w.Team)
	if w.Scopes != nil {
		var missing []string
		for _, s := range Scopes() {
			if !slices.Contains(w.Scopes, s) {
				missing = append(missing, s)
			}
		}
		if len(missing) > 0 {
			bad("add them under OAuth & Permissions, or paste deploy/slack-manifest.yaml anew, and install the app again", "the app lacks permissions: %s", strings.Join(missing, ", "))
		} else {
			good("the app has all permissions")
		}
	}
	if e.SocketMode {
		if err := c.CheckSocket(ctx); err != nil {
			bad("make an app-level token (xapp-…) with connections:write under Basic Information, and switch Socket Mode on", "Socket Mode does not work: %v", err)
		} else {
			good("Socket Mode works")
		}
	}
	for _, channel := range e.Channels {
		c.examineChannel(ctx, w.Team, channel, good, bad)
	}
	if e.Probe != "" {
		_, err := c.Send(ctx, chat.Address{Platform: chat.Slack, Account: w.Team, Chat: e.Probe}, chat.Message{Text: "This is a test of the Slack connection. Nothing needs to be done."}, "")
		if err != nil {
			bad("under App Home, switch on the Messages Tab and “Allow users to send Slash commands and messages”", "a direct message could not be sent: %v", err)
		} else {
			good("direct messages can be sent; the Messages tab is on")
		}
	}
	return out
}

// CheckSocket reports why Socket Mode cannot be opened with the app's token; nil = it can. Errors
// of Slack's are *chat.Error.
func (c *Client) CheckSocket(ctx context.Context) error {
	if !strings.HasPrefix(c.config.AppToken, "xapp-") {
		return errors.New("SLACK_APP_TOKEN is missing or does not begin with xapp-")
	}
	return c.call(ctx, "apps.connections.open", "", "", "", func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.StartSocketModeContext(ctx)
		return err
	})
}

func (c *Client) examineChannel(ctx context.Context, team, channel string, good func(string, ...any), bad func(string, string, ...any)) {
	got, err := c.channel(ctx, team, channel)
	const invite = "open the channel and write /invite @ and the app's name; private channels are invisible to it until then"
	switch {
	case err != nil:
		bad(invite, "the channel %s cannot be read: %v", channel, err)
	case got.IsArchived:
		bad("choose another channel, or unarchive it", "the channel %s (%s) is archived", got.Name, channel)
	case !got.IsMember:
		bad(invite, "the app is not in the channel %s (%s)", got.Name, channel)
	default:
		good("the app is in the channel %s (%s)", got.Name, channel)
	}
}
