package report

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
)

func levelsMeet(v *vectors) {
	t := v.t
	counts, levels := of[[7]int, struct {
		N, MedianLevel                           int
		Unsatisfied, Watch, Satisfied, Top2, Top shared
		Median                                   int       `json:"median_level"`
		Points                                   float64   `json:"mean_points"`
		PointsWithin                             []float64 `json:"mean_points_ci"`
	}](v, "d01")
	l := LevelsOf(counts)
	v.share("unsatisfied", l.Unsatisfied, levels.Unsatisfied)
	v.share("watch", l.Watch, levels.Watch)
	v.share("satisfied", l.Satisfied, levels.Satisfied)
	v.share("top two", l.TopTwo, levels.Top2)
	v.share("top", l.Top, levels.Top)
	if l.N != levels.N || l.Median != levels.Median {
		t.Errorf("%d answers, median %d", l.N, l.Median)
	}
	v.same("points", append(within(l.Points.Within), l.Points.Mean), append(levels.PointsWithin, levels.Points))

	aspects, index := of[struct {
		Weights []float64
		Rows    [][]*float64
	}, struct {
		Composites    []*float64
		N             int
		Mean          float64
		CI            []float64
		AspectMeans   []float64 `json:"aspect_means"`
		Contributions []float64
		Sum           float64 `json:"sum_of_contributions"`
	}](v, "d02")
	numbers := func(from []*float64) []float64 {
		var row []float64
		for _, x := range from {
			if x == nil {
				row = append(row, math.NaN())
			} else {
				row = append(row, *x)
			}
		}
		return row
	}
	var rows [][]float64
	for _, row := range aspects.Rows {
		rows = append(rows, numbers(row))
	}
	a := AspectsOf(aspects.Weights, rows)
	for i, want := range numbers(index.Composites) {
		if got := a.Each[i]; math.IsNaN(got) != math.IsNaN(want) || !math.IsNaN(got) && !near(got, want) {
			t.Errorf("customer %d: %v, want %v", i, got, want)
		}
	}
	v.same("index", append(within(a.Index.Within), a.Index.Mean, float64(a.Index.N), a.Sum), append(index.CI, index.Mean, float64(index.N), index.Sum))
	v.same("aspects", a.Means, index.AspectMeans)
	v.same("contributions", a.Contributions, index.Contributions)

	gapped, gaps := of[struct{ Gaps map[string]int }, struct {
		Below, Met, Above, Delight shared
		Mean                       float64
		CI                         []float64
	}](v, "d03")
	var each []float64
	for text, n := range gapped.Gaps {
		var g float64
		decode(t, json.RawMessage(text), &g)
		for range n {
			each = append(each, g)
		}
	}
	g := GapsOf(each, 0)
	v.share("below", g.Below, gaps.Below)
	v.share("met", g.Met, gaps.Met)
	v.share("above", g.Above, gaps.Above)
	v.share("delighted", g.Delighted, gaps.Delight)
	v.same("gap", append(within(g.Mean.Within), g.Mean.Mean), append(gaps.CI, gaps.Mean))

	points, weights := of[[][]float64, struct{ Weights []float64 }](v, "d04")
	v.same("weights of customers", Shares100(points), weights.Weights)

	important, placed := of[struct {
		Importance, Performance []float64
		Interval                [][2]float64
	}, struct {
		I          float64 `json:"cut_importance"`
		P          float64 `json:"cut_performance"`
		Attributes []struct {
			Quadrant Quadrant
			Decided  bool
		}
	}](v, "d05")
	var attributes []Attribute
	for i := range important.Importance {
		attributes = append(attributes, Attribute{important.Importance[i], important.Performance[i], Interval{important.Interval[i][0], important.Interval[i][1]}})
	}
	i, p, where := Quadrants(attributes)
	v.same("cuts", list(i, p), list(placed.I, placed.P))
	for i, w := range where {
		if want := placed.Attributes[i]; w.Quadrant != want.Quadrant || w.Decided != want.Decided {
			t.Errorf("attribute %d stands %+v, want %+v", i, w, want)
		}
	}

	r, fisher := of[struct {
		R float64
		N int
	}, struct{ Lo, Hi float64 }](v, "d06")
	v.same("Fisher", within(Correlation(r.R, r.N)), list(fisher.Lo, fisher.Hi))

	drive, driven := of[struct {
		R  [][]float64
		RY []float64 `json:"ry"`
	}, struct {
		R2    float64
		LMG   []float64
		Share []float64
	}](v, "d07")
	r2, shares, err := Drivers(drive.R, drive.RY)
	if err != nil {
		t.Error(err)
	}
	v.same("R²", list(r2), list(driven.R2))
	v.same("drivers", shares, driven.LMG)

	pairs, contradictions := of[[][2]float64, struct {
		Which []int
		Rate  shared
	}](v, "d33")
	var which []int
	for i, p := range pairs {
		if Contradicts(int(p[0]), p[1]) {
			which = append(which, i+1)
		}
	}
	if !slices.Equal(which, contradictions.Which) {
		t.Errorf("contradictions are %v, want %v", which, contradictions.Which)
	}
	v.share("contradictions", Show(len(which), len(pairs)), contradictions.Rate)
}

