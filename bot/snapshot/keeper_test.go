package snapshot_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// asleep is a store of which everything but the revision is there only while it is awake:
// a call of anything else panics.
type asleep struct {
	snapshot.Store
	awake snapshot.Store
	asked int // how often for the revision
}

func (s *asleep) Revision(ctx context.Context) (int64, error) {
	s.asked++
	return s.awake.Revision(ctx)
}

func open(t *testing.T, path string) storage.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

func keeperOf(t *testing.T, store snapshot.Store) *snapshot.Keeper {
	t.Helper()
	k := snapshot.NewKeeper(snapshot.Config{Store: store, Log: slog.New(slog.DiscardHandler), Parse: flowfile.Parse})
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAnIdleLookReadsTheRevisionAlone(t *testing.T) {
	real := open(t, newFile(t))
	store := &asleep{Store: real, awake: real}
	k := keeperOf(t, store)
	before, asked := k.Now(), store.asked
	store.Store = nil
	const looks = 299
	for range looks {
		if err := k.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := store.asked - asked; n != looks {
		t.Errorf("%d looks asked for the revision %d times", looks, n)
	}
	if k.Now() != before {
		t.Error("an idle look replaced the snapshot")
	}
	t.Attr("figure", "an idle look reads one row")

	// Older programs raise no revision: now and then everything is read all the same.
	store.Store = real
	if err := k.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k.Now() == before {
		t.Errorf("after %d idle looks the next one read nothing", looks)
	}
}

func TestALookFindsWhatAnotherProgramChanged(t *testing.T) {
	store := open(t, newFile(t))
	k := keeperOf(t, store)
	ctx, at := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, name := range []string{"Main Street", "Harbour"} {
		before := k.Now()
		if err := store.PutSite(ctx, storage.Site{ID: "main", Name: name, Created: at}); err != nil {
			t.Fatal(err)
		}
		if err := k.Look(ctx); err != nil {
			t.Fatal(err)
		}
		if got := k.Now().Site("main").Name; got != name {
			t.Errorf("the site is called %q, want %q", got, name)
		}
		if before.Site("main").Name == name {
			t.Error("a snapshot changed that was in force before")
		}
		if after := k.Now().Revision; after <= before.Revision {
			t.Errorf("the revision went from %d to %d", before.Revision, after)
		}
	}
}
