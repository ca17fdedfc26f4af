package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aftercare/aftercare/internal/sqlcount"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// engine is a database of which pages are measured.
type engine interface {
	String() string
	// open opens a database, and makes it if it is not there. What it is asked is counted. Where it is in haste,
	// nothing need survive a crash.
	open(ctx context.Context, name string, c *sqlcount.Counter, haste bool) (storage.Store, error)
	// fill writes rows, as fast as may be, into a database that nobody has open, and then does what a statement says.
	fill(ctx context.Context, name string, tables []rows, then string) error
	// settle has the database know what it holds, as it does by itself after a while.
	settle(ctx context.Context, name string) error
	// size is how many bytes the database takes.
	size(ctx context.Context, name string) (int64, error)
	// drop removes a database that nobody has open.
	drop(name string) error
}

// step says how long something took that prepares a measurement.
func step(what string, began time.Time) {
	fmt.Fprintf(os.Stderr, "  %-34s %8.1f s\n", what, time.Since(began).Seconds())
}

// onPostgres is the Postgres of the run.
type onPostgres struct{ *bench }

func (onPostgres) String() string { return "Postgres" }

func (p onPostgres) open(ctx context.Context, name string, c *sqlcount.Counter, haste bool) (storage.Store, error) {
	db, err := sql.Open("postgres", p.postgres.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	there := false
	if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return nil, err
	}
	if !there {
		if _, err := p.database(name); err != nil {
			return nil, err
		}
	}
	at := p.postgres.DSN(name)
	if haste {
		at += "&synchronous_commit=off"
	}
	return postgres.Open(ctx, at, postgres.Options{Migrate: true, Wrap: c.Wrap})
}

func (p onPostgres) fill(ctx context.Context, name string, tables []rows, then string) error {
	db, err := sql.Open("postgres", p.postgres.DSN(name))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var names []string
	for _, t := range tables {
		names = append(names, t.table)
	}
	return p.hastily(ctx, db, names, func() error {
		for _, t := range tables {
			began := time.Now()
			n, err := copyIn(ctx, db, t)
			if err != nil {
				return fmt.Errorf("copy into %s: %w", t.table, err)
			}
			step(fmt.Sprintf("%s, %d rows", t.table, n), began)
		}
		_, err := db.ExecContext(ctx, then)
		return err
	})
}

// copyIn copies the rows of a table, and tells how many they are.
func copyIn(ctx context.Context, db *sql.DB, t rows) (n int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, ended(tx, err == nil)) }()
	if t.instead {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+t.table); err != nil {
			return 0, err
		}
	}
	into, err := tx.PrepareContext(ctx, "COPY "+t.table+" ("+strings.Join(t.columns, ", ")+") FROM STDIN")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	for values, err := range t.each {
		if err == nil {
			_, err = into.ExecContext(ctx, values...)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	_, err = into.ExecContext(ctx)
	return n, err
}

// ended commits, or takes everything back.
func ended(tx *sql.Tx, well bool) error {
	if well {
		return tx.Commit()
	}
	return tx.Rollback()
}

func (p onPostgres) settle(ctx context.Context, name string) error {
	db, err := sql.Open("postgres", p.postgres.DSN(name))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM (ANALYZE)")
	return err
}

func (p onPostgres) size(ctx context.Context, name string) (n int64, err error) {
	db, err := sql.Open("postgres", p.postgres.DSN(name))
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, "SELECT pg_database_size($1)", name).Scan(&n)
}

func (p onPostgres) drop(name string) error {
	return p.postgres.Exec("postgres", "DROP DATABASE "+name)
}

// onSQLite is a file each.
type onSQLite struct{ *bench }

func (onSQLite) String() string { return "SQLite" }

func (l onSQLite) path(name string) string { return filepath.Join(l.dir, name+".db") }

func (l onSQLite) open(ctx context.Context, name string, c *sqlcount.Counter, haste bool) (storage.Store, error) {
	wrap := c.Wrap
	if haste {
		wrap = func(in driver.Connector) driver.Connector { return hasty{in} }
	}
	return sqlite.Open(ctx, l.path(name), sqlite.Options{Migrate: true, Wrap: wrap})
}

// hasty makes connections that wait for no disk.
type hasty struct{ driver.Connector }

