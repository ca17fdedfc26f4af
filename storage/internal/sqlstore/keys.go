package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// keyQueries are about the keys of updates that were handled: rows of seen, and bits of keyblocks
// where a platform numbers the updates of an account.
type keyQueries struct {
	insertKeys, putBlocks       *list
	putMark                     *list // of a batch, which has a key of its own
	seen, blocks                *keyed
	deleteKey, keyBatch, former string
	seenStep, blockStep         step
}

func newKeyQueries(t *texts) keyQueries {
	from, to := chat.NumberedRange()
	return keyQueries{
		// What RETURNING yields was not seen before.
		insertKeys: t.insert("seen", "bucket, key, at, batch", "ON CONFLICT (bucket, key) DO NOTHING RETURNING key"),
		putMark:    t.insert("seen", "bucket, key, at, batch", ""),
		putBlocks:  t.put("keyblocks", "bucket, id, at, bits", "bucket", "id"),
		seen:       t.keyed("key", "seen", "key", ""),
		blocks:     t.keyed("id, at, bits", "keyblocks", "id", ""),
		deleteKey:  t.one("DELETE FROM seen WHERE bucket = ? AND key = ?"),
		keyBatch:   t.one("SELECT batch FROM seen WHERE bucket = ? AND key = ?"),
		former:     t.one("SELECT key FROM seen WHERE bucket = ? AND key >= '" + from + "' AND key < '" + to + "' ORDER BY key LIMIT 1"),
		// What a batch leaves to know its COMMIT by is of use for as long as a batch is tried.
		// A key under which an update is parked stays as long as that does.
		seenStep: t.step("seen", "key", "(at < ? OR at < ? AND key >= '"+markPrefix+"' AND key < '"+markEnd+"')"+
			" AND (batch <> 0 OR NOT EXISTS (SELECT 1 FROM parked p WHERE p.bucket = ? AND p.key = seen.key"+perRow+"))"),
		blockStep: t.step("keyblocks", "id", "at < ?"),
	}
}

const (
	// longestKey is how long a key is stored as it is; longer ones by their hash, because
	// an index holds no row over a few kilobytes.
	longestKey = 200
	// blockKeys is how many numbers share a row of keyblocks: a bit each.
	blockKeys = 4096
	// atLeeway is how far behind the time of a block may be: so it is seldom written, and all
	// else of the row stays as it is but for a bit.
	atLeeway = time.Hour

	markPrefix, markEnd = "batch:", "batch;"
	// markKept is how long the mark of a batch is kept.
	markKept = time.Hour
)

func seenKey(key string) string {
	key = storage.Clean(key)
	if len(key) <= longestKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// block is a row of keyblocks.
type block struct {
	at    time.Time
	bits  [blockKeys / 8]byte
	dirty bool
}

func (b *block) has(bit int) bool { return b.bits[bit/8]&(1<<(bit%8)) != 0 }

// place is where the bit of a numbered key is.
func placeOf(key string) (id string, bit int, ok bool) {
	account, n, ok := chat.Numbered(key)
	if !ok {
		return "", 0, false
	}
	return fmt.Sprintf("%s:%016d", account, n/blockKeys), int(n % blockKeys), true
}

// formers says of each bucket whether rows of seen have keys that are bits by now: those from
// before there were bits, and those of parked updates. Nobody makes the former any more, and so
// a bucket that has none is not asked again.
type formers []atomic.Int32

const (
	unasked int32 = iota
	some
	none
)

// fresh finds out which of these keys, each named once and sorted, were not seen before. Those
// that are rows are taken with that; those that are bits are taken by take.
func (w *working) fresh(keys []string, mark int64) (map[string]bool, error) {
	var rows, numbers, ids []string
	for _, key := range keys {
		if id, _, ok := placeOf(key); ok {
			numbers, ids = append(numbers, key), append(ids, id)
		} else {
			rows = append(rows, key)
		}
	}
	fresh, err := w.insertKeys(rows, mark)
	if err != nil || len(numbers) == 0 {
		return fresh, err
	}
	if err := w.fetchBlocks(ids); err != nil {
		return nil, err
	}
	var unknown []string
	for i, key := range numbers {
		_, bit, _ := placeOf(key)
		if b, _ := w.blocks.get(ids[i]); b == nil || !b.has(bit) {
			fresh[key] = true
			unknown = append(unknown, key)
		}
	}
	if had, err := w.hasFormer(); err != nil || !had {
		return fresh, err
	}
	return fresh, w.find(w.s.q.seen, unknown, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		delete(fresh, key)
		return err
	})
}

