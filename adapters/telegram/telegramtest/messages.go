package telegramtest

import (
	"encoding/json"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// message is one message as the server keeps it.
type message struct {
	id       int
	chat     *Chat
	from     *User // nil = the bot
	nameless bool  // written in the group's name
	date     int64
	edited   int64
	edits    int
	text     string
	entities []Entity
	rows     [][]Button
	markup   json.RawMessage // the inline keyboard as sent
	keyboard [][]KeyboardButton
	replyTo  int
	thread   int
	contact  *contact
	file     *file
	deleted  bool
	reaction string
}

// Button is a button below a message.
type Button struct {
	Text  string `json:"text"`
	Data  string `json:"callback_data,omitempty"`
	URL   string `json:"url,omitempty"`
	Style string `json:"style,omitempty"`
}

// KeyboardButton is a button in place of the keyboard.
type KeyboardButton struct {
	Text           string `json:"text"`
	RequestContact bool   `json:"request_contact,omitempty"`
}

type markup struct {
	Inline      *[][]Button         `json:"inline_keyboard"`
	Keyboard    *[][]KeyboardButton `json:"keyboard"`
	Resize      bool                `json:"resize_keyboard"`
	OneTime     bool                `json:"one_time_keyboard"`
	Persistent  bool                `json:"is_persistent"`
	Remove      bool                `json:"remove_keyboard"`
	Force       bool                `json:"force_reply"`
	Selective   bool                `json:"selective"`
	Placeholder *string             `json:"input_field_placeholder"`
}

const (
	textLimit       = 4096
	captionLimit    = 1024
	buttonsPerRow   = 8   // Telegram's limit is not told; no phone shows more
	buttonsInAll    = 100 // the same
	placeholderMost = 64
)

func (s *Server) sendMessage(p params) (any, *refused) {
	c, bad := s.writable(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	m := &message{chat: c, date: s.now().Unix()}
	if bad := m.fill(p); bad != nil {
		return nil, bad
	}
	return s.place(m, p)
}

// place puts a message of the bot's into its chat.
func (s *Server) place(m *message, p params) (any, *refused) {
	c := m.chat
	var bad *refused
	if text, ok := p["message_thread_id"]; ok {
		id, err := strconv.Atoi(text)
		open, found := c.topics[id]
		if err != nil || !found {
			return nil, badRequest("message thread not found")
		}
		if !open && !c.botAdmin {
			return nil, badRequest("TOPIC_CLOSED")
		}
		m.thread = id
	}
	if text, ok := p["reply_parameters"]; ok {
		if m.replyTo, bad = c.replied(text); bad != nil {
			return nil, bad
		}
	}
	c.add(m)
	return s.messageJSON(m, true), nil
}

// replied reads reply_parameters.
func (c *Chat) replied(text string) (int, *refused) {
	var reply struct {
		ID      int  `json:"message_id"`
		Without bool `json:"allow_sending_without_reply"`
	}
	if strict([]byte(text), &reply) != nil {
		return 0, badRequest("can't parse reply parameters JSON object")
	}
	if m := c.byID(reply.ID); m == nil || m.deleted {
		if !reply.Without {
			return 0, badRequest("message to be replied not found")
		}
		return 0, nil
	}
	return reply.ID, nil
}

func (s *Server) editMessage(p params, caption bool) (any, *refused) {
	c, bad := s.writable(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	id, err := strconv.Atoi(p["message_id"])
	if err != nil {
		return nil, badRequest("message identifier is not specified")
	}
	m := c.byID(id)
	if m == nil || m.deleted {
		return nil, badRequest("message to edit not found")
	}
	if m.from != nil || m.keyboard != nil {
		return nil, badRequest("message can't be edited")
	}
	switch {
	case caption && m.file == nil:
		return nil, badRequest("there is no caption in the message to edit")
	case !caption && m.file != nil:
		return nil, badRequest("there is no text in the message to edit")
	}
	next := &message{chat: c, file: m.file}
	if bad := next.fill(p); bad != nil {
		return nil, bad
	}
	if next.keyboard != nil {
		return nil, badRequest("object expected as reply markup")
	}
	if m.text == next.text && reflect.DeepEqual(m.entities, next.entities) && reflect.DeepEqual(m.rows, next.rows) {
		return nil, badRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
	}
	m.text, m.entities, m.rows, m.markup = next.text, next.entities, next.rows, next.markup
	m.edited, m.edits = s.now().Unix(), m.edits+1
	return s.messageJSON(m, true), nil
}

func (s *Server) deleteMessage(p params) (any, *refused) {
	c, bad := s.writable(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	m := c.byID(int(p.int("message_id")))
	if m == nil || m.deleted {
		return nil, badRequest("message to delete not found")
	}
	if m.from != nil && !c.botAdmin {
		return nil, badRequest("message can't be deleted")
	}
	m.deleted = true
	return true, nil
}

func (s *Server) setMessageReaction(p params) (any, *refused) {
	c, bad := s.writable(p["chat_id"])
	if bad != nil {
		return nil, bad
	}
	m := c.byID(int(p.int("message_id")))
	if m == nil || m.deleted {
		return nil, badRequest("message to react not found")
	}
	var list []struct {
		Type  string `json:"type"`
		Emoji string `json:"emoji"`
	}
	if strict([]byte(p["reaction"]), &list) != nil || len(list) > 1 {
		return nil, badRequest("can't parse reaction types JSON object")
	}
	m.reaction = ""
	if len(list) == 1 {
		m.reaction = list[0].Emoji
	}
	return true, nil
}

// writable is the chat if the bot may write there, else why it may not.
func (s *Server) writable(text string) (*Chat, *refused) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || text == "" {
		return nil, badRequest("chat_id is empty")
	}
	c := s.chats[id]
	switch {
	case c == nil:
		return nil, badRequest("chat not found")
	case c.refuses != nil:
		return nil, c.refuses
	case c.user != nil && c.user.deactivated:
		return nil, &refused{code: 403, text: "Forbidden: user is deactivated"}
	case c.user != nil && c.user.blocked:
		return nil, &refused{code: 403, text: "Forbidden: bot was blocked by the user"}
	case c.user != nil && !c.user.started:
		return nil, &refused{code: 403, text: "Forbidden: bot can't initiate conversation with a user"}
	case c.movedTo != 0:
		return nil, &refused{code: 400, text: "Bad Request: group chat was upgraded to a supergroup chat", migrateTo: c.movedTo}
	case c.kicked && c.kind == "group":
		return nil, &refused{code: 403, text: "Forbidden: bot was kicked from the group chat"}
	case c.kicked:
		return nil, &refused{code: 403, text: "Forbidden: bot was kicked from the supergroup chat"}
	case c.muted || c.silent && !c.botAdmin:
		return nil, badRequest("not enough rights to send text messages to the chat")
	}
	return c, nil
}

// fill reads text, entities and keyboards of a request.
func (m *message) fill(p params) *refused {
	text, entities, limit := p["text"], []Entity(nil), textLimit
	if m.file != nil {
		text, limit = p["caption"], captionLimit
	}
	if !utf8.ValidString(text) {
		return badRequest("strings must be encoded in UTF-8")
	}
	switch mode := p["parse_mode"]; mode {
	case "":
	case "HTML":
		var err error
		if text, entities, err = parseHTML(text); err != nil {
			return badRequest("can't parse entities: " + err.Error())
		}
	default:
		return badRequest("unsupported parse_mode")
	}
	m.text, m.entities = washed(text, entities)
	switch {
	case m.file == nil && blank(m.text):
		return badRequest("message text is empty")
	case units(m.text) > limit && m.file != nil:
		return badRequest("message caption is too long")
	case units(m.text) > limit:
		return badRequest("message is too long")
	}
	if raw, ok := p["link_preview_options"]; ok {
		var options struct {
			Disabled bool   `json:"is_disabled"`
			URL      string `json:"url"`
		}
		if strict([]byte(raw), &options) != nil {
			return badRequest("can't parse link preview options JSON object")
		}
	}
	if raw, ok := p["reply_markup"]; ok {
		return m.fillMarkup(raw)
	}
	return nil
}

func (m *message) fillMarkup(raw string) *refused {
	var k markup
	if err := strict([]byte(raw), &k); err != nil {
		return badRequest("can't parse reply keyboard markup JSON object")
	}
	switch {
	case k.Inline != nil:
		if bad := checkInline(*k.Inline); bad != nil {
			return bad
		}
		for _, row := range *k.Inline {
			if len(row) > 0 {
				m.rows = append(m.rows, row)
			}
		}
		if len(m.rows) > 0 {
			m.markup = mustJSON(object{"inline_keyboard": m.rows})
		}
	case k.Keyboard != nil:
		m.keyboard = *k.Keyboard
		if n := k.Placeholder; n != nil && (units(*n) < 1 || units(*n) > placeholderMost) {
			return badRequest("input field placeholder is invalid")
		}
		return m.checkKeyboard()
	case k.Remove, k.Force:
	default:
		return badRequest("object expected as reply markup")
	}
	return nil
}

func checkInline(rows [][]Button) *refused {
	count := 0
	for _, row := range rows {
		if count += len(row); len(row) > buttonsPerRow || count > buttonsInAll {
			return badRequest("reply markup is too long")
		}
		for _, b := range row {
			switch {
			case blank(b.Text):
				return badRequest("can't parse inline keyboard button: text is empty")
			case (b.Data == "") == (b.URL == ""):
				return badRequest("can't parse inline keyboard button: exactly one action is needed")
			case len(b.Data) > 64:
				return badRequest("BUTTON_DATA_INVALID")
			case b.URL != "" && !publicURL(b.URL):
				return badRequest("inline keyboard button URL '" + b.URL + "' is invalid: Wrong HTTP URL")
			case b.Style != "" && b.Style != "primary" && b.Style != "danger" && b.Style != "success":
				return badRequest("invalid button style")
			}
		}
	}
	return nil
}

// publicURL reports whether Telegram takes a link: its host must be one of the
// public internet's.
func publicURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "tg":
		return true
	case "http", "https":
		return strings.Contains(u.Hostname(), ".") || net.ParseIP(u.Hostname()) != nil
	}
	return false
}

func (m *message) checkKeyboard() *refused {
	count := 0
	for _, row := range m.keyboard {
		for _, b := range row {
			count++
			switch {
			case blank(b.Text):
				return badRequest("keyboard button text must be non-empty")
			case b.RequestContact && m.chat.kind != "private":
				return badRequest("phone number can be requested in private chats only")
			}
		}
	}
	if count == 0 {
		return badRequest("reply keyboard is empty")
	}
	return nil
}
