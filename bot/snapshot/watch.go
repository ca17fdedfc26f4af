package snapshot

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/storage"
)

const (
	// GoneAfter is after how long without a pulse a process counts as gone: longer than a
	// database that is locked keeps a live one from saying that it lives.
	GoneAfter = 15 * time.Second
	// buryAfter is after how long somebody else removes the row of a process that was killed.
	buryAfter = 10 * time.Minute
	// watchEvery is how often Watch looks.
	watchEvery = 100 * time.Millisecond
)

// Heart says in the database, for as long as somebody lets it beat, that this process lives
// and which configuration is in force in it. It is used by one goroutine at a time.
type Heart struct {
	store  storage.Processes
	me     storage.Process
	keeper *Keeper // nil until a configuration is in force
}

// NewHeart returns the heart of a process that starts. It beats for the first time before
// the process reads its configuration: whoever changes something after that sees that there
// is somebody who may not have it yet.
func NewHeart(s storage.Processes, name string) *Heart {
	return &Heart{store: s, me: storage.Process{ID: uuid.NewString(), Name: name}}
}

// Follow says whose configuration is in force from now on.
func (h *Heart) Follow(k *Keeper) { h.keeper = k }

// Beat says that this process lives. It is one small transaction. Its errors are those of
// storage.Processes.Pulse.
func (h *Heart) Beat(ctx context.Context) error {
	if h.keeper != nil {
		now := h.keeper.Now()
		h.me.Revision, h.me.Lacks = now.Revision, strings.Join(now.Lacks, ", ")
	}
	return h.store.Pulse(ctx, h.me)
}

// Bury removes what processes left behind that were killed a while ago.
func (h *Heart) Bury(ctx context.Context) error {
	all, err := h.store.Running(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Age < buryAfter || p.ID == h.me.ID {
			continue
		}
		if err := h.store.Depart(ctx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// Stop says that this process ends.
func (h *Heart) Stop(ctx context.Context) error { return h.store.Depart(ctx, h.me.ID) }

// Spread is how far a revision of the configuration has got.
type Spread struct {
	Revision int64
	Taken    []storage.Process // in which it is in force, or a later one
	Waiting  []storage.Process // that live and have an earlier one
}

// Everywhere reports whether the revision is in force in every process that lives.
func (s Spread) Everywhere() bool { return len(s.Waiting) == 0 }

// same reports whether nothing has changed that somebody would be told of.
func (s Spread) same(o Spread) bool {
	alike := func(a, b storage.Process) bool { return a.ID == b.ID && a.Lacks == b.Lacks }
	return slices.EqualFunc(s.Taken, o.Taken, alike) && slices.EqualFunc(s.Waiting, o.Waiting, alike)
}

// Watch yields how far a revision has got, at once and whenever that changes, until it is in
// force in every process that lives, or ctx ends. A process counts as gone when it has not
// said for GoneAfter that it lives: one that only stood still has the new configuration
// within its next look. After an error it ends.
func Watch(ctx context.Context, s storage.Processes, revision int64) iter.Seq2[Spread, error] {
	return func(yield func(Spread, error) bool) {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var last Spread
		for first := true; ; first = false {
			now, err := spreadOf(ctx, s, revision)
			if err != nil {
				if ctx.Err() == nil {
					yield(now, err)
				}
				return
			}
			if (first || !now.same(last)) && !yield(now, nil) || now.Everywhere() {
				return
			}
			last = now
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}
}

func spreadOf(ctx context.Context, s storage.Processes, revision int64) (Spread, error) {
	all, err := s.Running(ctx)
	if err != nil {
		return Spread{Revision: revision}, fmt.Errorf("ask which servers run: %w", err)
	}
	now := Spread{Revision: revision}
	for _, p := range all {
		switch {
		case p.Age >= GoneAfter:
		case p.Revision >= revision:
			now.Taken = append(now.Taken, p)
		default:
			now.Waiting = append(now.Waiting, p)
		}
	}
	return now, nil
}
