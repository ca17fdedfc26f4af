package app

import (
	"context"
	"errors"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// mostMeetings is how often a change is tried that meets changes of others.
const mostMeetings = 10

// repeated does what reads something and writes it, until nobody else has changed it in between. Its error is
// storage.ErrChanged if somebody always had.
func repeated(does func() error) (err error) {
	for range mostMeetings {
		if err = does(); !errors.Is(err, storage.ErrChanged) {
			return err
		}
	}
	return err
}

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
