package outbox

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const (
	// pollEvery is how often due rows are looked for that others wrote.
	pollEvery = 250 * time.Millisecond
	// pollPause is the least time between two looks, whoever asks for them.
	pollPause = 25 * time.Millisecond
	// lookTimeout bounds a look into one bucket.
	lookTimeout = 5 * time.Second
	// doubtEvery is how often rows are looked for that an earlier holder of a lease
	// claimed after the present one had begun.
	doubtEvery = 5 * time.Second
)

// lookout finds due rows that nobody in this process knows of: those that other processes
// wrote, those whose retry is due, and those that did not fit into memory. It looks for all
// accounts of the process at once, so that those with nothing to send cost nothing each. It
// runs while there is an account to look for.
type lookout struct {
	out  *Outbox
	peek chan struct{}

	mu    sync.Mutex
	by    map[accountKey]*dispatcher
	asked map[*dispatcher]bool // those that do not wait for the next regular look
	stop  func()               // ends the looks and waits for their end; nil = they are not running
}

func newLookout(o *Outbox) *lookout {
	return &lookout{out: o, peek: make(chan struct{}, 1), by: map[accountKey]*dispatcher{}, asked: map[*dispatcher]bool{}}
}

// join looks for the account of d from now on, and at once.
func (l *lookout) join(d *dispatcher) {
	l.mu.Lock()
	l.by[keyOfAccount(d.account)] = d
	if l.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { l.watch(ctx) })
		running.Go(func() { l.doubt(ctx) })
		l.stop = func() {
			cancel()
			running.Wait()
		}
	}
	l.mu.Unlock()
	l.ask(d)
}

// leave ends what join began.
func (l *lookout) leave(d *dispatcher) {
	l.mu.Lock()
	delete(l.asked, d)
	if key := keyOfAccount(d.account); l.by[key] == d {
		delete(l.by, key)
	}
	stop := l.stop
	if len(l.by) > 0 {
		stop = nil
	} else {
		l.stop = nil
	}
	l.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// ask makes the next look, which includes d, come at once.
func (l *lookout) ask(d *dispatcher) {
	l.mu.Lock()
	if l.by[keyOfAccount(d.account)] == d {
		l.asked[d] = true
	}
	l.mu.Unlock()
	select {
	case l.peek <- struct{}{}:
	default:
	}
}

// take returns the senders that the next look is for: those that asked, or all.
func (l *lookout) take(all bool) []*dispatcher {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Collect(maps.Keys(l.asked))
	if all {
		list = slices.Collect(maps.Values(l.by))
	}
	clear(l.asked)
	return list
}

func (l *lookout) all() []*dispatcher {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Values(l.by))
}

// watch looks again and again until ctx ends.
func (l *lookout) watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	down, all := false, false
	for {
		list := l.take(all)
		err := l.look(ctx, list)
		if err != nil && ctx.Err() == nil && !down {
			l.out.log.Warn("cannot look for deliveries", "err", err)
			for _, d := range list {
				d.note(err.Error())
			}
		}
		down = err != nil
		pause := pollPause
		if down {
			pause = pollEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			all = true
		case <-l.peek:
			all = false
		}
	}
}

// look takes heads from every bucket for those of these senders that have room.
func (l *lookout) look(ctx context.Context, senders []*dispatcher) error {
	limit := 0
	var of []storage.Served
	hungry := map[accountKey]*dispatcher{}
	for _, d := range senders {
		if n := d.wants(); n > 0 {
			limit = max(limit, n)
			of = append(of, d.served())
			hungry[keyOfAccount(d.account)] = d
		}
	}
	if len(of) == 0 {
		return nil
	}
	more := map[*dispatcher]bool{}
	for b := range storage.Bucket(l.out.store.Buckets()) {
		call, cancel := context.WithTimeout(ctx, lookTimeout)
		rows, err := l.out.store.Heads(call, b, of, l.out.now(), limit)
		cancel()
		if err != nil {
			return err
		}
		for key, some := range byAccount(rows) {
			d := hungry[key]
			d.offerAll(some)
			more[d] = more[d] || len(some) >= limit
		}
	}
	for _, d := range hungry {
		d.found(more[d])
	}
	return nil
}

// doubt looks now and then for rows that earlier holders of the leases claimed only now,
// because they were slow to notice that they had lost them.
func (l *lookout) doubt(ctx context.Context) {
	tick := time.NewTicker(doubtEvery)
	defer tick.Stop()
	down := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.out.settleDoubts(ctx, l.all()...)
		if err != nil && ctx.Err() == nil && !down {
			l.out.log.Warn("cannot look for deliveries in doubt", "err", err)
		}
		down = err != nil
	}
}

func byAccount(rows []storage.Delivery) map[accountKey][]storage.Delivery {
	by := map[accountKey][]storage.Delivery{}
	for _, r := range rows {
		key := accountKey{r.Address.Platform, r.Address.Account}
		by[key] = append(by[key], r)
	}
	return by
}

// accountKey names an account.
type accountKey struct {
	platform chat.Platform
	id       string
}

func keyOfAccount(a Account) accountKey { return accountKey{a.Platform, a.ID} }
