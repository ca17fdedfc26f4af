package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// cellWriting is a transaction that writes cells.
type cellWriting struct {
	s      *Store
	ctx    context.Context
	tx     *sql.Tx
	bucket storage.Bucket
	buffer []byte
	months map[cellMark]bool // of which days were written
	asked  map[cellMark]bool // likewise, of invitations
}

// leads holds the lease until the commit. Who has it counted after whoever had it before.
func (w *cellWriting) leads(l storage.Lease) (bool, error) {
	var epoch int64
	err := w.tx.QueryRowContext(w.ctx, w.s.q.counting, storage.Clean(l.Name), storage.Clean(l.Holder)).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return epoch == l.Epoch, err
}

// replace makes the rows that are there those that are wanted. keyed is how many columns are the key.
func (w *cellWriting) replace(of, drop string, put *list, keyed int, at []any, wanted [][]any) error {
	there, err := cellRows(w.ctx, w.tx, of, at)
	if err != nil {
		return err
	}
	old := make(map[string][]any, len(there))
	for _, row := range there {
		old[cellKey(row, keyed)] = row
	}
	var write [][]any
	kept := 0
	for _, row := range wanted {
		was, ok := old[cellKey(row, keyed)]
		if ok {
			kept++
		}
		if !ok || !slices.Equal(was, row) {
			write = append(write, row)
		}
	}
	if kept < len(there) { // some have to go
		if _, err := w.tx.ExecContext(w.ctx, drop, at...); err != nil {
			return err
		}
		write = wanted
	}
	return put.each(&w.buffer, write, func(text string, args []any) error {
		_, err := w.tx.ExecContext(w.ctx, text, args...)
		return err
	})
}

func cellKey(row []any, keyed int) string {
	var all strings.Builder
	for _, v := range row[:keyed] {
		fmt.Fprint(&all, v, "\x00")
	}
	return all.String()
}

// cellRows are whole rows of cells: numbers and texts.
func cellRows(ctx context.Context, db querier, text string, args []any) ([][]any, error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	var all [][]any
	err = each(rows, func(rows *sql.Rows) error {
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		row, into := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		err = rows.Scan(into...)
		for i := range row {
			if b, ok := row[i].([]byte); ok {
				row[i] = string(b)
			}
		}
		all = append(all, row)
		return err
	})
	return all, err
}
