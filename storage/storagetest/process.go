package storagetest

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// ageless are processes without their ages, which nobody knows beforehand.
func ageless(list []storage.Process) []storage.Process {
	for i := range list {
		list[i].Age = 0
	}
	return list
}

var processTests = group{
	"a process is told of from its first pulse until it departs": func(t *testing.T, b *bench) {
		ctx := t.Context()
		one := storage.Process{ID: "1", Name: "harbour, 127.0.0.1:8080", Revision: 7}
		two := storage.Process{ID: "2", Name: "attic, 127.0.0.1:8080", Lacks: "flow shop version 3"}
		check(t, b.store.Pulse(ctx, one))
		other := b.open(t, Options{Clock: b.clock.Now})
		check(t, other.Pulse(ctx, two))
		same(t, "who runs", ageless(must(b.store.Running(ctx))(t)), []storage.Process{two, one})
		two.Revision, two.Lacks = 8, ""
		check(t, other.Pulse(ctx, two))
		check(t, b.store.Depart(ctx, one.ID))
		check(t, b.store.Depart(ctx, one.ID))
		same(t, "who is left", ageless(must(other.Running(ctx))(t)), []storage.Process{two})
	},
	"how old a pulse is goes by the clock of the database": func(t *testing.T, b *bench) {
		ctx := t.Context()
		check(t, b.store.Pulse(ctx, storage.Process{ID: "1"}))
		b.clock.Add(24 * time.Hour) // of the process, which goes wrong
		const pause = 20 * time.Millisecond
		time.Sleep(pause)
		first := must(b.store.Running(ctx))(t)[0].Age
		if first < pause/2 || first > 12*time.Hour {
			t.Errorf("after %v the pulse is %v old", pause, first)
		}
		time.Sleep(pause)
		if later := must(b.store.Running(ctx))(t)[0].Age; later <= first {
			t.Errorf("its age went from %v to %v", first, later)
		}
		check(t, b.store.Pulse(ctx, storage.Process{ID: "1"}))
		if list := must(b.store.Running(ctx))(t); len(list) != 1 {
			t.Errorf("after a second pulse of one process there are %d", len(list))
		}
	},
	"a pulse is no change of the configuration": func(t *testing.T, b *bench) {
		ctx := t.Context()
		before := must(b.store.Revision(ctx))(t)
		check(t, b.store.Pulse(ctx, storage.Process{ID: "1", Revision: before}))
		check(t, b.store.Depart(ctx, "1"))
		equal(t, "the revision", must(b.store.Revision(ctx))(t), before)
	},
}
