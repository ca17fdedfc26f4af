package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// TestWhatMayBeRepeatedIsNotRefused: a refusal is for good. What may be stored all the same, and what somebody else
// made at the same moment, is asked for again.
func TestWhatMayBeRepeatedIsNotRefused(t *testing.T) {
	cause := errors.New("the cause")
	for name, c := range map[string]struct {
		fault Fault
		err   error
		want  error // of a turn
		other error // of whatever is no turn
	}{
		"refused":          {Refused, cause, storage.ErrRefused, storage.ErrRefused},
		"refused in doubt": {Refused, errDoubt{cause}, storage.ErrUnavailable, storage.ErrUnavailable},
		"taken":            {Taken, cause, storage.ErrRefused, storage.ErrThere},
		"taken in doubt":   {Taken, errDoubt{cause}, storage.ErrUnavailable, storage.ErrUnavailable},
		"slow":             {Slow, cause, storage.ErrSlow, storage.ErrSlow},
		"slow in doubt":    {Slow, errDoubt{cause}, storage.ErrUnavailable, storage.ErrUnavailable},
		"broken":           {Broken, cause, storage.ErrUnavailable, storage.ErrUnavailable},
	} {
		s := &Store{dialect: Dialect{Fault: func(error) Fault { return c.fault }, Describe: error.Error}}
		for what, got := range map[string][2]error{"a turn": {s.failed(c.err), c.want}, "anything else": {s.unreadable(c.err), c.other}} {
			if !errors.Is(got[0], got[1]) {
				t.Errorf("%s: %s gets %v, want %v", name, what, got[0], got[1])
			}
			if errors.Is(got[1], storage.ErrThere) && (!errors.Is(got[0], storage.ErrUnavailable) || strings.Contains(got[0].Error(), storage.ErrUnavailable.Error())) {
				t.Errorf("%s: %s gets %v: it may be begun anew, and nobody is away", name, what, got[0])
			}
		}
	}
}

// slowly is a database whose connections close only when they may.
type slowly struct {
	driver.Connector
	closing chan struct{} // gets one for each connection that begins to close
	stop    chan struct{} // closed when they may close
	undone  chan struct{} // gets one for each transaction that is rolled back; nil = nobody asks
}

func (s slowly) Connect(context.Context) (driver.Conn, error) { return slowConn{s: s}, nil }

type slowConn struct {
	driver.Conn
	s slowly
}

func (c slowConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return slowTx(c), nil
}

func (c slowConn) Close() error {
	c.s.closing <- struct{}{}
	<-c.s.stop
	return nil
}

// ResetSession and IsValid say that a connection outlives its transactions, as those of both engines do.
func (c slowConn) ResetSession(context.Context) error { return nil }
func (c slowConn) IsValid() bool                      { return true }

type slowTx slowConn

func (slowTx) Commit() error { return nil }

func (t slowTx) Rollback() error {
	if t.s.undone != nil {
		t.s.undone <- struct{}{}
	}
	return nil
}

// TestADroppedConnectionIsNotHandedOut: whoever comes while others close what was lost, and gives connections back
// meanwhile, finds a pool of connections that work.
func TestADroppedConnectionIsNotHandedOut(t *testing.T) {
	const idle = 2
	of := slowly{closing: make(chan struct{}, 4*idle), stop: make(chan struct{})}
	db := sql.OpenDB(of)
	db.SetMaxOpenConns(4 * idle)
	db.SetMaxIdleConns(4 * idle)
	other := sql.OpenDB(of)
	defer func() { _ = other.Close() }()
	s := &Store{write: other, read: db, lease: other}
	serializable := &sql.TxOptions{Isolation: sql.LevelSerializable}
	begin := func() (out []*sql.Tx) {
		for range 2 * idle {
			tx, err := db.BeginTx(t.Context(), serializable)
			if err != nil {
				t.Fatalf("a connection of the pool does not work: %v", err)
			}
			out = append(out, tx)
		}
		return out
	}
	end := func(all []*sql.Tx) {
		for _, tx := range all {
			if err := tx.Commit(); err != nil {
				t.Errorf("end a transaction: %v", err)
			}
		}
	}
	working := begin()
	end(working[:idle]) // these are idle, and lost

	dropped := make(chan struct{})
	go func() { defer close(dropped); s.dropIdle() }()
	<-of.closing // the first of them is under way
	s.dropIdle() // another, who lost a connection at the same time, does not wait
	returned := make(chan struct{})
	go func() { defer close(returned); end(working[idle:]) }() // others are given back
	select {
	case <-returned: // to the pool
	case <-of.closing: // or closed
	}
	close(of.stop)
	<-dropped
	<-returned

	end(begin())
	if err := db.Close(); err != nil {
		t.Errorf("close the pool: %v", err)
	}
}

// TestWhoeverGaveUpDropsNoConnections: a transaction whose context ends before its COMMIT is rolled back, and says
// nothing of the connections of others.
func TestWhoeverGaveUpDropsNoConnections(t *testing.T) {
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"left": context.WithCancel,
		"waited": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			of := slowly{closing: make(chan struct{}, 9), stop: make(chan struct{}), undone: make(chan struct{}, 1)}
			close(of.stop)
			db := sql.OpenDB(of)
			db.SetMaxOpenConns(2)
			db.SetMaxIdleConns(2)
			s := &Store{write: db, read: db, lease: db, dialect: Dialect{Isolation: sql.LevelSerializable}}
			var others [2]*sql.Tx
			for i := range others {
				others[i], _ = db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelSerializable}) // it cannot fail
			}
			for _, tx := range others {
				if err := tx.Commit(); err != nil { // and is idle
					t.Fatal(err)
				}
			}
			ctx, leave := end(t.Context())
			defer leave()
			tries := 0
			err := s.transaction(ctx, func(*sql.Tx) error {
				if tries++; name == "left" {
					leave()
				}
				<-of.undone // by database/sql, which heard that the context ended
				return nil
			})
			if cause := ctx.Err(); !errors.Is(err, storage.ErrUnavailable) || !errors.Is(err, cause) || tries != 1 {
				t.Errorf("%d tries and then %v, want one and %v", tries, err, cause)
			}
			if n := len(of.closing); n != 0 {
				t.Errorf("%d connections were closed, want none", n)
			}
			if err := db.Close(); err != nil {
				t.Errorf("close the pool: %v", err)
			}
		})
	}
}
