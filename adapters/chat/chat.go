// Package chat is the vocabulary that the bot and its platforms share: what a
// platform reported (Update), what is to be shown (Message) and how it is shown
// (Sender). It depends on the standard library only and knows no platform.
package chat

import (
	"context"
	"strings"
	"time"
)

// Platform names a kind of chat.
type Platform string

// The platforms that ship.
const (
	Telegram Platform = "telegram"
	Slack    Platform = "slack"
	Web      Platform = "web"
	// Hook is no chat of people: other systems are told there of what happens. Its accounts are
	// their endpoints, its chats what the news is about, so that it comes in order.
	Hook Platform = "webhook"
	// Inbound is no chat either: its accounts are other systems that tell us of services, and
	// nothing is ever sent there.
	Inbound Platform = "inbound"
)

// Address is where a message can be sent. Thread is empty outside threads and
// forum topics.
type Address struct {
	Platform Platform `json:"platform"`
	Account  string   `json:"account"` // the bot's id on Telegram, the workspace on Slack, "" on the web
	Chat     string   `json:"chat"`
	Thread   string   `json:"thread,omitempty"`
}

// IsZero reports whether the address names no chat.
func (a Address) IsZero() bool { return a == Address{} }

// String is "platform:account:chat" and ":thread" where there is one. It is the
// address's form in slots and in logs; it names a chat, never a person's words.
func (a Address) String() string {
	s := string(a.Platform) + ":" + a.Account + ":" + a.Chat
	if a.Thread != "" {
		s += ":" + a.Thread
	}
	return s
}

// Ref names one posted message: the platform's own message id within an
// Address ("" = none). Telegram: decimal message_id. Slack: ts. Web: the slot.
type Ref string

// User is the person behind an update, as the platform tells it.
type User struct {
	ID       string `json:"ID"`   // stable id on (platform, account); "" for anonymous group admins
	Name     string `json:"Name"` // display name, may be empty
	Username string `json:"Username"`
	Language string `json:"Language"` // BCP 47 tag as the platform gave it; may be empty
	Bot      bool   `json:"Bot"`
}

// Kind says what an Update reports.
type Kind string

// The kinds of updates.
const (
	Text    Kind = "text"    // words the person wrote (Update.Text), with or without files
	Command Kind = "command" // "/name arguments": Update.Command is the name without slash or bot, Update.Text the arguments
	Tap     Kind = "tap"     // a button (Update.Data), on the message Update.On
	Filled  Kind = "filled"  // a button's Form was filled in: Update.Data is the button's, Update.Fields its fields
	Edited  Kind = "edited"  // the person edited an earlier message: Update.On names it, Update.Text is new
	Blocked Kind = "blocked" // the person blocked the bot, or a group removed it
	Joined  Kind = "joined"  // the person unblocked the bot, or a group added it
	Moved   Kind = "moved"   // the chat has a new address: Update.MovedTo
	Other   Kind = "other"   // a kind nobody handles: stored as seen, ignored
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Text, Command, Tap, Filled, Edited, Blocked, Joined, Moved, Other} }

// Update is one thing that a platform reported. Adapters fill it after they
// authenticated its source.
type Update struct {
	Key     string            `json:"Key"` // unique per (platform, account) and stable over redeliveries, e.g. "tg:123:456"
	Kind    Kind              `json:"Kind"`
	From    Address           `json:"From"`    // the chat it happened in; answers go there
	Private bool              `json:"Private"` // From is a one-to-one chat with User
	User    User              `json:"User"`
	Text    string            `json:"Text"`
	Command string            `json:"Command"`
	Data    string            `json:"Data"`    // of the tapped button; whoever sends it is not trusted
	Fields  map[string]string `json:"Fields"`  // Kind Filled: what was written or chosen, by Field.Name
	On      Ref               `json:"On"`      // the message that was tapped or edited
	ReplyTo Ref               `json:"ReplyTo"` // the message that this one replies to
	Ours    bool              `json:"Ours"`    // ReplyTo is a message that this account posted
	Own     Ref               `json:"Own"`     // this message's own reference
	Files   []File            `json:"Files"`
	Contact string            `json:"Contact"` // a phone number shared by the platform's own button
	// Ephemeral is a command whose Answer its sender alone is shown, where it was sent:
	// sentences are said there instead of in the chat.
	Ephemeral bool      `json:"Ephemeral"`
	In        Address   `json:"In"`        // Ephemeral: the chat in which it was written; zero = the platform does not say
	InPrivate bool      `json:"InPrivate"` // In is a one-to-one chat
	MovedTo   Address   `json:"MovedTo"`   // Kind Moved
	At        time.Time `json:"At"`
	Reply     any       `json:"Reply"` // adapter-private: what it needs to show an Answer (a callback id); never stored
}

