package sqlstore

import (
	"slices"
	"sync"

	"github.com/aftercare/aftercare/storage"
)

// memory is what the last batch of a bucket knew when it was committed. Every transaction
// that writes to a bucket raises the version in the bucket's row, under the row's lock: a
// batch that finds the version of its memory, raised by itself alone, knows that nobody
// else wrote in between, in this process or another, and reads nothing again.
type memory struct {
	version int64 // of the bucket's row, as the batch left it
	records
	buffer []byte // for parameters
}

// mostStep bounds the random step by which a transaction raises the version: a database
// that came back without its last commits (a standby that lagged, a backup) does not reach
// a remembered version again by other commits. 2^40 transactions fit.
const mostStep = 1 << 24

// mostBuffer is the largest buffer that is kept, in bytes: a full batch needs less.
const mostBuffer = 1 << 20

// records are what is known of a bucket, by id.
type records struct {
	identities, sessions, invitations, cases shelf[cell]

	blocks  shelf[block]        // of keys
	slots   shelf[deliveryCell] // of deliveries
	talks   shelf[talk]
	chats   shelf[[]waiting] // what waits in them, edits aside
	renders renders

	underway underway
}

// renders are the messages that are remembered until they are sent, the oldest first.
type renders struct {
	queue []keptRender
	bytes int
}

type keptRender struct {
	cell *deliveryCell
	size int
}

// keepRender remembers the render of a slot that is to be claimed soon, and forgets those
// that were remembered longest once they are too much. Not to be called in the middle of a
// batch.
func (w *working) keepRender(c *deliveryCell) {
	r := &w.renders
	k := keptRender{c, cellBytes + 2*len(c.render)} // as it is stored, and decoded
	r.queue, r.bytes = append(r.queue, k), r.bytes+k.size
	first := 0
	for r.bytes > renderBytes/w.s.buckets && first < len(r.queue)-1 {
		old := r.queue[first]
		// Where the slot has another cell by now, that has an entry of its own.
		old.cell.forgetRender()
		r.bytes -= old.size
		r.queue[first] = keptRender{}
		first++
	}
	r.queue = r.queue[first:]
}

// shelf holds cells by id; a nil cell says that there is no such record. It forgets half
// of what it holds at a time: what was not asked for since the last time it was full.
type shelf[C any] struct {
	young, old map[string]*C
}

// get returns a cell, and whether anything is known of it.
func (s *shelf[C]) get(id string) (*C, bool) {
	if c, known := s.young[id]; known {
		return c, true
	}
	c, known := s.old[id]
	if known {
		s.put(id, c)
	}
	return c, known
}

func (s *shelf[C]) put(id string, c *C) {
	if s.young == nil {
		s.young = map[string]*C{}
	}
	s.young[id] = c
}

// age forgets what is old once more than most cells are young. Not to be called in the
// middle of a batch.
func (s *shelf[C]) age(most int) {
	if len(s.young) > most {
		s.old, s.young = s.young, nil
	}
}

// How many records of each kind a store remembers as young, over all buckets; as many
// again are old. Together they are some 10 MiB.
const (
	youngSessions = 2048
	youngSlots    = youngSessions
	youngCases    = 128
	youngBlocks   = 256 // half a kilobyte each
	// renderBytes is how much of messages is remembered until they are sent: those of a
	// moment, not those of a broadcast. cellBytes is what each takes beside its text.
	renderBytes = 4 << 20
	cellBytes   = 256
)

// memories are the memories of a store, by bucket.
type memories struct {
	mu   sync.Mutex
	list []*memory // guarded by mu; nil = none
}

// take hands over the memory of a bucket, whole: if the batch fails, it is gone.
func (m *memories) take(b storage.Bucket) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if int(b) >= len(m.list) {
		return nil
	}
	last := m.list[b]
	m.list[b] = nil
	return last
}

// clear forgets everything.
func (m *memories) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.list)
}

// keep keeps what a committed batch knew, unless a later one was here first.
func (m *memories) keep(b storage.Bucket, n *memory, buckets int) {
	n.age(buckets)
	m.mu.Lock()
	defer m.mu.Unlock()
	if missing := int(b) + 1 - len(m.list); missing > 0 {
		m.list = append(slices.Grow(m.list, missing), make([]*memory, missing)...)
	}
	if last := m.list[b]; last == nil || last.version < n.version {
		m.list[b] = n
	}
}

func (r *records) age(buckets int) {
	r.identities.age(youngSessions / buckets)
	r.sessions.age(youngSessions / buckets)
	r.slots.age(youngSlots / buckets)
	r.talks.age(youngSessions / buckets)
	r.chats.age(youngSessions / buckets)
	r.cases.age(youngCases / buckets)
	r.blocks.age(youngBlocks / buckets)
	r.invitations = shelf[cell]{} // of use when a conversation begins, and not again
}
