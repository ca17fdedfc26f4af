package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/fold"
	"github.com/aftercare/aftercare/storage"
)

// throughput measures durable answers a second: each passes the bot, is checked
// against repetition, stepped, judged and stored with what must be said because of it.
func throughput(ctx context.Context, b *bench) ([]row, error) {
	type contender struct {
		name    string
		open    func(context.Context, string) (storage.Store, error)
		limited bool
		folds   bool // rows of reports are kept meanwhile
		sums    bool // and what days add up to
		answers int
		rates   []float64
		world   *world
	}
	contenders := []*contender{
		{name: "postgres", open: b.openPostgres, answers: b.Answers},
		{name: "postgres_singly", open: b.openPostgres, limited: true, answers: max(b.Answers/5, b.InFlight)},
		{name: "postgres_folds", open: b.openPostgres, folds: true, answers: b.Answers},
		{name: "postgres_sums", open: b.openPostgres, folds: true, sums: true, answers: b.Answers},
		{name: "sqlite", open: b.openSQLite, answers: b.Answers},
		{name: "sqlite_singly", open: b.openSQLite, limited: true, answers: max(b.Answers/5, b.InFlight)},
	}
	for _, c := range contenders {
		store, err := c.open(ctx, "throughput_"+c.name)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", c.name, err)
		}
		if c.limited {
			store = oneByOne{store}
		}
		if c.world, err = b.newWorld(ctx, store); err != nil {
			return nil, err
		}
		defer c.world.close()
	}
	inserts, err := b.newInserts(ctx, "inserts")
	if err != nil {
		return nil, err
	}

	var single []float64
	for range b.Rounds + 1 { // the first round warms up and does not count
		rate, err := inserts.pgbench(ctx)
		if err != nil {
			return nil, err
		}
		single = append(single, rate)
		for _, c := range contenders {
			ended := func() {}
			if c.folds {
				ended = c.world.folds(ctx, c.sums)
			}
			rate, err := c.world.answersASecond(ctx, c.answers)
			ended()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			c.rates = append(c.rates, rate)
		}
	}
	single = single[1:]
	for _, c := range contenders {
		c.rates = c.rates[1:]
	}
	pg, pgSingly, folded, summed := contenders[0].rates, contenders[1].rates, contenders[2].rates, contenders[3].rates
	lite, liteSingly := contenders[4].rates, contenders[5].rates
	return []row{
		{
			Name: "durable answers a second, Postgres, against one turn a commit", Unit: "×", Target: atLeast(4), Stretch: 8,
			Value: median(ratios(pg, pgSingly)), Parts: map[string]float64{"batched/s": median(pg), "singly/s": median(pgSingly)},
		},
		{
			Name: "the same on SQLite (synchronous=FULL)", Unit: "×", Target: atLeast(3), Stretch: 6,
			Value: median(ratios(lite, liteSingly)), Parts: map[string]float64{"batched/s": median(lite), "singly/s": median(liteSingly)},
		},
		{
			Name: "Postgres against pgbench -c 8 -M prepared, a row a commit", Unit: "×", Target: atLeast(1.5), Stretch: 2.5,
			Value: median(ratios(pg, single)), Parts: map[string]float64{"batched/s": median(pg), "pgbench/s": median(single)},
		},
		{
			Name: "durable answers a second while rows of reports are kept, against without, Postgres", Unit: "%", Target: atLeast(85), Stretch: 95,
			Value: 100 * median(ratios(folded, pg)), Parts: map[string]float64{"with/s": median(folded), "without/s": median(pg)},
		},
		{
			Name: "the same while their sums by day are kept as well, against rows alone", Unit: "%", Target: atLeast(85), Stretch: 95,
			Value: 100 * median(ratios(summed, folded)), Parts: map[string]float64{"with/s": median(summed), "without/s": median(folded)},
		},
	}, nil
}

// folds keeps the rows of reports, and their sums, as a server does, until it is ended.
func (w *world) folds(ctx context.Context, sums bool) (ended func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { bot.ReadModel(w.bot).Run(ctx) })
	if sums {
		all.Go(func() { fold.NewCounter(w.store, slog.New(slog.DiscardHandler)).Run(ctx) })
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// answersASecond opens conversations and times their answers only.
func (w *world) answersASecond(ctx context.Context, answers int) (float64, error) {
	conversations, err := w.converse(ctx, max(answers/questions, w.InFlight))
	if err != nil {
		return 0, err
	}
	before, err := w.store.Counts(ctx)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	err = w.answer(ctx, conversations)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	after, err := w.store.Counts(ctx)
	if err != nil {
		return 0, err
	}
	want := len(conversations) * questions
	if got := after.Answers - before.Answers; got != want {
		return 0, fmt.Errorf("%d answers were stored, of %d", got, want)
	}
	return float64(want) / took.Seconds(), nil
}
