package report

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAClusteredMeanOfOneValueEachIsStudents holds it to the mean of values that are all of different customers.
func TestAClusteredMeanOfOneValueEachIsStudents(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 14))
	for range 200 {
		var values []float64
		var c ClusteredSums
		n := 2 + r.IntN(60)
		for range n {
			y := 100 * r.Float64()
			values = append(values, y)
			c.Add(1, y)
		}
		got, want := c.Mean(), MeanOf(values)
		if got.N != n || got.Customers != n || math.Abs(got.Mean-want.Mean) > 1e-6 || math.Abs(got.Within.Low-want.Within.Low) > 1e-4 || math.Abs(got.Within.High-want.Within.High) > 1e-4 {
			t.Fatalf("of %d: %+v, want %+v", n, got, want)
		}
	}
}

// TestAClusteredMeanHoldsTheTruth counts by simulation how often the interval holds the mean of a population
// whose customers differ and come up to six times.
func TestAClusteredMeanHoldsTheTruth(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 18))
	held, naive, runs := 0, 0, 2000
	for range runs {
		var c ClusteredSums
		var all []float64
		for range 40 {
			own, m, y := r.NormFloat64(), 1+r.IntN(6), 0.0
			for range m {
				x := own + 0.5*r.NormFloat64()
				y, all = y+x, append(all, x)
			}
			c.Add(float64(m), y)
		}
		if c.Mean().Within.Holds(0) {
			held++
		}
		if MeanOf(all).Within.Holds(0) {
			naive++
		}
	}
	if share := float64(held) / float64(runs); share < 0.93 || share > 0.97 {
		t.Errorf("the interval holds the truth in %.1f %%", 100*share)
	}
	if float64(naive)/float64(runs) > 0.85 {
		t.Errorf("counted as if each answer were another customer's it holds in %d of %d: the test shows nothing", naive, runs)
	}
}

func TestAMeanOfFewCustomersIsNotShown(t *testing.T) {
	var c ClusteredSums
	for range 9 {
		c.Add(20, 100)
	}
	c.Add(math.NaN(), 1)
	c.Add(1, math.Inf(1))
	if m := c.Mean(); m.Shown() || m.N != 180 || m.Customers != 9 {
		t.Errorf("%+v", m)
	}
	if m := (ClusteredSums{}).Mean(); m.Shown() || m.N != 0 {
		t.Errorf("%+v", m)
	}
}
