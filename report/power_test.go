package report

import "testing"

// TestAsManyAreNeededAsIsPublished holds the formula to what others publish of it. R's manual of power.prop.test gives
// n = 76.7 for 50 % against 75 % at a power of 90 %; 356 for 60 % against 70 % at 80 % stands in many a textbook.
func TestAsManyAreNeededAsIsPublished(t *testing.T) {
	t.Parallel()
	const z90 = 1.2815515655446004
	for _, c := range []struct {
		p, q, z float64
		want    int
	}{
		{0.50, 0.75, z90, 77},
		{0.75, 0.50, z90, 77},
		{0.60, 0.70, Z80, 356},
		{0.50, 0.55, Z80, 1565},
		{0.30, 0.35, Z80, 1377},
		{0.5, 0.5, Z80, 0},
		{-1, 0.5, Z80, 0},
		{0.5, 1.5, Z80, 0},
	} {
		if got := Needed(c.p, c.q, c.z); got != c.want {
			t.Errorf("%g against %g needs %d, not %d", c.p, c.q, got, c.want)
		}
	}
}
