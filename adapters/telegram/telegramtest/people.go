package telegramtest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// User is a person with a Telegram program in hand.
type User struct {
	ID       int64
	Name     string
	Language string // as the program tells it; "" = not told

	server      *Server
	chat        *Chat
	started     bool
	blocked     bool
	deactivated bool
}

// NewUser is a person who has not started the bot yet.
func (s *Server) NewUser(name, language string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextUser++
	u := &User{ID: s.nextUser, Name: name, Language: language, server: s}
	u.chat = &Chat{ID: u.ID, kind: "private", user: u, server: s}
	s.users[u.ID], s.chats[u.ID] = u, u.chat
	return u
}

// Chat is the person's private chat with the bot.
func (u *User) Chat() *Chat { return u.chat }

// Start opens https://t.me/<bot>?start=<payload> and presses Start.
func (u *User) Start(payload string) int {
	u.server.mu.Lock()
	u.started = true
	u.server.mu.Unlock()
	return u.Send(strings.TrimSpace("/start " + payload))
}

// Allow makes the bot able to write to the person, who says nothing.
func (u *User) Allow() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.started = true
}

// Written is a message of a person's.
type Written struct {
	Text      string
	ReplyTo   int
	Thread    int    // a forum topic
	Anonymous bool   // in the group's name
	File      string // photo, voice, audio, video, document, video_note, sticker; Text is its caption
	Phone     string // a contact card
	Foreign   bool   // the card is somebody else's
}

// Send writes to the bot and returns the message's id.
func (u *User) Send(text string) int { return u.Write(u.chat, Written{Text: text}) }

// Reply writes to the bot in answer to a message.
func (u *User) Reply(to int, text string) int {
	return u.Write(u.chat, Written{Text: text, ReplyTo: to})
}

// Write writes in any chat. In groups the bot hears of it as far as privacy mode
// lets it.
func (u *User) Write(c *Chat, w Written) int {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &message{chat: c, from: u, nameless: w.Anonymous, date: s.now().Unix(), text: w.Text, replyTo: w.ReplyTo, thread: w.Thread}
	m.entities = commandEntity(w.Text)
	if c.kind == "private" {
		u.started = true
	}
	if w.Phone != "" {
		m.contact = &contact{phone: w.Phone, name: u.Name, user: u.ID}
		if w.Foreign {
			m.contact.user = 0
		}
	}
	if w.File != "" {
		s.nextMessage++
		m.file = &file{kind: w.File, id: "file-" + strconv.Itoa(s.nextMessage)}
	}
	c.add(m)
	if s.hears(m) {
		s.emit("message", c.lane(), messageLife, s.messageJSON(m, true))
	} else {
		s.notify()
	}
	return m.id
}

// hears is privacy mode: in groups a bot that is no admin is told of commands meant
// for it and of replies to it.
func (s *Server) hears(m *message) bool {
	c := m.chat
	if c.kicked || c.movedTo != 0 {
		return false
	}
	if c.kind == "private" || c.botAdmin {
		return true
	}
	if reply := c.byID(m.replyTo); reply != nil && reply.from == nil {
		return true
	}
	if len(m.entities) > 0 && m.entities[0].Type == "bot_command" {
		name := m.entities[0].Of(m.text)
		_, bot, named := strings.Cut(name, "@")
		return !named || strings.EqualFold(bot, s.Username)
	}
	return false
}

// Edit changes one of the person's messages.
func (u *User) Edit(c *Chat, id int, text string) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	m := c.byID(id)
	if m == nil || m.from != u || m.deleted {
		s.tb.Fatalf("telegramtest: %s has no message %d to edit", u.Name, id)
	}
	m.text, m.entities, m.edited, m.edits = text, commandEntity(text), s.now().Unix(), m.edits+1
	s.emit("edited_message", c.lane(), messageLife, s.messageJSON(m, true))
}

// Tap is one press of a button.
type Tap struct {
	ID string

	server   *Server
	at       time.Time
	answered bool
	answer   Shown
}

// Shown is what a tap brought up at once; without Text only the waiting sign went.
type Shown struct {
	Text  string
	Alert bool
}

// Tap presses the button with this text, or this number before its words, below m. m is as the person saw it: a
// button that was taken away meanwhile can still be pressed.
func (u *User) Tap(m Message, text string) *Tap {
	u.server.tb.Helper()
	for _, row := range m.Buttons {
		for _, b := range row {
			if (b.Text == text || strings.HasPrefix(b.Text, text+" · ")) && b.Data != "" {
				return u.Press(m.Chat, m.ID, b.Data)
			}
		}
	}
	u.server.tb.Fatalf("telegramtest: message %d has no button %q:\n%s", m.ID, text, m)
	return nil
}

// Press sends a tap with any data, as a forged program could.
func (u *User) Press(c *Chat, id int, data string) *Tap {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	m := c.byID(id)
	if m == nil || m.deleted {
		return u.press(c, object{"message_id": id, "chat": c.json(), "date": 0}, data)
	}
	return u.press(c, u.server.messageJSON(m, true), data)
}

// PressOld is a tap on a message so old that Telegram only tells its number.
func (u *User) PressOld(c *Chat, id int, data string) *Tap {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return u.press(c, object{"message_id": id, "chat": c.json(), "date": 0}, data)
}

func (u *User) press(c *Chat, on object, data string) *Tap {
	s := u.server
	s.nextTap++
	t := &Tap{ID: strconv.FormatInt(4_000_000_000_000+s.nextTap, 10), server: s, at: s.now()}
	s.taps[t.ID] = t
	s.emit("callback_query", "tap"+strconv.FormatInt(u.ID, 10), tapLife, object{
		"id": t.ID, "from": u.json(), "message": on, "chat_instance": "-" + strconv.FormatInt(c.ID&0xffff, 10), "data": data,
	})
	return t
}

// Answer waits until the bot answered the tap.
func (t *Tap) Answer() Shown {
	t.server.tb.Helper()
	t.server.await("the answer to a tap", func() bool { return t.answered })
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	return t.answer
}

// Answered reports whether the bot answered already.
func (t *Tap) Answered() bool {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	return t.answered
}

// ShareContact presses the button of m that shares the person's own number.
func (u *User) ShareContact(m Message, phone string) int {
	u.server.tb.Helper()
	for _, row := range m.Keyboard {
		for _, b := range row {
			if b.RequestContact {
				return u.Write(m.Chat, Written{Phone: phone, ReplyTo: m.ID})
			}
		}
	}
	u.server.tb.Fatalf("telegramtest: message %d does not ask for a phone number:\n%s", m.ID, m)
	return 0
}

// Block blocks the bot.
func (u *User) Block() { u.block(true) }

// Unblock takes that back.
func (u *User) Unblock() { u.block(false) }

func (u *User) block(on bool) {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.blocked == on {
		return
	}
	u.blocked = on
	before, after := "member", "kicked"
	if !on {
		before, after = after, before
	}
	s.memberChanged(u.chat, u, before, after)
}

// Deactivate deletes the person's account. Nobody is told.
func (u *User) Deactivate() {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	u.deactivated = true
}

func (u *User) String() string { return fmt.Sprintf("%s (%d)", u.Name, u.ID) }
