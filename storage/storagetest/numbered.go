package storagetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// number is the key of an update that the platform numbers.
func number(n int64) string { return chat.NumberedKey("42", n) }

// nothing is a turn that changes nothing but that its key is seen.
func nothing(key string) storage.Turn { return change(key, storage.Change{}) }

// failing is a turn that fails by itself.
func failing(key string) storage.Turn {
	return storage.Turn{Key: key, Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, errOwn }}
}

// seen reports whether a key was seen, and leaves it as it was.
func (b *bench) seen(t *testing.T, bucket storage.Bucket, key string) bool {
	t.Helper()
	err := b.store.Advance(t.Context(), bucket, []storage.Turn{failing(key)})[0]
	if !errors.Is(err, errOwn) && !errors.Is(err, storage.ErrSeen) {
		t.Fatal(err)
	}
	return errors.Is(err, storage.ErrSeen)
}

var numberedTests = group{
	"numbered keys are refused exactly when they were seen, in any order and by any instance": func(t *testing.T, b *bench) {
		stores := b.two(t)
		r := rand.New(rand.NewPCG(7, 11))
		accounts := []string{"42", "43", "4242"}
		seen := map[string]bool{}
		for round := range 150 {
			if round%50 == 49 { // one that remembers nothing
				stores[1] = b.open(t, Options{Clock: b.clock.Now})
			}
			var turns []storage.Turn
			var want []error
			for range 1 + r.IntN(12) {
				// Near the borders of blocks, at the end of all numbers, and here and there a key
				// of another kind.
				n := []int64{0, 4090, 8185, 1 << 40, 1<<63 - 40}[r.IntN(5)] + r.Int64N(12)
				key := chat.NumberedKey(accounts[r.IntN(len(accounts))], n)
				if r.IntN(5) == 0 {
					key = fmt.Sprint("web:", r.IntN(40))
				}
				fails := r.IntN(4) == 0
				switch {
				case seen[key]:
					want = append(want, storage.ErrSeen)
				case fails:
					want = append(want, errOwn)
				default:
					want = append(want, nil)
					seen[key] = true
				}
				if fails {
					turns = append(turns, failing(key))
				} else {
					turns = append(turns, nothing(key))
				}
			}
			wantErrors(t, stores[r.IntN(2)].Advance(t.Context(), 0, turns), want...)
		}
		if len(seen) < 150 {
			t.Fatalf("only %d keys were seen", len(seen))
		}
		for key := range seen {
			wantErrors(t, stores[0].Advance(t.Context(), 0, []storage.Turn{nothing(key)}), storage.ErrSeen)
		}
	},
	"a numbered key is another one in another bucket": func(t *testing.T, b *bench) {
		if b.store.Buckets() < 2 {
			return
		}
		for bucket := range storage.Bucket(2) {
			wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{nothing(number(7)), nothing(number(7))}), nil, storage.ErrSeen)
		}
	},
	"what has a number and reaches two instances at once is handled once": func(t *testing.T, b *bench) {
		stores := b.two(t)
		var mu sync.Mutex
		committed := map[string]int{}
		check(t, concurrently(t.Context(), 6, func(ctx context.Context, i int) error {
			for j := range 10 {
				var turns []storage.Turn
				for k := range 4 {
					turns = append(turns, nothing(number(int64(4080+j*4+k))))
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
		for n := range int64(40) {
			equal(t, number(4080+n), committed[number(4080+n)], 1)
		}
	},
	"a COMMIT of numbered keys whose answer is lost counts once, and is reported as it was": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		cutter.Once(Commit, 1, After)
		wantErrors(t, cut.store.Advance(t.Context(), 0, []storage.Turn{answering(number(1), p, "q1"), failing(number(2)), answering(number(1), p, "q1")}),
			nil, errOwn, storage.ErrSeen)
		cutter.Once(Commit, 1, After)
		wantErrors(t, cut.store.Advance(t.Context(), 0, []storage.Turn{nothing(number(3))}), nil)
		equal(t, "cuts", cutter.Cuts(), 2)
		equal(t, "answers", len(must(b.store.Answers(t.Context(), 0, id))(t)), 1)
		for n, want := range map[int64]bool{1: true, 2: false, 3: true} {
			equal(t, number(n), b.seen(t, 0, number(n)), want)
		}
	},
	"a COMMIT of numbered keys that stays in doubt is seen when it is repeated": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		lost := false
		cutter.Plan(func(at Point) Cut {
			switch {
			case lost:
				return Before
			case at == Commit:
				lost = true
				return After
			}
			return Pass
		})
		turns := []storage.Turn{answering(number(1), p, "q1"), answering(number(5000), p, "q2")}
		wantErrors(t, cut.store.Advance(t.Context(), 0, turns), storage.ErrUnavailable, storage.ErrUnavailable)
		cutter.Plan(nil)
		wantErrors(t, cut.store.Advance(t.Context(), 0, turns), storage.ErrSeen, storage.ErrSeen)
		equal(t, "answers", len(must(b.store.Answers(t.Context(), 0, id))(t)), 2)
	},
	"a connection may break at any statement of a batch of numbered keys": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		var stored []string
		for n := 1; ; n++ {
			for _, how := range []Cut{Before, After} {
				before := cutter.Cuts()
				cutter.Once(Statement, n, how)
				key := number(int64(len(stored)) * 1500) // now and then a block of its own
				cut.advance(t, answering(key, p, fmt.Sprint("q", len(stored))))
				stored = append(stored, key)
				equal(t, "answers", len(must(b.store.Answers(t.Context(), 0, id))(t)), len(stored))
				if cutter.Cuts() > before {
					continue
				}
				if n < 3 { // there are fewer statements than that
					t.Fatalf("only %d statements were seen", n)
				}
				for _, key := range stored {
					equal(t, key, b.seen(t, 0, key), true)
				}
				return
			}
		}
	},
	"a parked update that has a number is seen, let go, and handled once": func(t *testing.T, b *bench) {
		p := person(1)
		bucket := storage.BucketOf(p.Hash16(), b.store.Buckets())
		handle := func(key string, want error) {
			t.Helper()
			wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{nothing(key)}), want)
		}
		drop := func(u storage.Parked, handled, want bool) {
			t.Helper()
			equal(t, "dropped", must(b.store.DropParked(t.Context(), u, handled))(t), want)
		}
		parked := func(n int64) storage.Parked {
			u := storage.Parked{Key: number(n), Person: p, Payload: "{}", Error: "x", At: b.clock.Now()}
			check(t, b.store.Park(t.Context(), u))
			return u
		}
		handle(number(2), nil)
		u, v := parked(1), parked(3)
		handle(u.Key, storage.ErrSeen)
		drop(u, true, false) // nobody has handled it
		check(t, b.store.Unpark(t.Context(), u))
		drop(u, true, false)
		handle(u.Key, nil)
		check(t, b.store.Unpark(t.Context(), u)) // as after a crash, before it was dropped
		handle(u.Key, storage.ErrSeen)
		drop(u, true, true)
		drop(v, false, true) // without being handled: it never is
		handle(v.Key, storage.ErrSeen)
		if err := b.store.Unpark(t.Context(), v); !errors.Is(err, storage.ErrNotFound) {
			t.Fatalf("let go what is dropped: %v", err)
		}
		check(t, b.store.Park(t.Context(), storage.Parked{Key: number(2), Person: p, At: b.clock.Now()}))
		equal(t, "one that was handled is not parked", len(must(b.store.ParkedUpdates(t.Context(), 9))(t)), 0)
		// It is let go and dropped without being handled.
		w := parked(4)
		check(t, b.store.Unpark(t.Context(), w))
		drop(w, false, true)
		handle(w.Key, storage.ErrSeen)
	},
	"numbered keys are pruned by the block, once the newest is old": func(t *testing.T, b *bench) {
		p := person(1)
		bucket := storage.BucketOf(p.Hash16(), b.store.Buckets())
		handle := func(n int64) {
			wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{nothing(number(n))}), nil)
		}
		old := b.clock.Now()
		handle(1)
		handle(5000)
		check(t, b.store.Park(t.Context(), storage.Parked{Key: number(9000), Person: p, Payload: "{}", Error: "x", At: old}))
		wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{nothing("web:1")}), nil)
		b.clock.Add(24 * time.Hour)
		handle(5001)
		prune := func(before time.Time) {
			for range 50 {
				if must(b.store.Prune(t.Context(), bucket, storage.Retention{Keys: before}, 2))(t) == 0 {
					return
				}
			}
			t.Fatal("pruning does not end")
		}
		prune(old.Add(-time.Hour)) // nothing is as old as that
		for _, key := range []string{number(1), number(5000), number(5001), number(9000), "web:1"} {
			equal(t, key, b.seen(t, bucket, key), true)
		}
		prune(old.Add(12 * time.Hour))
		for key, want := range map[string]bool{number(1): false, number(5000): true, number(5001): true, number(9000): true, "web:1": false} {
			equal(t, key+" after that", b.seen(t, bucket, key), want)
		}
		// Let go, it is handled like any other.
		check(t, b.store.Unpark(t.Context(), storage.Parked{Key: number(9000), Person: p}))
		handle(9000)
	},
	"numbered keys from before there were blocks count": func(t *testing.T, b *bench) {
		_, db := b.behind(t)
		p := person(1)
		bucket := storage.BucketOf(p.Hash16(), b.store.Buckets())
		wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{nothing("web:1")}), nil)
		for n, mark := range map[int64]int{7: 1, 8: 0} { // the second is parked
			exec(t, db, fmt.Sprintf("INSERT INTO seen (bucket, key, at, batch) SELECT bucket, '%s', at, %d FROM seen WHERE key = 'web:1'", number(n), mark))
		}
		exec(t, db, fmt.Sprintf("INSERT INTO parked (bucket, key, platform, account, person, payload, error, at)"+
			" SELECT bucket, key, '%s', '%s', '%s', '{}', 'x', at FROM seen WHERE key = '%s'", p.Platform, p.Account, p.User, number(8)))
		s := b.open(t, Options{Clock: b.clock.Now}) // as after the migration
		turns := []storage.Turn{nothing(number(6)), nothing(number(7)), nothing(number(8)), nothing(number(9))}
		wantErrors(t, s.Advance(t.Context(), bucket, turns), nil, storage.ErrSeen, storage.ErrSeen, nil)
		u := storage.Parked{Key: number(8), Person: p}
		check(t, s.Unpark(t.Context(), u))
		wantErrors(t, s.Advance(t.Context(), bucket, turns), storage.ErrSeen, storage.ErrSeen, nil, storage.ErrSeen)
		equal(t, "dropped", must(s.DropParked(t.Context(), u, true))(t), true)
		b.clock.Add(24 * time.Hour)
		for must(s.Prune(t.Context(), bucket, storage.Retention{Keys: b.clock.Now().Add(-12 * time.Hour)}, 2))(t) > 0 {
		}
		wantErrors(t, s.Advance(t.Context(), bucket, turns), nil, nil, nil, nil)
	},
}
