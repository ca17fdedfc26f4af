package report_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/aftercare/aftercare/report"
)

// TestAShareIsRoundedAsTheExactRatio: every k of n up to 150, and those of large n that lie nearest to a half.
func TestAShareIsRoundedAsTheExactRatio(t *testing.T) {
	same := func(k, n int64) {
		t.Helper()
		ratio := big.NewRat(k, n)
		for decimals, got := range map[int]string{0: report.PerCent(float64(k) / float64(n)), 1: report.Printed(100*float64(k)/float64(n), 1)} {
			if want := new(big.Rat).Mul(ratio, big.NewRat(100, 1)).FloatString(decimals); got != want { // halves away from zero
				t.Errorf("%d of %d in per cent is %s, the exact ratio %s", k, n, got, want)
			}
		}
		if got, want := report.Printed(float64(k)/float64(n), 6), ratio.FloatString(6); got != want {
			t.Errorf("%d of %d is %s, the exact ratio %s", k, n, got, want)
		}
	}
	for n := int64(1); n <= 150; n++ {
		for k := range n + 1 {
			same(k, n)
		}
	}
	for _, n := range []int64{9_999, 99_999, 999_999, 1_000_000} {
		for half := int64(1); half < 2000; half += 26 {
			for off := int64(-1); off <= 1; off++ {
				same(min(n, max(0, half*n/2000+off)), n)
			}
		}
	}
}

func TestHalvesGoAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		x        float64
		decimals int
		want     string
	}{
		{42.25, 1, "42.3"},
		{-42.25, 1, "-42.3"},
		{42.249, 1, "42.2"},
		{1.005, 2, "1.01"},
		{0.5, 0, "1"},
		{2.5, 0, "3"},
		{14.499999999999998, 0, "15"},
		{14.49999, 0, "14"},
		{-0.04, 1, "0.0"},
		{-0.05, 1, "-0.1"},
		{0, 1, "0.0"},
		{1e15, 1, "1000000000000000.0"},
		{1 << 60, 0, "1152921504606846976"},
		{math.NaN(), 1, "NaN"},
		{math.Inf(-1), 1, "-Inf"},
	} {
		if got := report.Printed(c.x, c.decimals); got != c.want {
			t.Errorf("%v with %d decimals is %s, want %s", c.x, c.decimals, got, c.want)
		}
	}
	if got := report.Whole(-2.5); got != -3 {
		t.Errorf("−2.5 is %d", got)
	}
}
