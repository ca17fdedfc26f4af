package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Fault is what a database error means for the transaction it broke.
type Fault int

// The faults.
const (
	Broken  Fault = iota // the database answered with an error that repeating does not cure
	Again                // the same may succeed a moment later: serialization, lock, shutdown, too many clients
	Lost                 // the connection is gone; a COMMIT under way is in doubt
	Refused              // the data is refused: too large, breaks a constraint
	Taken                // something of that key is there already: of one turn a refusal; else storage.ErrThere
	Slow                 // the database gave up, as it took too long; again it would as well
)

// Retries: enough to outlive a restart of the database's connections, too few to keep
// a person waiting; whoever calls repeats at leisure.
const (
	attempts   = 5
	firstPause = 10 * time.Millisecond
)

// fault classifies an error of the driver or of database/sql.
func (s *Store) fault(err error) Fault {
	if errors.Is(err, storage.ErrUnreadable) {
		return Broken
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Lost
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) {
		return Lost
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return Lost
	}
	return s.dialect.Fault(err)
}

// retry runs f until it succeeds, fails for good, or has been tried often enough. The
// error is the driver's, still to be passed through unavailable or refused.
func (s *Store) retry(ctx context.Context, f func() error) error {
	pause := firstPause
	for i := 1; ; i++ {
		err := f()
		if cause := ctx.Err(); cause != nil && errors.Is(err, sql.ErrTxDone) {
			err = cause // which ended the transaction before its COMMIT: no connection is lost
		}
		if err == nil || errors.Is(err, storage.ErrUnreadable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		fault := s.fault(err)
		if fault == Lost && ctx.Err() == nil { // who gave up lost no connection
			s.dropIdle()
		}
		if i == attempts || fault == Broken || fault == Slow || fault == Refused || fault == Taken || ctx.Err() != nil {
			return err
		}
		s.log.Debug("database: trying again", "attempt", i, "err", s.dialect.Describe(err))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause *= 3
	}
}

// dropIdle closes idle connections: when one is dead after a restart of the server or a
// failover, so are the others, and each would cost an attempt. One caller at a time does it; whoever comes meanwhile
// goes on, as the connections are the same. Two at once would break the pool: SetMaxIdleConns closes connections while
// it no longer holds the pool's lock, from a list in the array that the pool goes on to fill. If the second caller
// allows idle connections again meanwhile, the first closes one that was just given back, and the pool hands it out
// for ever.
func (s *Store) dropIdle() {
	if !s.dropping.TryLock() {
		return
	}
	defer s.dropping.Unlock()
	for _, db := range []*sql.DB{s.write, s.read, s.lease} {
		if n := db.Stats().MaxOpenConnections; n > 0 {
			db.SetMaxIdleConns(-1)
			db.SetMaxIdleConns(n)
		}
	}
}

// unavailable is ErrUnavailable with a cause that holds no secret and no parameter; of a value that
// the database refuses, ErrRefused: it is not away, and waiting for it does not help. What may be stored all the
// same is ErrUnavailable, and may be repeated. What is there already is ErrThere, and what takes too long ErrSlow.
func (s *Store) unavailable(err error) error {
	if err == nil || errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrRefused) {
		return err
	}
	for _, cause := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w: %w", storage.ErrUnavailable, cause)
		}
	}
	if _, inDoubt := errors.AsType[errDoubt](err); !inDoubt {
		switch s.fault(err) {
		case Refused:
			return fmt.Errorf("%w: %s", storage.ErrRefused, s.describe(err))
		case Taken:
			return fmt.Errorf("%w: %s", storage.ErrThere, s.describe(err))
		case Slow:
			return fmt.Errorf("%w: %s", storage.ErrSlow, s.describe(err))
		}
	}
	return fmt.Errorf("%w: %s", storage.ErrUnavailable, s.describe(err))
}

// unreadable is storage.ErrUnreadable where that is the cause, else unavailable: nothing is wrong with the database
// where one record is damaged.
func (s *Store) unreadable(err error) error {
	if errors.Is(err, storage.ErrUnreadable) {
		return err
	}
	return s.unavailable(err)
}

func (s *Store) describe(err error) string {
	var n net.Error
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return "the connection was lost"
	case errors.As(err, &n) && n.Timeout():
		return "the connection timed out"
	case errors.As(err, &n):
		return "the connection was lost"
	}
	return s.dialect.Describe(err)
}

// transaction runs f in one write transaction, with retries. f may run several times
// and must be idempotent.
func (s *Store) transaction(ctx context.Context, f func(tx *sql.Tx) error) error {
	err := s.retry(ctx, func() error {
		_, err := s.once(ctx, f)
		return err
	})
	return s.unreadable(err)
}

// once runs f in one transaction. doubt says that the COMMIT was sent and that nobody
// knows what became of it.
func (s *Store) once(ctx context.Context, f func(tx *sql.Tx) error) (doubt bool, err error) {
	tx, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.Isolation})
	if err != nil {
		return false, err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the first error says what went wrong
		return false, err
	}
	if err := tx.Commit(); err != nil {
		fault := s.fault(err)
		return fault == Lost || fault == Again, err
	}
	return false, nil
}

// reading runs f against the pool that reads, with retries.
func (s *Store) reading(ctx context.Context, f func(db *sql.DB) error) error {
	return s.unreadable(s.retry(ctx, func() error { return f(s.read) }))
}
