package report

import "math"

// Broken is what a broken standard has to do with unsatisfied customers.
type Broken struct {
	Broken, Met Rate // unsatisfied where it was broken, and where it was met
	Difference  Difference
	Ratio       float64  // how many times as often
	RatioWithin Interval // 0 to infinite where one side has none
	Due         float64  // share of all unsatisfied that the broken standard accounts for, 0–1; 0 where it is none
	DueWithin   Interval // from the ends of the ratio's
}

// BrokenOf reads counts: unsatisfied, and not, where a standard was broken and where it was met.
//
// Source: Newcombe, as Newcombe; the ratio by logarithms; O. S. Miettinen, American Journal of
// Epidemiology 99 (1974) 325–332.
func BrokenOf(unsatisfiedBroken, otherBroken, unsatisfiedMet, otherMet int) Broken {
	n, m := unsatisfiedBroken+otherBroken, unsatisfiedMet+otherMet
	b := brokenOf(float64(unsatisfiedBroken), float64(n), float64(unsatisfiedMet), float64(m))
	b.Broken, b.Met = Show(unsatisfiedBroken, n), Show(unsatisfiedMet, m)
	return b
}

// BrokenBy is that of answers of which a customer may have given several: the intervals are those of the
// effective counts. ok is false where one of the two may not be compared.
func BrokenBy(broken, met Clustered) (b Broken, ok bool) {
	if !broken.Compared() || !met.Compared() {
		return Broken{}, false
	}
	b = brokenOf(broken.P*broken.Effective, broken.Effective, met.P*met.Effective, met.Effective)
	if k := float64(broken.K); b.Due > 0 { // of the answers themselves
		by := k / (k + float64(met.K)) / (b.Due * b.Ratio / (b.Ratio - 1))
		b.Due, b.DueWithin = b.Due*by, Interval{b.DueWithin.Low * by, min(1, b.DueWithin.High*by)}
	}
	b.Broken, b.Met = broken.Rate, met.Rate
	return b, true
}

// brokenOf reads x of n unsatisfied where it was broken, y of m where it was met.
func brokenOf(x, n, y, m float64) Broken {
	b := Broken{RatioWithin: Interval{0, math.Inf(1)}, Ratio: math.NaN(), DueWithin: Interval{0, 1}}
	b.Difference.Within = Newcombe(x, n, y, m)
	if n == 0 || m == 0 {
		return b
	}
	b.Difference.By = x/n - y/m
	if x == 0 || y == 0 {
		return b
	}
	b.Ratio = x / n / (y / m)
	half := Z95 * math.Sqrt(1/x-1/n+1/y-1/m)
	b.RatioWithin = Interval{b.Ratio * math.Exp(-half), b.Ratio * math.Exp(half)}
	due := func(ratio float64) float64 { return max(0, x/(x+y)*(ratio-1)/ratio) }
	b.Due, b.DueWithin = due(b.Ratio), Interval{due(b.RatioWithin.Low), due(b.RatioWithin.High)}
	return b
}
