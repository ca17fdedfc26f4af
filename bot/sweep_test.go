package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// clockwork is a memory with what the sweeper asks for.
type clockwork struct {
	*memory
	mu     sync.Mutex
	live   map[string]time.Time // when sessions expire
	old    int                  // rows that can be pruned
	before storage.Retention
	hint   chan struct{}
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

func (c *clockwork) Hints(context.Context) <-chan struct{} { return c.hint }

// sweeping starts a process that sweeps c.
func sweeping(c *clockwork, expired *[]string, others *hooks) (o *outbound, stop func()) {
	h := hooks{hinted: func() {}, refresh: func(context.Context) error { return nil }}
	if others != nil {
		h = *others
	}
	h.expire = func(_ context.Context, s storage.Session) (storage.Turn, error) {
		if s.ID == "bad" {
			return storage.Turn{}, errors.New("scripted")
		}
		return storage.Turn{
			Load:  storage.Load{Session: s.ID},
			Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil },
			Done: func(storage.Result) {
				c.mu.Lock()
				defer c.mu.Unlock()
				*expired = append(*expired, s.ID)
				delete(c.live, s.ID)
			},
		}, nil
	}
	if h.duties == nil {
		h.duties = func() []caseDuty { return nil }
	}
	o = makeOutbound(c, memoryNow, quietLog(), h)
	o.hooks.perform = o.commitAll
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = o.run(ctx)
	}()
	return o, func() {
		cancel()
		<-done
		o.close()
	}
}

func newClockwork() *clockwork {
	return &clockwork{memory: newMemory(1), live: map[string]time.Time{}, hint: make(chan struct{})}
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
		_, stop := sweeping(c, &expired, nil)
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
		_, stopA := sweeping(c, &a, nil)
		time.Sleep(10 * time.Millisecond)
		_, stopB := sweeping(c, &b, nil)
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
		_, stop := sweeping(c, &expired, nil)
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
		hints, refreshed := 0, 0
		var expired []string
		_, stop := sweeping(c, &expired, &hooks{
			hinted: func() { hints++ },
			refresh: func(context.Context) error {
				refreshed++
				return errors.New("scripted")
			},
		})
		c.hint <- struct{}{}
		c.hint <- struct{}{}
		time.Sleep(time.Minute)
		stop()
		if hints != 2 {
			t.Errorf("%d of 2 hints were passed on", hints)
		}
		if refreshed < 10 {
			t.Errorf("the configuration was read %d times in a minute", refreshed)
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
		_, stop := sweeping(c, &expired, &hooks{
			hinted: func() {}, refresh: func(context.Context) error { return nil },
			duties: func() []caseDuty { return []caseDuty{duty("busy", false), duty("rare", true)} },
		})
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
