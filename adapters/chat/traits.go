package chat

import (
	"math"
	"time"
)

// Traits are what a platform can do, and how fast. Whoever knows a platform by nothing but
// its Traits treats it rightly; what is left out, it cannot.
type Traits struct {
	Forms   bool // a button may ask for words before it acts (Button.Form)
	Menus   bool // a button may be a menu (Button.Menu), and a form may answer a tap (Answer.Form)
	Threads bool // a message's replies stand below it: they cost the chat nothing
	Marks   bool // a sign can be put on a message (Reactor)
	Files   bool // people can send files
	Shares  bool // a file's ID shows it in every chat of the account (Message.Files)
	Guests  bool // people have no account there: their id names nobody
	// Stored says that a chat is a page that shows what is stored, all of it, to the one
	// person or the one staff whose it is. Nothing is sent to it, and nobody can be written
	// to there before they came.
	Stored bool
	// Lays says that the platform lays questions out itself: words on the buttons, the answer
	// as the person's own, how far they are (Message.Layout).
	Lays bool
	// Slash is the one command of a platform that takes the others as words behind it, and
	// keeps what else begins with a slash to itself; "" = each is a command of its own.
	Slash  string
	Limits Limits

	// Personal reports whether an address is one person's, as members of staff are written
	// to; nil = none is.
	Personal func(Address) bool
	// Private is the address at which a person is written to in private, where that is
	// another than an update from the private chat names; nil = it is that one.
	Private func(account, user string) Address
	// Refuse says why a person whom we write to first cannot be written to at an address, or
	// nil; nil = every address will do.
	Refuse func(Address) error
}

// Limits is how fast one account may send. Edits count like messages.
type Limits struct {
	Chat     Rate               // each one-to-one chat
	Group    Rate               // each group or channel
	Account  Rate               // all chats together
	Parallel int                // most sends in flight
	IsGroup  func(Address) bool // which chats are groups
	// Pauses are those between tries of a message that was not taken; where they end it is given
	// up. nil = doubled from a second to a quarter of an hour, for some hours.
	Pauses []time.Duration
}

// Rate is a token bucket: PerSecond on average, Burst at once. Unlimited is +Inf.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Unlimited is no limit at all.
func Unlimited() Rate { return Rate{PerSecond: math.Inf(1), Burst: 1} }

// Or fills zero fields from others.
func (l Limits) Or(others Limits) Limits {
	if l.Chat == (Rate{}) {
		l.Chat = others.Chat
	}
	if l.Group == (Rate{}) {
		l.Group = others.Group
	}
	if l.Account == (Rate{}) {
		l.Account = others.Account
	}
	if l.Parallel <= 0 {
		l.Parallel = others.Parallel
	}
	if l.IsGroup == nil {
		l.IsGroup = others.IsGroup
	}
	if l.Pauses == nil {
		l.Pauses = others.Pauses
	}
	return l
}

// NoLimits are those of a platform that sets none.
func NoLimits() Limits {
	return Limits{
		Chat: Unlimited(), Group: Unlimited(), Account: Unlimited(), Parallel: 64,
		IsGroup: func(Address) bool { return false },
	}
}

// Of returns the rate of one chat.
func (l Limits) Of(a Address) Rate {
	if l.IsGroup(a) {
		return l.Group
	}
	return l.Chat
}
