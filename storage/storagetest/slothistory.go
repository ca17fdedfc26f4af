package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// SlotHistories plays so many random histories of what is wanted, claimed, settled, moved, mended and
// pruned on two stores of one database, whose connections break and whose processes die at any
// moment, and one model, which is SlotOp.Apply upon a map. In the end every slot is the model's,
// whatever table it is in, and the queue is what follows from them.
func SlotHistories(t *testing.T, e Engine, seed uint64, n int) {
	t.Helper()
	steps, broken := histories(t, seed, n, 50, func(t *testing.T, seed uint64) (history, *foldHistory) {
		h := newSlotHistory(t, e, seed)
		return h, h.foldHistory
	})
	t.Attr("figure", fmt.Sprintf("%d histories of %d turns with %d failures, crashes and lost answers of the database: every slot as the model has it", n, steps, broken))
}

type slotHistory struct {
	*foldHistory // for its trouble
	model        map[string]storage.Delivery
	ord          int64
	sessions     []string
	epoch        int64
}

func newSlotHistory(t *testing.T, e Engine, seed uint64) *slotHistory {
	return &slotHistory{foldHistory: newFoldHistory(t, e, seed), model: map[string]storage.Delivery{}, epoch: 1}
}

func (h *slotHistory) done() int { return h.keys }

// names of slots: of talks, of other kinds, and some whose session nobody knows.
func (h *slotHistory) name() string {
	owner := "nobody"
	if len(h.sessions) > 0 {
		owner = h.sessions[h.rand.IntN(len(h.sessions))]
	}
	return []string{"i:" + owner, "q:" + owner + ":0", "q:" + owner + ":1", "q:" + owner + ":2", "t:" + owner, "n:" + owner + ":hello", "case:c:telegram:42:s"}[h.rand.IntN(7)]
}

func (h *slotHistory) known() (d storage.Delivery, ok bool) {
	var names []string
	for name := range h.model {
		names = append(names, name)
	}
	if len(names) == 0 {
		return d, false
	}
	slices.Sort(names)
	return h.model[names[h.rand.IntN(len(names))]], true
}

// op is one change of a slot, most often one that changes something.
func (h *slotHistory) op() storage.SlotOp {
	p := person(h.rand.IntN(3))
	if d, ok := h.known(); ok {
		switch kind := h.rand.IntN(10); {
		case kind < 3:
			return claim(d.Slot, h.epoch)
		case kind < 7:
			o := []storage.Outcome{storage.Delivered, storage.Delivered, storage.Delivered, storage.Retry, storage.GaveUp, storage.Dropped}[h.rand.IntN(6)]
			op := settle(d, o, chat.Ref(fmt.Sprint("m", h.rand.IntN(1000))))
			op.Settle.At, op.Settle.Doubt = h.b.clock.Now().Add(time.Minute), h.rand.IntN(8) == 0
			if o == storage.Retry && h.rand.IntN(3) == 0 {
				op.Settle.To = address(7)
			}
			return op
		case kind == 7 && d.State == storage.Failed:
			return storage.SlotOp{Mend: &storage.Mend{Slot: d.Slot, Drop: h.rand.IntN(2) == 0}}
		}
	}
	op := want(h.name(), p, fmt.Sprint("words ", h.rand.IntN(5), strings.Repeat(" \"ä\u2028", h.rand.IntN(3))))
	if strings.HasPrefix(op.Want.Slot, "case") {
		op.Want.Kind = storage.CardD
	}
	op.Want.Rank = []storage.Rank{0, 0, storage.Prompt, storage.Urgent}[h.rand.IntN(4)]
	switch h.rand.IntN(9) {
	case 0:
		op.Want.Repost = true
		op.Want.Leave, op.Want.LeaveHash = &chat.Message{Text: "left"}, "left"
	case 1:
		op.Want.Address.Platform = chat.Web
	case 2:
		op.Want.Withdraw = true
	case 3:
		op.Want.Render.Rows = [][]chat.Button{{{Text: "Take", Data: "take"}}}
	case 4:
		op.Want.Bare = true
	}
	return op
}

// apply is the model.
func (h *slotHistory) apply(op storage.SlotOp) {
	var d *storage.Delivery
	if old, ok := h.model[op.Slot()]; ok {
		d = &old
	}
	var others []storage.Delivery
	if d != nil && op.Claim != nil {
		for _, o := range h.model {
			if o.Identity == d.Identity && o.Slot != d.Slot && o.Ord < d.Ord && o.Unsettled() {
				others = append(others, o)
			}
		}
	}
	now := h.b.clock.Now()
	ord := max(h.ord+1, now.UnixMicro())
	for _, n := range op.Apply(0, d, others, ord, now) {
		if n.Ord == ord {
			h.ord = ord
		}
		h.model[n.Slot] = n
	}
}

