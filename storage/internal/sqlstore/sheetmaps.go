package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// sheetMapQueries are about how sheets were read.
type sheetMapQueries struct{ putSheetMap, sheetMap string }

func newSheetMapQueries(t *texts) sheetMapQueries {
	return sheetMapQueries{
		putSheetMap: t.one("INSERT INTO sheet_maps (header, body, used) VALUES (?, ?, ?)" +
			" ON CONFLICT (header) DO UPDATE SET body = excluded.body, used = excluded.used"),
		sheetMap: t.one("SELECT body FROM sheet_maps WHERE header = ?"),
	}
}

// PutSheetMap implements storage.SheetMaps.
func (s *Store) PutSheetMap(ctx context.Context, header string, body []byte, at time.Time) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putSheetMap, header, storage.Clean(string(body)), micro(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("remember how a sheet is read: %w", err)
	}
	return nil
}

// SheetMap implements storage.SheetMaps.
func (s *Store) SheetMap(ctx context.Context, header string) ([]byte, error) {
	return one(ctx, s, "map of a sheet", s.q.sheetMap, []any{header}, func(row scanner) (body []byte, err error) {
		return body, row.Scan(&body)
	})
}
