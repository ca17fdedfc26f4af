package storage

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Slot names a place in a chat where one message stands and may change. Databases keep
// its String: rows of every release have to be found by it, so that no spelling may change.
// Texts within it hold no colon, unless the kind's comment says so.
type Slot struct {
	Kind  SlotKind
	Owner string       // the record that it belongs to, by id; which kind of record follows from Kind
	Part  string       // which of its owner's slots of this kind
	Key   string       // of an update; it may hold colons
	Of    Written      // the words that it repeats
	At    chat.Address // the chat, as it was called when the slot was first wanted
	Left  chat.Ref     // the old message of a slot that was posted anew; it may hold colons
}

// SlotKind says what stands in a slot.
type SlotKind string

// The kinds of slots in a customer's chat.
const (
	IntroSlot    SlotKind = "intro"    // i:<session>: who asks, before the first question
	QuestionSlot SlotKind = "question" // q:<session>:<index>
	ThanksSlot   SlotKind = "thanks"   // t:<session>
	ReplySlot    SlotKind = "reply"    // reply:<case>:<part>:<words>: what a member of staff wrote
	JoinedSlot   SlotKind = "joined"   // joined:<case>:<round>: that somebody of staff is here
	ClosedSlot   SlotKind = "closed"   // closed:<case>:<round>: that the case is resolved
	OwnSlot      SlotKind = "own"      // own:<case>:<part>: the customer's words on a page; the part holds colons
)

// The kind of slots that any chat may have.
const (
	// NoticeSlot is a sentence: n:<owner>:<part>. The owner is a session, a case or an identity,
	// or nobody. The part is a word of the program's own, or the key of an update, with colons.
	NoticeSlot SlotKind = "notice"
)

// The kinds of slots in staff chats.
const (
	CardSlot     SlotKind = "card"     // case:<case>:<chat>
	EventSlot    SlotKind = "event"    // case:<case>:<chat>:e:<event>: below the card; further parts follow a colon
	ReminderSlot SlotKind = "reminder" // case:<case>:<chat>:r:<part>: something fell due; the part holds colons
	RelaySlot    SlotKind = "relay"    // relay:<case>:<part>:<chat>/<words>: the customer's; a file of an answer has no words
	SaidSlot     SlotKind = "said"     // said:<case>:<part>:<words>><chat>: staff's words, in other chats than their own
	LostSlot     SlotKind = "lost"     // lost:<case>:<part>:<words>><chat>: that the customer did not get them
	MarkSlot     SlotKind = "mark"     // mark:<case>:<part>:<words>: that the customer has them; ><chat> on the slot said there
	AskSlot      SlotKind = "ask"      // ask:<case>:<part>:<key>: replies to it are what it asked for
	StaysSlot    SlotKind = "stays"    // stays:<case>:<chat>: that a reply to the card goes to nobody
	AsideSlot    SlotKind = "aside"    // aside:<session>:<chat>: words without a case
	FileSlot     SlotKind = "file"     // file:<session>:<source>:<sum>:<chat>: a file without a case
	PraiseSlot   SlotKind = "praise"   // praise:<feedback>:<chat>
	StormSlot    SlotKind = "storm"    // storm:<site>:<moment>:<chat>: many cases at once
	DigestSlot   SlotKind = "digest"   // digest:<site>:<moment>:<chat>: cases that waited
	OverdueSlot  SlotKind = "overdue"  // overdue:<site>:<moment>:<step>:<chat>: a storm's cases wait
	ReportSlot   SlotKind = "report"   // report:<site>:<what and day>:<chat>: figures, and alarms about them
	GoneSlot     SlotKind = "gone"     // gone:<name>:<moment>:<chat>: that another staff chat is gone
	LinkedSlot   SlotKind = "linked"   // chat:<key>: that this chat has a name now
)

// HookSlot is the kind of slots of what other systems are told: hook:<owner>:<part>:<endpoint>,
// where the owner is what the news is about, and the part what happened to it.
const HookSlot SlotKind = "hook"

// staffKinds are the kinds whose messages staff alone see.
var staffKinds = [...]SlotKind{
	CardSlot, EventSlot, ReminderSlot, RelaySlot, SaidSlot, LostSlot, MarkSlot, AskSlot, StaysSlot, AsideSlot, FileSlot,
	PraiseSlot, StormSlot, DigestSlot, OverdueSlot, ReportSlot, GoneSlot, LinkedSlot,
}

// ToldFor is for how long at least it is kept what stands in slots by which it is known that somebody was told: for as
// long as they would else be told again.
const ToldFor = 15 * 24 * time.Hour