func (h *slotHistory) step() {
	h.b.clock.Add(time.Duration(h.rand.IntN(90)) * time.Second)
	if h.rand.IntN(12) == 0 {
		h.epoch++
	}
	var c storage.Change
	if h.rand.IntN(6) == 0 { // one that begins now, with its slots in the same turn or not
		id := newID()
		h.sessions = append(h.sessions, id)
		s := session(id, person(0), h.b.clock.Now())
		c.Session = &s
	}
	for range h.rand.IntN(4) {
		c.Slots = append(c.Slots, h.op())
	}
	turn := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return c, nil }}
	if h.rand.IntN(2) == 0 {
		turn.Load.Slots = []string{h.name(), h.name()} // looked at, and remembered
	}
	h.commit(0, turn)
	for _, op := range c.Slots {
		h.apply(op)
	}
	if h.rand.IntN(15) == 0 && len(h.sessions) > 0 {
		h.prune()
	}
}

// prune ends a session and removes what is old: of it nothing that is settled stays.
func (h *slotHistory) prune() {
	i := h.rand.IntN(len(h.sessions))
	id := h.sessions[i]
	h.sessions = slices.Delete(h.sessions, i, i+1)
	h.commit(0, storage.Turn{Load: storage.Load{Session: id}, Apply: func(in storage.Loaded) (storage.Change, error) {
		in.Session.Status, in.Session.Ended = survey.Completed, in.Now
		return storage.Change{Session: in.Session}, nil
	}})
	h.b.clock.Add(time.Hour)
	for {
		n, err := h.b.store.Prune(h.t.Context(), 0, storage.Retention{Deliveries: h.b.clock.Now()}, 3)
		if err != nil {
			h.t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	// What is gone has to be settled, and of what waits nothing may be gone.
	for name, d := range h.model {
		_, err := h.b.store.Delivery(h.t.Context(), 0, name)
		switch {
		case errors.Is(err, storage.ErrNotFound) && d.Unsettled():
			h.t.Errorf("%s waits and is gone: %+v", name, d)
		case errors.Is(err, storage.ErrNotFound):
			delete(h.model, name)
		case err != nil:
			h.t.Fatal(err)
		}
	}
}

func (h *slotHistory) end() {
	t := h.t
	t.Helper()
	h.cutter.Plan(nil)
	h.b.agrees(t)
	for name, want := range h.model {
		got, err := h.b.store.Delivery(t.Context(), 0, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same(t, name, got, want)
	}
	byChat := map[chat.Address][]storage.Delivery{}
	for _, d := range h.model {
		byChat[d.Address] = append(byChat[d.Address], d)
	}
	for at, want := range byChat {
		slices.SortFunc(want, func(a, b storage.Delivery) int {
			if a.Ord != b.Ord {
				return int(a.Ord - b.Ord)
			}
			return strings.Compare(a.Slot, b.Slot)
		})
		same(t, "what "+at.String()+" shows", slots(must(h.b.store.Transcript(t.Context(), 0, at))(t)), slots(want))
		state := must(h.b.store.TranscriptState(t.Context(), 0, at))(t)
		equal(t, "count", state.Count, len(want))
		page := must(h.b.store.TranscriptPage(t.Context(), 0, at, 0, 2))(t)
		same(t, "the last of "+at.String(), slots(page), slots(want[max(0, len(want)-2):]))
	}
	same(t, "heads", slots(must(h.b.store.Heads(t.Context(), 0, served("42"), h.b.clock.Now(), 1000))(t)), h.heads())
}

// heads are those of the model, by the rule of Reader.
func (h *slotHistory) heads() []string {
	var heads []storage.Delivery
	for _, d := range h.model {
		if d.State != storage.Due || d.Due.After(h.b.clock.Now()) {
			continue
		}
		waits := false
		for _, o := range h.model {
			before := o.Unsettled() && !o.Edits() && o.Address == d.Address && o.Ord < d.Ord
			waits = waits || before && (o.Rank == d.Rank || o.Rank < d.Rank && o.Identity == d.Identity)
		}
		if !waits {
			heads = append(heads, d)
		}
	}
	slices.SortFunc(heads, func(a, b storage.Delivery) int {
		if a.Rank != b.Rank {
			return int(a.Rank - b.Rank)
		}
		return int(a.Ord - b.Ord)
	})
	return slots(heads)
}
