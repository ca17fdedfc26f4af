package telegram

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// allowedUpdates is sent with every poll and webhook: Telegram remembers the list,
// so one that an earlier program left behind would stay in force.
const allowedUpdates = `["message","edited_message","callback_query","my_chat_member"]`

// The update as it arrives: only what is read, because every field more is one
// that a change at Telegram's could make undecodable.
type rawUpdate struct {
	ID       *int64          `json:"update_id"`
	Message  json.RawMessage `json:"message"`
	Edited   json.RawMessage `json:"edited_message"`
	Callback json.RawMessage `json:"callback_query"`
	Member   json.RawMessage `json:"my_chat_member"`
}

type rawChat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

type rawMessage struct {
	ID          int64       `json:"message_id"`
	Thread      int64       `json:"message_thread_id"`
	InTopic     bool        `json:"is_topic_message"`
	From        *account    `json:"from"`
	SenderChat  *rawChat    `json:"sender_chat"`
	AutoForward bool        `json:"is_automatic_forward"`
	Chat        rawChat     `json:"chat"`
	Date        int64       `json:"date"`
	EditDate    int64       `json:"edit_date"`
	Reply       *rawReply   `json:"reply_to_message"`
	Text        string      `json:"text"`
	Caption     string      `json:"caption"`
	MigrateTo   int64       `json:"migrate_to_chat_id"`
	MigrateFrom int64       `json:"migrate_from_chat_id"`
	Contact     *rawContact `json:"contact"`
	Photo       []rawFile   `json:"photo"`
	Voice       *rawFile    `json:"voice"`
	Audio       *rawFile    `json:"audio"`
	Video       *rawFile    `json:"video"`
	VideoNote   *rawFile    `json:"video_note"`
	Animation   *rawFile    `json:"animation"`
	Document    *rawFile    `json:"document"`
	Sticker     *rawSticker `json:"sticker"`
}

type rawReply struct {
	ID   int64    `json:"message_id"`
	From *account `json:"from"`
}

type rawContact struct {
	Phone  string `json:"phone_number"`
	UserID int64  `json:"user_id"`
}

type rawSticker struct {
	Emoji string `json:"emoji"`
}

type rawFile struct {
	ID    string `json:"file_id"`
	Name  string `json:"file_name"`
	Type  string `json:"mime_type"`
	Size  int64  `json:"file_size"`
	Width int64  `json:"width"`
}

type rawCallback struct {
	ID      string      `json:"id"`
	From    *account    `json:"from"`
	Message *rawMessage `json:"message"`
	Data    string      `json:"data"`
}

type rawMember struct {
	Chat rawChat   `json:"chat"`
	From *account  `json:"from"`
	Date int64     `json:"date"`
	Old  rawStatus `json:"old_chat_member"`
	New  rawStatus `json:"new_chat_member"`
}

type rawStatus struct {
	Status string `json:"status"`
	Member bool   `json:"is_member"` // only of "restricted"
	// CanWrite is only of "restricted".
	CanWrite *bool `json:"can_send_messages"`
}

// present reports whether somebody of this standing is in the chat and may write there.
func (s rawStatus) present() bool {
	switch s.Status {
	case "member", "administrator", "creator":
		return true
	case "restricted":
		return s.Member && (s.CanWrite == nil || *s.CanWrite)
	}
	return false
}

// rawPermissions is what everybody may do in a group who is neither admin nor restricted.
type rawPermissions struct {
	CanWrite bool `json:"can_send_messages"`
}

// callback is the Reply of an update that wants an Answer.
type callback struct{ id string }

// errNotUpdate is the error for what is no update at all.
var errNotUpdate = errors.New("not a Telegram update")