// ToldOnce are the beginnings of the names of such slots, where % stands for any text: of changes that customers are
// told of, of figures and alarms, and of versions of surveys.
func ToldOnce() []string {
	return []string{"n:%:improved-%", "report:%", "hook:%:published-%", "hook:%:worse-%", "hook:%:better-%"}
}

// ForStaff reports whether staff alone see what stands in such slots.
func (k SlotKind) ForStaff() bool { return slices.Contains(staffKinds[:], k) }

// spelling is how slots of one kind are written.
type spelling struct {
	kind  SlotKind
	word  string // the text begins with
	shape shape
}

// shape says which fields follow the word, and in which order.
type shape int

const (
	bare    shape = iota // owner
	named                // owner, part to the end
	keyed                // key
	placed               // owner, chat
	event                // owner, chat, "e", part to the end
	due                  // owner, chat, "r", part to the end
	once                 // owner, part, chat
	twice                // owner, part of two, chat
	heard                // owner, part, chat and, behind a slash, words
	written              // owner, part, words and, behind an arrow, chat
	asked                // owner, part, key
)

// spellings has every kind. Kinds that share a word stand in the order in which a text is
// tried.
var spellings = [...]spelling{
	{IntroSlot, "i", bare},
	{QuestionSlot, "q", named},
	{ThanksSlot, "t", bare},
	{ReplySlot, "reply", written},
	{JoinedSlot, "joined", named},
	{ClosedSlot, "closed", named},
	{OwnSlot, "own", named},
	{NoticeSlot, "n", named},
	{EventSlot, "case", event},
	{ReminderSlot, "case", due},
	{CardSlot, "case", placed},
	{RelaySlot, "relay", heard},
	{SaidSlot, "said", written},
	{LostSlot, "lost", written},
	{MarkSlot, "mark", written},
	{AskSlot, "ask", asked},
	{StaysSlot, "stays", placed},
	{AsideSlot, "aside", placed},
	{FileSlot, "file", twice},
	{PraiseSlot, "praise", placed},
	{StormSlot, "storm", once},
	{DigestSlot, "digest", once},
	{OverdueSlot, "overdue", twice},
	{ReportSlot, "report", once},
	{GoneSlot, "gone", once},
	{LinkedSlot, "chat", keyed},
	{HookSlot, "hook", once},
}

// SlotKinds lists every kind.
func SlotKinds() []SlotKind {
	all := make([]SlotKind, len(spellings))
	for i, s := range spellings {
		all[i] = s.kind
	}
	return all
}

// Parts puts together a Part that consists of several.
func Parts(parts ...string) string { return strings.Join(parts, ":") }

// Nth is the slot of the n-th of several messages that would share one. The first, of
// number 0, has the slot itself.
func (s Slot) Nth(n int) Slot {
	if n > 0 {
		s.Part = Parts(s.Part, strconv.Itoa(n))
	}
	return s
}

const (
	leftMark  = ":left:"
	eventMark = ":e:"
	dueMark   = ":r:"
)

// String is the slot's name in the database.
func (s Slot) String() string {
	for _, as := range spellings {
		if as.kind == s.Kind {
			text := as.word + ":" + s.fields(as.shape)
			if s.Left != "" {
				text = leftSlot(text, s.Left)
			}
			return text
		}
	}
	return "" // which no operation takes
}

func (s Slot) fields(as shape) string {
	switch as {
	case bare:
		return s.Owner
	case named:
		return s.Owner + ":" + s.Part
	case keyed:
		return s.Key
	case placed:
		return s.Owner + ":" + s.At.String()
	case event:
		return s.Owner + ":" + s.At.String() + eventMark + s.Part
	case due:
		return s.Owner + ":" + s.At.String() + dueMark + s.Part
	case once, twice:
		return s.Owner + ":" + s.Part + ":" + s.At.String()
	case heard:
		text := s.Owner + ":" + s.Part + ":" + s.At.String()
		if !s.Of.IsZero() {
			text += "/" + s.Of.String()
		}
		return text
	case written:
		text := s.Owner + ":" + s.Part + ":" + s.Of.String()
		if !s.At.IsZero() {
			text += ">" + s.At.String()
		}
		return text
	default: // asked
		return s.Owner + ":" + s.Part + ":" + s.Key
	}
}

