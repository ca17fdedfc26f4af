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

// fetchSlots loads the deliveries in these slots that are not in the working set yet.
func (w *working) fetchSlots(names []string) error {
	missing := map[string]bool{}
	for _, name := range names {
		if _, known := w.slots[name]; !known && name != "" {
			missing[name] = true
		}
	}
	for name := range missing {
		w.slots[name] = nil
	}
	return w.find(w.s.q.slots, slices.Sorted(maps.Keys(missing)), func(rows *sql.Rows) error {
		c, err := scanDelivery(rows)
		if err != nil {
			return err
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
	for i := range w.pending {
		names = append(names, storage.Clean(w.pending[i].op.Slot()))
	}
	if err := w.fetchSlots(names); err != nil {
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
			c = deliveryCell{Delivery: cleanDelivery(n), render: old.render}
		} else {
			var err error
			if c, err = seal(n); err != nil {
				return err
			}
		}
		c.Bucket, c.dirty = w.bucket, true
		w.slots[c.Slot] = &c
		w.wait(c.Delivery)
		w.note(p, c.Delivery)
	}
	return nil
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

// dirtySlots are the rows to write, sorted by slot.
func (w *working) dirtySlots() [][]any {
	var rows [][]any
	for _, name := range slices.Sorted(maps.Keys(w.slots)) {
		if c := w.slots[name]; c != nil && c.dirty {
			rows = append(rows, c.row())
		}
	}
	return rows
}

func (w *working) slotsChanged() bool {
	for _, c := range w.slots {
		if c != nil && c.dirty {
			return true
		}
	}
	return false
}
