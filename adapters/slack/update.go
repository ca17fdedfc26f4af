package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/aftercare/aftercare/adapters/chat"
)

// incoming is what one envelope or request of Slack's brought.
type incoming struct {
	team    string // the workspace it belongs to
	updates []chat.Update
	modal   *opening
	home    string // the user whose App Home is to be made anew
	gone    bool   // the app was removed from the workspace
	trouble error
	// challenge is answered to url_verification.
	challenge string
}

// errNotSlack is the error for what Slack never sends.
var errNotSlack = errors.New("not a request of Slack's")

// The payloads as they arrive: only what is read, because every field more is one
// that a change at Slack's could make undecodable.
type rawEnvelope struct {
	Type           string          `json:"type"`
	Challenge      string          `json:"challenge"`
	Team           string          `json:"team_id"`
	ID             string          `json:"event_id"`
	Event          json.RawMessage `json:"event"`
	Authorizations []struct {
		Team  string `json:"team_id"`
		User  string `json:"user_id"`
		IsBot bool   `json:"is_bot"`
	} `json:"authorizations"`
}

// rawEvent is an inner event; what may have several forms is read later, so that
// one odd field does not lose a person's words.
type rawEvent struct {
	Type        string          `json:"type"`
	Subtype     string          `json:"subtype"`
	Channel     json.RawMessage `json:"channel"`
	ChannelType string          `json:"channel_type"`
	Inviter     string          `json:"inviter"`
	Tab         string          `json:"tab"`
	Tokens      json.RawMessage `json:"tokens"`
	Message     *rawMessage     `json:"message"`
	Previous    *rawMessage     `json:"previous_message"`
	rawMessage
}

type rawMessage struct {
	User     json.RawMessage `json:"user"`
	BotID    string          `json:"bot_id"`
	Team     string          `json:"team"`
	UserTeam string          `json:"user_team"`
	Text     string          `json:"text"`
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"`
	Files    json.RawMessage `json:"files"`
	Edited   json.RawMessage `json:"edited"`
	// Attachments hold what the message passes on of others.
	Attachments json.RawMessage `json:"attachments"`
}

func (m rawMessage) userID() string { return text(m.User) }

type rawFile struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	MIME    string `json:"mimetype"`
	Size    int64  `json:"size"`
	Subtype string `json:"subtype"`
	Mode    string `json:"mode"`
}

type rawUser struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Team     string `json:"team_id"`
}

type rawInteraction struct {
	Type      string  `json:"type"`
	Team      *rawID  `json:"team"`
	User      rawUser `json:"user"`
	Trigger   string  `json:"trigger_id"`
	Channel   *rawID  `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		Channel   string `json:"channel_id"`
		ThreadTS  string `json:"thread_ts"`
		Ephemeral bool   `json:"is_ephemeral"`
		View      string `json:"view_id"`
	} `json:"container"`
	Message *rawMessage `json:"message"`
	Actions []rawAction `json:"actions"`
	View    *rawView    `json:"view"`
}

type rawID struct {
	ID string `json:"id"`
}

type rawAction struct {
	ID       string `json:"action_id"`
	Value    string `json:"value"`
	TS       string `json:"action_ts"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"` // of a menu
}

type rawView struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Callback  string `json:"callback_id"`
	Metadata  string `json:"private_metadata"`
	Hash      string `json:"hash"`
	Installed string `json:"app_installed_team_id"`
	State     struct {
		Values map[string]map[string]rawInput `json:"values"`
	} `json:"state"`
}

// rawCommand is a slash command, a form over HTTP and an object in Socket Mode.
type rawCommand struct {
	Team     string `json:"team_id"`
	User     string `json:"user_id"`
	UserName string `json:"user_name"`
	Channel  string `json:"channel_id"`
	Command  string `json:"command"`
	Text     string `json:"text"`
	Trigger  string `json:"trigger_id"`
}

