package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const (
	// maxBatch is the most turns of one transaction: enough to share the cost of a
	// commit, few enough that one batch holds its bucket for milliseconds.
	maxBatch = 128
	// mostOfOne is how many of these may be one person's: whoever sends a thousand messages waits for
	// himself, and others wait for what is being committed and for no more of him.
	mostOfOne = 16
	// maxQueue is the most turns that wait for one bucket. More than that means that the
	// database has been away for a while, and the platforms repeat what is refused.
	maxQueue = 20_000
	// commitTimeout bounds one batch. It is nobody's patience: those who wait have
	// contexts of their own.
	commitTimeout = 15 * time.Second
)

// errClosing is what turns get that come after the committer was closed.
var errClosing = fmt.Errorf("%w: this program is stopping", storage.ErrUnavailable)

// committer gathers turns into batches, one queue and at most one transaction in
// flight per bucket. There is no timer: what queues while a commit is under way is the
// next batch, so a lone turn waits for nobody. A bucket's goroutine lives only while
// its queue has something.
type committer struct {
	store   storage.Store
	meter   *meter
	queues  []queue
	running sync.WaitGroup // the goroutines of the queues
	// refused is when the database last refused a batch without having taken one since, in
	// nanoseconds of the monotonic clock from born; 0 = the last one was taken.
	refused atomic.Int64
	born    time.Time
}

type queue struct {
	mu      sync.Mutex
	waiting []entry
	running bool
	closed  bool
}

// entry is a queued turn. finish is called once, from the queue's goroutine and in
// the order of the queue, after the batch; it must not block.
type entry struct {
	turn   storage.Turn
	finish func(error)
}

func newCommitter(store storage.Store) *committer {
	return &committer{store: store, meter: new(meter), queues: make([]queue, store.Buckets()), born: time.Now()}
}

// submit queues entries of one bucket, all or none, and returns at once.
func (c *committer) submit(b storage.Bucket, entries ...entry) {
	q := &c.queues[b]
	q.mu.Lock()
	refused := error(nil)
	switch {
	case q.closed:
		refused = errClosing
	case len(q.waiting)+len(entries) > maxQueue:
		refused = fmt.Errorf("%w: %d turns wait already", storage.ErrUnavailable, len(q.waiting))
	default:
		q.waiting = append(q.waiting, entries...)
		if !q.running {
			q.running = true
			c.running.Go(func() { c.drain(b, q) })
		}
	}
	q.mu.Unlock()
	if refused != nil {
		for _, e := range entries {
			e.finish(refused)
		}
	}
}

// drain commits batch after batch until the queue is empty.
func (c *committer) drain(b storage.Bucket, q *queue) {
	for {
		q.mu.Lock()
		batch := q.next()
		if len(batch) == 0 {
			q.waiting, q.running = nil, false
			q.mu.Unlock()
			return
		}
		q.mu.Unlock()
		c.commit(b, batch)
	}
}

// next takes the turns of the next batch: the first that wait, and of each person so many. What a person
// did stays in its order.
func (q *queue) next() []entry {
	n := min(len(q.waiting), maxBatch)
	if n <= mostOfOne || !crowded(q.waiting[:n]) {
		batch := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		return batch
	}
	batch, rest := make([]entry, 0, maxBatch), make([]entry, 0, len(q.waiting))
	taken := map[storage.Person]int{}
	for i, e := range q.waiting {
		if len(batch) == maxBatch {
			rest = append(rest, q.waiting[i:]...)
			break
		}
		if p := e.turn.Load.Person; !p.IsZero() {
			if taken[p] == mostOfOne {
				rest = append(rest, e)
				continue
			}
			taken[p]++
		}
		batch = append(batch, e)
	}
	q.waiting = rest
	return batch
}

// crowded reports whether too many of these turns are one person's.
func crowded(turns []entry) bool {
	count := make(map[storage.Person]int, len(turns))
	for i := range turns {
		if p := turns[i].turn.Load.Person; !p.IsZero() {
			if count[p]++; count[p] > mostOfOne {
				return true
			}
		}
	}
	return false
}

func (c *committer) commit(b storage.Bucket, batch []entry) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	turns := make([]storage.Turn, len(batch))
	for i, e := range batch {
		turns[i] = e.turn
	}
	c.meter.batch(len(batch))
	errs := c.store.Advance(ctx, b, turns)
	if slices.ContainsFunc(errs, unavailable) {
		c.refused.Store(int64(time.Since(c.born)))
	} else {
		c.refused.Store(0)
	}
	for i, e := range batch {
		e.finish(errs[i])
	}
}

// do waits until the turn's batch is committed and returns the turn's error. If ctx
// ends first the turn goes on without its waiter, and the error is ErrUnavailable:
// nobody knows what became of it.
func (c *committer) do(ctx context.Context, b storage.Bucket, t storage.Turn) error {
	done := make(chan error, 1)
	c.submit(b, entry{turn: t, finish: func(err error) { done <- err }})
	return await(ctx, done)
}

func await(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, context.Cause(ctx))
	}
}

// stalledFor is how long a refused batch counts when nothing was tried since: whoever takes
// an instance that is not ready out of service sends it no update that could show that the
// database takes changes again.
const stalledFor = 10 * time.Second

// stalled reports whether the database took none of the newest changes: it may answer, and
// be full or read-only all the same.
func (c *committer) stalled() bool {
	at := c.refused.Load()
	return at != 0 && time.Since(c.born)-time.Duration(at) < stalledFor
}

// close refuses further turns and waits until the queues are empty. It may be called
// more than once.
func (c *committer) close() {
	for i := range c.queues {
		q := &c.queues[i]
		q.mu.Lock()
		q.closed = true
		q.mu.Unlock()
	}
	c.running.Wait()
}

// unavailable reports whether the database is to blame, so that repeating may help.
func unavailable(err error) bool { return errors.Is(err, storage.ErrUnavailable) }
