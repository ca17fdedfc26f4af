package report

import "math"

// Bounds is between what a rate lies, 0–1, whatever those think who did not answer: none of the
// silent counts at the low end, all of them at the high one. k of answered, of all who were asked.
//
// Source: C. F. Manski, American Economic Review 80 (1990) 319–323.
func Bounds(k, answered, asked int) Interval {
	if asked <= 0 || k < 0 || k > answered || answered > asked {
		return Interval{0, 1}
	}
	return Interval{float64(k) / float64(asked), float64(k+asked-answered) / float64(asked)}
}

// Tipping is which share of the silent would have to be unsatisfied for the whole to reach a
// target rate. Below 0 those who answered reach it already; above 1 no silence can change the
// verdict. ok is false where nobody is silent.
//
// Source: Manski, as Bounds.
func Tipping(unsatisfied, answered, asked int, target float64) (share float64, ok bool) {
	silent := asked - answered
	if silent <= 0 {
		return 0, false
	}
	return (target*float64(asked) - float64(unsatisfied)) / float64(silent), true
}

// Implied is how many unsatisfied customers stand behind complaints if a share of them, 0–1 and
// below 1, never complains. The share is an assumption: it is shown with the figure.
func Implied(complaints int, silent float64) float64 { return float64(complaints) / (1 - silent) }

// FewestOnBoth is how many customers must be on both lists before an estimate is shown.
const FewestOnBoth = 7

// Unheard is an estimate of how many unsatisfied customers there are.
type Unheard struct {
	All    float64 // estimate
	SE     float64
	Seen   int      // on one of the lists
	Unseen float64  // on none
	Within Interval // of All
	Silent float64  // share of All that did not complain, 0–1
	Shown  bool
}

// UnheardOf estimates from two lists of unsatisfied customers, by survey and by complaint, and how
// many are on both. It assumes that the lists are independent: it is shown with that sentence.
//
// Source: D. G. Chapman, University of California Publications in Statistics 1 (1951) 131–160; the
// interval: A. Chao, Biometrics 43 (1987) 783–791.
func UnheardOf(survey, complaint, both int) Unheard {
	if both < 0 || both > min(survey, complaint) {
		return Unheard{Within: Interval{0, math.Inf(1)}}
	}
	a, b, m := float64(survey), float64(complaint), float64(both)
	u := Unheard{All: (a+1)*(b+1)/(m+1) - 1, Seen: survey + complaint - both, Shown: both >= FewestOnBoth}
	u.SE = math.Sqrt((a + 1) * (b + 1) * (a - m) * (b - m) / ((m + 1) * (m + 1) * (m + 2)))
	u.Unseen = u.All - float64(u.Seen)
	seen := float64(u.Seen)
	u.Within = Interval{seen, seen}
	if u.Unseen > 0 {
		c := math.Exp(Z95 * math.Sqrt(math.Log1p(u.SE*u.SE/(u.Unseen*u.Unseen))))
		u.Within = Interval{seen + u.Unseen/c, seen + u.Unseen*c}
	}
	if u.All > 0 {
		u.Silent = 1 - b/u.All
	}
	return u
}

// IfLikeLate is what a rate would be, 0–1, if the silent were like those who answered only after
// they were reminded. Rates are k of n. NaN where nobody answered late.
//
// Source: J. S. Armstrong, T. S. Overton, Journal of Marketing Research 14 (1977) 396–402.
func IfLikeLate(early, late [2]int, silent int) float64 {
	if late[1] <= 0 {
		return math.NaN()
	}
	p := float64(late[0]) / float64(late[1])
	return (float64(early[0]+late[0]) + p*float64(silent)) / float64(early[1]+late[1]+silent)
}
