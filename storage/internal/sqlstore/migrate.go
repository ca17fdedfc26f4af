package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// Migrations is the schema of one engine.
type Migrations struct {
	Dialect Dialect
	Goose   goose.Dialect
	Files   fs.FS // *.sql at its root
	Log     *slog.Logger
}

// Report is what a migration did.
type Report struct {
	From, To int64    // versions of the schema, before and after
	Applied  []string // files, in order
	Buckets  int      // of the database
}

// ErrSchema means that the database and the program do not fit together. Its text says
// what to do.
var ErrSchema = errors.New("the database's schema does not fit this program")

// lockTTL is how long a migration's lock outlives a process that died. The lock is a
// row that its holder renews.
const lockTTL = 10 * time.Second

func (m Migrations) provider(db *sql.DB) (*goose.Provider, error) {
	return goose.NewProvider(m.Goose, db, m.Files, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
}

// Check reports whether the database has exactly the schema that the program knows.
// made is false on a database without any schema. The error is ErrSchema, wrapped.
func (m Migrations) Check(ctx context.Context, db *sql.DB) (made bool, err error) {
	current, err := m.current(ctx, db)
	if err != nil {
		return false, err
	}
	latest, err := m.latest()
	if err != nil {
		return false, err
	}
	switch {
	case current < latest:
		return current > 0, fmt.Errorf("%w: it has version %d and this program needs %d; run `aftercare migrate`", ErrSchema, current, latest)
	case current > latest:
		return true, fmt.Errorf("%w: it has version %d, made by a newer program, and this one knows %d; run the newer program", ErrSchema, current, latest)
	}
	return true, nil
}

// current is the schema's version, 0 on an empty database.
func (m Migrations) current(ctx context.Context, db *sql.DB) (int64, error) {
	var tables int
	if err := db.QueryRowContext(ctx, m.Dialect.HasSchema).Scan(&tables); err != nil {
		return 0, fmt.Errorf("look for the schema: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	var version sql.NullInt64
	err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&version)
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version.Int64, nil
}

// latest is the version of the newest migration file.
func (m Migrations) latest() (int64, error) {
	names, err := fs.Glob(m.Files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var latest int64
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("migration %s: %w", name, err)
		}
		latest = max(latest, v)
	}
	return latest, nil
}

// Up brings the schema up to date under the lock and, in a new database, makes its
// buckets. A migration that fails is rolled back; those before it stay. db must allow at
// least two connections.
func (m Migrations) Up(ctx context.Context, db *sql.DB, buckets int) (Report, error) {
	unlock, err := m.lock(ctx, db)
	if err != nil {
		return Report{}, fmt.Errorf("lock for migration: %w", err)
	}
	defer unlock()
	var r Report
	if r.From, err = m.current(ctx, db); err != nil {
		return r, err
	}
	latest, err := m.latest()
	if err != nil {
		return r, err
	}
	r.To = r.From
	if r.From > latest {
		_, err := m.Check(ctx, db)
		return r, err
	}
	p, err := m.provider(db)
	if err != nil {
		return r, fmt.Errorf("read migrations: %w", err)
	}
	results, err := p.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partial.Applied
		err = fmt.Errorf("%s failed and was rolled back: %s", partial.Failed.Source.Path, m.Dialect.Describe(cause(partial.Err)))
	}
	for _, one := range results {
		r.Applied = append(r.Applied, one.Source.Path)
		r.To = one.Source.Version
		m.Log.Info("migrated", "file", one.Source.Path, "took", one.Duration)
	}
	if err != nil {
		return r, fmt.Errorf("migrate: %w", err)
	}
	r.Buckets, err = m.makeBuckets(ctx, db, buckets)
	return r, err
}

// cause is the innermost error: the driver's own.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// makeBuckets fills the table of buckets if it is empty, and returns their number,
// which never changes afterwards.
func (m Migrations) makeBuckets(ctx context.Context, db *sql.DB, wanted int) (int, error) {
	q := newQueries(m.Dialect)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("make buckets: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var n int
	if err := tx.QueryRowContext(ctx, q.countBuckets).Scan(&n); err != nil {
		return 0, fmt.Errorf("count buckets: %w", err)
	}
	if n > 0 {
		return n, nil
	}
	for b := range wanted {
		if _, err := tx.ExecContext(ctx, q.insertBucket, int64(b)); err != nil {
			return 0, fmt.Errorf("make buckets: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("make buckets: %w", err)
	}
	return wanted, nil
}

// lock waits for the migration lock and keeps it until unlock is called.
func (m Migrations) lock(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	bind := func(text string) string { return sqlx.Rebind(m.Dialect.Bind, text) }
	const table = "CREATE TABLE IF NOT EXISTS migration_lock (id integer NOT NULL PRIMARY KEY, holder text NOT NULL, until bigint NOT NULL)"
	take := bind("INSERT INTO migration_lock (id, holder, until) VALUES (1, ?, " + m.Dialect.Now + " + ?)" +
		" ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until" +
		" WHERE migration_lock.holder = excluded.holder OR migration_lock.until <= excluded.until - ?")
	give := bind("UPDATE migration_lock SET until = 0 WHERE id = 1 AND holder = ?")
	holder, ttl := uuid.NewString(), lockTTL.Microseconds()
	acquire := func(ctx context.Context) (bool, error) {
		r, err := db.ExecContext(ctx, take, holder, ttl, ttl)
		if err != nil {
			return false, err
		}
		n, err := r.RowsAffected()
		return n > 0, err
	}
	// Two that create the table at the same moment may collide, even with IF NOT EXISTS.
	for try := 0; ; try++ {
		if _, err = db.ExecContext(ctx, table); err == nil || try == 3 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, err
	}
	for {
		switch got, err := acquire(ctx); {
		case err != nil && m.Dialect.Fault(err) != Again:
			return nil, err
		case got:
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				for {
					select {
					case <-stop:
						return
					case <-time.After(lockTTL / 4):
						// On SQLite a renewal has to wait while a migration runs, and so has
						// everybody who wants the lock.
						if _, err := acquire(ctx); err != nil {
							m.Log.Debug("migration lock not renewed", "error", m.Dialect.Describe(err))
						}
					}
				}
			}()
			return func() {
				close(stop)
				<-stopped
				if _, err := db.ExecContext(context.WithoutCancel(ctx), give, holder); err != nil {
					m.Log.Warn("migration lock not given back; it lapses by itself", "error", m.Dialect.Describe(err))
				}
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}
