// Package outbox commits turns and sends what they want to be said: in order per
// conversation in each chat, never lost, possibly shown twice.
//
// Within a chat what has the lowest rank goes first (storage.Rank), what has the same rank in
// the order of its conversation; every eighth send takes what has waited longest, every
// sixteenth while something urgent waits, so that no rank waits for ever. Who wants something said gives it its rank.
//
// What is to be sent is stored first, as deliveries, in the commit that makes it necessary
// (storage.Change.Slots). Of all processes the one that holds an account's lease sends the
// account's deliveries, at the platform's pace, and settles each in another commit. What
// the messages are about is unknown here: the Core that is handed to New says what follows
// from a delivery that was shown, or was not.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Outbox commits turns, and sends what they want to be said: it has the queues of turns,
// and one dispatcher for each account whose lease this process holds. Its methods are safe
// for concurrent use.
type Outbox struct {
	store     storage.Store
	core      Core
	now       func() time.Time
	log       *slog.Logger
	committer *committer
	meter     *meter
	lookout   *lookout

	mu       sync.RWMutex
	senders  map[accountKey]*dispatcher // whose lease is held here
	accounts map[accountKey]*served     // all that Serve was called for
	hinting  bool
	again    bool
	tasks    sync.WaitGroup
}

// Core is what an Outbox asks of those whose messages it sends. All of it may be called
// from many goroutines at once.
type Core interface {
	// Wrote hears that a delivery to this address was written. It must not block.
	Wrote(to chat.Address)
	// Loads reports whether anything follows from how the sending of a delivery ends, and
	// what After must see of the database to say it.
	Loads(storage.Delivery) (storage.Load, bool)
	// After is what follows, in the same commit, from how the sending of a delivery ended
	// for good. It is pure, and is not asked about deliveries of which Loads says that
	// nothing follows. Its error may be a Lack.
	After(storage.Loaded, storage.Delivery, Conclusion) (storage.Change, error)
	// Moved remembers that a chat has a new address.
	Moved(ctx context.Context, from, to chat.Address) error
	// Deaf does what follows when the chat of a delivery takes no messages; why is the
	// platform's reason.
	Deaf(ctx context.Context, d storage.Delivery, why string) error
}

// Conclusion is how the sending of a delivery ended.
type Conclusion struct {
	// Outcome is Delivered, GaveUp (it was certainly not shown), or Dropped (it may have
	// been).
	Outcome storage.Outcome
	Blocked bool // the chat takes no messages any more
}

// Lack is an error of Core.After that something is not loaded yet. After is asked again
// once it is.
type Lack interface {
	error
	Load(context.Context) error
}

// Options are what an Outbox needs beside its store and its core.
type Options struct {
	Clock func() time.Time // nil = time.Now
	Log   *slog.Logger     // nil = discard
}

// Work is a turn and the bucket that it belongs to.
type Work struct {
	Bucket storage.Bucket
	Turn   storage.Turn
}

// New returns an Outbox that commits at once, and sends for the accounts that Serve is
// called for.
func New(store storage.Store, core Core, opts Options) *Outbox {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	c := newCommitter(store)
	o := &Outbox{
		store: store, core: core, now: opts.Clock, log: opts.Log,
		committer: c, meter: c.meter,
		senders:  map[accountKey]*dispatcher{},
		accounts: map[accountKey]*served{},
	}
	o.lookout = newLookout(o)
	return o
}

// Close refuses further turns, waits until the queued ones are committed, and tells
// other processes of what was left to send. It may be called more than once. The
// store stays open.
func (o *Outbox) Close() {
	o.committer.close()
	o.tasks.Wait()
}

// Commit queues all of ws, in their order per bucket, and waits until their batches are
// committed. Each error is nil, ErrSeen, that of the turn's own Apply, or ErrUnavailable.
// If ctx ends first the turns go on without their waiter.
func (o *Outbox) Commit(ctx context.Context, ws ...Work) []error {
	if len(ws) == 1 {
		done := make(chan error, 1)
		o.committer.submit(ws[0].Bucket, o.wrap(ws[0], done))
		return []error{await(ctx, done)}
	}
	done := make([]chan error, len(ws))
	buckets := map[storage.Bucket][]entry{}
	for i, w := range ws {
		done[i] = make(chan error, 1)
		buckets[w.Bucket] = append(buckets[w.Bucket], o.wrap(w, done[i]))
	}
	for b, entries := range buckets {
		o.committer.submit(b, entries...)
	}
	errs := make([]error, len(ws))
	for i := range done {
		errs[i] = await(ctx, done[i])
	}
	return errs
}

// commit waits until the turn's batch is committed.
func (o *Outbox) commit(ctx context.Context, b storage.Bucket, t storage.Turn) error {
	return o.Commit(ctx, Work{Bucket: b, Turn: t})[0]
}