// File is a file kept by reference; its bytes stay on the platform. Without an ID it is what
// somebody sent that is neither words nor a file, and Name says in words what it holds.
type File struct {
	// photo, voice, audio, video, document; without an ID location, contact, poll, dice,
	// sticker, story, or unknown where the platform tells of nothing that is known.
	Kind string `json:"kind"`
	ID   string `json:"id"` // the platform's own file id
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"` // MIME
	Size int64  `json:"size,omitempty"` // bytes; 0 = unknown
}

// Sign names the file in every language: a sign for its kind, and its own name.
func (f File) Sign() string {
	sign := "📎"
	switch f.Kind {
	case "photo":
		sign = "📷"
	case "voice":
		sign = "🎤"
	case "audio":
		sign = "🎵"
	case "video":
		sign = "🎬"
	}
	if name := CleanName(f.Name); name != "" {
		return sign + " " + name
	}
	return sign
}

// Answer is what the one who caused an update sees at once: a toast, an alert,
// an error at a field. It is not stored and may be lost.
type Answer struct {
	Update int        // index of the update it answers, in the slice that was handled
	Text   string     // plain text, at most 200 runes; 2,000 where the update was Ephemeral
	Alert  bool       // needs the person's attention, rather than a passing toast
	Rows   [][]Button // below the text, only where the update was Ephemeral
	Field  string     // the Field.Name of a Filled update that Text is about: the form stays open and says it there
	// Form opens before the one who tapped, where the platform has menus: an entry of a menu
	// carries none of its own. What is filled in is reported with the Data that was tapped.
	Form *Form
	Lang string // of Form
}

// Handler acts on updates that were authenticated. The platform is acknowledged
// when it returns nil; it returns an error only when the store is away, and then
// nothing of the batch may be acknowledged.
type Handler func(context.Context, []Update) ([]Answer, error)

// Message is what is to be shown. Adapters turn it into the platform's own form
// and escape everything: no field ever holds markup.
type Message struct {
	Text    string     `json:"text,omitempty"`   // plain text; may hold line breaks
	Title   string     `json:"title,omitempty"`  // shown strong, above Text
	Strong  string     `json:"strong,omitempty"` // the last part of Text with these words is shown strong: a question below a greeting
	Facts   []Fact     `json:"facts,omitempty"`  // label and value pairs (a card)
	Quotes  []Quote    `json:"quotes,omitempty"`
	Footer  string     `json:"footer,omitempty"` // shown faint, below
	Rows    [][]Button `json:"rows,omitempty"`   // rows of buttons
	Lang    string     `json:"lang,omitempty"`   // BCP 47: for lang and dir attributes
	State   string     `json:"state,omitempty"`  // a card's state, for a colour beside the words: open, taken, resolved, snoozed, watch
	Hint    string     `json:"hint,omitempty"`   // what an input field would say while empty
	Expects Expects    `json:"expects,omitempty"`
	Max     int        `json:"max,omitempty"`     // most characters that an answer may have, 0 = the platform's own
	Replies Ref        `json:"replies,omitempty"` // shown as a reply to that message, where it still exists
	// Files are shown by reference. A platform that cannot show a file names it in words
	// (File.Sign).
	Files []File `json:"files,omitempty"`
	// Under names the slot in the same chat whose message this one replies to. Whoever
	// sends puts that message's Ref into Replies; no Sender ever sees it.
	Under string `json:"under,omitempty"`
	// Mine says that these are the reader's own words: a page that shows only what is stored
	// has nothing else of them. It is set on the web alone.
	Mine bool `json:"mine,omitempty"`
	// Mark makes it no message of its own, but a sign on the message Replies. Whoever sends
	// gives it to the account's Reactor; no Sender ever sees it.
	Mark Mark `json:"mark,omitempty"`
	// Inert says that nothing in the words may become a mention, a link or a command where
	// the platform would make them of plain words: they hold what customers wrote, and staff
	// read it. Buttons stay what they are.
	Inert bool `json:"inert,omitempty"`
	// Folded says that the quotations come first, then the words, and the facts last, folded
	// where the platform can fold.
	Folded bool `json:"folded,omitempty"`
	// Layout is what a platform that lays messages out itself (Traits.Lays) needs to know
	// beside the words; nil on every other.
	Layout *Layout `json:"layout,omitempty"`
}

