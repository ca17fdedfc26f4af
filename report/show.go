package report

import "slices"

// How many answers a figure needs before it is shown as what it is.
const (
	FewestCounted = 5  // below, not even counts: they would tell of single people
	FewestRated   = 10 // below, counts and no rate
	FewestPlain   = 30 // below, a rate that says "few answers"; from here on it is compared and ranked
)

// Manner is how a figure may be shown.
type Manner string

// The manners, from the least that may be said to the most.
const (
	Hidden  Manner = "hidden"  // only that there are too few answers
	Counted Manner = "counted" // "2 of 7", no rate
	Few     Manner = "few"     // a rate with its interval, marked; never compared or ranked
	Plain   Manner = "plain"   // a rate with its interval
)

// Rate is a share of answers as a page may show it.
type Rate struct {
	K, N   int
	Manner Manner
	P      float64  // 0–1; 0 unless the manner is Few or Plain
	Within Interval // of P, 95 % (Wilson); 0–1 unless the manner is Few or Plain
}

// Show is k of n under the one rule for small numbers. k outside 0–n is a fault of the
// caller and is hidden.
func Show(k, n int) Rate {
	r := Rate{K: k, N: n, Manner: Plain, Within: Interval{0, 1}}
	switch {
	case k < 0 || k > n || n < FewestCounted:
		r.Manner = Hidden
		return r
	case n < FewestRated:
		r.Manner = Counted
		return r
	case n < FewestPlain:
		r.Manner = Few
	}
	r.P, r.Within = float64(k)/float64(n), Wilson(float64(k), float64(n))
	return r
}

// Rated reports whether it may be shown as a rate.
func (r Rate) Rated() bool { return r.Manner == Few || r.Manner == Plain }

// Low and High are the ends of the interval.
func (r Rate) Low() float64 { return r.Within.Low }

// High is the upper end of the interval.
func (r Rate) High() float64 { return r.Within.High }

// Compared reports whether the rate may stand in an order or beside another.
func (r Rate) Compared() bool { return r.Manner == Plain }

// Change is how a rate differs from another as a page may show it.
type Change struct {
	By     float64  // −1–1, this minus that
	Within Interval // of By, 95 % (Newcombe)
	Clear  bool     // the interval excludes 0: it may be coloured and called a change
}

// Since is the change from an earlier rate to this one. ok is false where one of them may
// not be compared: then nothing is said about a change.
func (r Rate) Since(earlier Rate) (c Change, ok bool) {
	if !r.Compared() || !earlier.Compared() {
		return Change{}, false
	}
	c.By = r.P - earlier.P
	c.Within = Newcombe(float64(r.K), float64(r.N), float64(earlier.K), float64(earlier.N))
	c.Clear = !c.Within.Holds(0)
	return c, true
}

// Complement says of the parts of a total, by how many answers each has, which are to be hidden.
// What the hidden ones have together follows from the total and the others. So the next smallest is
// hidden with them while they are a single part, or while enough says that they are not enough people together.
func Complement(n []int, enough func(hidden []int) bool) []bool {
	hide := make([]bool, len(n))
	var hidden, others []int
	for i, m := range n {
		switch {
		case m > 0 && m < FewestCounted:
			hidden = append(hidden, i)
		case m > 0:
			others = append(others, i)
		}
	}
	slices.SortStableFunc(others, func(a, b int) int { return n[a] - n[b] })
	for len(hidden) > 0 && len(others) > 0 && (len(hidden) < 2 || !enough(hidden)) {
		hidden, others = append(hidden, others[0]), others[1:]
	}
	for _, i := range hidden {
		hide[i] = true
	}
	return hide
}

// Hide is the rate as one that is not shown.
func (r Rate) Hide() Rate { return Rate{K: r.K, N: r.N, Manner: Hidden, Within: Interval{0, 1}} }
