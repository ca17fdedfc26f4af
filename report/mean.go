package report

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// FewestMeant is how many values a mean needs before it is shown.
const FewestMeant = 10

// Mean is an average in the unit of its values, with Student's interval.
type Mean struct {
	N      int
	Mean   float64
	SD     float64  // 0 with one value
	Within Interval // infinite with fewer than two values
}

// Shown reports whether there are enough values to show it.
func (m Mean) Shown() bool { return m.N >= FewestMeant }

// MeanOf is the average of values.
//
// Source: Student, Biometrika 6 (1908) 1–25.
func MeanOf(values []float64) Mean {
	m := Mean{N: len(values), Within: Interval{math.Inf(-1), math.Inf(1)}}
	if m.N == 0 {
		return m
	}
	if m.N == 1 {
		m.Mean = values[0]
		return m
	}
	m.Mean, m.SD = stat.MeanStdDev(values, nil)
	half := QuantileT(float64(m.N-1)) * m.SD / math.Sqrt(float64(m.N))
	m.Within = Interval{m.Mean - half, m.Mean + half}
	return m
}

// meanOfCounts is the average of values that were each given so many times.
func meanOfCounts(values, counts []float64) Mean {
	n := 0.0
	for _, c := range counts {
		n += c
	}
	m := Mean{N: int(n), Within: Interval{math.Inf(-1), math.Inf(1)}}
	if m.N == 0 {
		return m
	}
	m.Mean = stat.Mean(values, counts)
	if m.N < 2 {
		return m
	}
	m.SD = stat.StdDev(values, counts)
	half := QuantileT(n-1) * m.SD / math.Sqrt(n)
	m.Within = Interval{m.Mean - half, m.Mean + half}
	return m
}
