package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Home is a person's App Home tab: open and past surveys, their language and pause;
// open cases for staff; a link for admins. Nothing in it is markup.
type Home struct {
	Title    string
	Sections []HomeSection
}

// HomeSection is one group, with a heading.
type HomeSection struct {
	Title string
	Text  string     // shown below the heading, "Nothing is open."
	Items []HomeItem // one line each
	Rows  [][]chat.Button
}

// HomeItem is one line with what can be done about it.
type HomeItem struct {
	Text    string
	Detail  string // shown faint
	Buttons []chat.Button
}

const headerLimit = 150

// render leaves out what does not fit a tab; a heading is never the last.
func (h Home) render() (slack.HomeTabViewRequest, error) {
	view := slack.HomeTabViewRequest{Type: slack.VTHomeTab}
	out := []slack.Block{} // Slack takes no null
	heading := func(text string) {
		if text = chat.CleanLine(text); chat.Visible(text) {
			out = append(out, slack.NewHeaderBlock(plain(cut(text, headerLimit))))
		}
	}
	say := func(text string) {
		if text = chat.Clean(text); chat.Visible(text) {
			out = append(out, slack.NewSectionBlock(plain(cut(text, wordsLimit)), nil, nil))
		}
	}
	heading(h.Title)
	var err error
	for n, s := range h.Sections {
		if n > 0 {
			out = append(out, slack.NewDividerBlock())
		}
		heading(s.Title)
		say(s.Text)
		for i, item := range s.Items {
			say(item.Text)
			if detail := chat.Clean(item.Detail); chat.Visible(detail) {
				out = append(out, slack.NewContextBlock("", plain(cut(detail, footerLimit))))
			}
			if len(item.Buttons) > 0 {
				if out, err = appendRows(out, [][]chat.Button{item.Buttons}, id("i", n, i), ""); err != nil {
					return view, err
				}
			}
		}
		if out, err = appendRows(out, s.Rows, id("s", n, 0), ""); err != nil {
			return view, err
		}
	}
	out = out[:min(len(out), homeLimit)]
	for len(out) > 0 && (out[len(out)-1].BlockType() == slack.MBTHeader && len(out) > 1 || out[len(out)-1].BlockType() == slack.MBTDivider) {
		out = out[:len(out)-1]
	}
	view.Blocks.BlockSet = out
	return view, nil
}

// Publish shows a person their App Home. Errors are *chat.Error.
func (c *Client) Publish(ctx context.Context, team, user string, h Home) error {
	view, err := h.render()
	if err != nil {
		return &chat.Error{Kind: chat.Rejected, Err: err}
	}
	return c.callTeam(ctx, "views.publish", team, "", func(ctx context.Context, api *slack.Client) error {
		_, err := api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
}

// refreshHome makes and shows a person's App Home, beside the updates.
func (c *Client) refreshHome(ctx context.Context, team, user string) {
	if c.config.Home == nil || team == "" || user == "" {
		return
	}
	c.beside(ctx, "the App Home", func(ctx context.Context) error {
		home, err := c.config.Home(ctx, team, user)
		if err != nil {
			return err
		}
		return c.Publish(ctx, team, user, home)
	})
}
