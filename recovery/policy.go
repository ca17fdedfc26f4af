package recovery

import "time"

// Policy is what an organisation decides about its recovery: the rules of every site, and
// those of the sites that have their own.
type Policy struct {
	Rules   Rules
	Routing Routing
	Sites   map[string]Rules // whole: what a site leaves out is filled in from Rules
}

// DefaultPolicy has the shipped rules at every site.
func DefaultPolicy() Policy { return Policy{Rules: DefaultRules} }

// At returns the rules of a site, whose hours run in its time zone (nil = UTC).
func (p Policy) At(site string, zone *time.Location) Rules {
	r, ok := p.Sites[site]
	if !ok {
		r = p.Rules
	}
	r.Hours.Zone = zone
	return r
}
