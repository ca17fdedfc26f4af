package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// printed is what a person reads in a terminal, or a program from a pipe. Whatever a command
// prints, the log included, goes through it: names and words that others wrote reach no
// terminal as orders to it. What they could be orders with is shown as it would be written in
// JSON, so that --json stays JSON and loses nothing.
type printed struct {
	to   io.Writer
	mu   sync.Mutex
	rest []byte // guarded by mu: the beginning of a letter or a line break, the rest of which is yet to come
}

// Write shows b, and reports it written as a whole.
func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := b
	if len(p.rest) > 0 {
		text = append(p.rest, b...)
		p.rest = nil
	}
	var out bytes.Buffer
	out.Grow(len(text))
	for i := 0; i < len(text); {
		if !utf8.FullRune(text[i:]) || text[i] == '\r' && i+1 == len(text) {
			p.rest = append([]byte(nil), text[i:]...)
			break
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '\r' && i+1 < len(text) && text[i+1] == '\n', r == '\n', r == '\t':
			out.WriteByte(text[i])
		case r == utf8.RuneError && size == 1:
			out.WriteRune(r)
		case ordering(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.Write(text[i : i+size])
		}
		i += size
	}
	if _, err := p.to.Write(out.Bytes()); err != nil {
		return 0, err
	}
	return len(b), nil
}

// ordering reports whether a terminal may take r for an order, or show what follows it
// elsewhere than where it stands: control characters, changes of the reading direction, and
// breaks of lines that are none. Marks of direction (U+200E, U+200F) move nothing else.
func ordering(r rune) bool {
	return r < ' ' || r >= 0x7F && r <= 0x9F || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u2028' || r == '\u2029' || r >= '\uFFF9' && r <= '\uFFFB'
}

// oneLine writes what would begin a line or a column of its own as in JSON.
var oneLine = strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`)
