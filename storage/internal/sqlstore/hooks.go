package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const hookTryColumns = "id, endpoint, at, message, news, lies, slot, status, took, answer, error, replay"

// hookQueries are about what became of telling other systems.
type hookQueries struct {
	putHookTry, pruneHookTries, hookTries, hookTaken, hookFirst, hookNewest string
}

func newHookQueries(t *texts) hookQueries {
	return hookQueries{
		putHookTry:     t.one("INSERT INTO hook_tries (" + hookTryColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		pruneHookTries: t.one("DELETE FROM hook_tries WHERE endpoint = ? AND at < ?"),
		hookTries:      t.one("SELECT " + hookTryColumns + " FROM hook_tries WHERE endpoint = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"),
		hookTaken:      t.one("SELECT at FROM hook_tries WHERE endpoint = ? AND error = '' ORDER BY at DESC LIMIT 1"),
		hookFirst:      t.one("SELECT at FROM hook_tries WHERE endpoint = ? AND at > ? ORDER BY at LIMIT 1"),
		hookNewest: t.one("SELECT " + hookTryColumns + " FROM hook_tries AS t WHERE endpoint = ? AND at >= ? AND slot <> ''" +
			" AND NOT EXISTS (SELECT 1 FROM hook_tries AS n WHERE n.endpoint = t.endpoint AND n.message = t.message AND n.id > t.id)" +
			" AND (? = 0 OR error <> '') ORDER BY id LIMIT ?"),
	}
}

func scanHookTry(row scanner) (t storage.HookTry, err error) {
	var took int64
	err = row.Scan(&t.ID, &t.Endpoint, &t.At, &t.Message, &t.News, &t.Bucket, &t.Slot, &t.Status, &took, &t.Answer, &t.Error, &t.Replay)
	t.At, t.Took = t.At.UTC(), time.Duration(took)*time.Millisecond
	return t, err
}

// PutHookTry implements storage.HookTries.
func (s *Store) PutHookTry(ctx context.Context, t storage.HookTry) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		endpoint := storage.Clean(t.Endpoint)
		_, err := tx.ExecContext(ctx, s.q.putHookTry, t.ID, endpoint, micro(t.At), storage.Clean(t.Message), storage.Clean(string(t.News)),
			int64(t.Bucket), storage.Clean(t.Slot), int64(t.Status), t.Took.Milliseconds(), storage.Clean(t.Answer), storage.Clean(t.Error), t.Replay)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, s.q.pruneHookTries, endpoint, micro(t.At.AddDate(0, 0, -storage.HookTryDays)))
		return err
	})
	if err != nil {
		return fmt.Errorf("write what became of telling an endpoint: %w", err)
	}
	return nil
}

// HookTries implements storage.HookTries.
func (s *Store) HookTries(ctx context.Context, endpoint, before string, limit int) ([]storage.HookTry, error) {
	return collect(ctx, s, "tries", s.q.hookTries, []any{storage.Clean(endpoint), storage.Clean(before), storage.Clean(before), int64(limit)}, scanHookTry)
}

// HookFailing implements storage.HookTries.
func (s *Store) HookFailing(ctx context.Context, endpoint string) (time.Time, error) {
	moment := func(row scanner) (at time.Time, err error) {
		err = row.Scan(&at)
		return at.UTC(), err
	}
	taken, err := collect(ctx, s, "tries", s.q.hookTaken, []any{storage.Clean(endpoint)}, moment)
	if err != nil {
		return time.Time{}, err
	}
	since := time.Unix(0, 0).UTC()
	if len(taken) > 0 {
		since = taken[0]
	}
	first, err := collect(ctx, s, "tries", s.q.hookFirst, []any{storage.Clean(endpoint), since}, moment)
	if err != nil || len(first) == 0 {
		return time.Time{}, err
	}
	return first[0], nil
}

// HookNewest implements storage.HookTries.
func (s *Store) HookNewest(ctx context.Context, endpoint string, since time.Time, failed bool, limit int) ([]storage.HookTry, error) {
	only := int64(0)
	if failed {
		only = 1
	}
	return collect(ctx, s, "tries", s.q.hookNewest, []any{storage.Clean(endpoint), micro(since), only, int64(limit)}, scanHookTry)
}
