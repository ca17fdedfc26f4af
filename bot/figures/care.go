package figures

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"maps"
	"math"
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
	Seconds       int              // from one answer to the next, half of the conversations take no longer
	Timed         int              // conversations that this is of
}

// fewestScales are how many scales say the same before it is called one line.
const fewestScales = 3

// CareOf counts with how much care was answered.
//
// Source: the ladder says at each level how far expectations were met; J. A. Krosnick, Applied Cognitive
// Psychology 5 (1991) 213–236 on answering with little effort.
func CareOf(list []storage.GivenSession, flows map[string]*survey.Flow) Care {
	c := newCareCount()
	for i := range list {
		c.add(&list[i], flows[list[i].Flow])
	}
	return c.care()
}

// careCount adds up conversations in any order. Of a customer it keeps a number that nobody can turn back, and counts.
type careCount struct {
	seed    maphash.Seed
	by      map[uint64]*[careParts][2]uint16 // by customer: those that count, and all
	seconds map[int]int                      // conversations, by whole seconds from one answer to the next
}

const (
	careContradictory = iota
	careStraight
	careSkipped
	careParts
)

func newCareCount() *careCount {
	return &careCount{seed: maphash.MakeSeed(), by: map[uint64]*[careParts][2]uint16{}, seconds: map[int]int{}}
}

// add adds a conversation of a survey; nil = nothing is known of its questions.
func (c *careCount) add(s *storage.GivenSession, f *survey.Flow) {
	who := maphash.String(c.seed, s.Customer)
	of := c.by[who]
	if of == nil {
		of = &[careParts][2]uint16{}
		c.by[who] = of
	}
	count := func(part int, yes bool) {
		if of[part][1] == math.MaxUint16 {
			return // somebody who answers so often is told by less
		}
		if of[part][1]++; yes {
			of[part][0]++
		}
	}
	var first, last time.Time
	for j := range s.Answers {
		a := &s.Answers[j]
		count(careSkipped, a.Skipped)
		if first.IsZero() || a.At.Before(first) {
			first = a.At
		}
		if a.At.After(last) {
			last = a.At
		}
	}
	if n := len(s.Answers); n > 1 && last.After(first) { // who was erased has days only
		c.seconds[int(math.Round(last.Sub(first).Seconds()/float64(n-1)))]++
	}
	if f == nil {
		return
	}
	if gap, ok := gapOf(s, f); ok && s.Level > 0 {
		count(careContradictory, report.Contradicts(s.Level, gap))
	}
	scales, place, same := 0, 0.0, true
	for j := range f.Questions {
		if x, ok := heightOf(s, &f.Questions[j]); ok {
			same = same && (scales == 0 || x == place)
			scales, place = scales+1, x
		}
	}
	if scales >= fewestScales {
		count(careStraight, same)
	}
}

func (c *careCount) care() Care {
	var sums [careParts]report.Clusters
	for _, of := range c.by {
		for part := range of {
			sums[part].Add(float64(of[part][0]), float64(of[part][1]))
		}
	}
	all := Care{Contradictory: sums[careContradictory].Rate(), Straight: sums[careStraight].Rate(), Skipped: sums[careSkipped].Rate()}
	for _, n := range c.seconds {
		all.Timed += n
	}
	seen := 0
	for _, second := range slices.Sorted(maps.Keys(c.seconds)) {
		if seen += c.seconds[second]; 2*seen >= all.Timed {
			all.Seconds = second
			break
		}
	}
	return all
}

// KindCare is the kind of the result that says with how much care was answered.
const KindCare = "care"

// makeCare makes the care of every survey, and under "" of all of them: JSON, by the survey's id.
func makeCare(ctx context.Context, from *Source, of ResultKey) ([]byte, error) {
	counts := map[string]*careCount{"": newCareCount()}
	err := from.EachGiven(ctx, of, func(s *storage.GivenSession) {
		for _, key := range []string{"", s.Flow} {
			if counts[key] == nil {
				counts[key] = newCareCount()
			}
			counts[key].add(s, from.Flows[s.Flow])
		}
	})
	if err != nil {
		return nil, err
	}
	all := map[string]Care{}
	for id, c := range counts {
		all[id] = c.care()
	}
	return json.Marshal(all)
}

// CareIn reads what a result of KindCare holds, by survey.
func CareIn(body []byte) (all map[string]Care, err error) {
	return all, json.Unmarshal(body, &all)
}
