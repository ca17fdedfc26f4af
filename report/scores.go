package report

import "math"

// FewestPromoted is how many answers a net promoter score needs before it is shown.
const FewestPromoted = 30

// Promoters is a net promoter score, −100–100.
type Promoters struct {
	N      int
	Score  float64
	Centre float64 // around which the interval lies
	SE     float64
	Within Interval
}

// Shown reports whether there are enough answers to show it.
func (p Promoters) Shown() bool { return p.N >= FewestPromoted }

// PromotersOf is the share of 9 and 10 less that of 0 to 6, times 100, with the adjusted Wald
// interval, cut at ±100.
//
// Source: B. Rocks, The American Statistician 70 (2016) 365–372.
func PromotersOf(promoters, passives, detractors int) Promoters {
	n := promoters + passives + detractors
	p := Promoters{N: n}
	if n > 0 {
		p.Score = 100 * float64(promoters-detractors) / float64(n)
	}
	m := float64(n) + 3
	up, down := (float64(promoters)+0.75)/m, (float64(detractors)+0.75)/m
	p.Centre = 100 * (up - down)
	p.SE = 100 * math.Sqrt((up+down-(up-down)*(up-down))/m)
	p.Within = Interval{max(-100, p.Centre-Z95*p.SE), min(100, p.Centre+Z95*p.SE)}
	return p
}

// Minus is the difference of two scores. Its interval lies around the adjusted difference and need
// not hold the plain one at the very ends.
//
// Source: Rocks, as PromotersOf.
func (p Promoters) Minus(q Promoters) Difference {
	d, half := p.Centre-q.Centre, Z95*math.Hypot(p.SE, q.SE)
	return Difference{p.Score - q.Score, Interval{d - half, d + half}}
}

// Effort is how easy customers found it, on a scale from 1, hard, to 7.
type Effort struct {
	Mean       Mean
	Easy, Hard Rate // 5–7 and 1–3
}

// EffortOf reads answers from 1 to 7.
//
// Source: M. Dixon, N. Toman, R. DeLisi, The Effortless Experience (2013); the mean by Student.
func EffortOf(values []float64) Effort {
	var easy, hard int
	for _, v := range values {
		if v >= 5 {
			easy++
		}
		if v <= 3 {
			hard++
		}
	}
	return Effort{MeanOf(values), Show(easy, len(values)), Show(hard, len(values))}
}

// Index1to10 is the index, 0–100, of questions answered from 1 to 10. Without weights they count
// alike; weights need not add up to 1.
//
// Source: C. Fornell et al., Journal of Marketing 60 (1996) 7–18.
func Index1to10(answers, weights []float64) float64 {
	var sum, of float64
	for i, x := range answers {
		w := 1.0
		if i < len(weights) {
			w = weights[i]
		}
		sum, of = sum+w*Rescaled(x, 1, 10), of+w
	}
	if of == 0 {
		return math.NaN()
	}
	return sum / of
}

// KanoCounts is how often an attribute was classed as each kind.
type KanoCounts struct{ Attractive, OneDimensional, MustBe, Indifferent int }

// Kano is how much satisfaction an attribute adds where it is there, 0–1, and takes where it is
// not, −1–0. NaN without an answer.
//
// Source: C. Berger et al., Center for Quality of Management Journal 2 (1993) 3–36.
func Kano(c KanoCounts) (better, worse float64) {
	n := float64(c.Attractive + c.OneDimensional + c.MustBe + c.Indifferent)
	return float64(c.Attractive+c.OneDimensional) / n, -float64(c.OneDimensional+c.MustBe) / n
}
