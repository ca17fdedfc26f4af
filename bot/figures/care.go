package figures

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Care is with how much care customers answered.
type Care struct {
	Contradictory report.Clustered // of answers with a level and an expectation, those that cannot both be meant
	Straight      report.Clustered // of those to three scales or more, those with the same place on each
	Skipped       report.Clustered // of the questions that were asked, but for words and contact
	Seconds       float64          // from one answer to the next, half of the conversations are faster
	Timed         int              // conversations that this is of
}

// fewestScales are how many scales say the same before it is called one line.
const fewestScales = 3

// CareOf counts with how much care was answered.
//
// Source: the ladder says at each level how far expectations were met; J. A. Krosnick, Applied Cognitive
// Psychology 5 (1991) 213–236 on answering with little effort.
func CareOf(list []storage.GivenSession, flows map[string]*survey.Flow) (c Care) {
	contradictory, straight, skipped := report.Tally{}, report.Tally{}, report.Tally{}
	var seconds []float64
	for i := range list {
		s := &list[i]
		var first, last time.Time
		for j := range s.Answers {
			a := &s.Answers[j]
			skipped.Add(s.Customer, a.Skipped)
			if first.IsZero() || a.At.Before(first) {
				first = a.At
			}
			if a.At.After(last) {
				last = a.At
			}
		}
		if n := len(s.Answers); n > 1 && last.After(first) { // who was erased has days only
			seconds = append(seconds, last.Sub(first).Seconds()/float64(n-1))
		}
		f := flows[s.Flow]
		if f == nil {
			continue
		}
		if gap, ok := gapOf(s, f); ok && s.Level > 0 {
			contradictory.Add(s.Customer, report.Contradicts(s.Level, gap))
		}
		scales, place, same := 0, 0.0, true
		for j := range f.Questions {
			if x, ok := heightOf(s, &f.Questions[j]); ok {
				same = same && (scales == 0 || x == place)
				scales, place = scales+1, x
			}
		}
		if scales >= fewestScales {
			straight.Add(s.Customer, same)
		}
	}
	c.Contradictory, c.Straight, c.Skipped = contradictory.Rate(), straight.Rate(), skipped.Rate()
	if c.Timed = len(seconds); c.Timed > 0 {
		slices.Sort(seconds)
		c.Seconds = seconds[(len(seconds)-1)/2]
	}
	return c
}
