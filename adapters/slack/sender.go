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

// Send implements chat.Sender. The Ref is the message's ts. An address whose Chat is
// a person (U…) is opened first and the message stands in their direct messages. A
// message that vanished or cannot be edited any more is posted anew; blocks that
// Slack refuses are replaced by the plain words; a reply whose thread is gone stands
// in the channel and is told to Config.Trouble.
func (c *Client) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	if to.Platform != chat.Slack || to.Account == "" || to.Chat == "" {
		return "", &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("send to %s: not a channel of Slack", to)}
	}
	if err := ctx.Err(); err != nil {
		return "", &chat.Error{Kind: chat.Temporary, Err: err}
	}
	form, err := render(m)
	if err != nil {
		return "", &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("send to %s: %w", to, err)}
	}
	if isPerson(to.Chat) {
		open, err := c.Open(ctx, to.Account, to.Chat)
		if err != nil {
			return "", err
		}
		to.Chat = open.Chat
	}
	s := sending{client: c, to: to, thread: thread(to, m), form: form, links: linksAsText(m.Rows)}
	if isTS(string(at)) {
		if wait := c.edits.wait(to.Account, to.Chat+"/"+string(at), c.clock()); wait > 0 {
			return "", &chat.Error{Kind: chat.RateLimited, RetryAfter: wait, Edits: true, Err: errors.New("slack chat.update: held back to keep within the workspace's edits a minute")}
		}
		err := s.insist(ctx, func(ctx context.Context) error { return s.update(ctx, at) })
		if err == nil {
			return at, nil
		}
		if !slices.Contains(beyondEditing, refusal(err)) {
			return "", err
		}
	}
	var posted chat.Ref
	err = s.insist(ctx, func(ctx context.Context) (err error) {
		posted, err = s.post(ctx)
		return err
	})
	return posted, err
}

// beyondEditing are the refusals of an update after which the message is posted anew.
var beyondEditing = []string{"message_not_found", "cant_update_message", "edit_window_closed"}

// isPerson reports whether an id names a person rather than a channel.
func isPerson(id string) bool { return strings.HasPrefix(id, "U") || strings.HasPrefix(id, "W") }

// isTS reports whether s has the form of a ts: digits, a point, digits.
func isTS(s string) bool {
	seconds, rest, ok := strings.Cut(s, ".")
	digits := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	return digits(seconds) && (!ok || digits(rest)) && len(s) <= 32
}

// thread is the ts under which the message is to stand.
func thread(to chat.Address, m chat.Message) string {
	for _, ts := range []string{to.Thread, string(m.Replies)} {
		if isTS(ts) {
			return ts
		}
	}
	return ""
}

// sending is one message on its way, in the fullest form that Slack takes.
type sending struct {
	client *Client
	to     chat.Address
	thread string
	form   rendered
	links  string
	plain  bool
}

// insist tries until Slack takes a form; each refusal takes one thing away.
func (s *sending) insist(ctx context.Context, try func(context.Context) error) error {
	for {
		err := try(ctx)
		if err == nil || !s.concede(refusal(err)) {
			return err
		}
		s.client.log.Warn("Slack refused a message's form; sending a simpler one", "channel", s.to.Chat, "err", err)
	}
}

func (s *sending) concede(code string) bool {
	switch {
	case !s.plain && (strings.HasPrefix(code, "invalid_blocks") || slices.Contains([]string{"msg_blocks_too_long", "msg_too_long", "invalid_attachments", "too_many_attachments"}, code)):
		s.plain = true
		return true
	case s.thread != "" && slices.Contains([]string{"thread_not_found", "cannot_reply_to_message", "invalid_thread_ts"}, code):
		s.thread = ""
		return true
	}
	return false
}

// options are what posting and updating share. Blocks and attachments are always
// given: an update that leaves them out keeps or drops the old ones.
func (s *sending) options() []slack.MsgOption {
	if s.plain {
		text := s.form.text + escape(s.links)
		return []slack.MsgOption{slack.MsgOptionText(text, false), slack.MsgOptionBlocks(), slack.MsgOptionAttachments([]slack.Attachment{}...)}
	}
	attachments := []slack.Attachment{}
	if len(s.form.attached) > 0 {
		attachments = append(attachments, slack.Attachment{Color: s.form.color, Blocks: slack.Blocks{BlockSet: s.form.attached}})
	}
	return []slack.MsgOption{
		slack.MsgOptionText(s.form.text, false),
		slack.MsgOptionBlocks(s.form.blocks...),
		slack.MsgOptionAttachments(attachments...),
	}
}

var errNoMessage = errors.New("the answer names no message")

func (s *sending) update(ctx context.Context, at chat.Ref) error {
	return s.client.callTeam(ctx, "chat.update", s.to.Account, s.to.Chat, func(ctx context.Context, api *slack.Client) error {
		_, _, _, err := api.UpdateMessageContext(ctx, s.to.Chat, string(at), s.options()...)
		return err
	})
}

func (s *sending) post(ctx context.Context) (chat.Ref, error) {
	options := append(s.options(), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(), slack.MsgOptionDisableMarkdown())
	if s.thread != "" {
		options = append(options, slack.MsgOptionTS(s.thread))
	}
	var ts string
	var shown slack.Message
	err := s.client.callTeam(ctx, "chat.postMessage", s.to.Account, s.to.Chat, func(ctx context.Context, api *slack.Client) (err error) {
		_, ts, shown, err = api.PostMessageWithResponseContext(ctx, s.to.Chat, options...)
		return err
	})
	if err != nil {
		return "", err
	}
	if ts == "" {
		return "", &chat.Error{Kind: chat.InDoubt, Err: &transportError{method: "chat.postMessage", cause: errNoMessage}}
	}
	if s.thread != "" && shown.Timestamp != "" && shown.ThreadTimestamp == "" {
		s.client.trouble(&ThreadGoneError{To: s.to, Thread: chat.Ref(s.thread), Posted: chat.Ref(ts)})
	}
	return chat.Ref(ts), nil
}
