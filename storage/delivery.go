package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
)

// Delivery is one place in a chat (a slot) and what is to be seen there. One row per
// slot holds what is wanted, what is shown and the state between them. The first
// delivery posts a message and remembers its reference; later ones edit it.
type Delivery struct {
	Bucket   Bucket
	Slot     string // Slot.String, of every release
	Identity string // whose conversation it belongs to
	Address  chat.Address
	Kind     DeliveryKind
	Ord      int64 // place in the chat's order: strictly increasing in its bucket
	Rank     Rank  // what goes first of what waits in the chat
	Render   chat.Message
	Hash     string // of Render
	Wanted   int    // version of Render, from 1
	Shown    int    // version that the chat shows, 0 = none
	ShownRef chat.Ref
	ShownSum string // Hash of the version shown; "" after a try that failed: it may have been shown
	Base     int    // versions up to this one belong to a message that was left behind
	Repeated bool   // a post of it was in doubt: another copy of the message may be in the chat
	State    DeliveryState
	Due      time.Time
	Attempts int // since the last success
	Tried    time.Time
	Epoch    int64  // of the lease under which it was last claimed
	Error    string // why it waits or was given up; no secret, no customer's words
	Created  time.Time
}

// DeliveryKind decides what happens to a delivery that is in doubt after a crash.
type DeliveryKind string

// The kinds of deliveries.
const (
	QuestionD DeliveryKind = "question" // in doubt: sent again; its buttons name it
	CardD     DeliveryKind = "card"     // in doubt: sent again, and marked "(repeat)" from then on
	RelayD    DeliveryKind = "relay"    // of the conversation between staff and a customer; in doubt: sent again
	NoticeD   DeliveryKind = "notice"   // in doubt: dropped
	ThanksD   DeliveryKind = "thanks"   // in doubt: dropped
	NewsD     DeliveryKind = "news"     // to another system; in doubt: sent again, under the same id
)

// Rank says what is sent first of what waits in a chat: the lower, the sooner. What has the
// same rank goes in its order. Whoever wants a delivery ranks it, and the rank is stored
// with it; programs that know of no ranks write Plain.
type Rank int

// The ranks. Edits come behind what is new of the same rank, except where somebody waits for
// them and where people talk.
const (
	Prompt Rank = 10 // answers somebody who stands there and waits
	Urgent Rank = 20
	High   Rank = 30
	Medium Rank = 40
	Plain  Rank = 50
	Spare  Rank = 60 // whoever reads it does so when they have a moment

	// behind is how far an edit stands behind what is new.
	behind Rank = 5
)

// Ranks lists the ranks that may be wanted.
func Ranks() []Rank { return []Rank{Prompt, Urgent, High, Medium, Plain, Spare} }

