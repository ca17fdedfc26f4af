package outbox

import (
	"maps"
	"math/bits"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// Stats is what an Outbox did since it began. Every number only grows.
type Stats struct {
	Updates  int64 // updates whose effects were committed
	Repeated int64 // updates that were known already and had no second effect
	Sends    map[Send]int64
	Batches  Batches
}

// Send is a kind of attempt to show a delivery: where, and what became of it.
type Send struct {
	Platform chat.Platform
	Outcome  storage.Outcome
}

// Batches is how many turns shared a commit.
type Batches struct {
	Commits int64 // batches that were handed to the database
	Turns   int64 // turns in all of them
	// UpTo counts the batches with at most 1, 2, 4, … 128 turns, each including the ones
	// before it.
	UpTo [batchSteps]int64
}

// batchSteps is how many powers of two there are from one turn to maxBatch.
const batchSteps = 8

// Stats tells what this Outbox did since it began.
func (o *Outbox) Stats() Stats { return o.meter.read() }

// meter counts. It holds numbers only: nobody's words or names reach it.
type meter struct {
	mu sync.Mutex
	at Stats
}

func (m *meter) read() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.at
	at.Sends = maps.Clone(m.at.Sends)
	return at
}

// batch counts a batch of n turns.
func (m *meter) batch(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Batches.Commits++
	m.at.Batches.Turns += int64(n)
	for i := bits.Len(uint(n - 1)); i < batchSteps; i++ {
		m.at.Batches.UpTo[i]++
	}
}

// update counts a committed turn that was the work of an update.
func (m *meter) update() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Updates++
}

// repeated counts an update that was known already.
func (m *meter) repeated() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Repeated++
}

// sent counts an attempt to show a delivery.
func (m *meter) sent(s Send) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at.Sends == nil {
		m.at.Sends = map[Send]int64{}
	}
	m.at.Sends[s]++
}
