package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// pruneQueries remove what is old.
type pruneQueries struct {
	pruneDeliveries, pruneTalks, pruneOpened string
}

func newPruneQueries(t *texts) pruneQueries {
	return pruneQueries{
		// An owner is the session or the case that a slot's name begins with.
		pruneDeliveries: t.one("DELETE FROM deliveries WHERE bucket = ? AND slot IN" +
			" (SELECT d.slot FROM deliveries d WHERE d.bucket = ? AND d.state IN ('sent','failed') AND d.due < ?" +
			" AND (d.due < ? OR NOT (d.slot LIKE '" + strings.Join(storage.ToldOnce(), "' OR d.slot LIKE '") + "'))" +
			" AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.bucket = ? AND s.id = d.owner AND s.ended_at IS NULL" + perRow + ")" +
			" AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.bucket = ? AND c.id = d.owner AND c.state NOT IN " + restingStates() + perRow + ")" +
			" ORDER BY d.due LIMIT ?)"),
		pruneTalks: t.one("DELETE FROM talks WHERE bucket = ? AND id IN" +
			" (SELECT d.id FROM talks d WHERE d.bucket = ? AND d.started < ? AND d.settled < ? AND d.id > ''" +
			" AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.bucket = ? AND s.id = d.id AND s.ended_at IS NULL" + perRow + ")" +
			" ORDER BY d.started LIMIT ?)"),
		pruneOpened: t.one("DELETE FROM cases_opened WHERE bucket = ? AND minute < ?"),
	}
}

// Prune implements storage.Store.
func (s *Store) Prune(ctx context.Context, b storage.Bucket, before storage.Retention, limit int) (int, error) {
	total := 0
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		total = 0
		w := newWorking(ctx, s, tx, b)
		if err := w.lock(); err != nil {
			return err
		}
		if !before.Keys.IsZero() {
			n, err := w.pruneKeys(micro(before.Keys), limit)
			if err != nil {
				return err
			}
			total += n
		}
		if !before.CasesOpened.IsZero() {
			n, err := w.count(s.q.pruneOpened, int64(b), micro(before.CasesOpened))
			if err != nil {
				return err
			}
			total += n
		}
		if !before.Events.IsZero() {
			n, err := w.count(s.q.pruneTold, int64(b), int64(b), micro(before.Events), int64(limit))
			if err != nil {
				return err
			}
			if _, err := w.count(s.q.pruneDecisions, int64(b), int64(b), micro(before.Events), int64(limit)); err != nil {
				return err
			}
			asks, err := w.count(s.q.pruneAsks, int64(b), int64(b), micro(before.Events), int64(limit))
			if err != nil {
				return err
			}
			total += n + asks
		}
		if before.Deliveries.IsZero() {
			return nil
		}
		old, told := micro(before.Deliveries), before.Told
		if told.IsZero() || told.After(before.Deliveries) {
			told = before.Deliveries
		}
		rows, err := w.count(s.q.pruneDeliveries, int64(b), int64(b), old, micro(told), int64(b), int64(b), int64(limit))
		if err != nil {
			return err
		}
		talks := 0
		if rows < limit {
			talks, err = w.count(s.q.pruneTalks, int64(b), int64(b), old, old, int64(b), int64(limit-rows))
		}
		total += rows + talks
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	return total, nil
}

// count runs a statement and says how many rows it changed.
func (w *working) count(text string, args ...any) (int, error) {
	r, err := w.tx.ExecContext(w.ctx, text, args...)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// pruned is how far the walk through the keys of a bucket has come. Where it begins anew, after
// a start, costs only time.
type pruned struct {
	mu           sync.Mutex
	rows, blocks string // guarded by mu
}

// pruneKeys removes at most limit keys, and blocks of them, that came before then. What is old
// may be found only by later calls: each walks a part of the way.
func (w *working) pruneKeys(before time.Time, limit int) (int, error) {
	p := &w.s.pruned[w.bucket]
	p.mu.Lock()
	defer p.mu.Unlock()
	marks := w.now.Add(-markKept)
	if marks.Before(before) {
		marks = before
	}
	rows, next, err := w.s.q.seenStep.walk(w.ctx, w.tx, w.bucket, p.rows, limit, before, marks, int64(w.bucket))
	if err != nil {
		return 0, err
	}
	p.rows = next
	if rows > 0 { // perhaps the last of the kind
		w.s.formers[w.bucket].CompareAndSwap(some, unasked)
	}
	if rows == limit {
		return rows, nil
	}
	blocks, next, err := w.s.q.blockStep.walk(w.ctx, w.tx, w.bucket, p.blocks, limit-rows, before.Add(-atLeeway))
	if err != nil {
		return 0, err
	}
	p.blocks = next
	return rows + blocks, nil
}
