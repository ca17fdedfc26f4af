package app

import (
	"context"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// installed is what is kept of an account now. storage.ErrNotFound.
func installed(ctx context.Context, store storage.Store, p chat.Platform, account string) (storage.Installation, error) {
	all, err := store.Installations(ctx, p)
	if err != nil {
		return storage.Installation{}, err
	}
	for _, i := range all {
		if i.Account == account {
			return i, nil
		}
	}
	return storage.Installation{}, storage.ErrNotFound
}
