package report

import "math"

// Broken is what a broken standard has to do with unsatisfied customers.
type Broken struct {
	Broken, Met Rate // unsatisfied where it was broken, and where it was met
	Difference  Difference
	Ratio       float64  // how many times as often
	RatioWithin Interval // 0 to infinite where one side has none
	Due         float64  // share of all unsatisfied that the broken standard accounts for, 0–1; 0 where it is none
}

// BrokenOf reads counts: unsatisfied, and not, where a standard was broken and where it was met.
//
// Source: Newcombe, as Newcombe; the ratio by logarithms; O. S. Miettinen, American Journal of
// Epidemiology 99 (1974) 325–332.
func BrokenOf(unsatisfiedBroken, otherBroken, unsatisfiedMet, otherMet int) Broken {
	n, m := unsatisfiedBroken+otherBroken, unsatisfiedMet+otherMet
	b := Broken{Broken: Show(unsatisfiedBroken, n), Met: Show(unsatisfiedMet, m), RatioWithin: Interval{0, math.Inf(1)}, Ratio: math.NaN()}
	x, y, fn, fm := float64(unsatisfiedBroken), float64(unsatisfiedMet), float64(n), float64(m)
	b.Difference.Within = Newcombe(x, fn, y, fm)
	if n == 0 || m == 0 {
		return b
	}
	b.Difference.By = x/fn - y/fm
	if unsatisfiedBroken == 0 || unsatisfiedMet == 0 {
		return b
	}
	b.Ratio = x / fn / (y / fm)
	half := Z95 * math.Sqrt(1/x-1/fn+1/y-1/fm)
	b.RatioWithin = Interval{b.Ratio * math.Exp(-half), b.Ratio * math.Exp(half)}
	b.Due = max(0, x/(x+y)*(b.Ratio-1)/b.Ratio)
	return b
}
