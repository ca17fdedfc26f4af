package personal

import (
	"context"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage"
)

// retainBatch is how many records one transaction rewrites: nobody's tap waits for more.
const retainBatch = 50

// Old is how much of a class is older than it is kept.
type Old struct {
	Class privacy.Class `json:"class"`
	Days  int           `json:"days"` // 0 = it is kept for good
	Count int           `json:"count"`
}

// Old counts, for every class, what Retain would remove now if days were as given.
func (k *Keeper) Old(ctx context.Context, r privacy.Retention) ([]Old, error) {
	var all []Old
	for _, c := range privacy.Classes() {
		days, _ := r.Days(c)
		o := Old{Class: c, Days: days}
		if before := r.Before(c, k.now()); !before.IsZero() {
			for b := range storage.Bucket(k.store.Buckets()) {
				n, err := k.store.Retainable(ctx, b, c, before)
				if err != nil {
					return nil, err
				}
				if o.Count += n; c != privacy.People {
					continue
				}
				err = k.idle(ctx, b, before, func(storage.Dossier) error {
					o.Count++
					return nil
				})
				if err != nil {
					return nil, err
				}
			}
		}
		all = append(all, o)
	}
	return all, nil
}

// Retain removes what is older than it is kept, in small steps, and returns how many records
// of each class went. It may be repeated, and cut off at any moment. Messages are the
// sweeper's.
func (k *Keeper) Retain(ctx context.Context) (map[privacy.Class]int, error) {
	gone := map[privacy.Class]int{}
	r, err := k.store.RetentionDays(ctx)
	if err != nil || len(r) == 0 {
		return gone, err
	}
	as, err := k.anonymous(ctx)
	if err != nil {
		return gone, err
	}
	for _, c := range privacy.Classes() {
		before := r.Before(c, k.now())
		if before.IsZero() || c == privacy.Messages {
			continue
		}
		for b := range storage.Bucket(k.store.Buckets()) {
			for {
				n, err := k.store.Retain(ctx, b, c, before, retainBatch, as)
				if err != nil {
					return gone, err
				}
				if gone[c] += n; n == 0 {
					break
				}
			}
			if c != privacy.People {
				continue
			}
			err := k.idle(ctx, b, before, func(d storage.Dossier) error {
				stopped := false
				for _, i := range d.Identities {
					stopped = stopped || !i.Stopped.IsZero()
				}
				gone[c]++
				_, err := k.Erase(ctx, d, Options{Quiet: true, Mark: stopped, Why: storage.WantsNone})
				return err
			})
			if err != nil {
				return gone, err
			}
		}
	}
	return gone, nil
}

// idle calls f for everybody who was last heard of before then and of whom only names are left.
func (k *Keeper) idle(ctx context.Context, b storage.Bucket, before time.Time, f func(storage.Dossier) error) error {
	seen := map[string]bool{}
	list, err := k.store.Idle(ctx, b, before, "", 1000)
	if err != nil {
		return err
	}
	for _, at := range list {
		d, err := k.store.Dossier(ctx, at)
		if err != nil {
			return err
		}
		who := fmt.Sprint(d.Anchor())
		if seen[who] || d.Empty() || len(d.Conversations)+len(d.Cases)+len(d.Invitations)+len(d.Parked) > 0 || heardSince(d, before) {
			continue
		}
		seen[who] = true
		if err := f(d); err != nil {
			return err
		}
	}
	return nil
}

// heardSince reports whether any account of somebody was heard of since then.
func heardSince(d storage.Dossier, since time.Time) bool {
	for _, i := range d.Identities {
		if !i.Seen.Before(since) {
			return true
		}
	}
	for _, c := range d.Customers {
		if !c.Created.Before(since) {
			return true
		}
	}
	return false
}