// reply is how an Answer is shown to whoever caused an update; never stored.
type reply struct {
	inline  bool // as the response to a slash command
	team    string
	user    string // as Slack knows them
	trigger string // opens a form within three seconds of a tap
	on      place  // what was tapped
	// Of a form that is open until it is answered: its view's id, and its fields.
	view   string
	fields map[string]bool
}

// stamp completes an update.
func (c *Client) stamp(u chat.Update, key string) chat.Update {
	u.Key = "sl:" + u.From.Account + ":" + key
	if u.At.IsZero() {
		u.At = c.clock()
	}
	u.At = u.At.UTC().Truncate(time.Microsecond)
	return u
}

func address(team, channel, thread string) chat.Address {
	return chat.Address{Platform: chat.Slack, Account: team, Chat: channel, Thread: thread}
}

// isDirect reports whether a channel is one person's direct messages.
func isDirect(channel string) bool { return strings.HasPrefix(channel, "D") }

// decodeEvent reads an Events API request. What nobody handles is no error.
func (c *Client) decodeEvent(raw []byte) (incoming, error) {
	var in rawEnvelope
	if json.Unmarshal(raw, &in) != nil || in.Type == "" {
		return incoming{}, errNotSlack
	}
	out := incoming{team: in.Team}
	switch in.Type {
	case "url_verification":
		if in.Challenge == "" {
			return out, errNotSlack
		}
		out.challenge = in.Challenge
		return out, nil
	case "app_rate_limited":
		out.trouble = errors.New("slack holds events back because there are too many of them in this workspace: " + code(in.Team))
		return out, nil
	case "event_callback":
	default:
		return out, nil
	}
	own := map[string]bool{}
	for _, a := range in.Authorizations {
		if a.Team != "" && out.team != a.Team && len(own) == 0 {
			out.team = a.Team
		}
		own[a.User] = a.IsBot
	}
	var e rawEvent
	if err := json.Unmarshal(in.Event, &e); err != nil || in.ID == "" || out.team == "" {
		// It would be as unreadable when delivered again.
		c.log.Warn("an event of Slack's could not be read; it is passed over", "event", code(in.ID), "bytes", len(in.Event))
		return out, nil
	}
	c.event(&out, in.ID, e, own)
	return out, nil
}

// text is a JSON string, or "" for anything else: user and channel are objects in
// some events.
func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

func (c *Client) event(out *incoming, id string, e rawEvent, own map[string]bool) {
	channel := text(e.Channel)
	switch e.Type {
	case "message":
		if writes := e.author(); writes != "" && (own[writes] || c.config.Selves.is(out.team, writes)) {
			return // the app's own, although the message names no bot
		}
		if u, ok := c.message(out.team, channel, e); ok {
			out.updates = append(out.updates, c.stamp(u, id))
		}
	case "app_home_opened":
		if isDirect(channel) && e.userID() != "" {
			c.direct.put(out.team+"/"+e.userID(), channel, c.clock())
		}
		if e.Tab == "home" || e.Tab == "" {
			out.home = e.userID()
		}
	case "app_uninstalled":
		out.gone = true
	case "tokens_revoked":
		var tokens struct {
			Bot []string `json:"bot"`
		}
		_ = json.Unmarshal(e.Tokens, &tokens)
		out.gone = len(tokens.Bot) > 0
	case "member_joined_channel":
		if own[e.userID()] && channel != "" {
			u := chat.Update{Kind: chat.Joined, From: address(out.team, channel, ""), User: chat.User{ID: e.Inviter}}
			out.updates = append(out.updates, c.stamp(u, id))
		}
	case "channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted":
		if channel != "" {
			out.updates = append(out.updates, c.stamp(chat.Update{Kind: chat.Blocked, From: address(out.team, channel, "")}, id))
		}
	case "channel_unarchive", "group_unarchive":
		if channel != "" {
			out.updates = append(out.updates, c.stamp(chat.Update{Kind: chat.Joined, From: address(out.team, channel, "")}, id))
		}
	}
}

