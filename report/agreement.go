package report

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// How much it takes before one asks how much depends on who serves, and whether items belong
// together.
const (
	FewestGroups  = 5
	FewestInGroup = 10
	FewestAlpha   = 30
)

// Within is how much of what differs between answers depends on the group they are of.
type WithinGroups struct {
	Between, Inside float64 // mean squares
	Size            float64 // n0, of a typical group
	F               float64
	ICC             float64 // 0–1
	Interval        Interval
	Shown           bool
}

// WithinGroupsOf reads values by group: of who served, of where. Groups of fewer than two values
// are left out. A share below 0 is 0.
//
// Source: P. E. Shrout, J. L. Fleiss, Psychological Bulletin 86 (1979) 420–428; the interval: S. R.
// Searle, Linear Models (1971) 414.
func WithinGroupsOf(groups [][]float64) WithinGroups {
	var n, nn, sum, g float64
	shown := 0
	for _, values := range groups {
		if len(values) < 2 {
			continue
		}
		m := float64(len(values))
		g, n, nn, sum = g+1, n+m, nn+m*m, sum+m*stat.Mean(values, nil)
		if len(values) >= FewestInGroup {
			shown++
		}
	}
	w := WithinGroups{Interval: Interval{0, 1}, Shown: shown >= FewestGroups && float64(shown) == g}
	if g < 2 {
		return w
	}
	grand := sum / n
	for _, values := range groups {
		if len(values) < 2 {
			continue
		}
		m, mean := float64(len(values)), stat.Mean(values, nil)
		w.Between += m * (mean - grand) * (mean - grand)
		for _, v := range values {
			w.Inside += (v - mean) * (v - mean)
		}
	}
	w.Between, w.Inside = w.Between/(g-1), w.Inside/(n-g)
	w.Size = (n - nn/n) / (g - 1)
	w.F = w.Between / w.Inside
	share := func(f float64) float64 {
		if math.IsInf(f, 1) {
			return 1
		}
		return min(1, max(0, (f-1)/(f+w.Size-1)))
	}
	if math.IsNaN(w.F) {
		return w
	}
	w.ICC = share(w.F)
	w.Interval = Interval{share(w.F / quantileF(0.975, g-1, n-g)), share(w.F / quantileF(0.025, g-1, n-g))}
	return w
}

// Alpha is whether the items of a dimension belong together: Cronbach's, with Feldt's interval. A
// row is a customer, a column an item. NaN with fewer than two rows or items.
//
// Source: L. J. Cronbach, Psychometrika 16 (1951) 297–334; L. S. Feldt, Psychometrika 30 (1965)
// 357–370.
func Alpha(rows [][]float64) (alpha float64, within Interval) {
	if len(rows) < 2 || len(rows[0]) < 2 {
		return math.NaN(), Interval{math.Inf(-1), 1}
	}
	totals, items := make([]float64, len(rows)), 0.0
	for i := range rows[0] {
		column := make([]float64, len(rows))
		for j, row := range rows {
			if len(row) != len(rows[0]) {
				return math.NaN(), Interval{math.Inf(-1), 1}
			}
			column[j] = row[i]
			totals[j] += row[i]
		}
		items += stat.Variance(column, nil)
	}
	return AlphaOf(len(rows), len(rows[0]), items, stat.Variance(totals, nil))
}

// AlphaOf is Alpha of so many customers and items, by the variances of the items, added up, and that of the customers'
// totals.
func AlphaOf(customers, items int, each, totals float64) (alpha float64, within Interval) {
	none := Interval{math.Inf(-1), 1}
	if customers < 2 || items < 2 {
		return math.NaN(), none
	}
	n, k := float64(customers), float64(items)
	alpha = k / (k - 1) * (1 - each/totals)
	if math.IsNaN(alpha) || math.IsInf(alpha, 0) {
		return math.NaN(), none
	}
	of := func(p float64) float64 { return 1 - (1-alpha)*quantileF(p, n-1, (n-1)*(k-1)) }
	return alpha, Interval{of(0.975), of(0.025)}
}
