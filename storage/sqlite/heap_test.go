package sqlite

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
)

// at are the bytes of a block.
func at(p uintptr, n int) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(word(p))), n) }

// TestBlocksAreNobodyElses: many ask for blocks of all sizes, resize them and give them back at once, and each finds in
// its own what it wrote there.
func TestBlocksAreNobodyElses(t *testing.T) {
	var h heap
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			tls := libc.NewTLS()
			defer tls.Close()
			r := rand.New(rand.NewPCG(uint64(worker), 120))
			type block struct {
				at uintptr
				n  int
			}
			var held []block
			mine := func(b block, mark byte) bool { return bytes.Count(at(b.at, b.n), []byte{mark}) == b.n }
			mark := byte(worker + 1)
			fill := func(b block) {
				for i := range at(b.at, b.n) {
					at(b.at, b.n)[i] = mark
				}
			}
			for range 20_000 {
				n := 1 + r.IntN(1<<r.IntN(19))
				switch i := r.IntN(3); {
				case i == 0 || len(held) == 0:
					b := block{h.malloc(tls, n), n}
					if usable(b.at) < n || b.at%8 != 0 {
						t.Errorf("a block of %d holds %d and begins at %#x", n, usable(b.at), b.at)
						return
					}
					fill(b)
					held = append(held, b)
				case i == 1:
					which := r.IntN(len(held))
					was := held[which]
					now := block{h.resize(tls, was.at, n), n}
					if !mine(block{now.at, min(n, was.n)}, mark) {
						t.Errorf("of %d bytes that became %d some are not as they were", was.n, n)
						return
					}
					fill(now)
					held[which] = now
				default:
					which := r.IntN(len(held))
					if !mine(held[which], mark) {
						t.Errorf("%d bytes are not as they were written", held[which].n)
						return
					}
					h.release(tls, held[which].at)
					held[which] = held[len(held)-1]
					held = held[:len(held)-1]
				}
			}
			for _, b := range held {
				h.release(tls, b.at)
			}
		})
	}
	all.Wait()
	if kept := keptBy(&h); kept != h.kept || kept > mostKept || kept == 0 {
		t.Errorf("%d bytes wait for who asks next, counted are %d; at most %d may", kept, h.kept, mostKept)
	}
}

// keptBy adds up the blocks that nobody uses.
func keptBy(h *heap) (n int) {
	for class, block := range h.free {
		for ; block != 0; block = *word(block + front) {
			n += 1 << class
		}
	}
	return n
}

// TestADatabaseTakesItsMemoryFromTheHeap: SQLite keeps to the allocator that it had when the first database of the
// process was opened.
func TestADatabaseTakesItsMemoryFromTheHeap(t *testing.T) {
	db := sql.OpenDB(connector(filepath.Join(t.TempDir(), "a.db")))
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ours.mu.Lock()
	defer ours.mu.Unlock()
	if !takeHeap() || ours.kept == 0 {
		t.Errorf("it took it elsewhere: %d bytes wait", ours.kept)
	}
}
