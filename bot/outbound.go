package bot

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// outbound is the half of a Bot that commits and sends: the queues of turns, and one
// Dispatcher for each account whose lease this process holds.
type outbound struct {
	store     storage.Store
	now       func() time.Time
	log       *slog.Logger
	hooks     hooks
	committer *committer
	meter     *meter

	mu       sync.RWMutex
	senders  map[accountKey]*Dispatcher // whose lease is held here
	accounts map[accountKey]*served     // all that ServeAccount was called for
	hinting  bool
	again    bool
	tasks    sync.WaitGroup
}

type accountKey struct {
	platform chat.Platform
	id       string
}

// hooks is what the other half of the Bot does for this one.
type hooks struct {
	changed func(to chat.Address) // a delivery to this address was written; must not block
	hinted  func()                // another process wrote something
	refresh func(context.Context) error
	expire  func(context.Context, storage.Session) (storage.Turn, error)
	duties  func() []caseDuty                     // what the sweeper does for cases
	perform func(context.Context, []work) []error // commits turns of our own
	moved   func(ctx context.Context, from, to chat.Address) error
	// unheard does what follows when a chat takes no messages.
	unheard func(ctx context.Context, row storage.Delivery, why string) error
	tell    *teller // nil = nobody tells
	// concluded is what follows from how the sending of staff's words ended; lacking loads
	// the configuration that its error says is missing.
	concluded func(storage.Loaded, storage.Delivery, storage.Outcome, bool) (storage.Change, error)
	lacking   func(context.Context, error) error
}

func makeOutbound(store storage.Store, now func() time.Time, log *slog.Logger, h hooks) *outbound {
	c := newCommitter(store)
	return &outbound{
		store: store, now: now, log: log, hooks: h,
		committer: c, meter: c.meter,
		senders:  map[accountKey]*Dispatcher{},
		accounts: map[accountKey]*served{},
	}
}

// newOutbound is the outbound half of b.
func newOutbound(b *Bot) *outbound {
	return makeOutbound(b.store, b.now, b.log, hooks{
		changed: b.watch.notify,
		hinted:  b.watch.notifyAll,
		refresh: b.refresh,
		expire: func(ctx context.Context, s storage.Session) (storage.Turn, error) {
			return b.stepTurn(ctx, s, survey.Expire{})
		},
		duties:    b.caseDuties,
		perform:   b.performAll,
		moved:     b.chatMoved,
		concluded: b.concluded, lacking: b.lacking,
		unheard: b.unheard,
		tell:    newTeller(b),
	})
}

// commit waits until the turn's batch is committed. Its error is nil, ErrSeen, that of
// the turn's own Apply, or ErrUnavailable.
func (b *Bot) commit(ctx context.Context, bucket storage.Bucket, t storage.Turn) error {
	return b.out.commit(ctx, bucket, t)
}

// commitAll queues all of ws, in their order per bucket, before it waits for them.
func (b *Bot) commitAll(ctx context.Context, ws []work) []error { return b.out.commitAll(ctx, ws) }

// Close refuses further turns, waits until the queued ones are committed, and tells
// other processes of what was left to send. It may be called more than once. The
// store stays open.
func (b *Bot) Close() error {
	b.out.close()
	return nil
}

func (o *outbound) close() {
	o.committer.close()
	o.tasks.Wait()
}

func (o *outbound) commit(ctx context.Context, b storage.Bucket, t storage.Turn) error {
	return o.commitAll(ctx, []work{{bucket: b, turn: t}})[0]
}

func (o *outbound) commitAll(ctx context.Context, ws []work) []error {
	done := make([]chan error, len(ws))
	buckets := map[storage.Bucket][]entry{}
	for i, w := range ws {
		done[i] = make(chan error, 1)
		buckets[w.bucket] = append(buckets[w.bucket], o.wrap(w, done[i]))
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

// wrapped is a turn on its way through the queue, with the lanes that were reserved
// for what it wants to be said. Its fields belong to the queue's goroutine.
type wrapped struct {
	out    *outbound
	bucket storage.Bucket
	turn   storage.Turn
	grants []*grant
	result *storage.Result
}

// grant is a lane that is kept for a turn, and the rows of it that the turn claims.
type grant struct {
	sender *Dispatcher
	lane   *lane
	slots  []string
	held   int // sends set aside
}

func (o *outbound) wrap(w work, done chan<- error) entry {
	t := &wrapped{out: o, bucket: w.bucket, turn: w.turn}
	turn := w.turn
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
		if op.Want == nil || op.Want.Withdraw || op.Want.Address.Platform == chat.Web {
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
	t.out.meter.turn(t.turn.Key != "", &r)
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
func (o *outbound) spread(rows []storage.Delivery) {
	hint := false
	for _, r := range rows {
		o.hooks.changed(r.Address)
		if r.Address.Platform == chat.Web {
			hint = true
			continue
		}
		if d := o.sender(r.Address); d != nil {
			d.changed(r)
		} else if r.State == storage.Due {
			hint = true
		}
	}
	if hint {
		o.hint()
	}
}

// sender is the Dispatcher of this process for an address, or nil.
func (o *outbound) sender(a chat.Address) *Dispatcher {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.senders[accountKey{a.Platform, a.Account}]
}

// hint tells other processes of new deliveries, once for all that were committed
// while the hint before was under way.
func (o *outbound) hint() {
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

// hinted passes a hint of another process on.
func (o *outbound) hinted() {
	o.hooks.hinted()
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, d := range o.senders {
		d.look()
	}
}
