package report

import (
	"math"
	"slices"
)

// Standing is where a customer stands.
type Standing string

// The standings.
const (
	Potential Standing = "potential" // never came
	First     Standing = "first"
	Repeat    Standing = "repeat"
	Loyal     Standing = "loyal" // three visits, and the last three answers at level 6 or 7
	Lost      Standing = "lost"
)

// Visitor is where a customer stands, and since when they would count as lost.
type Visitor struct {
	Standing  Standing
	Usual     float64 // days between visits; 0 for who never came
	LostAfter int     // the day after which they count as lost
}

// StandingOf reads a customer's visits. Days are whole numbers counted from any fixed day, in any
// order, and two visits on a day are one. The usual interval is the median of the customer's own
// if there are at least two, else the site's. levels are their answers', oldest first.
//
// Source: the five states of customers of the textbooks of customer relations; the factor of three
// intervals is a setting of ours.
func StandingOf(days, levels []int, today int, site float64) Visitor {
	days = slices.Compact(slices.Sorted(slices.Values(days)))
	if len(days) == 0 {
		return Visitor{Standing: Potential}
	}
	v := Visitor{Standing: First, Usual: site}
	if len(days) > 2 {
		between := make([]int, 0, len(days)-1)
		for i := 1; i < len(days); i++ {
			between = append(between, days[i]-days[i-1])
		}
		slices.Sort(between)
		n := len(between)
		v.Usual = float64(between[(n-1)/2]+between[n/2]) / 2
	}
	v.LostAfter = days[len(days)-1] + int(math.Ceil(3*v.Usual))
	switch {
	case today > v.LostAfter:
		v.Standing = Lost
	case len(days) >= 3 && len(levels) >= 3 && !slices.ContainsFunc(levels[len(levels)-3:], func(l int) bool { return l < 6 }):
		v.Standing = Loyal
	case len(days) >= 2:
		v.Standing = Repeat
	}
	return v
}

// Repeats is how many of customers came more than once, and how many visits those were beyond the
// first.
func Repeats(visits []int) (rate Rate, more int) {
	again := 0
	for _, n := range visits {
		if n > 1 {
			again++
			more += n - 1
		}
	}
	return Show(again, len(visits)), more
}
