package report

import (
	"cmp"
	"slices"
)

// How far weighting goes.
const (
	MostWeight   = 5  // no answer counts for more than so many
	FewestInCell = 10 // cells with fewer answers are joined
)

// Cell is a part of all services, as a site or a service, and its answers.
type Cell struct{ Services, Answers, Count int }

// Weighted is a rate as it would be if each part had answered alike: a second line beside the
// plain rate, never in its place.
type Weighted struct {
	P         float64
	Weights   []float64 // of each cell's answers, in the order given; 0 where it has none
	Effective float64   // answers that would tell as much without weights
	Within    Interval
}

// WeightedOf weights each cell's answers so that cells count as their services do. Cells with
// fewer than ten answers are joined, smallest first, until none is left.
//
// Source: L. Kish, Survey Sampling (1965) 92, 427; the interval is Wilson's of the effective answers.
func WeightedOf(cells []Cell) Weighted {
	w := Weighted{Weights: make([]float64, len(cells)), Within: Interval{0, 1}}
	type group struct {
		Cell
		of []int
	}
	var groups []group
	var all Cell
	for i, c := range cells {
		groups = append(groups, group{c, []int{i}})
		all.Services, all.Answers = all.Services+c.Services, all.Answers+c.Answers
	}
	if all.Answers == 0 || all.Services == 0 {
		return w
	}
	for len(groups) > 1 {
		slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.Answers, b.Answers) })
		if groups[0].Answers >= FewestInCell {
			break
		}
		small := groups[0]
		groups = groups[1:]
		groups[0].Services += small.Services
		groups[0].Answers += small.Answers
		groups[0].Count += small.Count
		groups[0].of = append(groups[0].of, small.of...)
	}
	var sum, squares, k float64
	for _, g := range groups {
		n := float64(g.Answers)
		if n == 0 {
			continue
		}
		weight := min(MostWeight, float64(g.Services)/float64(all.Services)/(n/float64(all.Answers)))
		for _, i := range g.of {
			w.Weights[i] = weight
		}
		sum, squares, k = sum+weight*n, squares+weight*weight*n, k+weight*float64(g.Count)
	}
	if sum == 0 {
		return w
	}
	w.P, w.Effective = k/sum, sum*sum/squares
	w.Within = Wilson(w.P*w.Effective, w.Effective)
	return w
}
