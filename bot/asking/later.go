package asking

import (
	"context"
	"errors"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// decidedFor is for how long a decision that somebody is asked holds while it is found out who they are: then it may be
// night for them, and it is decided again.
const decidedFor = 30 * time.Minute

// pause is how long a platform that was asked who somebody is wants to be left alone, at least; 0 = its error says
// nothing about that. Asking does nothing there: a platform of which nobody knows what it did may be asked again.
func pause(err error) time.Duration {
	refused, ok := errors.AsType[*chat.Error](err)
	switch {
	case ok && refused.Kind == chat.RateLimited:
		return max(refused.RetryAfter, time.Second)
	case ok && (refused.Kind == chat.Temporary || refused.Kind == chat.Revoked || refused.Kind == chat.InDoubt):
		return again
	case !errors.Is(err, storage.ErrUnavailable) && errors.Is(err, context.DeadlineExceeded):
		return again
	}
	return 0
}

// hold asks no platform who somebody is for as long as it said.
func (a *Asking) hold(err error) {
	refused, ok := errors.AsType[*chat.Error](err)
	if !ok || refused.Kind != chat.RateLimited {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if until := a.now().Add(refused.RetryAfter); until.After(a.closed) {
		a.closed = until
	}
}

// held reports whether no platform is to be asked now.
func (a *Asking) held() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now().Before(a.closed)
}

// triedLater is an ask whose customer could not be looked for now: they are looked for again, ever more rarely, and not
// given up before they waited as long as customers may.
func triedLater(p invitation.Policy, x storage.Ask, pause time.Duration, at time.Time) storage.AskChange {
	from := x.First
	if x.Made.After(from) {
		from = x.Made
	}
	wait := p.At(x.Site).Wait
	if !at.Before(from.Add(time.Duration(wait))) {
		d := invitation.Decision{State: invitation.Suppressed, Reason: invitation.HeldTooLong, Rule: "contact.wait"}.
			With("limit", wait.String()).With("platform", x.By)
		apply(&x, d, at)
		x.Sent = time.Time{}
		return storage.AskChange{Ask: x, Decision: decisionOf(p, d, at)}
	}
	x.Due = at.Add(max(pause, min(at.Sub(x.Began), mostRest)))
	return storage.AskChange{Ask: x}
}
