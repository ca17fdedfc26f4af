package report

import (
	"math"
	"slices"
)

// manyTimes is from how many on it takes less to place times by their digits than to compare them.
const manyTimes = 4096

// sortTimes sorts times. Those of 0 and more have the order of their bits: many of them are placed by eleven bits at a
// time, from the last ones on, where not all have the same.
func sortTimes(times []float64) {
	if len(times) < manyTimes || slices.ContainsFunc(times, func(x float64) bool { return !(x >= 0) || math.Signbit(x) }) {
		slices.Sort(times)
		return
	}
	const digit, all = 11, 64
	from, to := times, make([]float64, len(times))
	for at := 0; at < all; at += digit {
		var places [1 << digit]int
		for _, x := range from {
			places[math.Float64bits(x)>>at&(1<<digit-1)]++
		}
		if places[math.Float64bits(from[0])>>at&(1<<digit-1)] == len(from) {
			continue
		}
		next := 0
		for i, n := range places {
			places[i], next = next, next+n
		}
		for _, x := range from {
			i := math.Float64bits(x) >> at & (1<<digit - 1)
			to[places[i]] = x
			places[i]++
		}
		from, to = to, from
	}
	copy(times, from)
}
