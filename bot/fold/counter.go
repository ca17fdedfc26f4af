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

// Round counts what is marked, if no other process does.
func (c *Counter) Round(ctx context.Context) error {
	if err := c.count(ctx, c.store.CountCells); err != nil {
		return err
	}
	if !c.months.IsZero() && c.clock().Sub(c.months) < monthsEvery {
		return nil
	}
	err := c.count(ctx, c.store.CountMonths)
	if err == nil {
		c.months = c.clock()
	}
	return err
}

// All counts everything that is marked, without rest.
func (c *Counter) All(ctx context.Context) error {
	defer c.rounds.Leave(ctx)
	c.rest, c.months = func(ctx context.Context, _ time.Duration) bool { return ctx.Err() == nil }, time.Time{}
	return c.Round(ctx)
}

func (c *Counter) count(ctx context.Context, some func(context.Context, storage.Lease, int) (storage.CountedCells, error)) error {
	for {
		l, ok, err := c.rounds.Lead(ctx)
		if err != nil || !ok {
			return err
		}
		began := c.clock()
		did, err := some(ctx, l, countedAtATime)
		if err != nil || did.Lost || did.Counted == 0 {
			return err
		}
		if !c.rest(ctx, restsCounting*c.clock().Sub(began)) || !did.More {
			return nil
		}
	}
}
