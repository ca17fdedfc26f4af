package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// openStore opens the database that DATABASE_URL names and brings it up to date. Who
// opens it closes it.
func (a *terminal) openStore() (storage.Store, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	return s.openStore(a.ctx, a.clock, nil)
}

// openStore is app.openStore for settings that are known; log may be nil.
func (s settings) openStore(ctx context.Context, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	if path := s.sqlitePath(); path != "" {
		if err := makePrivate(path); err != nil {
			return nil, err
		}
		store, err := sqlite.Open(ctx, path, sqlite.Options{Clock: clock, Log: log, Migrate: true})
		if err != nil && strings.Contains(err.Error(), "file is not a database") {
			return nil, fmt.Errorf("%s holds something else or is damaged. Bring back a copy, or name another file in DATABASE_URL: %w", path, err)
		}
		return store, err
	}
	return postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Log: log, Migrate: true})
}

// makePrivate makes the database's file, where there is none, for this user only:
// customers' words are in it. SQLite gives the files that it puts beside it the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("the database file cannot be opened. Make its directory, see to the permissions, or correct DATABASE_URL: %w", err)
	}
	return f.Close()
}
