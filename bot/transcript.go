package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Transcripts is what the web chat shows: the stored deliveries are its messages. A
// visitor's lie in one bucket, a room's in all of them.
type Transcripts struct{ bot *Bot }

// Transcripts returns them.
func (b *Bot) Transcripts() Transcripts { return Transcripts{b} }

// buckets are those that hold what is shown at an address: from the first, before the last.
func (t Transcripts) buckets(to chat.Address) (first, last storage.Bucket) {
	if t.bot.snap.Now().Traits[to.Platform].Stored && to.Account == "" {
		b := t.bot.bucketOf(storage.Person{Platform: to.Platform, User: to.Chat})
		return b, b + 1
	}
	return 0, storage.Bucket(t.bot.store.Buckets())
}

// Page returns the newest messages at an address, of those with an Ord below before (0 = of
// all), at most limit. A visitor's are in their order; a room's are ordered by when they were
// first posted.
func (t Transcripts) Page(ctx context.Context, to chat.Address, before int64, limit int) ([]storage.Delivery, error) {
	var all []storage.Delivery
	first, last := t.buckets(to)
	for bucket := first; bucket < last; bucket++ {
		some, err := t.bot.store.TranscriptPage(ctx, bucket, to, before, limit)
		if err != nil {
			return nil, fmt.Errorf("read a transcript: %w", err)
		}
		all = append(all, some...)
	}
	all = slices.DeleteFunc(all, func(d storage.Delivery) bool { return d.Render.Mark != "" })
	if last > first+1 {
		slices.SortStableFunc(all, func(x, y storage.Delivery) int { return cmp.Compare(x.Ord, y.Ord) })
		all = all[max(0, len(all)-limit):]
	}
	if to.Account != "" {
		slices.SortStableFunc(all, func(x, y storage.Delivery) int { return x.Created.Compare(y.Created) })
	}
	return all, nil
}

// State names what is to be seen at an address: it changes when anything there does.
func (t Transcripts) State(ctx context.Context, to chat.Address) (string, error) {
	var all storage.TranscriptState
	first, last := t.buckets(to)
	for bucket := first; bucket < last; bucket++ {
		some, err := t.bot.store.TranscriptState(ctx, bucket, to)
		if err != nil {
			return "", fmt.Errorf("read the state of a transcript: %w", err)
		}
		all.Count, all.Versions, all.Last = all.Count+some.Count, all.Versions+some.Versions, max(all.Last, some.Last)
	}
	return fmt.Sprintf("%d.%d.%d", all.Count, all.Versions, all.Last), nil
}

// Watch returns a channel that has a value after a commit that wrote a delivery to
// this address (and now and then without one), and a function that ends the watch.
func (t Transcripts) Watch(to chat.Address) (<-chan struct{}, func()) { return t.bot.watch.add(to) }

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
