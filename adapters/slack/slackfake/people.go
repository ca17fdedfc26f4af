package slackfake

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// User is a person with a Slack program in hand.
type User struct {
	ID     string // U…
	Name   string
	Handle string
	Email  string
	Locale string // en-GB

	server   *Server
	dm       *Channel
	disabled bool
	foreign  string // the team they belong to, if it is another
	whispers []*message
	modal    *Modal
	home     []object
	homes    int // how often it was published
}

// NewUser is a member of the workspace who never met the app.
func (s *Server) NewUser(name, locale string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := &User{ID: s.id("U"), Name: name, Handle: strings.ToLower(strings.ReplaceAll(name, " ", ".")), Locale: locale, server: s}
	u.Email = u.Handle + "@example.com"
	u.dm = &Channel{ID: s.id("D"), server: s, user: u}
	s.users[u.ID], s.channels[u.dm.ID] = u, u.dm
	return u
}

func (u *User) json() object {
	team := firstOf(u.foreign, u.server.Team)
	return object{
		"id": u.ID, "team_id": team, "name": u.Handle, "real_name": u.Name, "deleted": u.disabled, "is_bot": false, "locale": u.Locale,
		"profile": object{"real_name": u.Name, "display_name": u.Name, "email": u.Email},
	}
}

// Direct are the person's direct messages with the app.
func (u *User) Direct() *Channel { return u.dm }

// Allow opens the direct messages, as the app's conversations.open would.
func (u *User) Allow() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.dm.open = true
}

// Disable deactivates the person's account. Nobody is told.
func (u *User) Disable() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.disabled = true
}

// Belong makes the person one of another organisation, in shared channels here.
func (u *User) Belong(team string) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.foreign = team
}

var link = regexp.MustCompile(`https?://[^\s<>|]+`)

// typed is what Slack makes of words that a person typed.
func typed(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	return link.ReplaceAllString(text, "<$0>")
}

// Say writes to the app and returns the message's ts.
func (u *User) Say(text string) string { return u.SayIn(u.dm, "", text) }

// SayIn writes in a channel, or in a thread of it.
func (u *User) SayIn(c *Channel, thread, text string) string {
	return u.write(c, thread, text, nil)
}

// Share sends a file to the app, with words.
func (u *User) Share(text, name, mimetype string) string {
	return u.write(u.dm, "", text, object{"id": "F0FILE", "name": name, "mimetype": mimetype, "size": 1234, "mode": "hosted"})
}

func (u *User) write(c *Channel, thread, text string, file object) string {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &message{channel: c, ts: s.ts(), thread: thread, user: u.ID, text: typed(text)}
	c.messages = append(c.messages, m)
	if c.user == u {
		c.open = true
	}
	if c.user == nil && !c.member {
		return m.ts
	}
	e := object{
		"type": "message", "client_msg_id": s.id("id"), "channel": c.ID, "channel_type": c.kind(), "user": u.ID,
		"team": firstOf(u.foreign, s.Team), "text": m.text, "ts": m.ts, "event_ts": m.ts,
		"blocks": []object{{"type": "rich_text", "block_id": "x", "elements": []object{{"type": "rich_text_section", "elements": []object{{"type": "text", "text": text}}}}}},
	}
	if u.foreign != "" {
		e["user_team"], e["source_team"] = u.foreign, u.foreign
	}
	if thread != "" {
		e["thread_ts"] = thread
	}
	if file != nil {
		e["subtype"], e["files"] = "file_share", []object{file}
	}
	s.emitEvent(u.ID, e)
	return m.ts
}

// Edit changes one of the person's messages.
func (u *User) Edit(c *Channel, ts, text string) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(c.ID, ts)
	if m == nil || m.user != u.ID {
		s.tb.Fatalf("slackfake: %s has no message %s to edit", u.Name, ts)
	}
	old := m.text
	m.text = typed(text)
	body := func(text string) object {
		return object{"type": "message", "user": u.ID, "team": s.Team, "text": text, "ts": ts, "edited": object{"user": u.ID, "ts": ts}}
	}
	now := s.ts()
	s.emitEvent(u.ID, object{"type": "message", "subtype": "message_changed", "hidden": true, "channel": c.ID, "channel_type": c.kind(), "message": body(m.text), "previous_message": body(old), "ts": now, "event_ts": now})
}

// Press is something that a person did and that Slack wants an acknowledgement of.
type Press struct {
	*Delivery
	user   *User
	before int
	in     *Channel // where a command was written
}

