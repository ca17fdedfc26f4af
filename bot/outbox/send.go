package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const (
	// sendTimeout bounds one call of a Sender. Adapters have shorter ones of their own.
	sendTimeout = 30 * time.Second
	// maxAttempts is after how many tries without success a delivery is given up: about
	// three and a half hours with the pauses below. Waiting because the platform said
	// how long never gives up.
	maxAttempts = 24
	firstPause  = time.Second
	maxPause    = 15 * time.Minute

	// doubtMark begins the reason of a delivery that may have been shown already.
	doubtMark = "in doubt"
	// repeatMark is added to the title of a card of which another copy may be in the chat.
	repeatMark = " (repeat)"
	maxReason  = 300 // runes of Delivery.Error
)

// verdict is what follows from one try.
type verdict struct {
	outcome storage.Outcome
	delay   time.Duration // Retry: not before this long after the commit
	to      chat.Address  // Retry: the chat's new address
	ref     chat.Ref      // Delivered
	reason  string

	limited bool // the platform asked the chat to wait for delay
	account bool // … and all other chats of the account
	edits   bool // … but only with edits
	doubt   bool // it may have been shown
	blocked bool // the chat cannot be written to
	revoked bool // the account's credentials are refused
	kind    chat.ErrorKind
}

// repeatable reports whether a delivery of this kind is sent again when nobody knows
// whether it was shown.
func repeatable(k storage.DeliveryKind) bool {
	return k == storage.QuestionD || k == storage.CardD || k == storage.RelayD || k == storage.NewsD
}

// judge decides what becomes of a delivery whose try ended with err. jitter is in
// [0, 1) and spreads retries, so that chats that failed together do not return
// together. pauses are the platform's own between tries; nil = it has none.
func judge(d storage.Delivery, pauses []time.Duration, ref chat.Ref, err error, jitter float64) verdict {
	if err == nil {
		return verdict{outcome: storage.Delivered, ref: ref}
	}
	e := chat.AsError(err)
	pause, most := pauseAfter(d.Attempts, jitter), maxAttempts
	if len(pauses) > 0 { // a tenth more or less
		most = len(pauses) + 1
		pause = time.Duration(float64(pauses[min(max(d.Attempts, 1), len(pauses))-1]) * (0.9 + jitter/5))
	}
	v := verdict{outcome: storage.Retry, delay: pause, reason: e.Error(), kind: e.Kind}
	if e.Kind == chat.InDoubt && e.Err != nil {
		v.reason = e.Err.Error() // doubtMark says the rest
	}
	edit := d.ShownRef != ""
	switch e.Kind {
	case chat.Temporary:
		v.giveUpAfter(d.Attempts, most)
	case chat.RateLimited:
		v.limited, v.account, v.edits = true, e.Account, e.Edits
		if e.RetryAfter > 0 {
			v.delay = e.RetryAfter + time.Duration(jitter*float64(min(e.RetryAfter/10, time.Second)))
		}
	case chat.Unreachable:
		v.outcome, v.blocked = storage.GaveUp, true
	case chat.Rejected:
		v.outcome = storage.GaveUp
	case chat.Revoked:
		v.revoked, v.delay = true, 0
	case chat.MovedChat:
		if e.To.IsZero() || e.To == d.Address {
			v.outcome = storage.GaveUp
			break
		}
		v.to = e.To
		if d.Attempts <= 1 {
			v.delay = 0
		}
		v.giveUpAfter(d.Attempts, most)
	default: // InDoubt, and whatever is not known
		v.doubt = true
		switch {
		case edit: // the same edit again changes nothing
			v.giveUpAfter(d.Attempts, most)
		case repeatable(d.Kind):
			v.reason = doubtMark + ": " + v.reason
			v.giveUpAfter(d.Attempts, most)
		default:
			v.outcome, v.reason = storage.Dropped, doubtMark+": "+v.reason
		}
	}
	if r := []rune(v.reason); len(r) > maxReason {
		v.reason = string(r[:maxReason-1]) + "…"
	}
	return v
}

func (v *verdict) giveUpAfter(attempts, most int) {
	if attempts >= most {
		v.outcome = storage.GaveUp
		v.reason = fmt.Sprintf("gave up after %d tries: %s", attempts, v.reason)
	}
}

// pauseAfter is the pause after so many tries: doubled each time from firstPause to
// maxPause, and up to a half more.
func pauseAfter(attempts int, jitter float64) time.Duration {
	p := firstPause
	for i := 1; i < attempts && p < maxPause; i++ {
		p *= 2
	}
	p = min(p, maxPause)
	return p + time.Duration(jitter*float64(p)/2)
}

// unchanged reports whether the chat shows what is wanted already.
func unchanged(d storage.Delivery) bool {
	return d.ShownRef != "" && d.ShownSum == d.Hash
}

// show sends one claimed delivery and says what follows.
func (d *dispatcher) show(ctx context.Context, row storage.Delivery) verdict {
	if unchanged(row) {
		return verdict{outcome: storage.Delivered, ref: row.ShownRef}
	}
	m := row.Render
	if m.Under != "" {
		if ready, err := d.below(ctx, row, &m); err != nil {
			return verdict{outcome: storage.Retry, delay: firstPause, reason: err.Error()}
		} else if !ready {
			return verdict{outcome: storage.Retry, delay: parentPause, reason: row.Error}
		}
	}
	if row.Kind == storage.CardD && row.Repeated {
		m.Title += repeatMark
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	ref, err := d.call(ctx, row.Address, m, row.ShownRef)
	return judge(row, d.limits.Pauses, ref, err, d.jitter())
}

// parentPause is how long a reply waits for the reference of a message that was posted
// a moment ago and is being settled.
const parentPause = 200 * time.Millisecond

// below puts the reference of the message that m replies to into it. It is false while
// that message is not posted yet; one that was given up is done without.
func (d *dispatcher) below(ctx context.Context, row storage.Delivery, m *chat.Message) (ready bool, err error) {
	slot := m.Under
	m.Under = ""
	parent, err := d.out.store.Delivery(ctx, row.Bucket, slot)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	m.Replies = parent.ShownRef
	return parent.ShownRef != "" || !parent.Unsettled(), nil
}

// call is the Sender's Send; a panic counts as a doubt.
func (d *dispatcher) call(ctx context.Context, to chat.Address, m chat.Message, at chat.Ref) (ref chat.Ref, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("a sender panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = &chat.Error{Kind: chat.InDoubt, Err: fmt.Errorf("the sender panicked (%T)", p)}
		}
	}()
	switch {
	case m.Mark == chat.Gone:
		return at, d.remove(ctx, to, at)
	case m.Mark != "":
		return at, d.react(ctx, to, m)
	}
	return d.account.Sender.Send(ctx, to, m, at)
}

// remove takes a message out of its chat; one that was never there is gone.
func (d *dispatcher) remove(ctx context.Context, to chat.Address, at chat.Ref) error {
	remover, able := d.account.Sender.(chat.Remover)
	if !able || at == "" {
		return nil
	}
	return remover.Remove(ctx, to, at)
}
