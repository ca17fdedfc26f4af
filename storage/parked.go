package storage

import (
	"context"
	"time"
)

// Parked is an update that could not be handled after five tries.
type Parked struct {
	Key     string
	Person  Person
	Payload string // the update as JSON
	Error   string
	At      time.Time
}

// Parking keeps updates that could not be handled, until an operator mends them. A parked
// update counts as seen, so that the platform's repetitions of it do nothing.
type Parking interface {
	// Park keeps an update in the bucket of its person and marks its key as seen. One that
	// was handled meanwhile is not parked.
	Park(ctx context.Context, p Parked) error
	// ParkedUpdates lists the newest parked updates over all buckets.
	ParkedUpdates(ctx context.Context, limit int) ([]Parked, error)
	// ParkedUpdate returns the parked update with this key, in whatever bucket it is.
	// ErrNotFound if there is none.
	ParkedUpdate(ctx context.Context, key string) (Parked, error)
	// Unpark lets a parked update be handled again: its key counts as unseen, unless it was
	// handled since it was parked. The record stays until DropParked, so that a process that
	// dies in between loses nothing. ErrNotFound if there is none.
	Unpark(ctx context.Context, p Parked) error
	// DropParked removes the record of a parked update and reports whether it did. If
	// handled is set it does so only where the update was handled since it was parked.
	// Otherwise the update's key stays as it is: it is never handled.
	DropParked(ctx context.Context, p Parked, handled bool) (bool, error)
}
