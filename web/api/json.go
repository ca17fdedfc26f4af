package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may stand in each other.
const maxDepth = 8

// kind is what a value is.
type kind byte

const (
	null kind = iota
	object
	list
	text
	number
	boolean
)

func (k kind) String() string {
	return [...]string{"null", "an object", "a list", "a string", "a number", "true or false"}[k]
}

// value is JSON as it was sent, each part with its place. Go's own decoding takes the last of
// two members with one name, passes over unknown ones and mends broken letters; here that is
// a mistake with a place.
type value struct {
	at      string // JSON Pointer as a fragment
	kind    kind
	text    string // of a string; the spelling of a number
	truth   bool
	members map[string]value
	names   []string // of members, in their order
	items   []value
}

// parse reads one document.
func parse(data []byte) (value, *fault) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return value{}, &fault{"#", "encoding", "The body is not UTF-8."}
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	p := parser{d, data}
	v, f := p.value("#", 0)
	if f != nil {
		return v, f
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, p.syntax("#", errors.New("something follows the end of the document"))
	}
	return v, nil
}

type parser struct {
	*json.Decoder
	data []byte
}

// syntax is a mistake of the spelling, with its line and column.
func (p parser) syntax(at string, err error) *fault {
	offset := int(p.InputOffset())
	var s *json.SyntaxError
	if errors.As(err, &s) {
		offset = int(s.Offset)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		offset, err = len(p.data), errors.New("it ends too early")
	}
	before := p.data[:min(offset, len(p.data))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return &fault{at, "syntax", fmt.Sprintf("This is not JSON, at line %d, column %d: %v.", line, column, err)}
}

func (p parser) value(at string, depth int) (value, *fault) {
	v := value{at: at}
	t, err := p.Token()
	if err != nil {
		return v, p.syntax(at, err)
	}
	switch t := t.(type) {
	case json.Delim:
		if depth++; depth > maxDepth {
			return v, &fault{at, "too_deep", fmt.Sprintf("Objects and lists stand in each other more than %d deep.", maxDepth)}
		}
		if t == '[' {
			return p.list(v, depth)
		}
		return p.object(v, depth)
	case string:
		v.kind, v.text = text, t
	case json.Number:
		v.kind, v.text = number, t.String()
	case bool:
		v.kind, v.truth = boolean, t
	}
	return v, nil
}

func (p parser) list(v value, depth int) (value, *fault) {
	v.kind = list
	for p.More() {
		x, f := p.value(v.at+"/"+strconv.Itoa(len(v.items)), depth)
		if f != nil {
			return v, f
		}
		v.items = append(v.items, x)
	}
	return v, p.end(v.at)
}

func (p parser) object(v value, depth int) (value, *fault) {
	v.kind, v.members = object, map[string]value{}
	for p.More() {
		t, err := p.Token()
		if err != nil {
			return v, p.syntax(v.at, err)
		}
		name, _ := t.(string)
		at := below(v.at, name)
		if _, twice := v.members[name]; twice {
			return v, &fault{at, "duplicate", fmt.Sprintf("%q stands twice in one object.", short(name))}
		}
		x, f := p.value(at, depth)
		if f != nil {
			return v, f
		}
		v.members[name] = x
		v.names = append(v.names, name)
	}
	return v, p.end(v.at)
}

func (p parser) end(at string) *fault {
	if _, err := p.Token(); err != nil {
		return p.syntax(at, err)
	}
	return nil
}

// below is the place of a member.
func below(at, name string) string {
	return at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(short(name))
}

// short is what a message repeats of what was sent.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
