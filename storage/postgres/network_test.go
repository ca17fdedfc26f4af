package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// patience is how long tests wait for something that must happen.
const patience = time.Minute

// proxy stands between a store and its server, and can swallow what passes.
type proxy struct {
	listener net.Listener
	to       string
	hole     atomic.Bool // bytes vanish, connections stay open
	reply    atomic.Bool // bytes to the server pass, its answers vanish

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
}

// through starts a proxy to the database of dsn and returns the address by way of it.
func through(t *testing.T, dsn string) (*proxy, string) {
	t.Helper()
	to := pgtest.Shared(t).Address()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, s)
			p.mu.Unlock()
			wg.Go(func() { p.copy(s, c, &p.hole) })
			wg.Go(func() { p.copy(c, s, &p.reply) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		wg.Wait()
	})
	return p, strings.Replace(dsn, to, l.Addr().String(), 1)
}

// copy passes bytes on, or drops them while drop (or the hole) says so.
func (p *proxy) copy(to, from net.Conn, drop *atomic.Bool) {
	buf := make([]byte, 1<<15)
	for {
		n, err := from.Read(buf)
		if err != nil {
			if !p.hole.Load() {
				_ = to.Close()
			}
			return
		}
		if drop.Load() || p.hole.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil && !errors.Is(err, io.EOF) {
			_ = from.Close()
			return
		}
	}
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func openAt(t *testing.T, dsn string) storage.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn, postgres.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // its server may be gone
	return s
}

func turn(key string) []storage.Turn {
	return []storage.Turn{{Key: key, Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }}}
}

// TestADeadlineIsKeptOnAConnectionThatHangs is the promise of storage.Store, and the
// pool is well again soon after.
func TestADeadlineIsKeptOnAConnectionThatHangs(t *testing.T) {
	p, dsn := through(t, pgtest.Start(t))
	s := openAt(t, dsn)
	for i := range 5 { // idle connections that will hang
		if err := s.Advance(t.Context(), 0, turn(fmt.Sprint("before", i)))[0]; err != nil {
			t.Fatal(err)
		}
	}
	for name, call := range map[string]func(ctx context.Context) error{
		"advance": func(ctx context.Context) error { return s.Advance(ctx, 0, turn("in the hole"))[0] },
		"read":    func(ctx context.Context) error { _, err := s.Session(ctx, 0, "x"); return err },
		"publish": func(ctx context.Context) error { _, _, err := s.Publish(ctx, "f", "x", time.Now()); return err },
		"lease":   func(ctx context.Context) error { _, _, err := s.Acquire(ctx, "l", "me", time.Second); return err },
		"counts":  func(ctx context.Context) error { _, err := s.Counts(ctx); return err },
		"ping":    s.Ping,
	} {
		const deadline = 300 * time.Millisecond
		// A machine that stands still for a moment is late once. Who keeps no deadline is
		// late each time.
		took := time.Hour
		for try := 0; try < 5 && took > deadline+2*time.Second; try++ {
			p.hole.Store(true)
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			start := time.Now()
			err := call(ctx)
			took = time.Since(start)
			cancel()
			if !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
			p.hole.Store(false)
			p.cut()
		}
		if took > deadline+2*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	healed := time.Now()
	for n := 0; ; n++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := s.Advance(ctx, 0, turn(fmt.Sprint("after", n)))[0]
		cancel()
		if err == nil {
			break
		}
		if time.Since(healed) > patience {
			t.Fatalf("the pool does not heal: %v", err)
		}
	}
}

