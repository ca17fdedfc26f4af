// Package draft edits flow files where they stand. A draft is the text of a flow file; an
// Op changes one thing in it and leaves every other byte as it was: comments, order, spaces
// and quotes of whoever wrote the file by hand survive what is done in a browser.
//
// A draft may be wrong or unfinished as a flow. It only has to be YAML: what is not, can be
// mended as text.
package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/survey/strictyaml"
)

// What an Op does.
const (
	Set    = "set"    // gives the place a value; "" takes it away
	Insert = "insert" // puts an element into the list at the place
	Remove = "remove" // takes an element or a key away
	Move   = "move"   // puts an element of a list elsewhere in it
	Rename = "rename" // gives a key of a mapping another name
)

// How the value of an Op is read.
const (
	Words = ""     // as a text
	Bare  = "bare" // as a number, true or false
	YAML  = "yaml" // as what it says in YAML
)

// Op is one change of one thing. Its path names keys, one after another between slashes:
// "questions/=speed/ask/@de". "=speed" is the element of a list whose key, value or from is
// speed, "#2" the third one whatever it is; "@de" are the words in German where words may
// stand in one language or in several.
type Op struct {
	Do    string `json:"do"`
	Path  string `json:"path"`
	Value string `json:"value,omitempty"`
	As    string `json:"as,omitempty"`
	// Was is what stood there when the change was thought of, as Doc.Show writes it. Another
	// value there now is a *Conflict, unless it is the wished one already. A Remove without it
	// takes away what is there.
	Was string `json:"was,omitempty"`
	// Before is the element before which Insert and Move put theirs; "" = at the end.
	Before string `json:"before,omitempty"`
}

// Conflict says that a place holds something else than whoever changes it has seen.
type Conflict struct {
	Path string
	Now  string // what stands there, as Doc.Show writes it
}

func (c *Conflict) Error() string {
	return fmt.Sprintf("%s was changed meanwhile to %q", c.Path, c.Now)
}

// Refused says why an Op cannot be carried out.
type Refused struct{ Path, Why string }

func (r *Refused) Error() string { return r.Path + ": " + r.Why }

// bare is a scalar that stands without quotes and is no text: a number, true or false.
type bare string

// pair is one entry of a mapping.
type pair struct {
	key   string
	value any
}

// mapping is a mapping in the order of the file. Values are string, bare, []any, mapping,
// and nil for what is empty.
type mapping []pair

// Doc is a draft that is being read.
type Doc struct {
	src  string
	root *node
	lang string // of words that name no language
}

// file is how messages speak of a draft.
var file = strictyaml.File{Name: "a flow file", Holds: "flow", Empty: "Start it with \"flow:\" and a name."}

// Parse reads a draft. An error is a strictyaml.Errors: the text is no YAML, or YAML of a
// kind that can only be edited as text.
func Parse(text string) (*Doc, error) {
	d, err := parse(normal(text))
	if err != nil {
		return nil, err
	}
	return d, nil
}

const mark = "\ufeff" // what some editors put before the first letter

// normal is a text with line feeds alone, as it is edited.
func normal(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, mark), "\r\n", "\n")
}

// Apply carries out ops one after another and returns the text that results. It is
// all or nothing.
func Apply(text string, ops ...Op) (string, error) {
	work := normal(text)
	for _, op := range ops {
		next, err := apply(work, op)
		if err != nil {
			return text, err
		}
		work = next
	}
	if work == normal(text) {
		return text, nil
	}
	if strings.Contains(text, "\r\n") {
		work = strings.ReplaceAll(work, "\n", "\r\n")
	}
	if strings.HasPrefix(text, mark) {
		work = mark + work
	}
	return work, nil
}

func apply(text string, op Op) (string, error) {
	d, err := parse(text)
	if err != nil {
		return "", err
	}
	value, err := read(op.Value, op.As)
	if err != nil {
		return "", &Refused{op.Path, err.Error()}
	}
	e := editor{d, op, steps(op.Path), value}
	out, err := e.apply()
	if err != nil || out == text {
		return out, err
	}
	// What was written must say what was meant, and nothing else may say anything else.
	want, ok := e.model(d.root.plain())
	got, err := parse(out)
	if err != nil || !ok || !same(want, got.root.plain()) {
		return "", &Refused{op.Path, "this part of the file is written in a way that can only be changed in the file itself"}
	}
	return out, nil
}

// steps are the parts of a path.
func steps(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// read is a value as its kind says.
func read(value, as string) (any, error) {
	switch {
	case value == "":
		return nil, nil
	case as == Bare:
		v, err := fragment(value)
		if b, ok := v.(bare); ok && err == nil {
			return b, nil
		}
		return nil, fmt.Errorf("%q is neither a number nor true or false", value)
	case as == YAML:
		return fragment(value)
	}
	return value, nil
}

// fragment reads a piece of YAML.
func fragment(text string) (any, error) {
	d, err := parse("v: " + indented(strings.TrimSpace(text)) + "\n")
	if err != nil {
		return nil, fmt.Errorf("this is not YAML that can be read: %s", strings.TrimSpace(text))
	}
	m, ok := d.root.plain().(mapping)
	if !ok || len(m) != 1 {
		return nil, fmt.Errorf("this is not one value: %s", text)
	}
	return m[0].value, nil
}

// indented puts a block of lines below a key.
func indented(text string) string {
	if !strings.Contains(text, "\n") && !strings.HasPrefix(text, "- ") && !blockMapping(text) {
		return text
	}
	return "\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

func blockMapping(text string) bool {
	return !strings.ContainsAny(text[:1], "{[\"'") && (strings.Contains(text, ": ") || strings.HasSuffix(text, ":"))
}

// same compares values: a text is the same however it is quoted.
func same(a, b any) bool {
	switch a := a.(type) {
	case mapping:
		b, ok := b.(mapping)
		if !ok || len(a) != len(b) {
			return false
		}
		for _, p := range a { // the order of keys means nothing
			i := slices.IndexFunc(b, func(q pair) bool { return q.key == p.key })
			if i < 0 || !same(p.value, b[i].value) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	return a == b
}