// Inline waits for the response to a command and returns it as the one who wrote it sees
// it: its buttons can be pressed.
func (p *Press) Inline() Message {
	p.server.tb.Helper()
	p.WaitAcked()
	p.server.mu.Lock()
	defer p.server.mu.Unlock()
	var shown struct {
		Type   string   `json:"response_type"`
		Text   string   `json:"text"`
		Blocks []object `json:"blocks"`
	}
	if len(p.response) > 0 {
		if err := strict(string(p.response), &shown); err != nil {
			p.server.tb.Fatalf("slackfake: a command is answered with %s: %v", p.response, err)
		}
	}
	if why := checkBlocks(shown.Blocks, inMessage); why != "" || shown.Type != "ephemeral" {
		p.server.tb.Fatalf("slackfake: a command is answered with %s: %s", p.response, why)
	}
	m := message{channel: p.in, ts: p.server.ts(), user: p.server.BotUser, bot: true, text: shown.Text, blocks: shown.Blocks}
	out := m.seen()
	out.Ephemeral = true
	return out
}

// Tap presses the button with this text, or this number before its words, below m, which is as the person saw it: a
// button that was taken away meanwhile can still be pressed.
func (u *User) Tap(m Message, text string) *Press {
	u.server.tb.Helper()
	for _, b := range m.Buttons {
		if b.Text == text || strings.HasPrefix(b.Text, text+" · ") {
			return u.Act(m, b)
		}
	}
	u.server.tb.Fatalf("slackfake: there is no button %q below %s", text, m)
	return nil
}

// Act presses any button, as a forged program could.
func (u *User) Act(m Message, b Button) *Press {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.ts()
	action := object{"type": "button", "action_id": b.ActionID, "block_id": "x", "action_ts": now, "text": object{"type": "plain_text", "text": b.Text}}
	switch {
	case b.Entry:
		action = object{
			"type": "overflow", "action_id": b.ActionID, "block_id": "x", "action_ts": now,
			"selected_option": object{"text": object{"type": "plain_text", "text": b.Text}, "value": b.Value},
		}
	case b.Value != "":
		action["value"] = b.Value
	}
	p := u.interaction("block_actions")
	p["actions"] = []object{action}
	p["trigger_id"] = u.trigger()
	if m.Channel != nil {
		container := object{"type": "message", "message_ts": m.TS, "channel_id": m.Channel.ID, "is_ephemeral": m.Ephemeral}
		p["channel"] = object{"id": m.Channel.ID, "name": m.Channel.Name}
		p["response_url"] = "https://hooks.slack.com/actions/T0/123/canaryOfAResponseURL"
		body := object{"type": "message", "user": s.BotUser, "bot_id": s.BotID, "team": s.Team, "ts": m.TS}
		if at := s.find(m.Channel.ID, m.TS); at != nil {
			body["text"] = at.text
		}
		if m.Thread != "" {
			container["thread_ts"], body["thread_ts"] = m.Thread, m.Thread
		}
		p["container"], p["message"] = container, body
	} else {
		p["container"] = object{"type": "view", "view_id": "V0HOME" + u.ID}
		p["view"] = object{"id": "V0HOME" + u.ID, "type": "home", "hash": "1.h", "app_installed_team_id": s.Team, "blocks": []object{}}
	}
	return &Press{Delivery: s.emit(u.ID, "interactive", p), user: u, before: len(u.whispers)}
}

func (u *User) interaction(kind string) object {
	team := firstOf(u.foreign, u.server.Team)
	return object{
		"type": kind, "token": "verification", "api_app_id": "A0APP",
		"team": object{"id": team, "domain": "example"},
		"user": object{"id": u.ID, "username": u.Handle, "name": u.Handle, "team_id": team},
	}
}

func (u *User) trigger() string {
	s := u.server
	s.nextID++
	return fmt.Sprintf("%d.%d.%032x", 9000000000+s.nextID, 8000000000+s.nextID, s.nextID)
}

// Whisper is what an app shows to one person alone.
type Whisper struct {
	Text  string
	Alert bool // shown plainly rather than faint
}

// Whispers waits for the acknowledgement and returns what was shown since.
func (p *Press) Whispers() []Whisper {
	p.user.server.tb.Helper()
	p.WaitAcked()
	s := p.user.server
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Whisper
	for _, m := range p.user.whispers[p.before:] {
		seen := m.seen()
		out = append(out, Whisper{seen.Text, !slices.Contains(seen.Styles, "context")})
	}
	return out
}

