package report

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// How much a chart of weeks needs before it has limits.
const (
	FewestWeeks    = 8
	FewestBaseline = 100 // answers in those weeks
)

// Week is k of n in one of equal spaces of time.
type Week struct{ K, N int }

// Charted is a week on a chart.
type Charted struct {
	P     float64
	Z     float64 // how far from the centre, in standard errors
	Upper float64 // limit, 0–1 and above 1 where none is reached
	Lower float64
	Wide  float64 // upper limit that allows for weeks that differ more than chance says
	Floor float64 // lower limit that does
	Out   bool    // beyond the wide limits
}

// Chart is weeks against their baseline.
type Chart struct {
	Centre float64
	Spread float64 // σ_z: how much more weeks differ than chance says; below 1 counts as 1
	Weeks  []Charted
}

// ChartOf holds weeks against the first ones, of which the baseline is made. Weeks without answers
// have neither a share nor limits.
//
// Source: W. A. Shewhart (1931); D. B. Laney, Quality Engineering 14 (2002) 531–537.
func ChartOf(weeks []Week, baseline int) Chart {
	var k, n float64
	baseline = min(baseline, len(weeks))
	for _, w := range weeks[:baseline] {
		k, n = k+float64(w.K), n+float64(w.N)
	}
	c := Chart{Spread: 1}
	if n > 0 {
		c.Centre = k / n
	}
	var moved, moves float64
	last := math.NaN()
	for i, w := range weeks {
		p := Charted{P: math.NaN(), Z: math.NaN(), Upper: math.NaN(), Lower: math.NaN(), Wide: math.NaN(), Floor: math.NaN()}
		if w.N > 0 {
			se := math.Sqrt(c.Centre * (1 - c.Centre) / float64(w.N))
			p.P = float64(w.K) / float64(w.N)
			p.Upper, p.Lower = c.Centre+3*se, max(0, c.Centre-3*se)
			if p.Z = 0; se > 0 {
				p.Z = (p.P - c.Centre) / se
			}
			if i < baseline {
				if !math.IsNaN(last) {
					moved, moves = moved+math.Abs(p.Z-last), moves+1
				}
				last = p.Z
			}
		}
		c.Weeks = append(c.Weeks, p)
	}
	if moves > 0 {
		c.Spread = moved / moves / 1.128
	}
	wide := max(1, c.Spread)
	for i := range c.Weeks {
		p := &c.Weeks[i]
		p.Wide = c.Centre + wide*(p.Upper-c.Centre)
		p.Floor = max(0, c.Centre-wide*(p.Upper-c.Centre))
		p.Out = p.P > p.Wide || p.P < p.Floor
	}
	return c
}

// Smooth is a line that follows values slowly: each counts for a share lambda, all before it for
// the rest. It begins at start.
//
// Source: S. W. Roberts, Technometrics 1 (1959) 239–250.
func Smooth(values []float64, start, lambda float64) []float64 {
	line := make([]float64, 0, len(values))
	at := start
	for _, v := range values {
		at += lambda * (v - at)
		line = append(line, at)
	}
	return line
}

// How a smoothed line is drawn: it leaves its limits by chance about once in 370 values.
const (
	SmoothShare  = 0.2
	SmoothLimits = 2.859 // in standard deviations of the line
)

// SmoothLimit is how far a smoothed line may go from its centre, for values of a standard deviation.
//
// Source: J. M. Lucas, M. S. Saccucci, Technometrics 32 (1990) 1–12.
func SmoothLimit(sd float64) float64 {
	return SmoothLimits * sd * math.Sqrt(SmoothShare/(2-SmoothShare))
}

// Rare is what is expected of the services between two rare events.
type Rare struct {
	Mean      float64 // between two
	P         float64 // of one service
	GoodAbove int     // one gap longer than this is good news
	BadFour   int     // four gaps in a row that add up to at most this are bad news; -1 = never
}

// once is how rarely a chart signals by chance.
const once = 0.00135

// RareOf reads gaps: how many services passed between two events. One short gap can never be a
// signal, so four in a row are read together. ok is false without a gap.
//
// Source: J. C. Benneyan, Quality Engineering 13 (2001) 419–439.
func RareOf(gaps []int) (r Rare, ok bool) {
	sum := 0
	for _, g := range gaps {
		sum += max(0, g)
	}
	if len(gaps) == 0 || sum == 0 {
		return Rare{}, false
	}
	r.Mean = float64(sum) / float64(len(gaps))
	r.P = 1 / (r.Mean + 1)
	r.GoodAbove = max(0, int(math.Ceil(math.Log(once)/math.Log1p(-r.P)))-1)
	r.BadFour = -1
	for mathext.RegIncBeta(4, float64(r.BadFour+2), r.P) <= once {
		r.BadFour++
	}
	return r, true
}
