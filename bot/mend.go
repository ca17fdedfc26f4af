package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// Errors of what an operator does by hand. They are wrapped, so compare with errors.Is.
var (
	// ErrNotGivenUp means that a delivery waits, is being sent or was shown: there is
	// nothing to mend.
	ErrNotGivenUp = errors.New("this message was not given up")
	// ErrStillParked means that a parked update failed again.
	ErrStillParked = errors.New("it cannot be handled")
)

// RetryDelivery makes a delivery that was given up due again, as if it had never been
// tried. The account's sender finds it by itself. ErrNotGivenUp, or an error of the store.
func (b *Bot) RetryDelivery(ctx context.Context, d storage.Delivery) error {
	return b.mend(ctx, d, storage.Mend{Slot: d.Slot})
}

// DropDelivery lets a delivery that was given up be, for good. What its slot is to show
// next is sent. ErrNotGivenUp, or an error of the store.
func (b *Bot) DropDelivery(ctx context.Context, d storage.Delivery) error {
	return b.mend(ctx, d, storage.Mend{Slot: d.Slot, Drop: true})
}

func (b *Bot) mend(ctx context.Context, d storage.Delivery, m storage.Mend) error {
	changed := 0
	turn := storage.Turn{
		Load: storage.Load{Slots: []string{d.Slot}},
		Apply: func(storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{{Mend: &m}}}, nil
		},
		Done: func(r storage.Result) { changed = len(r.Changed) },
	}
	if err := b.out.Commit(ctx, outbox.Work{Bucket: d.Bucket, Turn: turn})[0]; err != nil {
		return fmt.Errorf("mend a delivery: %w", err)
	}
	if changed == 0 {
		return ErrNotGivenUp
	}
	return nil
}

// RetryParked handles a parked update once more, as if it had just come; a process that
// dies on the way loses nothing and repeats nothing, because the update's key is stored
// with its effects. Its error is ErrStillParked with the newer reason, or the store's.
func (b *Bot) RetryParked(ctx context.Context, p storage.Parked) error {
	var u chat.Update
	if err := json.Unmarshal([]byte(p.Payload), &u); err != nil {
		return fmt.Errorf("%w: what was kept of it is not readable", ErrStillParked)
	}
	if err := b.store.Unpark(ctx, p); err != nil {
		return err
	}
	if _, err := b.Handle(ctx, []chat.Update{u}); err != nil {
		return err
	}
	gone, err := b.store.DropParked(ctx, p, true)
	if err != nil || gone {
		return err
	}
	if again, err := b.store.ParkedUpdate(ctx, p.Key); err == nil {
		return fmt.Errorf("%w: %s", ErrStillParked, again.Error)
	}
	return ErrStillParked
}
