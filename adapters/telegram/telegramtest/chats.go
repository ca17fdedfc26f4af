package telegramtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Chat is one chat that the bot may be in.
type Chat struct {
	ID    int64
	Title string

	server   *Server
	kind     string // private, group, supergroup
	user     *User  // of a private chat
	forum    bool
	topics   map[int]bool // whether it is open
	botAdmin bool
	kicked   bool
	muted    bool // the bot may not write
	silent   bool // nobody may write who is no admin
	movedTo  int64
	refuses  *refused // Refuse
	messages []*message
	last     int // message id, in supergroups
}

// NewGroup is a basic group that the bot is in. Telegram turns it into a
// supergroup some day: Migrate.
func (s *Server) NewGroup(title string) *Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextGroup++
	c := &Chat{ID: -s.nextGroup, Title: title, kind: "group", server: s}
	s.chats[c.ID] = c
	return c
}

// NewSupergroup is a supergroup that the bot is in, with these forum topics.
func (s *Server) NewSupergroup(title string, topics ...int) *Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.supergroup(title, topics)
}

func (s *Server) supergroup(title string, topics []int) *Chat {
	s.nextGroup++
	c := &Chat{ID: -1_000_000_000_000 - s.nextGroup, Title: title, kind: "supergroup", server: s, forum: len(topics) > 0, topics: map[int]bool{}}
	for _, t := range topics {
		c.topics[t] = true
		c.last = max(c.last, t)
	}
	s.chats[c.ID] = c
	return c
}

// Address is the chat's id as bots write it.
func (c *Chat) Address() string { return strconv.FormatInt(c.ID, 10) }

// Promote makes the bot an admin of the group: it hears everything.
func (c *Chat) Promote(by *User) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.botAdmin = true
	c.server.memberChanged(c, by, "member", "administrator")
}

// Kick removes the bot from the group.
func (c *Chat) Kick(by *User) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.kicked = true
	c.server.memberChanged(c, by, "member", "kicked")
}

// Add brings the bot into the group.
func (c *Chat) Add(by *User) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.kicked = false
	c.server.memberChanged(c, by, "left", "member")
}

// Migrate turns a basic group into a supergroup and returns that.
func (c *Chat) Migrate(by *User) *Chat {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.supergroup(c.Title, nil)
	c.movedTo = to.ID
	old := &message{chat: c, from: by, date: s.now().Unix()}
	c.add(old)
	content := s.messageJSON(old, false)
	content["migrate_to_chat_id"] = to.ID
	s.emit("message", c.lane(), messageLife, content)
	fresh := &message{chat: to, from: by, nameless: true, date: s.now().Unix()}
	to.add(fresh)
	content = s.messageJSON(fresh, false)
	content["migrate_from_chat_id"] = c.ID
	s.emit("message", to.lane(), messageLife, content)
	return to
}

// Refuse makes every message to the chat fail with this error; code 0 ends that.
func (c *Chat) Refuse(code int, description string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.refuses = nil
	if code != 0 {
		c.refuses = &refused{code: code, text: description}
	}
}

// Delete takes a message away for everybody.
func (c *Chat) Delete(id int) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if m := c.byID(id); m != nil {
		m.deleted = true
	}
	c.server.notify()
}

// Mute takes from the bot the right to write, or gives it back. The bot is told.
func (c *Chat) Mute(by *User, on bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.muted = on
	if on {
		c.server.memberChanged(c, by, "member", "restricted")
		return
	}
	c.server.memberChanged(c, by, "restricted", "member")
}

// Silence takes from everybody but admins the right to write, or gives it back. Bots are
// not told.
func (c *Chat) Silence(on bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.silent = on
}

// Leave makes it so that the bot was never in the group: Add brings it there.
func (c *Chat) Leave() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.kicked = true
}

// DeleteTopic deletes a forum topic.
func (c *Chat) DeleteTopic(id int) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.topics, id)
}

// CloseTopic closes a forum topic: only admins may write there.
func (c *Chat) CloseTopic(id int) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.topics[id] = false
}

// add gives the message its id and its place.
func (c *Chat) add(m *message) {
	if c.kind == "supergroup" {
		c.last++
		m.id = c.last
	} else {
		c.server.nextMessage++
		m.id = c.server.nextMessage
	}
	c.messages = append(c.messages, m)
}

