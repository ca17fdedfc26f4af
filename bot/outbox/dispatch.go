package outbox

import (
	"container/heap"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const (
	// maxWaiting is the most chats that wait in memory. More wait in the database.
	maxWaiting = 1024
	// probeEvery is how often a platform that refused the credentials is asked about them.
	probeEvery = 30 * time.Second
	// lanesKept is how long a chat's pace is remembered at least once it is idle.
	lanesKept = time.Minute
)

// dispatcher sends what waits for one account while this process holds the account's
// lease. In each chat at most one send is in flight, lowest rank first; chats do not wait
// for each other beyond the account's own limits. A row is claimed (committed as
// Sending) only when it can be sent at once, so that a crash leaves few in doubt.
type dispatcher struct {
	out     *Outbox
	account Account
	limits  chat.Limits
	epoch   int64
	log     *slog.Logger
	valid   func() bool // the lease is held, by the monotonic clock
	stock   int         // how many chats are fetched ahead of the account's limit
	jitter  func() float64
	ctx     context.Context // of everything that is under way; ends with finish
	cancel  context.CancelFunc
	wake    chan struct{} // for plan
	tasks   sync.WaitGroup
	marks   marks

	mu      sync.Mutex // guards all below, and the lanes
	open    bool       // rows may be claimed
	lanes   map[chat.Address]*lane
	ready   laneHeap             // chats that could go on now, by rank
	later   laneHeap             // chats that wait for a time, by that time
	budget  budget               // of the account
	flying  int                  // sends in flight, or about to be
	active  int                  // lanes that are not idle
	flight  map[slotKey]struct{} // rows claimed here and not settled
	shut    bool                 // closed: open stays false
	done    bool                 // finished: nothing is started any more
	more    bool                 // the database has due rows beyond those in memory
	revoked bool
	last    failure
}

// failure is the newest error, for the operator.
type failure struct {
	text string
	at   time.Time
}

func newDispatcher(o *Outbox, a Account, epoch int64, valid func() bool) *dispatcher {
	limits := a.Limits.Or(chat.NoLimits())
	d := &dispatcher{
		out: o, account: a, limits: limits, epoch: epoch, valid: valid,
		log:    o.log.With("platform", a.Platform, "account", a.ID, "epoch", epoch),
		stock:  int(min(256, max(16, limits.Account.PerSecond/2))),
		jitter: rand.Float64,
		wake:   make(chan struct{}, 1),
		lanes:  map[chat.Address]*lane{},
		flight: map[slotKey]struct{}{},
		budget: newBudget(limits.Account),
		ready:  laneHeap{less: func(a, b *lane) bool { return a.rank.Before(b.rank) }},
		later:  laneHeap{less: func(a, b *lane) bool { return a.at.Before(b.at) }},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// served is the account under this epoch.
func (d *dispatcher) served() storage.Served {
	return storage.Served{Platform: d.account.Platform, Account: d.account.ID, Epoch: d.epoch}
}

// run claims and sends until ctx ends. What is in flight then goes on until finish.
func (d *dispatcher) run(ctx context.Context) {
	if !d.resolveDoubts(ctx) {
		return
	}
	d.mu.Lock()
	d.open = !d.revoked && !d.shut
	d.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { d.plan(ctx) })
	both.Go(func() { d.probe(ctx) })
	d.out.lookout.join(d)
	defer d.out.lookout.leave(d)
	both.Wait()
}

// probe lets sending begin anew once the platform takes the account's credentials again:
// a workspace may install the app anew, a token may be given back. Where the platform
// cannot be asked, the next message is the question.
func (d *dispatcher) probe(ctx context.Context) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.mu.Lock()
		revoked := d.revoked
		d.mu.Unlock()
		if !revoked {
			continue
		}
		if p, ok := d.account.Sender.(chat.Prober); ok {
			call, cancel := context.WithTimeout(ctx, probeEvery/2)
			err := p.Probe(call, d.account.ID)
			cancel()
			if err != nil {
				continue
			}
			d.log.Info("the platform takes this account's credentials again")
		}
		d.mu.Lock()
		d.revoked, d.open = false, !d.shut
		d.mu.Unlock()
		d.look()
		d.poke()
	}
}

