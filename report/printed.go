package report

import (
	"math"
	"strconv"
)

// halfway is what a double may lack, in units of the last decimal, and still lies halfway: 100·29/200 is computed
// as 14.499999999999998. It is less than the distance of a share of n from any half, 1/2n, up to fifty million.
const halfway = 1e-8

// Rounded is x with so many decimals. Halves go away from zero, as Postgres rounds numeric: 0.125 is 0.13, −0.125 is
// −0.13. A share k of n is rounded as the exact ratio is, not as the double that stands for it. Every figure that
// people read is rounded so (decision 0117).
func Rounded(x float64, decimals int) float64 {
	unit := math.Pow10(decimals)
	n := math.Floor(math.Abs(x)*unit + 0.5 + halfway)
	if !(n < 1<<52) { // it has no decimals, or is no number
		return x
	}
	if n == 0 {
		return 0
	}
	return math.Copysign(n/unit, x)
}

// Printed is Rounded in digits, with all of its decimals. What rounds to none has no sign.
func Printed(x float64, decimals int) string {
	return strconv.FormatFloat(Rounded(x, decimals), 'f', decimals, 64)
}

// Whole is the whole number next to x, halves away from zero.
func Whole(x float64) int { return int(Rounded(x, 0)) }

// PerCent is a share of one in per cent, without decimals and without a sign: 0.145 is "15".
func PerCent(share float64) string { return Printed(100*share, 0) }
