package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

const parkedColumns = "bucket, key, platform, account, person, payload, error, at"

// parkingQueries are about updates that could not be handled.
type parkingQueries struct {
	putParked, parked, parkedOne, isParked, unpark, dropParked string
}

func newParkingQueries(t *texts) parkingQueries {
	return parkingQueries{
		putParked: t.one("INSERT INTO parked (" + parkedColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (bucket, key) DO UPDATE SET error = excluded.error, at = excluded.at"),
		parked:     t.one("SELECT " + parkedColumns + " FROM parked ORDER BY at DESC, bucket, key LIMIT ?"),
		parkedOne:  t.one("SELECT " + parkedColumns + " FROM parked WHERE bucket = ? AND key = ?"),
		isParked:   t.one("SELECT count(*) FROM parked WHERE bucket = ? AND key = ?"),
		unpark:     t.one("DELETE FROM seen WHERE bucket = ? AND key = ? AND batch = ?"),
		dropParked: t.one("DELETE FROM parked WHERE bucket = ? AND key = ?"),
	}
}

// parkedMark is the batch of the keys of parked updates: no batch has it.
const parkedMark = 0

// Park implements storage.Parking. An update that was parked, let go and failed again
// keeps its place, with the newer reason.
func (s *Store) Park(ctx context.Context, p storage.Parked) error {
	key := seenKey(p.Key)
	err := s.parking(ctx, p, func(w *working) error {
		fresh, err := w.takeOne(key, parkedMark)
		if err != nil || !fresh {
			return err
		}
		_, err = w.tx.ExecContext(ctx, s.q.putParked, int64(w.bucket), key, storage.Clean(string(p.Person.Platform)), storage.Clean(p.Person.Account),
			storage.Clean(p.Person.User), storage.Clean(p.Payload), storage.Clean(p.Error), micro(p.At))
		return err
	})
	if err != nil {
		return fmt.Errorf("park update: %w", err)
	}
	return nil
}

// parking runs f in a transaction that holds the bucket of a parked update.
func (s *Store) parking(ctx context.Context, p storage.Parked, f func(*working) error) error {
	return s.transaction(ctx, func(tx *sql.Tx) error {
		w := newWorking(ctx, s, tx, storage.BucketOf(p.Person.Hash16(), s.buckets))
		if err := w.lock(); err != nil {
			return err
		}
		return f(w)
	})
}

// ParkedUpdates implements storage.Parking.
func (s *Store) ParkedUpdates(ctx context.Context, limit int) ([]storage.Parked, error) {
	list, err := collect(ctx, s, "parked updates", s.q.parked, []any{int64(limit)}, scanParked)
	slices.SortStableFunc(list, func(a, b storage.Parked) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Key, b.Key)) })
	return list, err
}

// ParkedUpdate implements storage.Parking.
func (s *Store) ParkedUpdate(ctx context.Context, key string) (storage.Parked, error) {
	for b := range int64(s.buckets) {
		list, err := collect(ctx, s, "parked update", s.q.parkedOne, []any{b, seenKey(key)}, scanParked)
		if err != nil || len(list) > 0 {
			return append(list, storage.Parked{})[0], err
		}
	}
	return storage.Parked{}, fmt.Errorf("read parked update: %w", storage.ErrNotFound)
}

func scanParked(row scanner) (p storage.Parked, err error) {
	var bucket int64
	err = row.Scan(&bucket, &p.Key, &p.Person.Platform, &p.Person.Account, &p.Person.User, &p.Payload, &p.Error, &p.At)
	p.At = p.At.UTC()
	return p, err
}

// Unpark implements storage.Parking.
func (s *Store) Unpark(ctx context.Context, p storage.Parked) error {
	found := false
	err := s.parking(ctx, p, func(w *working) error {
		var n int
		if err := w.tx.QueryRowContext(ctx, s.q.isParked, int64(w.bucket), seenKey(p.Key)).Scan(&n); err != nil {
			return err
		}
		if found = n > 0; !found {
			return nil
		}
		return w.letGo(seenKey(p.Key), parkedMark)
	})
	if err == nil && !found {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("unpark update: %w", err)
	}
	return nil
}

// DropParked implements storage.Parking.
func (s *Store) DropParked(ctx context.Context, p storage.Parked, handled bool) (bool, error) {
	dropped := false
	err := s.parking(ctx, p, func(w *working) error {
		dropped = false
		key := seenKey(p.Key)
		if handled {
			mark, seen, err := w.takenAs(key)
			if err != nil || !seen || mark == parkedMark {
				return err
			}
		} else if _, err := w.takeOne(key, parkedMark); err != nil {
			return err // it may have been let go before
		}
		r, err := w.tx.ExecContext(ctx, s.q.dropParked, int64(w.bucket), key)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		dropped = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("drop parked update: %w", err)
	}
	return dropped, nil
}
