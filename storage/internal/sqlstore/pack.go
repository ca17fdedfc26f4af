package sqlstore

import (
	"encoding/binary"
)

// A packed text is a list of runs. Each begins with a number: its lowest bit says whether the run
// repeats something, the others how long it is. What is new follows as it is; what is repeated is
// said by how far behind it lies, in what was unpacked before or in the words that both sides know.
const (
	leastMatch = 4
	hashBits   = 10
	// mostPacked bounds what a damaged body may ask for.
	mostPacked = 1 << 24
)

// pack appends text, packed with the help of known words, to b.
func pack(b, known, text []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	all := make([]byte, 0, len(known)+len(text))
	all = append(append(all, known...), text...)
	var last [1 << hashBits]int32 // where four bytes stood last, and one more
	hash := func(i int) uint32 { return binary.LittleEndian.Uint32(all[i:]) * 2654435761 >> (32 - hashBits) }
	for i := 0; i < len(known) && i+leastMatch <= len(all); i++ {
		last[hash(i)] = int32(i + 1)
	}
	fresh := len(known) // where what is new begins
	flush := func(to int) {
		if to > fresh {
			b = append(binary.AppendUvarint(b, uint64(to-fresh)<<1), all[fresh:to]...)
		}
	}
	for i := len(known); i < len(all); {
		n, from := 0, 0
		if i+leastMatch <= len(all) {
			h := hash(i)
			if from = int(last[h]) - 1; from >= 0 {
				for i+n < len(all) && all[from+n] == all[i+n] {
					n++
				}
			}
			last[h] = int32(i + 1)
		}
		if n < leastMatch {
			i++
			continue
		}
		flush(i)
		b = binary.AppendUvarint(b, uint64(n)<<1|1)
		b = binary.AppendUvarint(b, uint64(i-from))
		for end := i + n; i < end; i++ {
			if i+leastMatch <= len(all) {
				last[hash(i)] = int32(i + 1)
			}
		}
		fresh = i
	}
	flush(len(all))
	return b
}

// unpack is the text that pack was given.
func (r *reading) unpack(known []byte) []byte {
	size := r.number()
	if size > mostPacked {
		r.bad = true
	}
	if r.bad {
		return nil
	}
	text := make([]byte, 0, size)
	for len(text) < int(size) {
		head := r.number()
		n := int(min(head>>1, mostPacked))
		if r.bad || n == 0 || n > int(size)-len(text) {
			r.bad = true
			return nil
		}
		if head&1 == 0 {
			text = append(text, r.bytes(n)...)
			continue
		}
		back := r.number()
		if r.bad || back == 0 || back > uint64(len(text)+len(known)) {
			r.bad = true
			return nil
		}
		for from := len(text) - int(back); n > 0; n, from = n-1, from+1 { // it may reach into itself
			if from < 0 {
				text = append(text, known[len(known)+from])
			} else {
				text = append(text, text[from])
			}
		}
	}
	return text
}

// reading takes a packed body apart; bad once it was not understood.
type reading struct {
	rest []byte
	bad  bool
}

func (r *reading) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reading) signed() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// bytes are the next n.
func (r *reading) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.rest) {
		r.bad = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reading) text() string { return string(r.bytes(int(min(r.number(), mostPacked)))) }

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
