package sqlite

import (
	"math/bits"
	"sync"
	"unsafe"

	"modernc.org/libc"
	codes "modernc.org/sqlite/lib"
)

// SQLite asks for memory at each statement and gives it back: a journal of 64 KiB for a statement of several rows, a
// page of four, nodes of its parser. The allocator beneath the driver has the system map and unmap what is large or
// was the last of its kind, which takes more time than most statements. The heap keeps what is given back, up to a
// bound, for who asks next (decision 0120).

const (
	front      = 16      // bytes before a block: its class, and how many may be used
	leastClass = 5       // blocks are of 32 bytes …
	mostClass  = 17      // … to 128 KiB, each class twice the one before; larger ones are not kept
	mostKept   = 8 << 20 // bytes of blocks that nobody uses
)

// heap is SQLite's memory.
type heap struct {
	mu   sync.Mutex
	free [mostClass + 1]uintptr // guarded by mu: of each class the first block that nobody uses, which holds the next
	kept int                    // guarded by mu: bytes of these
}

// SQLite has one heap in a process.
var ours heap //nolint:gochecknoglobals // see above

// word is where a number stands in memory that is not Go's.
func word(at uintptr) *uintptr {
	return *(**uintptr)(unsafe.Pointer(&at)) //nolint:gosec // memory of the C library's allocator
}

// classOf is the class of blocks that hold n bytes beside their front; 0 = none does.
func classOf(n int) uint {
	class := max(leastClass, uint(bits.Len(uint(n+front-1))))
	if class > mostClass {
		return 0
	}
	return class
}

// malloc returns a block of n bytes; 0 = there is no memory.
func (h *heap) malloc(tls *libc.TLS, n int) uintptr {
	class := classOf(n)
	if class == 0 {
		return mapped(tls, 0, n)
	}
	h.mu.Lock()
	block := h.free[class]
	if block != 0 {
		h.free[class] = *word(block + front)
		h.kept -= 1 << class
	}
	h.mu.Unlock()
	if block == 0 {
		return mapped(tls, class, 1<<class-front)
	}
	return block + front
}

// mapped is a new block of the allocator beneath.
func mapped(tls *libc.TLS, class uint, n int) uintptr {
	block := libc.Xmalloc(tls, libc.Tsize_t(n+front))
	if block == 0 {
		return 0
	}
	*word(block), *word(block + front/2) = uintptr(class), uintptr(n)
	return block + front
}

// release takes a block back.
func (h *heap) release(tls *libc.TLS, p uintptr) {
	if p == 0 {
		return
	}
	block := p - front
	if class := *word(block); class != 0 {
		h.mu.Lock()
		keep := h.kept+1<<class <= mostKept
		if keep {
			*word(p), h.free[class] = h.free[class], block
			h.kept += 1 << class
		}
		h.mu.Unlock()
		if keep {
			return
		}
	}
	libc.Xfree(tls, block)
}

// usable is how many bytes a block holds.
func usable(p uintptr) int {
	if p == 0 {
		return 0
	}
	return int(*word(p - front/2))
}

// resize returns a block of n bytes that begins with what another held, which is gone; 0 = there is no memory, and the
// other stays.
func (h *heap) resize(tls *libc.TLS, p uintptr, n int) uintptr {
	had := usable(p)
	if n <= had && n >= had/4 {
		return p
	}
	to := h.malloc(tls, n)
	if to == 0 {
		return 0
	}
	libc.Xmemcpy(tls, to, p, libc.Tsize_t(min(n, had)))
	h.release(tls, p)
	return to
}

// What SQLite calls.
func heapMalloc(tls *libc.TLS, n int32) uintptr             { return ours.malloc(tls, int(n)) }
func heapFree(tls *libc.TLS, p uintptr)                     { ours.release(tls, p) }
func heapRealloc(tls *libc.TLS, p uintptr, n int32) uintptr { return ours.resize(tls, p, int(n)) }
func heapSize(_ *libc.TLS, p uintptr) int32                 { return int32(usable(p)) } // SQLite asks for less than 2 GiB
func heapRoundup(_ *libc.TLS, n int32) int32                { return (n + 7) &^ 7 }
func heapInit(*libc.TLS, uintptr) int32                     { return codes.SQLITE_OK }
func heapShutdown(*libc.TLS, uintptr)                       {}

// methods is sqlite3_mem_methods.
type methods struct{ malloc, free, realloc, size, roundup, init, shutdown, data uintptr }

// pointer is a function as translated C calls it: what a variable that holds it consists of. It is that of a function
// of a package, which stays where it is.
func pointer[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&f)) //nolint:gosec // see above
}

// takeHeap has SQLite take its memory from our heap, and reports whether it does: not once a database was opened.
var takeHeap = sync.OnceValue(func() bool {
	tls := libc.NewTLS()
	defer tls.Close()
	at := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(methods{})+unsafe.Sizeof(uintptr(0))))
	if at == 0 {
		return false
	}
	defer libc.Xfree(tls, at)
	m := methods{
		pointer(heapMalloc), pointer(heapFree), pointer(heapRealloc), pointer(heapSize), pointer(heapRoundup), pointer(heapInit), pointer(heapShutdown), 0,
	}
	for i, f := range []uintptr{m.malloc, m.free, m.realloc, m.size, m.roundup, m.init, m.shutdown, m.data} {
		*word(at + uintptr(i)*unsafe.Sizeof(f)) = f
	}
	return codes.Xsqlite3_config(tls, codes.SQLITE_CONFIG_MALLOC, libc.VaList(at+unsafe.Sizeof(m), at)) == codes.SQLITE_OK
})