// message reads what a person wrote. What apps wrote is nobody's, and in channels
// only threads are read.
func (c *Client) message(team, channel string, e rawEvent) (chat.Update, bool) {
	m := e.rawMessage
	private := e.ChannelType == "im" || e.ChannelType == "" && isDirect(channel)
	switch e.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
	case "message_changed":
		return c.edited(team, channel, private, e)
	default:
		return chat.Update{}, false
	}
	if m.BotID != "" || m.userID() == "" || channel == "" || !isTS(m.TS) {
		return chat.Update{}, false
	}
	u := chat.Update{
		Kind: chat.Text, Private: private, From: address(team, channel, ""),
		User: chat.User{ID: qualified(team, firstOf(m.UserTeam, m.Team), m.userID())},
		Text: spoken(m.Text), Own: chat.Ref(m.TS), Files: m.files(), At: tsTime(m.TS),
	}
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		u.ReplyTo = chat.Ref(m.ThreadTS)
	}
	if !private {
		if u.ReplyTo == "" {
			return chat.Update{}, false
		}
		u.From.Thread = m.ThreadTS
	}
	if private {
		c.direct.put(team+"/"+u.User.ID, channel, c.clock())
	}
	if name, rest, ok := splitCommand(u.Text); ok {
		u.Kind, u.Command, u.Text = chat.Command, name, rest
	}
	something := len(m.Attachments) > len("[]") || len(m.Files) > len("[]")
	if says := m.shared(); something && private && u.Kind == chat.Text && len(u.Files) == 0 && (u.Text == "" || says != "") {
		u.Files = []chat.File{{Kind: "unknown", Name: says}} // also beside words of one's own
	}
	return u, u.Text != "" || u.Kind == chat.Command || len(u.Files) > 0
}

// shared is what a message passes on of another one, as far as Slack says it in words.
func (m rawMessage) shared() string {
	var in []struct {
		Text     string `json:"text"`
		Fallback string `json:"fallback"`
		URL      string `json:"from_url"`
		Share    bool   `json:"is_share"`
		Message  bool   `json:"is_msg_unfurl"`
	}
	_ = json.Unmarshal(m.Attachments, &in) // of another form: nothing is told of it
	var said []string
	for _, a := range in {
		if m.Text != "" && a.URL != "" && !a.Share && !a.Message {
			continue // the preview of a page that the words link to
		}
		if words := strings.TrimSpace(firstOf(a.Text, a.Fallback)); words != "" {
			said = append(said, spoken(words))
		}
	}
	return strings.Join(said, " · ")
}

// author is who wrote the message, or changed it.
func (e rawEvent) author() string {
	if e.Message != nil {
		return e.Message.userID()
	}
	return e.userID()
}

func (c *Client) edited(team, channel string, private bool, e rawEvent) (chat.Update, bool) {
	m := e.Message
	if m == nil || m.BotID != "" || m.userID() == "" || channel == "" || !isTS(m.TS) || len(m.Edited) == 0 {
		return chat.Update{}, false
	}
	// Slack tells of a preview below a message as of a change.
	if e.Previous != nil && e.Previous.Text == m.Text || m.Text == "" {
		return chat.Update{}, false
	}
	u := chat.Update{
		Kind: chat.Edited, Private: private, From: address(team, channel, ""),
		User: chat.User{ID: qualified(team, firstOf(m.UserTeam, m.Team), m.userID())},
		Text: spoken(m.Text), On: chat.Ref(m.TS), Own: chat.Ref(m.TS), At: tsTime(e.TS),
	}
	if m.ThreadTS != "" && m.ThreadTS != m.TS {
		u.ReplyTo = chat.Ref(m.ThreadTS)
		if !private {
			u.From.Thread = m.ThreadTS
		}
	}
	return u, private || u.ReplyTo != ""
}

func (m rawMessage) files() []chat.File {
	var in []rawFile
	if len(m.Files) > 0 && json.Unmarshal(m.Files, &in) != nil {
		return nil
	}
	var out []chat.File
	for _, f := range in {
		if f.ID == "" || f.Mode == "tombstone" {
			continue
		}
		kind, _, _ := strings.Cut(f.MIME, "/")
		switch {
		case f.Subtype == "slack_audio":
			kind = "voice"
		case kind == "image":
			kind = "photo"
		case kind != "audio" && kind != "video":
			kind = "document"
		}
		out = append(out, chat.File{Kind: kind, ID: f.ID, Name: f.Name, Type: f.MIME, Size: max(f.Size, 0)})
	}
	return out
}

