package report

import (
	"errors"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// How many answers what drives satisfaction needs.
const (
	FewestCorrelated = 50  // for a correlation over customers
	FewestShared     = 100 // complete answers for shares of R²
	FewestPairs      = 12  // for a correlation over months
	MostDrivers      = 6   // attributes whose shares are told apart
)

// Correlation is Pearson's r with Fisher's interval, −1–1. Of four pairs or fewer, and of ±1,
// there is none: the interval is −1–1.
//
// Source: R. A. Fisher, Metron 1 (1921) 3–32.
func Correlation(r float64, n int) Interval {
	if n <= 4 || !(math.Abs(r) < 1) {
		return Interval{-1, 1}
	}
	z, half := math.Atanh(r), Z95/math.Sqrt(float64(n-3))
	return Interval{math.Tanh(z - half), math.Tanh(z + half)}
}

// ErrDriver says that correlations can be shared out in no way.
var ErrDriver = errors.New("the correlations are none of up to six attributes, or one attribute repeats others")

// Drivers shares R², the part of the overall answer that attributes explain, among them: what
// each adds, averaged over every order in which they may come. Shares are never below 0 and add
// up to R². between are the correlations of the attributes, with are those with the overall answer.
//
// Source: R. H. Lindeman, P. F. Merenda, R. Z. Gold, Introduction to Bivariate and Multivariate
// Analysis (1980) 119–127.
func Drivers(between [][]float64, with []float64) (r2 float64, shares []float64, err error) {
	k := len(with)
	if k == 0 || k > MostDrivers || len(between) != k {
		return 0, nil, ErrDriver
	}
	explained := make([]float64, 1<<k) // by each set of attributes
	for set := 1; set < 1<<k; set++ {
		if explained[set], err = explainedBy(set, between, with); err != nil {
			return 0, nil, err
		}
	}
	orders := func(n int) float64 { return math.Gamma(float64(n + 1)) }
	shares = make([]float64, k)
	for i := range k {
		for set := range 1 << k {
			if set&(1<<i) != 0 {
				continue
			}
			size := bits.OnesCount(uint(set))
			times := orders(size) * orders(k-size-1) / orders(k)
			shares[i] += times * (explained[set|1<<i] - explained[set])
		}
	}
	return explained[1<<k-1], shares, nil
}

// explainedBy is R² of the attributes in a set.
func explainedBy(set int, between [][]float64, with []float64) (float64, error) {
	var in []int
	for i := range with {
		if set&(1<<i) != 0 {
			in = append(in, i)
		}
	}
	m, v := mat.NewSymDense(len(in), nil), mat.NewVecDense(len(in), nil)
	for a, i := range in {
		if len(between[i]) != len(with) {
			return 0, ErrDriver
		}
		v.SetVec(a, with[i])
		for b := a; b < len(in); b++ {
			m.SetSym(a, b, between[i][in[b]])
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(m) {
		return 0, ErrDriver
	}
	var beta mat.VecDense
	if err := chol.SolveVecTo(&beta, v); err != nil {
		return 0, ErrDriver
	}
	return mat.Dot(&beta, v), nil
}

// Lag is how one line follows another some steps later.
type Lag struct {
	Steps, N int
	R        float64
	Within   Interval
	Shown    bool
}

// Follows correlates a line with another 0 to most steps later. Two rising lines correlate by
// themselves: read the same of Changes of both beside it.
//
// Source: Fisher, as Correlation; J. L. Heskett et al., Harvard Business Review 72 (1994) 164–174.
func Follows(line, later []float64, most int) []Lag {
	var lags []Lag
	for steps := 0; steps <= most; steps++ {
		n := min(len(line), len(later)) - steps
		if n < 2 {
			break
		}
		r := stat.Correlation(line[:n], later[steps:steps+n], nil)
		if math.IsNaN(r) {
			r = 0
		}
		lags = append(lags, Lag{steps, n, r, Correlation(r, n), n >= FewestPairs})
	}
	return lags
}

// Changes are the steps from each value to the next.
func Changes(line []float64) []float64 {
	var steps []float64
	for i := 1; i < len(line); i++ {
		steps = append(steps, line[i]-line[i-1])
	}
	return steps
}
