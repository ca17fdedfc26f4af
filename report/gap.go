package report

// Gaps is how what customers got compares with what they expected: perception − expectation,
// in steps of the question.
type Gaps struct {
	N         int
	Below     Rate // less than expected
	Met       Rate
	Above     Rate // more than expected
	Delighted Rate // by a whole step or more
	Mean      Mean
}

// GapsOf counts gaps. Within tolerance, in the same steps, a gap is met.
//
// Source: R. L. Oliver, Journal of Marketing Research 17 (1980) 460–469.
func GapsOf(gaps []float64, tolerance float64) Gaps {
	var below, met, delighted int
	for _, g := range gaps {
		switch {
		case g < -tolerance:
			below++
		case g <= tolerance:
			met++
		}
		if g >= 1 {
			delighted++
		}
	}
	n := len(gaps)
	return Gaps{N: n, Below: Show(below, n), Met: Show(met, n), Above: Show(n-below-met, n), Delighted: Show(delighted, n), Mean: MeanOf(gaps)}
}

// Dimension is one of the five dimensions of service quality as a group of customers sees it.
type Dimension struct {
	Expected, Perceived []float64 // of its items, in the unit of the scale
	Weight              float64
}

// Quality is what the dimensions say together.
type Quality struct {
	Gaps       []float64 // perception − expectation of each dimension
	Unweighted float64   // the mean of the gaps: not the mean of the items where dimensions have more or fewer
	Weighted   float64   // by the dimensions' weights
	Perceived  float64   // the mean of the perceptions alone
	PerceivedW float64
	Items      float64 // the mean gap of all items
}

// QualityOf reads dimensions. Without weights the weighted figures are the unweighted ones.
//
// Source: A. Parasuraman, V. A. Zeithaml, L. L. Berry, Journal of Retailing 64 (1988) 12–40;
// perceptions alone: J. J. Cronin, S. A. Taylor, Journal of Marketing 56 (1992) 55–68.
func QualityOf(dimensions []Dimension) Quality {
	var q Quality
	var weights, items float64
	for _, d := range dimensions {
		var e, p float64
		for i := range min(len(d.Expected), len(d.Perceived)) {
			e, p = e+d.Expected[i], p+d.Perceived[i]
		}
		n := float64(max(1, min(len(d.Expected), len(d.Perceived))))
		q.Items += p - e
		items += n
		gap := (p - e) / n
		q.Gaps = append(q.Gaps, gap)
		q.Unweighted += gap
		q.Perceived += p / n
		q.Weighted += d.Weight * gap
		q.PerceivedW += d.Weight * p / n
		weights += d.Weight
	}
	n := float64(max(1, len(dimensions)))
	q.Unweighted, q.Perceived, q.Items = q.Unweighted/n, q.Perceived/n, q.Items/max(1, items)
	if weights > 0 {
		q.Weighted, q.PerceivedW = q.Weighted/weights, q.PerceivedW/weights
	} else {
		q.Weighted, q.PerceivedW = q.Unweighted, q.Perceived
	}
	return q
}

// Rescaled is a value of a scale from low to high as 0–100.
func Rescaled(x, low, high float64) float64 { return 100 * (x - low) / (high - low) }

// Contradicts reports whether a level and a gap cannot both be meant: the ladder says at each
// level how far expectations were met.
func Contradicts(level int, gap float64) bool { return level >= 6 && gap < 0 || level <= 3 && gap > 0 }
