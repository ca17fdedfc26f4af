package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimesAreSortedAsByComparing: few and many, of every size, equal ones, without end, and negative ones.
func TestTimesAreSortedAsByComparing(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for name, make1 := range map[string]func() float64{
		"minutes": func() float64 { return r.ExpFloat64() * 600 }, "whole": func() float64 { return float64(r.IntN(50)) }, "the same": func() float64 { return 7 },
		"any": func() float64 { return math.Float64frombits(r.Uint64() >> 12 << 1) }, "endless": func() float64 { return 1 / float64(r.IntN(3)) },
		"negative": func() float64 { return r.NormFloat64() },
	} {
		for _, n := range []int{0, 1, manyTimes - 1, manyTimes, 20_000} {
			got := make([]float64, n)
			for i := range got {
				got[i] = make1()
			}
			want := slices.Clone(got)
			slices.Sort(want)
			if sortTimes(got); !slices.Equal(got, want) {
				t.Errorf("%d %s are in another order", n, name)
			}
		}
	}
}

func BenchmarkSortTimes(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 2))
	times, some := make([]float64, 100_000), make([]float64, 100_000)
	for i := range times {
		times[i] = r.ExpFloat64() * 600
	}
	for name, sort := range map[string]func([]float64){"digits": sortTimes, "comparing": slices.Sort[[]float64]} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				copy(some, times)
				sort(some)
			}
		})
	}
}
