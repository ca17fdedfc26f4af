package report

// Levels is how answers spread over the ladder of seven levels.
type Levels struct {
	Counts      [7]int // of the levels 1 to 7
	N           int
	Unsatisfied Rate // levels 1–3
	Watch       Rate // level 4
	Satisfied   Rate // levels 5–7
	TopTwo      Rate // levels 6 and 7
	Top         Rate // level 7
	Median      int  // the lowest level with at least half of the answers at or below it; 0 = none
	Points      Mean // of the levels' numbers, 1–7
}

// LevelsOf reads counts of the levels 1 to 7. Counts below 0 count as none.
//
// Source: the shares by Wilson, the mean by Student; the cuts are the ladder's own.
func LevelsOf(counts [7]int) Levels {
	var l Levels
	points, weights := make([]float64, 7), make([]float64, 7)
	for i, c := range counts {
		c = max(0, c)
		l.Counts[i] = c
		l.N += c
		points[i], weights[i] = float64(i+1), float64(c)
	}
	share := func(from, to int) Rate {
		k := 0
		for _, c := range l.Counts[from-1 : to] {
			k += c
		}
		return Show(k, l.N)
	}
	l.Unsatisfied, l.Watch, l.Satisfied, l.TopTwo, l.Top = share(1, 3), share(4, 4), share(5, 7), share(6, 7), share(7, 7)
	below := 0
	for i, c := range l.Counts {
		if below += c; l.N > 0 && 2*below >= l.N {
			l.Median = i + 1
			break
		}
	}
	l.Points = meanOfCounts(points, weights)
	return l
}