func changesMeet(v *vectors) {
	t := v.t
	type pair struct{ After, Before [2]float64 }
	type moved struct {
		D, Lo, Hi float64
		Real      bool
	}
	one, change := of[pair, moved](v, "d21")
	d := Difference{one.After[0]/one.After[1] - one.Before[0]/one.Before[1], Newcombe(one.After[0], one.After[1], one.Before[0], one.Before[1])}
	v.same("change", append(within(d.Within), d.By), list(change.Lo, change.Hi, change.D))

	two, against := of[struct{ Changed, Other pair }, moved](v, "d22")
	d = Against(two.Changed.After, two.Changed.Before, two.Other.After, two.Other.Before)
	v.same("difference of differences", append(within(d.Within), d.By), list(against.Lo, against.Hi, against.D))
	if d.Clear() != against.Real {
		t.Errorf("%+v is clear: %v", d, d.Clear())
	}

	low, next := of[struct{ Mean, First, Reliability float64 }, struct {
		Next float64 `json:"expected_next"`
	}](v, "d23")
	v.same("by itself", list(ByItself(low.Mean, low.First, low.Reliability)), list(next.Next))

	scores, minus := of[struct{ A, B [3]int }, struct{ A, B, Difference, Lo, Hi float64 }](v, "d24")
	a, b := PromotersOf(scores.A[0], scores.A[1], scores.A[2]), PromotersOf(scores.B[0], scores.B[1], scores.B[2])
	diff := a.Minus(b)
	v.same("scores", append(within(diff.Within), a.Score, b.Score, diff.By), list(minus.Lo, minus.Hi, minus.A, minus.B, minus.Difference))

	counts, broken := of[struct{ Broken, Met [2]int }, struct {
		Difference, Ratio []float64
		Due               float64 `json:"share_of_unsatisfied_due"`
	}](v, "d34")
	s := BrokenOf(counts.Broken[0], counts.Broken[1], counts.Met[0], counts.Met[1])
	v.same("broken", append(list(s.Difference.By), within(s.Difference.Within)...), broken.Difference)
	v.same("ratio", append(list(s.Ratio), within(s.RatioWithin)...), broken.Ratio)
	v.same("due", list(s.Due), list(broken.Due))
}

func groupsMeet(v *vectors) {
	t := v.t
	of26, clustered := of[map[string][2]float64, struct {
		P, Deff, Lo, Hi    float64
		Effective          float64 `json:"n_eff"`
		Answers, Customers int
	}](v, "d26")
	var c Clusters
	for _, a := range of26 {
		c.Add(a[0], a[1])
	}
	r := c.Rate()
	p := c.K / c.M
	v.same("clustered", append(within(Wilson(p*r.Effective, r.Effective)), p, r.Effect, r.Effective), list(clustered.Lo, clustered.Hi, clustered.P, clustered.Deff, clustered.Effective))
	v.same("clustered, as shown", within(r.Within), list(clustered.Lo, clustered.Hi))

	sites, funnel := of[map[string][2]int, struct {
		P0    float64
		Sites map[string]struct {
			Shown           bool
			P, Tail         float64
			Draw95, Draw998 []float64
			Verdict         Verdict
		}
	}](v, "d27")
	names := slices.Sorted(maps.Keys(sites))
	var each [][2]int
	for _, name := range names {
		each = append(each, sites[name])
	}
	p0, drawn := FunnelOf(each)
	v.same("overall", list(p0), list(funnel.P0))
	for i, name := range names {
		got, want := drawn[i], funnel.Sites[name]
		if !want.Shown {
			if got.Verdict != NotShown {
				t.Errorf("%s is shown", name)
			}
			continue
		}
		v.same(name, slices.Concat(list(got.P, got.Tail), within(got.Draw95), within(got.Draw998)), slices.Concat(list(want.P, want.Tail), want.Draw95, want.Draw998))
		if got.Verdict != want.Verdict {
			t.Errorf("%s is judged %q, want %q", name, got.Verdict, want.Verdict)
		}
	}

	groups, rest := of[map[string][2]int, struct {
		Z      float64
		Groups map[string]struct {
			P, Rest, D, Lo, Hi float64
			Real               bool
		}
	}](v, "d36")
	names = slices.Sorted(maps.Keys(groups))
	each = nil
	for _, name := range names {
		each = append(each, groups[name])
	}
	z, beside := AgainstRestOf(each)
	v.same("Bonferroni", list(z), list(rest.Z))
	for i, name := range names {
		got := beside[i]
		want, ok := rest.Groups[name]
		if got.Shown != ok {
			t.Errorf("%s is shown: %v", name, got.Shown)
			continue
		}
		if ok {
			v.same(name, append(within(got.Within), got.P, got.Rest, got.By), list(want.Lo, want.Hi, want.P, want.Rest, want.D))
		}
	}

	served, icc := of[[][]float64, struct{ MSB, MSW, N0, F, ICC, Lo, Hi float64 }](v, "d31")
	w := WithinGroupsOf(served)
	v.same("groups", append(within(w.Interval), w.Between, w.Inside, w.Size, w.F, w.ICC), list(icc.Lo, icc.Hi, icc.MSB, icc.MSW, icc.N0, icc.F, icc.ICC))

	items, alpha := of[[][]float64, struct{ Alpha, Lo, Hi float64 }](v, "d32")
	a, i := Alpha(items)
	v.same("alpha", append(within(i), a), list(alpha.Lo, alpha.Hi, alpha.Alpha))
}
