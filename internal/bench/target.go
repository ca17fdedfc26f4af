package main

import (
	"fmt"
	"strconv"
)

// row is one line of the result.
type row struct {
	Name    string             `json:"name"`
	Value   float64            `json:"value"`
	Unit    string             `json:"unit"`
	Target  target             `json:"target"`
	Stretch float64            `json:"stretch,omitempty"` // in the target's direction; 0 = none
	Parts   map[string]float64 `json:"parts,omitempty"`   // what the value was made of: medians
	Pages   []pageCost         `json:"pages,omitempty"`   // each page, where the row is about them
	Title   string             `json:"title,omitempty"`   // of the table of these
}

// target is the limit that a value must keep.
type target struct {
	Limit float64 `json:"limit"`
	Least bool    `json:"least"` // the value must not be below it, rather than above
}

func atLeast(limit float64) target { return target{limit, true} }
func atMost(limit float64) target  { return target{limit, false} }

// String is the target as a sign and a number.
func (t target) String() string {
	sign := "≤ "
	if t.Least {
		sign = "≥ "
	}
	return sign + strconv.FormatFloat(t.Limit, 'f', -1, 64)
}

// met reports whether the value keeps the target.
func (t target) met(v float64) bool {
	if t.Least {
		return v >= t.Limit
	}
	return v <= t.Limit
}

// verdict is whether the value keeps the target, and by how much it does not.
func (t target) verdict(v float64) string {
	switch {
	case t.met(v):
		return "met"
	case t.Least:
		return fmt.Sprintf("missed: %.0f %% of it", 100*v/t.Limit)
	}
	return fmt.Sprintf("missed: %.1f times it", v/t.Limit)
}