// ParseSlot reads what String wrote; it is false for any other text.
func ParseSlot(text string) (Slot, bool) {
	name, left, posted := strings.Cut(text, leftMark)
	if posted && left == "" {
		return Slot{}, false
	}
	word, rest, ok := strings.Cut(name, ":")
	if !ok {
		return Slot{}, false
	}
	for _, as := range spellings {
		if as.word != word {
			continue
		}
		s := Slot{Kind: as.kind, Left: chat.Ref(left)}
		if s.parse(as.shape, rest) {
			return s, true
		}
	}
	return Slot{}, false
}

// parse reads what fields wrote.
func (s *Slot) parse(as shape, text string) (ok bool) {
	if as == keyed {
		s.Key = text
		return true
	}
	var more bool
	s.Owner, text, more = strings.Cut(text, ":")
	if as == bare {
		return !more
	}
	if !more {
		return false
	}
	switch as {
	case named:
		s.Part = text
		return true
	case placed:
		return s.parseAt(text)
	case event, due:
		mark := eventMark
		if as == due {
			mark = dueMark
		}
		at, part, ok := strings.Cut(text, mark)
		s.Part = part
		return ok && s.parseAt(at)
	case twice:
		return s.parseTwice(text)
	}
	if s.Part, text, ok = strings.Cut(text, ":"); !ok {
		return false
	}
	switch as {
	case once:
		return s.parseAt(text)
	case heard:
		at, of, words := strings.Cut(text, "/")
		return s.parseAt(at) && (!words || s.parseOf(of))
	case written:
		if i := strings.LastIndexByte(text, '>'); i >= 0 && s.parseAt(text[i+1:]) {
			text = text[:i]
		}
		return s.parseOf(text)
	default: // asked
		s.Key = text
		return true
	}
}

// parseTwice reads a part of two and a chat. The second may hold colons after all: names of
// receivers are an organisation's own.
func (s *Slot) parseTwice(text string) bool {
	first, rest, ok := strings.Cut(text, ":")
	if !ok {
		return false
	}
	for i := range len(rest) {
		if rest[i] == ':' && s.parseAt(rest[i+1:]) {
			s.Part = Parts(first, rest[:i])
			return true
		}
	}
	return false
}

// parseAt reads an address that names a chat.
func (s *Slot) parseAt(text string) bool {
	at, ok := parseAddress(text)
	s.At = at
	return ok
}

func (s *Slot) parseOf(text string) (ok bool) {
	s.Of, ok = parseWritten(text)
	return ok
}

// parseAddress reads chat.Address.String.
func parseAddress(text string) (chat.Address, bool) {
	all := strings.Split(text, ":")
	if len(all) < 3 || len(all) > 4 {
		return chat.Address{}, false
	}
	a := chat.Address{Platform: chat.Platform(all[0]), Account: all[1], Chat: all[2]}
	if len(all) == 4 {
		if a.Thread = all[3]; a.Thread == "" {
			return chat.Address{}, false
		}
	}
	return a, !a.IsZero()
}

// Written names words that somebody wrote: a message, or what was put into a form. What
// the message says after an edit has the same name.
type Written struct {
	At  chat.Address // where the message stands; zero = in a form, where nobody else sees it
	Ref chat.Ref     // the message; of a form the key of the update that brought it
}

// IsZero reports whether no words are named.
func (w Written) IsZero() bool { return w == Written{} }

// InForm reports whether the words were put into a form: no message holds them.
func (w Written) InForm() bool { return w.At.IsZero() }

const formMark = "form/"

// String is the form in which slots hold it: "<chat>/<message>", or "form/<update>".
func (w Written) String() string {
	if w.InForm() {
		return formMark + string(w.Ref)
	}
	return w.At.String() + "/" + string(w.Ref)
}

// parseWritten reads Written.String.
func parseWritten(text string) (Written, bool) {
	if key, ok := strings.CutPrefix(text, formMark); ok {
		return Written{Ref: chat.Ref(key)}, key != ""
	}
	at, ref, ok := strings.Cut(text, "/")
	if !ok || ref == "" {
		return Written{}, false
	}
	a, ok := parseAddress(at)
	return Written{At: a, Ref: chat.Ref(ref)}, ok
}

// leftSlot is the slot of the message that a slot of this name leaves behind.
func leftSlot(slot string, ref chat.Ref) string { return slot + leftMark + string(ref) }

// SlotOwner is what stands for the owner in a slot's name, of whatever kind: engines find
// by it which rows belong to a session or a case.
func SlotOwner(slot string) string {
	_, rest, _ := strings.Cut(slot, ":")
	id, _, _ := strings.Cut(rest, ":")
	return id
}
