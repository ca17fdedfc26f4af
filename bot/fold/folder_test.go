package fold

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// simulated is a store with conversations that change, and time that passes only as something is done: a
// conversation that is folded takes as long as it takes with a full queue on slow machines.
type simulated struct {
	storage.Store

	now      time.Time
	rate     float64       // answers a second, each of another conversation
	queue    []time.Time   // when what is not folded came, oldest first
	answers  int           // ever
	owed     float64       // answers
	working  time.Duration // spent folding
	calls    int
	idle     int // calls that found nothing
	worstLag time.Duration
}

const foldsFor = 150 * time.Microsecond

func (s *simulated) pass(d time.Duration) {
	for ; d > 0; d -= 10 * time.Millisecond {
		step := min(d, 10*time.Millisecond)
		s.now = s.now.Add(step)
		for s.owed += s.rate * step.Seconds(); s.owed >= 1; s.owed-- {
			s.queue, s.answers = append(s.queue, s.now), s.answers+1
		}
		s.worstLag = max(s.worstLag, s.lag())
	}
}

func (s *simulated) lag() time.Duration {
	if len(s.queue) == 0 {
		return 0
	}
	return s.now.Sub(s.queue[0])
}

func (s *simulated) Acquire(context.Context, string, string, time.Duration) (storage.Lease, bool, error) {
	return storage.Lease{}, true, nil
}

func (s *simulated) Behind(context.Context) (storage.Behind, error) {
	b := storage.Behind{Answers: s.answers, Changes: len(s.queue)}
	if len(s.queue) > 0 {
		b.Since, b.In = s.queue[0], []storage.Bucket{0}
	}
	return b, nil
}

func (s *simulated) Fold(_ context.Context, _ storage.Bucket, _ storage.Folding, limit int) (storage.Folded, error) {
	n := min(limit, len(s.queue))
	if s.calls++; n == 0 {
		s.idle++
	}
	took := time.Millisecond + time.Duration(n)*foldsFor
	s.working += took
	s.queue = s.queue[n:]
	s.pass(took)
	return storage.Folded{Conversations: n, More: n == limit}, nil
}

// play folds for d, a round a second, as Run does.
func (s *simulated) play(t *testing.T, f *Folder, d time.Duration) {
	t.Helper()
	for end := s.now.Add(d); s.now.Before(end); s.pass(roundEvery) {
		if err := f.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func newSimulated(rate float64) (*simulated, *Folder) {
	s := &simulated{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), rate: rate}
	f := NewFolder(s, nil, slog.New(slog.DiscardHandler))
	f.clock = func() time.Time { return s.now }
	f.rest = func(_ context.Context, d time.Duration) bool {
		s.pass(d)
		return true
	}
	return s, f
}

func TestFoldingKeepsItsPromiseUpToItsRate(t *testing.T) {
	for _, rate := range []float64{1, 20, PromisedRate} {
		s, f := newSimulated(rate)
		s.play(t, f, 10*time.Minute)
		if s.worstLag >= Promise {
			t.Errorf("%v answers a second: reports are %v behind", rate, s.worstLag)
		}
		if s.idle > 0 {
			t.Errorf("%v answers a second: %d calls for nothing", rate, s.idle)
		}
	}
}

// TestUnderLoadFoldingGivesWayAndCatchesUp counts the time of a simulated machine: while more answers
// come than the promise is for, folding takes a fifth of it at most; what it left is folded within as long as
// the load lasted.
func TestUnderLoadFoldingGivesWayAndCatchesUp(t *testing.T) {
	for _, rate := range []float64{2 * PromisedRate, 1000, 5000} {
		s, f := newSimulated(10)
		s.play(t, f, 10*time.Second)
		before := s.working
		s.rate = rate
		const load = 2 * time.Minute
		s.play(t, f, load)
		if share := float64(s.working-before) / float64(load); share > 1.2/(1+restsUnderLoad) {
			t.Errorf("%v answers a second: folding takes %.0f %% of the time", rate, 100*share)
		}
		left := len(s.queue)
		if rate >= 1000 && s.lag() <= Promise {
			t.Errorf("%v answers a second: it is no load", rate)
		}
		s.rate = 10
		over := s.now
		for s.lag() >= Promise {
			s.play(t, f, roundEvery)
		}
		if took := s.now.Sub(over); took > load {
			t.Errorf("%v answers a second left %d conversations, which took %v to fold", rate, left, took)
		}
	}
}