// hasFormer reports whether a numbered key of this bucket may be a row of seen.
func (w *working) hasFormer() (bool, error) {
	f := &w.s.formers[w.bucket]
	if f.Load() == unasked {
		var key string
		err := w.tx.QueryRowContext(w.ctx, w.s.q.former, int64(w.bucket)).Scan(&key)
		switch {
		case err == nil:
			f.Store(some)
		case errors.Is(err, sql.ErrNoRows):
			f.Store(none)
		default:
			return false, err
		}
	}
	return f.Load() == some, nil
}

// fetchBlocks loads the blocks with these ids that are not in the working set yet.
func (w *working) fetchBlocks(ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, known := w.blocks.get(id)
		return known
	})
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		w.blocks.put(id, nil)
	}
	return w.find(w.s.q.blocks, ids, func(rows *sql.Rows) error {
		var id string
		var bits []byte
		b := new(block)
		if err := rows.Scan(&id, &b.at, &bits); err != nil {
			return err
		}
		if len(bits) != len(b.bits) {
			return fmt.Errorf("the block %s has %d bytes", id, len(bits))
		}
		copy(b.bits[:], bits)
		b.at = b.at.UTC()
		w.blocks.put(id, b)
		return nil
	})
}

// take marks a key as seen that fresh found to be new, if it is a bit, and reports whether it
// is.
func (w *working) take(key string) bool {
	id, bit, ok := placeOf(key)
	if ok {
		w.setBit(id, bit, true)
	}
	return ok
}

func (w *working) setBit(id string, bit int, set bool) {
	b, _ := w.blocks.get(id)
	if b == nil {
		b = new(block)
		w.blocks.put(id, b)
	}
	if !b.dirty {
		b.dirty = true
		w.touchedBlocks = append(w.touchedBlocks, id)
	}
	b.bits[bit/8] &^= 1 << (bit % 8)
	if set {
		b.bits[bit/8] |= 1 << (bit % 8)
	}
	if w.now.Sub(b.at) > atLeeway {
		b.at = w.now
	}
}

// saveBlocks writes the blocks that have changed.
func (w *working) saveBlocks() error { return w.insert(w.s.q.putBlocks, w.dirtyBlocks()) }

// dirtyBlocks are their rows.
func (w *working) dirtyBlocks() [][]any {
	slices.Sort(w.touchedBlocks)
	rows := make([][]any, len(w.touchedBlocks))
	for i, id := range w.touchedBlocks {
		b, _ := w.blocks.get(id)
		rows[i] = []any{int64(w.bucket), id, b.at, b.bits[:]}
	}
	return rows
}

func (w *working) insertKeys(keys []string, mark int64) (map[string]bool, error) {
	fresh := make(map[string]bool, len(keys))
	table := make([][]any, len(keys))
	for i, key := range keys {
		table[i] = []any{int64(w.bucket), key, w.now, mark}
	}
	err := w.s.q.insertKeys.each(&w.buffer, table, func(text string, args []any) error {
		rows, err := w.tx.QueryContext(w.ctx, text, args...)
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			fresh[key] = true
			return nil
		})
	})
	return fresh, err
}

