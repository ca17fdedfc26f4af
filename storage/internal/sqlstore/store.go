// Package sqlstore is the store on a SQL database: every query, once, for all engines.
// The engines' own packages open the database and say what differs (Dialect).
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Config is what an engine hands over. The store owns the pools and closes them.
type Config struct {
	Dialect Dialect
	Write   *sql.DB
	Read    *sql.DB
	Lease   *sql.DB // so that a renewal never waits for a batch; may be Write
	Clock   func() time.Time
	Log     *slog.Logger
	// Guard says that the database is not to be used any more, or nil; nil = it always is.
	// The pool that writes asks it around every transaction (Cached).
	Guard func() error
	// Release is called when every pool is closed; nil = nothing is to be released.
	Release func()
	// Unchecked leaves out that every statement is checked first.
	Unchecked bool
	// Hints and Stop are the engine's listener; nil where there is none.
	Hints func(ctx context.Context) <-chan struct{}
}

// Store implements storage.Store.
type Store struct {
	dialect  Dialect
	q        *queries
	write    *sql.DB
	read     *sql.DB
	lease    *sql.DB
	dropping sync.Mutex // held while idle connections are closed
	clock    func() time.Time
	log      *slog.Logger
	buckets  int
	memories memories
	formers  formers
	pruned   []pruned

	countedTo countedTo
	walked    walked
	guard     func() error
	release   func()
	forgets   atomic.Int64 // one more than the number of erasures that this process knows of
	hints     func(ctx context.Context) <-chan struct{}
	hint      chan struct{} // holds one wish to notify
	stop      context.CancelFunc
	stopped   chan struct{}
}

var _ storage.Store = (*Store)(nil)

// New makes a store of a migrated database. It reads the number of buckets and prepares
// every statement once, so that a broken one stops the boot.
func New(ctx context.Context, c Config) (*Store, error) {
	s := &Store{
		dialect: c.Dialect, q: newQueries(c.Dialect), write: c.Write, read: c.Read, lease: c.Lease,
		clock: c.Clock, log: c.Log, hints: c.Hints, guard: c.Guard, release: c.Release,
		hint: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.guard == nil {
		s.guard = func() error { return nil }
	}
	if err := s.read.QueryRowContext(ctx, s.q.countBuckets).Scan(&s.buckets); err != nil {
		return nil, fmt.Errorf("count buckets: %w", s.unavailable(err))
	}
	s.formers, s.pruned = make(formers, s.buckets), make([]pruned, s.buckets)
	if !c.Unchecked {
		if err := s.prepare(ctx); err != nil {
			return nil, err
		}
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.notify(background)
	return s, nil
}

// prepare has the database check every statement. Of those that come in several sizes
// the smallest is enough: a test looks at all.
func (s *Store) prepare(ctx context.Context) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("prepare statements: %w", s.unavailable(err))
	}
	defer conn.Close()
	for _, text := range s.q.boot {
		st, err := conn.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare %.200q: %w", text, err)
		}
		if err := st.Close(); err != nil { //nolint:sqlclosecheck // one after the other: a defer would keep them all
			return fmt.Errorf("prepare statements: %w", s.unavailable(err))
		}
	}
	return nil
}

// Buckets implements storage.Store.
func (s *Store) Buckets() int { return s.buckets }

// Ping implements storage.Store: it writes nothing but asks the pool that writes.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.guard(); err != nil {
		return err
	}
	return s.unavailable(s.outdated(ctx, s.write, 0))
}

// protocol numbers the rules by which this program writes to a bucket; the bucket's row says
// which of them hold (decision 0009). A migration that must not be followed by writes of
// programs from before it raises both.
const protocol = "13"

// outdated asks by which rules programs write to a bucket, and is storage.ErrOutdated if
// they are not this program's. Whatever else changes, this statement stays.
func (s *Store) outdated(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}, b storage.Bucket,
) error {
	var spoken string
	err := db.QueryRowContext(ctx, s.q.protocol, int64(b)).Scan(&spoken)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("bucket %d: %w", b, storage.ErrNotFound)
	case err == nil && spoken != protocol:
		return storage.ErrOutdated
	}
	return err
}

// Close implements storage.Store. It closes every pool, whatever fails.
func (s *Store) Close() error {
	s.stop()
	<-s.stopped
	var errs []error
	for _, db := range []*sql.DB{s.lease, s.read, s.write} {
		errs = append(errs, db.Close())
	}
	if s.release != nil {
		s.release()
	}
	return errors.Join(errs...)
}

// Hints implements storage.Store.
func (s *Store) Hints(ctx context.Context) <-chan struct{} {
	if s.hints != nil {
		return s.hints(ctx)
	}
	none := make(chan struct{})
	context.AfterFunc(ctx, func() { close(none) })
	return none
}

// Hint implements storage.Store. Wishes that come while one is under way are one wish.
func (s *Store) Hint(context.Context) {
	select {
	case s.hint <- struct{}{}:
	default:
	}
}

// notify passes hints on until the store closes.
func (s *Store) notify(ctx context.Context) {
	defer close(s.stopped)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.hint:
		}
		if s.dialect.Notify == "" {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, 2*time.Second)
		if _, err := s.lease.ExecContext(limited, s.dialect.Notify); err != nil && ctx.Err() == nil {
			s.log.Debug("hint not sent", "err", s.dialect.Describe(err))
		}
		cancel()
	}
}

// now is the injected clock's time, UTC, to the microsecond.
func (s *Store) now() time.Time { return micro(s.clock()) }

// micro is a time as every engine keeps it.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