// of is the rank that a delivery of wanted rank r has, by whether it is an edit. None is
// Plain.
func (r Rank) of(edit bool) Rank {
	switch {
	case r == 0:
		return Plain.of(edit)
	case edit && r != Prompt && r != Plain:
		return r + behind
	}
	return r
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states. Due and Sending are unsettled; Sent and Failed are settled.
const (
	Due     DeliveryState = "due"
	Sending DeliveryState = "sending"
	Sent    DeliveryState = "sent"
	Failed  DeliveryState = "failed"
)

// Unsettled reports whether something still has to happen.
func (d Delivery) Unsettled() bool { return d.State == Due || d.State == Sending }

// Edits reports whether sending the delivery changes a message that is in the chat
// already. It has no place in the chat's order then: what follows need not wait for it.
func (d Delivery) Edits() bool { return d.ShownRef != "" }

// SlotOp is one change of a slot. Exactly one field is set.
type SlotOp struct {
	Want   *Want
	Claim  *Claim
	Settle *Settle
	Mend   *Mend
}

// Want asks that a slot show a render. An unchanged render changes nothing.
type Want struct {
	Slot     string
	Identity string
	Address  chat.Address
	Kind     DeliveryKind
	Rank     Rank // 0 = Plain
	Render   chat.Message
	Body     []byte // Render as JSON, if whoever wants it has it already; not changed by anybody
	Hash     string
	// Repost posts the render as a new message at the end of the chat instead of
	// editing the one that is there. If Leave is set, the old message shows it instead.
	Repost    bool
	Leave     *chat.Message
	LeaveHash string
	// OnlyIfKnown drops the want when the slot does not exist.
	OnlyIfKnown bool
	// Withdraw takes back what waits and was never tried: nothing is sent until the slot is
	// wanted again. What is shown, or may be, stays.
	Withdraw bool
	// Bare takes the buttons away of what stands in the slot, whatever it says. Where there
	// are none nothing happens.
	Bare bool
}

// Claim marks a slot as being sent by the holder of the lease with this epoch. It does
// nothing if a later epoch ever claimed it, or unless the slot is due and every earlier
// unsettled delivery of the same conversation to the same address is an edit, or ranks
// behind it, or is being sent under the same epoch. Claiming again under the same epoch yields the row again, because a
// COMMIT whose answer was lost is run again; the holder knows what it is sending already.
type Claim struct {
	Slot  string
	Epoch int64
}

// Settle says what became of sending one version. It does nothing if another epoch
// has claimed the slot since.
type Settle struct {
	Slot    string
	Epoch   int64
	Version int
	Hash    string // of the render that was sent
	Ref     chat.Ref
	Outcome Outcome
	Doubt   bool         // it may have been shown all the same
	At      time.Time    // Retry: not before
	To      chat.Address // Retry: the chat's new address, if it moved
	Error   string
}

// Mend is an operator's decision about a delivery that was given up: to try it again, as
// if it had never been tried, or to let it be. It does nothing to any other delivery.
type Mend struct {
	Slot string
	Drop bool // settled as if it were shown; what is wanted next is sent
}

// Outcome is what became of a try.
type Outcome string

// The outcomes.
const (
	Delivered Outcome = "delivered"
	Retry     Outcome = "retry"
	GaveUp    Outcome = "gave_up"
	Dropped   Outcome = "dropped" // in doubt and not worth repeating: settled as sent
)

// Apply is the transition function of a slot: d is the row as it is (nil = none), ord
// the next place in the bucket's order, others the unsettled deliveries of the same
// conversation. It returns the rows to write: none (nothing changed), the slot's own
// first, and after a Repost the message that was left behind. Pure.
func (op SlotOp) Apply(b Bucket, d *Delivery, others []Delivery, ord int64, now time.Time) []Delivery {
	switch {
	case op.Want != nil:
		return op.Want.apply(b, d, ord, now)
	case op.Claim != nil:
		return op.Claim.apply(d, others, now)
	case op.Settle != nil:
		return op.Settle.apply(d, now)
	case op.Mend != nil:
		return op.Mend.apply(d, now)
	}
	return nil
}

// Slot names the slot that the operation is about.
func (op SlotOp) Slot() string {
	switch {
	case op.Want != nil:
		return op.Want.Slot
	case op.Claim != nil:
		return op.Claim.Slot
	case op.Settle != nil:
		return op.Settle.Slot
	case op.Mend != nil:
		return op.Mend.Slot
	}
	return ""
}

// withdrawn is the row of a slot that is taken back, or nothing.
func (d *Delivery) withdrawn(now time.Time) []Delivery {
	if d == nil || d.State != Due || d.Shown > 0 || d.ShownRef != "" || d.Attempts > 0 {
		return nil
	}
	n := *d
	n.State, n.Due, n.Hash = Sent, now, ""
	return []Delivery{n}
}

// bared is the row of a slot whose message loses its buttons, or nothing.
func (w *Want) bared(b Bucket, d *Delivery, ord int64, now time.Time) []Delivery {
	if d == nil || len(d.Render.Rows) == 0 {
		return nil
	}
	next := Want{Slot: d.Slot, Identity: d.Identity, Address: d.Address, Kind: d.Kind, Rank: w.Rank, Render: d.Render}
	next.Render.Rows = nil
	next.Body, next.Hash = Encoded(next.Render)
	return next.apply(b, d, ord, now)
}

// Encoded is a message as JSON, and what Want.Hash says of it.
func Encoded(m chat.Message) (body []byte, sum string) {
	// A Message holds strings, booleans, numbers and times only: it cannot fail to encode.
	body, _ = json.Marshal(m)
	hash := sha256.Sum256(body)
	return body, hex.EncodeToString(hash[:12])
}

func (w *Want) apply(b Bucket, d *Delivery, ord int64, now time.Time) []Delivery {
	switch {
	case w.Withdraw:
		return d.withdrawn(now)
	case w.Bare:
		return w.bared(b, d, ord, now)
	case d == nil:
		if w.OnlyIfKnown {
			return nil
		}
		n := Delivery{
			Bucket: b, Slot: w.Slot, Identity: w.Identity, Address: w.Address, Kind: w.Kind, Ord: ord, Rank: w.Rank.of(false),
			Render: w.Render, Hash: w.Hash, Wanted: 1, State: Due, Due: now, Created: now,
		}
		n.showDirectly()
		return []Delivery{n}
	}
	n := *d
	waits := n.Unsettled()
	posted := n.ShownRef != "" || n.Shown > n.Base
	var left []Delivery
	if w.Repost && posted {
		if w.Leave != nil {
			left = append(left, n.leftBehind(w, now))
		}
		n.Base, n.ShownRef, n.ShownSum, n.Ord, n.Repeated = n.Wanted, "", "", ord, false
	} else if w.Hash == n.Hash && n.State != Failed {
		return nil
	}
	n.Render, n.Hash, n.Kind = w.Render, w.Hash, w.Kind
	if rank := w.Rank.of(n.ShownRef != ""); !waits || rank < n.Rank {
		n.Rank = rank // what was to go soon still does
	}
	n.Wanted++
	if !n.Unsettled() {
		n.Error = "" // else it still says why the slot waits
	}
	switch {
	case n.State == Sending: // its settlement will see that more is wanted
	case n.ShownRef != "" && n.ShownSum == n.Hash: // back to what is shown already
		n.State, n.Shown = Sent, n.Wanted
	default:
		if n.State != Due { // else it waits for its time, which is past unless a try failed
			n.Due = now
		}
		if n.State == Failed {
			n.Attempts = 0
		}
		n.State = Due
	}
	n.showDirectly()
	return append([]Delivery{n}, left...)
}

// leftBehind is the old message of a slot that is posted anew, as a slot of its own.
func (d Delivery) leftBehind(w *Want, now time.Time) Delivery {
	l := d
	l.Slot = leftSlot(d.Slot, d.ShownRef)
	l.Kind = NoticeD
	l.Render, l.Hash = *w.Leave, w.LeaveHash
	l.Shown, l.Wanted, l.Base = 1, 2, 0
	l.Rank = w.Rank.of(true)
	l.State, l.Due, l.Attempts, l.Error, l.Epoch, l.Created = Due, now, 0, "", 0, now
	l.showDirectly()
	return l
}

// showDirectly settles deliveries to the web: the stored rows are its transcript.
func (d *Delivery) showDirectly() {
	if d.Address.Platform == chat.Web {
		d.State, d.Shown, d.ShownSum, d.ShownRef = Sent, d.Wanted, d.Hash, chat.Ref(d.Slot)
	}
}

func (c *Claim) apply(d *Delivery, others []Delivery, now time.Time) []Delivery {
	if d == nil || d.Epoch > c.Epoch { // a newer holder was here: this one is late
		return nil
	}
	if d.State == Sending && d.Epoch == c.Epoch {
		return []Delivery{*d}
	}
	if d.State != Due || d.Due.After(now) {
		return nil
	}
	for _, o := range others {
		earlier := o.Slot != d.Slot && o.Address == d.Address && o.Ord < d.Ord && o.Rank <= d.Rank
		if earlier && !o.Edits() && !(o.State == Sending && o.Epoch == c.Epoch) && o.Unsettled() {
			return nil
		}
	}
	n := *d
	n.State, n.Epoch, n.Tried = Sending, c.Epoch, now
	n.Attempts++
	return []Delivery{n}
}

func (s *Settle) apply(d *Delivery, now time.Time) []Delivery {
	if d == nil || d.State != Sending || d.Epoch != s.Epoch {
		return nil
	}
	n := *d
	if s.Doubt && n.ShownRef == "" && s.Outcome != Dropped {
		n.Repeated = true
	}
	if !s.To.IsZero() {
		// References are worth nothing in the new chat: what is shown there starts afresh.
		n.Address, n.ShownRef, n.ShownSum, n.Base, n.Repeated = s.To, "", "", n.Shown, false
	}
	more := n.Wanted > s.Version
	switch s.Outcome {
	case Delivered, Dropped:
		if s.Version > n.Base { // else it was an edit of a message that was left behind
			n.Shown, n.ShownSum = s.Version, s.Hash
			if s.Ref != "" {
				n.ShownRef = s.Ref
			}
		}
		n.Attempts, n.Error = 0, s.Error
		n.State, n.Due = Sent, now
		if more {
			n.State = Due
		}
	case Retry:
		n.State, n.Due, n.Error, n.ShownSum = Due, s.At, s.Error, ""
	case GaveUp:
		n.State, n.Error, n.ShownSum = Failed, s.Error, ""
		if more {
			n.State, n.Due, n.Attempts = Due, now, 0
		}
	}
	return []Delivery{n}
}

// droppedByHand is the Error of a delivery that an operator dropped.
const droppedByHand = "dropped by the operator"

func (m *Mend) apply(d *Delivery, now time.Time) []Delivery {
	if d == nil || d.State != Failed {
		return nil
	}
	n := *d
	n.Attempts, n.Due = 0, now
	if m.Drop {
		n.State, n.Shown, n.Error = Sent, n.Wanted, droppedByHand
		return []Delivery{n}
	}
	n.State = Due // its Error stays: it says whether a copy may be there already
	return []Delivery{n}
}
