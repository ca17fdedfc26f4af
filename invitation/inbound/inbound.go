// Package inbound reads what other systems call us with, in their own form, as services to ask
// after. A Source says how a system signs and which of its members is which of ours: paths and
// tables, and nothing that is computed. Everything is an argument, also the time.
package inbound

import (
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/survey/strictyaml"
)

// Source is what the file of one system says.
type Source struct {
	Sign Sign
	Only []Only  // a call that is none of these is not looked at
	Map  []Field // in the order of the file
}

// Only is something that a call must be to be looked at.
type Only struct {
	Path Path
	Is   []string
}

// Field is one member of our event, and where it comes from.
type Field struct {
	Name  string // "id", "customer.id", "attributes.item"
	Const string // if Path is empty
	Path  Path
	Table map[string]string // what the value at Path means; nil = it is what it is
	Else  *string           // for every other value; nil = another value is a mistake
}

// Path leads to a value of a call: "body" and members and places, or "header" and a name.
type Path []string

// String is the path as it is written.
func (p Path) String() string { return strings.Join(p, ".") }

// kind is what a member of an event holds.
type kind byte

const (
	words kind = iota
	moment
	amount  // a number
	truth   // true or false
	anyKind // any of these, and kept as it is
)

// members are those of an event that a file may fill, as the API knows them.
var members = map[string]kind{
	"id": words, "state": words, "site": words, "service": words, "booked": moment, "started": moment, "ended": moment, "updated": moment,
	"promised.by": moment, "promised.words": words, "staff": words, "touchpoint": words, "stage": words, "reason": words, "ask": words, "test": truth,
	"amount.value": words, "amount.currency": words,
	"customer.id": words, "customer.name": words, "customer.first_name": words, "customer.language": words, "customer.zone": words,
	"customer.tier": words, "customer.kind": words, "customer.consent.basis": words, "customer.consent.from": moment,
	"customer.reach.telegram": words, "customer.reach.slack_user": words, "customer.reach.slack_email": words, "customer.reach.web": words,
}

var ownName = regexp.MustCompile(`^(attributes|measures)\.[a-z][a-z0-9_]{0,39}$`)

// kindOf is what a member holds; false = there is none of this name.
func kindOf(name string) (kind, bool) {
	if ownName.MatchString(name) {
		if strings.HasPrefix(name, "measures.") {
			return amount, true
		}
		return anyKind, true
	}
	k, ok := members[name]
	return k, ok
}

// Names lists the members that a file may fill, beside attributes.NAME and measures.NAME.
func Names() []string {
	var all []string
	for name := range members {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Error is one thing that is wrong with a file, and where; Errors is everything.
type (
	Error  = strictyaml.Error
	Errors = strictyaml.Errors
)

// What a path may be.
const (
	mostSteps  = 16
	mostFields = 100
)

// Parse reads the file of one system. An error is of type Errors.
func Parse(source []byte) (Source, error) {
	d := decoder{strictyaml.New(source, strictyaml.File{Name: "a mapping", Holds: "mapping", Empty: "Start it with \"sign:\"."})}
	var s Source
	if root := d.Load(source); root != nil {
		d.source(root, &s)
	}
	if err := d.Err(); err != nil {
		return Source{}, err
	}
	return s, nil
}

type decoder struct{ *strictyaml.Reader }

func (d decoder) source(root ast.Node, s *Source) {
	o, ok := d.Object(root, "a mapping", "sign", "only", "map")
	if !ok {
		return
	}
	if o.Need("sign", "how the system signs what it sends") {
		d.sign(o.Get("sign"), &s.Sign)
	}
	if o.Has("only") {
		entries, _ := d.Mapping(o.Get("only"), "what is looked at")
		for _, e := range entries {
			x := Only{Path: d.path(e.At, e.Key)}
			for _, n := range d.OneOrMore(e.Value) {
				if is, ok := d.Str(n, "what it is"); ok {
					x.Is = append(x.Is, is)
				}
			}
			s.Only = append(s.Only, x)
		}
	}
	if !o.Need("map", "which of its members is which of ours") {
		return
	}
	entries, _ := d.Mapping(o.Get("map"), "the mapping")
	if len(entries) > mostFields {
		d.FailAt(o.At("map"), "At most %d members are filled.", mostFields)
		return
	}
	for _, e := range entries {
		if f, ok := d.field(e); ok {
			s.Map = append(s.Map, f)
		}
	}
	if !slices.ContainsFunc(s.Map, func(f Field) bool { return f.Name == "id" && f.Path != nil && f.Table == nil }) {
		d.FailAt(o.At("map"), "Say where the system's own number of the service is: \"id: body.…\". By it a call that comes twice is known.")
	}
}

func (d decoder) field(e strictyaml.Entry) (f Field, ok bool) {
	f.Name = e.Key
	if _, known := kindOf(f.Name); !known {
		d.FailAt(e.At, "An event has no member %q. %s Your own are attributes.NAME and measures.NAME.", strictyaml.Short(f.Name), strictyaml.Meant(f.Name, Names()))
		return f, false
	}
	if _, is := d.Resolve(e.Value).(ast.MapNode); !is {
		text, ok := d.Str(e.Value, f.Name)
		if !ok {
			return f, false
		}
		if isPath(text) {
			f.Path = d.path(e.Value, text)
			return f, f.Path != nil
		}
		f.Const = text
		return f, true
	}
	entries, ok := d.Mapping(e.Value, "a table")
	if !ok {
		return f, false
	}
	f.Table = map[string]string{}
	for _, row := range entries {
		text, ok := d.Str(row.Value, "what it means")
		switch {
		case !ok:
			return f, false
		case row.Key == "from":
			f.Path = d.path(row.Value, text)
		case row.Key == "else":
			f.Else = &text
		default:
			f.Table[row.Key] = text
		}
	}
	if f.Path == nil {
		d.FailAt(e.At, "A table needs \"from\": the path whose value it is looked up by.")
		return f, false
	}
	return f, true
}

// isPath reports whether a text is a path rather than a plain word.
func isPath(text string) bool {
	return text == "body" || strings.HasPrefix(text, "body.") || strings.HasPrefix(text, "header.")
}

// path reads a path; nil = it is none, which is told.
func (d decoder) path(n ast.Node, text string) Path {
	steps := strings.Split(text, ".")
	switch {
	case !isPath(text):
		d.FailAt(n, "%q is no path. Write body.order.number, body.lines.0.title or header.x-shop-topic.", strictyaml.Short(text))
	case slices.Contains(steps, "") || len(steps) > mostSteps:
		d.FailAt(n, "A path has at most %d steps with one dot between, and none is empty.", mostSteps)
	case steps[0] == "header" && len(steps) != 2:
		d.FailAt(n, "A header is named as in header.x-shop-topic.")
	default:
		return steps
	}
	return nil
}
