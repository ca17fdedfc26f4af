package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// stopping is what has to be stopped, in the order in which it was started.
type stopping struct {
	log   *slog.Logger
	steps []stopStep
}

// stopStep is one thing to stop and the longest that it may take.
type stopStep struct {
	name  string
	limit time.Duration
	stop  func(context.Context) error
}

func (s *stopping) add(name string, limit time.Duration, stop func(context.Context) error) {
	s.steps = append(s.steps, stopStep{name, limit, stop})
}

// all stops everything, the newest first. A step that fails or takes too long does
// not keep the others from running.
func (s *stopping) all() error {
	var errs []error
	for _, step := range slices.Backward(s.steps) {
		began := time.Now()
		if err := step.run(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", step.name, err))
			s.log.Error("could not "+step.name, "err", err)
			continue
		}
		s.log.Info("stopping: "+step.name, "took", time.Since(began).Round(time.Millisecond))
	}
	s.steps = nil
	return errors.Join(errs...)
}

func (s stopStep) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.stop(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select { // a step that keeps to its context says more than the context does
	case err := <-done:
		return err
	case <-time.After(100 * time.Millisecond):
		return fmt.Errorf("it took longer than %v", s.limit)
	}
}