func (w *working) dropKeys(keys []string) error {
	for _, key := range keys {
		if _, err := w.tx.ExecContext(w.ctx, w.s.q.deleteKey, int64(w.bucket), key); err != nil {
			return err
		}
	}
	return nil
}

// takeOne marks one key as seen, under a mark, whatever it is: a row in any case. It reports
// whether it was not seen before.
func (w *working) takeOne(key string, mark int64) (bool, error) {
	fresh, err := w.fresh([]string{key}, mark)
	if err != nil || !fresh[key] {
		return false, err
	}
	if !w.take(key) {
		return true, nil
	}
	if _, err := w.insertKeys([]string{key}, mark); err != nil {
		return false, err
	}
	w.s.formers[w.bucket].Store(some)
	return true, w.saveBlocks()
}

// letGo forgets that a key was seen which takeOne took under this mark. Nothing happens if it
// stands there under another one.
func (w *working) letGo(key string, mark int64) error {
	r, err := w.tx.ExecContext(w.ctx, w.s.q.unpark, int64(w.bucket), key, mark)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	id, bit, numbered := placeOf(key)
	if err != nil || n == 0 || !numbered {
		return err
	}
	if err := w.fetchBlocks([]string{id}); err != nil {
		return err
	}
	w.setBit(id, bit, false)
	return w.saveBlocks()
}

// takenAs is the mark under which a key was seen, if it was.
func (w *working) takenAs(key string) (mark int64, seen bool, err error) {
	err = w.tx.QueryRowContext(w.ctx, w.s.q.keyBatch, int64(w.bucket), key).Scan(&mark)
	if err == nil {
		return mark, true, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, false, err
	}
	id, bit, numbered := placeOf(key)
	if !numbered {
		return 0, false, nil
	}
	if err := w.fetchBlocks([]string{id}); err != nil {
		return 0, false, err
	}
	b, _ := w.blocks.get(id)
	return -1, b != nil && b.has(bit), nil // by a batch
}

// step is how what is old is removed from a table without an index of its age: by walking
// through its primary key, a part at a time.
type step struct{ look, remove string }

func (t *texts) step(table, key, old string) step {
	return step{
		look:   t.one("SELECT " + key + ", CASE WHEN " + old + " THEN 1 ELSE 0 END FROM " + table + " WHERE bucket = ? AND " + key + " > ? ORDER BY " + key + " LIMIT ?"),
		remove: t.one("DELETE FROM " + table + " WHERE bucket = ? AND " + key + " > ? AND " + key + " <= ? AND " + old),
	}
}

// leastWalk is how many rows one step of pruning looks at, at least, if it finds nothing that is
// old.
const leastWalk = 1000

// walk removes at most limit rows behind a cursor that are old, and returns how many, and the
// cursor from which to go on; "" = from the beginning.
func (q step) walk(ctx context.Context, tx *sql.Tx, b storage.Bucket, cursor string, limit int, old ...any) (n int, next string, err error) {
	most := max(leastWalk, 8*limit)
	rows, err := tx.QueryContext(ctx, q.look, slices.Concat(old, []any{int64(b), cursor, int64(most)})...)
	if err != nil {
		return 0, cursor, err
	}
	looked, last := 0, ""
	next = cursor
	err = each(rows, func(rows *sql.Rows) error {
		var key string
		var is int
		if err := rows.Scan(&key, &is); err != nil || n == limit {
			return err
		}
		looked++
		if n, next = n+is, key; is == 1 {
			last = key
		}
		return nil
	})
	if err != nil {
		return 0, cursor, err
	}
	if n > 0 {
		r, err := tx.ExecContext(ctx, q.remove, slices.Concat([]any{int64(b), cursor, last}, old)...)
		if err != nil {
			return 0, cursor, err
		}
		gone, err := r.RowsAffected()
		if err != nil {
			return 0, cursor, err
		}
		n = int(gone)
	}
	if n < limit && looked < most {
		next = ""
	}
	return n, next, nil
}
