package report

import "math"

// Summed is a rate of answers that were added up: of k of n, of which an answer is worth so much less as effect
// says, and which are of so many customers at least. The rule for small numbers goes by that number.
//
// Source: as Clusters.Rate, with the design effect of answers that are like these.
func Summed(k, n, customers int, effect float64) Clustered {
	r := Clustered{Rate: Show(k, n), Customers: customers, Effect: max(1, effect), Summed: true}
	r.Effective = float64(n) / r.Effect
	if r.Manner == Hidden {
		return r
	}
	if few := Show(0, customers); rank(few.Manner) < rank(r.Manner) {
		r.Manner = few.Manner
	}
	if r.Manner == Hidden || r.Manner == Counted {
		r.P, r.Within = 0, Interval{0, 1}
		return r
	}
	r.Within = Wilson(r.P*r.Effective, r.Effective)
	return r
}

// EffectOf is the design effect of the mean: how many values are worth one. squares is the sum of the squares of
// all values.
func (c ClusteredSums) EffectOf(squares float64) float64 {
	n := float64(c.Customers)
	if n < 2 || c.M < 2 {
		return 1
	}
	mean := c.Y / c.M
	single := (squares - c.M*mean*mean) / (c.M - 1) / c.M
	if !(single > 0) {
		return max(1, c.M/n) // nothing says how alike they are: each customer counts as one
	}
	between := max(0, c.YY-2*mean*c.MY+mean*mean*c.MM)
	return max(1, n/(n-1)*between/(c.M*c.M)/single)
}

// SummedMean is the mean of n values that were added up, with their squares: see Summed.
//
// Source: Student's t, with as many degrees of freedom as there are customers, less one.
func SummedMean(n int, sum, squares float64, customers int, effect float64) ClusteredMean {
	m := ClusteredMean{N: n, Customers: customers, Within: everywhere()}
	if n == 0 {
		return m
	}
	of := float64(n)
	m.Mean = sum / of
	if n < 2 || customers < 2 {
		return m
	}
	variance := max(0, squares-of*m.Mean*m.Mean) / (of - 1) * max(1, effect) / of
	half := QuantileT(float64(customers-1)) * math.Sqrt(variance)
	m.Within = Interval{m.Mean - half, m.Mean + half}
	return m
}

func everywhere() Interval { return Interval{math.Inf(-1), math.Inf(1)} }
