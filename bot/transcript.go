package bot

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Transcript returns what the chat at an address shows, in its order: the stored
// deliveries are the web chat's messages. A visitor's lie in one bucket; a room's come
// from all of them and are ordered by when they were first posted.
func (b *Bot) Transcript(ctx context.Context, to chat.Address) ([]storage.Delivery, error) {
	if b.snap.Now().Traits[to.Platform].Stored && to.Account == "" {
		p := storage.Person{Platform: to.Platform, User: to.Chat}
		all, err := b.store.Transcript(ctx, b.bucketOf(p), to)
		if err != nil {
			return nil, fmt.Errorf("read a transcript: %w", err)
		}
		return all, nil
	}
	var all []storage.Delivery
	for bucket := range b.store.Buckets() {
		some, err := b.store.Transcript(ctx, storage.Bucket(bucket), to)
		if err != nil {
			return nil, fmt.Errorf("read a room's transcript: %w", err)
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(x, y storage.Delivery) int { return x.Created.Compare(y.Created) })
	return all, nil
}

// Watch returns a channel that has a value after a commit that wrote a delivery to
// this address (and now and then without one), and a function that ends the watch.
func (b *Bot) Watch(to chat.Address) (<-chan struct{}, func()) { return b.watch.add(to) }

// watchers are those who look at a chat in this process.
type watchers struct {
	mu sync.RWMutex
	by map[chat.Address]map[chan struct{}]bool
}

func newWatchers() *watchers { return &watchers{by: make(map[chat.Address]map[chan struct{}]bool)} }

func (w *watchers) add(to chat.Address) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1) // one value waits: wakings coalesce
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[to] == nil {
		w.by[to] = make(map[chan struct{}]bool)
	}
	w.by[to][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.by[to], c)
		if len(w.by[to]) == 0 {
			delete(w.by, to)
		}
	}
}

// notify wakes those who look at one chat.
func (w *watchers) notify(to chat.Address) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	wake(w.by[to])
}

// notifyAll wakes everybody: another process wrote something.
func (w *watchers) notifyAll() {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, some := range w.by {
		wake(some)
	}
}

func wake(all map[chan struct{}]bool) {
	for c := range all {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
