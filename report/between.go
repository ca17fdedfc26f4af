package report

import "math"

// Between is the interval of the difference p − q of two independent figures, made of the
// interval of each: MOVER. The unit is that of the figures.
//
// Source: G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693–1702.
func Between(p float64, first Interval, q float64, second Interval) Interval {
	d := p - q
	return Interval{d - math.Hypot(p-first.Low, second.High-q), d + math.Hypot(first.High-p, q-second.Low)}
}

// Difference is how two figures differ, in their unit, with its interval.
type Difference struct {
	By     float64
	Within Interval
}

// Clear reports whether the interval excludes 0: only then it may be called a change.
func (d Difference) Clear() bool { return !d.Within.Holds(0) }

// Against is the change of one pair of rates less the change of another, over the same time:
// what a measure did at a site, held against sites without it. Rates are k of n.
//
// Source: Zou and Donner, as Between; each change by Newcombe.
func Against(after, before, otherAfter, otherBefore [2]float64) Difference {
	change := func(a, b [2]float64) (float64, Interval) {
		if !(a[1] > 0 && b[1] > 0) {
			return 0, Interval{-1, 1}
		}
		return a[0]/a[1] - b[0]/b[1], Newcombe(a[0], a[1], b[0], b[1])
	}
	d, within := change(after, before)
	o, other := change(otherAfter, otherBefore)
	return Difference{d - o, Between(d, within, o, other)}
}
