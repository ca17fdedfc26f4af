package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// two are two instances on one database.
func (b *bench) two(t *testing.T) []storage.Store {
	t.Helper()
	return []storage.Store{b.store, b.open(t, Options{Clock: b.clock.Now})}
}

var instanceTests = map[string]func(*testing.T, *bench){
	"instances agree on the number of buckets": func(t *testing.T, b *bench) {
		stores := b.two(t)
		if stores[0].Buckets() != stores[1].Buckets() || stores[0].Buckets() < 1 {
			t.Fatalf("%d and %d", stores[0].Buckets(), stores[1].Buckets())
		}
	},
	"what reaches two instances at once is handled once": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		stores := b.two(t)
		var mu sync.Mutex
		committed := map[string]int{}
		check(t, concurrently(t.Context(), 6, func(ctx context.Context, i int) error {
			for j := range 10 {
				var turns []storage.Turn
				for k := range 3 {
					turns = append(turns, answering(fmt.Sprintf("k%d", j*3+k), p, fmt.Sprintf("q%d", j*3+k)))
				}
				for k, err := range stores[i%2].Advance(ctx, 0, turns) {
					if err != nil && !errors.Is(err, storage.ErrSeen) {
						return err
					}
					mu.Lock()
					if err == nil {
						committed[turns[k].Key]++
					}
					mu.Unlock()
				}
			}
			return nil
		}))
		for j := range 30 {
			if n := committed[fmt.Sprintf("k%d", j)]; n != 1 {
				t.Errorf("k%d was committed %d times", j, n)
			}
		}
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 30 {
			t.Fatalf("%d answers, want 30", len(got))
		}
	},
	"case numbers have no gaps and no doubles": func(t *testing.T, b *bench) {
		stores := b.two(t)
		check(t, concurrently(t.Context(), 8, func(ctx context.Context, i int) error {
			for j := range 5 {
				open := storage.Turn{Key: fmt.Sprintf("k%d-%d", i, j), Apply: func(in storage.Loaded) (storage.Change, error) {
					c := storage.Case{Case: recovery.Case{ID: newID(), Number: in.NextCase, State: recovery.Open, OpenedAt: in.Now}}
					if i%4 == 3 {
						return storage.Change{Case: &c}, errOwn // its number must be used by the next
					}
					return storage.Change{Case: &c}, nil
				}}
				for _, err := range stores[i%2].Advance(ctx, 0, []storage.Turn{open}) {
					if err != nil && !errors.Is(err, errOwn) {
						return err
					}
				}
			}
			return nil
		}))
		numbers := map[int]bool{}
		for _, c := range must(b.store.Cases(t.Context(), storage.CaseFilter{Limit: 100}))(t) {
			numbers[c.Number] = true
		}
		if len(numbers) != 30 {
			t.Fatalf("%d numbers, want 30", len(numbers))
		}
		for n := 1; n <= 30; n++ {
			if !numbers[n] {
				t.Fatalf("there is no case %d", n)
			}
		}
	},
	"a delivery is claimed once": func(t *testing.T, b *bench) {
		stores := b.two(t)
		for i := range 20 {
			b.ops(t, want(fmt.Sprintf("q:s%d:0", i), person(i), "x"))
		}
		var mu sync.Mutex
		claimed := map[string]int{}
		check(t, concurrently(t.Context(), 6, func(ctx context.Context, i int) error {
			for j := range 20 {
				turn := change("", storage.Change{Slots: []storage.SlotOp{claim(fmt.Sprintf("q:s%d:0", j), int64(i+1))}})
				turn.Done = func(r storage.Result) {
					mu.Lock()
					defer mu.Unlock()
					for _, d := range r.Claimed {
						claimed[d.Slot]++
					}
				}
				if err := errors.Join(stores[i%2].Advance(ctx, 0, []storage.Turn{turn})...); err != nil {
					return err
				}
			}
			return nil
		}))
		for i := range 20 {
			if n := claimed[fmt.Sprintf("q:s%d:0", i)]; n != 1 {
				t.Errorf("delivery %d was claimed %d times", i, n)
			}
		}
	},
	"buckets go ahead side by side": func(t *testing.T, b *bench) {
		stores := b.two(t)
		n := b.store.Buckets()
		check(t, concurrently(t.Context(), 2*n, func(ctx context.Context, i int) error {
			bucket := storage.Bucket(i % n)
			for j := range 10 {
				p := person(i*100 + j)
				s := session(newID(), p, b.clock.Now())
				id := identity(p, s.ID, b.clock.Now())
				turns := []storage.Turn{
					change(fmt.Sprintf("k%d-%d", i, j), storage.Change{Identity: &id, Session: &s, Slots: []storage.SlotOp{want("q:"+s.ID+":0", p, "x")}}),
					answering(fmt.Sprintf("a%d-%d", i, j), p, "q1"),
				}
				if err := errors.Join(stores[i%2].Advance(ctx, bucket, turns)...); err != nil {
					return err
				}
			}
			return nil
		}))
		c := must(b.store.Counts(t.Context()))(t)
		same(t, "counts", c, storage.Counts{Sessions: 20 * n, Answers: 20 * n, Due: 20 * n})
	},
	"hints end with their context": func(t *testing.T, b *bench) {
		ctx, cancel := context.WithCancel(t.Context())
		hints := b.store.Hints(ctx)
		b.store.Hint(ctx)
		cancel()
		for range hints { //nolint:revive // it must end
		}
	},
}
