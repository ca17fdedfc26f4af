package report

import "math"

// Z80 is the one-sided 80 % quantile of the normal distribution: by it a difference that there is would be found 8
// times of 10.
const Z80 = 0.8416212335729143

// Needed is how many people each of two groups needs so that a difference between the rates p and q is found, by a
// two-sided test at 5 %, with the power of which z is the quantile. 0 where there is none to find.
//
// Source: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and Proportions (3rd ed. 2003) 4.2,
// without continuity correction, as R's power.prop.test has it.
func Needed(p, q, z float64) int {
	if !(p >= 0 && p <= 1 && q >= 0 && q <= 1) || p == q {
		return 0
	}
	mean := (p + q) / 2
	root := Z95*math.Sqrt(2*mean*(1-mean)) + z*math.Sqrt(p*(1-p)+q*(1-q))
	return int(math.Ceil(root * root / ((p - q) * (p - q))))
}
