package report

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// QuantileT is the two-sided 95 % quantile of Student's t with so many degrees of freedom;
// infinite where there are none.
func QuantileT(degrees float64) float64 {
	if !(degrees > 0) {
		return math.Inf(1)
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile(0.975)
}

// ZOf is the two-sided quantile of the normal distribution that keeps so many comparisons
// right together in 95 %: Bonferroni's. Of one it is Z95.
func ZOf(comparisons int) float64 {
	if comparisons <= 1 {
		return Z95
	}
	return distuv.UnitNormal.Quantile(1 - 0.025/float64(comparisons))
}

// quantileF is the quantile of F's distribution; both degrees are above 0.
func quantileF(p, d1, d2 float64) float64 {
	x := mathext.InvRegIncBeta(d1/2, d2/2, p)
	return d2 * x / (d1 * (1 - x))
}

// clopperPearson is the exact interval of a binomial share k/n, n above 0.
func clopperPearson(k, n float64) Interval {
	i := Interval{0, 1}
	if k > 0 {
		i.Low = mathext.InvRegIncBeta(k, n-k+1, 0.025)
	}
	if k < n {
		i.High = mathext.InvRegIncBeta(k+1, n-k, 0.975)
	}
	return i
}
