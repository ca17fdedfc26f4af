package bot

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// dying is a process that dies at one of its calls of the store as it does something. It reports whether it lived
// to the end.
func (w *world) dying(at int, when storagetest.When, do func(b *Bot) error) (survived bool) {
	w.t.Helper()
	store := storagetest.Crashing(w.store, at, when)
	b, err := New(context.Background(), Config{
		Traits: platforms(),
		Store:  store, Key: []byte("a secret key for tests only"), Clock: func() time.Time { return w.now },
		Templates: flowfile.Templates, Parse: flowfile.Parse, Format: flowfile.Format, Policy: rulefile.Parse,
	})
	if err == nil {
		err = do(b)
		if closed := b.Close(); closed != nil {
			w.t.Error(closed)
		}
	}
	select {
	case <-store.Dead():
		if !errors.Is(err, storage.ErrUnavailable) {
			w.t.Errorf("a dead process says %v", err)
		}
		return false
	default:
		return true
	}
}

// dyingSweeper is one that does something with each bucket.
func (w *world) dyingSweeper(at int, when storagetest.When, do func(s *sweeper, b storage.Bucket) error) (survived bool) {
	w.t.Helper()
	return w.dying(at, when, func(b *Bot) (err error) {
		s := newSweeper(b)
		for bucket := range storage.Bucket(w.store.Buckets()) {
			if err == nil {
				err = do(s, bucket)
			}
		}
		if len(s.failed) > 0 {
			w.t.Errorf("a crash is blamed on %v", s.failed)
		}
		return err
	})
}

// dutiful does what is due about cases.
func dutiful(s *sweeper, b storage.Bucket) error {
	for _, d := range s.duties() {
		if err := s.see(context.Background(), b, d); err != nil {
			return err
		}
	}
	return nil
}

// TestClocksStrikeOnceWhereverTheSweeperDies kills a sweeping process before and after
// random calls of the store whenever something falls due, over the whole life of a case.
// Nothing may be lost, and nothing happen twice.
func TestClocksStrikeOnceWhereverTheSweeperDies(t *testing.T) {
	for name, open := range bothEngines(2) {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, 7))
			w := newWorldOn(t, open(t))
			w, ann := lowTapIn(w, staffTG)
			k := w.onlyCase()
			deaths, calls := 0, 0
			pass := func(until time.Duration) {
				for w.now = monday; w.now.Before(monday.Add(until)); {
					next := w.onlyCase().Next
					if next.IsZero() || next.After(monday.Add(until)) {
						w.now = monday.Add(until)
						break
					}
					w.now = next
					for range 3 {
						calls++
						if !w.dyingSweeper(1+r.IntN(24), storagetest.When(r.IntN(2)), dutiful) {
							deaths++
						}
					}
					w.sweep()
				}
			}
			pass(100 * time.Hour)
			want := []string{
				"15m0s clock acknowledge 50", "30m0s clock acknowledge 100", "1h0m0s clock acknowledge 200",
				"2h0m0s clock contact 50", "4h0m0s clock contact 100", "8h0m0s clock contact 200",
				"24h0m0s clock resolve 50", "48h0m0s clock resolve 100", "96h0m0s clock resolve 200",
			}
			if got := w.told(k, recovery.EventStruck); !slices.Equal(got, want) {
				t.Errorf("struck %v", got)
			}
			said := 0
			for _, d := range w.transcript(staffTG) {
				if strings.Contains(d.Slot, ":r:") {
					said++
				}
			}
			if said != len(want) {
				t.Errorf("%d reminders were said", said)
			}
			w.acted(k, recovery.Resolve{Cause: "reliability", Actions: []recovery.Action{{Kind: recovery.Redo}}})
			pass(300 * time.Hour)
			w.settle(ann.address)
			asked := w.told(k, recovery.EventFollowUp)
			if n := w.followUps(ann); n != 1 || len(asked) != 1 || !strings.HasPrefix(asked[0], "124h0m0s ") {
				t.Errorf("%d follow-ups, asked %v", n, asked)
			}
			if closed := w.told(k, recovery.EventClosed); len(closed) != 1 || w.onlyCase().State != recovery.Closed {
				t.Errorf("closed %v, and is %s", closed, w.onlyCase().State)
			}
			if deaths < calls/4 || deaths == calls {
				t.Errorf("%d of %d processes died", deaths, calls)
			}
			t.Logf("%d of %d processes died", deaths, calls)
		})
	}
}
