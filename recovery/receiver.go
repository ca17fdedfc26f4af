package recovery

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
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

// Check returns what is wrong with the routing, in its order.
func (r Routing) Check() []Problem {
	var out []Problem
	say := func(path, format string, args ...any) {
		out = append(out, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Receivers)) {
		a, path := r.Receivers[name], "receivers."+string(name)
		switch {
		case name == ToThread || name == ToDefault || strings.TrimSpace(string(name)) == "":
			say(path, "A receiver cannot be called %q; choose another name.", name)
		case len(a.Chats)+len(a.Staff) == 0:
			say(path, "The receiver %q is nobody; give it chats or staff.", name)
		}
	}
	for i, route := range r.Routes {
		path := "routes." + strconv.Itoa(i)
		if len(route.To) == 0 {
			say(path, "Route %d leads nowhere; say under to: which receivers hear of it.", i+1)
		}
		for k, to := range route.To {
			if _, ok := r.Receivers[to]; !ok && !slices.Contains(BuiltIn(), to) {
				say(path+".to."+strconv.Itoa(k), "Route %d leads to %q, which is no receiver; add it under receivers:.", i+1, to)
			}
		}
		if route.everything() && i < len(r.Routes)-1 {
			say(path, "Route %d matches everything, so that no later one is ever reached; move it to the end.", i+1)
		}
		out = append(out, route.check(path, i+1)...)
	}
	return out
}
