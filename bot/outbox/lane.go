package outbox

import (
	"container/heap"
	"slices"
	"sort"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// phase is what a lane is doing.
type phase int

const (
	idle     phase = iota // nothing, or known rows that wait for their time
	reserved              // a turn that is being committed may claim rows of it; it may settle meanwhile
	claiming              // a claim of its next row is being committed
	busy                  // sending or settling
)

const (
	// maxKnown is how many due rows a lane remembers. Further ones are found in the
	// database when their turn comes.
	maxKnown = 64
	// farAway is how long ahead a retry may lie for a lane to remember it.
	farAway = 5 * time.Second
	// liveBonus is how long a row from the database waits before it goes ahead of one
	// that was committed here a moment ago: a customer who just tapped does not queue
	// behind a broadcast, and a broadcast does not starve.
	liveBonus = 10 * time.Second
	// groupBonus is how far a chat of several people, where staff wait, goes ahead
	// of those of single ones. There are few of them, and each has a slow pace of its own,
	// so that nobody starves.
	groupBonus = time.Minute
	// fairShare is which of a chat's sends takes what has waited longest, whatever its rank:
	// the last of so many. So no rank waits for ever. What is urgent goes ahead of it all the
	// same, until as many again were sent.
	fairShare = 8
)

// slotKey names a row.
type slotKey struct {
	bucket storage.Bucket
	slot   string
}

func keyOf(d storage.Delivery) slotKey { return slotKey{d.Bucket, d.Slot} }

// place is a due row that a lane knows of. What it says may be stale: the claim
// decides.
type place struct {
	slotKey
	identity string
	ord      int64
	rank     storage.Rank
	edit     bool
	due      time.Time
}

// lane is one chat: what is being sent to it, what waits, and its pace. At most one
// send is in flight in a lane. All its fields belong to the dispatcher's mutex.
type lane struct {
	addr     chat.Address
	group    bool // of several people
	phase    phase
	current  *storage.Delivery  // in flight
	queue    []storage.Delivery // claimed, to be sent next, in order
	known    []place            // in order per bucket; buckets as they came
	sends    int                // since what had waited longest was sent
	settling int                // settlements that are being committed, or wait to be
	anew     int                // of these, those of sends that are to be tried again
	shown    []*settlement      // of edits, that wait for what is in flight
	flying   bool               // it has one of the account's parallel sends
	newer    bool               // what is in flight is outdated already
	fetched  bool               // its row came from the database: more may wait behind it
	held     int                // how much of the budgets is set aside for it
	budget   budget

	at    time.Time // when it wants to go on; only meaningful in a heap
	rank  time.Time // who goes first when several can
	where *laneHeap // the heap that it is in, or nil
	index int
}

// settles reports whether nothing is under way in the lane but the news of sends that need no other, and
// nothing that the database alone knows is to follow them.
func (l *lane) settles() bool {
	return l.phase == busy && l.current == nil && len(l.queue) == 0 && l.held == 0 && l.anew == 0 && !l.fetched
}

// add remembers a due row: in order among those of its bucket, behind those of others.
func (l *lane) add(d storage.Delivery) {
	p := place{slotKey: keyOf(d), identity: d.Identity, ord: d.Ord, rank: d.Rank, edit: d.Edits(), due: d.Due}
	l.forget(p.slotKey)
	i := slices.IndexFunc(l.known, func(k place) bool { return k.bucket == p.bucket && k.ord > p.ord })
	if i < 0 {
		i = len(l.known)
	}
	l.known = slices.Insert(l.known, i, p)
	if len(l.known) > maxKnown {
		l.known = slices.Delete(l.known, l.last(), l.last()+1)
	}
}

// last is the index of the known row whose turn would come last.
func (l *lane) last() int {
	last := 0
	for i, p := range l.known {
		if p.rank >= l.known[last].rank {
			last = i
		}
	}
	return last
}

// knows reports whether the lane remembers a due row, and would not go for it too late.
func (l *lane) knows(d storage.Delivery) bool {
	return slices.ContainsFunc(l.known, func(p place) bool { return p.slotKey == keyOf(d) && !p.due.After(d.Due) })
}

func (l *lane) forget(k slotKey) {
	l.known = slices.DeleteFunc(l.known, func(p place) bool { return p.slotKey == k })
}

// next returns the index of the known row to claim at now, or when there may be one. The
// lowest rank goes first, what has the same in its order; and now and then what has waited
// longest, but not ahead of what is urgent every time. A row waits for earlier ones of its own
// conversation that rank no later, edits aside.
func (l *lane) next(now time.Time) (i int, at time.Time) {
	best, soonest := -1, -1
	for i, p := range l.known {
		if l.waits(i) {
			continue
		}
		if soonest < 0 || p.due.Before(l.known[soonest].due) {
			soonest = i
		}
		if !p.due.After(now) && (best < 0 || p.rank < l.known[best].rank) {
			best = i
		}
	}
	if best >= 0 && l.sends >= fairShare-1 && (l.known[best].rank > storage.Urgent || l.sends >= 2*fairShare-1) {
		best = soonest
	}
	switch {
	case best >= 0:
		return best, now
	case soonest >= 0:
		return soonest, l.known[soonest].due
	}
	return -1, time.Time{}
}

// count notes that a row is sent now.
func (l *lane) count(row storage.Delivery) {
	l.sends++
	for i, p := range l.known {
		if p.due.Before(row.Due) && !l.waits(i) {
			return
		}
	}
	l.sends = 0
}

// waits reports whether a known row must wait for another of its conversation.
func (l *lane) waits(i int) bool {
	p := l.known[i]
	return slices.ContainsFunc(l.known[:i], func(k place) bool {
		return k.identity == p.identity && k.bucket == p.bucket && !k.edit && k.rank <= p.rank
	})
}

// enqueue puts a claimed row into its place among those that are sent next.
func (l *lane) enqueue(d storage.Delivery) {
	l.forget(keyOf(d))
	l.queue = append(l.queue, d)
	sort.SliceStable(l.queue, func(i, j int) bool {
		return l.queue[i].Bucket == l.queue[j].Bucket && l.queue[i].Ord < l.queue[j].Ord
	})
}

// laneHeap is a priority queue of lanes.
type laneHeap struct {
	lanes []*lane
	less  func(a, b *lane) bool
}

func (h *laneHeap) Len() int           { return len(h.lanes) }
func (h *laneHeap) Less(i, j int) bool { return h.less(h.lanes[i], h.lanes[j]) }
func (h *laneHeap) Swap(i, j int) {
	h.lanes[i], h.lanes[j] = h.lanes[j], h.lanes[i]
	h.lanes[i].index, h.lanes[j].index = i, j
}

func (h *laneHeap) Push(x any) {
	l := x.(*lane)
	l.index, l.where = len(h.lanes), h
	h.lanes = append(h.lanes, l)
}

func (h *laneHeap) Pop() any {
	l := h.lanes[len(h.lanes)-1]
	h.lanes[len(h.lanes)-1] = nil
	h.lanes = h.lanes[:len(h.lanes)-1]
	l.where = nil
	return l
}

func (h *laneHeap) first() *lane { return h.lanes[0] }

// leave takes a lane out of whatever heap it is in.
func (l *lane) leave() {
	if l.where != nil {
		heap.Remove(l.where, l.index)
	}
}
