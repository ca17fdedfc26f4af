package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// OpenStore opens the database that DATABASE_URL names, as it is: it makes none and migrates
// nothing. Who opens it closes it. log may be nil.
func OpenStore(ctx context.Context, s settings.Settings, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	if path := s.SQLitePath(); path != "" {
		if err := exists(path); err != nil {
			return nil, err
		}
		return openSQLite(ctx, path, sqlite.Options{Clock: clock, Log: log})
	}
	return postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Log: log})
}

// makeStore opens the database that DATABASE_URL names, makes it where there is none, and
// brings it up to date.
func makeStore(ctx context.Context, s settings.Settings, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	if path := s.SQLitePath(); path != "" {
		if err := makePrivate(path); err != nil {
			return nil, err
		}
		return openSQLite(ctx, path, sqlite.Options{Clock: clock, Log: log, Migrate: true})
	}
	return postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Log: log, Migrate: true})
}

func openSQLite(ctx context.Context, path string, o sqlite.Options) (storage.Store, error) {
	store, err := sqlite.Open(ctx, path, o)
	if err != nil && strings.Contains(err.Error(), "file is not a database") {
		return nil, fmt.Errorf("%s holds something else or is damaged. Bring back a copy, or name another file in DATABASE_URL: %w", path, err)
	}
	return store, err
}

// ErrNoDatabase is an error that says that there is no database at the path of DATABASE_URL.
var ErrNoDatabase = errors.New("there is no database")

// exists is ErrNoDatabase, with what to do, if there is nothing at path: most often the
// command was called in another directory than the server.
func exists(path string) error {
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if full, wrong := filepath.Abs(path); wrong == nil {
		path = full
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the database file cannot be opened. See to the permissions, or correct DATABASE_URL: %w", err)
	}
	return fmt.Errorf("%w at %s. Go to the directory of your server, or name its file in DATABASE_URL; `aftercare serve` and `aftercare migrate` make a new one", ErrNoDatabase, path)
}

// Migration is what Migrate did.
type Migration struct {
	From, To int64    // versions of the schema
	Applied  []string // the files, in their order
	Buckets  int      // shards of the database
}

// Migrate brings the database that DATABASE_URL names up to date and does nothing else. A
// new database gets this many buckets; 0 = as many as fit its engine.
func Migrate(ctx context.Context, s settings.Settings, buckets int, clock func() time.Time) (Migration, error) {
	if path := s.SQLitePath(); path != "" {
		if err := makePrivate(path); err != nil {
			return Migration{}, err
		}
		r, err := sqlite.Migrate(ctx, path, sqlite.Options{Clock: clock, Buckets: buckets})
		return Migration{r.From, r.To, r.Applied, r.Buckets}, err
	}
	r, err := postgres.Migrate(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Buckets: buckets})
	return Migration{r.From, r.To, r.Applied, r.Buckets}, err
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