// TestAnAnswerThatVanishesOnTheWayIsFoundOut drops what the server says, COMMIT's
// answer included, and cuts the line.
func TestAnAnswerThatVanishesOnTheWayIsFoundOut(t *testing.T) {
	p, dsn := through(t, pgtest.Start(t))
	s := openAt(t, dsn)
	done := 0
	for i := range 20 {
		applied := make(chan struct{}, 10)
		stop := make(chan struct{})
		work := storage.Turn{Key: fmt.Sprint("k", i), Done: func(storage.Result) { done++ }, Apply: func(in storage.Loaded) (storage.Change, error) {
			select {
			case applied <- struct{}{}:
			default:
			}
			return storage.Change{}, nil
		}}
		var wg sync.WaitGroup
		wg.Go(func() {
			select {
			case <-applied:
				p.reply.Store(true) // from here on the server is not heard
				time.Sleep(20 * time.Millisecond)
				p.cut()
				p.reply.Store(false)
			case <-stop:
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := s.Advance(ctx, 0, []storage.Turn{work})[0]
		cancel()
		close(stop)
		wg.Wait()
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if err := s.Advance(t.Context(), 0, turn(work.Key))[0]; !errors.Is(err, storage.ErrSeen) {
			t.Fatalf("round %d: %v after it was acknowledged", i, err)
		}
	}
	if done != 20 {
		t.Fatalf("%d of 20 heard of their commit", done)
	}
}

func TestAServerThatIsKilledLosesNothingAcknowledged(t *testing.T) {
	server, err := pgtest.Run("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := openAt(t, server.DSN("postgres"))
	var acknowledged atomic.Int64
	killed := func() error { return errors.Join(server.Kill(), server.Start()) }
	for round, hit := range []func() error{killed, server.Restart, killed} {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				err := s.Advance(ctx, 0, turn(fmt.Sprint("k", acknowledged.Load())))[0]
				cancel()
				switch {
				case err == nil || errors.Is(err, storage.ErrSeen): // seen: it was committed, and we did not hear of it
					acknowledged.Add(1)
				case !errors.Is(err, storage.ErrUnavailable):
					t.Errorf("round %d: %v", round, err)
				}
			}
		})
		before, deadline := acknowledged.Load(), time.Now().Add(patience)
		for acknowledged.Load() < before+50 && time.Now().Before(deadline) {
			time.Sleep(5 * time.Millisecond)
		}
		if n := acknowledged.Load() - before; n < 50 {
			t.Errorf("round %d: %d turns were acknowledged within %v before the server was hit, want 50", round, n, patience)
		}
		err := hit()
		close(stop)
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		for i := range acknowledged.Load() {
			if err := s.Advance(t.Context(), 0, turn(fmt.Sprint("k", i)))[0]; !errors.Is(err, storage.ErrSeen) {
				t.Fatalf("round %d: key %d of %d: %v", round, i, acknowledged.Load(), err)
			}
		}
	}
}

func TestAHintWakesAnotherInstanceAlsoAfterItsLineWasCut(t *testing.T) {
	p, dsn := through(t, pgtest.Start(t))
	a, b := openAt(t, dsn), openAt(t, dsn)
	ctx, cancel := context.WithCancel(t.Context())
	hints := a.Hints(ctx)
	for round := range 2 {
		awake := false
		for end := time.Now().Add(patience); !awake && time.Now().Before(end); {
			b.Hint(ctx)
			select {
			case _, awake = <-hints:
			case <-time.After(50 * time.Millisecond):
			}
		}
		if !awake {
			t.Fatalf("round %d: the other instance's hints woke nobody within %v", round, patience)
		}
		p.cut()
	}
	cancel()
	for range hints { //nolint:revive // it ends with its context
	}
}

func TestErrorsShowNoPassword(t *testing.T) {
	dsn := pgtest.Start(t)
	secret := strings.Replace(dsn, "aftercare:", "aftercare:canary4711", 1)
	ways := map[string]string{
		"a wrong password":  secret,
		"nobody listens":    strings.Replace(secret, pgtest.Shared(t).Address(), "127.0.0.1:1", 1),
		"not an address":    strings.Replace(secret, pgtest.Shared(t).Address(), "127.0.0.1:x", 1),
		"no such host":      strings.Replace(secret, pgtest.Shared(t).Address(), "no-such-host.invalid", 1),
		"no such setting":   secret + "&nonsense=1",
		"TLS is not spoken": strings.Replace(secret, "sslmode=disable", "sslmode=require", 1),
	}
	for name, bad := range ways {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		s, err := postgres.Open(ctx, bad, postgres.Options{Migrate: true})
		cancel()
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: it opened", name)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	t.Attr("figure", fmt.Sprintf("%d ways to fail, none shows the password", len(ways)))
}