// wrapped is a turn on its way through the queue, with the lanes that were reserved
// for what it wants to be said. Its fields belong to the queue's goroutine.
type wrapped struct {
	out    *Outbox
	bucket storage.Bucket
	turn   storage.Turn
	grants []*grant
	result *storage.Result
}

// grant is a lane that is kept for a turn, and the rows of it that the turn claims.
type grant struct {
	sender *dispatcher
	lane   *lane
	slots  []string
	held   int // sends set aside
}

func (o *Outbox) wrap(w Work, done chan<- error) entry {
	t := &wrapped{out: o, bucket: w.Bucket, turn: w.Turn}
	turn := w.Turn
	turn.Apply, turn.Done = t.apply, t.committed
	return entry{turn: turn, finish: func(err error) {
		t.finish(err)
		done <- err
	}}
}

// apply runs the turn's own Apply and claims what can be sent at once. Running it
// again uses the same reservations.
func (t *wrapped) apply(l storage.Loaded) (storage.Change, error) {
	ch, err := t.turn.Apply(l)
	if err != nil {
		return ch, err
	}
	if claims := t.claims(ch.Slots); len(claims) > 0 {
		ch.Slots = slices.Concat(ch.Slots, claims)
	}
	return ch, nil
}

// claims is the claims for what ops want: the first row of each chat that is idle
// here, and rows behind it as long as a doubt about them would be harmless.
func (t *wrapped) claims(ops []storage.SlotOp) []storage.SlotOp {
	for _, g := range t.grants {
		g.slots = nil
	}
	var claims []storage.SlotOp
	for _, op := range ops {
		if op.Want == nil || op.Want.Withdraw {
			continue
		}
		g := t.grant(op.Want)
		if g == nil || slices.Contains(g.slots, op.Want.Slot) {
			continue
		}
		g.slots = append(g.slots, op.Want.Slot)
		claims = append(claims, storage.SlotOp{Claim: &storage.Claim{Slot: op.Want.Slot, Epoch: g.sender.epoch}})
	}
	return claims
}

// grant returns the reservation that can carry one more row for w, or nil.
func (t *wrapped) grant(w *storage.Want) *grant {
	for _, g := range t.grants {
		if g.lane.addr != w.Address {
			continue
		}
		if len(g.slots) < g.held {
			return g
		}
		if repeatable(w.Kind) && g.sender.extend(g.lane) {
			g.held++
			return g
		}
		return nil
	}
	d := t.out.sender(w.Address)
	if d == nil {
		return nil
	}
	l := d.reserve(w.Address)
	if l == nil {
		return nil
	}
	g := &grant{sender: d, lane: l, held: 1}
	t.grants = append(t.grants, g)
	return g
}

func (t *wrapped) committed(r storage.Result) {
	t.result = &r
	if t.turn.Key != "" {
		t.out.meter.update()
	}
	if t.turn.Done != nil {
		t.turn.Done(r)
	}
}

// finish hands over what was claimed and lets go of what was not.
func (t *wrapped) finish(err error) {
	if errors.Is(err, storage.ErrSeen) {
		t.out.meter.repeated()
	}
	if err == nil && t.result != nil {
		t.out.spread(t.result.Changed)
		for _, g := range t.grants {
			g.sender.granted(g, t.result.Claimed)
		}
		return
	}
	for _, g := range t.grants {
		if len(g.slots) > 0 {
			// Whether the rows are claimed is unknown: claiming them again tells.
			g.sender.claimAgain(g, t.bucket)
		} else {
			g.sender.granted(g, nil)
		}
	}
}

// spread tells those who care of rows that were written.
func (o *Outbox) spread(rows []storage.Delivery) {
	hint := false
	for _, r := range rows {
		o.core.Wrote(r.Address)
		if d := o.sender(r.Address); d != nil {
			d.changed(r)
		} else {
			hint = true // it is for another process to send, or to show
		}
	}
	if hint {
		o.hint()
	}
}

// sender is the dispatcher of this process for an address, or nil.
func (o *Outbox) sender(a chat.Address) *dispatcher {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.senders[accountKey{a.Platform, a.Account}]
}

// hint tells other processes of new deliveries, once for all that were committed
// while the hint before was under way.
func (o *Outbox) hint() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hinting {
		o.again = true
		return
	}
	o.hinting = true
	o.tasks.Go(func() {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			o.store.Hint(ctx)
			cancel()
			o.mu.Lock()
			if !o.again {
				o.hinting = false
				o.mu.Unlock()
				return
			}
			o.again = false
			o.mu.Unlock()
		}
	})
}

// Look makes every sender of this process look for due deliveries at once: another
// process wrote some.
func (o *Outbox) Look() {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, d := range o.senders {
		d.look()
	}
}
