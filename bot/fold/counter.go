package fold

import (
	"context"
	"log/slog"
	"time"

	"github.com/aftercare/aftercare/bot/rounds"
	"github.com/aftercare/aftercare/storage"
)

const (
	// countedAtATime is how many days of a site and a survey are counted at a time.
	countedAtATime = 16
	// restsCounting is for how long counting rests, for each moment that it works: what figures of many
	// answers need is never in the way of an answer.
	restsCounting = 9
	// monthsEvery is how often months are counted, of which only the width of intervals is made.
	monthsEvery = time.Minute
)

// Counter counts the sums by day that figures of many answers are made of, round by round. Of several
// processes one does. A Counter is used by one goroutine.
type Counter struct {
	store  storage.Store
	rounds *rounds.Rounds
	clock  func() time.Time // the process's own
	rest   func(ctx context.Context, d time.Duration) bool

	months time.Time // when months were counted last
}

// NewCounter returns a Counter that has done nothing yet.
func NewCounter(store storage.Store, log *slog.Logger) *Counter {
	return &Counter{
		store: store, clock: time.Now, rest: rest,
		// The lease is as long as one step may take on a slow machine: whoever takes it from somebody who still
		// counts only makes that work be done again.
		rounds: rounds.New(store, log, rounds.Job{
			Lease: storage.CountingLease, TTL: 10 * leaseTTL, Every: roundEvery, Cannot: "cannot add up days for reports; they are added up later",
		}),
	}
}

// Run counts until ctx ends.
func (c *Counter) Run(ctx context.Context) { c.rounds.Run(ctx, c.Round) }

// Round counts what is marked, if no other process does. Months are counted also while many days are marked.
func (c *Counter) Round(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = c.step(ctx, c.store.CountCases); err != nil {
			return err
		}
	}
	for more := true; more; {
		var err error
		if more, err = c.steps(ctx, c.store.CountCells, c.store.CountAsked); err != nil {
			return err
		}
		if !c.months.IsZero() && c.clock().Sub(c.months) < monthsEvery {
			continue
		}
		for months := true; months; {
			if months, err = c.steps(ctx, c.store.CountMonths, c.store.CountAskedMonths); err != nil {
				return err
			}
		}
		c.months = c.clock()
	}
	return nil
}

// All counts everything that is marked, without rest.
func (c *Counter) All(ctx context.Context) error {
	defer c.rounds.Leave(ctx)
	c.rest = func(ctx context.Context, _ time.Duration) bool { return ctx.Err() == nil }
	for range 2 { // the days, from wherever counting has come to; then what lies before, and the months of all
		c.months = time.Time{}
		if err := c.Round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// counting counts some of what is marked.
type counting func(context.Context, storage.Lease, int) (storage.CountedCells, error)

// steps takes a step of each kind. more: of one of them others are left.
func (c *Counter) steps(ctx context.Context, kinds ...counting) (more bool, _ error) {
	for _, some := range kinds {
		left, err := c.step(ctx, some)
		if err != nil {
			return false, err
		}
		more = more || left
	}
	return more, nil
}

// step counts some of what is marked, and rests. more: others are.
func (c *Counter) step(ctx context.Context, some counting) (more bool, _ error) {
	l, ok, err := c.rounds.Lead(ctx)
	if err != nil || !ok {
		return false, err
	}
	began := c.clock()
	did, err := some(ctx, l, countedAtATime)
	if err != nil || did.Lost || did.Counted == 0 {
		return false, err
	}
	return c.rest(ctx, restsCounting*c.clock().Sub(began)) && did.More, nil
}
