package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// tryQueries count tries to sign in.
type tryQueries struct {
	beginTry, readTry, countTry, forgiveTry, pruneTries string
}

func newTryQueries(t *texts) tryQueries {
	return tryQueries{
		beginTry:   t.one("INSERT INTO login_tries (key, tries, at, until) VALUES (?, 0, ?, ?) ON CONFLICT (key) DO NOTHING"),
		readTry:    t.one("SELECT tries, at, until FROM login_tries WHERE key = ?{lock}"),
		countTry:   t.one("UPDATE login_tries SET tries = ?, at = ?, until = ? WHERE key = ?"),
		forgiveTry: t.one("DELETE FROM login_tries WHERE key = ?"),
		pruneTries: t.one("DELETE FROM login_tries WHERE at < ?"),
	}
}

// Try implements storage.Logins.
func (s *Store) Try(ctx context.Context, of []storage.Try, now time.Time) (until time.Time, err error) {
	now = micro(now)
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b storage.Try) int { return strings.Compare(a.Key, b.Key) }) // the order of the locks
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		until = time.Time{}
		if _, err := tx.ExecContext(ctx, s.q.pruneTries, now.Add(-storage.TryMemory)); err != nil {
			return err
		}
		counts := make([]int, len(of))
		for i, t := range of {
			if _, err := tx.ExecContext(ctx, s.q.beginTry, t.Key, now, now); err != nil {
				return err
			}
			var at, wait time.Time
			if err := tx.QueryRowContext(ctx, s.q.readTry, t.Key).Scan(&counts[i], &at, &wait); err != nil {
				return err
			}
			if wait = wait.UTC(); wait.After(now) && wait.After(until) {
				until = wait
			}
		}
		if !until.IsZero() {
			return nil
		}
		for i, t := range of {
			n := counts[i] + 1
			if _, err := tx.ExecContext(ctx, s.q.countTry, n, now, now.Add(storage.WaitAfter(n, t.Free)), t.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("count a try: %w", err)
	}
	return until, nil
}

// Forgive implements storage.Logins.
func (s *Store) Forgive(ctx context.Context, key string) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.forgiveTry, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("forgive tries: %w", err)
	}
	return nil
}
