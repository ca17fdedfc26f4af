package asking

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// apart does something for all of some or, where that fails, for each half of them, down to the ones for which it
// fails by themselves: failed is told of those. So one record that cannot be read keeps nobody else waiting. Only a
// database that is away ends it. What is done for all may have been done for some of them before.
func apart[T any](ctx context.Context, all []T, do func([]T) error, failed func(*T, error) error) error {
	if len(all) == 0 {
		return nil
	}
	err := do(all)
	switch {
	case err == nil:
		return nil
	case fatal(ctx, err):
		return err
	case len(all) == 1:
		return failed(&all[0], err)
	}
	half := len(all) / 2
	if err := apart(ctx, all[:half], do, failed); err != nil {
		return err
	}
	return apart(ctx, all[half:], do, failed)
}

// fatal reports whether an error is about everybody: it ends a round.
func fatal(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, storage.ErrUnavailable)
}

// those is a list without what could not be read, which is told and left alone for a while.
func those[T any](a *Asking, what string, list []T, err error) ([]T, error) {
	if errors.Is(err, storage.ErrUnreadable) {
		if !a.rests(what) {
			a.fail(what, err)
		}
		return list, nil
	}
	return list, err
}

// apartly does something of a round for asks of a bucket. Those for which it fails by themselves are postponed.
func (a *Asking) apartly(ctx context.Context, p invitation.Policy, b storage.Bucket, asks []storage.Ask, do func([]storage.Ask) error) error {
	return apart(ctx, asks, do, func(x *storage.Ask, err error) error { return a.postpone(ctx, p, b, x.ID, err) })
}
