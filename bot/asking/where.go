package asking

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/storage"
)

// conversation is that of an offer. Whoever opened a link did so in a chat of theirs, which may be in
// another bucket than the link: it is looked for there, and the ask knows where from then on.
// ErrNotFound = nobody has opened the link, or the conversation is gone; the invitation is then that
// of the link, zero where it is gone or none.
func (a *Asking) conversation(ctx context.Context, x *storage.Ask) (s storage.Session, link storage.Invitation, err error) {
	s, err = a.store.Session(ctx, x.At, x.Session)
	if !errors.Is(err, storage.ErrNotFound) && err != nil || err == nil && !a.offers.Unopened(&s) {
		return s, link, err
	}
	if x.To != nil || x.Offer == "" {
		return s, link, err
	}
	bucket, id, _ := a.offers.Where(storage.Person{}, x.ID, x.Began)
	link, err = a.store.Invitation(ctx, bucket, id)
	if err != nil {
		return storage.Session{}, storage.Invitation{}, err
	}
	hash, opened := storage.IdentityHash(link.RedeemedBy)
	if !opened {
		return storage.Session{}, link, storage.ErrNotFound
	}
	at := storage.BucketOf(hash, a.store.Buckets())
	if s, err = a.store.Session(ctx, at, link.Session); err == nil {
		x.At, x.Session = at, link.Session
	}
	return s, link, err
}