// decode turns one raw update into the bot's words. Whatever it does not know
// becomes chat.Other; its only error is errNotUpdate.
func (c *Client) decode(raw []byte) (chat.Update, error) {
	var in rawUpdate
	if err := json.Unmarshal(raw, &in); err != nil || in.ID == nil || *in.ID <= 0 {
		return chat.Update{}, errNotUpdate
	}
	out := c.decodeKind(in)
	out.Key = chat.NumberedKey(c.id, *in.ID)
	if out.Kind == "" {
		out.Kind = chat.Other
	}
	if out.At.IsZero() {
		out.At = c.clock().UTC().Truncate(time.Microsecond)
	}
	return out, nil
}

func (c *Client) decodeKind(in rawUpdate) chat.Update {
	switch {
	case len(in.Message) > 0:
		var m rawMessage
		if json.Unmarshal(in.Message, &m) == nil {
			u := c.message(m)
			if u.Kind == "" && u.Private && u.User.ID != "" && !strings.HasPrefix(m.Text, "/") {
				if thing, ok := sent(in.Message); ok {
					u.Kind, u.Files = chat.Text, []chat.File{thing}
				}
			}
			return u
		}
	case len(in.Edited) > 0:
		var m rawMessage
		if json.Unmarshal(in.Edited, &m) == nil {
			return c.edited(m)
		}
	case len(in.Callback) > 0:
		var q rawCallback
		if json.Unmarshal(in.Callback, &q) == nil {
			return c.tap(q)
		}
	case len(in.Member) > 0:
		var m rawMember
		if json.Unmarshal(in.Member, &m) == nil {
			return c.member(m)
		}
	}
	return chat.Update{}
}

// envelope fills what every update in a message has.
func (c *Client) envelope(m rawMessage) chat.Update {
	u := chat.Update{Private: m.Chat.Type == "private", User: person(m), Own: ref(m.ID), At: unix(m.Date)}
	if u.User.ID == c.id {
		u.User.Bot = true // whatever the server says: nobody answers themselves
	}
	if m.Chat.ID != 0 {
		u.From = c.address(m.Chat.ID, m.topic())
	}
	// In a topic, a message that replies to nothing names the topic's first one.
	if m.Reply != nil && (!m.InTopic || m.Reply.ID != m.Thread) {
		u.ReplyTo, u.Ours = ref(m.Reply.ID), user(m.Reply.From).ID == c.id
	}
	return u
}

func (c *Client) message(m rawMessage) chat.Update {
	u := c.envelope(m)
	if u.From.IsZero() || m.AutoForward {
		return u
	}
	switch {
	case m.MigrateTo != 0:
		u.Kind, u.MovedTo = chat.Moved, c.address(m.MigrateTo, 0)
		return u
	case m.MigrateFrom != 0:
		u.Kind, u.MovedTo, u.From = chat.Moved, c.address(m.Chat.ID, 0), c.address(m.MigrateFrom, 0)
		return u
	}
	u.Text, u.Files = m.Text, m.files()
	if u.Text == "" {
		u.Text = m.Caption
	}
	if m.Sticker != nil {
		u.Text = m.Sticker.Emoji
	}
	if m.Contact != nil {
		// Somebody else's card is a number that the person told, not their own.
		if m.Contact.UserID != 0 && m.From != nil && m.Contact.UserID == m.From.ID {
			u.Contact = m.Contact.Phone
		} else {
			u.Text = m.Contact.Phone
		}
	}
	if name, bot, rest, ok := splitCommand(m.Text); ok {
		if bot != "" && !strings.EqualFold(bot, c.username()) {
			u.Text = ""
			return u // another bot's
		}
		u.Kind, u.Command, u.Text = chat.Command, name, rest
		return u
	}
	if u.Text != "" || u.Contact != "" || len(u.Files) > 0 {
		u.Kind = chat.Text
	}
	return u
}

func (c *Client) edited(m rawMessage) chat.Update {
	u := c.envelope(m)
	u.On = u.Own
	if t := unix(m.EditDate); !t.IsZero() {
		u.At = t
	}
	u.Text = m.Text
	if u.Text == "" {
		u.Text = m.Caption
	}
	if u.Text != "" && !u.From.IsZero() {
		u.Kind = chat.Edited
	}
	return u
}

