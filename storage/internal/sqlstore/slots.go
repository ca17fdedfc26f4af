package sqlstore

import (
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// slotState is what a batch has done to deliveries.
type slotState struct {
	touched    []string                // slots to be written, once each
	pending    []pendingOp             // not applied yet, in order
	dirtyTalks []*talk                 // to be written, once each
	results    map[int]*storage.Result // by turn
}

// waiting is an unsettled delivery that is no edit: what others of its conversation
// wait for.
type waiting struct {
	slot, identity string
	address        chat.Address
	ord, epoch     int64
	rank           storage.Rank
	state          storage.DeliveryState
}

type pendingOp struct {
	turn int
	op   storage.SlotOp
}

func newSlotState() slotState { return slotState{results: map[int]*storage.Result{}} }

// checkOps refuses operations that would be lost.
func checkOps(ops []storage.SlotOp) error {
	for _, op := range ops {
		if op.Slot() == "" {
			return errors.New("a slot operation without a slot")
		}
	}
	return nil
}

// bare notes that nothing was said of a case yet that opens now, so that the database is not asked.
func (w *working) bare(opened string, ops []storage.SlotOp) {
	for _, op := range ops {
		if op.Want == nil || storage.SlotOwner(op.Want.Slot) != opened {
			continue
		}
		name := storage.Clean(op.Want.Slot)
		if _, known := w.slot(name); !known {
			w.slots.put(name, nil)
		}
	}
}

// fetchSlots loads the deliveries in these slots that are not in the working set yet,
// with their renders or, where nobody will look at those, without.
func (w *working) fetchSlots(names []string, renders bool) error {
	var talks []string
	for _, name := range names {
		if id, ok := talkOf(name); ok {
			talks = append(talks, id)
		}
	}
	if err := w.fetchTalks(talks); err != nil {
		return err
	}
	var missing []string
	for _, name := range names {
		c, known := w.slot(name)
		if name != "" && (!known || renders && c != nil && c.render == nil) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	text := w.s.q.slotStates
	if renders {
		text = w.s.q.slots
	}
	for _, name := range missing {
		if c, _ := w.slots.get(name); c == nil {
			w.slots.put(name, nil)
		}
	}
	return w.find(text, missing, func(rows *sql.Rows) error {
		c, err := scanDelivery(rows)
		if err != nil {
			return err
		}
		if known, _ := w.slots.get(c.Slot); known != nil {
			known.render = c.render // all else may be newer here
			return nil
		}
		c.queued = queueOf(&c.Delivery)
		w.slots.put(c.Slot, &c)
		return nil
	})
}

// fetchWaiting loads what else waits in these chats.
func (w *working) fetchWaiting(chats []string) error {
	chats = slices.DeleteFunc(chats, func(c string) bool {
		_, known := w.chats.get(c)
		return known
	})
	if len(chats) == 0 {
		return nil
	}
	slices.Sort(chats)
	chats = slices.Compact(chats)
	for _, c := range chats {
		w.chats.put(c, new([]waiting))
	}
	var talks []string
	err := w.find(w.s.q.inChat, chats, func(rows *sql.Rows) error {
		q, err := scanQueued(rows)
		switch {
		case err != nil:
			return err
		case q.talk:
			talks = append(talks, q.item)
		case q.posts:
			d := storage.Delivery{
				Slot: q.item, Identity: q.identity, Address: q.address(), Ord: q.ord, Rank: storage.Rank(q.rank), State: storage.Due, Epoch: q.epoch,
			}
			if q.sending {
				d.State = storage.Sending
			}
			w.wait("", d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.readUnderway(); err != nil {
		return err
	}
	for _, c := range chats {
		talks = append(talks, w.underway.chats[c]...)
	}
	if err := w.fetchTalks(slices.Clone(talks)); err != nil {
		return err
	}
	for _, id := range talks {
		if t, _ := w.talks.get(id); t != nil {
			for _, c := range t.slots {
				w.wait("", c.Delivery)
			}
		}
	}
	for _, name := range w.touched { // what this batch did is not in the database yet
		c, _ := w.slot(name)
		w.wait("", c.Delivery)
	}
	return nil
}

// wait keeps what is known of a delivery's chat up to date. from is the chat that the
// delivery was in before; "" = the same.
func (w *working) wait(from string, d storage.Delivery) {
	for _, name := range [...]string{from, d.Address.Chat} {
		if name == "" {
			continue
		}
		if list, _ := w.chats.get(name); list != nil {
			*list = slices.DeleteFunc(*list, func(o waiting) bool { return o.slot == d.Slot })
		}
	}
	if list, _ := w.chats.get(d.Address.Chat); list != nil && d.Unsettled() && !d.Edits() {
		*list = append(*list, waiting{slot: d.Slot, identity: d.Identity, address: d.Address, ord: d.Ord, rank: d.Rank, epoch: d.Epoch, state: d.State})
	}
}

// others is what waits before d in its conversation, as it is now.
func (w *working) others(d *storage.Delivery) []storage.Delivery {
	list, _ := w.chats.get(d.Address.Chat)
	if list == nil {
		return nil
	}
	var before []storage.Delivery
	for _, o := range *list {
		if o.identity == d.Identity && o.ord < d.Ord && o.slot != d.Slot {
			before = append(before, storage.Delivery{
				Bucket: w.bucket, Slot: o.slot, Identity: o.identity, Address: o.address, Ord: o.ord, Rank: o.rank, Epoch: o.epoch, State: o.state,
			})
		}
	}
	return before
}

// flush applies the pending operations in order.
func (w *working) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	if err := w.checkSessions(); err != nil {
		return err
	}
	names := make([]string, 0, len(w.pending))
	var claimed []string
	for i := range w.pending {
		names = append(names, storage.Clean(w.pending[i].op.Slot()))
		if w.pending[i].op.Claim != nil {
			claimed = append(claimed, names[i])
		}
	}
	if err := w.fetchSlots(w.unwanted(claimed), true); err != nil {
		return err
	}
	if err := w.fetchSlots(names, false); err != nil {
		return err
	}
	var chats []string
	for i, p := range w.pending {
		if p.op.Claim == nil {
			continue
		}
		if c, _ := w.slot(names[i]); c != nil {
			chats = append(chats, c.Address.Chat)
		}
		// The same batch may have wanted it just before.
		for j := range w.pending[:i] {
			if want := w.pending[j].op.Want; want != nil && names[j] == names[i] {
				chats = append(chats, storage.Clean(want.Address.Chat))
			}
		}
	}
	if err := w.fetchWaiting(chats); err != nil {
		return err
	}
	for i, p := range w.pending {
		if err := w.apply(p, names[i]); err != nil {
			return err
		}
	}
	w.pending = nil
	return nil
}

// shows sees to it that a cell's render is known.
func (w *working) shows(c *deliveryCell) error {
	if !c.decoded && c.render == nil {
		if err := w.fetchSlots([]string{c.Slot}, true); err != nil {
			return err
		}
	}
	return c.load()
}

// apply runs one operation and keeps its rows.
func (w *working) apply(p pendingOp, name string) error {
	var d *storage.Delivery
	var others []storage.Delivery
	old, _ := w.slot(name)
	if old != nil {
		d = &old.Delivery
		if p.op.Claim != nil {
			others = w.others(d)
		}
		if want := p.op.Want; want != nil && want.Bare { // what it is to show follows from what it shows
			if err := w.shows(old); err != nil {
				return err
			}
		}
	}
	ord := max(w.ord+1, w.now.UnixMicro())
	for _, n := range p.op.Apply(w.bucket, d, others, ord, w.now) {
		if n.Ord == ord {
			w.ord = ord
		}
		before, _ := w.slot(storage.Clean(n.Slot)) // a message left behind is in a slot of its own
		from, known := "", false
		if before != nil {
			from, known = before.Address.Chat, before.dirty
		}
		var c *deliveryCell
		switch want := p.op.Want; {
		case want == nil && old != nil && old == before:
			c = old // it changes where it is: if the batch comes to nothing, so does all that it knew
			c.Delivery = cleanDelivery(n)
		case want == nil && old != nil:
			c = &deliveryCell{Delivery: cleanDelivery(n), render: old.render, packed: old.packed, decoded: old.decoded, whole: old.whole}
		case want != nil && want.Withdraw && old != nil: // it keeps what it would have shown
			if err := w.fetchSlots([]string{name}, true); err != nil {
				return err
			}
			c = &deliveryCell{Delivery: cleanDelivery(n), render: old.render, packed: old.packed, whole: true}
		default:
			var body []byte
			if want != nil && n.Slot == want.Slot {
				body = want.Body
			}
			made, err := seal(n, body)
			if err != nil {
				return err
			}
			c = &made
		}
		c.Bucket, c.dirty = w.bucket, true
		if p.op.Claim != nil { // whoever claims it will show it
			if err := w.shown(c); err != nil {
				return err
			}
		}
		if !known {
			w.touched = append(w.touched, c.Slot)
		}
		w.place(c, before)
		w.wait(from, c.Delivery)
		w.note(p, c.Delivery)
	}
	return nil
}

// unwanted are those of the claimed slots that the same batch does not fill anew: the
// others' renders are known without asking.
func (w *working) unwanted(claimed []string) []string {
	wanted := make(map[string]bool, len(w.pending))
	for _, p := range w.pending {
		if p.op.Want != nil {
			wanted[storage.Clean(p.op.Want.Slot)] = true
		}
	}
	return slices.DeleteFunc(claimed, func(name string) bool { return wanted[name] })
}

// shown makes sure that the cell's delivery has its render.
func (w *working) shown(c *deliveryCell) error {
	if c.render == nil {
		// A want of the same batch left the slot as it was.
		if err := w.fetchSlots([]string{c.Slot}, true); err != nil {
			return err
		}
		stored, _ := w.slot(c.Slot)
		c.render = stored.render
	}
	return c.load()
}

// note keeps a written row for the turn's result.
func (w *working) note(p pendingOp, d storage.Delivery) {
	r := w.result(p.turn)
	if r.Changed == nil {
		r.Changed = make([]storage.Delivery, 0, 2) // what most turns change
	}
	if p.op.Claim != nil {
		r.Claimed = append(r.Claimed, d)
	}
	for i := range r.Changed {
		if r.Changed[i].Slot == d.Slot {
			r.Changed[i] = d
			return
		}
	}
	r.Changed = append(r.Changed, d)
}

// dirtySlots are the rows to write, each kind sorted by its key: deliveries that are whole, those of
// which only the state changed, talks that are new, those that changed, and what becomes of the queue.
func (w *working) dirtySlots() (whole, states, talks, changed [][]any, queue changedQueue) {
	slices.Sort(w.touched)
	for _, name := range w.touched {
		c, _ := w.slot(name)
		if c.talk != nil {
			continue
		}
		if c.whole {
			whole = append(whole, c.row())
		} else {
			states = append(states, c.stateRow())
		}
		now := queueOf(&c.Delivery)
		queue.become(w.bucket, c.queued, now)
		c.queued = now
	}
	slices.SortFunc(w.dirtyTalks, func(a, b *talk) int { return strings.Compare(a.id, b.id) })
	for _, t := range w.dirtyTalks {
		if w.underway.known {
			w.relist(t)
		}
		now := t.queue(t.queued)
		if t.stored {
			changed = append(changed, t.change(now))
		} else {
			talks = append(talks, t.row(w.bucket, now))
		}
		queue.become(w.bucket, t.queued, now)
		t.queued, t.stored = now, true
		_, t.sent = t.sending()
	}
	return whole, states, talks, changed, queue
}