// qualified is a user's id on this workspace: one from another organisation in a
// shared channel is never taken for a member with the same id.
func qualified(team, userTeam, user string) string {
	if user == "" || userTeam == "" || userTeam == team {
		return user
	}
	return userTeam + ":" + user
}

// decodeCommand reads a slash command. Its answer goes to the person's direct
// messages wherever it was written: a survey is never held in a channel.
func (c *Client) decodeCommand(in rawCommand) (incoming, error) {
	if in.Team == "" || in.User == "" || in.Command == "" {
		return incoming{}, errNotSlack
	}
	u := chat.Update{
		Kind: chat.Command, Private: true, From: address(in.Team, in.User, ""), Command: "start",
		User: chat.User{ID: in.User, Username: in.UserName}, Ephemeral: true,
	}
	if in.Channel != "" {
		u.In, u.InPrivate = address(in.Team, in.Channel, ""), isDirect(in.Channel)
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(spoken(in.Text)), " ")
	switch {
	case word == "":
	case len(word) >= tokenLength: // an invitation, not a word
		u.Text = word
	default:
		u.Command, u.Text = strings.ToLower(strings.TrimPrefix(word, "/")), strings.TrimSpace(rest)
	}
	u.Reply = reply{inline: true, team: in.Team, user: in.User}
	return incoming{team: in.Team, updates: []chat.Update{c.stamp(u, "cmd:"+digest(in.Trigger+in.Command+in.Text))}}, nil
}

// tokenLength is from how many characters a command's first word must be an
// invitation's token.
const tokenLength = 20

// digest stands for a trigger id, which is a secret while it lives.
func digest(trigger string) string {
	sum := sha256.Sum256([]byte(trigger))
	return hex.EncodeToString(sum[:16])
}

// decodeInteraction reads a button, a modal or a shortcut.
func (c *Client) decodeInteraction(raw []byte) (incoming, error) {
	var in rawInteraction
	if json.Unmarshal(raw, &in) != nil || in.Type == "" || in.User.ID == "" {
		return incoming{}, errNotSlack
	}
	out := incoming{team: in.team()}
	if out.team == "" {
		return out, errNotSlack
	}
	switch in.Type {
	case "block_actions":
		for _, a := range in.Actions {
			c.action(&out, in, a)
		}
	case "view_submission":
		c.submission(&out, in)
	case "shortcut", "message_action":
		u := chat.Update{Kind: chat.Command, Command: "start", Private: true, From: address(out.team, in.User.ID, ""), User: in.person(out.team)}
		u.Reply = reply{team: out.team, user: in.User.ID}
		out.updates = append(out.updates, c.stamp(u, "cut:"+digest(in.Trigger)))
	}
	return out, nil
}

// team is the workspace whose app is meant: in a shared channel the person's own
// may be another.
func (in rawInteraction) team() string {
	var message, view, team string
	if in.Message != nil && in.Message.BotID != "" {
		message = in.Message.Team
	}
	if in.View != nil {
		view = in.View.Installed
	}
	if in.Team != nil {
		team = in.Team.ID
	}
	return firstOf(message, view, team, in.User.Team)
}

func (in rawInteraction) person(team string) chat.User {
	// Both names are the person's handle here, never the one that is shown.
	return chat.User{ID: qualified(team, in.User.Team, in.User.ID), Username: firstOf(in.User.Username, in.User.Name)}
}

