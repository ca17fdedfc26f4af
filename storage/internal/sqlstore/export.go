package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/aftercare/aftercare/storage"
)

// Export implements storage.Exporting. It reads a view as others do, from its beginning to its end:
// that is why it is none of the statements of which each must use an index.
func (s *Store) Export(ctx context.Context, what storage.Exported, f storage.ExportFilter, row func([]any) error) error {
	columns := what.Columns()
	if columns == nil {
		return fmt.Errorf("export %q: %w", what, storage.ErrNotFound)
	}
	text, args := "SELECT "+strings.Join(columns, ", ")+" FROM v_"+string(what)+" WHERE 1 = 1", []any{}
	given := func(condition string, value any) { text, args = text+" AND "+condition, append(args, value) }
	if what.OfFlows() && what != storage.ExportCases { // what one's own staff answer in a pulse is nobody's row: a case never comes of it
		text += " AND flow NOT IN (SELECT flow FROM v_sessions WHERE class = 'pulse')"
	}
	if f.Sites != nil {
		given(s.dialect.Among("site"), s.dialect.Keys(texted(f.Sites)))
	}
	if f.Customers != nil && what == storage.ExportCustomers {
		given(s.dialect.Among("customer"), s.dialect.Keys(texted(f.Customers)))
	}
	if f.Flow != "" && what.OfFlows() {
		given("flow = ?", storage.Clean(f.Flow))
	}
	if f.Since != "" {
		given("CAST("+what.Day()+" AS text) >= ?", storage.Clean(f.Since))
	}
	if f.Until != "" {
		given("CAST("+what.Day()+" AS text) <= ?", storage.Clean(f.Until))
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	err := s.unavailable(func() error { // once: what was handed out cannot be taken back
		tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // it only reads
		if s.dialect.Unhurried != "" {
			if _, err := tx.ExecContext(ctx, s.dialect.Unhurried); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, sqlx.Rebind(s.dialect.Bind, text), args...)
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for i := range values {
				values[i] = plain(columns[i], values[i])
			}
			return row(values)
		})
	}())
	if err != nil {
		return fmt.Errorf("export %s: %w", what, err)
	}
	return nil
}

// plain is a value as every engine means it: yes and no are numbers in one of them, and days are
// moments in the other.
func plain(column string, v any) any {
	switch v := v.(type) {
	case []byte:
		if strings.HasPrefix(column, "minutes_") { // an exact number, in the one that has them
			if x, err := strconv.ParseFloat(string(v), 64); err == nil {
				return x
			}
		}
		return string(v)
	case time.Time:
		return v.Format(time.DateOnly)
	case int64:
		if storage.Whether(column) {
			return v != 0
		}
	}
	return v
}
