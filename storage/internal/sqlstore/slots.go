package sqlstore

import (
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// slotState is the part of the working set that is about deliveries.
type slotState struct {
	slots   map[string]*deliveryCell // nil = no such slot
	pending []pendingOp              // not applied yet, in order
	results map[int]*storage.Result  // by turn

	// What else waits in the chats of claimed deliveries, by identity and slot. Rows that
	// are in slots as well are newer there.
	waiting map[string]map[string]storage.Delivery
	chats   map[string]bool // chats whose waiting deliveries were loaded
}

type pendingOp struct {
	turn int
	op   storage.SlotOp
}

func newSlotState() slotState {
	return slotState{
		slots: map[string]*deliveryCell{}, results: map[int]*storage.Result{},
		waiting: map[string]map[string]storage.Delivery{}, chats: map[string]bool{},
	}
}

// checkOps refuses operations that would be lost.
func checkOps(ops []storage.SlotOp) error {
	for _, op := range ops {
		if op.Slot() == "" {
			return errors.New("a slot operation without a slot")
		}
	}
	return nil
}

// fetchSlots loads the deliveries in these slots that are not in the working set yet,
// with their renders or, where nobody will look at those, without.
func (w *working) fetchSlots(names []string, renders bool) error {
	missing := map[string]bool{}
	for _, name := range names {
		c, known := w.slots[name]
		if name != "" && (!known || renders && c != nil && c.render == nil) {
			missing[name] = true
		}
	}
	text := w.s.q.slotStates
	if renders {
		text = w.s.q.slots
	}
	for name := range missing {
		if w.slots[name] == nil {
			w.slots[name] = nil
		}
	}
	return w.find(text, slices.Sorted(maps.Keys(missing)), func(rows *sql.Rows) error {
		c, err := scanDelivery(rows)
		if err != nil {
			return err
		}
		if known := w.slots[c.Slot]; known != nil {
			known.render = c.render // all else may be newer here
			return nil
		}
		w.slots[c.Slot] = &c
		return nil
	})
}

// fetchWaiting loads what else waits in these chats.
func (w *working) fetchWaiting(chats []string) error {
	chats = slices.DeleteFunc(chats, func(c string) bool { return w.chats[c] })
	slices.Sort(chats)
	chats = slices.Compact(chats)
	for _, c := range chats {
		w.chats[c] = true
	}
	return w.find(w.s.q.unsettled, chats, func(rows *sql.Rows) error {
		d := storage.Delivery{Bucket: w.bucket}
		if err := rows.Scan(&d.Slot, &d.Identity, &d.Address.Platform, &d.Address.Account, &d.Address.Chat,
			&d.Address.Thread, &d.Ord, &d.ShownRef, &d.State, &d.Epoch); err != nil {
			return err
		}
		w.wait(d)
		return nil
	})
}

func (w *working) wait(d storage.Delivery) {
	of := w.waiting[d.Identity]
	if of == nil {
		of = map[string]storage.Delivery{}
		w.waiting[d.Identity] = of
	}
	of[d.Slot] = d
}

// others is what waits in the conversation of d, as it is now.
func (w *working) others(d storage.Delivery) []storage.Delivery {
	var list []storage.Delivery
	for name, o := range w.waiting[d.Identity] {
		if c := w.slots[name]; c != nil {
			o = c.Delivery
		}
		if o.Unsettled() {
			list = append(list, o)
		}
	}
	return list
}

// flush applies the pending operations in order.
func (w *working) flush() error {
	if len(w.pending) == 0 {
		return nil
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
		if c := w.slots[names[i]]; c != nil {
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

// apply runs one operation and keeps its rows.
func (w *working) apply(p pendingOp, name string) error {
	var d *storage.Delivery
	var others []storage.Delivery
	if c := w.slots[name]; c != nil {
		d = &c.Delivery
		if p.op.Claim != nil {
			others = w.others(*d)
		}
	}
	ord := max(w.ord+1, w.now.UnixMicro())
	for _, n := range p.op.Apply(w.bucket, d, others, ord, w.now) {
		if n.Ord == ord {
			w.ord = ord
		}
		var c deliveryCell
		if old := w.slots[name]; p.op.Want == nil && old != nil {
			c = deliveryCell{Delivery: cleanDelivery(n), render: old.render, decoded: old.decoded, whole: old.whole}
		} else {
			var err error
			if c, err = seal(n); err != nil {
				return err
			}
		}
		c.Bucket, c.dirty = w.bucket, true
		if p.op.Claim != nil { // whoever claims it will show it
			if err := w.shown(&c); err != nil {
				return err
			}
		}
		w.slots[c.Slot] = &c
		w.wait(c.Delivery)
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
		c.render = w.slots[c.Slot].render
	}
	return c.load()
}

// note keeps a written row for the turn's result.
func (w *working) note(p pendingOp, d storage.Delivery) {
	r := w.result(p.turn)
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

// dirtySlots are the rows to write, sorted by slot: whole, and those of which only the
// state changed.
func (w *working) dirtySlots() (whole, states [][]any) {
	for _, name := range slices.Sorted(maps.Keys(w.slots)) {
		switch c := w.slots[name]; {
		case c == nil || !c.dirty:
		case c.whole:
			whole = append(whole, c.row())
		default:
			states = append(states, c.stateRow())
		}
	}
	return whole, states
}

func (w *working) slotsChanged() bool {
	for _, c := range w.slots {
		if c != nil && c.dirty {
			return true
		}
	}
	return false
}