// Connect implements driver.Connector.
func (h hasty) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := h.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if direct, ok := c.(driver.ExecerContext); ok {
		_, err = direct.ExecContext(ctx, "PRAGMA synchronous = OFF", nil)
	} else {
		err = errors.New("SQLite's driver has no ExecContext")
	}
	return c, err
}

// fill writes without a journal: nothing need survive a crash. Indexes that no key needs are built at the end.
func (l onSQLite) fill(ctx context.Context, name string, tables []rows, then string) (err error) {
	db, err := sql.Open("sqlite", l.path(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, pragma := range []string{"journal_mode = DELETE", "locking_mode = EXCLUSIVE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"} {
		if _, err := db.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return fmt.Errorf("%s: %w", pragma, err)
		}
	}
	build, err := withoutSQLiteIndexes(ctx, db, tables)
	if err != nil {
		return err
	}
	for _, t := range tables {
		began := time.Now()
		n, err := insertInto(ctx, db, t)
		if err != nil {
			return fmt.Errorf("insert into %s: %w", t.table, err)
		}
		step(fmt.Sprintf("%s, %d rows", t.table, n), began)
	}
	began := time.Now()
	for _, text := range build {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	step(fmt.Sprintf("%d indexes", len(build)), began)
	_, err = db.ExecContext(ctx, then)
	return err
}

// withoutSQLiteIndexes drops the indexes of the tables, those of keys aside, and returns what builds them again.
func withoutSQLiteIndexes(ctx context.Context, db *sql.DB, tables []rows) (build []string, err error) {
	var drop []string
	for _, t := range tables {
		names, texts, err := sqliteIndexes(ctx, db, t.table)
		if err != nil {
			return nil, err
		}
		drop, build = append(drop, names...), append(build, texts...)
	}
	for _, name := range drop {
		if _, err := db.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return nil, err
		}
	}
	return build, nil
}

// sqliteIndexes are the indexes of a table, those of keys aside, with what builds each.
func sqliteIndexes(ctx context.Context, db *sql.DB, table string) (names, texts []string, err error) {
	found, err := db.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", table)
	if err != nil {
		return nil, nil, err
	}
	defer found.Close()
	for found.Next() {
		var name, text string
		if err := found.Scan(&name, &text); err != nil {
			return nil, nil, err
		}
		names, texts = append(names, name), append(texts, text)
	}
	return names, texts, found.Err()
}

// atOnce is how many rows one statement inserts, and how many of these one transaction does.
const (
	rowsAtOnce       = 40
	statementsAtOnce = 5000
)

// insertInto inserts the rows of a table, and tells how many they are.
func insertInto(ctx context.Context, db *sql.DB, t rows) (n int, err error) {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	text := func(rows int) string {
		return "INSERT INTO " + t.table + " (" + strings.Join(t.columns, ", ") + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+", ", rows), ", ")
	}
	if t.instead {
		if _, err := db.ExecContext(ctx, "DELETE FROM "+t.table); err != nil {
			return 0, err
		}
	}
	many, err := db.PrepareContext(ctx, text(rowsAtOnce))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, many.Close()) }()
	args := make([]any, 0, rowsAtOnce*len(t.columns))
	for values, err := range t.each {
		if err != nil {
			return n, err
		}
		if n%(rowsAtOnce*statementsAtOnce) == 0 { // db has one connection
			if _, err := db.ExecContext(ctx, map[bool]string{true: "BEGIN", false: "COMMIT; BEGIN"}[n == 0]); err != nil {
				return n, err
			}
		}
		for _, v := range values {
			if at, ok := v.(time.Time); ok {
				v = at.UnixMicro()
			}
			args = append(args, v)
		}
		if n++; len(args) == cap(args) {
			if _, err := many.ExecContext(ctx, args...); err != nil {
				return n, err
			}
			args = args[:0]
		}
	}
	if len(args) > 0 {
		if _, err := db.ExecContext(ctx, text(len(args)/len(t.columns)), args...); err != nil {
			return n, err
		}
	}
	if n > 0 {
		_, err = db.ExecContext(ctx, "COMMIT")
	}
	return n, err
}

// settle does nothing: Aftercare has SQLite make no statistics.
func (onSQLite) settle(context.Context, string) error { return nil }

func (l onSQLite) size(_ context.Context, name string) (int64, error) {
	info, err := os.Stat(l.path(name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (l onSQLite) drop(name string) error {
	var errs []error
	found, err := filepath.Glob(l.path(name) + "*")
	for _, path := range found {
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(append(errs, err)...)
}