func (c *Chat) byID(id int) *message {
	i, ok := slices.BinarySearchFunc(c.messages, id, func(m *message, id int) int { return m.id - id })
	if !ok {
		return nil
	}
	return c.messages[i]
}

func (c *Chat) lane() string { return "chat" + strconv.FormatInt(c.ID, 10) }

// Message is a message as a person sees it.
type Message struct {
	ID       int
	Chat     *Chat
	From     string // who wrote it; "" = the bot
	Text     string
	Entities []Entity
	Buttons  [][]Button
	Keyboard [][]KeyboardButton
	ReplyTo  int
	Thread   int
	File     string // its kind; Text is the caption
	Edits    int
	Reaction string // the bot's
}

// Styled returns the parts of the text in one style ("bold"), in order.
func (m Message) Styled(style string) []string {
	var out []string
	for _, e := range m.Entities {
		if e.Type == style {
			out = append(out, e.Of(m.Text))
		}
	}
	return out
}

// String is the message as text.
func (m Message) String() string {
	var b strings.Builder
	from := m.From
	if from == "" {
		from = "bot"
	}
	fmt.Fprintf(&b, "#%d %s: %s", m.ID, from, m.Text)
	for _, row := range m.Buttons {
		b.WriteString("\n   ")
		for _, button := range row {
			fmt.Fprintf(&b, " [%s]", button.Text)
		}
	}
	return b.String()
}

// Messages is the chat as a person sees it, oldest first.
func (c *Chat) Messages() []Message {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.visible()
}

// FromBot is what the bot wrote and still stands.
func (c *Chat) FromBot() []Message {
	return slices.DeleteFunc(c.Messages(), func(m Message) bool { return m.From != "" })
}

func (c *Chat) visible() []Message {
	var out []Message
	for _, m := range c.messages {
		if !m.deleted {
			out = append(out, m.seen())
		}
	}
	return out
}

func (m *message) seen() Message {
	out := Message{
		ID: m.id, Chat: m.chat, Text: m.text, Entities: slices.Clone(m.entities), Buttons: slices.Clone(m.rows),
		Keyboard: slices.Clone(m.keyboard), ReplyTo: m.replyTo, Thread: m.thread, Edits: m.edits, Reaction: m.reaction,
	}
	if m.file != nil {
		out.File = m.file.kind
	}
	if m.from != nil {
		out.From = m.from.Name
	}
	return out
}

// Message is one message as it stands now; false if it is gone.
func (c *Chat) Message(id int) (Message, bool) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	m := c.byID(id)
	if m == nil || m.deleted {
		return Message{}, false
	}
	return m.seen(), true
}

// Wait waits until the chat looks as wanted and returns it.
func (c *Chat) Wait(what string, ok func([]Message) bool) []Message {
	c.server.tb.Helper()
	var got []Message
	c.server.await(what, func() bool {
		got = c.visible()
		return ok(got)
	})
	return got
}

// WaitText waits for a message of the bot's that holds text, and returns the newest.
func (c *Chat) WaitText(text string) Message {
	c.server.tb.Helper()
	var found Message
	c.Wait(fmt.Sprintf("a message with %q in chat %d", text, c.ID), func(all []Message) bool {
		for _, m := range slices.Backward(all) {
			if m.From == "" && strings.Contains(m.Text, text) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// WaitButton waits for a message of the bot's with a button of this text, and
// returns the newest.
func (c *Chat) WaitButton(text string) Message {
	c.server.tb.Helper()
	var found Message
	c.Wait(fmt.Sprintf("a button %q in chat %d", text, c.ID), func(all []Message) bool {
		for _, m := range slices.Backward(all) {
			for _, row := range m.Buttons {
				if m.From == "" && slices.ContainsFunc(row, func(b Button) bool { return b.Text == text || strings.HasPrefix(b.Text, text+" · ") }) {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found
}

func commandEntity(text string) []Entity {
	if !strings.HasPrefix(text, "/") {
		return nil
	}
	name, _, _ := strings.Cut(text, " ")
	name, _, _ = strings.Cut(name, "\n")
	if len(name) < 2 || strings.ContainsFunc(name[1:], func(r rune) bool {
		return r != '@' && r != '_' && !(r >= '0' && r <= '9') && !(r >= 'a' && r <= 'z') && !(r >= 'A' && r <= 'Z')
	}) {
		return nil
	}
	return []Entity{{Type: "bot_command", Length: len(utf16.Encode([]rune(name)))}}
}
