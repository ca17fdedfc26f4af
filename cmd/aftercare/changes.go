package main

import (
	"fmt"
	"strings"
)

// change is one thing that a command made different, as programs see it.
type change struct {
	What string `json:"what"`
	From string `json:"from"`
	To   string `json:"to"`
}

// changes are what a command made different from what was stored before.
type changes []change

// note adds what differs.
func (c *changes) note(what, from, to string) {
	if from != to {
		*c = append(*c, change{What: what, From: from, To: to})
	}
}

// text is a line for each change, "  name: Salon → Salon Anna".
func (c changes) text() string {
	var b strings.Builder
	for _, one := range c {
		fmt.Fprintf(&b, "  %s: %s → %s\n", one.What, one.From, one.To)
	}
	return b.String()
}

// given puts what a flag says into a field, and leaves the field alone if the flag was
// not given.
func given[T ~string](flag *string, field *T) {
	if flag != nil {
		*field = T(*flag)
	}
}