// Layout says what a message is in its conversation.
type Layout struct {
	Part Part      `json:"part"`
	Of   string    `json:"of,omitempty"`   // names the survey that it belongs to
	At   time.Time `json:"at,omitzero"`    // when it was said, of words of people
	Who  string    `json:"who,omitempty"`  // who said it, of staff's replies
	Told bool      `json:"told,omitempty"` // of the customer's own words: staff were shown them
	Hint string    `json:"hint,omitempty"` // stands faint below the words

	// Of a question that is asked or was answered.
	Low       string `json:"low,omitempty"`   // what the ends of a long scale mean
	High      string `json:"high,omitempty"`  //
	Most      int    `json:"most,omitempty"`  // how many choices may be made; 0 = one
	Least     int    `json:"least,omitempty"` // how many must be made; 0 = one
	Step      int    `json:"step,omitempty"`  // the how-manieth question it is, 0 = not counted
	Steps     int    `json:"steps,omitempty"`
	FollowsUp bool   `json:"follows_up,omitempty"` // it is asked because of an answer
	Answer    string `json:"answer,omitempty"`     // in words, whole
	Skipped   bool   `json:"skipped,omitempty"`
	Changing  bool   `json:"changing,omitempty"` // it is asked once more: Answer is what stands
}

// Part names what a message is in its conversation.
type Part string

// The parts that look different.
const (
	PartIntro    Part = "intro"    // who asks, and why
	PartQuestion Part = "question" // with or without an answer
	PartThanks   Part = "thanks"   // the survey is over
	PartReply    Part = "reply"    // a person's words to the customer
	PartOwn      Part = "own"      // the customer's
	PartEvent    Part = "event"    // what happened, in a line
)

// Aside names what a button does beside answering.
type Aside string

// The buttons that answer nothing.
const (
	AsideSkip      Aside = "skip"
	AsideBack      Aside = "back"
	AsideLater     Aside = "later"
	AsideNotNow    Aside = "not_now"
	AsideChange    Aside = "change"
	AsideDontKnow  Aside = "dont_know"
	AsidePreferNot Aside = "prefer_not"
)

// Mark is a small sign on somebody's message that stands for words.
type Mark string

// Arrived says that the words of a message reached whom they were for.
const Arrived Mark = "arrived"

// Gone is no sign: the message that stands in the place of this one is taken out of its chat.
// Whoever sends asks the account's Remover for it; a page does not show it.
const Gone Mark = "gone"

// Expects says what kind of answer a message waits for beside its buttons.
type Expects string

// What a message may wait for.
const (
	ExpectsNothing Expects = ""
	ExpectsText    Expects = "text"
	ExpectsLong    Expects = "long"
	ExpectsPhone   Expects = "phone" // Telegram offers its share button
	ExpectsFile    Expects = "file"
	ExpectsDate    Expects = "date" // ISO 8601 where the platform has a calendar to pick from
)

// AllExpects lists what a message may wait for: each adapter asks for each of it.
func AllExpects() []Expects {
	return []Expects{ExpectsText, ExpectsLong, ExpectsPhone, ExpectsFile, ExpectsDate}
}

// Example is an answer of this kind as an Update's Text; "" where words are none.
func (e Expects) Example() string {
	switch e {
	case ExpectsText, ExpectsLong:
		return "It was cold."
	case ExpectsPhone:
		return "+442079460000"
	case ExpectsDate:
		return "2026-01-31"
	}
	return ""
}

// Fact is one line of a card.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
	// At is the moment that Value tells in the site's zone; zero = none. A platform that
	// can shows it in each reader's own zone instead.
	At time.Time `json:"at,omitzero"`
}

