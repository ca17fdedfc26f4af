package rounds_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/storage"
)

// lease is one that a process holds until it gives it up.
type lease struct {
	mu       sync.Mutex
	holder   string
	released []string
}

func (l *lease) Acquire(_ context.Context, name, holder string, _ time.Duration) (storage.Lease, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder != "" && l.holder != holder {
		return storage.Lease{}, false, nil
	}
	l.holder = holder
	return storage.Lease{Name: name, Holder: holder}, true, nil
}

func (l *lease) Release(ctx context.Context, name, holder string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder == holder {
		l.holder, l.released = "", append(l.released, name)
	}
	return nil
}

// TestOneOfTwoProcessesDoesTheRounds until it ends, when the other one goes on.
func TestOneOfTwoProcessesDoesTheRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lease{}
		done := map[string]int{}
		run := func(ctx context.Context, name string) {
			r := rounds.New(l, slog.New(slog.DiscardHandler), rounds.Job{Lease: "job", TTL: time.Minute, Every: time.Second})
			r.Run(ctx, func(ctx context.Context) error {
				if ok, err := r.Leads(ctx); err != nil || !ok {
					return err
				}
				done[name]++
				return nil
			})
		}
		ctx, end := context.WithCancel(t.Context())
		go run(ctx, "first")
		synctest.Wait()
		other, endOther := context.WithCancel(t.Context())
		go run(other, "second")
		time.Sleep(4500 * time.Millisecond)
		synctest.Wait()
		if done["first"] != 5 || done["second"] != 0 {
			t.Errorf("rounds while the first one lives: %v, want five of the first", done)
		}
		end()
		synctest.Wait()
		if len(l.released) != 1 || l.released[0] != "job" {
			t.Errorf("given up: %v, want the lease once, though the context had ended", l.released)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if done["second"] != 2 {
			t.Errorf("%d rounds of the second in two seconds after the first ended, want 2", done["second"])
		}
		endOther()
		synctest.Wait()
	})
}

// TestARoundThatFailsIsToldAndTheNextOneComes.
func TestARoundThatFailsIsToldAndTheNextOneComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		ctx, end := context.WithCancel(t.Context())
		n := 0
		r := rounds.New(&lease{}, slog.New(slog.NewTextHandler(&log, nil)), rounds.Job{Lease: "job", TTL: time.Minute, Every: time.Second, Cannot: "cannot do it now"})
		r.Run(ctx, func(context.Context) error {
			n++
			if n == 3 {
				end()
				return context.Canceled // no news: the program ends
			}
			return errors.New("scripted")
		})
		if got := strings.Count(log.String(), "cannot do it now"); n != 3 || got != 2 {
			t.Errorf("%d rounds, %d of them told as failed; want 3 and 2:\n%s", n, got, log.String())
		}
	})
}

// TestALeaseIsKeptWhileSomethingIsMade: what takes longer than the lease lasts is made by one process, and is cut off
// where another leads.
func TestALeaseIsKeptWhileSomethingIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &timed{}
		job := rounds.Job{Lease: "l", TTL: 9 * time.Second, Every: time.Second}
		one, other := rounds.New(l, slog.New(slog.DiscardHandler), job), rounds.New(l, slog.New(slog.DiscardHandler), job)
		ok, err := one.Holding(t.Context(), func(context.Context) {
			for range 6 {
				time.Sleep(10 * time.Second)
				if ok, err := other.Holding(t.Context(), func(context.Context) { t.Error("two do it") }); ok || err != nil {
					t.Errorf("another leads meanwhile: %v, %v", ok, err)
				}
			}
		})
		if !ok || err != nil {
			t.Errorf("it was done: %v, %v", ok, err)
		}
		ok, err = one.Holding(t.Context(), func(ctx context.Context) {
			l.mu.Lock()
			l.holder, l.until = "somebody", time.Now().Add(time.Hour)
			l.mu.Unlock()
			<-ctx.Done()
		})
		if ok || err != nil {
			t.Errorf("who lost the lease leads: %v, %v", ok, err)
		}
	})
}

// timed is a lease that lapses.
type timed struct {
	mu     sync.Mutex
	holder string
	until  time.Time
}

func (l *timed) Acquire(_ context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.holder != holder && time.Now().Before(l.until) {
		return storage.Lease{}, false, nil
	}
	l.holder, l.until = holder, time.Now().Add(ttl)
	return storage.Lease{Name: name, Holder: holder}, true, nil
}

func (l *timed) Release(context.Context, string, string) error { return nil }
