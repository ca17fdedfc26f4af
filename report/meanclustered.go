package report

import "math"

// ClusteredSums is what a mean needs of values that customers gave several of: the sums over customers of
// how many each gave (m) and of what they add up to (y).
type ClusteredSums struct {
	Customers  int
	M, Y       float64 // values, and their sum
	MM, MY, YY float64 // Σm², Σmy, Σy²
}

// Add counts a customer who gave m values that add up to y.
func (c *ClusteredSums) Add(m, y float64) {
	if !(m > 0) || math.IsNaN(y) || math.IsInf(y, 0) {
		return
	}
	c.Customers++
	c.M, c.Y = c.M+m, c.Y+y
	c.MM, c.MY, c.YY = c.MM+m*m, c.MY+m*y, c.YY+y*y
}

// ClusteredMean is the mean of all values, in their unit, with an interval as wide as customers differ.
type ClusteredMean struct {
	N, Customers int
	Mean         float64
	Within       Interval // infinite with fewer than two customers
}

// Shown reports whether there are enough values, and enough customers, to show it.
func (m ClusteredMean) Shown() bool { return min(m.N, m.Customers) >= FewestMeant }

// Mean is the mean of all values. Where each customer gave one it is Student's, as MeanOf.
//
// Source: W. G. Cochran, Sampling Techniques (1977) 66, the ratio of two means; Student's t with as many
// degrees of freedom as there are customers, less one.
func (c ClusteredSums) Mean() ClusteredMean {
	m := ClusteredMean{N: int(math.Round(c.M)), Customers: c.Customers, Within: Interval{math.Inf(-1), math.Inf(1)}}
	if !(c.M > 0) {
		return m
	}
	m.Mean = c.Y / c.M
	n := float64(c.Customers)
	if n < 2 {
		return m
	}
	between := max(0, c.YY-2*m.Mean*c.MY+m.Mean*m.Mean*c.MM)
	half := QuantileT(n-1) * math.Sqrt(n/(n-1)*between) / c.M
	m.Within = Interval{m.Mean - half, m.Mean + half}
	return m
}
