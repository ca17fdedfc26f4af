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
