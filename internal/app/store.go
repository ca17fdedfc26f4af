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
	"syscall"
	"time"

	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// OpenStore opens the database that DATABASE_URL names, as it is: it makes none and migrates
// nothing. It is for commands: a statement that the database refuses is found when it is needed, and not, as
// a server does, by looking at all of them first. Who opens it closes it. log may be nil.
func OpenStore(ctx context.Context, s settings.Settings, clock func() time.Time, log *slog.Logger) (storage.Store, error) {
	if path := s.SQLitePath(); path != "" {
		if err := exists(path); err != nil {
			return nil, err
		}
		return openSQLite(ctx, path, sqlite.Options{Clock: clock, Log: log, Unchecked: true})
	}
	store, err := postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock, Log: log, Unchecked: true})
	return store, whatToDo(err)
}

// makeStore opens the database that DATABASE_URL names, makes it where there is none, and
// brings it up to date, see Migrating.
func makeStore(ctx context.Context, m Migrating, log *slog.Logger) (storage.Store, error) {
	if path := m.Settings.SQLitePath(); path != "" {
		if err := mayMake(path); err != nil {
			return nil, err
		}
		return openSQLite(ctx, path, sqlite.Options{Clock: m.Clock, Log: log, Migrate: true, Before: m.before})
	}
	store, err := postgres.Open(ctx, string(m.Settings.DatabaseURL), postgres.Options{Clock: m.Clock, Log: log, Migrate: true, Before: m.before})
	return store, whatToDo(err)
}

// LookStore opens the database that DATABASE_URL names to look at it: nothing is written, also
// not into the directory of a SQLite file.
func LookStore(ctx context.Context, s settings.Settings, clock func() time.Time) (storage.Store, error) {
	if path := s.SQLitePath(); path != "" {
		if err := exists(path); err != nil {
			return nil, err
		}
		store, err := sqlite.Look(ctx, path, sqlite.Options{Clock: clock})
		return store, mayNot(path, err)
	}
	store, err := postgres.Open(ctx, string(s.DatabaseURL), postgres.Options{Clock: clock})
	return store, whatToDo(err)
}

func openSQLite(ctx context.Context, path string, o sqlite.Options) (storage.Store, error) {
	store, err := sqlite.Open(ctx, path, o)
	if err != nil && strings.Contains(err.Error(), "file is not a database") {
		return nil, fmt.Errorf("%s holds something else or is damaged. Bring back a copy, or name another file in DATABASE_URL: %w", path, err)
	}
	if err != nil && strings.Contains(err.Error(), "(SQLITE_BUSY)") && !strings.Contains(err.Error(), "another program") {
		return nil, fmt.Errorf("another program keeps %s locked. Try again in a moment; if it lasts, end the program that has it open: %w", path, err)
	}
	return store, mayNot(path, err)
}

// CannotUseError is why a database that is there, or is to be made, cannot be used.
type CannotUseError struct {
	Why string // in a sentence without its full stop
	Do  string // what to do, in another one
	Err error  // what the system or the database said
}

func (e *CannotUseError) Error() string {
	return fmt.Sprintf("the database cannot be used: %s. %s (%v)", e.Why, e.Do, e.Err)
}

func (e *CannotUseError) Unwrap() error { return e.Err }

// mayNot says what to do where the file of a database can be neither opened nor made: that this user may not, only
// where the system says so. root may everything, as far as it says.
func mayNot(path string, err error) error {
	if _, said := errors.AsType[*CannotUseError](err); err == nil || said {
		return err
	}
	text := err.Error()
	refused := errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
	closed := strings.Contains(text, "(SQLITE_CANTOPEN)") || strings.Contains(text, "(SQLITE_READONLY") ||
		strings.Contains(text, "unable to open database file")
	switch {
	case refused, closed && (denied(path) || denied(filepath.Dir(path))):
		return &CannotUseError{
			Why: fmt.Sprintf("this user may not read and write %s and its directory", path),
			Do:  "Give this user the right to do both, or name another place in DATABASE_URL", Err: err,
		}
	case closed:
		return &CannotUseError{
			Why: path + " cannot be opened",
			Do:  "See that its directory is there, that it is a file, and that this user may open more files, or name another place in DATABASE_URL", Err: err,
		}
	}
	return err
}

// whatToDo says what to do where a Postgres answers, and lets nobody in.
func whatToDo(err error) error {
	for _, c := range []struct {
		code, why, do string
	}{
		{"(3D000)", "the server has no database of that name", "Make it with `createdb NAME`, or correct the name in DATABASE_URL"},
		{"(28P01)", "the server does not accept this user's password", "Correct the user or the password in DATABASE_URL"},
		{"(28000)", "the server does not let this user in from here", "Correct the user in DATABASE_URL, or allow the connection in the server's pg_hba.conf"},
		{"(42501)", "this user may not do there what is needed", "Make this user the owner of the database: `ALTER DATABASE name OWNER TO user`"},
	} {
		if err != nil && strings.Contains(err.Error(), c.code) {
			return &CannotUseError{Why: c.why, Do: c.do, Err: err}
		}
	}
	return err
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

// Migrating is a database that is to be brought up to date. One that is in use is backed up
// before a migration after which older programs cannot go on.
type Migrating struct {
	Settings settings.Settings
	Version  string // of the program
	Clock    func() time.Time
	Buckets  int                   // of a new database; 0 = as many as fit its engine
	BackedUp bool                  // somebody has seen to the backup
	Saved    func(*archive.Backup) // is told of the backup that was made
}

// Migration is what Migrate did.
type Migration struct {
	From, To int64    // versions of the schema
	Applied  []string // the files, in their order
	Buckets  int      // shards of the database
}

// Migrate brings the database that DATABASE_URL names up to date and does nothing else.
func Migrate(ctx context.Context, m Migrating) (Migration, error) {
	if path := m.Settings.SQLitePath(); path != "" {
		if err := mayMake(path); err != nil {
			return Migration{}, err
		}
		r, err := sqlite.Migrate(ctx, path, sqlite.Options{Clock: m.Clock, Buckets: m.Buckets, Before: m.before})
		return Migration{r.From, r.To, r.Applied, r.Buckets}, mayNot(path, err)
	}
	r, err := postgres.Migrate(ctx, string(m.Settings.DatabaseURL), postgres.Options{Clock: m.Clock, Buckets: m.Buckets, Before: m.before})
	return Migration{r.From, r.To, r.Applied, r.Buckets}, whatToDo(err)
}

// mayMake says why no database can be made at path, if there is none and none can be.
func mayMake(path string) error {
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if _, wrong := os.Stat(filepath.Dir(path)); wrong != nil || !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the database file cannot be opened. Make its directory, see to the permissions, or correct DATABASE_URL: %w", err)
	}
	// What a database leaves beside itself says that there was one: whoever starts anew in its
	// place forgets every customer, and every link that is out.
	for _, left := range []string{"-wal", ".key", ".lock"} {
		if _, err := os.Stat(path + left); err == nil {
			return fmt.Errorf("there was a database at %s, and it is gone: %s is still there. Put it back, or bring back a backup. "+
				"To begin with an empty one, remove %s, %s and %s first", path, path+left, path+".key", path+"-wal", path+".lock")
		}
	}
	return nil
}
