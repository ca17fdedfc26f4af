package sqlstore

import (
	"bytes"
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
	// Before, if set, is asked before a database that is in use is migrated so that programs
	// from before it cannot go on. Its error ends the migration before anything is changed.
	Before func(ctx context.Context, p Pending) error
}

// Pending is what a migration is about to do.
type Pending struct {
	From, To int64
	Breaking []string // files, in order, after which older programs cannot go on
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

// Check reports whether the database has exactly the schema that the program knows, and
// its buckets, which a migration makes last. made is false on a database without any
// schema. The error is ErrSchema, wrapped.
func (m Migrations) Check(ctx context.Context, db *sql.DB) (made bool, err error) {
	current, err := m.Version(ctx, db)
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
	var buckets int
	if err := db.QueryRowContext(ctx, newBucketQueries(&texts{dialect: m.Dialect}).countBuckets).Scan(&buckets); err != nil {
		return true, fmt.Errorf("count buckets: %w", err)
	}
	unfinished := fmt.Errorf("%w: its migration is not finished; run `aftercare migrate`", ErrSchema)
	if buckets == 0 {
		return true, unfinished // also while a backup is put there: everything else is missing as well
	}
	var filled int
	if err := db.QueryRowContext(ctx, newFillQueries(&texts{dialect: m.Dialect}).filled).Scan(&filled); err != nil {
		return true, fmt.Errorf("look whether names are filled in: %w", err)
	}
	if filled == 0 {
		return true, unfinished
	}
	return true, nil
}

// Version is the schema's version, 0 on an empty database.
func (m Migrations) Version(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
},
) (int64, error) {
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
	latest, err := m.latest()
	if err != nil {
		return Report{}, err
	}
	r, err := m.upTo(ctx, db, latest)
	if err != nil {
		return r, err
	}
	r.Buckets, err = m.makeBuckets(ctx, db, buckets)
	return r, err
}

// Fill makes the schema of this version in a new database under the lock, has f fill it, and
// then brings the schema up to date.
func (m Migrations) Fill(ctx context.Context, db *sql.DB, version int64, f func() error) (Report, error) {
	unlock, err := m.lock(ctx, db)
	if err != nil {
		return Report{}, fmt.Errorf("lock for migration: %w", err)
	}
	defer unlock()
	latest, err := m.latest()
	if err != nil {
		return Report{}, err
	}
	m.Before = nil // what is restored has its backup
	if now, err := m.Version(ctx, db); err != nil || now > version {
		if err == nil {
			err = fmt.Errorf("the database has schema %d already, and the backup %d. Name a new one in DATABASE_URL", now, version)
		}
		return Report{From: now, To: now}, err
	}
	if r, err := m.upTo(ctx, db, version); err != nil {
		return r, err
	}
	if err := f(); err != nil {
		return Report{From: version, To: version}, err
	}
	r, err := m.upTo(ctx, db, latest)
	if err != nil {
		return r, err
	}
	r.Buckets, err = m.makeBuckets(ctx, db, 1) // a backup has its own
	return r, err
}

// pending says what is about to be done, and whether the database is in use.
func (m Migrations) pending(ctx context.Context, db *sql.DB, from, to int64) (p Pending, used bool, err error) {
	p = Pending{From: from, To: to}
	if from == 0 {
		return p, false, nil
	}
	names, err := fs.Glob(m.Files, "*.sql")
	if err != nil {
		return p, false, fmt.Errorf("list migrations: %w", err)
	}
	for _, name := range names { // in their order
		v, err := goose.NumericComponent(name)
		if err != nil || v <= from || v > to {
			continue
		}
		source, err := fs.ReadFile(m.Files, name)
		if err != nil {
			return p, false, fmt.Errorf("read migration %s: %w", name, err)
		}
		if !bytes.Contains(source, []byte(harmless)) {
			p.Breaking = append(p.Breaking, name)
		}
	}
	var buckets int // they are made last
	if err := db.QueryRowContext(ctx, newBucketQueries(&texts{dialect: m.Dialect}).countBuckets).Scan(&buckets); err != nil {
		return p, false, fmt.Errorf("count buckets: %w", err)
	}
	return p, buckets > 0, nil
}

// harmless is how a migration says that programs from before it go on beside it (decision
// 0009).
const harmless = "-- Older programs may write on: "

