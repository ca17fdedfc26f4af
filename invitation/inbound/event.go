package inbound

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What a body may be.
const (
	MostBody = 1 << 20 // bytes
	mostDeep = 32      // objects and lists in each other
)

// Fault is one thing for which a call makes no event.
type Fault struct {
	Of     string // the member of our event, or the path that was looked at; "body" = all of it
	Code   string
	Detail string
}

// Read is what became of a call.
type Read struct {
	Ignored bool   // it is none of those that are looked at
	Event   []byte // JSON as the API takes it, without its source
	Faults  []Fault
}

// Read makes an event of a call.
func (s Source) Read(head http.Header, body []byte) (r Read) {
	doc, err := decode(body)
	if err != nil {
		r.Faults = []Fault{{"body", "syntax", err.Error()}}
		return r
	}
	call := call{head, doc}
	for _, o := range s.Only {
		v, ok := call.at(o.Path)
		text, plain := spell(v)
		if !ok || !plain || !slices.Contains(o.Is, text) {
			r.Ignored = true
			return r
		}
	}
	out := object{}
	for _, f := range s.Map {
		v, fault := call.field(f)
		switch {
		case fault != nil:
			r.Faults = append(r.Faults, *fault)
		case v != nil:
			out.put(f.Name, v)
		}
	}
	if len(r.Faults) > 0 {
		return r
	}
	out.tidy()
	if r.Event, err = json.Marshal(out); err != nil {
		r.Faults = []Fault{{"body", "type", "No event can be made of it."}}
	}
	return r
}

// call is what a system sent.
type call struct {
	head http.Header
	body any
}

// at is the value that a path leads to; false = it is not there, or null.
func (c call) at(p Path) (any, bool) {
	if p[0] == "header" {
		v := c.head.Get(p[1])
		return v, v != ""
	}
	v := c.body
	for _, step := range p[1:] {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, v != nil
}

// spell is a plain value as text.
func spell(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	case bool:
		return strconv.FormatBool(x), true
	}
	return "", false
}

// field is the value of one member; nil = the call does not say.
func (c call) field(f Field) (any, *Fault) {
	if f.Path == nil {
		return f.as(f.Const)
	}
	v, ok := c.at(f.Path)
	if f.Table == nil {
		if !ok || v == "" {
			return nil, nil
		}
		return f.as(v)
	}
	text, plain := spell(v)
	if ok && !plain {
		return nil, f.fault("type", "At %s is an object or a list; a plain value is meant.", f.Path)
	}
	if to, known := f.Table[text]; known && ok {
		return f.as(to)
	}
	switch {
	case f.Else != nil:
		return f.as(*f.Else)
	case !ok:
		return nil, f.fault("unmapped", "There is nothing at %s, and the table has no \"else\".", f.Path)
	}
	return nil, f.fault("unmapped", "%q at %s is not in the table, which has no \"else\".", short(text), f.Path)
}

func (f Field) fault(code, format string, args ...any) *Fault {
	return &Fault{f.Name, code, fmt.Sprintf(format, args...)}
}

// farSeconds is where moments in seconds end and moments in milliseconds begin: the year 5138.
const farSeconds = 100_000_000_000

// as is a value as the member holds it.
func (f Field) as(v any) (any, *Fault) {
	text, plain := spell(v)
	if !plain {
		return nil, f.fault("type", "At %s is an object or a list; a plain value is meant.", f.Path)
	}
	if text == "" {
		return nil, nil
	}
	k, _ := kindOf(f.Name)
	number, isNumber := v.(json.Number)
	switch k {
	case moment:
		if !isNumber {
			return text, nil
		}
		n, err := number.Int64()
		switch {
		case err != nil || n < 0 || n > farSeconds*1000:
			return nil, f.fault("no_time", "%s at %s is no moment in seconds or milliseconds.", short(text), f.Path)
		case n < farSeconds:
			n *= 1000
		}
		return time.UnixMilli(n).UTC().Format(time.RFC3339Nano), nil
	case amount:
		if n, err := strconv.ParseFloat(text, 64); err == nil && n-n == 0 {
			return json.Number(strconv.FormatFloat(n, 'f', -1, 64)), nil
		}
		return nil, f.fault("type", "%q is no number.", short(text))
	case truth:
		if b, err := strconv.ParseBool(text); err == nil {
			return b, nil
		}
		return nil, f.fault("type", "%q is neither true nor false.", short(text))
	case anyKind:
		return v, nil
	}
	return text, nil
}

// object is an event as it is put together.
type object map[string]any

func (o object) put(name string, v any) {
	if kind, ok := strings.CutPrefix(name, "customer.reach."); ok {
		c := o.below("customer")
		list, _ := c["reach"].([]any)
		c["reach"] = append(list, map[string]any{kind: v})
		return
	}
	for {
		first, rest, deeper := strings.Cut(name, ".")
		if !deeper {
			o[name] = v
			return
		}
		o, name = o.below(first), rest
	}
}

func (o object) below(name string) object {
	x, ok := o[name].(object)
	if !ok {
		x = object{}
		o[name] = x
	}
	return x
}

// tidy takes away what says nothing without the member that it is about: a customer whom nobody
// names, a promise without its moment, a basis that is not said.
func (o object) tidy() {
	drop := func(in object, name, without string) {
		if x, ok := in[name].(object); ok {
			if _, ok := x[without]; !ok {
				delete(in, name)
			}
		}
	}
	drop(o, "customer", "id")
	drop(o, "promised", "by")
	drop(o, "amount", "value")
	if c, ok := o["customer"].(object); ok {
		drop(c, "consent", "basis")
	}
}

// decode reads one document of JSON. A name that stands twice is a mistake: nobody knows which
// of the two was meant.
func decode(data []byte) (any, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errors.New("the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the end of the document")
	}
	return v, nil
}

func value(d *json.Decoder, deep int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, errors.New("the body is not JSON")
	}
	open, is := t.(json.Delim)
	if !is {
		return t, nil
	}
	if deep++; deep > mostDeep {
		return nil, fmt.Errorf("objects and lists stand in each other more than %d deep", mostDeep)
	}
	list, members := []any{}, map[string]any{}
	for d.More() {
		name := ""
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return nil, errors.New("the body is not JSON")
			}
			name, _ = t.(string)
			if _, twice := members[name]; twice {
				return nil, fmt.Errorf("%q stands twice in one object", short(name))
			}
		}
		v, err := value(d, deep)
		if err != nil {
			return nil, err
		}
		if open == '{' {
			members[name] = v
		} else {
			list = append(list, v)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("the body is not JSON: it ends too early")
	}
	if open == '{' {
		return members, nil
	}
	return list, nil
}

// short is what a message repeats of what was sent.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
