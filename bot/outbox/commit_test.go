package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// nothing is a turn that does nothing but call f when it is applied.
func nothing(key string, f func()) storage.Turn {
	return storage.Turn{Key: key, Apply: func(storage.Loaded) (storage.Change, error) {
		f()
		return storage.Change{}, nil
	}}
}

func TestTurnsOfOneBucketCommitInTheOrderInWhichTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(2)
		c := newCommitter(m)
		const writers, each = 40, 25
		var mu sync.Mutex
		seen := map[int][]int{}
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range each {
					turn := nothing(fmt.Sprint(w, ":", i), func() {
						mu.Lock()
						defer mu.Unlock()
						seen[w] = append(seen[w], i)
					})
					if err := c.do(t.Context(), storage.Bucket(w%2), turn); err != nil {
						t.Errorf("writer %d, turn %d: %v", w, i, err)
					}
				}
			})
		}
		all.Wait()
		c.close()
		want := make([]int, each)
		for i := range want {
			want[i] = i
		}
		for w := range writers {
			if d := cmp.Diff(want, seen[w]); d != "" {
				t.Fatalf("writer %d: %s", w, d)
			}
		}
		if !m.once {
			t.Error("two transactions of one bucket were in flight at once")
		}
		if len(m.sizes) > 4*each {
			t.Errorf("%d turns took %d transactions; what waits must share one", writers*each, len(m.sizes))
		}
	})
}

func TestALoneTurnWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		c := newCommitter(m)
		began := time.Now()
		if err := c.do(t.Context(), 0, nothing("a", func() {})); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != m.cost {
			t.Errorf("took %v, one commit takes %v", took, m.cost)
		}
	})
}

func TestABatchHoldsAtMost128Turns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		c := newCommitter(m)
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() { c.do(t.Context(), 0, nothing(fmt.Sprint(i), func() {})) })
		}
		all.Wait()
		sum := 0
		for _, n := range m.sizes {
			sum += n
			if n > maxBatch {
				t.Errorf("a batch held %d turns", n)
			}
		}
		if sum != 1000 || len(m.sizes) > 1000/maxBatch+3 {
			t.Errorf("%d of 1000 turns came as %d batches of %v", sum, len(m.sizes), m.sizes)
		}
	})
}

func TestNobodyWaitsForAllThatAnotherSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		c := newCommitter(m)
		var mu sync.Mutex
		var order []string
		submit := func(user string, i int) {
			turn := nothing(fmt.Sprint(user, i), func() {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, fmt.Sprint(user, i))
			})
			turn.Load.Person = storage.Person{Platform: chat.Telegram, Account: "1", User: user}
			c.submit(0, entry{turn: turn, finish: func(error) {}})
		}
		for i := range 1000 {
			submit("mallory", i)
		}
		for i := range 3 {
			submit("bob", i)
		}
		c.close()
		var mallorys []string
		for at, who := range order {
			if strings.HasPrefix(who, "mallory") {
				mallorys = append(mallorys, who)
			} else if at >= maxBatch+2*mostOfOne { // what was being committed when he came, and a batch
				t.Errorf("%s came as number %d", who, at)
			}
		}
		for i, who := range mallorys {
			if who != fmt.Sprint("mallory", i) {
				t.Fatalf("as number %d of Mallory's came %s", i, who)
			}
		}
		if len(order) != 1003 {
			t.Errorf("%d turns of 1003 were committed", len(order))
		}
	})
}

func TestAWaiterThatGivesUpDoesNotStopItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		m.cost = time.Second
		c := newCommitter(m)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		ran := false
		err := c.do(ctx, 0, nothing("a", func() { ran = true }))
		if !errors.Is(err, storage.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the waiter got %v; what became of its turn is unknown", err)
		}
		c.close()
		if !ran {
			t.Error("the turn was not committed")
		}
	})
}

func TestEveryWaiterHearsThatTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &process{memory: newMemory(1), fail: func(string) string { return "before" }}
		c := newCommitter(p)
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				if err := c.do(t.Context(), 0, nothing(fmt.Sprint(i), func() {})); !errors.Is(err, storage.ErrUnavailable) {
					t.Errorf("turn %d: %v", i, err)
				}
			})
		}
		all.Wait()
		p.fail = nil
		if err := c.do(t.Context(), 0, nothing("0", func() {})); err != nil {
			t.Errorf("the same turn once the database is back: %v", err)
		}
		if err := c.do(t.Context(), 0, nothing("0", func() {})); !errors.Is(err, storage.ErrSeen) {
			t.Errorf("the same turn again: %v", err)
		}
	})
}

func TestCloseCommitsWhatIsQueuedAndRefusesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCommitter(newMemory(3))
		var mu sync.Mutex
		done := 0
		for i := range 900 {
			c.submit(storage.Bucket(i%3), entry{turn: nothing(fmt.Sprint(i), func() {}), finish: func(err error) {
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				}
			}})
		}
		c.close()
		c.close()
		if done != 900 {
			t.Errorf("%d of 900 queued turns were committed", done)
		}
		if err := c.do(t.Context(), 0, nothing("late", func() {})); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("a turn after the close: %v", err)
		}
	})
}

func TestAFullQueueRefusesInsteadOfGrowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCommitter(newMemory(1))
		many := make([]entry, maxQueue+1)
		refused := 0
		for i := range many {
			many[i] = entry{turn: nothing("", func() {}), finish: func(err error) {
				if errors.Is(err, storage.ErrUnavailable) {
					refused++
				}
			}}
		}
		c.submit(0, many...)
		if refused != len(many) {
			t.Errorf("%d of %d were refused", refused, len(many))
		}
		c.close()
	})
}
