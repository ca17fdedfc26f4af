package app

import (
	"context"
	"errors"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// outdatedPause is how often a server asks whether its database is still its own.
const outdatedPause = 5 * time.Second

// awaitOutdated returns storage.ErrOutdated once a newer program has changed the database,
// and nil when ctx ends. Whatever this instance writes is refused from then on, and
// repeated by the platforms; but it also holds leases, which one of the newer instances
// needs, and a server that ends may be started again by a newer program.
func awaitOutdated(ctx context.Context, store storage.Store) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(outdatedPause):
		}
		limited, cancel := context.WithTimeout(ctx, outdatedPause)
		err := store.Ping(limited)
		cancel()
		if errors.Is(err, storage.ErrOutdated) {
			return err
		}
	}
}
