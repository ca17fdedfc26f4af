package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// decode reads the body of a record. Its error is storage.ErrUnreadable, without what the body says.
func decode(what string, body []byte, into any) error {
	if json.Unmarshal(body, into) != nil {
		return fmt.Errorf("decode %s: %w", what, storage.ErrUnreadable)
	}
	return nil
}

// readable is collect for those rows that can be read; with storage.ErrUnreadable beside them where one cannot.
func readable[T any](ctx context.Context, s *Store, what, text string, args []any, scan func(scanner) (T, error)) (list []T, _ error) {
	var not error
	err := s.reading(ctx, func(db *sql.DB) error {
		list, not = nil, nil
		rows, err := db.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			v, err := scan(rows)
			if errors.Is(err, storage.ErrUnreadable) {
				not = err
				return nil
			}
			list = append(list, v)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if not != nil {
		return list, fmt.Errorf("read %s: %w", what, not)
	}
	return list, nil
}
