package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

const tolerance = 1e-4

func near(a, b float64) bool { return math.Abs(a-b) <= tolerance }

func TestRatesPassTheirVectors(t *testing.T) {
	body, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Wilson   []struct{ K, N, P, Lo, Hi float64 }
		Newcombe []struct {
			A, B      [2]float64
			D, Lo, Hi float64
		}
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Wilson) < 10 || len(v.Newcombe) < 5 {
		t.Fatalf("only %d and %d vectors", len(v.Wilson), len(v.Newcombe))
	}
	for _, c := range v.Wilson {
		if got := Wilson(c.K, c.N); !near(got.Low, c.Lo) || !near(got.High, c.Hi) {
			t.Errorf("Wilson(%v, %v) = %v, want %v–%v", c.K, c.N, got, c.Lo, c.Hi)
		}
	}
	for _, c := range v.Newcombe {
		if got := Newcombe(c.A[0], c.A[1], c.B[0], c.B[1]); !near(got.Low, c.Lo) || !near(got.High, c.Hi) {
			t.Errorf("Newcombe(%v, %v) = %v, want %v–%v", c.A, c.B, got, c.Lo, c.Hi)
		}
	}
}

// TestIntervalsKeepTheirProperties tries random counts: the rate is inside, the ends stay in
// bounds, what is true of k of n is true of the rest from the other side, and more answers
// of the same rate never widen it.
func TestIntervalsKeepTheirProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		n := float64(1 + r.IntN(5000))
		k := float64(r.IntN(int(n) + 1))
		i := Wilson(k, n)
		if i.Low < 0 || i.High > 1 || !i.Holds(k/n) {
			t.Fatalf("Wilson(%v, %v) = %v", k, n, i)
		}
		if o := Wilson(n-k, n); math.Abs(o.Low-(1-i.High)) > 1e-12 || math.Abs(o.High-(1-i.Low)) > 1e-12 {
			t.Fatalf("Wilson(%v, %v) = %v and of the rest %v", k, n, i, o)
		}
		if w := Wilson(2*k, 2*n); w.High-w.Low > i.High-i.Low+1e-12 {
			t.Fatalf("twice as many answers widen %v to %v", i, w)
		}
		m := float64(1 + r.IntN(5000))
		a := float64(r.IntN(int(m) + 1))
		d := Newcombe(a, m, k, n)
		if d.Low < -1 || d.High > 1 || !d.Holds(a/m-k/n) {
			t.Fatalf("Newcombe(%v, %v, %v, %v) = %v", a, m, k, n, d)
		}
		if o := Newcombe(k, n, a, m); math.Abs(o.Low+d.High) > 1e-12 || math.Abs(o.High+d.Low) > 1e-12 {
			t.Fatalf("Newcombe is not the same from the other side: %v, %v", d, o)
		}
	}
}

func TestIntervalsOfNothingKnowNothing(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range [][2]float64{{0, 0}, {-1, 5}, {6, 5}, {nan, 5}, {1, nan}, {1, inf}, {1, -5}} {
		if got := Wilson(c[0], c[1]); got != (Interval{0, 1}) {
			t.Errorf("Wilson(%v, %v) = %v", c[0], c[1], got)
		}
		if got := Newcombe(c[0], c[1], 1, 2); got != (Interval{-1, 1}) {
			t.Errorf("Newcombe(%v, %v, 1, 2) = %v", c[0], c[1], got)
		}
		if got := Newcombe(1, 2, c[0], c[1]); got != (Interval{-1, 1}) {
			t.Errorf("Newcombe(1, 2, %v, %v) = %v", c[0], c[1], got)
		}
	}
}

// TestWilsonCoversWhatItPromises asks a million made-up customers: the average over rates of
// how often the interval holds the true one is close to 95 %.
func TestWilsonCoversWhatItPromises(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{10, 30, 100} {
		held, tries := 0, 10_000
		for range tries {
			p := 0.02 + 0.96*r.Float64()
			k := 0
			for range n {
				if r.Float64() < p {
					k++
				}
			}
			if Wilson(float64(k), float64(n)).Holds(p) {
				held++
			}
		}
		if share := float64(held) / float64(tries); share < 0.94 || share > 0.96 {
			t.Errorf("of %d answers the interval holds the true rate in %.3f", n, share)
		}
	}
}

func TestSmallNumbersAreShownByOneRule(t *testing.T) {
	for _, c := range []struct {
		k, n int
		want Manner
	}{
		{0, 0, Hidden},
		{4, 4, Hidden},
		{0, 5, Counted},
		{9, 9, Counted},
		{2, 10, Few},
		{29, 29, Few},
		{0, 30, Plain},
		{7, 100, Plain},
		{-1, 40, Hidden},
		{41, 40, Hidden},
		{0, -1, Hidden},
	} {
		got := Show(c.k, c.n)
		if got.Manner != c.want {
			t.Errorf("Show(%d, %d) is %s, want %s", c.k, c.n, got.Manner, c.want)
		}
		if rated := got.Manner == Few || got.Manner == Plain; !rated && (got.P != 0 || got.Within != (Interval{0, 1})) {
			t.Errorf("Show(%d, %d) has a rate: %+v", c.k, c.n, got)
		}
	}
	if got := Show(12, 100); !near(got.P, 0.12) || got.Within != Wilson(12, 100) {
		t.Errorf("12 of 100 is %+v", got)
	}
}

func TestAChangeIsOneOnlyWhereItsIntervalExcludesNothing(t *testing.T) {
	if c, ok := Show(84, 100).Since(Show(72, 100)); !ok || !c.Clear || !near(c.By, 0.12) {
		t.Errorf("84 after 72 of 100: %+v, %v", c, ok)
	}
	if c, ok := Show(41, 50).Since(Show(36, 50)); !ok || c.Clear {
		t.Errorf("41 after 36 of 50: %+v, %v", c, ok)
	}
	for _, few := range []Rate{Show(29, 29), Show(3, 9), Show(0, 0)} {
		if c, ok := few.Since(Show(50, 100)); ok {
			t.Errorf("%d of %d is compared: %+v", few.K, few.N, c)
		}
		if c, ok := Show(50, 100).Since(few); ok {
			t.Errorf("%d of %d is compared with: %+v", few.K, few.N, c)
		}
	}
}

func TestWhatIsHiddenDoesNotFollowFromTheRest(t *testing.T) {
	for _, c := range []struct {
		n    []int
		want []bool
	}{
		{nil, []bool{}},
		{[]int{3}, []bool{true}},
		{[]int{3, 40, 9}, []bool{true, false, true}},
		{[]int{3, 4, 40}, []bool{true, true, false}},
		{[]int{0, 12, 40}, []bool{false, false, false}},
		{[]int{0, 2, 40}, []bool{false, true, true}},
		{[]int{1, 1, 40, 50}, []bool{true, true, true, false}}, // two have two: one each
		{[]int{2, 3, 40}, []bool{true, true, false}},
	} {
		together := func(hidden []int) bool {
			sum := 0
			for _, i := range hidden {
				sum += c.n[i]
			}
			return sum >= FewestCounted
		}
		if got := Complement(c.n, together); !slices.Equal(got, c.want) {
			t.Errorf("of %v are hidden %v, want %v", c.n, got, c.want)
		}
	}
}
