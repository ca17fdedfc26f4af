package storage

import (
	"context"
	"time"
)

// Results are figures that take longer than a page may wait. They are made in the background and kept with
// the moment at which they were made; whoever reads them says so.
type Results interface {
	// KeepResult keeps a result in place of the one before of its kind and key.
	KeepResult(ctx context.Context, r KeptResult) error
	// ReadResult returns a result; false = it was never made.
	ReadResult(ctx context.Context, kind, key string) (KeptResult, bool, error)
	// WantResult notes that somebody wants a result at a moment: it is made from now on, and again whenever it is old.
	WantResult(ctx context.Context, kind, key string, at time.Time) error
	// ResultsWanted returns what is kept or wanted of a kind, by key, without the bodies. MadeAt is zero
	// where it was never made.
	ResultsWanted(ctx context.Context, kind string) ([]KeptResult, error)
	// DropResult forgets a result, and that it is wanted.
	DropResult(ctx context.Context, kind, key string) error
}

// KeptResult is a figure that was made in the background. Its body holds sums over many customers: nobody's
// answers, words or names, so that an erasure leaves it as it is.
type KeptResult struct {
	Kind, Key string
	MadeAt    time.Time
	WantedAt  time.Time // when somebody wanted it last; zero = unknown
	Body      []byte    // JSON
}
