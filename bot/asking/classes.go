package asking

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// classes are the classes by value that customers have had, by their keys, the oldest first.
type classes map[string][]storage.TierChange

// classes reads those of customers.
func (a *Asking) classes(ctx context.Context, customers []string) (classes, error) {
	if len(customers) == 0 {
		return nil, nil //nolint:nilnil // nobody has had any
	}
	all, err := a.store.TiersAmong(ctx, unique(customers))
	if err != nil {
		return nil, err
	}
	out := classes{}
	for _, c := range all {
		out[c.Customer] = append(out[c.Customer], c)
	}
	return out, nil
}

// at is the class that a customer had at a moment; "" = none.
func (c classes) at(customer string, at time.Time) (tier recovery.Tier) {
	for _, change := range c[customer] {
		if !change.At.After(at) {
			tier = change.Tier
		}
	}
	return tier
}

// of is the customer of an event as conditions look at them at a moment: with the class that the event tells, or else
// the one that they had then.
func (c classes) of(e *storage.Event, at time.Time) invitation.Customer {
	out := customerOf(e)
	if out.Tier == "" {
		out.Tier = c.at(out.ID, at)
	}
	return out
}
