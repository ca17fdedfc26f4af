package outbox

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
func (d *dispatcher) resolveDoubts(ctx context.Context) bool {
	for {
		err := d.out.settleDoubts(ctx, d)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			d.note(err.Error())
			d.log.Warn("cannot settle deliveries in doubt", "err", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(commitPause):
		}
	}
}

// settleDoubts settles what the holders of earlier epochs left of these senders' accounts
// or, if they were slow to notice that they had lost a lease, claimed only now.
func (o *Outbox) settleDoubts(ctx context.Context, senders ...*dispatcher) error {
	by := map[accountKey]*dispatcher{}
	all := make([]storage.Served, len(senders))
	for i, d := range senders {
		by[keyOfAccount(d.account)], all[i] = d, d.served()
	}
	for b := range storage.Bucket(o.store.Buckets()) {
		for of := all; len(of) > 0; {
			rows, err := o.store.Doubtful(ctx, b, of, doubtBatch)
			if err != nil {
				return err
			}
			of = nil
			for key, some := range byAccount(rows) {
				d := by[key]
				changed, err := d.settleAll(ctx, b, some)
				if err != nil {
					return err
				}
				d.log.Warn("settled deliveries in doubt", "bucket", int(b), "count", changed)
				if len(some) >= doubtBatch && changed > 0 {
					of = append(of, d.served())
				}
			}
		}
	}
	return nil
}

func (d *dispatcher) settleAll(ctx context.Context, b storage.Bucket, rows []storage.Delivery) (int, error) {
	changed := 0
	rows, alone := d.apart(rows)
	for _, r := range alone {
		n, err := d.settleAlone(ctx, b, r)
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

// settleAlone settles a row from whose end something follows, by itself: once it is given
// up, what follows is in the same commit. If that cannot be said, the rest of the account
// does not wait for it.
func (d *dispatcher) settleAlone(ctx context.Context, b storage.Bucket, row storage.Delivery) (int, error) {
	changed, said := 0, true
	load, _ := d.out.core.Loads(row)
	load.Slots = append(slices.Clone(load.Slots), row.Slot)
	turn := storage.Turn{
		Load: load,
		Apply: func(l storage.Loaded) (storage.Change, error) {
			now, ok := l.Slots[row.Slot]
			if !ok || now.State != storage.Sending || now.Epoch != row.Epoch {
				return storage.Change{}, nil
			}
			s := settleDoubt(now, l.Now)
			settle := []storage.SlotOp{{Settle: s}}
			if s.Outcome == storage.Retry || !said {
				return storage.Change{Slots: settle}, nil
			}
			ch, err := d.out.core.After(l, now, Conclusion{Outcome: storage.Dropped})
			ch.Slots = slices.Concat(settle, ch.Slots)
			return ch, err
		},
		Done: func(r storage.Result) { changed = len(r.Changed) },
	}
	err := d.out.commit(ctx, b, turn)
	if lack, ok := errors.AsType[Lack](err); ok {
		if err = lack.Load(ctx); err == nil {
			err = d.out.commit(ctx, b, turn)
		}
	}
	if err != nil && !unavailable(err) && ctx.Err() == nil {
		d.log.Error("cannot say what follows from a delivery in doubt", "slot", row.Slot, "err", err)
		said = false
		err = d.out.commit(ctx, b, turn)
	}
	if err != nil {
		return 0, err // the turn may still be under way
	}
	return changed, nil
}

// apart returns the rows from whose end nothing follows, and those from whose end something
// does.
func (d *dispatcher) apart(rows []storage.Delivery) (together, alone []storage.Delivery) {
	for _, r := range rows {
		if _, follows := d.out.core.Loads(r); follows {
			alone = append(alone, r)
		} else {
			together = append(together, r)
		}
	}
	return together, alone
}
