package report

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// FalseAlarm is how many answers pass at least, on average, before an alarm goes off by chance.
const FalseAlarm = 500

// Alarm watches a stream of answers, one by one: what speaks for a change adds Up to a sum, what
// speaks against it takes Down, the sum never falls below 0, and at At the alarm goes off.
type Alarm struct {
	Up, Down, At int
	Better       bool    // it watches for fewer unsatisfied answers; else for more
	P0, P1       float64 // the share of unsatisfied answers that is usual, and the one that it watches for
}

// ErrAlarm says that no alarm can watch for such a change.
var ErrAlarm = errors.New("rates must be between 0 and 1 and differ enough to be told apart")

// mostAt is the highest limit of a sum that is tried.
const mostAt = 1000

// AlarmOf watches for unsatisfied answers becoming another share of all, p1, than they usually
// are, p0: more or fewer. Its limit is the lowest at which false alarms come at least apart
// answers apart, on average.
//
// Source: M. R. Reynolds, Z. G. Stoumbos, Journal of Quality Technology 31 (1999) 87–108.
func AlarmOf(p0, p1, apart float64) (Alarm, error) {
	if !(p0 > 0 && p0 < 1 && p1 > 0 && p1 < 1 && p0 != p1 && apart > 0) {
		return Alarm{}, ErrAlarm
	}
	gamma := math.Log((1-p1)/(1-p0)) / math.Log(p0*(1-p1)/(p1*(1-p0)))
	m := int(math.Round(1 / gamma))
	a := Alarm{Up: m - 1, Down: 1, Better: p1 < p0, P0: p0, P1: p1}
	if a.Better {
		a.Up, a.Down = 1, m-1
	}
	if m < 2 {
		return Alarm{}, ErrAlarm
	}
	// The higher the limit, the rarer are false alarms: the limit lies between two that are brought together.
	low, high := 0, 8
	for a.At = high; a.Answers(p0) < apart; a.At = high {
		if low, high = high, 2*high; high > mostAt {
			return Alarm{}, ErrAlarm
		}
	}
	for high-low > 1 {
		if a.At = (low + high) / 2; a.Answers(p0) < apart {
			low = a.At
		} else {
			high = a.At
		}
	}
	a.At = high
	return a, nil
}

// Answers is how many answers pass on average before the alarm goes off, while the unsatisfied are
// a share p of all: exact, of the chain of the sum's values, if the sum is looked at after each answer.
func (a Alarm) Answers(p float64) float64 {
	if a.Better {
		p = 1 - p
	}
	m, one := mat.NewDense(a.At, a.At, nil), mat.NewVecDense(a.At, nil)
	for s := range a.At {
		m.Set(s, s, 1)
		one.SetVec(s, 1)
		if to := s + a.Up; to < a.At {
			m.Set(s, to, m.At(s, to)-p)
		}
		to := max(0, s-a.Down)
		m.Set(s, to, m.At(s, to)-(1-p))
	}
	var answers mat.VecDense
	if err := answers.SolveVec(m, one); err != nil {
		return math.Inf(1)
	}
	return answers.AtVec(0)
}

// Next is the sum after one more answer, and whether the alarm goes off: then the next answer
// begins at 0.
func (a Alarm) Next(sum int, unsatisfied bool) (next int, alarm bool) {
	if sum >= a.At {
		sum = 0
	}
	k := 0
	if unsatisfied {
		k = 1
	}
	sum = a.after(sum, k, 1)
	return sum, sum >= a.At
}

// after is the sum after n more answers, k of them unsatisfied, that are counted at once.
func (a Alarm) after(sum, k, n int) int {
	if a.Better {
		k = n - k
	}
	return max(0, sum+k*a.Up-(n-k)*a.Down)
}

// rows of rates that alarms watch for becoming twice as high, or half as high.
var usualRates = []float64{0.03, 0.05, 0.08, 0.10, 0.15, 0.20, 0.25, 0.30}

// Usual is the rate that an alarm for more unsatisfied answers is set to: the nearest of a few that is not below the
// usual share of them. ok is false above the highest: so many are unsatisfied that only charts are of use.
func Usual(share float64) (rate float64, ok bool) {
	for _, r := range usualRates {
		if share <= r {
			return r, true
		}
	}
	return 0, false
}

// UsualBetter is the rate that an alarm for fewer unsatisfied answers is set to: the nearest of a few that is not above
// the usual share, so that it errs no more often than it says. ok is false below the lowest, and where Usual is.
func UsualBetter(share float64) (rate float64, ok bool) {
	if _, ok = Usual(share); !ok {
		return 0, false
	}
	for _, r := range slices.Backward(usualRates) {
		if share >= r {
			return r, true
		}
	}
	return 0, false
}
