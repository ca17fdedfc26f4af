package report

import "math"

// Z95 is the two-sided 95 % quantile of the normal distribution.
const Z95 = 1.959963984540054

// Interval is where a figure lies with 95 % confidence.
type Interval struct{ Low, High float64 }

// Holds reports whether x is inside, its ends included.
func (i Interval) Holds(x float64) bool { return i.Low <= x && x <= i.High }

// Wilson is the score interval of a rate k/n without continuity correction, both ends in
// 0–1. k may be no whole number (weights, means of customers). With no answers, or counts
// that are none (k outside 0–n, NaN), nothing is known: 0–1.
//
// Source: E. B. Wilson, JASA 22 (1927) 209–212; R. G. Newcombe, Statistics in Medicine 17
// (1998) 857–872, method 3.
func Wilson(k, n float64) Interval { return wilson(k, n, Z95) }

func wilson(k, n, z float64) Interval {
	if !(n > 0 && k >= 0 && k <= n) || math.IsInf(n, 0) {
		return Interval{0, 1}
	}
	p, zz := k/n, z*z
	middle := (p + zz/(2*n)) / (1 + zz/n)
	half := z / (1 + zz/n) * math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	i := Interval{max(0, middle-half), min(1, middle+half)}
	if k == 0 { // exact, where rounding would leave a trace
		i.Low = 0
	}
	if k == n {
		i.High = 1
	}
	return i
}

// Newcombe is the interval of the difference of two independent rates, a/m − b/n, both ends
// in −1–1: the hybrid of their score intervals. If one of them is unknown, so is the
// difference: −1–1.
//
// Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890, method 10.
func Newcombe(a, m, b, n float64) Interval { return newcombe(a, m, b, n, Z95) }

func newcombe(a, m, b, n, z float64) Interval {
	if !(m > 0 && n > 0 && a >= 0 && a <= m && b >= 0 && b <= n) || math.IsInf(m, 0) || math.IsInf(n, 0) {
		return Interval{-1, 1}
	}
	i := Between(a/m, wilson(a, m, z), b/n, wilson(b, n, z))
	return Interval{max(-1, i.Low), min(1, i.High)}
}