func (c *Client) tap(q rawCallback) chat.Update {
	var u chat.Update
	if q.Message != nil {
		u = c.envelope(*q.Message)
		u.On, u.Own, u.ReplyTo, u.Ours = u.Own, "", "", false
	}
	u.User, u.At = user(q.From), time.Time{} // a tap has no date of its own
	if q.ID != "" {
		u.Reply = callback{id: q.ID}
	}
	u.Data = q.Data
	if u.Data != "" && !u.From.IsZero() {
		u.Kind = chat.Tap
	}
	return u
}

func (c *Client) member(m rawMember) chat.Update {
	u := chat.Update{Private: m.Chat.Type == "private", User: user(m.From), At: unix(m.Date)}
	if m.Chat.ID == 0 {
		return u
	}
	u.From = c.address(m.Chat.ID, 0)
	switch before, after := m.Old.present(), m.New.present(); {
	case before && !after:
		u.Kind = chat.Blocked
	case !before && after:
		u.Kind = chat.Joined
	}
	return u
}

// topic is the forum topic that the message is in; General has none.
func (m rawMessage) topic() int64 {
	if m.InTopic {
		return m.Thread
	}
	return 0
}

func (m rawMessage) files() []chat.File {
	var files []chat.File
	add := func(kind string, f *rawFile) {
		if f != nil && f.ID != "" {
			files = append(files, chat.File{Kind: kind, ID: f.ID, Name: f.Name, Type: f.Type, Size: max(f.Size, 0)})
		}
	}
	var largest *rawFile
	for i := range m.Photo {
		if largest == nil || m.Photo[i].Width > largest.Width {
			largest = &m.Photo[i]
		}
	}
	add("photo", largest)
	add("voice", m.Voice)
	add("audio", m.Audio)
	add("video", m.Video)
	add("video", m.VideoNote)
	if m.Animation != nil {
		add("video", m.Animation) // its document repeats it, for old programs
	} else {
		add("document", m.Document)
	}
	return files
}

var command = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]{1,64}))?(?:\s+|$)`)
})

// splitCommand splits "/name@bot rest".
func splitCommand(text string) (name, bot, rest string, ok bool) {
	m := command().FindStringSubmatch(text)
	if m == nil {
		return "", "", "", false
	}
	return strings.ToLower(m[1]), m[2], strings.TrimSpace(text[len(m[0]):]), true
}

// person is who wrote the message. One who writes in a chat's name is nobody that
// could be named: an anonymous admin, a channel.
func person(m rawMessage) chat.User {
	if m.SenderChat != nil {
		return chat.User{Name: m.SenderChat.Title}
	}
	return user(m.From)
}

func user(u *account) chat.User {
	if u == nil || u.ID == 0 {
		return chat.User{}
	}
	return chat.User{
		ID:       strconv.FormatInt(u.ID, 10),
		Name:     fullName(*u),
		Username: u.UserName,
		Language: u.LanguageCode,
		Bot:      u.IsBot,
	}
}

func fullName(u account) string {
	return strings.TrimSpace(u.FirstName + " " + u.LastName)
}

func (c *Client) address(chatID, thread int64) chat.Address {
	a := chat.Address{Platform: chat.Telegram, Account: c.id, Chat: strconv.FormatInt(chatID, 10)}
	if thread > 0 {
		a.Thread = strconv.FormatInt(thread, 10)
	}
	return a
}

func ref(id int64) chat.Ref {
	if id <= 0 {
		return ""
	}
	return chat.Ref(strconv.FormatInt(id, 10))
}

// unix is a date of Telegram's; 0, and what no calendar holds, is no date.
func unix(seconds int64) time.Time {
	if seconds <= 0 || seconds > 253402300799 { // the end of the year 9999
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
