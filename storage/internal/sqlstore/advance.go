package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime/debug"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// Advance implements storage.Store.
func (s *Store) Advance(ctx context.Context, b storage.Bucket, turns []storage.Turn) []error {
	errs := make([]error, len(turns))
	if len(turns) == 0 {
		return errs
	}
	turns = cleaned(turns)
	err := s.batch(ctx, b, turns, errs)
	if err == nil {
		return errs
	}
	if len(turns) == 1 || !s.oneTurns(err) {
		failed := s.failed(err)
		for i := range errs {
			errs[i] = failed
		}
		return errs
	}
	for i := range turns {
		err := s.batch(ctx, b, turns[i:i+1], errs[i:i+1])
		if err == nil {
			continue
		}
		errs[i] = s.failed(err)
		if !s.oneTurns(err) {
			for j := i + 1; j < len(turns); j++ {
				errs[j] = errs[i]
			}
			break
		}
	}
	return errs
}

// oneTurns reports whether a batch's error may be one turn's doing, so that the others
// can go on without it: the database answered, and it is known that nothing of the batch
// is stored. A database that is away, or a newer program's, is not asked a hundred times
// more.
func (s *Store) oneTurns(err error) bool {
	if _, inDoubt := errors.AsType[errDoubt](err); inDoubt || errors.Is(err, storage.ErrOutdated) || errors.Is(err, storage.ErrGone) {
		return false
	}
	fault := s.fault(err)
	return fault == Refused || fault == Taken || fault == Slow || fault == Broken
}

// errDoubt is the error of a batch that may be stored all the same: the answer to its
// COMMIT was lost, and the database could not be asked since.
type errDoubt struct{ error }

func (e errDoubt) Unwrap() error { return e.error }

// failed is what a turn is told of a database error.
func (s *Store) failed(err error) error {
	if fault := s.fault(err); s.oneTurns(err) && (fault == Refused || fault == Taken) {
		return fmt.Errorf("%w: %s", storage.ErrRefused, s.describe(err))
	}
	return s.unreadable(err)
}

// cleaned is the turns with every text of theirs that reaches the database cleaned.
func cleaned(turns []storage.Turn) []storage.Turn {
	turns = slices.Clone(turns)
	for i := range turns {
		t := &turns[i]
		t.Key = seenKey(t.Key)
		l := &t.Load
		l.Session, l.Invitation, l.Case = storage.Clean(l.Session), storage.Clean(l.Invitation), storage.Clean(l.Case)
		for j, name := range l.Slots {
			if c := storage.Clean(name); c != name {
				l.Slots = slices.Clone(l.Slots)
				l.Slots[j] = c
			}
		}
	}
	return turns
}

// attempt is one run of a batch's transaction.
type attempt struct {
	mark    int64  // identifies the batch in the rows of its keys
	witness string // a key that this attempt stored: if it is there, with the mark, the COMMIT succeeded
	errs    []error
	results map[int]*storage.Result
}

// batch runs turns in one transaction, with retries, fills errs and calls Done. Its
// error is the database's; then nothing of the batch is known to be stored.
func (s *Store) batch(ctx context.Context, b storage.Bucket, turns []storage.Turn, errs []error) error {
	mark := rand.Int64() // not a secret: it only tells two batches apart
	var done, doubtful *attempt
	var after *working
	err := s.retry(ctx, func() error {
		var a *attempt
		doubt, err := s.once(ctx, func(tx *sql.Tx) error {
			w := newWorking(ctx, s, tx, b)
			after = nil
			if err := w.lock(); err != nil {
				return err
			}
			if doubtful != nil {
				// The answer to an earlier COMMIT was lost. Under the lock of the bucket its
				// fate is decided: all of it is there, or nothing.
				there, err := w.committed(doubtful)
				if err != nil {
					return err
				}
				if there {
					done = doubtful
					return nil
				}
				doubtful = nil
			}
			var err error
			a, err = w.run(turns, mark)
			after = w
			return err
		})
		switch {
		case err == nil && done == nil:
			done = a
		case err != nil && doubt && a != nil:
			doubtful = a
		}
		return err
	})
	if err != nil && doubtful != nil {
		return errDoubt{err}
	}
	if err != nil {
		return err
	}
	if after != nil {
		after.remember()
	}
	copy(errs, done.errs)
	for i, t := range turns {
		if done.errs[i] != nil || t.Done == nil {
			continue
		}
		r := storage.Result{}
		if done.results[i] != nil {
			r = *done.results[i]
		}
		t.Done(r)
	}
	return nil
}

