package report

import "math"

// Wait is how long something took, or has taken so far, in any unit of time.
type Wait struct {
	Took float64
	Over bool // it happened; else it is still awaited
}

// stillWaiting goes through the times at which something happened, in order, with the share for
// which it has not happened by then and the sum of Greenwood's variance. It stops when yes says so.
func stillWaiting(waits []Wait, yes func(at, share, greenwood float64) bool) {
	happened, awaited := make([]float64, 0, len(waits)), []float64(nil)
	for _, w := range waits {
		if w.Over {
			happened = append(happened, w.Took)
		} else {
			awaited = append(awaited, w.Took)
		}
	}
	sortTimes(happened)
	sortTimes(awaited)
	share, greenwood, left := 1.0, 0.0, 0 // who was watched for less
	for i := 0; i < len(happened); {
		at, j := happened[i], i
		for j < len(happened) && happened[j] == at {
			j++
		}
		for left < len(awaited) && awaited[left] < at {
			left++
		}
		risk, d := float64(len(waits)-i-left), float64(j-i)
		share *= 1 - d/risk
		greenwood += d / (risk * (risk - d)) // infinite when nobody is left
		if !yes(at, share, greenwood) {
			return
		}
		i = j
	}
}

// HappenedBy is the share for which it has happened by a moment, 0–1, with those still awaited
// counted for as long as they were watched: the plain share would count customers of last week as
// lost. The interval is the log-log one; it is 0–1 where nothing is known.
//
// Source: E. L. Kaplan, P. Meier, JASA 53 (1958) 457–481; J. D. Kalbfleisch, R. L. Prentice, The
// Statistical Analysis of Failure Time Data (1980) 15.
func HappenedBy(waits []Wait, moment float64) (share float64, within Interval) {
	still, greenwood := 1.0, 0.0
	stillWaiting(waits, func(at, s, g float64) bool {
		if at > moment {
			return false
		}
		still, greenwood = s, g
		return true
	})
	if still <= 0 || still >= 1 {
		return 1 - still, Interval{0, 1}
	}
	theta, half := math.Log(-math.Log(still)), Z95*math.Sqrt(greenwood)/math.Abs(math.Log(still))
	return 1 - still, Interval{1 - math.Exp(-math.Exp(theta-half)), 1 - math.Exp(-math.Exp(theta+half))}
}

// TookEach is, of each of several shares in rising order, the shortest time within which it happened for at least
// that share of all, 0–1. NaN where it has not happened for so many yet.
//
// Source: Kaplan and Meier, as HappenedBy.
func TookEach(waits []Wait, shares ...float64) []float64 {
	took := make([]float64, 0, len(shares))
	stillWaiting(waits, func(at, still, _ float64) bool {
		for len(took) < len(shares) && 1-still >= shares[len(took)]-1e-12 {
			took = append(took, at)
		}
		return len(took) < len(shares)
	})
	for len(took) < len(shares) {
		took = append(took, math.NaN())
	}
	return took
}

// TookMost is TookEach of one share. ok is false where it has not happened for so many yet.
func TookMost(waits []Wait, share float64) (took float64, ok bool) {
	if took = TookEach(waits, share)[0]; math.IsNaN(took) {
		return 0, false
	}
	return took, true
}

// InTime is how a promise was kept.
type InTime struct {
	Met, Missed, NotYetDue int
	Rate                   Rate // met of those that are due
}

// InTimeOf holds waits against a limit in their unit. What is awaited beyond the limit is missed;
// what is awaited within it is not due, and left out.
func InTimeOf(waits []Wait, limit float64) InTime {
	var t InTime
	for _, w := range waits {
		switch {
		case w.Took > limit:
			t.Missed++
		case w.Over:
			t.Met++
		default:
			t.NotYetDue++
		}
	}
	return InTimeSo(t.Met, t.Missed, t.NotYetDue)
}

// InTimeSo is InTimeOf of what was counted.
func InTimeSo(met, missed, notYetDue int) InTime {
	return InTime{met, missed, notYetDue, Show(met, met+missed)}
}
