package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// namesSchema is the version of the schema from which on people are found by the words of their names.
const namesSchema = 83

// fillPage is how many names are read and written at a time.
const fillPage = 1000

// fillQueries make the words of names that were stored before there was a place for them.
type fillQueries struct {
	filled, setFilled     string
	identities, customers string
	names, customerNames  *list
}

func newFillQueries(t *texts) fillQueries {
	return fillQueries{
		filled:        t.one("SELECT number FROM revision WHERE name = 'names'"),
		setFilled:     t.one("UPDATE revision SET number = 1 WHERE name = 'names'"),
		identities:    t.one("SELECT body, bucket, id FROM identities WHERE (bucket, id) > (?, ?) ORDER BY bucket, id LIMIT ?"),
		customers:     t.one("SELECT " + customerColumns + " FROM customers WHERE id > ? ORDER BY id LIMIT ?"),
		names:         t.insert("names", "bucket, word, id", "ON CONFLICT (bucket, word, id) DO NOTHING"),
		customerNames: t.insert("customer_names", "word, id", "ON CONFLICT (word, id) DO NOTHING"),
	}
}

// fillNames reads every name that is stored and writes its words, once: after the migration that made a
// place for them, or when a later one sets the number back to 0, having emptied it. Under the lock of
// the migration, while older programs are refused.
func (m Migrations) fillNames(ctx context.Context, db *sql.DB) error {
	t := &texts{dialect: m.Dialect}
	q := newFillQueries(t)
	var filled int
	err := db.QueryRowContext(ctx, q.filled).Scan(&filled)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // a backup is put there: it brings its names, and says so
	}
	if err != nil {
		return fmt.Errorf("look whether names are filled in: %w", err)
	}
	if filled > 0 {
		return nil
	}
	bucket, id, total := int64(-1), "", 0
	for n := fillPage; n == fillPage; total += n {
		var rows [][]any
		n = 0
		err := page(ctx, db, q.identities, []any{bucket, id, int64(fillPage)}, func(row scanner) error {
			n++
			var body []byte
			if err := row.Scan(&body, &bucket, &id); err != nil {
				return err
			}
			v, err := decodeIdentity(storage.Bucket(bucket), body)
			if err != nil {
				return nil //nolint:nilerr // who cannot be read is found by nothing, and stops no migration
			}
			for _, word := range calledOf(v).words() {
				rows = append(rows, []any{bucket, word, id})
			}
			return nil
		})
		if err := putPage(ctx, db, q.names, rows, err); err != nil {
			return err
		}
	}
	id = ""
	for n := fillPage; n == fillPage; total += n {
		var rows [][]any
		n = 0
		err := page(ctx, db, q.customers, []any{id, int64(fillPage)}, func(row scanner) error {
			n++
			c, err := scanCustomer(row)
			id = c.ID
			for _, word := range storage.NameWords(c.Name) {
				rows = append(rows, []any{word, id})
			}
			return err
		})
		if err := putPage(ctx, db, q.customerNames, rows, err); err != nil {
			return err
		}
	}
	if total > 0 {
		m.Log.Info("filled in by which names people are found", "people", total)
	}
	if _, err := db.ExecContext(ctx, q.setFilled); err != nil {
		return fmt.Errorf("fill in names: %w", err)
	}
	return nil
}

// page reads rows.
func page(ctx context.Context, db *sql.DB, text string, args []any, f func(scanner) error) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error { return f(rows) })
}

// putPage writes what one page gave, in a transaction of its own, unless reading it failed.
func putPage(ctx context.Context, db *sql.DB, l *list, rows [][]any, err error) error {
	if err != nil {
		return fmt.Errorf("read names: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("fill in names: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var buffer []byte
	err = l.each(&buffer, rows, func(text string, args []any) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		return fmt.Errorf("fill in names: %w", err)
	}
	return nil
}
