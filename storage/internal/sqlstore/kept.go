package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// kept are the statements about a kind of rows that people change: each is written whole.
type kept struct {
	put  string // whatever is there
	add  string // where nothing is
	find string // by its key, for a transaction that writes it
	keys int    // how many values the key has
}

// kept makes them of an INSERT, the key, what an UPDATE sets, and a SELECT of all rows.
func (t *texts) kept(insert, key, set, read string) kept {
	insert += " ON CONFLICT (" + key + ") DO "
	names := columns(key)
	return kept{
		put:  t.one(insert + "UPDATE SET " + set),
		add:  t.one(insert + "NOTHING RETURNING " + names[0]),
		find: t.one(read + " WHERE " + strings.Join(names, " = ? AND ") + " = ?{lock}"),
		keys: len(names),
	}
}

// replacing is how a row is written in the place of what somebody read of it.
type replacing[T any] struct {
	kept
	what   string
	scan   func(scanner) (T, error)
	values func(T) []any // of put and add, the key first
	same   func(T) []any // by which two rows are the same
}

// replace writes now in the place of was, or as a new row where was has no key. storage.ErrChanged if somebody else was
// quicker. in is the transaction: that of what it is about.
func (r replacing[T]) replace(ctx context.Context, in func(context.Context, func(*sql.Tx) (bool, error)) error, was, now T) error {
	done := false
	err := in(ctx, func(tx *sql.Tx) (_ bool, err error) {
		done, err = r.within(ctx, tx, was, now)
		return done, err
	})
	if err == nil && !done {
		err = storage.ErrChanged
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", r.what, err)
	}
	return nil
}

// within is replace in a transaction. What is there already as it shall be is done: an earlier commit of which nobody
// heard wrote it.
func (r replacing[T]) within(ctx context.Context, tx *sql.Tx, was, now T) (done bool, err error) {
	values, isNew := r.values(now), r.values(was)[0] == ""
	find := func() (T, error) { return r.scan(tx.QueryRowContext(ctx, r.find, values[:r.keys]...)) }
	there, err := find()
	if errors.Is(err, sql.ErrNoRows) && isNew {
		if done, err = yields(ctx, tx, r.add, values...); done || err != nil {
			return done, err
		}
		there, err = find() // of whoever was quicker
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case slices.Equal(r.same(there), r.same(now)):
		return true, nil
	case isNew || !slices.Equal(r.same(there), r.same(was)):
		return false, nil
	}
	_, err = tx.ExecContext(ctx, r.put, values...)
	return err == nil, err
}

// asText is a list or a map of words as a column has it.
func asText(v any) string {
	text, _ := json.Marshal(v) // words always can be
	return string(text)
}
