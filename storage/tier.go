package storage

import (
	"context"
	"time"

	"github.com/aftercare/aftercare/recovery"
)

// Tiers keep which class by value a customer has had, and since when. The newest is the class of the Customer.
type Tiers interface {
	// SetTier gives a customer another class. It reports whether that changed anything: what is older than the
	// newest change, or than when that was last confirmed, does not, and what says the same confirms it.
	// ErrNotFound: there is no such customer.
	SetTier(ctx context.Context, c TierChange) (changed bool, err error)
	// TiersOf returns every change of a customer, the oldest first.
	TiersOf(ctx context.Context, customer string) ([]TierChange, error)
	// TiersNow returns the classes that customers have, by their keys; who has none is not among them.
	TiersNow(ctx context.Context, customers []string) (map[string]recovery.Tier, error)
	// TiersAmong returns every change of these customers, by their keys and moments.
	TiersAmong(ctx context.Context, customers []string) ([]TierChange, error)
	// TiersAfter returns changes behind one, in the order of the customers' keys and of their moments, at most limit:
	// the zero one begins. It is for whoever has time.
	TiersAfter(ctx context.Context, after TierChange, limit int) ([]TierChange, error)
}

// TierChange is since when a customer has a class.
type TierChange struct {
	Customer string        `json:"customer"` // the organisation's own key
	At       time.Time     `json:"at"`       // for a service that told it, when that took place
	Tier     recovery.Tier `json:"tier"`
	// Confirmed is when the same was told last by somebody who told of a later moment; zero = nobody did.
	Confirmed time.Time `json:"confirmed,omitzero"`
	Told      string    `json:"told"` // by whom: "till" (the source of a service), "staff:mei", "invitation"; "" = unknown
}

// The beginnings of TierChange.Told that are no source of services.
const (
	TierByStaff      = "staff:"     // and who
	TierByInvitation = "invitation" // an invitation that was made by hand, or by a program
	TierByCommand    = "command"    // of this program
)
