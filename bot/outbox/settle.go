package outbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// start sends the next claimed row of a lane.
func (d *dispatcher) start(l *lane) {
	row := l.queue[0]
	l.queue = slices.Delete(l.queue, 0, 1)
	l.current, l.newer, l.phase = &row, false, busy
	l.count(row)
	if !l.flying {
		l.flying = true
		d.flying++
	}
	d.tasks.Go(func() { d.send(l, row) })
}

// send tries one row once. It asks for the lease and for pauses at the last moment.
func (d *dispatcher) send(l *lane, row storage.Delivery) {
	d.mu.Lock()
	now := time.Now()
	pause := max(l.budget.until.Sub(now), d.budget.until.Sub(now), 0)
	goOn := pause == 0 && !d.revoked && d.ctx.Err() == nil && d.valid()
	if goOn && !unchanged(row) {
		l.held--
		l.budget.use(now)
		d.budget.use(now)
	} else {
		d.free(l, 1)
	}
	d.mu.Unlock()

	v := verdict{outcome: storage.Retry, delay: pause, reason: row.Error}
	if goOn {
		v = d.show(d.ctx, row)
		d.out.meter.sent(Send{Platform: d.account.Platform, Outcome: v.outcome})
	}
	s := &settlement{sender: d, lane: l, row: row, verdict: v}
	d.consequences(s)
	d.mu.Lock()
	l.current = nil
	d.learn(l, v)
	d.prepare(s)
	all := d.together(s)
	d.mu.Unlock()
	commit(all)
}

// together are the settlements to be committed now that s is ready. An edit that was shown waits
// for the row that its lane sends next, where that is under way already: nothing else can be sent
// there meanwhile, and one transaction says of both what became of them. It runs under the mutex.
func (d *dispatcher) together(s *settlement) []*settlement {
	l := s.lane
	all := append(l.shown, s)
	l.shown = nil
	next := l.current
	if next != nil && next.Bucket == s.row.Bucket && s.row.Edits() && s.verdict.kind == "" && s.verdict.outcome == storage.Delivered && !s.wish {
		l.shown = all
		return nil
	}
	return all
}

// commit submits settlements of one bucket.
func commit(all []*settlement) {
	if len(all) == 0 {
		return
	}
	entries := make([]entry, len(all))
	for i, s := range all {
		entries[i] = s.entry()
	}
	all[0].sender.out.committer.submit(all[0].row.Bucket, entries...)
}

// consequences does what a verdict asks for beside the settlement.
func (d *dispatcher) consequences(s *settlement) {
	if s.verdict.kind == "" {
		return // it was shown, or not tried
	}
	ctx, cancel := context.WithTimeout(d.ctx, 5*time.Second)
	defer cancel()
	v, row := s.verdict, s.row
	if v.blocked {
		id, err := d.out.store.Identity(ctx, row.Bucket, row.Identity)
		switch {
		case err == nil:
			s.person = id.Person
		case !errors.Is(err, storage.ErrNotFound):
			d.log.Warn("cannot mark a blocked chat", "chat", row.Address.String(), "err", err)
		}
	}
	if v.blocked {
		if err := d.out.core.Deaf(ctx, row, v.reason); err != nil {
			d.log.Warn("cannot do what follows from a chat that takes no messages", "slot", row.Slot, "err", err)
		}
	}
	if !v.to.IsZero() {
		if err := d.out.core.Moved(ctx, row.Address, v.to); err != nil {
			d.log.Warn("cannot remember that a chat moved", "from", row.Address.String(), "to", v.to.String(), "err", err)
		}
	}
	log := d.log.With("chat", row.Address.String(), "slot", row.Slot, "attempt", row.Attempts, "outcome", v.outcome, "reason", v.reason)
	switch {
	case v.revoked:
		log.Error("the platform refuses this account's credentials: nothing is sent until they are replaced")
	case v.outcome == storage.GaveUp:
		log.Error("gave a delivery up")
	default:
		log.Warn("a delivery was not confirmed")
	}
}

// learn draws the conclusions for other rows. It runs under the mutex.
func (d *dispatcher) learn(l *lane, v verdict) {
	if v.kind != "" {
		d.last = failure{text: v.reason, at: d.out.now()}
	}
	if v.revoked {
		d.revoked, d.open = true, false
	}
	if !v.limited || v.edits {
		return
	}
	until := time.Now().Add(v.delay)
	l.budget.pause(until)
	if v.account {
		d.budget.pause(until)
	}
}

// settlement is a try whose result is being committed, with the claim of the chat's
// next row.
type settlement struct {
	sender  *dispatcher
	lane    *lane
	row     storage.Delivery
	verdict verdict
	person  storage.Person     // whose chat turned out to be blocked
	follows bool               // the core says what follows, in the same commit
	back    []storage.Delivery // rows that were to follow and must wait with this one
	wish    bool               // a send is set aside for the chat's next row
	next    string             // the slot of that row; this one's if it has something newer
	result  storage.Result
}

