package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// resultQueries are about figures that are made in the background.
type resultQueries struct{ keepResult, readResult, wantResult, resultsWanted, dropResult string }

func newResultQueries(t *texts) resultQueries {
	return resultQueries{
		keepResult: t.one("INSERT INTO kept_results (kind, key, made_at, body) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (kind, key) DO UPDATE SET made_at = excluded.made_at, body = excluded.body"),
		readResult: t.one("SELECT made_at, wanted_at, body FROM kept_results WHERE kind = ? AND key = ? AND body <> ''"),
		wantResult: t.one("INSERT INTO kept_results (kind, key, made_at, wanted_at, body) VALUES (?, ?, ?, ?, '')" +
			" ON CONFLICT (kind, key) DO UPDATE SET wanted_at = excluded.wanted_at"),
		resultsWanted: t.one("SELECT key, made_at, wanted_at, body <> '' FROM kept_results WHERE kind = ? ORDER BY key"),
		dropResult:    t.one("DELETE FROM kept_results WHERE kind = ? AND key = ?"),
	}
}

// writeResult runs one statement about a result.
func (s *Store) writeResult(ctx context.Context, what, text string, args ...any) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// KeepResult implements storage.Results.
func (s *Store) KeepResult(ctx context.Context, r storage.KeptResult) error {
	return s.writeResult(ctx, "keep a result", s.q.keepResult, storage.Clean(r.Kind), storage.Clean(r.Key), micro(r.MadeAt), storage.Clean(string(r.Body)))
}

// ReadResult implements storage.Results.
func (s *Store) ReadResult(ctx context.Context, kind, key string) (storage.KeptResult, bool, error) {
	r, err := one(ctx, s, "kept result", s.q.readResult, []any{storage.Clean(kind), storage.Clean(key)}, func(row scanner) (r storage.KeptResult, err error) {
		var wanted sql.NullTime
		err = row.Scan(&r.MadeAt, &wanted, &r.Body)
		r.WantedAt = momentOf(wanted)
		return r, err
	})
	if errors.Is(err, storage.ErrNotFound) {
		return storage.KeptResult{}, false, nil
	}
	r.Kind, r.Key, r.MadeAt = kind, key, r.MadeAt.UTC()
	return r, err == nil, err
}

// WantResult implements storage.Results.
func (s *Store) WantResult(ctx context.Context, kind, key string, at time.Time) error {
	return s.writeResult(ctx, "want a result", s.q.wantResult, storage.Clean(kind), storage.Clean(key), micro(time.Unix(0, 0)), micro(at))
}

// ResultsWanted implements storage.Results.
func (s *Store) ResultsWanted(ctx context.Context, kind string) ([]storage.KeptResult, error) {
	return collect(ctx, s, "results that are wanted", s.q.resultsWanted, []any{storage.Clean(kind)}, func(row scanner) (r storage.KeptResult, err error) {
		var made bool
		var wanted sql.NullTime
		r.Kind = kind
		err = row.Scan(&r.Key, &r.MadeAt, &wanted, &made)
		r.WantedAt = momentOf(wanted)
		if r.MadeAt = r.MadeAt.UTC(); !made {
			r.MadeAt = time.Time{}
		}
		return r, err
	})
}

// DropResult implements storage.Results.
func (s *Store) DropResult(ctx context.Context, kind, key string) error {
	return s.writeResult(ctx, "drop a result", s.q.dropResult, storage.Clean(kind), storage.Clean(key))
}
