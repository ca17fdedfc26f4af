// Package sqlite keeps everything in one SQLite file: the default, with nothing to set
// up. One connection writes, others read.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// Options are settings that have defaults.
type Options struct {
	Clock   func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = discard
	Buckets int              // of a new database; 0 = 1
	Migrate bool             // bring the schema up to date, and make the file, first
	// Before, if set, is asked before a database that is in use is migrated so that programs
	// from before it cannot go on.
	Before func(ctx context.Context, p Pending) error
	// Wrap, if set, wraps the driver: tests cut the connection there.
	Wrap func(driver.Connector) driver.Connector
	// Unchecked does not have the database check every statement first: for commands, which need few of them, and
	// for tests, which open the same schema a thousand times.
	Unchecked bool
}

// Report is what a migration did.
type Report = sqlstore.Report

// Pending is what a migration is about to do.
type Pending = sqlstore.Pending

// ErrSchema means that the file's schema is older or newer than the program. The text
// says what to do.
var ErrSchema = sqlstore.ErrSchema

//go:embed migrations/*.sql
var migrations embed.FS

// busy is how long one statement waits for another process's write to the file. The
// store tries again after it, and a caller's deadline is overrun by no more than this.
const busy = time.Second

// patient is how long a connection may take to open, and how long one statement of a
// migration waits: nobody is kept waiting but who starts the program.
const patient = 30 * time.Second

// readers is the number of connections that read.
const readers = 4

// Open opens the database in the file at path. Settings are in the DSN and not
// statements, because a statement reaches one connection of a pool.
func Open(ctx context.Context, path string, o Options) (_ storage.Store, err error) {
	o = o.withDefaults()
	f, err := hold(ctx, path, o)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.release()
		}
	}()
	if o.Migrate {
		if _, err := migrateIfNeeded(ctx, path, o); err != nil {
			return nil, err
		}
	}
	write := pool(path, o, use{wait: busy, size: 1, guard: f.guard})
	// The writing connection comes first: it is the one that turns the file to WAL.
	if _, err := schema(o).Check(ctx, write); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := f.open(ctx, write); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read := pool(path, o, use{wait: busy, size: readers, readOnly: true, guard: f.guard})
	s, err := sqlstore.New(ctx, sqlstore.Config{
		Dialect: f.dialect(), Write: write, Read: read, Lease: write, Clock: o.Clock, Log: o.Log, Guard: f.guard, Release: f.release, Unchecked: o.Unchecked,
	})
	if err != nil {
		_, _ = read.Close(), write.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// Migrate brings the file's schema up to date, making the file where there is none.
func Migrate(ctx context.Context, path string, o Options) (Report, error) {
	o = o.withDefaults()
	o.Migrate = true
	f, err := hold(ctx, path, o)
	if err != nil {
		return Report{}, err
	}
	defer f.release()
	return migrate(ctx, path, o)
}

func migrate(ctx context.Context, path string, o Options) (Report, error) {
	db := pool(path, o, use{wait: patient, size: 4})
	defer db.Close()
	r, err := schema(o).Up(ctx, db, o.Buckets)
	if err != nil {
		return r, fmt.Errorf("migrate %s: %w", path, err)
	}
	return r, nil
}

// migrateIfNeeded spares an existing file the work of looking for migrations.
func migrateIfNeeded(ctx context.Context, path string, o Options) (Report, error) {
	db := pool(path, o, use{wait: busy, size: 1})
	_, err := schema(o).Check(ctx, db)
	if closed := db.Close(); err == nil {
		err = closed
	}
	if errors.Is(err, ErrSchema) {
		return migrate(ctx, path, o)
	}
	if err != nil {
		return Report{}, fmt.Errorf("open %s: %w", path, err)
	}
	return Report{}, nil
}

func (o Options) withDefaults() Options {
	if o.Buckets <= 0 {
		o.Buckets = 1
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func schema(o Options) sqlstore.Migrations {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sqlstore.Migrations{Dialect: dialect(), Goose: goose.DialectSQLite3, Files: files, Log: o.Log, Before: o.Before}
}

// use is what the connections of one pool are for.
type use struct {
	size     int           // how many there are
	wait     time.Duration // of one statement, for another process's write
	readOnly bool
	guard    func() error // may be nil
}

// settles reports whether the program itself empties the log of changes after these connections' commits.
func (u use) settles() bool { return u.guard != nil && !u.readOnly }

// pool opens connections to the file. Nothing is dialled yet.
func pool(path string, o Options, u use) *sql.DB {
	var c driver.Connector = connector(dsn(path, u))
	if u.guard != nil {
		c = guarded{c, u.guard}
	}
	if o.Wrap != nil {
		c = o.Wrap(c)
	}
	return pooled(c, u)
}

func pooled(c driver.Connector, u use) *sql.DB {
	// A write that was begun is finished; a long read ends with its caller.
	cached := &sqlstore.Cached{Connector: c, Detach: !u.readOnly, Finalize: true, Guard: u.guard}
	if u.settles() {
		cached.Settle = settle
	}
	db := sql.OpenDB(cached)
	db.SetMaxOpenConns(u.size)
	db.SetMaxIdleConns(u.size)
	return db
}

// connector opens connections with one DSN.
type connector string

// Connect implements driver.Connector. Turning a new file to WAL does not wait for another
// connection that is at the same: it fails at once, whatever the busy timeout, and
// succeeds when the other one is through.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	takeHeap() // before the first database is opened, or never
	for end := time.Now().Add(patient); ; {
		conn, err := c.Driver().Open(string(c))
		if err == nil || fault(err) != sqlstore.Again || time.Now().After(end) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Millisecond + rand.N(10*time.Millisecond)):
		}
	}
}

