package slackfake

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Channel is where messages stand: a channel, or a person's direct messages.
type Channel struct {
	ID      string // C…, or D…
	Name    string
	Private bool

	server   *Server
	user     *User // of direct messages
	open     bool  // the app may write: it opened the direct messages, or the person wrote
	member   bool  // the app is in the channel
	archived bool
	messages []*message
}

type message struct {
	channel   *Channel
	ts        string
	thread    string
	user      string
	bot       bool
	mrkdwn    bool
	text      string // as Slack keeps it: escaped
	blocks    []object
	attached  []object
	color     string
	edits     int
	frozen    bool
	deleted   bool
	reactions []string
}

// Message is a message as a person sees it.
type Message struct {
	Channel   *Channel
	TS        string
	Thread    string // the ts of the first message of its thread
	FromApp   bool
	Ephemeral bool   // only one person sees it, until they look away
	Text      string // all words, line by line
	Notice    string // what is read out and notified: the top-level text
	Styles    []string
	Buttons   []Button
	Color     string
	Edits     int
	Reactions []string
	Blocks    string // their JSON
}

// Button is a button as a person sees it.
type Button struct {
	Text, Label, URL, Style, Value, ActionID string
	Entry                                    bool // of a menu
}

func (m Message) String() string {
	return fmt.Sprintf("%s %q %v", m.TS, m.Text, m.Buttons)
}

// NewChannel is a public channel with the app in it.
func (s *Server) NewChannel(name string) *Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Channel{ID: s.id("C"), Name: name, server: s, member: true}
	s.channels[c.ID] = c
	return c
}

func (c *Channel) kind() string {
	switch {
	case c.user != nil:
		return "im"
	case c.Private:
		return "group"
	}
	return "channel"
}

// Archive archives the channel, which the app is told.
func (c *Channel) Archive() { c.happens("archive", func() { c.archived = true }) }

// Unarchive makes an archived channel take messages again.
func (c *Channel) Unarchive() { c.happens("unarchive", func() { c.archived = false }) }

// Kick removes the app from the channel, which it is told.
func (c *Channel) Kick() { c.happens("left", func() { c.member = false }) }

// Leave makes it so that the app was never in the channel: Invite brings it there.
func (c *Channel) Leave() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.member = false
}

func (c *Channel) happens(what string, change func()) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	kind := "channel_"
	if c.Private {
		kind = "group_"
	}
	s.emitEvent("channel "+c.ID, object{"type": kind + what, "channel": c.ID, "user": "U0SOMEBODY", "event_ts": s.ts()})
}

// Invite makes the app a member, which it is told.
func (c *Channel) Invite(by *User) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	c.member = true
	s.emitEvent("channel "+c.ID, object{"type": "member_joined_channel", "user": s.BotUser, "channel": c.ID, "channel_type": "C", "team": s.Team, "inviter": by.ID, "event_ts": s.ts()})
}

// Delete deletes a message of the app's or of a person's.
func (c *Channel) Delete(ts string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if m := c.server.find(c.ID, ts); m != nil {
		m.deleted = true
	}
	c.server.notify()
}

// Freeze ends the time in which a message may be edited.
func (c *Channel) Freeze(ts string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if m := c.server.find(c.ID, ts); m != nil {
		m.frozen = true
	}
}

// find is a message that still stands. The lock must be held.
func (s *Server) find(channel, ts string) *message {
	c := s.channels[channel]
	if c == nil {
		return nil
	}
	for _, m := range slices.Backward(c.messages) {
		if m.ts == ts && !m.deleted {
			return m
		}
	}
	return nil
}

// Messages are all that stand, oldest first; replies in threads too.
func (c *Channel) Messages() []Message {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	var out []Message
	for _, m := range c.messages {
		if !m.deleted {
			out = append(out, m.seen())
		}
	}
	return out
}

// FromApp are the app's messages, oldest first.
func (c *Channel) FromApp() []Message {
	return slices.DeleteFunc(c.Messages(), func(m Message) bool { return !m.FromApp })
}

