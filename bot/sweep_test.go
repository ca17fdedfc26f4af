package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// clockwork is a database in virtual time with what Run and the sweeper ask for.
// Everything else of storage.Store panics through the nil interface.
type clockwork struct {
	storage.Store
	mu     sync.Mutex
	leases map[string]string    // holders
	live   map[string]time.Time // when sessions expire
	old    int                  // rows that can be pruned
	before storage.Retention
	hint   chan struct{}
	read   int // how often the configuration was
}

func (c *clockwork) Buckets() int { return 1 }

func (c *clockwork) Behind(context.Context) (storage.Behind, error) { return storage.Behind{}, nil }

func (c *clockwork) Advance(_ context.Context, _ storage.Bucket, turns []storage.Turn) []error {
	time.Sleep(time.Millisecond)
	errs := make([]error, len(turns))
	for i, t := range turns {
		var ch storage.Change
		if ch, errs[i] = t.Apply(storage.Loaded{Now: time.Now()}); errs[i] == nil {
			t.Done(storage.Result{Change: ch})
		}
	}
	return errs
}

// Acquire grants a lease that lasts until it is released: nobody dies here.
func (c *clockwork) Acquire(_ context.Context, name, holder string, _ time.Duration) (storage.Lease, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leases[name] == "" {
		c.leases[name] = holder
	}
	return storage.Lease{Name: name, Holder: holder}, c.leases[name] == holder, nil
}

func (c *clockwork) Release(_ context.Context, name, holder string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leases[name] == holder {
		delete(c.leases, name)
	}
	return nil
}

// Revision is one more each time: the configuration always has changed.
func (c *clockwork) Revision(context.Context) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(c.read + 1), nil
}

func (c *clockwork) FlowSources(context.Context) ([]storage.FlowSource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read++
	return nil, errors.New("scripted")
}

func (c *clockwork) CasesOpened(context.Context, storage.Bucket, time.Time) ([]recovery.CasesOpened, error) {
	return nil, nil
}

func (c *clockwork) Expiring(_ context.Context, _ storage.Bucket, now time.Time, limit int) ([]storage.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []storage.Session
	for id, at := range c.live {
		if !at.After(now) {
			list = append(list, storage.Session{Session: survey.Session{ID: id}})
		}
	}
	slices.SortFunc(list, func(a, b storage.Session) int { return c.live[a.ID].Compare(c.live[b.ID]) })
	return list[:min(limit, len(list))], nil
}

func (c *clockwork) Prune(_ context.Context, _ storage.Bucket, r storage.Retention, limit int) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = r
	n := min(limit, c.old)
	c.old -= n
	return n, nil
}

func (c *clockwork) PruneAnswers(context.Context, time.Time, int) (int, error) { return 0, nil }

func (c *clockwork) Forget(context.Context) (bool, error) { return false, nil }

func (c *clockwork) CountCells(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return storage.CountedCells{}, nil
}

func (c *clockwork) CountMonths(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return storage.CountedCells{}, nil
}

func (c *clockwork) CountCases(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return storage.CountedCells{}, nil
}

func (c *clockwork) CountAsked(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return storage.CountedCells{}, nil
}

func (c *clockwork) CountAskedMonths(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return storage.CountedCells{}, nil
}

func (c *clockwork) Erasures(context.Context) ([]storage.Erasure, error) { return nil, nil }

func (c *clockwork) RetentionDays(context.Context) (privacy.Retention, error) { return nil, nil }

func (c *clockwork) PendingDue(context.Context, storage.Bucket, time.Time, int) ([]storage.PendingReply, error) {
	return nil, nil
}

func (c *clockwork) Hints(context.Context) <-chan struct{} { return c.hint }

// clockNow is the time as databases keep it.
func clockNow() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// sweeping starts a process that sweeps c, with these duties.
func sweeping(c *clockwork, expired *[]string, duties ...caseDuty) (stop func()) {
	b := botIn(c)
	s := newSweeper(b)
	s.duties = func() []caseDuty { return duties }
	s.expires = func(_ context.Context, session storage.Session) (storage.Turn, error) {
		if session.ID == "bad" {
			return storage.Turn{}, errors.New("scripted")
		}
		return storage.Turn{
			Load:  storage.Load{Session: session.ID},
			Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil },
			Done: func(storage.Result) {
				c.mu.Lock()
				defer c.mu.Unlock()
				*expired = append(*expired, session.ID)
				delete(c.live, session.ID)
			},
		}, nil
	}
	return running(b, func(ctx context.Context) { s.rounds.Run(ctx, s.sweep) })
}