// guarded opens no connection once the guard has found that the file is not ours any more: a
// new one would join the log of changes that is in use with whatever file is there now.
type guarded struct {
	driver.Connector
	guard func() error
}

// Connect implements driver.Connector.
func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	if err := g.guard(); err != nil {
		return nil, err
	}
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := g.guard(); err != nil {
		return nil, err // closing it would do what must not be done: it ends with the process
	}
	return conn, nil
}

// Driver implements driver.Connector.
func (connector) Driver() driver.Driver { return &sqlite.Driver{} }

// dsn spells every setting out. Transactions begin IMMEDIATE: one that reads first and
// writes later would fail, in spite of the busy timeout, whenever another wrote between.
func dsn(path string, u use) string {
	v := url.Values{
		"_busy_timeout":        {fmt.Sprint(u.wait.Milliseconds())},
		"_foreign_keys":        {"1"},
		"_journal_mode":        {"WAL"},
		"_synchronous":         {"FULL"},
		"_txlock":              {"immediate"},
		"_time_integer_format": {"unix_micro"},
		"_inttotime":           {"1"},
		"_timezone":            {"UTC"},
		"_dqs":                 {"0"},
		"_error_rc":            {"1"},
		// What is removed is overwritten, and functions are called by the program's own statements
		// only, whatever a file's schema says.
		"_pragma": {
			"journal_size_limit(67108864)", // a long reader makes the log grow; it shrinks again
			"secure_delete(1)", "trusted_schema(0)",
		},
	}
	if u.readOnly {
		v.Set("_query_only", "1")
	}
	if u.settles() {
		v.Add("_pragma", "wal_autocheckpoint(0)")
	}
	return uri(path, v)
}

func dialect() sqlstore.Dialect {
	return sqlstore.Dialect{
		Name: "sqlite",
		Bind: sqlx.QUESTION,
		Lock: "", // an immediate transaction has locked the whole file
		Now:  "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
		Day:  func(column string) string { return "strftime('%Y-%m-%d', " + column + " / 1000000, 'unixepoch')" },
		// The driver looks each parameter up in the list of all, and a statement costs no
		// way there and back: many parameters cost more than many statements.
		MostParameters: 100,
		// CROSS JOIN says that the keys come first, each to be looked up by itself.
		Each: func(columns, table, key, where string) string {
			return "SELECT " + columns + " FROM (SELECT value AS sought FROM json_each(?)) CROSS JOIN " + table +
				" WHERE bucket = ? AND " + key + " = sought" + where
		},
		First: func(columns, table, id, key, where, order, bucket string) string {
			return "SELECT " + columns + " FROM (SELECT value AS sought FROM json_each(?)) CROSS JOIN " + table + " WHERE (bucket, " + id + ") IN (SELECT bucket, " + id +
				" FROM " + table + " s WHERE bucket = " + bucket + " AND " + key + " = sought" + where + " ORDER BY " + order + " LIMIT ?)"
		},
		Across: func(tables []sqlstore.Source) string {
			all := make([]string, len(tables))
			for i, s := range tables {
				all[i] = "SELECT " + s.Columns + " FROM k CROSS JOIN " + s.Table + " WHERE " + s.Bucket + " = k.part AND " + s.Key + " = k.sought" + s.Where
			}
			return "WITH k AS (SELECT value ->> 0 AS part, value ->> 1 AS sought FROM json_each(?)) " + strings.Join(all, " UNION ALL ")
		},
		Places: func(at []sqlstore.Place) ([]any, error) {
			all := make([][2]any, len(at))
			for i, p := range at {
				all[i] = [2]any{p.Bucket, p.Key}
			}
			list, err := json.Marshal(all)
			return []any{string(list)}, err
		},
		Keys: func(keys []string) any {
			list, _ := json.Marshal(keys) // strings cannot fail to encode
			return string(list)
		},
		Among:     func(column string) string { return column + " IN (SELECT value FROM json_each(?))" },
		By:        func(index string) string { return " INDEXED BY " + index },
		Because:   "likely(json_extract(body, '$.decision.reasons') LIKE ?)",
		HasSchema: "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'",
		Fault:     fault,
		Describe:  describe,
		Pulse:     beat,
		Scrub: func(ctx context.Context, write *sql.DB, whole bool) (storage.Scrubbed, error) {
			return scrub(ctx, write, whole, func() error { return nil })
		},
		WholeOnce: true,
	}
}

// fault sorts SQLite's result codes.
func fault(err error) sqlstore.Fault {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return sqlstore.Broken
	}
	switch e.Code() {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY, codes.SQLITE_CONSTRAINT_ROWID:
		return sqlstore.Taken
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_INTERRUPT:
		return sqlstore.Again
	case codes.SQLITE_CONSTRAINT, codes.SQLITE_TOOBIG, codes.SQLITE_MISMATCH:
		return sqlstore.Refused
	case codes.SQLITE_IOERR, codes.SQLITE_FULL, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY, codes.SQLITE_NOMEM, codes.SQLITE_PROTOCOL:
		return sqlstore.Lost
	}
	return sqlstore.Broken
}

// describe is SQLite's own message, which names tables and columns but no values.
func describe(err error) string {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if code := e.Code() & 0xff; code == codes.SQLITE_BUSY || code == codes.SQLITE_LOCKED {
			return "another program keeps the file locked. Try again in a moment; if it lasts, end the program that has the file open (" + e.Error() + ")"
		}
		return e.Error()
	}
	return fmt.Sprintf("%T", err)
}
