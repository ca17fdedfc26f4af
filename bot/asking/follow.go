package asking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

const (
	// firstLook is how soon after an offer it is looked at what became of it. Then ever longer
	// passes, until mostRest.
	firstLook = 30 * time.Second
	mostRest  = time.Hour
)

// follow looks at what became of offers that were made.
func (a *Asking) follow(ctx context.Context, p invitation.Policy, b storage.Bucket, asks []storage.Ask) error {
	if len(asks) == 0 {
		return nil
	}
	k, err := a.gather(ctx, asks, false)
	if err != nil {
		return err
	}
	next := make(map[string]storage.Ask, len(asks))
	ids := make([]string, 0, len(asks))
	for _, was := range asks {
		x := was
		err := a.followOne(ctx, p, &k, &x)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, storage.ErrUnavailable):
			return err
		case err != nil: // it is looked at later, behind the others
			a.fail(was.ID, err)
			x = failedAgain(p, was, a.moment()).Ask
		}
		next[x.ID] = x
		ids = append(ids, x.ID)
	}
	return a.keepFollowed(ctx, p, b, ids, next)
}

// followOne finds out what became of one offer, and when it is looked at again.
func (a *Asking) followOne(ctx context.Context, p invitation.Policy, k *known, x *storage.Ask) error {
	was := x.State
	s, err := a.state(ctx, x)
	if e, ok := k.events[x.Event]; err == nil && !s.over && ok && e.State == storage.EventCancelled && x.Session != "" {
		// It was withdrawn when that was told, unless that failed, or somebody was opening the link.
		if err = (sending{a}).withdraw(ctx, x); err == nil {
			s, err = a.state(ctx, x)
		}
	}
	if err != nil {
		return err
	}
	if s.over {
		x.Due = time.Time{}
	} else if err := a.remind(ctx, p, k, x); err != nil {
		return err
	}
	if was != x.State {
		x.Tries = 0
	}
	return nil
}

// lookAfter is how long passes until an offer is looked at for the nth time.
func lookAfter(n int) time.Duration { return min(firstLook<<min(n, 20), mostRest) }

func (a *Asking) keepFollowed(ctx context.Context, p invitation.Policy, b storage.Bucket, ids []string, next map[string]storage.Ask) error {
	err := a.store.ChangeAsks(ctx, b, ids, nil, func(now map[string]storage.Ask, _ map[string][]storage.Ask) ([]storage.AskChange, error) {
		var out []storage.AskChange
		at := a.moment()
		for _, id := range ids {
			was, ok := now[id]
			x := next[id]
			if !ok || was.Due.IsZero() {
				continue
			}
			c := storage.AskChange{Ask: x}
			switch {
			case was.State == x.State:
			case x.State == string(invitation.Unreachable):
				c.Decision = decisionOf(p, invitation.Decision{State: invitation.Unreachable, Reason: invitation.Reason(x.Reason), Rule: "chat"}, at)
			case x.State == string(invitation.Cancelled):
				c.Decision = decisionOf(p, cancelled(invitation.Reason(x.Reason), storage.EventCancelled), at)
			}
			c.Ask.Decided, c.Ask.Again = was.Decided, was.Again
			out = append(out, c)
		}
		return out, nil
	})
	if err != nil {
		return fmt.Errorf("say what became of offers: %w", err)
	}
	return nil
}

// course is how far an offer has got.
type course struct{ over bool }

// state finds out how far the offer of an ask has got.
func (a *Asking) state(ctx context.Context, x *storage.Ask) (c course, _ error) {
	now := a.moment()
	s, link, err := a.conversation(ctx, x)
	if errors.Is(err, storage.ErrNotFound) { // nobody opened the link
		if !link.CalledOff.IsZero() {
			x.State, x.Reason, x.Ended, c.over = string(invitation.Cancelled), string(invitation.EventCancelled), now, true
			return c, nil
		}
		if x.Until = link.Expires; link.ID == "" || !link.Expires.IsZero() && !now.Before(link.Expires) {
			x.State, x.Ended, c.over = string(invitation.Expired), now, true
		}
		return c, nil
	}
	if err != nil {
		return c, err
	}
	c.over, x.Until = true, s.Expires
	switch s.Status {
	case survey.Completed:
		x.State = string(invitation.Completed)
	case survey.Partial:
		x.State = string(invitation.Partial)
	case survey.Declined:
		x.State = string(invitation.Declined)
	case survey.Expired:
		x.State = string(invitation.Expired)
	default:
		c.over = s.Status != survey.Waiting && !s.Expires.IsZero() && !now.Before(s.Expires)
		switch {
		case c.over && len(s.Answers) > 0:
			x.State = string(invitation.Partial)
		case c.over:
			x.State = string(invitation.Expired)
		case len(s.Answers) > 0:
			x.State = string(invitation.Started)
		case x.By == string(invitation.Web):
			x.State = string(invitation.Seen)
		}
	}
	if c.over {
		if x.Ended = s.Ended; x.Ended.IsZero() { // the sweeper has not come by yet
			x.Ended = cmp.Or(s.Expires, now)
		}
		return c, nil
	}
	if len(s.Answers) > 0 || x.By == string(invitation.Web) {
		return c, nil
	}
	id, err := a.store.Identity(ctx, x.At, s.Identity)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return c, err
	}
	if !id.Blocked.IsZero() {
		x.State, x.Reason, x.Ended, c.over = string(invitation.Unreachable), string(invitation.Blocked), now, true
	}
	return c, nil
}

// remind reminds whoever is to be reminded now, and says when an offer is looked at next.
func (a *Asking) remind(ctx context.Context, p invitation.Policy, k *known, x *storage.Ask) error {
	now := a.moment()
	x.Tries++
	next := now.Add(lookAfter(x.Tries))
	if x.By != string(invitation.Web) && x.Reminded.IsZero() {
		var c invitation.Customer
		if e, ok := k.tells(x); ok {
			c = customerOf(&e.Event)
		}
		at := p.Reminder(a.site(x.Site), c, pastOf(x, now))
		switch {
		case at.IsZero():
		case !now.Before(at):
			if err := a.offers.Remind(ctx, x.At, x.Session); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			x.Reminded = now
		case at.Before(next):
			next = at
		}
	}
	x.Due = next
	return nil
}