// prepare decides under the mutex what the settlement of s says about other rows.
func (d *dispatcher) prepare(s *settlement) {
	l := s.lane
	l.settling++
	if s.verdict.outcome == storage.Retry {
		l.anew++
	}
	switch {
	case s.verdict.outcome == storage.Retry && s.row.Edits():
		// What follows need not wait for it.
	case s.verdict.outcome == storage.Retry:
		keep := l.queue[:0]
		for _, q := range l.queue {
			if q.Bucket == s.row.Bucket {
				s.back = append(s.back, q)
			} else {
				keep = append(keep, q)
			}
		}
		l.queue = keep
		d.free(l, len(s.back))
	case len(l.queue) == 0 && d.open && d.ready.Len() == 0:
		d.wish(s)
	}
	if !s.wish {
		d.rest(l)
	}
}

// wish sets a send aside for the row that follows s in its chat, if it can go at once.
func (d *dispatcher) wish(s *settlement) {
	l, now := s.lane, time.Now()
	if l.budget.at(now).After(now) || d.budget.at(now).After(now) {
		return
	}
	wall := d.out.now()
	if l.newer {
		s.next = s.row.Slot
	} else if i, at := l.next(wall); i >= 0 && !at.After(wall) && l.known[i].bucket == s.row.Bucket {
		s.next = l.known[i].slot
	} else {
		return
	}
	s.wish = true
	d.hold(l)
}

func (s *settlement) entry() entry {
	var load storage.Load
	if s.verdict.outcome != storage.Retry {
		load, s.follows = s.sender.out.core.Loads(s.row)
	}
	if !s.person.IsZero() {
		load.Person = s.person
	}
	turn := storage.Turn{
		Load:  load,
		Apply: s.apply,
		Done:  func(r storage.Result) { s.result = r },
	}
	return entry{turn: turn, finish: s.finish}
}

func (s *settlement) apply(l storage.Loaded) (storage.Change, error) {
	v := s.verdict
	settle := storage.Settle{
		Slot: s.row.Slot, Epoch: s.row.Epoch, Version: s.row.Wanted, Hash: s.row.Hash, Ref: v.ref,
		Outcome: v.outcome, Doubt: v.doubt, At: l.Now.Add(v.delay), To: v.to, Error: v.reason,
	}
	ops := []storage.SlotOp{{Settle: &settle}}
	for _, b := range s.back {
		ops = append(ops, storage.SlotOp{Settle: notSent(b, l.Now)})
	}
	if s.wish && s.sender.valid() {
		ops = append(ops, storage.SlotOp{Claim: &storage.Claim{Slot: s.next, Epoch: s.sender.epoch}})
	}
	var ch storage.Change
	if s.follows {
		end := Conclusion{Outcome: v.outcome, Blocked: v.blocked}
		if end.Outcome == storage.GaveUp && (v.doubt || s.row.Repeated) {
			end.Outcome = storage.Dropped // it may have been shown all the same
		}
		var err error
		if ch, err = s.sender.out.core.After(l, s.row, end); err != nil {
			return storage.Change{}, err
		}
	}
	ch.Slots = slices.Concat(ops, ch.Slots)
	if id := l.Identity; id != nil && !s.person.IsZero() && id.Address == s.row.Address && id.Blocked.IsZero() {
		blocked := *id
		blocked.Blocked = l.Now
		ch.Identity = &blocked
	}
	return ch, nil
}

func (s *settlement) finish(err error) {
	d := s.sender
	if err != nil {
		d.note(err.Error())
		if !unavailable(err) {
			d.log.Error("cannot settle a delivery", "slot", s.row.Slot, "err", err)
		}
		d.again(func() {
			if lack, ok := errors.AsType[Lack](err); ok {
				if err := lack.Load(d.ctx); err != nil {
					d.note(err.Error())
				}
			}
			commit([]*settlement{s})
		})
		return
	}
	d.mu.Lock()
	delete(d.flight, keyOf(s.row))
	for _, b := range s.back {
		delete(d.flight, keyOf(b))
	}
	d.mu.Unlock()
	d.out.spread(s.result.Changed)
	d.mu.Lock()
	defer d.mu.Unlock()
	s.lane.settling--
	if s.verdict.outcome == storage.Retry {
		s.lane.anew--
	}
	if s.wish {
		d.accept(&grant{sender: d, lane: s.lane, slots: []string{s.next}, held: 1}, s.result.Claimed)
	}
	if s.lane.phase != reserved { // else it goes on when the turn that has it is committed
		d.rest(s.lane)
	}
}
