package main

import (
	"context"
	"syscall"
	"time"
)

// processor measures the processor time of this process per answer at saturation, end
// to end: from the tap to the next question taken by the Sender and settled. Postgres'
// own time is not in it; the load generator's is.
func processor(ctx context.Context, b *bench) ([]row, error) {
	store, err := b.openPostgres(ctx, "processor")
	if err != nil {
		return nil, err
	}
	w, err := b.newWorld(ctx, store)
	if err != nil {
		return nil, err
	}
	defer w.close()
	s := w.serve(ctx)
	var each, rates []float64
	for range b.Rounds + 1 {
		micro, rate, err := s.cost(ctx)
		if err != nil {
			_ = s.stop()
			return nil, err
		}
		each, rates = append(each, micro), append(rates, rate)
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	return []row{{
		Name: "processor time per answer, end to end, Postgres", Unit: "µs", Target: atMost(150), Stretch: 60,
		Value: median(each[1:]), Parts: map[string]float64{"answers/s": median(rates[1:])},
	}}, nil
}

func (s *served) cost(ctx context.Context) (micro, rate float64, err error) {
	conversations, err := s.converse(ctx, max(s.Answers/questions, s.InFlight))
	if err != nil {
		return 0, 0, err
	}
	if err := s.settled(ctx); err != nil {
		return 0, 0, err
	}
	before, began := processorTime(), time.Now()
	if err = s.answer(ctx, conversations); err == nil {
		err = s.settled(ctx)
	}
	if err != nil {
		return 0, 0, err
	}
	answers := float64(len(conversations) * questions)
	return float64((processorTime() - before).Microseconds()) / answers, answers / time.Since(began).Seconds(), nil
}

// processorTime is what this process has used so far, user and system.
func processorTime() time.Duration { return usage(syscall.RUSAGE_SELF) }

// childTime is the same of the processes that it started and that ended.
func childTime() time.Duration { return usage(syscall.RUSAGE_CHILDREN) }

func usage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
