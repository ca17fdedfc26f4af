package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// doubtBatch is how many rows in doubt one transaction settles.
const doubtBatch = 100

// settleDoubt decides what becomes of a row that an earlier sender left in the state
// Sending: nobody knows whether it was shown. An edit in place and a question are
// sent again, because a repeat is harmless (the buttons of both copies name the
// question); so is a card, marked as a repeat; a notice or a thank-you is dropped.
func settleDoubt(d storage.Delivery, now time.Time) *storage.Settle {
	const left = doubtMark + ": the sender stopped before it was confirmed"
	s := &storage.Settle{
		Slot: d.Slot, Epoch: d.Epoch, Version: d.Wanted, Hash: d.Hash,
		Outcome: storage.Retry, Doubt: true, At: now, Error: d.Error,
	}
	switch {
	case d.Attempts >= maxAttempts:
		s.Outcome, s.Error = storage.GaveUp, left
	case d.ShownRef != "":
	case repeatable(d.Kind):
		s.Error = left
	default:
		s.Outcome, s.Error = storage.Dropped, left
	}
	return s
}

// resolveDoubts settles what the holders of earlier epochs left, before anything is
// claimed under this one. It repeats until the database answers, and reports whether
// it came to an end before ctx did.
func (d *Dispatcher) resolveDoubts(ctx context.Context) bool {
	for {
		err := d.lookForDoubts(ctx)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			d.note(err.Error())
			d.log.Warn("cannot settle deliveries in doubt", "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(commitPause):
		}
	}
}

// lookForDoubts settles what the holders of earlier epochs left or, if they were slow
// to notice that they had lost the lease, claimed only now.
func (d *Dispatcher) lookForDoubts(ctx context.Context) error {
	for b := range storage.Bucket(d.out.store.Buckets()) {
		for {
			rows, err := d.out.store.Doubtful(ctx, b, d.account.Platform, d.account.ID, d.epoch, doubtBatch)
			if err != nil {
				return err
			}
			changed := 0
			if len(rows) > 0 {
				if changed, err = d.settleAll(ctx, b, rows); err != nil {
					return err
				}
				d.log.Warn("settled deliveries in doubt", "bucket", int(b), "count", changed)
			}
			if len(rows) < doubtBatch || changed == 0 {
				break
			}
		}
	}
	return nil
}

func (d *Dispatcher) settleAll(ctx context.Context, b storage.Bucket, rows []storage.Delivery) (int, error) {
	changed := 0
	rows, replies := apart(rows, isReply)
	for _, r := range replies {
		n, err := d.settleReply(ctx, b, r)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	if len(rows) == 0 {
		return changed, nil
	}
	slots := make([]string, len(rows))
	for i, r := range rows {
		slots[i] = r.Slot
	}
	turn := storage.Turn{
		Load: storage.Load{Slots: slots},
		Apply: func(l storage.Loaded) (storage.Change, error) {
			var ch storage.Change
			for _, r := range rows {
				if now, ok := l.Slots[r.Slot]; ok && now.State == storage.Sending && now.Epoch == r.Epoch {
					ch.Slots = append(ch.Slots, storage.SlotOp{Settle: settleDoubt(now, l.Now)})
				}
			}
			return ch, nil
		},
		Done: func(r storage.Result) { changed += len(r.Changed) },
	}
	if err := d.out.commit(ctx, b, turn); err != nil {
		return 0, err // the turn may still be under way
	}
	return changed, nil
}

// settleReply settles what a member of staff said to a customer, by itself: once it is
// given up, staff read in the same commit that nobody knows whether the customer has it.
// If that cannot be said, the rest of the account does not wait for it.
func (d *Dispatcher) settleReply(ctx context.Context, b storage.Bucket, row storage.Delivery) (int, error) {
	changed, said := 0, true
	_, kase, _, _ := slotParts(row.Slot)
	turn := storage.Turn{
		Load: storage.Load{Case: kase, Slots: []string{row.Slot}},
		Apply: func(l storage.Loaded) (storage.Change, error) {
			now, ok := l.Slots[row.Slot]
			if !ok || now.State != storage.Sending || now.Epoch != row.Epoch {
				return storage.Change{}, nil
			}
			s := settleDoubt(now, l.Now)
			ch := storage.Change{Slots: []storage.SlotOp{{Settle: s}}}
			if s.Outcome == storage.Retry || !said {
				return ch, nil
			}
			more, err := d.out.hooks.concluded(l, now, storage.Dropped, false)
			if err != nil {
				return ch, err
			}
			ch.Case, ch.Events, ch.Slots = more.Case, more.Events, slices.Concat(ch.Slots, more.Slots)
			return ch, nil
		},
		Done: func(r storage.Result) { changed = len(r.Changed) },
	}
	err := d.out.commit(ctx, b, turn)
	if _, lacks := errors.AsType[missing](err); lacks {
		if err = d.out.hooks.lacking(ctx, err); err == nil {
			err = d.out.commit(ctx, b, turn)
		}
	}
	if err != nil && !unavailable(err) && ctx.Err() == nil {
		d.log.Error("cannot tell staff what became of a reply", "slot", row.Slot, "error", err)
		said = false
		err = d.out.commit(ctx, b, turn)
	}
	if err != nil {
		return 0, err // the turn may still be under way
	}
	return changed, nil
}

// apart returns the rows of which f is false, and those of which it is true.
func apart(rows []storage.Delivery, f func(storage.Delivery) bool) (others, these []storage.Delivery) {
	for _, r := range rows {
		if f(r) {
			these = append(these, r)
		} else {
			others = append(others, r)
		}
	}
	return others, these
}