// botIn is as much of a Bot as Run and the sweeper need.
func botIn(c *clockwork) *Bot {
	b := &Bot{store: c, now: clockNow, log: slog.New(slog.DiscardHandler), watch: newWatchers()}
	b.snap = snapshot.NewKeeper(snapshot.Config{Store: c, Log: b.log})
	b.out = outbox.New(c, aftermath{b}, outbox.Options{Clock: clockNow})
	return b
}

// running runs f until the returned function is called.
func running(b *Bot, f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	return func() {
		cancel()
		<-done
		_ = b.Close()
	}
}

func newClockwork() *clockwork {
	return &clockwork{leases: map[string]string{}, live: map[string]time.Time{}, hint: make(chan struct{})}
}

func TestSessionsExpireWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClockwork()
		now := time.Now()
		for i := range 200 {
			c.live[fmt.Sprint(i)] = now.Add(-time.Minute)
		}
		c.live["bad"] = now.Add(-time.Hour)
		c.live["later"] = now.Add(time.Minute)
		var expired []string
		stop := sweeping(c, &expired)
		time.Sleep(30 * time.Second)
		c.mu.Lock()
		if len(expired) != 200 || slices.Contains(expired, "later") {
			t.Errorf("%d of 200 sessions expired", len(expired))
		}
		c.mu.Unlock()
		time.Sleep(time.Minute)
		stop()
		if len(expired) != 201 {
			t.Errorf("%d sessions expired", len(expired))
		}
	})
}

func TestOneOfSeveralProcessesSweepsAndAnotherFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClockwork()
		var a, b []string
		stopA := sweeping(c, &a)
		time.Sleep(10 * time.Millisecond)
		stopB := sweeping(c, &b)
		add := func(id string) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.live[id] = time.Now()
		}
		add("1")
		time.Sleep(3 * time.Second)
		stopA()
		add("2")
		time.Sleep(3 * time.Second)
		stopB()
		if !slices.Equal(a, []string{"1"}) || !slices.Equal(b, []string{"2"}) {
			t.Errorf("the first expired %v, the second %v", a, b)
		}
	})
}

func TestOldKeysAndDeliveriesArePruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClockwork()
		c.old = 3*pruneBatch + 1
		var expired []string
		stop := sweeping(c, &expired)
		time.Sleep(5 * time.Second)
		stop()
		if c.old != 0 {
			t.Errorf("%d old rows are left", c.old)
		}
		age := func(at time.Time) time.Duration { return time.Since(at).Round(time.Hour) }
		if age(c.before.Keys) != 7*24*time.Hour || age(c.before.Deliveries) != 30*24*time.Hour {
			t.Errorf("kept for %v and %v", age(c.before.Keys), age(c.before.Deliveries))
		}
	})
}

func TestHintsAndTheConfigurationArePassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClockwork()
		c.leases[sweepLease], c.leases[tellLease] = "another", "another"
		b := botIn(c)
		news, stopWatching := b.watch.add(room)
		defer stopWatching()
		stop := running(b, func(ctx context.Context) { _ = b.Run(ctx) })
		for n := range 2 {
			c.hint <- struct{}{}
			synctest.Wait()
			select {
			case <-news:
			default:
				t.Errorf("hint %d was not passed on", n+1)
			}
		}
		time.Sleep(time.Minute)
		stop()
		if c.read < 10 {
			t.Errorf("the configuration was read %d times in a minute", c.read)
		}
	})
}

func TestDutiesAreDoneInRoundsAndRareOnesRestWhenThereIsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClockwork()
		looks := map[string]int{}
		waiting := 3*sweepBatch + 1
		var expired []string
		duty := func(name string, rare bool) caseDuty {
			return caseDuty{
				name: name, rare: rare,
				list: func(_ context.Context, _ storage.Bucket, limit int) ([]storage.Case, error) {
					c.mu.Lock()
					defer c.mu.Unlock()
					looks[name]++
					if name != "busy" {
						return nil, nil
					}
					list := make([]storage.Case, min(limit, waiting))
					for i := range list {
						list[i].ID = fmt.Sprint(i)
					}
					return list, nil
				},
				turn: func(context.Context, storage.Case) (storage.Turn, error) {
					return storage.Turn{
						Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil },
						Done: func(storage.Result) {
							c.mu.Lock()
							defer c.mu.Unlock()
							waiting--
						},
					}, nil
				},
			}
		}
		stop := sweeping(c, &expired, duty("busy", false), duty("rare", true))
		time.Sleep(30*time.Second + time.Millisecond)
		stop()
		if waiting != 0 {
			t.Errorf("%d cases still wait", waiting)
		}
		if looks["busy"] < 25 || looks["rare"] < 2 || looks["rare"] > 4 {
			t.Errorf("looked %v times in 30 seconds", looks)
		}
	})
}
