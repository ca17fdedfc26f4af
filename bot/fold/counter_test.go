package fold

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// marked is a store with days that are marked, where counting one takes a while.
type marked struct {
	storage.Store

	now          time.Time
	days, months int // that are marked
	cases        int // days of cases that are emptied
	asked, all   int // days and months of invitations that are marked
	working      time.Duration
	monthRounds  []time.Time
	others       bool // the lease is another's
	released     int
}

func (s *marked) Acquire(context.Context, string, string, time.Duration) (storage.Lease, bool, error) {
	return storage.Lease{}, !s.others, nil
}

func (s *marked) Release(context.Context, string, string) error {
	s.released++
	return nil
}

func (s *marked) some(left *int, limit int) (storage.CountedCells, error) {
	n := min(limit, *left)
	took := time.Duration(n) * 20 * time.Millisecond
	*left, s.now, s.working = *left-n, s.now.Add(took), s.working+took
	return storage.CountedCells{Counted: n, More: *left > 0}, nil
}

func (s *marked) CountCells(_ context.Context, _ storage.Lease, limit int) (storage.CountedCells, error) {
	return s.some(&s.days, limit)
}

func (s *marked) CountCases(context.Context, storage.Lease, int) (storage.CountedCells, error) {
	return s.some(&s.cases, 64)
}

func (s *marked) CountMonths(_ context.Context, _ storage.Lease, limit int) (storage.CountedCells, error) {
	s.monthRounds = append(s.monthRounds, s.now)
	return s.some(&s.months, limit)
}

func (s *marked) CountAsked(_ context.Context, _ storage.Lease, limit int) (storage.CountedCells, error) {
	return s.some(&s.asked, limit)
}

func (s *marked) CountAskedMonths(_ context.Context, _ storage.Lease, limit int) (storage.CountedCells, error) {
	return s.some(&s.all, limit)
}

func newMarked() (*marked, *Counter) {
	s := &marked{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	c := NewCounter(s, slog.New(slog.DiscardHandler))
	c.clock = func() time.Time { return s.now }
	c.rest = func(_ context.Context, d time.Duration) bool {
		s.now = s.now.Add(d)
		return true
	}
	return s, c
}

func TestCountingTakesATenthOfTheTimeAndMonthsAMinute(t *testing.T) {
	s, c := newMarked()
	s.days, s.months, s.cases, s.asked, s.all = 500, 3, 200, 500, 3
	began := s.now
	for s.now.Sub(began) < 10*time.Minute {
		s.days, s.asked = s.days+1, s.asked+1 // each second something is answered, and asked
		if err := c.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.now = s.now.Add(roundEvery)
	}
	if s.days+s.months+s.cases+s.asked+s.all > 0 {
		t.Errorf("%d days, %d months, %d days of cases, %d days and %d months of invitations are left", s.days, s.months, s.cases, s.asked, s.all)
	}
	if share := float64(s.working) / float64(s.now.Sub(began)); share > 0.1 {
		t.Errorf("counting takes %.0f %% of the time", 100*share)
	}
	for i := 1; i < len(s.monthRounds); i++ {
		if s.monthRounds[i].Sub(s.monthRounds[i-1]) < monthsEvery {
			t.Errorf("months are counted at %v and %v", s.monthRounds[i-1], s.monthRounds[i])
		}
	}
	if len(s.monthRounds) < 5 {
		t.Errorf("months are counted %d times", len(s.monthRounds))
	}
}

func TestOneCountsAndACommandCountsAllAtOnce(t *testing.T) {
	s, c := newMarked()
	s.days, s.months, s.cases, s.asked, s.all, s.others = 50, 2, 3, 5, 2, true
	if err := c.Round(t.Context()); err != nil || s.days != 50 {
		t.Errorf("another counts, and %d days are left, %v", s.days, err)
	}
	s.others = false
	if err := c.All(t.Context()); err != nil || s.days+s.months+s.cases+s.asked+s.all > 0 || s.released != 1 {
		t.Errorf("%d days and %d months are left, %d leases given up, %v", s.days, s.months, s.released, err)
	}
}

// TestMonthsAreCountedWhileDaysAreLeft: where more days are marked than can be counted, months have their turn.
func TestMonthsAreCountedWhileDaysAreLeft(t *testing.T) {
	s, c := newMarked()
	s.days, s.months = 100_000, 3
	ctx, stop := context.WithCancel(t.Context())
	rest := c.rest
	c.rest = func(ctx context.Context, d time.Duration) bool {
		if s.months == 0 {
			stop()
		}
		return rest(ctx, d) && ctx.Err() == nil
	}
	if err := c.Round(ctx); err != nil || s.months > 0 || s.days < 90_000 {
		t.Errorf("%d months are left with %d days, %v", s.months, s.days, err)
	}
}
