package app

import (
	"context"
	"errors"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/archive"
)

const (
	// awaitPause is the pause between two attempts to open a database that is away.
	awaitPause = time.Second
	// awaitRemind is how often the log says again that it is waited for.
	awaitRemind = 30 * time.Second
)

// awaitStore opens the database, and waits for one that does not answer: after a power
// cut everything starts at once, and the database is rarely first. It returns ErrStopped
// when ctx ends meanwhile, and an error that waiting does not cure.
func (a *App) awaitStore(ctx context.Context) (storage.Store, error) {
	// Under a context that ends with ctx only while it opens: what it holds is closed by
	// its own step, after everyone who uses it.
	opening, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	began, told := time.Now(), time.Time{}
	for {
		store, err := makeStore(opening, a.migrating(), a.Log)
		switch {
		case err == nil:
			if !told.IsZero() {
				a.Log.Info("the database answers", "waited", time.Since(began).Round(time.Millisecond))
			}
			return store, nil
		case ctx.Err() != nil:
			a.Log.Info("stopping while the database was waited for")
			return nil, ErrStopped
		case !a.Settings.Postgres() || !errors.Is(err, storage.ErrUnavailable):
			return nil, err
		}
		if time.Since(told) > awaitRemind {
			told = time.Now()
			a.Log.Warn("the database does not answer; waiting for it", "err", err, "do", "start the database, or correct DATABASE_URL")
		}
		select {
		case <-ctx.Done():
		case <-time.After(awaitPause):
		}
	}
}

// migrating is how the instance brings its database up to date.
func (a *App) migrating() Migrating {
	return Migrating{Settings: a.Settings, Version: a.Version, Clock: a.Clock, BackedUp: a.BackedUp, Saved: func(b *archive.Backup) {
		a.Log.Info("backed up before a migration after which older programs cannot go on", "dir", b.Dir, "rows", b.Rows())
	}}
}
