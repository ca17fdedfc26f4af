package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// pruneQueries remove what is old.
type pruneQueries struct {
	pruneKeys, pruneDeliveries, pruneOpened string
}

func newPruneQueries(t *texts) pruneQueries {
	return pruneQueries{
		pruneKeys: t.one("DELETE FROM seen WHERE bucket = ? AND key IN" +
			" (SELECT key FROM seen WHERE bucket = ? AND at < ? AND key > '' ORDER BY at LIMIT ?)"),
		// An owner is the session or the case that a slot's name begins with.
		pruneDeliveries: t.one("DELETE FROM deliveries WHERE bucket = ? AND slot IN" +
			" (SELECT d.slot FROM deliveries d WHERE d.bucket = ? AND d.state IN ('sent','failed') AND d.due < ?" +
			" AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.bucket = ? AND s.id = d.owner AND s.ended_at IS NULL" + perRow + ")" +
			" AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.bucket = ? AND c.id = d.owner AND c.state NOT IN " + restingStates() + perRow + ")" +
			" ORDER BY d.due LIMIT ?)"),
		pruneOpened: t.one("DELETE FROM cases_opened WHERE bucket = ? AND minute < ?"),
	}
}

// Prune implements storage.Store.
func (s *Store) Prune(ctx context.Context, b storage.Bucket, before storage.Retention, limit int) (int, error) {
	total := 0
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		total = 0
		if err := newWorking(ctx, s, tx, b).lock(); err != nil {
			return err
		}
		for _, k := range []struct {
			before time.Time
			text   string
			args   []any
		}{
			{before.Keys, s.q.pruneKeys, []any{int64(b), int64(b), micro(before.Keys), int64(limit)}},
			{before.Deliveries, s.q.pruneDeliveries, []any{int64(b), int64(b), micro(before.Deliveries), int64(b), int64(b), int64(limit)}},
			{before.CasesOpened, s.q.pruneOpened, []any{int64(b), micro(before.CasesOpened)}},
		} {
			if k.before.IsZero() {
				continue
			}
			r, err := tx.ExecContext(ctx, k.text, k.args...)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	return total, nil
}
