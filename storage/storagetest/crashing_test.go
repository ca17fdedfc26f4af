package storagetest_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
)

func TestACrashingStoreDiesOnTheSideItIsTold(t *testing.T) {
	for when, stored := range map[storagetest.When]bool{storagetest.BeforeCall: false, storagetest.AfterCall: true} {
		inner, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), sqlite.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = inner.Close() })
		c := storagetest.Crashing(inner, 2, when)
		done := 0
		turn := func(key string) []storage.Turn {
			return []storage.Turn{{
				Key: key, Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }, Done: func(storage.Result) { done++ },
			}}
		}
		if err := c.Advance(t.Context(), 0, turn("k1"))[0]; err != nil || done != 1 {
			t.Fatalf("before its death: %v, %d done", err, done)
		}
		if err := c.Advance(t.Context(), 0, turn("k2"))[0]; !errors.Is(err, storage.ErrUnavailable) || done != 1 {
			t.Fatalf("at its death: %v, %d done", err, done)
		}
		<-c.Dead()
		if err := c.PutSite(t.Context(), storage.Site{ID: "x"}); !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("after its death: %v", err)
		}
		if sites, err := inner.Sites(t.Context()); err != nil || len(sites) != 0 {
			t.Fatalf("a dead process wrote %v, %v", sites, err)
		}
		err = inner.Advance(t.Context(), 0, turn("k2"))[0]
		if errors.Is(err, storage.ErrSeen) != stored {
			t.Fatalf("side %v: %v, want stored %v", when, err, stored)
		}
	}
}