// Quote is somebody's own words, shown as a quotation and never as markup.
type Quote struct {
	Label string `json:"label,omitempty"`
	Text  string `json:"text"`
}

// Button is one tap. Data is at most 64 bytes (Telegram's limit).
type Button struct {
	Text     string `json:"text"`
	Data     string `json:"data,omitempty"`
	URL      string `json:"url,omitempty"`
	Label    string `json:"label,omitempty"` // what a screen reader says, "Rate 2 of 5, dissatisfied"; "" = Text
	Style    string `json:"style,omitempty"` // "", "primary", "danger"
	Selected bool   `json:"selected,omitempty"`
	Alone    bool   `json:"alone,omitempty"` // of several choices it goes with no other
	// Words stand beside Text where a platform lays messages out itself: what a number means.
	Words string `json:"words,omitempty"`
	// Aside says what the button does beside answering, where a platform lays messages out
	// itself; "" = it answers.
	Aside Aside `json:"aside,omitempty"`
	// Form asks for words before the button acts, where the platform has forms (a modal in
	// Slack, fields on a page): Filled is reported instead of Tap. Elsewhere the tap is
	// reported, and whoever handles it asks in the chat.
	Form *Form `json:"form,omitempty"`
	// Menu makes the button a menu of these, where the platform has menus (Traits.Menus); no other
	// is given one. Its own data does nothing.
	Menu []Entry `json:"menu,omitempty"`
}

// Entry is one of a menu: a tap on it is reported as that of a button with its data.
type Entry struct {
	Text string `json:"text"`
	Data string `json:"data"`
}

// MostMenu is the most entries of a menu (Button.Menu).
const MostMenu = 5

// Ticks reports whether a tick before the text must show that the button is selected: it does
// not where the text has a box of its own.
func (b Button) Ticks() bool {
	return b.Selected && strings.TrimLeft(b.Text, "☑☐◉○") == b.Text
}

// Form is what a button asks for before it acts. One without fields only tells something
// (Answer.Form).
type Form struct {
	Title  string  `json:"title"`
	Submit string  `json:"submit"`         // the words of the button that sends it
	Note   string  `json:"note,omitempty"` // above the fields, e.g. who will read this
	Fields []Field `json:"fields"`
}

// Field is one input of a Form: a choice where it has Options, else words.
type Field struct {
	Name     string   `json:"name"` // key in Update.Fields
	Label    string   `json:"label"`
	Hint     string   `json:"hint,omitempty"` // shown while it is empty
	Expects  Expects  `json:"expects,omitempty"`
	Options  []Option `json:"options,omitempty"`
	Value    string   `json:"value,omitempty"` // what it holds at first; of a choice the Option.Value
	Optional bool     `json:"optional,omitempty"`
	Max      int      `json:"max,omitempty"` // most characters, 0 = the platform's own
}

// Option is one entry of a Field's choice.
type Option struct {
	Value string `json:"value"`
	Text  string `json:"text"`
}

// Reactor is an ability that a Sender may have: it puts a sign on a message, whoever
// wrote it. Doing it again is harmless. Errors are *Error; nothing hangs on the sign.
type Reactor interface {
	React(ctx context.Context, to Address, at Ref, m Mark) error
}

// Remover is an ability that a Sender may have: it takes a message of its account out of a chat.
// One that is gone already, or that the platform keeps, is a success. Errors are *Error.
type Remover interface {
	Remove(ctx context.Context, to Address, at Ref) error
}

// Sender shows messages of one account. If at is set the message it names is
// edited in place; the returned Ref names the message that now shows m: at itself
// or, where the old one was gone, a new one. An unchanged message is a success.
// Errors are *Error. Senders do not pace, retry or keep order; the outbox does.
type Sender interface {
	Send(ctx context.Context, to Address, m Message, at Ref) (Ref, error)
}

// Prober is a Sender that can ask its platform whether it takes an account's credentials,
// without showing anybody anything. Errors are *Error; Revoked means that it does not.
type Prober interface {
	Probe(ctx context.Context, account string) error
}

// Looker is a Sender that can ask its platform whether a chat takes messages, without
// showing anybody anything. nil = it does, as far as the platform tells. Errors are *Error;
// Unreachable means that it does not.
type Looker interface {
	Takes(ctx context.Context, to Address) error
}
