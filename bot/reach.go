package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aftercare/aftercare/storage"
)

// Errors of an Invite that names a person.
var (
	ErrStopped = errors.New("this person wants no surveys")
	ErrBlocked = errors.New("this person cannot be written to: they blocked the app, or their account is closed")
)

// reachable checks that a person can be written to where the request says.
func (b *Bot) reachable(r *InviteRequest) error {
	can := b.snap.Now().Traits[r.To.Platform]
	to, at := r.To, r.Address
	switch {
	case to.User == "" || can.Stored:
		return errors.New("say whom to invite: a person on a platform where they can be written to first")
	case at.Chat == "" || at.Platform != to.Platform || at.Account != to.Account:
		return fmt.Errorf("say in which chat of %s %s the person is written to", to.Platform, to.Account)
	case can.Refuse != nil:
		return can.Refuse(at)
	}
	return nil
}

// reach stores the invitation and opens its session in one turn: the invitation's
// token leads to the person's own bucket. What is to be said waits in the outbox for
// whoever serves the account.
func (b *Bot) reach(ctx context.Context, r InviteRequest, inv storage.Invitation) error {
	if err := b.reachable(&r); err != nil {
		return err
	}
	before, err := b.history(ctx, r.To, inv)
	if err != nil {
		return err
	}
	inv.RedeemedBy, inv.Session = r.To.ID(), b.key.sessionOf(inv.ID, inv.Created)
	load := storage.Load{Person: r.To, Session: inv.Session, Invitation: inv.ID, Case: before.returns}
	return b.perform(ctx, inv.Bucket, b.turnOf("", "invite:"+inv.ID, load, nil, func(t *turn) error {
		if t.session != nil {
			return nil // a COMMIT whose answer was lost
		}
		id := t.identity
		switch {
		case id == nil:
			id = &storage.Identity{
				ID: r.To.ID(), Bucket: inv.Bucket, Person: r.To, Name: storage.Clean(r.Name), Spoken: r.Spoken, Created: t.now, Seen: t.now,
			}
		case !id.Stopped.IsZero():
			return ErrStopped
		case !id.Blocked.IsZero():
			return ErrBlocked
		}
		id.Address = r.Address
		t.identity = id
		made := inv
		made.Attributes, made.RedeemedAt = maps.Clone(inv.Attributes), t.now
		t.out.Invitation = &made
		if err := t.prepare(made, before); err != nil {
			return err
		}
		if at, ok := asksAt(t.flow, made.Attributes); ok && at.After(t.now) && !t.flow.Before() {
			t.session.Expires, t.out.Session = at, t.session // nobody stands there and waits
			return nil
		}
		return t.greet()
	}))
}
