// Package rulefile reads the file in which an organisation keeps its recovery rules:
// recovery.yaml. The format is described in docs/recovery.md.
//
// Under `rules:` stand the rules of every site; what is left out is as shipped. Under
// `sites:` stand the sites that have rules of their own; what a site leaves out is as
// under `rules:`. A list that is named replaces the whole list.
package rulefile

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// Error is one thing that is wrong with a rule file, and where.
type Error = strictyaml.Error

// Errors is everything that was found in one file, in the order of the file.
type Errors = strictyaml.Errors

var sitePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,47}$`)

// Parse reads a rule file. An error is of type Errors, which holds an *Error for
// everything found.
func Parse(source []byte) (recovery.Policy, error) {
	d := &decoder{
		Reader: strictyaml.New(source, strictyaml.File{
			Name: "a rule file", Holds: "set of rules", Empty: "Start it with \"rules:\" and change what differs from the shipped rules.",
		}),
		places: map[string]ast.Node{},
	}
	p := recovery.DefaultPolicy()
	if root := d.Load(source); root != nil {
		p = d.policy(root)
	}
	if err := d.Err(); err != nil {
		return recovery.Policy{}, err
	}
	return p, nil
}

func (d *decoder) policy(root ast.Node) recovery.Policy {
	p := recovery.DefaultPolicy()
	o, ok := d.Object(root, "a rule file", "rules", "sites")
	if !ok {
		return p
	}
	if o.Has("rules") {
		d.into(o.Get("rules"), "rules", reflect.ValueOf(&p.Rules).Elem())
	}
	known := p.Rules.Check()
	d.report("rules", known)
	if !o.Has("sites") {
		return p
	}
	d.places["sites"] = o.At("sites")
	entries, _ := d.Mapping(o.Get("sites"), "the sites")
	p.Sites = make(map[string]recovery.Rules, len(entries))
	for _, e := range entries {
		if !sitePattern.MatchString(e.Key) {
			d.FailAt(e.At, "%q cannot be the id of a site. See `aftercare site list`.", strictyaml.Short(e.Key))
			continue
		}
		path, r := "sites."+e.Key, p.Rules
		d.places[path] = e.At
		d.into(e.Value, path, reflect.ValueOf(&r).Elem())
		d.report(path, slices.DeleteFunc(r.Check(), func(x recovery.Problem) bool { return slices.Contains(known, x) }))
		p.Sites[e.Key] = r
	}
	return p
}

// report records what the rules themselves find wrong, where it stands in the file, or
// where what it belongs to stands.
func (d *decoder) report(path string, problems []recovery.Problem) {
	for _, p := range problems {
		at := path + "." + p.Path
		for d.places[at] == nil && strings.Contains(at, ".") {
			at = at[:strings.LastIndexByte(at, '.')]
		}
		if n := d.places[at]; n != nil {
			d.FailAt(n, "%s", p.Message)
		} else {
			d.Fail(1, 1, "%s", p.Message)
		}
	}
}