func (c *Client) action(out *incoming, in rawInteraction, a rawAction) {
	channel := in.Container.Channel
	if channel == "" && in.Channel != nil {
		channel = in.Channel.ID
	}
	ts, thread := in.Container.MessageTS, in.Container.ThreadTS
	if in.Message != nil {
		ts, thread = firstOf(ts, in.Message.TS), firstOf(thread, in.Message.ThreadTS)
	}
	if thread == ts || isDirect(channel) {
		thread = ""
	}
	if a.ID == writeAction || strings.HasPrefix(a.ID, formAction) {
		at := place{Channel: channel, TS: ts, Thread: thread}
		var view slack.ModalViewRequest
		var err error
		if a.ID == writeAction {
			question := ""
			if in.Message != nil {
				question = spoken(in.Message.Text)
			}
			view, err = modalFor(a.Value, question, at)
		} else {
			view, err = formFor(a.Value, at)
		}
		if err == nil && in.Trigger != "" {
			out.modal = &opening{
				team: out.team, trigger: in.Trigger, view: view, lang: langOf(a.Value),
				by: reply{team: out.team, user: in.User.ID}, at: address(out.team, channel, thread),
			}
		}
		return
	}
	if a.Value == "" {
		a.Value = a.Selected.Value
	}
	if a.Value == "" { // a link, or a kind of button that is not ours
		return
	}
	u := chat.Update{
		Kind: chat.Tap, Data: unescaper.Replace(a.Value), User: in.person(out.team), At: tsTime(a.TS),
		From: address(out.team, channel, thread), Private: isDirect(channel), On: chat.Ref(ts),
	}
	where := ts
	switch {
	case channel == "": // in the App Home or in a modal
		u.From, u.Private, u.On = address(out.team, in.User.ID, ""), true, ""
		where = in.Container.View
		if in.View != nil && in.View.Type == "home" {
			out.home = in.User.ID
		}
	case in.Container.Ephemeral:
		u.On = ""
	}
	u.Reply = reply{team: out.team, user: in.User.ID, trigger: in.Trigger, on: place{Channel: channel, TS: ts, Thread: thread, Data: u.Data}}
	key := strings.Join([]string{"tap", where, a.TS, in.User.ID, a.ID}, ":")
	if len(key) > keyLimit {
		key = "tap:" + digest(key)
	}
	out.updates = append(out.updates, c.stamp(u, key))
}

// keyLimit keeps keys short: all parts of one are Slack's, but nothing bounds them.
const keyLimit = 160

func (c *Client) submission(out *incoming, in rawInteraction) {
	if in.View == nil {
		return
	}
	if in.View.Callback == formModal {
		c.filled(out, in)
		return
	}
	if in.View.Callback != answerModal {
		return
	}
	var p place
	if json.Unmarshal([]byte(in.View.Metadata), &p) != nil || p.Channel == "" || !isTS(p.TS) {
		return
	}
	said := in.View.State.Values[answerModal][answerModal].said()
	if said == "" {
		return
	}
	u := chat.Update{
		Kind: chat.Text, Text: said, User: in.person(out.team), From: address(out.team, p.Channel, p.Thread),
		Private: isDirect(p.Channel), On: chat.Ref(p.TS), ReplyTo: chat.Ref(p.TS),
	}
	u.Reply = reply{team: out.team, user: in.User.ID}
	key := "view:" + in.View.ID + ":" + in.View.Hash
	if len(key) > keyLimit {
		key = "view:" + digest(key)
	}
	out.updates = append(out.updates, c.stamp(u, key))
}

var commandForm = regexp.MustCompile(`^/([A-Za-z0-9_]{1,32})(?:\s+|$)`)

// splitCommand splits "/name rest", which some programs let through as a message.
func splitCommand(text string) (name, rest string, ok bool) {
	m := commandForm.FindStringSubmatch(text)
	if m == nil {
		return "", "", false
	}
	return strings.ToLower(m[1]), strings.TrimSpace(text[len(m[0]):]), true
}

// tsTime is the time that a ts names; zero for what is none.
func tsTime(ts string) time.Time {
	if !isTS(ts) {
		return time.Time{}
	}
	seconds, rest, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || s <= 0 || s > 253402300799 { // the end of the year 9999
		return time.Time{}
	}
	micros, _ := strconv.ParseInt((rest + "000000")[:6], 10, 64)
	return time.Unix(s, micros*1000).UTC()
}
