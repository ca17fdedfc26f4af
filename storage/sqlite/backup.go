package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/aftercare/aftercare/storage/archive"
)

// Backup writes all that the file at path holds into a new directory. The file is copied as
// a reader sees it at one moment, while others write on; the copy is checked, stays in the
// backup, and is what the tables are read from.
func Backup(ctx context.Context, path, dir string, info archive.Info) (*archive.Backup, error) {
	size, err := sizeOf(path)
	if err != nil {
		return nil, err
	}
	held, err := hold(ctx, path, Options{}.withDefaults())
	if err != nil {
		return nil, err
	}
	defer held.release()
	// The copy, and at most as much again for the tables.
	if err := archive.NeedRoom(dir, 2*size); err != nil {
		return nil, err
	}
	w, err := archive.Begin(dir, "sqlite", info)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	file, err := w.CopyPath()
	if err != nil {
		return nil, err
	}
	if err := copyFile(ctx, path, file); err != nil {
		return nil, fmt.Errorf("copy %s: %w", path, err)
	}
	if err := readCopy(ctx, w, file); err != nil {
		return nil, err
	}
	if err := w.Copied(); err != nil {
		return nil, err
	}
	return w.Finish()
}

// sizeOf is how much there is to copy at most: the file, and what is beside it.
func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("there is no database to back up: %w", err)
	}
	size := info.Size()
	if wal, err := os.Stat(path + "-wal"); err == nil {
		size += wal.Size()
	}
	return size, nil
}

// plainly opens a file that is there already and changes no setting of it.
func plainly(path string, more url.Values) *sql.DB {
	v := url.Values{"mode": {"rw"}, "_busy_timeout": {fmt.Sprint(patient.Milliseconds())}, "_error_rc": {"1"}, "_dqs": {"0"}}
	for name, values := range more {
		v[name] = values
	}
	db := sql.OpenDB(connector(uri(path, v)))
	db.SetMaxOpenConns(1)
	return db
}

func copyFile(ctx context.Context, from, to string) error {
	db := plainly(from, nil)
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return errors.New(describe(err))
	}
	if err := db.Close(); err != nil {
		return err
	}
	return dropPassing(ctx, to)
}

// dropPassing takes out of a copy what tells of the moment alone.
func dropPassing(ctx context.Context, file string) error {
	db := plainly(file, nil)
	defer db.Close()
	for _, table := range archive.Passing {
		var there bool
		err := db.QueryRowContext(ctx, "SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = ?", table).Scan(&there)
		if err == nil && there {
			_, err = db.ExecContext(ctx, "DELETE FROM "+table) //nolint:gosec // one of the program's own tables
		}
		if err != nil {
			return errors.New(describe(err))
		}
	}
	return db.Close()
}

// readCopy checks the copy and writes its tables.
func readCopy(ctx context.Context, w *archive.Writer, file string) error {
	db := plainly(file, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	defer db.Close()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the copy: %s", describe(err))
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	var says string
	if err := tx.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil {
		return fmt.Errorf("check the copy: %s", describe(err))
	}
	if says != "ok" {
		return fmt.Errorf("the database is damaged: SQLite says %q. Keep the file as it is, and restore an older backup beside it", says)
	}
	version, err := schema(Options{}.withDefaults()).Version(ctx, tx)
	if err != nil {
		return err
	}
	if version == 0 {
		return errors.New("there is nothing to back up: the file holds no tables of this program")
	}
	return w.Tables(ctx, tx, archiveDialect(), version)
}

// Restore puts a backup into the new file at path: all of it, or nothing. keep is called when
// all of it is there, before that lasts; its error ends it. It may be nil.
func Restore(ctx context.Context, path string, b *archive.Backup, o Options, told archive.Progress, keep func() error) (Report, error) {
	o = o.withDefaults()
	m := schema(o)
	if err := b.Fits(m.Latest); err != nil {
		return Report{}, err
	}
	if err := b.Check(); err != nil {
		return Report{}, err
	}
	if err := archive.NeedRoom(filepath.Dir(path), 4*b.Plain()); err != nil { // the file, its indexes, and the log beside it
		return Report{}, err
	}
	o.Migrate = true
	held, err := hold(ctx, path, o)
	if err != nil {
		return Report{}, err
	}
	defer held.release()
	db := pool(path, o, use{wait: patient, size: 4})
	defer db.Close()
	r, err := m.Fill(ctx, db, b.Schema, func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return errors.New(describe(err))
		}
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		if err := b.Load(ctx, tx, archiveDialect(), told); err != nil {
			return err
		}
		if keep != nil {
			if err := keep(); err != nil {
				return err
			}
		}
		if err := tx.Commit(); err != nil {
			return errors.New(describe(err))
		}
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("restore into %s: %w", path, err)
	}
	return r, db.Close()
}

func archiveDialect() archive.Dialect {
	return archive.Dialect{
		Engine:  "sqlite",
		Columns: `SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`,
		Parents: `SELECT m.name, f."table" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`,
		Kinds: map[string]archive.Kind{
			"smallint": archive.Integer, "integer": archive.Integer, "bigint": archive.Integer,
			"double precision": archive.Real, "text": archive.Text, "boolean": archive.Boolean,
			"timestamp": archive.Time, "blob": archive.Bytes,
		},
		// An expression has no declared type, by which the driver would make times and booleans.
		Raw:  func(column string) string { return "+" + column },
		Bind: func(text string) string { return text },
		// Many parameters cost more than many statements: see dialect.
		MostParameters: 100,
		Describe:       describe,
	}
}

// uri is the DSN of a file. Its name is part of a URI: what is special there is escaped.
func uri(path string, v url.Values) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + v.Encode()
}
