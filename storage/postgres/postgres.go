// Package postgres keeps everything in a Postgres database: for many sites, and for
// several instances of the program at once.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/internal/sqlstore"
)

// Options are settings that have defaults.
type Options struct {
	Clock   func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = discard
	Buckets int              // of a new database; 0 = 4
	Migrate bool             // bring the schema up to date first
	// Values writes rows as lists of values instead of arrays: what Citus routes to a shard.
	// Where Citus is installed, that is so anyway.
	Values bool
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

// ErrSchema means that the database's schema is older or newer than the program. The
// text says what to do.
var ErrSchema = sqlstore.ErrSchema

//go:embed migrations/*.sql
var migrations embed.FS

// Sizes of the pools: writers wait for the lock of their bucket, so more of them than
// that would only wait; renewing a lease waits for nobody.
const (
	writers = 8
	readers = 8
	leasers = 2
)

// Open opens the database at dsn, in either form that libpq knows.
func Open(ctx context.Context, dsn string, o Options) (storage.Store, error) {
	o = o.withDefaults()
	a, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	pools := []*sql.DB{a.pool(o, writers), a.pool(o, readers), a.pool(o, leasers)}
	s, err := open(ctx, a, o, pools)
	if err != nil {
		for _, db := range pools {
			_ = db.Close()
		}
		return nil, fmt.Errorf("open postgres: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, a address, o Options, pools []*sql.DB) (storage.Store, error) {
	_, err := schema(o).Check(ctx, pools[1])
	if errors.Is(err, ErrSchema) && o.Migrate {
		_, err = migrate(ctx, a, o)
	}
	if err != nil {
		return nil, plain(err)
	}
	d := dialect()
	var distributed int
	if err := pools[1].QueryRowContext(ctx, "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'citus'").Scan(&distributed); err != nil {
		return nil, plain(err)
	}
	if o.Values || distributed > 0 {
		d.Rows, d.Column = nil, nil
	}
	d.Scrub = func(ctx context.Context, _ *sql.DB, whole bool) (storage.Scrubbed, error) {
		return scrub(ctx, a, o, whole)
	}
	return sqlstore.New(ctx, sqlstore.Config{
		Dialect: d, Write: pools[0], Read: pools[1], Lease: pools[2], Clock: o.Clock, Log: o.Log, Unchecked: o.Unchecked,
		Hints: func(ctx context.Context) <-chan struct{} { return hints(ctx, a, o.Log) },
	})
}

// Migrate brings the schema up to date.
func Migrate(ctx context.Context, dsn string, o Options) (Report, error) {
	a, err := parse(dsn)
	if err != nil {
		return Report{}, err
	}
	r, err := migrate(ctx, a, o.withDefaults())
	if err != nil {
		return r, fmt.Errorf("migrate postgres: %w", plain(err))
	}
	return r, nil
}

// migrate uses connections whose statements may take as long as they need.
func migrate(ctx context.Context, a address, o Options) (Report, error) {
	a.patient = true
	db := a.pool(o, 4)
	defer db.Close()
	return schema(o).Up(ctx, db, o.Buckets)
}

func (o Options) withDefaults() Options {
	if o.Buckets <= 0 {
		o.Buckets = 4
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
	return sqlstore.Migrations{Dialect: dialect(), Goose: goose.DialectPostgres, Files: files, Log: o.Log, Before: o.Before}
}

func dialect() sqlstore.Dialect {
	return sqlstore.Dialect{
		Name:      "postgres",
		Bind:      sqlx.DOLLAR,
		Unhurried: "SET LOCAL statement_timeout = 0",
		Isolation: sql.LevelReadCommitted,
		Snapshot:  sql.LevelRepeatableRead,
		Lock:      " FOR UPDATE",
		Share:     " FOR SHARE OF s",
		Now:       "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
		Day:       func(column string) string { return "to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD')" },
		// While Postgres has no statistics it would, given an IN list or a join, look up the
		// bucket alone and filter all of it, and keep that plan while the table grows. OFFSET 0
		// keeps the inner question whole: it is put for each key, with every column of the key
		// compared by =, and there is nothing to get wrong.
		Each: func(columns, table, key, where string) string {
			return "SELECT r.* FROM unnest(CAST(? AS text[])) AS k(sought) CROSS JOIN LATERAL (SELECT " + columns + " FROM " + table +
				" WHERE bucket = ? AND " + key + " = k.sought" + where + " OFFSET 0) AS r"
		},
		First: func(columns, table, _, key, where, order, bucket string) string {
			return "SELECT r.* FROM unnest(CAST(? AS text[])) AS q(sought) CROSS JOIN LATERAL (SELECT " + columns + " FROM " + table +
				" s WHERE bucket = " + bucket + " AND " + key + " = q.sought" + where + " ORDER BY " + order + " LIMIT ?) AS r"
		},
		// OFFSET 0 keeps the inner question whole, as above.
		Across: func(tables []sqlstore.Source) string {
			all := make([]string, len(tables))
			for i, s := range tables {
				all[i] = "SELECT " + s.Columns + " FROM " + s.Table + " WHERE " + s.Bucket + " = k.bucket AND " + s.Key + " = k.sought" + s.Where
			}
			return "SELECT h.* FROM (" + rows(places) + ") AS k CROSS JOIN LATERAL (" + strings.Join(all, " UNION ALL ") + " OFFSET 0) AS h"
		},
		Places:    arraysOf,
		Together:  true,
		Keys:      keys,
		Among:     func(column string) string { return column + " = ANY (CAST(? AS text[]))" },
		Because:   "CAST(body AS jsonb) #>> '{decision,reasons}' LIKE ?",
		Rows:      rows,
		Column:    column,
		HasSchema: "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'",
		Fault:     fault,
		Describe:  describe,
		Notify:    "NOTIFY " + channel,
	}
}

// fault sorts SQLSTATEs (sql rule S7).
func fault(err error) sqlstore.Fault {
	e, ok := errors.AsType[*pq.Error](err)
	if !ok {
		if _, ok := errors.AsType[net.Error](err); ok {
			return sqlstore.Lost
		}
		return sqlstore.Broken
	}
	code := string(e.Code)
	if len(code) != 5 {
		return sqlstore.Broken
	}
	switch code {
	case "40001", "40P01", "55P03": // serialization, deadlock, lock timeout
		return sqlstore.Again
	case "25P03", "25P04": // idle in transaction too long, transaction too long: disconnected
		return sqlstore.Lost
	case "0A000", "26000": // a prepared statement that another program's migration, or a pooler, took away
		return sqlstore.Lost
	case "57014": // statement timeout; whoever gives up knows it by their context
		return sqlstore.Slow
	case "23505": // unique violation
		return sqlstore.Taken
	}
	switch code[:2] {
	case "08":
		return sqlstore.Lost
	case "53": // out of connections, memory or disk
		return sqlstore.Again
	case "22", "23", "54": // bad data, constraint, over a limit
		return sqlstore.Refused
	}
	if code[:4] == "57P0" { // shutting down, starting up, crashed
		return sqlstore.Lost
	}
	return sqlstore.Broken
}

// describe is the server's words where they hold no values, and its code always.
func describe(err error) string {
	e, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return fmt.Sprintf("%T", err)
	}
	name := e.Code.Name()
	switch e.Code.Class() {
	case "22", "23", "54":
		return fmt.Sprintf("%s (%s) in %s%s", name, e.Code, e.Table, e.Constraint)
	}
	return fmt.Sprintf("%s: %s (%s)", name, e.Message, e.Code)
}

// plain takes everything out of an error but what may be shown.
func plain(err error) error {
	if errors.Is(err, ErrSchema) || errors.Is(err, storage.ErrUnavailable) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*pq.Error](err); ok {
		if fault(err) == sqlstore.Broken { // a wrong password, no such database: waiting does not help
			return errors.New(describe(err))
		}
		return fmt.Errorf("%w: %s", storage.ErrUnavailable, describe(err))
	}
	if e, ok := errors.AsType[net.Error](err); ok {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, e)
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: the connection was lost", storage.ErrUnavailable)
	}
	return err
}
