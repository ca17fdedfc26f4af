package slack

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// begin does what must not wait: a modal's trigger lives for three seconds.
func (c *Client) begin(ctx context.Context, in incoming) {
	if in.modal != nil {
		c.openModal(ctx, *in.modal)
	}
	if in.trouble != nil {
		c.trouble(in.trouble)
	}
}

// admit reports whether what came in is this app's: from a workspace in which it is
// installed. Its error says that this cannot be told just now.
func (c *Client) admit(ctx context.Context, in incoming) (bool, error) {
	if in.gone {
		c.Forget(in.team)
		c.log.Warn("the Slack app was removed from a workspace", "team", code(in.team))
		if c.config.Gone != nil {
			return false, c.config.Gone(ctx, in.team)
		}
		return false, nil
	}
	if len(in.updates) == 0 && in.home == "" {
		return false, nil
	}
	_, err := c.token(ctx, in.team)
	switch {
	case errors.Is(err, ErrUnknownWorkspace):
		c.log.Warn("something came from a Slack workspace in which the app is not installed, or waits for approval; it is dropped", "team", code(in.team))
		return false, nil
	case err != nil && chat.AsError(err).Kind == chat.Revoked:
		c.trouble(err)
		return false, nil
	case err != nil:
		return false, err
	}
	return true, nil
}

// resolveLimit bounds what is asked of Slack before an update is handled, so that
// it is acknowledged well within three seconds.
const resolveLimit = 800 * time.Millisecond

// resolve fills in what Slack did not tell: a person's direct messages, name and
// language. What cannot be learned in time is done without.
func (c *Client) resolve(ctx context.Context, updates []chat.Update) {
	ctx, cancel := context.WithTimeout(ctx, resolveLimit)
	defer cancel()
	var all sync.WaitGroup
	for i := range updates {
		u := &updates[i]
		team := u.From.Account
		if isPerson(u.From.Chat) {
			all.Go(func() {
				if open, err := c.Open(ctx, team, u.From.Chat); err == nil {
					u.From = open
				} else {
					c.log.Warn("a person's direct messages could not be opened", "err", err)
				}
			})
		}
		all.Go(func() { c.introduce(ctx, team, u.Kind, &u.User) })
	}
	all.Wait()
}

// introduce asks for a person's name and language where they matter and are not
// known. Taps bring a name of their own, and there may be many at once.
func (c *Client) introduce(ctx context.Context, team string, kind chat.Kind, u *chat.User) {
	if u.ID == "" {
		return
	}
	known, ok := c.people.get(team+"/"+u.ID, c.clock())
	if !ok && (kind == chat.Text || kind == chat.Command) && !strings.Contains(u.ID, ":") {
		var err error
		if known, err = c.Person(ctx, team, u.ID); err != nil {
			c.log.Debug("a person's name could not be learned", "err", err)
			return
		}
		ok = true
	}
	if ok {
		u.Name, u.Language, u.Bot = firstOf(known.Name, u.Name), known.Language, known.Bot
		u.Username = firstOf(u.Username, known.Username)
	}
}

// The most characters of an answer beside a tap, and of one to a slash command.
const (
	toastLimit  = 200
	inlineLimit = 2000
)

// inlineAnswer is the response to a slash command that shows an answer to the one
// who wrote it.
type inlineAnswer struct {
	Type string `json:"response_type"`
	Text string `json:"text"`
	// Blocks are there only where there are buttons.
	Blocks []slack.Block `json:"blocks,omitempty"`
}

// respond shows the answers of a batch: those to commands and those about a form's
// fields are returned by their update, all others are shown beside, to the one person.
func (c *Client) respond(ctx context.Context, updates []chat.Update, answers []chat.Answer) map[int]any {
	inline := map[int]any{}
	said := map[int]bool{}
	for _, a := range answers {
		if a.Update < 0 || a.Update >= len(updates) || said[a.Update] {
			continue
		}
		said[a.Update] = true
		text := chat.Clean(a.Text)
		way, ok := updates[a.Update].Reply.(reply)
		if ok && a.Form != nil && way.trigger != "" {
			c.answerForm(ctx, way, updates[a.Update].From, a)
			continue
		}
		if !ok || !chat.Visible(text) {
			continue
		}
		if wrong, ok := c.errorsOf(way, a.Update, answers); ok {
			inline[a.Update] = wrong
			continue
		}
		if way.inline {
			inline[a.Update] = inlineAnswerOf(a, cut(text, inlineLimit))
			continue
		}
		text = cut(text, toastLimit)
		c.toast(ctx, way, updates[a.Update].From, text, a.Alert)
	}
	return inline
}

// inlineAnswerOf is the answer with its buttons, if it has any that Slack can show.
func inlineAnswerOf(a chat.Answer, text string) inlineAnswer {
	out := inlineAnswer{Type: "ephemeral", Text: escape(text)}
	if rows, err := appendRows(nil, a.Rows, "a", ""); err == nil && len(rows) > 0 {
		out.Blocks = append([]slack.Block{slack.NewSectionBlock(plain(text), nil, nil)}, rows...)
	}
	return out
}

// toast shows words to one person where they acted: faint, or plainly if they need
// attention.
func (c *Client) toast(ctx context.Context, way reply, to chat.Address, text string, alert bool) {
	var block slack.Block = slack.NewContextBlock("", plain(text))
	if alert {
		block = slack.NewSectionBlock(plain(text), nil, nil)
	}
	options := []slack.MsgOption{slack.MsgOptionText(escape(text), false), slack.MsgOptionBlocks(block)}
	if to.Thread != "" {
		options = append(options, slack.MsgOptionTS(to.Thread))
	}
	c.beside(ctx, "an answer to a tap", func(ctx context.Context) error {
		return c.callTeam(ctx, "chat.postEphemeral", way.team, to.Chat, func(ctx context.Context, api *slack.Client) error {
			_, err := api.PostEphemeralContext(ctx, to.Chat, way.user, options...)
			return err
		})
	})
}
