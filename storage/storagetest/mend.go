package storagetest

import (
	"errors"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// parked parks one update and returns it with its bucket.
func (b *bench) parked(t *testing.T, key string) (storage.Parked, storage.Bucket) {
	t.Helper()
	p := storage.Parked{Key: key, Person: person(1), Payload: "{}", Error: "it panicked", At: b.clock.Now()}
	check(t, b.store.Park(t.Context(), p))
	return p, storage.BucketOf(p.Person.Hash16(), b.store.Buckets())
}

func mend(slot string, drop bool) storage.SlotOp {
	return storage.SlotOp{Mend: &storage.Mend{Slot: slot, Drop: drop}}
}

var mendTests = map[string]func(*testing.T, *bench){
	"a parked update is found by its key": func(t *testing.T, b *bench) {
		p, _ := b.parked(t, "tg:1")
		same(t, "the update", must(b.store.ParkedUpdate(t.Context(), "tg:1"))(t), p)
		if _, err := b.store.ParkedUpdate(t.Context(), "tg:2"); !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
	},
	"an update that is let go is handled once": func(t *testing.T, b *bench) {
		p, bucket := b.parked(t, "tg:1")
		check(t, b.store.Unpark(t.Context(), p))
		if must(b.store.DropParked(t.Context(), p, true))(t) {
			t.Fatal("its record went before it was handled")
		}
		handle := []storage.Turn{change("tg:1", storage.Change{})}
		check(t, b.store.Unpark(t.Context(), p))
		wantErrors(t, b.store.Advance(t.Context(), bucket, handle), nil)
		check(t, b.store.Unpark(t.Context(), p)) // a process died here, and another begins anew
		wantErrors(t, b.store.Advance(t.Context(), bucket, handle), storage.ErrSeen)
		if !must(b.store.DropParked(t.Context(), p, true))(t) {
			t.Fatal("its record stays after it was handled")
		}
		if must(b.store.DropParked(t.Context(), p, true))(t) {
			t.Fatal("it was dropped twice")
		}
		if err := b.store.Unpark(t.Context(), p); !errors.Is(err, storage.ErrNotFound) {
			t.Fatal(err)
		}
	},
	"an update that fails again says why": func(t *testing.T, b *bench) {
		p, _ := b.parked(t, "tg:1")
		check(t, b.store.Unpark(t.Context(), p))
		b.clock.Add(time.Minute)
		p.Error, p.At = "it panicked again", b.clock.Now()
		check(t, b.store.Park(t.Context(), p))
		same(t, "the update", must(b.store.ParkedUpdate(t.Context(), "tg:1"))(t), p)
		if must(b.store.DropParked(t.Context(), p, true))(t) {
			t.Fatal("its record went although it was not handled")
		}
	},
	"an update that is dropped is never handled": func(t *testing.T, b *bench) {
		p, bucket := b.parked(t, "tg:1")
		check(t, b.store.Unpark(t.Context(), p))
		if !must(b.store.DropParked(t.Context(), p, false))(t) {
			t.Fatal("its record stays")
		}
		wantErrors(t, b.store.Advance(t.Context(), bucket, []storage.Turn{change("tg:1", storage.Change{})}), storage.ErrSeen)
		same(t, "counts", must(b.store.Counts(t.Context()))(t), storage.Counts{})
	},
	"a delivery that was given up is mended, any other is not": func(t *testing.T, b *bench) {
		p := person(1)
		for _, slot := range []string{"q:s:0", "q:s:1"} {
			b.ops(t, want(slot, p, "hello"))
			d := b.ops(t, claim(slot, 1)).Claimed[0]
			if r := b.ops(t, mend(slot, false)); len(r.Changed) != 0 {
				t.Fatalf("it is being sent, and was mended: %+v", r.Changed)
			}
			b.ops(t, settle(d, storage.GaveUp, ""))
		}
		b.clock.Add(time.Hour)
		b.ops(t, mend("q:s:0", false), mend("q:s:1", true), mend("q:s:2", false))
		again, dropped := b.slot(t, "q:s:0"), b.slot(t, "q:s:1")
		equal(t, "again.State", again.State, storage.Due)
		equal(t, "again.Attempts", again.Attempts, 0)
		if !again.Due.Equal(b.clock.Now()) {
			t.Fatalf("again.Due is %v, want %v", again.Due, b.clock.Now())
		}
		equal(t, "dropped.State", dropped.State, storage.Sent)
		equal(t, "dropped.Shown", dropped.Shown, dropped.Wanted)
		if dropped.Error == "" {
			t.Fatalf("no error is kept: %+v", dropped)
		}
		same(t, "heads", b.heads(t), []string{"q:s:0"})
		same(t, "failed", len(must(b.store.Failed(t.Context(), 10))(t)), 0)
		b.ops(t, want("q:s:1", p, "something newer"))
		if d := b.slot(t, "q:s:1"); d.State != storage.Due || d.Error != "" {
			t.Fatalf("what its slot shows next is not sent: %+v", d)
		}
	},
}
