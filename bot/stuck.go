package bot

import (
	"context"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// Stuck is what an operator may mend: a message that was given up, or an update that was
// parked. One of the two is set.
type Stuck struct {
	Message *storage.Delivery
	Update  *storage.Parked
}

// FindStuck looks up what has this id: a message by its slot, else an update by its key.
// storage.ErrNotFound if there is neither, ErrNotGivenUp of a message that is on its way.
func FindStuck(ctx context.Context, store storage.Store, id string) (Stuck, error) {
	for b := range storage.Bucket(store.Buckets()) {
		d, err := store.Delivery(ctx, b, id)
		switch {
		case err == nil && d.State == storage.Failed:
			return Stuck{Message: &d}, nil
		case err == nil:
			return Stuck{}, fmt.Errorf("the message %s is %s: %w", id, d.State, ErrNotGivenUp)
		case !errors.Is(err, storage.ErrNotFound):
			return Stuck{}, fmt.Errorf("read the message: %w", err)
		}
	}
	p, err := store.ParkedUpdate(ctx, id)
	if err != nil {
		return Stuck{}, fmt.Errorf("read the update: %w", err)
	}
	return Stuck{Update: &p}, nil
}

// Retry makes a message due again or handles an update again: Bot.RetryDelivery or
// Bot.RetryParked.
func (s Stuck) Retry(ctx context.Context, b *Bot) error {
	if s.Message != nil {
		return b.RetryDelivery(ctx, *s.Message)
	}
	return b.RetryParked(ctx, *s.Update)
}

// Drop gives a message or an update up for good. storage.ErrNotFound if somebody mended it
// meanwhile.
func (s Stuck) Drop(ctx context.Context, b *Bot) error {
	if s.Message != nil {
		return b.DropDelivery(ctx, *s.Message)
	}
	gone, err := b.store.DropParked(ctx, *s.Update, false)
	if err == nil && !gone {
		err = storage.ErrNotFound
	}
	return err
}
