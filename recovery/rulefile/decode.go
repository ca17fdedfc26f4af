package rulefile

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// decoder puts YAML into Go values by their JSON tags. What the file leaves out keeps the
// value that is there already; lists and weeks are replaced whole.
type decoder struct {
	*strictyaml.Reader
	places map[string]ast.Node // of every value that was read, by its path
}

var (
	weekdays   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	priorities = []string{"P1", "P2", "P3"}
)

// words are the types of which only a few values exist, with how messages call one.
var words = map[reflect.Type]struct {
	what  string
	known []string
}{
	reflect.TypeFor[recovery.Receiver](): {"a step of the escalation", texts(recovery.Receivers())},
	reflect.TypeFor[recovery.Failure]():  {"a kind of failure", texts(recovery.Failures())},
	reflect.TypeFor[recovery.Figure]():   {"a figure", texts(recovery.GoalFigures())},
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func (d *decoder) into(n ast.Node, path string, v reflect.Value) {
	d.places[path] = n
	what := path[strings.LastIndexByte(path, '.')+1:]
	// Routes lead to receivers by names of the organisation's own.
	if t, ok := words[v.Type()]; ok && !strings.HasPrefix(path, "routes.") {
		if s, ok := d.Word(n, t.what, t.known...); ok {
			v.SetString(s)
		}
		return
	}
	switch v.Interface().(type) {
	case recovery.Priority:
		if s, ok := d.Word(n, "a priority", priorities...); ok {
			v.SetInt(int64(s[1] - '0'))
		}
		return
	case recovery.Week:
		d.week(n, path, v)
		return
	case time.Time:
		if s, ok := d.Str(n, what); ok {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				d.FailAt(n, "%s is a moment such as 2026-12-24T18:00:00+01:00; %q is not.", strictyaml.Upper(what), strictyaml.Short(s))
				return
			}
			v.Set(reflect.ValueOf(t.UTC()))
		}
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if s, ok := d.Str(n, what); ok {
			if err := u.UnmarshalText([]byte(s)); err != nil {
				d.FailAt(n, "%s.", strictyaml.Upper(err.Error()))
			}
		}
		return
	}
	d.plain(n, path, what, v)
}

// plain reads what has no form of its own.
func (d *decoder) plain(n ast.Node, path, what string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.Boolean(n, what))
	case reflect.Int:
		const most = 1_000_000
		if i, ok := d.Whole(n, what, -most, most); ok {
			v.SetInt(int64(i))
		}
	case reflect.String:
		if s, ok := d.Str(n, what); ok {
			v.SetString(s)
		}
	case reflect.Slice:
		d.list(n, path, what, v)
	case reflect.Struct:
		d.fields(n, path, what, v)
	default:
		panic(fmt.Sprintf("rules hold a %s", v.Type())) // a fault of ours, which every test meets
	}
}

func (d *decoder) fields(n ast.Node, path, what string, v reflect.Value) {
	var known []string
	at := map[string]int{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			known, at[name] = append(known, name), i
		}
	}
	o, ok := d.Object(n, "\""+what+"\"", known...)
	if !ok {
		return
	}
	for _, name := range known {
		if o.Has(name) {
			d.into(o.Get(name), path+"."+name, v.Field(at[name]))
		}
	}
}

// list replaces v by the entries that stand in the file. One that is a word may stand
// alone.
func (d *decoder) list(n ast.Node, path, what string, v reflect.Value) {
	nodes := []ast.Node{n}
	switch d.Resolve(n).(type) {
	case *ast.StringNode, *ast.IntegerNode:
		if v.Type().Elem().Kind() == reflect.Struct {
			if _, text := reflect.New(v.Type().Elem()).Interface().(encoding.TextUnmarshaler); !text {
				d.List(n, what)
				return
			}
		}
	default:
		var ok bool
		if nodes, ok = d.List(n, what); !ok {
			return
		}
	}
	out := reflect.MakeSlice(v.Type(), len(nodes), len(nodes))
	for i, e := range nodes {
		d.into(e, fmt.Sprintf("%s.%d", path, i), out.Index(i))
	}
	v.Set(out)
}

// week reads the open times by weekday. A day that is absent is closed.
func (d *decoder) week(n ast.Node, path string, v reflect.Value) {
	o, ok := d.Object(n, "a week", weekdays...)
	if !ok {
		return
	}
	v.SetZero()
	for i, day := range weekdays {
		if o.Has(day) {
			d.into(o.Get(day), path+"."+day, v.Index(i))
		}
	}
}
