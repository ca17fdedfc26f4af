package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// openStore opens the database that DATABASE_URL names and brings it up to date. Who
// opens it closes it.
func (a *app) openStore() (storage.Store, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	return s.openStore(a.ctx, a.clock, nil)
}

// openStore is app.openStore for settings that are known; log may be nil.
func (s settings) openStore(ctx context.Context, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	if path := s.sqlitePath(); path != "" {
		return sqlite.Open(ctx, path, sqlite.Options{Clock: clock, Log: log, Migrate: true})
	}
	return postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Log: log, Migrate: true})
}
