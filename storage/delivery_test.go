package storage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

var (
	slotTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	room     = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "1"}
	newRoom  = chat.Address{Platform: chat.Telegram, Account: "42", Chat: "2"}
)

func wanting(slot, words string, to chat.Address) storage.SlotOp {
	return storage.SlotOp{Want: &storage.Want{
		Slot: slot, Identity: "me", Address: to, Kind: storage.QuestionD, Render: chat.Message{Text: words}, Hash: words,
	}}
}

// due is a delivery that waits to be posted for the first time.
func due(t *testing.T) storage.Delivery {
	t.Helper()
	rows := wanting("q", "one", room).Apply(0, nil, nil, 7, slotTime)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

// sent is one that the chat shows.
func sent(t *testing.T) storage.Delivery {
	t.Helper()
	d := claimed(t, due(t), 3)
	return only(t, settling(d, storage.Delivered, "m1").Apply(0, &d, nil, 8, slotTime))
}

func claimed(t *testing.T, d storage.Delivery, epoch int64) storage.Delivery {
	t.Helper()
	return only(t, storage.SlotOp{Claim: &storage.Claim{Slot: d.Slot, Epoch: epoch}}.Apply(0, &d, nil, 8, slotTime))
}

func only(t *testing.T, rows []storage.Delivery) storage.Delivery {
	t.Helper()
	if len(rows) != 1 {
		t.Fatalf("%d rows instead of one", len(rows))
	}
	return rows[0]
}

func settling(d storage.Delivery, o storage.Outcome, ref chat.Ref) storage.SlotOp {
	return storage.SlotOp{Settle: &storage.Settle{Slot: d.Slot, Epoch: d.Epoch, Version: d.Wanted, Hash: d.Hash, Ref: ref, Outcome: o}}
}

func TestAFirstWantIsDueAtOnceInItsPlace(t *testing.T) {
	d := due(t)
	if d.State != storage.Due {
		t.Fatalf("d.State is %v, want %v", d.State, storage.Due)
	}
	if d.Wanted != 1 {
		t.Fatalf("d.Wanted is %v, want 1", d.Wanted)
	}
	if d.Shown != 0 {
		t.Fatalf("d.Shown is %v, want 0", d.Shown)
	}
	if d.Ord != 7 {
		t.Fatalf("d.Ord is %v, want 7", d.Ord)
	}
	if !d.Due.Equal(slotTime) {
		t.Fatalf("d.Due is %v, want %v", d.Due, slotTime)
	}
	if d.ShownRef != "" {
		t.Fatalf("d.ShownRef is %q, want none", d.ShownRef)
	}
}

func TestAnUnchangedWantChangesNothing(t *testing.T) {
	for _, d := range []storage.Delivery{due(t), claimed(t, due(t), 3), sent(t)} {
		if rows := wanting("q", "one", room).Apply(0, &d, nil, 9, slotTime); len(rows) != 0 {
			t.Fatalf("in state %s: %+v", d.State, rows)
		}
	}
}

func TestAnUnchangedWantTriesAgainWhatWasGivenUp(t *testing.T) {
	d := claimed(t, due(t), 3)
	d = only(t, settling(d, storage.GaveUp, "").Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Failed {
		t.Fatalf("state %s after giving up", d.State)
	}
	d = only(t, wanting("q", "one", room).Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Due {
		t.Fatalf("d.State is %v, want %v", d.State, storage.Due)
	}
	if d.Attempts != 0 {
		t.Fatalf("d.Attempts is %v, want 0", d.Attempts)
	}
}

func TestAWantWhileSendingIsSentAfterwards(t *testing.T) {
	d := claimed(t, due(t), 3)
	inFlight := settling(d, storage.Delivered, "m1")
	d = only(t, wanting("q", "two", room).Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Sending || d.Wanted != 2 {
		t.Fatalf("wanted again while sending: %+v", d)
	}
	d = only(t, inFlight.Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Due || d.Shown != 1 || d.ShownRef != "m1" || d.Ord != 7 {
		t.Fatalf("settled: %+v", d)
	}
	d = claimed(t, d, 3)
	d = only(t, settling(d, storage.Delivered, "m1").Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Sent || d.Shown != 2 || d.Attempts != 0 {
		t.Fatalf("settled twice: %+v", d)
	}
}

func TestWantingWhatIsShownAlreadySettles(t *testing.T) {
	d := sent(t)
	d = only(t, wanting("q", "two", room).Apply(0, &d, nil, 9, slotTime))
	d = only(t, wanting("q", "one", room).Apply(0, &d, nil, 9, slotTime))
	if d.State != storage.Sent {
		t.Fatalf("d.State is %v, want %v", d.State, storage.Sent)
	}
	if d.Shown != d.Wanted {
		t.Fatalf("d.Shown is %v, want %v", d.Shown, d.Wanted)
	}
}

func TestANewWantDoesNotCutAPauseShort(t *testing.T) {
	d := claimed(t, due(t), 3)
	later := slotTime.Add(time.Minute)
	op := settling(d, storage.Retry, "")
	op.Settle.At = later
	d = only(t, op.Apply(0, &d, nil, 9, slotTime))
	d = only(t, wanting("q", "two", room).Apply(0, &d, nil, 9, slotTime))
	if !d.Due.Equal(later) {
		t.Fatalf("due at %v, want %v", d.Due, later)
	}
	if rows := (storage.SlotOp{Claim: &storage.Claim{Slot: "q", Epoch: 3}}).Apply(0, &d, nil, 9, slotTime); rows != nil {
		t.Fatal("claimed before it was due")
	}
}

func TestAnotherEpochIsFencedOff(t *testing.T) {
	d := claimed(t, due(t), 3)
	late := settling(d, storage.Delivered, "m1")
	// The new holder gives the doubtful row back under the epoch that it was claimed with.
	d = only(t, settling(d, storage.Retry, "").Apply(0, &d, nil, 9, slotTime))
	if rows := late.Apply(0, &d, nil, 9, slotTime); rows != nil {
		t.Fatal("settled after it was given back")
	}
	d = claimed(t, d, 4)
	if rows := late.Apply(0, &d, nil, 9, slotTime); rows != nil {
		t.Fatal("settled by the old epoch")
	}
	d = only(t, settling(d, storage.Retry, "").Apply(0, &d, nil, 9, slotTime))
	if rows := (storage.SlotOp{Claim: &storage.Claim{Slot: "q", Epoch: 3}}).Apply(0, &d, nil, 9, slotTime); rows != nil {
		t.Fatal("claimed by the old epoch")
	}
}

func TestAClaimWaitsForEarlierDeliveriesOfTheConversation(t *testing.T) {
	d := due(t)
	other := d
	other.Slot, other.Ord = "before", d.Ord-1
	for _, c := range []struct {
		name   string
		change func(*storage.Delivery)
		ok     bool
	}{
		{"an earlier one is due", func(*storage.Delivery) {}, false},
		{"an earlier one is sent by us", func(o *storage.Delivery) { o.State, o.Epoch = storage.Sending, 3 }, true},
		{"an earlier one is in doubt", func(o *storage.Delivery) { o.State, o.Epoch = storage.Sending, 2 }, false},
		{"an earlier one is an edit", func(o *storage.Delivery) { o.ShownRef = "r" }, true},
		{"an earlier one is settled", func(o *storage.Delivery) { o.State = storage.Sent }, true},
		{"an earlier one was given up", func(o *storage.Delivery) { o.State = storage.Failed }, true},
		{"a later one is due", func(o *storage.Delivery) { o.Ord = d.Ord + 1 }, true},
		{"an earlier one is for another chat", func(o *storage.Delivery) { o.Address = newRoom }, true},
		{"it is itself", func(o *storage.Delivery) { o.Slot = d.Slot }, true},
	} {
		o := other
		c.change(&o)
		rows := storage.SlotOp{Claim: &storage.Claim{Slot: "q", Epoch: 3}}.Apply(0, &d, []storage.Delivery{o}, 9, slotTime)
		if (len(rows) == 1) != c.ok {
			t.Errorf("%s: claimed %v, want %v", c.name, len(rows) == 1, c.ok)
		}
	}
}

func TestARepostLeavesTheOldMessageBehind(t *testing.T) {
	d := sent(t)
	op := wanting("q", "one", room)
	op.Want.Repost, op.Want.Leave, op.Want.LeaveHash = true, &chat.Message{Text: "see below"}, "see below"
	rows := op.Apply(0, &d, nil, 99, slotTime)
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	n, left := rows[0], rows[1]
	if n.Ord != 99 || n.ShownRef != "" || n.State != storage.Due || n.Wanted != 2 {
		t.Errorf("the new message: %+v", n)
	}
	if left.Slot == n.Slot || left.ShownRef != "m1" || left.Render.Text != "see below" || left.State != storage.Due || left.Ord != 7 {
		t.Errorf("the old one: %+v", left)
	}
}

func TestARepostOfWhatWasNeverPostedIsAWant(t *testing.T) {
	d := due(t)
	op := wanting("q", "one", room)
	op.Want.Repost = true
	if rows := op.Apply(0, &d, nil, 99, slotTime); rows != nil {
		t.Fatalf("%+v", rows)
	}
}

func TestAWantOnlyIfKnownMakesNoSlot(t *testing.T) {
	op := wanting("q", "one", room)
	op.Want.OnlyIfKnown = true
	if rows := op.Apply(0, nil, nil, 9, slotTime); rows != nil {
		t.Fatalf("%+v", rows)
	}
}

func TestTheWebShowsAtOnce(t *testing.T) {
	to := chat.Address{Platform: chat.Web, Chat: "x"}
	d := only(t, wanting("q", "one", to).Apply(0, nil, nil, 9, slotTime))
	for _, words := range []string{"two", "three"} {
		if d.State != storage.Sent {
			t.Fatalf("d.State is %v, want %v", d.State, storage.Sent)
		}
		if d.Shown != d.Wanted {
			t.Fatalf("d.Shown is %v, want %v", d.Shown, d.Wanted)
		}
		if d.ShownSum != d.Hash {
			t.Fatalf("d.ShownSum is %v, want %v", d.ShownSum, d.Hash)
		}
		d = only(t, wanting("q", words, to).Apply(0, &d, nil, 9, slotTime))
	}
}

// outbox is a model: the slots of one conversation, a sender that may be replaced at
// any time, and the chat as a person sees it.
type outbox struct {
	now   time.Time
	ord   int64
	epoch int64
	slots map[string]storage.Delivery
	moved bool // the chat has its new address

	wanted map[string]string   // what each slot should show in the end
	chat   map[chat.Ref]posted // what is seen
	last   map[string]int      // number of the newest post by slot
	flying []storage.Delivery  // claimed by the sender of now, not settled
	late   []storage.SlotOp    // settlements of senders that were replaced
	posts  int
}

type posted struct {
	text string
	to   chat.Address
	n    int // its place among all posts, from 1
}

func (o *outbox) do(t *rapid.T, op storage.SlotOp) []storage.Delivery {
	o.now = o.now.Add(time.Millisecond)
	var d *storage.Delivery
	if have, ok := o.slots[op.Slot()]; ok {
		d = &have
	}
	var others []storage.Delivery
	for _, other := range o.slots {
		if other.Unsettled() {
			others = append(others, other)
		}
	}
	ord := max(o.ord+1, o.now.UnixMicro())
	rows := op.Apply(0, d, others, ord, o.now)
	for i, n := range rows {
		before, known := o.slots[n.Slot]
		if n.Ord == ord {
			o.ord = ord
		}
		if n.Shown > n.Wanted || n.Base > n.Wanted || n.Wanted < 1 {
			t.Fatalf("versions of %s: shown %d, base %d, wanted %d", n.Slot, n.Shown, n.Base, n.Wanted)
		}
		if i == 0 && known && (n.Wanted < before.Wanted || n.Wanted > before.Wanted+1 || n.Epoch < before.Epoch || n.Ord < before.Ord) {
			t.Fatalf("went backwards: %+v to %+v", before, n)
		}
		if n.State == storage.Sent && n.Shown != n.Wanted {
			t.Fatalf("settled as sent with shown %d, wanted %d", n.Shown, n.Wanted)
		}
		o.slots[n.Slot] = n
	}
	return rows
}

func (o *outbox) want(t *rapid.T, slot, words string, repost bool) {
	to := room
	if o.moved {
		to = newRoom
	}
	op := wanting(slot, words, to)
	if repost {
		op.Want.Repost, op.Want.Leave, op.Want.LeaveHash = true, &chat.Message{Text: "below"}, "below"
	}
	o.wanted[slot] = words
	before := o.slots[slot]
	o.do(t, op)
	if repost && (before.ShownRef != "" || before.Shown > before.Base) {
		o.last[slot] = o.posts + 1 // a message of its own, after all that there are
	}
	for name := range o.slots {
		if _, ok := o.wanted[name]; !ok {
			o.wanted[name] = "below"
		}
	}
}

// lowest is the delivery that may be sent next, as Heads finds it.
func (o *outbox) lowest() (storage.Delivery, bool) {
	byAddress := map[chat.Address]storage.Delivery{}
	for _, d := range o.slots {
		if have, ok := byAddress[d.Address]; d.Unsettled() && (!ok || d.Ord < have.Ord || d.Ord == have.Ord && d.Slot < have.Slot) {
			byAddress[d.Address] = d
		}
	}
	for _, to := range []chat.Address{room, newRoom} {
		if d, ok := byAddress[to]; ok && d.State == storage.Due {
			return d, true
		}
	}
	return storage.Delivery{}, false
}

func (o *outbox) claim(t *rapid.T) {
	d, ok := o.lowest()
	if !ok {
		return
	}
	if d.Due.After(o.now) {
		o.now = d.Due
	}
	rows := o.do(t, storage.SlotOp{Claim: &storage.Claim{Slot: d.Slot, Epoch: o.epoch}})
	if len(rows) != 1 {
		t.Fatalf("the lowest delivery cannot be claimed: %+v", d)
	}
	o.flying = append(o.flying, rows[0])
}

// send does what a sender does with the first claimed delivery. lost says that its
// settlement comes late, if ever.
func (o *outbox) send(t *rapid.T, outcome storage.Outcome, lost bool) {
	if len(o.flying) == 0 {
		return
	}
	d := o.flying[0]
	o.flying = o.flying[1:]
	op := settling(d, outcome, d.ShownRef)
	switch {
	case outcome == storage.Retry && o.moved && d.Address == room:
		op.Settle.To, op.Settle.At = newRoom, o.now
	case outcome == storage.Retry:
		op.Settle.At = o.now.Add(time.Second)
	case outcome == storage.Delivered:
		ref := d.ShownRef
		if ref == "" {
			o.posts++
			ref = chat.Ref(fmt.Sprint("m", o.posts))
			for _, e := range o.slots {
				if e.Unsettled() && e.Slot != d.Slot && e.Address == d.Address && e.Ord < d.Ord && e.State == storage.Due && e.ShownRef == "" && e.Wanted == 1 && e.Attempts == 0 {
					t.Fatalf("%s was posted before %s, which was there earlier", d.Slot, e.Slot)
				}
			}
		}
		n := o.posts // its number, unless it is an edit
		if have, ok := o.chat[ref]; ok {
			n = have.n
		}
		o.chat[ref] = posted{text: d.Render.Text, to: d.Address, n: n}
		op.Settle.Ref = ref
	}
	if lost {
		o.late = append(o.late, op)
		return
	}
	o.do(t, op)
}

// replace makes another instance the sender. What the old one had claimed is in doubt
// and given back, under its own epoch; what it still wants to settle comes late.
func (o *outbox) replace(t *rapid.T) {
	for _, d := range o.flying {
		o.late = append(o.late, settling(d, storage.Delivered, "never"))
	}
	o.flying = nil
	o.epoch++
	for _, name := range o.names() {
		if d := o.slots[name]; d.State == storage.Sending {
			op := settling(d, storage.Retry, "")
			op.Settle.At = o.now
			o.do(t, op)
		}
	}
}

func (o *outbox) names() []string {
	var names []string
	for name := range o.slots {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestNothingIsEverLost(t *testing.T) {
	steps := 0
	rapid.Check(t, func(t *rapid.T) {
		o := &outbox{
			now: slotTime, epoch: 1, slots: map[string]storage.Delivery{}, wanted: map[string]string{},
			chat: map[chat.Ref]posted{}, last: map[string]int{},
		}
		slot := rapid.SampledFrom([]string{"a", "b", "c"})
		words := rapid.SampledFrom([]string{"one", "two", "three"})
		t.Repeat(map[string]func(*rapid.T){
			"want":    func(t *rapid.T) { o.want(t, slot.Draw(t, "slot"), words.Draw(t, "words"), false) },
			"repost":  func(t *rapid.T) { o.want(t, slot.Draw(t, "slot"), words.Draw(t, "words"), true) },
			"claim":   func(t *rapid.T) { o.claim(t) },
			"deliver": func(t *rapid.T) { o.send(t, storage.Delivered, false) },
			"retry":   func(t *rapid.T) { o.send(t, storage.Retry, false) },
			"give up": func(t *rapid.T) { o.send(t, storage.GaveUp, false) },
			"die":     func(t *rapid.T) { o.send(t, storage.Delivered, true); o.replace(t) },
			"replace": func(t *rapid.T) { o.replace(t) },
			"move":    func(*rapid.T) { o.moved = true },
			"late": func(t *rapid.T) {
				if len(o.late) == 0 {
					return
				}
				op := o.late[0]
				o.late = o.late[1:]
				if rows := o.do(t, op); rows != nil {
					t.Fatalf("a replaced sender settled %+v", rows)
				}
			},
			"": func(*rapid.T) { steps++ },
		})
		// A sender that stays and a chat that works: everything comes to rest.
		o.replace(t)
		for i := 0; ; i++ {
			o.claim(t)
			if len(o.flying) == 0 {
				break
			}
			if d := o.flying[0]; o.moved && d.Address == room {
				o.send(t, storage.Retry, false)
			} else {
				o.send(t, storage.Delivered, false)
			}
			if i > 1000 {
				t.Fatal("it does not come to rest")
			}
		}
		for _, name := range o.names() {
			d := o.slots[name]
			if d.State == storage.Failed {
				continue // given up, visibly
			}
			seen, ok := o.chat[d.ShownRef]
			if d.State != storage.Sent || !ok || seen.text != o.wanted[name] || seen.to != d.Address {
				t.Fatalf("%s should show %q: it is %+v and the chat shows (%t) %+v", name, o.wanted[name], d, ok, seen)
			}
			if seen.n < o.last[name] {
				t.Fatalf("%s was to be posted anew, after post %d, and is number %d", name, o.last[name], seen.n)
			}
		}
	})
	t.Attr("figure", fmt.Sprintf("%d steps of outboxes: everything wanted is shown, or visibly given up", steps))
}

func TestWhatWasNeverTriedCanBeWithdrawn(t *testing.T) {
	take := storage.SlotOp{Want: &storage.Want{Slot: "q", Withdraw: true}}
	waits := due(t)
	gone := only(t, take.Apply(0, &waits, nil, 8, slotTime))
	if gone.Unsettled() {
		t.Fatalf("what waits is not withdrawn: %+v", gone)
	}
	claim := storage.SlotOp{Claim: &storage.Claim{Slot: "q", Epoch: 3}}
	if rows := claim.Apply(0, &gone, nil, 8, slotTime); len(rows) > 0 {
		t.Errorf("what was withdrawn is sent: %+v", rows)
	}
	again := only(t, wanting("q", "one", room).Apply(0, &gone, nil, 9, slotTime))
	if again.State != storage.Due {
		t.Fatalf("it cannot be wanted again: %+v", again)
	}
	shown := sent(t)
	newer := only(t, wanting("q", "two", room).Apply(0, &shown, nil, 9, slotTime))
	being := claimed(t, again, 3)
	for what, d := range map[string]*storage.Delivery{
		"does not exist": nil, "was withdrawn": &gone, "is being sent": &being, "is shown": &shown, "waits to be edited": &newer,
	} {
		if rows := take.Apply(0, d, nil, 9, slotTime); len(rows) > 0 {
			t.Errorf("what %s is withdrawn: %+v", what, rows)
		}
	}
}
