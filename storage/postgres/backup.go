package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/aftercare/aftercare/storage/archive"
)

// Backup writes all that the database holds, as one transaction sees it, into a new
// directory, while others write on.
func Backup(ctx context.Context, dsn, dir string, info archive.Info) (*archive.Backup, error) {
	b, err := backup(ctx, dsn, dir, info)
	if err != nil {
		return nil, fmt.Errorf("back up postgres: %w", plain(err))
	}
	return b, nil
}

func backup(ctx context.Context, dsn, dir string, info archive.Info) (*archive.Backup, error) {
	a, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	a.patient = true
	o := Options{}.withDefaults()
	db := a.pool(o, 1)
	defer db.Close()
	began := info.Clock()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	// The first statement is the moment that all others see.
	version, err := schema(o).Version(ctx, tx)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		return nil, errors.New("there is nothing to back up: the database holds no tables of this program")
	}
	var size int64
	err = tx.QueryRowContext(ctx, "SELECT coalesce(sum(pg_table_size(c.oid)), 0) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace").Scan(&size)
	if err != nil {
		return nil, err
	}
	if err := archive.NeedRoom(dir, size); err != nil {
		return nil, err
	}
	info.Clock = first(began, info.Clock)
	w, err := archive.Begin(dir, "postgres", info)
	if err != nil {
		return nil, err
	}
	defer w.Abort()
	if err := w.Tables(ctx, tx, archiveDialect(), version); err != nil {
		return nil, err
	}
	return w.Finish()
}

// first is a clock that says t the first time.
func first(t time.Time, clock func() time.Time) func() time.Time {
	asked := false
	return func() time.Time {
		if asked {
			return clock()
		}
		asked = true
		return t
	}
}

// Restore puts a backup into a new database: all of it, or nothing.
func Restore(ctx context.Context, dsn string, b *archive.Backup, o Options, told archive.Progress) (Report, error) {
	o = o.withDefaults()
	r, err := restore(ctx, dsn, b, o, told)
	if err != nil {
		return r, fmt.Errorf("restore into postgres: %w", plain(err))
	}
	return r, nil
}

func restore(ctx context.Context, dsn string, b *archive.Backup, o Options, told archive.Progress) (Report, error) {
	a, err := parse(dsn)
	if err != nil {
		return Report{}, err
	}
	a.patient = true
	m := schema(o)
	if err := b.Fits(m.Latest); err != nil {
		return Report{}, err
	}
	if err := b.Check(); err != nil {
		return Report{}, err
	}
	db := a.pool(o, 4)
	defer db.Close()
	return m.Fill(ctx, db, b.Schema, func() error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // does nothing after a commit
		if err := b.Load(ctx, tx, archiveDialect(), told); err != nil {
			return err
		}
		return tx.Commit()
	})
}

func archiveDialect() archive.Dialect {
	return archive.Dialect{
		Engine: "postgres",
		Columns: `SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
			WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'`,
		Parents: `SELECT a.relname, b.relname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
			WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace`,
		Sequences: `SELECT c.table_name, c.column_name, pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) FROM information_schema.columns c
			WHERE c.table_schema = current_schema() AND pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) IS NOT NULL`,
		Kinds: map[string]archive.Kind{
			"smallint": archive.Integer, "integer": archive.Integer, "bigint": archive.Integer,
			"double precision": archive.Real, "text": archive.Text, "boolean": archive.Boolean,
			"timestamp with time zone": archive.Time, "bytea": archive.Bytes,
		},
		Bind: func(text string) string { return sqlx.Rebind(sqlx.DOLLAR, text) },
		Value: func(k archive.Kind, value any) any {
			if micro, ok := value.(int64); ok && k == archive.Time {
				return time.UnixMicro(micro).UTC()
			}
			return value
		},
		MostParameters: 8000,
		Describe:       describe,
	}
}
