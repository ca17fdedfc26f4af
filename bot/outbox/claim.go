package outbox

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// reserve keeps a lane of which nothing is sent or being claimed for a turn that wants something
// said there, or returns nil: then the row waits for plan like any other. That what came before was shown
// may still be on its way to the database.
func (d *dispatcher) reserve(a chat.Address) *lane {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open || !d.valid() || d.ready.Len() > 0 || d.flying >= d.limits.Parallel {
		return nil
	}
	now := time.Now()
	l := d.lane(a)
	if l.phase != idle && !l.settles() || len(l.known) > 0 || l.budget.at(now).After(now) || d.budget.at(now).After(now) {
		return nil
	}
	if l.phase == idle {
		d.begin(l, reserved)
	} else {
		l.phase = reserved
		d.hold(l)
	}
	return l
}

// extend sets one more send aside for a lane that is reserved.
func (d *dispatcher) extend(l *lane) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if l.budget.at(now).After(now) || d.budget.at(now).After(now) {
		return false
	}
	d.hold(l)
	return true
}

// begin takes an idle lane for a claim.
func (d *dispatcher) begin(l *lane, p phase) {
	l.leave()
	l.phase = p
	d.active++
	d.hold(l)
}

func (d *dispatcher) hold(l *lane) {
	l.budget.hold()
	d.budget.hold()
	l.held++
	if !l.flying {
		l.flying = true
		d.flying++
	}
}

func (d *dispatcher) free(l *lane, n int) {
	l.budget.free(n)
	d.budget.free(n)
	l.held -= n
}

// claim commits the claims of a grant.
func (d *dispatcher) claim(c claimOf) {
	var result storage.Result
	turn := storage.Turn{
		Apply: func(storage.Loaded) (storage.Change, error) {
			var ch storage.Change
			if d.valid() {
				for _, s := range c.slots {
					ch.Slots = append(ch.Slots, storage.SlotOp{Claim: &storage.Claim{Slot: s, Epoch: d.epoch}})
				}
			}
			return ch, nil
		},
		Done: func(r storage.Result) { result = r },
	}
	d.out.committer.submit(c.bucket, entry{turn: turn, finish: func(err error) {
		if err != nil {
			d.claimAgain(c.grant, c.bucket)
			return
		}
		d.out.spread(result.Changed)
		d.granted(c.grant, result.Claimed)
	}})
}

// claimAgain repeats claims of which nobody knows whether they were committed. The
// lane stays taken until the database tells.
func (d *dispatcher) claimAgain(g *grant, b storage.Bucket) {
	d.again(func() { d.claim(claimOf{grant: g, bucket: b}) })
}

// commitPause is how long a commit that failed waits before it is tried again. The
// store has its own quick retries.
const commitPause = 500 * time.Millisecond

// again does f after a pause, unless the dispatcher is finished by then.
func (d *dispatcher) again(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done {
		return
	}
	d.tasks.Go(func() {
		pause := time.NewTimer(commitPause)
		defer pause.Stop()
		select {
		case <-pause.C:
			f()
		case <-d.ctx.Done():
		}
	})
}

// granted ends a reservation: those of the claimed rows that are its own are sent.
func (d *dispatcher) granted(g *grant, claimed []storage.Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accept(g, claimed)
	d.rest(g.lane)
}

// accept takes claimed rows of a grant over and frees what it set aside in vain.
func (d *dispatcher) accept(g *grant, claimed []storage.Delivery) {
	used := 0
	for _, row := range claimed {
		if row.Epoch != d.epoch || !slices.Contains(g.slots, row.Slot) {
			continue
		}
		if _, sending := d.flight[keyOf(row)]; sending {
			continue
		}
		if d.done {
			d.out.giveBack(row)
			continue
		}
		d.flight[keyOf(row)] = struct{}{}
		if row.Address == g.lane.addr {
			used++
			g.lane.enqueue(row)
		} else {
			d.divert(row) // the chat moved meanwhile
		}
	}
	d.free(g.lane, max(g.held-used, 0))
}

// divert sends a claimed row in another lane than the one that it was claimed for.
func (d *dispatcher) divert(row storage.Delivery) {
	l := d.lane(row.Address)
	l.enqueue(row)
	if l.phase == idle {
		d.begin(l, busy)
	} else {
		d.hold(l)
	}
	if l.phase == busy {
		d.rest(l)
	}
}

// rest decides how a lane goes on of which nothing is in flight or being claimed.
func (d *dispatcher) rest(l *lane) {
	switch {
	case l.current != nil:
		return
	case len(l.queue) > 0 && !d.done:
		d.start(l)
		return
	}
	if l.flying {
		l.flying = false
		d.flying--
	}
	if l.phase = busy; l.settling == 0 {
		l.phase = idle
		d.active--
		if l.fetched { // the database knows what comes next of the rank that was sent
			l.fetched = false
			d.look()
		}
		d.schedule(l)
	}
	if d.ready.Len() > 0 || d.more {
		d.poke()
	}
}

// giveBack makes a row due again that was claimed and certainly not sent. If that
// fails, it counts as in doubt.
func (o *Outbox) giveBack(row storage.Delivery) {
	turn := storage.Turn{
		Apply: func(l storage.Loaded) (storage.Change, error) {
			return storage.Change{Slots: []storage.SlotOp{{Settle: notSent(row, l.Now)}}}, nil
		},
	}
	o.tasks.Go(func() {
		if err := o.committer.do(context.Background(), row.Bucket, turn); err == nil {
			o.hint()
		}
	})
}

// notSent settles a claimed row that was not sent: it is due at once.
func notSent(row storage.Delivery, now time.Time) *storage.Settle {
	return &storage.Settle{
		Slot: row.Slot, Epoch: row.Epoch, Version: row.Wanted, Outcome: storage.Retry, At: now, Error: row.Error,
	}
}