// committed looks for what an attempt left behind if its COMMIT succeeded.
func (w *working) committed(a *attempt) (bool, error) {
	if a.witness == "" {
		return false, nil // it changed nothing
	}
	var mark int64
	err := w.tx.QueryRowContext(w.ctx, w.s.q.keyBatch, int64(w.bucket), a.witness).Scan(&mark)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && mark == a.mark, err
}

// run is the body of the transaction: refuse keys that were seen, load, apply each turn
// to the working set in order, write.
func (w *working) run(turns []storage.Turn, mark int64) (*attempt, error) {
	a := &attempt{mark: mark, errs: make([]error, len(turns)), results: w.results}
	fresh, err := w.takeKeys(turns, mark)
	if err != nil {
		return nil, err
	}
	var loads []storage.Load
	for _, t := range turns {
		if t.Key == "" || fresh[t.Key] {
			loads = append(loads, t.Load)
		}
	}
	if err := w.prefetch(loads...); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for i, t := range turns {
		if t.Key != "" && (!fresh[t.Key] || used[t.Key]) {
			a.errs[i] = storage.ErrSeen
			continue
		}
		change, err := w.turn(i, t)
		if own, ok := errors.AsType[errOwn](err); ok {
			a.errs[i] = own.error
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.Key != "" {
			used[t.Key] = true
			if !w.take(t.Key) {
				a.witness = t.Key
			}
		}
		w.result(i).Change = change
	}
	if err := w.flush(); err != nil {
		return nil, err
	}
	// A turn that failed leaves its key unseen.
	maps.DeleteFunc(fresh, func(key string, _ bool) bool {
		_, _, bit := placeOf(key)
		return used[key] || bit
	})
	if err := w.dropKeys(slices.Sorted(maps.Keys(fresh))); err != nil {
		return nil, err
	}
	if !w.changed() {
		return a, nil
	}
	var marks [][]any
	if a.witness == "" {
		// No key is a row, or there is none: leave a mark to know its COMMIT by. Each lies
		// behind all that were left before.
		a.witness = markPrefix + fmt.Sprintf("%016x", w.version)
		marks = [][]any{{int64(w.bucket), a.witness, w.now, mark}}
	}
	return a, w.save(marks)
}

// errOwn is an error of the turn itself, not of the database.
type errOwn struct{ error }

// turn loads what a turn wants to see, applies it, and merges what it did.
func (w *working) turn(i int, t storage.Turn) (storage.Change, error) {
	in, err := w.loaded(t.Load)
	if err != nil {
		return storage.Change{}, err
	}
	change, err := w.apply1(t, in)
	if err != nil {
		return storage.Change{}, errOwn{err}
	}
	return change, w.merge(i, t.Load, change)
}

// result is the turn's, made when it is first asked for.
func (w *working) result(turn int) *storage.Result {
	r := w.results[turn]
	if r == nil {
		r = &storage.Result{}
		w.results[turn] = r
	}
	return r
}

// takeKeys returns those of the turns' keys that were not seen before, and marks those of them
// that are rows as seen.
func (w *working) takeKeys(turns []storage.Turn, mark int64) (map[string]bool, error) {
	keys := make([]string, 0, len(turns))
	for _, t := range turns {
		if t.Key != "" {
			keys = append(keys, t.Key)
		}
	}
	slices.Sort(keys)
	return w.fresh(slices.Compact(keys), mark)
}

// apply1 calls a turn's Apply. A panic is its error: one update must not take the
// others of its batch, or the process, with it.
func (w *working) apply1(t storage.Turn, in storage.Loaded) (c storage.Change, err error) {
	defer func() {
		if p := recover(); p != nil {
			// What was thrown may hold a customer's words; where it was thrown does not.
			w.s.log.Error("a turn panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			c, err = storage.Change{}, fmt.Errorf("apply panicked with a %T", p)
		}
	}()
	return t.Apply(in)
}
