package app

import (
	"context"
	"sync"
)

// group is what runs in the background and must have ended before its owner does.
type group struct{ running sync.WaitGroup }

func (g *group) start(f func()) { g.running.Go(f) }

// wait returns when everything has ended, or with ctx's error when ctx ends first.
func (g *group) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
