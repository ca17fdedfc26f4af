package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// cut opens a second store whose connections can be cut.
func (b *bench) cut(t *testing.T) (*bench, *Cutter) {
	t.Helper()
	c := &Cutter{}
	return &bench{open: b.open, clock: b.clock, store: b.open(t, Options{Clock: b.clock.Now, Wrap: c.Wrap})}, c
}

var faultTests = map[string]func(*testing.T, *bench){
	"a COMMIT whose answer is lost counts once, and is reported as it was": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		slot := "q:" + id + ":0"
		cutter.Once(Commit, 1, After)
		first := answering("k1", p, "q1")
		apply, result := first.Apply, storage.Result{}
		first.Apply = func(in storage.Loaded) (storage.Change, error) {
			c, err := apply(in)
			c.Slots = []storage.SlotOp{want(slot, p, "hello"), claim(slot, 5)}
			return c, err
		}
		first.Done = func(r storage.Result) { result = r }
		bad := storage.Turn{Key: "k2", Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, errOwn }}
		wantErrors(t, cut.store.Advance(t.Context(), 0, []storage.Turn{first, bad, answering("k1", p, "q1")}), nil, errOwn, storage.ErrSeen)
		if cutter.Cuts() != 1 {
			t.Fatalf("%d cuts", cutter.Cuts())
		}
		if len(result.Claimed) != 1 || result.Claimed[0].State != storage.Sending || result.Claimed[0].Epoch != 5 {
			t.Fatalf("the turn's result was lost: %+v", result)
		}
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 1 {
			t.Fatalf("%d answers, want 1", len(got))
		}
	},
	"a claim whose COMMIT's answer is lost is still handed to the sender": func(t *testing.T, b *bench) {
		p := person(1)
		b.ops(t, want("n:x:1", p, "hello"))
		cut, cutter := b.cut(t)
		cutter.Once(Commit, 1, After)
		r := cut.ops(t, claim("n:x:1", 5))
		if cutter.Cuts() != 1 || len(r.Claimed) != 1 {
			t.Fatalf("%d cuts, claimed %+v", cutter.Cuts(), r.Claimed)
		}
	},
	"a COMMIT that stays in doubt is unavailable, and seen when it is repeated": func(t *testing.T, b *bench) {
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
		turns := []storage.Turn{answering("k1", p, "q1"), answering("k2", p, "q2")}
		wantErrors(t, cut.store.Advance(t.Context(), 0, turns), storage.ErrUnavailable, storage.ErrUnavailable)
		cutter.Plan(nil)
		wantErrors(t, cut.store.Advance(t.Context(), 0, turns), storage.ErrSeen, storage.ErrSeen)
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 2 {
			t.Fatalf("%d answers, want 2", len(got))
		}
	},
	"a COMMIT that never arrived is repeated": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		cutter.Once(Commit, 1, Before)
		cut.advance(t, answering("k1", p, "q1"))
		if got := must(b.store.Answers(t.Context(), 0, id))(t); cutter.Cuts() != 1 || len(got) != 1 {
			t.Fatalf("%d cuts, %d answers", cutter.Cuts(), len(got))
		}
	},
	"a connection may break at any statement": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		stored := 0
		for n := 1; ; n++ {
			for _, how := range []Cut{Before, After} {
				before := cutter.Cuts()
				cutter.Once(Statement, n, how)
				question := fmt.Sprintf("q%d-%d", n, how)
				turn := answering("k"+question, p, question)
				apply := turn.Apply
				turn.Apply = func(in storage.Loaded) (storage.Change, error) {
					c, err := apply(in)
					c.Slots = []storage.SlotOp{want("q:"+id+":"+question, p, "hello"), claim("q:"+id+":"+question, 1)}
					return c, err
				}
				cut.advance(t, turn)
				stored++
				if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != stored {
					t.Fatalf("cut %v statement %d: %d answers, want %d", how, n, len(got), stored)
				}
				if cutter.Cuts() == before { // there are fewer statements than that
					if n < 5 {
						t.Fatalf("only %d statements were seen", n)
					}
					return
				}
			}
		}
	},
	"a database that is away is unavailable, and nothing happened": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		cut, cutter := b.cut(t)
		cutter.Plan(func(Point) Cut { return Before })
		done := false
		turn := answering("k1", p, "q1")
		turn.Done = func(storage.Result) { done = true }
		wantErrors(t, cut.store.Advance(t.Context(), 0, []storage.Turn{turn, answering("k2", p, "q2")}), storage.ErrUnavailable, storage.ErrUnavailable)
		if _, err := cut.store.Session(t.Context(), 0, id); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("reading: %v", err)
		}
		if _, _, err := cut.store.Publish(t.Context(), "f", "x", b.clock.Now()); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("publishing: %v", err)
		}
		if _, _, err := cut.store.Acquire(t.Context(), "l", "me", time.Second); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("a lease: %v", err)
		}
		if err := cut.store.Ping(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("ping: %v", err)
		}
		if done {
			t.Fatal("Done was called")
		}
		cutter.Plan(nil)
		cut.advance(t, turn)
		if !done {
			t.Fatal("it does not recover")
		}
	},
	"a context that is over changes nothing": func(t *testing.T, b *bench) {
		p := person(1)
		id := b.begin(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantErrors(t, b.store.Advance(ctx, 0, []storage.Turn{answering("k1", p, "q1")}), storage.ErrUnavailable)
		if got := must(b.store.Answers(t.Context(), 0, id))(t); len(got) != 0 {
			t.Fatalf("%d answers", len(got))
		}
	},
	"a deadline is kept while another transaction holds the bucket": func(t *testing.T, b *bench) {
		p := person(1)
		b.begin(t, p)
		other := b.open(t, Options{Clock: b.clock.Now})
		// The promise itself is a time: the deadline plus two seconds. A machine that stands
		// still for a moment is late once; who does not keep it is late each time.
		const deadline = 300 * time.Millisecond
		took := time.Hour
		for try := 0; try < 5 && took > deadline+2*time.Second; try++ {
			took = b.waitForTheBucket(t, other, deadline, answering("k1", p, "q1"))
		}
		if took > deadline+2*time.Second {
			t.Fatalf("it took %v", took)
		}
		b.advance(t, answering("k1", p, "q1"))
	},
	"an error names no parameters": func(t *testing.T, b *bench) {
		p := person(1)
		b.begin(t, p)
		const canary = "canary-4711"
		twice := answering("k-"+canary, p, canary)
		wantErrors(t, b.store.Advance(t.Context(), 0, []storage.Turn{twice}), nil)
		again := answering("k2-"+canary, p, canary)
		errs := b.store.Advance(t.Context(), 0, []storage.Turn{again})
		wantErrors(t, errs, storage.ErrRefused)
		if strings.Contains(errs[0].Error(), canary) {
			t.Fatalf("the error shows what was written: %v", errs[0])
		}
	},
	"what is there already may be tried again": func(t *testing.T, b *bench) {
		link := storage.InstallLink{Hash: "hash", Platform: "slack", Account: "W1", Expires: b.clock.Now().Add(time.Hour)}
		check(t, b.store.PutInstallLink(t.Context(), link))
		twice := b.store.PutInstallLink(t.Context(), link)
		wants(t, "made twice at once", twice, storage.ErrThere)
		wants(t, "to whoever repeats it", twice, storage.ErrUnavailable)
		if strings.Contains(twice.Error(), "not available") {
			t.Errorf("it says of a database that is there: %v", twice)
		}
	},
	"a closed store is unavailable": func(t *testing.T, b *bench) {
		s := b.open(t, Options{Clock: b.clock.Now})
		check(t, s.Close())
		wantErrors(t, s.Advance(t.Context(), 0, []storage.Turn{change("k", storage.Change{})}), storage.ErrUnavailable)
		if err := s.Ping(t.Context()); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("ping: %v", err)
		}
	},
}

// waitForTheBucket runs a turn, which must fail, while another store holds the bucket, and
// returns how long that took.
func (b *bench) waitForTheBucket(t *testing.T, other storage.Store, deadline time.Duration, turn storage.Turn) time.Duration {
	t.Helper()
	hold, held := make(chan struct{}), make(chan struct{})
	finished := make(chan []error, 1)
	slow := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) {
		select {
		case <-held: // it is run again
		default:
			close(held)
		}
		<-hold
		return storage.Change{}, nil
	}}
	go func() { finished <- other.Advance(context.WithoutCancel(t.Context()), 0, []storage.Turn{slow}) }()
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	start := time.Now()
	errs := b.store.Advance(ctx, 0, []storage.Turn{turn})
	took := time.Since(start)
	close(hold)
	for _, err := range <-finished {
		if err != nil {
			t.Logf("the one that held it: %v", err) // Postgres may have ended it meanwhile
		}
	}
	wantErrors(t, errs, storage.ErrUnavailable)
	return took
}
