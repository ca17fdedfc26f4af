package asking

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// noMore says why nobody is asked about a service in these states.
var noMore = map[storage.EventState]invitation.Reason{
	storage.EventCancelled: invitation.EventCancelled, storage.EventReopened: invitation.EventReopened,
}

// withdraw ends the conversation of an offer whose service was called off; a link that nobody has opened opens nothing
// any more.
func (s sending) withdraw(ctx context.Context, x *storage.Ask) error {
	a := s.of
	for range 2 { // somebody may open the link meanwhile
		_, link, err := a.conversation(ctx, x)
		switch {
		case err == nil:
			return a.offers.Withdraw(ctx, x.At, x.Session)
		case !errors.Is(err, storage.ErrNotFound) || link.ID == "":
			return ignoring(err, storage.ErrNotFound)
		}
		if unopened, err := a.offers.CallOff(ctx, link.Bucket, link.ID); unopened || err != nil {
			return err
		}
	}
	return nil
}

// ignoring is an error, unless it is this one.
func ignoring(err, that error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}

// callOff ends the conversation of an ask whose service was called off while it was being made. It
// reports whether the conversation never began: who died before could not say.
func (a *Asking) callOff(ctx context.Context, to storage.Person, x *storage.Ask) (never bool, _ error) {
	bucket, _, session := a.offers.Where(to, x.ID, x.Began)
	_, err := a.store.Session(ctx, bucket, session)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, a.offers.Withdraw(ctx, bucket, session)
}