// close claims nothing more. What is in flight goes on.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shut, d.open = true, false
}

// finish gives what is in flight until ctx ends, then cuts it off and waits for it.
// It reports whether everything was settled.
func (d *dispatcher) finish(ctx context.Context) bool {
	settled := d.quiet(ctx, func() bool { return d.active == 0 })
	d.mu.Lock()
	d.done = true
	d.cancel()
	for _, l := range d.lanes {
		for _, row := range l.queue {
			d.out.giveBack(row)
		}
		l.queue = nil
	}
	d.mu.Unlock()
	d.tasks.Wait()
	return settled
}

// quiet waits until done holds (it is called under the mutex) or ctx ends.
func (d *dispatcher) quiet(ctx context.Context, done func() bool) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		d.mu.Lock()
		ok := done()
		d.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// emptied waits until everything that is known to be due was sent.
func (d *dispatcher) emptied(ctx context.Context) bool {
	return d.quiet(ctx, func() bool {
		return d.revoked || d.active == 0 && d.ready.Len() == 0 && d.later.Len() == 0 && !d.more
	})
}

// plan claims rows for chats whose time has come.
func (d *dispatcher) plan(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	swept := time.Now()
	for {
		start, at, hungry := d.choose()
		for _, g := range start {
			d.claim(g)
		}
		if hungry {
			d.look()
		}
		if now := time.Now(); now.Sub(swept) > lanesKept {
			d.forgetIdle(now)
			swept = now
		}
		wait := lanesKept
		if !at.IsZero() {
			wait = min(wait, time.Until(at))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
	}
}

// choose takes the lanes that can go on now, and tells when there may be more.
func (d *dispatcher) choose() (start []claimOf, at time.Time, hungry bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for d.later.Len() > 0 && !d.later.first().at.After(now) {
		heap.Push(&d.ready, heap.Pop(&d.later))
	}
	for d.open && d.ready.Len() > 0 && d.flying < d.limits.Parallel {
		if t := d.budget.at(now); t.After(now) {
			at = t
			break
		}
		l := heap.Pop(&d.ready).(*lane)
		i, ok := d.due(l, now)
		if !ok {
			continue
		}
		p := l.known[i]
		l.known = slices.Delete(l.known, i, i+1)
		d.begin(l, claiming)
		start = append(start, claimOf{
			grant:  &grant{sender: d, lane: l, slots: []string{p.slot}, held: 1},
			bucket: p.bucket,
		})
	}
	if d.later.Len() > 0 && (at.IsZero() || d.later.first().at.Before(at)) {
		at = d.later.first().at
	}
	return start, at, d.more && d.ready.Len() < d.stock/2
}

type claimOf struct {
	*grant
	bucket storage.Bucket
}

// due returns which known row of an idle lane to claim now. If its time has not come
// the lane waits.
func (d *dispatcher) due(l *lane, now time.Time) (int, bool) {
	wall := d.out.now()
	i, at := l.next(wall)
	if i < 0 {
		return 0, false
	}
	l.at = now.Add(at.Sub(wall))
	if t := l.budget.at(now); t.After(l.at) {
		l.at = t
	}
	if l.at.After(now) {
		heap.Push(&d.later, l)
		return 0, false
	}
	return i, true
}

// schedule puts an idle lane that has something to do where plan finds it.
func (d *dispatcher) schedule(l *lane) {
	if l.phase != idle {
		return
	}
	l.leave()
	if _, ok := d.due(l, time.Now()); ok {
		heap.Push(&d.ready, l)
	}
	if len(l.known) > 0 {
		d.poke()
	}
}

func (d *dispatcher) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// forgetIdle drops lanes that are as good as new.
func (d *dispatcher) forgetIdle(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for a, l := range d.lanes {
		if l.phase == idle && l.where == nil && len(l.known) == 0 && l.budget.full(now) {
			delete(d.lanes, a)
		}
	}
}

// note keeps an error for the operator.
func (d *dispatcher) note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = failure{text: text, at: d.out.now()}
}
