package bot

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// caseDuty is one kind of work that waits for cases: which of a bucket need it, and the
// turn that does it. Done, a case is not listed any more.
type caseDuty struct {
	name string
	list func(ctx context.Context, b storage.Bucket, limit int) ([]storage.Case, error)
	turn func(context.Context, storage.Case) (storage.Turn, error)
	// rare says that there is hardly ever anything to do: once nothing was found, the next
	// look comes after dutyRest.
	rare bool
}

// dutyRest is how long a duty that found nothing rests, by the monotonic clock.
const dutyRest = 10 * time.Second

// caseDuties are those of now.
func (b *Bot) caseDuties() []caseDuty {
	duties := []caseDuty{
		{
			name: "clock",
			list: func(ctx context.Context, bucket storage.Bucket, limit int) ([]storage.Case, error) {
				return b.store.CasesDue(ctx, bucket, b.now(), limit)
			},
			turn: b.strikeTurn,
		},
		{
			name: "rules", rare: true,
			list: func(ctx context.Context, bucket storage.Bucket, limit int) ([]storage.Case, error) {
				return b.store.CasesBefore(ctx, bucket, b.snap.Now().Policy.Version, limit)
			},
			turn: func(_ context.Context, k storage.Case) (storage.Turn, error) {
				return b.caseTurn("rules", k, func(t *turn) error {
					t.out.Case = t.desk.kase // it is scheduled anew
					return nil
				}), nil
			},
		},
	}
	duties = append(duties, caseDuty{
		// Who was removed may have taken a case from another process that did not know yet,
		// or the command that removes them was stopped halfway.
		name: "staff gone", rare: true,
		list: func(ctx context.Context, bucket storage.Bucket, limit int) ([]storage.Case, error) {
			var all []storage.Case
			for _, m := range b.snap.Now().Team.Members {
				if m.Gone.IsZero() || b.now().Sub(m.Gone) > keepGone || len(all) >= limit {
					continue
				}
				held, err := b.store.CasesHeld(ctx, bucket, m.ID, limit-len(all))
				if err != nil {
					return nil, err
				}
				all = append(all, held...)
			}
			return all, nil
		},
		turn: func(_ context.Context, k storage.Case) (storage.Turn, error) { return b.letGo(k, k.Holder.ID), nil },
	})
	if len(b.snap.Now().Chats) > 0 {
		duties = append(duties, caseDuty{
			name: "card", rare: true, list: b.store.CasesUnposted,
			turn: func(_ context.Context, k storage.Case) (storage.Turn, error) {
				return b.caseTurn("card", k, func(t *turn) error {
					if _, held := t.desk.heldBack(); !held && len(t.desk.threads()) == 0 {
						return errNobodyHears
					}
					t.desk.redraw = true
					return nil
				}), nil
			},
		})
	}
	return duties
}

// dutyBatches is how many batches of a bucket one round does at most. Taps that come
// meanwhile are committed in between.
const dutyBatches = 8

// see does a duty in one bucket. What is left comes in the next round.
func (s *sweeper) see(ctx context.Context, b storage.Bucket, d caseDuty) error {
	for range dutyBatches {
		if n, err := s.attend(ctx, b, d); err != nil || n < sweepBatch || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// attend does one batch and returns how many cases that were. A case with which it fails
// is left alone for a while, and the others go on.
func (s *sweeper) attend(ctx context.Context, b storage.Bucket, d caseDuty) (n int, err error) {
	key := dutyKey{b, d.name}
	if at, ok := s.rested[key]; ok && d.rare && time.Since(at) < dutyRest {
		return 0, nil
	}
	maps.DeleteFunc(s.failed, func(_ string, at time.Time) bool { return time.Since(at) >= sweepAgain })
	cases, err := d.list(ctx, b, sweepBatch+len(s.failed))
	if err != nil {
		return 0, err
	}
	delete(s.rested, key)
	if len(cases) == 0 {
		s.rested[key] = time.Now()
	}
	var ws []outbox.Work
	var ids []string
	for _, k := range cases {
		id := d.name + " " + k.ID
		if _, failed := s.failed[id]; failed || len(ws) == sweepBatch {
			continue
		}
		turn, err := d.turn(ctx, k)
		switch {
		case err == nil:
			ws, ids = append(ws, outbox.Work{Bucket: b, Turn: turn}), append(ids, id)
		case errors.Is(err, storage.ErrUnavailable):
			return 0, err
		default:
			s.fail("case", id, err)
		}
	}
	for i, err := range s.perform(ctx, ws) {
		switch {
		case err == nil:
		case errors.Is(err, storage.ErrUnavailable):
			return 0, err
		default:
			s.fail("case", ids[i], err)
		}
	}
	return len(ws), nil
}

// dutyKey names a duty in a bucket.
type dutyKey struct {
	bucket storage.Bucket
	duty   string
}

// keepGone is for how long somebody who was removed is looked after.
const keepGone = 7 * 24 * time.Hour

// letGo is the turn that returns a case to the queue because its holder is gone.
func (b *Bot) letGo(k storage.Case, staff string) storage.Turn {
	return b.caseTurn("staff gone", k, func(t *turn) error {
		t.desk.redraw = true
		return t.desk.apply(recovery.StaffGone{ID: staff}, recovery.Actor{Party: recovery.Program})
	})
}

// release returns what a member of staff holds to the queue, and how many cases that was.
func (b *Bot) release(ctx context.Context, staff string) (released int, err error) {
	seen := map[string]bool{}
	for bucket := range storage.Bucket(b.store.Buckets()) {
		for {
			cases, err := b.store.CasesHeld(ctx, bucket, staff, sweepBatch)
			if err != nil {
				return released, err
			}
			var ws []outbox.Work
			for _, k := range cases {
				if !seen[k.ID] {
					seen[k.ID] = true
					ws = append(ws, outbox.Work{Bucket: bucket, Turn: b.letGo(k, staff)})
				}
			}
			if len(ws) == 0 {
				break
			}
			for _, err := range b.performAll(ctx, ws) {
				if err != nil {
					return released, err
				}
				released++
			}
		}
	}
	return released, nil
}
