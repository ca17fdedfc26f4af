package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Send implements chat.Sender. A message that vanished or cannot be edited any
// more is posted anew; markup that Telegram refuses is sent as plain text; a topic that is
// gone or closed, or a message to reply to that is gone, is done without. A file is shown by its
// reference, with the words below it; one that Telegram refuses is named in words.
func (c *Client) Send(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (chat.Ref, error) {
	if to.Platform != chat.Telegram || to.Account != c.id || to.Chat == "" {
		return "", &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("send to %s: not a chat of telegram bot %s", to, c.id)}
	}
	if id, ok := messageID(at); ok {
		err := c.show(ctx, editMethod, to, m, id, nil)
		if err == nil {
			return at, nil
		}
		refused, _ := refusal(err)
		switch {
		case refused == nil:
			return "", err
		case refused.says("message is not modified"):
			return at, nil
		case !refused.says("message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID", "there is no text in the message", "TOPIC_CLOSED"):
			return "", err
		}
	}
	var posted struct {
		ID int64 `json:"message_id"`
	}
	if err := c.show(ctx, postMethod, to, m, "", &posted); err != nil {
		return "", err
	}
	if posted.ID <= 0 {
		return "", &chat.Error{Kind: chat.InDoubt, Err: errors.New("telegram: the answer names no message")}
	}
	return ref(posted.ID), nil
}

// messageID is the ref as Telegram writes it; false for what no message can have.
func messageID(r chat.Ref) (string, bool) {
	n, err := strconv.ParseInt(string(r), 10, 64)
	return string(r), err == nil && n > 0
}

// form is how much of a message's form Telegram accepts; each refusal takes one
// thing away and the message is tried again.
type form struct{ plain, noThread, noReply, noLinks, noFile bool }

// concede changes the form so that the refusal will not come again. It is false
// when nothing is left to concede.
func (f *form) concede(e *apiError) bool {
	take := func(b *bool) bool { was := *b; *b = true; return !was }
	switch {
	case e.says("can't parse entities"):
		return take(&f.plain)
	case e.says("message thread not found", "TOPIC_CLOSED", "TOPIC_DELETED"):
		return take(&f.noThread)
	case e.says("message to be replied not found", "replied message not found"):
		return take(&f.noReply)
	case e.says("BUTTON_URL_INVALID", "Wrong HTTP URL", "button URL"):
		return take(&f.noLinks)
	case noSuchFile(e), e.says("there is no caption in the message"): // the words were posted without their file
		return take(&f.noFile)
	}
	return false
}

// show sends or edits in the fullest form that Telegram takes.
func (c *Client) show(ctx context.Context, method func(chat.Message, form) string, to chat.Address, m chat.Message, at string, result any) error {
	_, file := attached(m)
	f := form{noFile: !file}
	for {
		params, err := params(to, m, at, f)
		if err != nil {
			return &chat.Error{Kind: chat.Rejected, Err: fmt.Errorf("send to %s: %w", to, err)}
		}
		err = c.call(ctx, callTimeout, method(m, f), params, result)
		refused, ok := refusal(err)
		if !ok || !f.concede(refused) {
			return err
		}
		c.log.Warn("Telegram refused a message's form; sending a simpler one", "chat", to.Chat, "err", refused)
	}
}

func params(to chat.Address, m chat.Message, at string, f form) (parameters, error) {
	if f.noLinks {
		m.Footer = strings.TrimSpace(m.Footer + "\n" + linksAsText(m.Rows))
	}
	words, limit := "text", textLimit
	file := chat.File{}
	if !f.noFile {
		file = m.Files[0]
		m.Files, words, limit = nil, "caption", captionLimit
	}
	text, err := arrange(m, limit)
	if err != nil && (f.noFile || !errors.Is(err, errNothingToShow)) {
		return nil, err
	}
	rows, err := inlineRows(m.Rows, !f.noLinks)
	if err != nil {
		return nil, err
	}
	p := parameters{
		"chat_id":    to.Chat,
		words:        text.html(),
		"parse_mode": "HTML",
	}
	if f.noFile {
		p["link_preview_options"] = `{"is_disabled":true}`
	} else if at == "" {
		p[file.Kind] = file.ID
	}
	if f.plain {
		delete(p, "parse_mode")
		p[words] = cut(text.plain(), limit)
	}
	private := !strings.HasPrefix(to.Chat, "-") && !strings.HasPrefix(to.Chat, "@")
	switch {
	case m.Expects == chat.ExpectsPhone && private && at == "": // an edit cannot bring a reply keyboard
		p["reply_markup"], err = encode(phoneKeyboard(m))
	case len(rows) > 0:
		p["reply_markup"], err = encode(inlineKeyboard{Rows: rows})
	case m.Expects != chat.ExpectsNothing && !private && at == "": // in a group the bot hears replies only
		p["reply_markup"], err = encode(forceReply{Force: true, Selective: true, Placeholder: cut(chat.CleanLine(m.Hint), placeholderLimit)})
	}
	if err != nil {
		return nil, err
	}
	if at != "" {
		p["message_id"] = at
		return p, nil
	}
	if to.Thread != "" && !f.noThread {
		p["message_thread_id"] = to.Thread
	}
	if id, ok := messageID(m.Replies); ok && !f.noReply {
		p["reply_parameters"] = `{"message_id":` + id + `,"allow_sending_without_reply":true}`
	}
	return p, nil
}
