package report

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Verdict is what a funnel says of a site.
type Verdict string

// The verdicts.
const (
	NotShown   Verdict = "" // too few answers
	Ordinary   Verdict = "none"
	LookLow    Verdict = "look low" // rarer than once in 40
	LookHigh   Verdict = "look high"
	SignalLow  Verdict = "signal low" // rarer than once in 1,000
	SignalHigh Verdict = "signal high"
)

// Funnel is a site, service or person beside all.
type Funnel struct {
	P       float64
	Draw95  Interval // the curves at its number of answers, for drawing
	Draw998 Interval
	Tail    float64 // how likely so low, or so high, a share would be at the rate of all
	Verdict Verdict
}

// z998 is the quantile of the outer curves of a funnel.
const z998 = 3.090232306167813

// FunnelOf holds each k of n against the rate of all together. Who has fewer than 30 answers
// counts in that rate and is not shown. It is no ranking: within the curves nobody is better.
//
// Source: as FunnelAround.
func FunnelOf(each [][2]int) (overall float64, of []Funnel) {
	var k, n int
	for _, c := range each {
		k, n = k+c[0], n+c[1]
	}
	if n > 0 {
		overall = float64(k) / float64(n)
	}
	return overall, FunnelAround(overall, each)
}

// FunnelAround holds each k of n against a rate that is known, from 0 to 1, where the counts are not whole answers:
// those that are alike count for less, and their sum is not what all together said.
//
// Source: D. J. Spiegelhalter, Statistics in Medicine 24 (2005) 1185–1202.
func FunnelAround(overall float64, each [][2]int) (of []Funnel) {
	for _, c := range each {
		if c[1] < FewestPlain {
			of = append(of, Funnel{})
			continue
		}
		f := Funnel{P: float64(c[0]) / float64(c[1]), Verdict: Ordinary}
		f.Draw95, f.Draw998 = FunnelAt(overall, float64(c[1]))
		low := f.P <= overall
		if low {
			f.Tail = atMost(c[0], c[1], overall)
		} else {
			f.Tail = 1 - atMost(c[0]-1, c[1], overall)
		}
		switch {
		case f.Tail < 0.001 && low:
			f.Verdict = SignalLow
		case f.Tail < 0.001:
			f.Verdict = SignalHigh
		case f.Tail < 0.025 && low:
			f.Verdict = LookLow
		case f.Tail < 0.025:
			f.Verdict = LookHigh
		}
		of = append(of, f)
	}
	return of
}

// FunnelAt are the curves of a funnel at n answers, around the rate of all: within which a share lies
// in 95 % and 99.8 % of cases by chance, as they are drawn. A verdict goes by the exact tail.
//
// Source: as FunnelOf.
func FunnelAt(overall, n float64) (draw95, draw998 Interval) {
	se := math.Sqrt(overall * (1 - overall) / n)
	curve := func(z float64) Interval { return Interval{max(0, overall-z*se), min(1, overall+z*se)} }
	return curve(Z95), curve(z998)
}

// atMost is how likely k or fewer of n are at a rate p: the binomial tail, exact.
func atMost(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}

// AgainstRest is a group beside all others.
type AgainstRest struct {
	P, Rest float64
	Difference
	Shown bool
}

// AgainstRestOf holds each group, k of n, against all others together, with intervals that are
// right for all shown groups at once. Groups under 30 are in the others and not shown. z is the
// quantile that was used.
//
// Source: Newcombe, as Newcombe; C. E. Bonferroni (1936).
func AgainstRestOf(groups [][2]int) (z float64, of []AgainstRest) {
	var k, n, shown int
	for _, g := range groups {
		k, n = k+g[0], n+g[1]
		if g[1] >= FewestPlain {
			shown++
		}
	}
	z = ZOf(shown)
	for _, g := range groups {
		rest := [2]int{k - g[0], n - g[1]}
		if g[1] < FewestPlain || rest[1] < FewestPlain {
			of = append(of, AgainstRest{})
			continue
		}
		a := AgainstRest{P: float64(g[0]) / float64(g[1]), Rest: float64(rest[0]) / float64(rest[1]), Shown: true}
		a.By = a.P - a.Rest
		a.Within = newcombe(float64(g[0]), float64(g[1]), float64(rest[0]), float64(rest[1]), z)
		of = append(of, a)
	}
	return z, of
}
