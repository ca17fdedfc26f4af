package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// leaseQueries take leases and give them up.
type leaseQueries struct {
	acquire, release string
}

func newLeaseQueries(t *texts) leaseQueries {
	return leaseQueries{
		// Only VALUES asks the clock, so that no UPDATE holds a volatile function:
		// excluded.expires - ttl is now.
		acquire: t.one("INSERT INTO leases (name, holder, epoch, expires) VALUES (?, ?, 1, {now} + ?)" +
			" ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires," +
			" epoch = CASE WHEN leases.holder = excluded.holder THEN leases.epoch ELSE leases.epoch + 1 END" +
			" WHERE leases.holder = excluded.holder OR leases.expires <= excluded.expires - ? RETURNING epoch"),
		// The row stays: its epoch must never be used again.
		release: t.one("UPDATE leases SET holder = '', expires = 0 WHERE name = ? AND holder = ?"),
	}
}

// Acquire implements storage.Leases.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	name, holder = storage.Clean(name), storage.Clean(holder)
	l := storage.Lease{Name: name, Holder: holder}
	err := s.retry(ctx, func() error {
		return s.lease.QueryRowContext(ctx, s.q.acquire, name, holder, ttl.Microseconds(), ttl.Microseconds()).Scan(&l.Epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return storage.Lease{}, false, nil
	}
	if err != nil {
		return storage.Lease{}, false, fmt.Errorf("acquire lease: %w", s.unavailable(err))
	}
	return l, true, nil
}

// Release implements storage.Leases.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	err := s.retry(ctx, func() error {
		_, err := s.lease.ExecContext(ctx, s.q.release, storage.Clean(name), storage.Clean(holder))
		return err
	})
	if err != nil {
		return fmt.Errorf("release lease: %w", s.unavailable(err))
	}
	return nil
}