// WaitText waits for a message of the app's that holds text, and returns the newest.
func (c *Channel) WaitText(text string) Message {
	c.server.tb.Helper()
	var found Message
	c.server.Wait(fmt.Sprintf("%q in %s", text, c.ID), func() bool {
		for _, m := range slices.Backward(c.FromApp()) {
			if strings.Contains(m.Text, text) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// WaitButton waits for a message of the app's with a button of this text, and
// returns the newest.
func (c *Channel) WaitButton(text string) Message {
	c.server.tb.Helper()
	var found Message
	c.server.Wait(fmt.Sprintf("a button %q in %s", text, c.ID), func() bool {
		for _, m := range slices.Backward(c.FromApp()) {
			if slices.ContainsFunc(m.Buttons, func(b Button) bool { return b.Text == text || strings.HasPrefix(b.Text, text+" · ") }) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (m *message) seen() Message {
	out := Message{
		Channel: m.channel, TS: m.ts, Thread: m.thread, FromApp: m.bot, Color: m.color, Edits: m.edits,
		Reactions: slices.Clone(m.reactions), Notice: unescape(m.text),
	}
	raw, _ := json.Marshal(append(slices.Clone(m.blocks), m.attached...))
	out.Blocks = string(raw)
	v := &view{}
	v.blocks(m.blocks)
	v.blocks(m.attached)
	if len(m.blocks) == 0 {
		// Without blocks the text itself is shown, with what it mentions.
		v.lines = append([]string{out.Notice}, v.lines...)
		for _, form := range regexp.MustCompile(`<[^<>]+>`).FindAllString(m.text, -1) {
			v.styles = append(v.styles, "mention "+form)
		}
	}
	out.Text, out.Styles, out.Buttons = strings.Join(v.lines, "\n"), v.styles, v.buttons
	return out
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(s)
}

// view is what a person sees of blocks.
type view struct {
	lines   []string
	styles  []string
	buttons []Button
}

func (v *view) blocks(all []object) {
	for _, b := range all {
		switch b["type"] {
		case "section":
			if b["text"] != nil {
				v.object(b["text"])
			}
			fields, _ := b["fields"].([]any)
			for _, f := range fields {
				v.object(f)
			}
		case "header":
			v.styles = append(v.styles, "header")
			v.object(b["text"])
		case "context":
			v.styles = append(v.styles, "context")
			elements, _ := b["elements"].([]any)
			for _, e := range elements {
				v.object(e)
			}
		case "rich_text":
			elements, _ := b["elements"].([]any)
			for _, e := range elements {
				v.rich(e)
			}
		case "actions":
			elements, _ := b["elements"].([]any)
			for _, e := range elements {
				v.button(e)
			}
		}
	}
}

func (v *view) object(o any) {
	text, _ := o.(object)["text"].(string)
	if o.(object)["type"] == "mrkdwn" {
		v.styles = append(v.styles, "mrkdwn")
		text = unescape(text)
	}
	v.lines = append(v.lines, text)
}

func (v *view) rich(e any) {
	o, _ := e.(object)
	if o["type"] == "rich_text_quote" {
		v.styles = append(v.styles, "quote")
	}
	line := ""
	parts, _ := o["elements"].([]any)
	for _, p := range parts {
		part, _ := p.(object)
		text, _ := part["text"].(string)
		line += text
		style, _ := part["style"].(object)
		for name := range style {
			v.styles = append(v.styles, name)
		}
	}
	v.lines = append(v.lines, line)
}

func (v *view) button(e any) {
	o, _ := e.(object)
	str := func(name string) string { s, _ := o[name].(string); return s }
	if o["type"] == "overflow" {
		options, _ := o["options"].([]any)
		for _, each := range options {
			option, _ := each.(object)
			value, _ := option["value"].(string)
			v.buttons = append(v.buttons, Button{Text: words(option["text"]), Value: value, ActionID: str("action_id"), Entry: true})
		}
		return
	}
	text, _ := o["text"].(object)
	label, _ := text["text"].(string)
	v.buttons = append(v.buttons, Button{Text: label, Label: str("accessibility_label"), URL: str("url"), Style: str("style"), Value: str("value"), ActionID: str("action_id")})
}
