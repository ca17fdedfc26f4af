package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The receivers that exist without being configured, beside those of the escalation.
const (
	ToOwner   Receiver = "owner"   // the member of staff who served the customer
	ToDefault Receiver = "default" // the chats that hear of a case without a route
)

// Audience is who a receiver stands for: chats that were linked under a name, and the
// private chats of members of staff by their ids.
type Audience struct {
	Chats []string `json:"chats,omitempty"`
	Staff []string `json:"staff,omitempty"`
}

// Routing says which receivers hear of which case.
type Routing struct {
	Receivers map[Receiver]Audience `json:"receivers,omitempty"`
	Routes    []Route               `json:"routes,omitempty"`
}

// BuiltIn lists the receivers that a route may name without configuring them. Who
// configures one of them replaces it.
func BuiltIn() []Receiver { return []Receiver{ToOwner, ToDefault, ToLead, ToManager, ToOnCall} }

// Check returns what is wrong with the routing, as sentences that say what to do.
func (r Routing) Check() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(r.Receivers)) {
		a := r.Receivers[name]
		switch {
		case name == ToThread || name == ToDefault || strings.TrimSpace(string(name)) == "":
			say("A receiver cannot be called %q; choose another name.", name)
		case len(a.Chats)+len(a.Staff) == 0:
			say("The receiver %q is nobody; give it chats or staff.", name)
		}
	}
	for i, route := range r.Routes {
		if len(route.To) == 0 {
			say("Route %d leads nowhere; say under to: which receivers hear of it.", i+1)
		}
		for _, to := range route.To {
			if _, ok := r.Receivers[to]; !ok && !slices.Contains(BuiltIn(), to) {
				say("Route %d leads to %q, which is no receiver; add it under receivers:.", i+1, to)
			}
		}
		if route.everything() && i < len(r.Routes)-1 {
			say("Route %d matches everything, so that no later one is ever reached; move it to the end.", i+1)
		}
		out = append(out, route.check(i+1)...)
	}
	return out
}
