package survey

import (
	"fmt"
	"math"
)

// Level is the level of the band that a score from 0 to 100 lies in. The score is
// first rounded half away from zero to four decimals, so that a sum of weighted
// scores cannot fall below a bound that it stands on. A score outside [0, 100], or a
// set without bands, is an error.
func (b BandSet) Level(score float64) (int, error) {
	if !(score >= 0 && score <= 100) {
		return 0, fmt.Errorf("level of score %v: it is not between 0 and 100", score)
	}
	band := b.find(score)
	if band == nil {
		return 0, fmt.Errorf("level of score %v: no band holds it", score)
	}
	return band.Level, nil
}

// find returns the band of a score, or nil.
func (b BandSet) find(score float64) *Band {
	score = round4(score)
	for i := range b {
		last := i == len(b)-1
		if score >= b[i].Low && (score < b[i].High || last && score <= b[i].High) {
			return &b[i]
		}
	}
	return nil
}

// round4 rounds half away from zero to four decimals.
func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// defaultBand is the seven-level ladder of domain 2.1, for a flow without bands of its
// own: 很满意 is 80–100, 很不满意 0–10, and unsatisfied begins below 30.
func defaultBand(score float64) (level int, unsatisfied bool) {
	score = round4(score)
	level = 1
	for _, low := range [6]float64{10, 20, 30, 40, 60, 80} {
		if score >= low {
			level++
		}
	}
	return level, level <= 3
}

// levelOf is the level of a score in the flow's ladder and whether that level is an
// unsatisfied one; 0 where the ladder has none for it.
func (f *Flow) levelOf(score float64) (level int, unsatisfied bool) {
	if !(score >= 0 && score <= 100) {
		return 0, false
	}
	if len(f.Bands) == 0 {
		return defaultBand(score)
	}
	if band := f.Bands.find(score); band != nil {
		return band.Level, band.Unsatisfied
	}
	return 0, false
}