// Command writes "/feedback text" in a channel and returns what comes back.
func (u *User) Command(in *Channel, text string) *Press {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	name := in.Name
	if in.user != nil {
		name = "directmessage"
	}
	return &Press{in: in, user: u, before: len(u.whispers), Delivery: s.emit(u.ID, "slash_commands", object{
		"token": "verification", "team_id": s.Team, "team_domain": "example", "channel_id": in.ID, "channel_name": name,
		"user_id": u.ID, "user_name": u.Handle, "command": "/feedback", "text": typed(text), "api_app_id": "A0APP", "is_enterprise_install": "false",
		"response_url": "https://hooks.slack.com/commands/T0/123/canaryOfAResponseURL", "trigger_id": u.trigger(),
	})}
}

// Shortcut uses the app's shortcut.
func (u *User) Shortcut() *Press {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	p := u.interaction("shortcut")
	p["callback_id"], p["trigger_id"], p["action_ts"] = "feedback", u.trigger(), s.ts()
	return &Press{Delivery: s.emit(u.ID, "interactive", p), user: u, before: len(u.whispers)}
}

// ShortcutOn uses the app's shortcut on a message, whoever wrote it and wherever it stands.
func (u *User) ShortcutOn(m Message) *Press {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	p := u.interaction("message_action")
	p["callback_id"], p["trigger_id"], p["action_ts"] = "feedback_message", u.trigger(), s.ts()
	p["channel"] = object{"id": m.Channel.ID, "name": m.Channel.Name}
	p["message_ts"], p["response_url"] = m.TS, "https://hooks.slack.com/app/T0/123/canaryOfAResponseURL"
	body := object{"type": "message", "ts": m.TS, "team": s.Team}
	if at := s.find(m.Channel.ID, m.TS); at != nil {
		body["text"], body["user"] = at.text, at.user
	}
	p["message"] = body
	return &Press{Delivery: s.emit(u.ID, "interactive", p), user: u, before: len(u.whispers)}
}

// OpenHome opens the App Home tab.
func (u *User) OpenHome() *Delivery {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	u.dm.open = true
	return s.emitEvent(u.ID, object{"type": "app_home_opened", "user": u.ID, "channel": u.dm.ID, "tab": "home", "event_ts": s.ts()})
}

// WaitHome waits until the App Home was published n times, and returns it.
func (u *User) WaitHome(n int) Message {
	u.server.tb.Helper()
	var out Message
	u.server.Wait(fmt.Sprintf("%s's App Home", u.Name), func() bool {
		u.server.mu.Lock()
		defer u.server.mu.Unlock()
		v := &view{}
		v.blocks(u.home)
		out = Message{Text: strings.Join(v.lines, "\n"), Styles: v.styles, Buttons: v.buttons}
		return u.homes >= n
	})
	return out
}

func (s *Server) publishView(c call) (object, *refused) {
	u := s.users[c.str("user_id")]
	if u == nil {
		return nil, refuse("user_not_found", "")
	}
	v, _ := c.body["view"].(object)
	if why := checkView(v, inHome); why != "" {
		return nil, refuse("invalid_arguments", why)
	}
	u.home = nil
	blocks, _ := v["blocks"].([]any)
	for _, b := range blocks {
		u.home = append(u.home, b.(object))
	}
	u.homes++
	return object{"view": object{"id": "V0HOME" + u.ID}}, nil
}

// Uninstall removes the app from the workspace.
func (s *Server) Uninstall() *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
	return s.emitEvent("admin", object{"type": "app_uninstalled", "event_ts": s.ts()})
}

// Emit sends any event, as Slack might some day.
func (s *Server) Emit(event map[string]any) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emitEvent("somebody", event)
}

// EmitFrom sends an event of another workspace, in which the app is not installed.
func (s *Server) EmitFrom(team string, event map[string]any) *Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.Team
	defer func() { s.Team = own }()
	s.Team = team
	return s.emitEvent("elsewhere", event)
}

// form is a payload as HTTP carries it.
func form(kind string, payload []byte) string {
	switch kind {
	case "interactive":
		return url.Values{"payload": {string(payload)}}.Encode()
	case "slash_commands":
		var fields map[string]string
		_ = json.Unmarshal(payload, &fields)
		values := url.Values{}
		for name, v := range fields {
			values.Set(name, v)
		}
		return values.Encode()
	}
	return string(payload)
}
