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

// DefaultBands is the seven-level ladder (domain 2.1): 很满意 80–100 down to 很不满意
// 0–10. A flow without bands of its own uses it.
func DefaultBands() BandSet {
	low := [8]float64{0, 10, 20, 30, 40, 60, 80, 100}
	words := [7][4]string{
		{"Very dissatisfied", "很不满意", "Indignant: looks for chances to complain and to speak against us", "愤慨、投诉"},
		{"Dissatisfied", "不满意", "Angry, annoyed: would accept compensation, may warn friends", "气愤、烦恼"},
		{"Somewhat dissatisfied", "不太满意", "Complains, regrets: the main expectations were not met", "抱怨、遗憾"},
		{"Neutral", "一般", "No marked feeling: only the minimum was met", "无明显的不良情绪"},
		{"Somewhat satisfied", "较满意", "Goodwill, approval", "有好感、肯定"},
		{"Satisfied", "满意", "Pleased, praises us", "称心愉快"},
		{"Very satisfied", "很满意", "Excited, fulfilled, grateful", "非常满足和激动"},
	}
	set := make(BandSet, len(words))
	for i, w := range words {
		set[i] = Band{
			Level: i + 1, Low: low[i], High: low[i+1], Unsatisfied: i < 3,
			Name:       Text{"en": w[0], "zh-Hans": w[1]},
			Indication: Text{"en": w[2], "zh-Hans": w[3]},
		}
	}
	return set
}

// defaultBand is DefaultBands().find without the words, for judging.
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