// upTo migrates under the lock, which is held.
func (m Migrations) upTo(ctx context.Context, db *sql.DB, version int64) (r Report, err error) {
	if r.From, err = m.Version(ctx, db); err != nil {
		return r, err
	}
	r.To = r.From
	if r.From > version {
		_, err := m.Check(ctx, db)
		return r, err
	}
	if m.Before != nil {
		p, used, err := m.pending(ctx, db, r.From, version)
		if err == nil && used && len(p.Breaking) > 0 {
			err = m.Before(ctx, p)
		}
		if err != nil {
			return r, err
		}
	}
	p, err := m.provider(db)
	if err != nil {
		return r, fmt.Errorf("read migrations: %w", err)
	}
	results, err := p.UpTo(ctx, version)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partial.Applied
		err = fmt.Errorf("%s failed and was rolled back: %s", partial.Failed.Source.Path, m.Dialect.Describe(cause(partial.Err)))
	}
	var took time.Duration
	for _, one := range results {
		r.Applied = append(r.Applied, one.Source.Path)
		r.To = one.Source.Version
		took += one.Duration
		if r.From > 0 || err != nil {
			m.Log.Info("migrated", "file", one.Source.Path, "took", one.Duration)
		}
	}
	if err != nil {
		return r, fmt.Errorf("migrate: %w", err)
	}
	if r.From == 0 && r.To > 0 {
		m.Log.Info("made the database", "schema", r.To, "took", took)
	}
	if r.To >= namesSchema {
		return r, m.fillNames(ctx, db)
	}
	return r, nil
}

// Latest is the newest version of the schema that the program knows.
func (m Migrations) Latest() (int64, error) { return m.latest() }

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
	q := newBucketQueries(&texts{dialect: m.Dialect})
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

// migrationLock is a row that one migration holds. It is renewed while the migration runs
// and lapses when its process died.
type migrationLock struct {
	db                     *sql.DB
	dialect                Dialect
	log                    *slog.Logger
	holder                 string
	make, look, take, give string // statements
}

// lock waits for the migration lock and keeps it until unlock is called.
func (m Migrations) lock(ctx context.Context, db *sql.DB) (unlock func(), err error) {
	bind := func(text string) string { return sqlx.Rebind(m.Dialect.Bind, text) }
	l := &migrationLock{
		db: db, dialect: m.Dialect, log: m.Log, holder: uuid.NewString(),
		make: "CREATE TABLE IF NOT EXISTS migration_lock (id integer NOT NULL PRIMARY KEY, holder text NOT NULL, until bigint NOT NULL)",
		look: "SELECT count(*) FROM migration_lock WHERE until > " + m.Dialect.Now,
		take: bind("INSERT INTO migration_lock (id, holder, until) VALUES (1, ?, " + m.Dialect.Now + " + ?)" +
			" ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until" +
			" WHERE migration_lock.holder = excluded.holder OR migration_lock.until <= excluded.until - ?"),
		give: bind("UPDATE migration_lock SET until = 0 WHERE id = 1 AND holder = ?"),
	}
	if err := l.await(ctx); err != nil {
		return nil, err
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		l.renew(ctx, stop)
	}()
	return func() {
		close(stop)
		<-stopped
		if _, err := db.ExecContext(context.WithoutCancel(ctx), l.give, l.holder); err != nil {
			m.Log.Warn("migration lock not given back; it lapses by itself", "err", m.Dialect.Describe(err))
		}
	}, nil
}

// await returns once the lock is held.
func (l *migrationLock) await(ctx context.Context) error {
	// Two that make the table at the same moment collide on Postgres, even with IF NOT
	// EXISTS; whoever tries again finds it.
	for try := 0; ; try++ {
		_, err := l.db.ExecContext(ctx, l.make)
		if err == nil {
			break
		}
		if try == 3 || !pause(ctx, 50*time.Millisecond) {
			return err
		}
	}
	for {
		got, err := l.acquire(ctx)
		if err != nil && l.dialect.Fault(err) != Again {
			return err
		}
		if got {
			return nil
		}
		if !pause(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// acquire takes the lock if nobody holds it. Who waits only reads: on SQLite a write, even
// one that changes nothing, would stand in the migration's way.
func (l *migrationLock) acquire(ctx context.Context) (bool, error) {
	var held int
	if err := l.db.QueryRowContext(ctx, l.look).Scan(&held); err != nil || held > 0 {
		return false, err
	}
	return l.write(ctx)
}

// write takes the lock, or renews it.
func (l *migrationLock) write(ctx context.Context) (bool, error) {
	ttl := lockTTL.Microseconds()
	r, err := l.db.ExecContext(ctx, l.take, l.holder, ttl, ttl)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// renew keeps the lock until stop is closed.
func (l *migrationLock) renew(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(lockTTL / 4):
			// On SQLite a renewal has to wait while a migration runs, and so has everybody who
			// wants the lock.
			if _, err := l.write(ctx); err != nil {
				l.log.Debug("migration lock not renewed", "err", l.dialect.Describe(err))
			}
		}
	}
}

// pause waits so long, or until ctx ends: then it is false.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
