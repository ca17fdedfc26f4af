package bot

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// replies turns words that wait (storage.PendingReply) into replies of their cases, by the
// same act as if they had been sent at once. Where a process dies between two steps, the next
// one repeats them: the words name the act, so that it happens once.
type replies struct {
	store storage.Store
	act   func(context.Context, Doing) (storage.Case, error)
	log   *slog.Logger
}

// refusedUnclear is why words were not sent where no rule of cases says why.
const refusedUnclear = "unclear"

// send sends the words of a bucket whose time has come.
func (r replies) send(ctx context.Context, s *sweeper, b storage.Bucket) error {
	due, err := r.store.PendingDue(ctx, b, s.now(), sweepBatch)
	if err != nil {
		return err
	}
	for _, p := range due {
		if err := r.one(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// one sends words, or keeps them with the reason why they may not be sent.
func (r replies) one(ctx context.Context, p storage.PendingReply) error {
	if err := r.store.SendPending(ctx, p.Bucket, p.ID); errors.Is(err, storage.ErrNotFound) {
		return nil // they were taken back meanwhile
	} else if err != nil {
		return err
	}
	_, err := r.act(ctx, Doing{
		Bucket: p.Bucket, Case: p.Case, By: p.Person, Key: "reply:" + p.ID,
		Act: recovery.Contact{Means: recovery.InChat, Text: p.Text},
	})
	why := ""
	refused, isRefused := errors.AsType[*Refused](err)
	switch {
	case errors.Is(err, storage.ErrUnavailable):
		return err
	case isRefused:
		why = string(refused.Code)
	case err != nil && !errors.Is(err, storage.ErrNotFound): // a case that is gone takes its words along
		why = refusedUnclear
		r.log.Error("words of staff cannot be sent; they are kept for whoever wrote them", "case", p.Case, "err", err)
	}
	return r.store.EndPending(ctx, p.Bucket, p.ID, why)
}
