package figures

import (
	"cmp"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Expectation is how what customers got compares with what they expected.
type Expectation struct {
	Below, Met, Above report.Clustered // parts of all
	Delighted         report.Clustered // better by a whole step or more
	Mean              report.ClusteredMean
	Pairs             []ExpectedPair
	Sources           []ExpectedSource // the most frequent first
	Promise           [3]report.Clustered
	// Broken says that what the business promised is behind enough of the expectations that were broken lately.
	Broken bool
}

// Promises are the parts of Expectation.Promise: kept, in part, not kept, of those to whom something was promised.
var Promises = [3]float64{2, 1, 0}

// When "our promise" is worth a notice: of the broken expectations of the newest 30 days so many, and this share.
const (
	fewestBroken = 3
	shareBroken  = 0.2
	newestDays   = 30
)

// ExpectedPair is a question that was asked before a service and one that was asked after it, 0–100.
type ExpectedPair struct {
	Flow, Question           string
	Expected, Perceived, Gap report.ClusteredMean
}

// ExpectedSource is where an expectation came from that was not met.
type ExpectedSource struct {
	Flow, Question, Choice string
	Rate                   report.Clustered // of those who were let down and said where it came from
}

// promiseScale is the scale of the question whether what was promised was kept.
const promiseScale = "promise3"

// sourceOf is the question of a flow that asks where an expectation came from: the choice that has "our
// promise" among its answers.
func sourceOf(f *survey.Flow) *survey.Question {
	for i := range f.Questions {
		q := &f.Questions[i]
		if q.Kind == survey.ChoiceQ && slices.ContainsFunc(q.Choices, func(c survey.Choice) bool { return c.Key == "promise" }) {
			return q
		}
	}
	return nil
}

// ExpectationOf counts what was given. Days from lately on are the newest ones.
func ExpectationOf(list []storage.GivenSession, flows map[string]*survey.Flow, lately string) (e Expectation) {
	below, met, above, delighted, mean := report.Tally{}, report.Tally{}, report.Tally{}, report.Tally{}, means{}
	type pairKey struct{ flow, question string }
	pairs := map[pairKey]*[3]means{}
	type sourceKey struct{ flow, question, choice string }
	sources := map[sourceKey]report.Tally{}
	var promise [3]report.Tally
	for i := range promise {
		promise[i] = report.Tally{}
	}
	broken, ours := 0, 0
	for i := range list {
		s := &list[i]
		f := flows[s.Flow]
		if f == nil {
			continue
		}
		gap, known := gapOf(s, f)
		if known {
			state := report.GapsOf([]float64{gap}, f.GapTol)
			below.Add(s.Customer, state.Below.K > 0)
			met.Add(s.Customer, state.Met.K > 0)
			above.Add(s.Customer, state.Above.K > 0)
			delighted.Add(s.Customer, state.Delighted.K > 0)
			mean.add(s.Customer, gap)
		}
		for j := range f.Questions {
			q := &f.Questions[j]
			if asked := QuestionOf(f, q.Pair); asked != nil {
				expected, ok1 := heightOf(s, asked)
				perceived, ok2 := heightOf(s, q)
				if ok1 && ok2 {
					key := pairKey{s.Flow, q.Key}
					if pairs[key] == nil {
						pairs[key] = &[3]means{{}, {}, {}}
					}
					for n, x := range [3]float64{expected, perceived, perceived - expected} {
						pairs[key][n].add(s.Customer, x)
					}
				}
			}
			if q.Scale.Key == promiseScale {
				if x, ok := valueOf(s, q); ok && slices.Contains(Promises[:], x) {
					for n, kept := range Promises {
						promise[n].Add(s.Customer, x == kept)
					}
				}
			}
		}
		q := sourceOf(f)
		if q == nil || !known || gap >= -f.GapTol {
			continue
		}
		a := s.Answer(q.Key)
		if a == nil || len(a.Choices) == 0 {
			continue
		}
		for _, c := range q.Choices {
			key := sourceKey{s.Flow, q.Key, c.Key}
			if sources[key] == nil {
				sources[key] = report.Tally{}
			}
			sources[key].Add(s.Customer, slices.Contains(a.Choices, c.Key))
		}
		if s.Day >= lately {
			broken++
			if slices.Contains(a.Choices, "promise") {
				ours++
			}
		}
	}
	e.Below, e.Met, e.Above, e.Delighted, e.Mean = below.Rate(), met.Rate(), above.Rate(), delighted.Rate(), mean.mean()
	for key, of := range pairs {
		e.Pairs = append(e.Pairs, ExpectedPair{key.flow, key.question, of[0].mean(), of[1].mean(), of[2].mean()})
	}
	slices.SortFunc(e.Pairs, func(a, b ExpectedPair) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Question, b.Question))
	})
	for key, of := range sources {
		e.Sources = append(e.Sources, ExpectedSource{key.flow, key.question, key.choice, of.Rate()})
	}
	slices.SortFunc(e.Sources, func(a, b ExpectedSource) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(b.Rate.K, a.Rate.K), cmp.Compare(a.Choice, b.Choice))
	})
	for i := range promise {
		e.Promise[i] = promise[i].Rate()
	}
	e.Broken = broken >= report.FewestRated && ours >= fewestBroken && float64(ours) >= shareBroken*float64(broken)
	return e
}

// Lately is the first of the newest days up to one.
func Lately(to string) string {
	t, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return to
	}
	return t.AddDate(0, 0, 1-newestDays).Format(time.DateOnly)
}
