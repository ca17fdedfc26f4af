// Package rulefile reads the file in which an organisation keeps its recovery rules:
// recovery.yaml. The format is described in docs/recovery.md.
//
// Under `rules:` stand the rules of every site; what is left out is as shipped. Under
// `sites:` stand the sites that have rules of their own; what a site leaves out is as
// under `rules:`. A list that is named replaces the whole list. Under `receivers:` stand
// named sets of chats and staff, and under `routes:` which of them hear of which case.
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
	o, ok := d.Object(root, "a rule file", "rules", "sites", "receivers", "routes")
	if !ok {
		return p
	}
	if o.Has("rules") {
		d.into(o.Get("rules"), "rules", reflect.ValueOf(&p.Rules).Elem())
	}
	known := p.Rules.Check()
	d.report("rules", known)
	d.routing(o, &p.Routing)
	d.onCall("rules", p.Rules, p.Routing)
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
		d.onCall(path, r, p.Routing)
		d.report(path, slices.DeleteFunc(r.Check(), func(x recovery.Problem) bool { return slices.Contains(known, x) }))
		p.Sites[e.Key] = r
	}
	return p
}

// routing reads who hears of which case.
func (d *decoder) routing(o *strictyaml.Object, r *recovery.Routing) {
	if o.Has("receivers") {
		d.places["receivers"] = o.At("receivers")
		entries, _ := d.Mapping(o.Get("receivers"), "the receivers")
		r.Receivers = make(map[recovery.Receiver]recovery.Audience, len(entries))
		for _, e := range entries {
			var a recovery.Audience
			path := "receivers." + e.Key
			d.into(e.Value, path, reflect.ValueOf(&a).Elem())
			d.places[path] = e.At
			r.Receivers[recovery.Receiver(e.Key)] = a
		}
	}
	if o.Has("routes") {
		d.into(o.Get("routes"), "routes", reflect.ValueOf(&r.Routes).Elem())
	}
	d.reportAt("", r.Check())
}

// onCall reports pages that would reach nobody.
func (d *decoder) onCall(path string, r recovery.Rules, routing recovery.Routing) {
	at := d.places[path+".on_call"]
	if _, ok := routing.Receivers[recovery.Receiver(r.OnCall)]; !ok && r.OnCall != "" && at != nil {
		d.FailAt(at, "%q is no receiver; add it under receivers: with the staff who are on call.", strictyaml.Short(r.OnCall))
	}
}

// report records what the rules themselves find wrong, where it stands in the file, or
// where what it belongs to stands.
func (d *decoder) report(path string, problems []recovery.Problem) { d.reportAt(path+".", problems) }

func (d *decoder) reportAt(prefix string, problems []recovery.Problem) {
	for _, p := range problems {
		at := prefix + p.Path
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
