package figures

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// Expectation is how what customers got compares with what they expected. What too few gave is hidden in it, and what
// that would follow from.
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
func ExpectationOf(list []storage.GivenSession, flows map[string]*survey.Flow, lately string) Expectation {
	c := newExpectationCount(flows, lately)
	for i := range list {
		c.add(&list[i])
	}
	return c.expectation("")
}

// expectationCount adds up conversations in any order. It keeps counts by customer.
type expectationCount struct {
	whom
	flows  map[string]*survey.Flow
	lately string
	by     map[string]*flowExpectation
}

// flowExpectation is what was given in one survey.
type flowExpectation struct {
	gaps         map[uint64]*gapCount
	pairs        map[string]map[uint64]*[2]given // by question: expected, and perceived
	sources      map[uint64][]uint32             // those who were let down and said where it came from; of these each choice
	promise      map[uint64]*promiseCount
	broken, ours int // of the newest days
}

// gapCount is how many answers of a customer compare in which way, and the sum of their gaps in steps.
type gapCount struct {
	given
	below, met, above, delighted uint32
}

// promiseCount is how often a customer said whether something was kept: in all, and each of Promises.
type promiseCount struct {
	n    uint32
	said [len(Promises)]uint32
}

func newExpectationCount(flows map[string]*survey.Flow, lately string) *expectationCount {
	return &expectationCount{whom: newWhom(), flows: flows, lately: lately, by: map[string]*flowExpectation{}}
}

// add counts a conversation.
func (c *expectationCount) add(s *storage.GivenSession) {
	f := c.flows[s.Flow]
	if f == nil {
		return
	}
	who, of := c.of(s), c.by[s.Flow]
	if of == nil {
		of = &flowExpectation{
			gaps: map[uint64]*gapCount{}, pairs: map[string]map[uint64]*[2]given{}, sources: map[uint64][]uint32{}, promise: map[uint64]*promiseCount{},
		}
		c.by[s.Flow] = of
	}
	gap, known := gapOf(s, f)
	if known {
		of.compare(who, gap, f.GapTol)
	}
	for j := range f.Questions {
		q := &f.Questions[j]
		if asked := QuestionOf(f, q.Pair); asked != nil {
			expected, ok1 := heightOf(s, asked)
			perceived, ok2 := heightOf(s, q)
			if ok1 && ok2 {
				of.pair(who, q.Key, expected, perceived)
			}
		}
		if q.Scale.Key == promiseScale {
			if x, ok := valueOf(s, q); ok && slices.Contains(Promises[:], x) {
				of.promised(who, x)
			}
		}
	}
	q := sourceOf(f)
	if q == nil || !known || gap >= -f.GapTol {
		return
	}
	if a := s.Answer(q.Key); a != nil && len(a.Choices) > 0 {
		of.source(who, q, a.Choices, s.Day >= c.lately)
	}
}

func (of *flowExpectation) compare(who uint64, gap, tolerance float64) {
	g := of.gaps[who]
	if g == nil {
		g = &gapCount{}
		of.gaps[who] = g
	}
	g.add(fixedOf(gap))
	state := report.GapsOf([]float64{gap}, tolerance)
	g.below += uint32(state.Below.K)
	g.met += uint32(state.Met.K)
	g.above += uint32(state.Above.K)
	g.delighted += uint32(state.Delighted.K)
}

func (of *flowExpectation) pair(who uint64, question string, expected, perceived float64) {
	if of.pairs[question] == nil {
		of.pairs[question] = map[uint64]*[2]given{}
	}
	p := of.pairs[question][who]
	if p == nil {
		p = &[2]given{}
		of.pairs[question][who] = p
	}
	p[0].add(fixedOf(expected))
	p[1].add(fixedOf(perceived))
}

func (of *flowExpectation) promised(who uint64, x float64) {
	p := of.promise[who]
	if p == nil {
		p = &promiseCount{}
		of.promise[who] = p
	}
	p.n++
	p.said[slices.Index(Promises[:], x)]++
}

func (of *flowExpectation) source(who uint64, q *survey.Question, choices []string, lately bool) {
	counts := of.sources[who]
	if counts == nil {
		counts = make([]uint32, 1+len(q.Choices))
		of.sources[who] = counts
	}
	counts[0]++
	for i := range q.Choices {
		if slices.Contains(choices, q.Choices[i].Key) {
			counts[1+i]++
		}
	}
	if lately {
		of.broken++
		if slices.Contains(choices, "promise") {
			of.ours++
		}
	}
}

// expectation is what was counted of a survey; "" = of all.
func (c *expectationCount) expectation(flow string) (e Expectation) {
	gaps, promises := map[uint64]gapCount{}, map[uint64]promiseCount{}
	broken, ours := 0, 0
	for _, id := range slices.Sorted(maps.Keys(c.by)) {
		if flow != "" && flow != id {
			continue
		}
		of := c.by[id]
		for who, g := range of.gaps {
			all := gaps[who]
			all.n, all.sum = all.n+g.n, all.sum+g.sum
			all.below, all.met, all.above, all.delighted = all.below+g.below, all.met+g.met, all.above+g.above, all.delighted+g.delighted
			gaps[who] = all
		}
		for who, p := range of.promise {
			all := promises[who]
			all.n += p.n
			for i, k := range p.said {
				all.said[i] += k
			}
			promises[who] = all
		}
		e.Pairs = append(e.Pairs, of.pairsOf(id)...)
		e.Sources = append(e.Sources, of.sourcesOf(id, sourceOf(c.flows[id]))...)
		broken, ours = broken+of.broken, ours+of.ours
	}
	e.compared(gaps)
	e.promised(promises)
	e.Broken = broken >= report.FewestRated && ours >= fewestBroken && float64(ours) >= shareBroken*float64(broken)
	return e
}

// compared tells how answers compare, by customer.
func (e *Expectation) compared(gaps map[uint64]gapCount) {
	var below, met, above, delighted shared
	mean := make([]given, 0, len(gaps))
	for who, g := range gaps {
		below.add(who, g.below, g.n)
		met.add(who, g.met, g.n)
		above.add(who, g.above, g.n)
		delighted.add(who, g.delighted, g.n)
		mean = append(mean, g.given)
	}
	e.Below, e.Met, e.Above, e.Delighted, e.Mean = below.rate(), met.rate(), above.rate(), delighted.rate(), meanOf(mean)
	report.Protect([]string{"below", "met", "above"}, []*report.Clustered{&e.Below, &e.Met, &e.Above})
}

func (e *Expectation) promised(by map[uint64]promiseCount) {
	var all [len(Promises)]shared
	for who, p := range by {
		for i, k := range p.said {
			all[i].add(who, k, p.n)
		}
	}
	for i := range all {
		e.Promise[i] = all[i].rate()
	}
	report.Protect([]string{"kept", "partly", "broken"}, []*report.Clustered{&e.Promise[0], &e.Promise[1], &e.Promise[2]})
}

// pairsOf are the questions of a survey that were asked before and after.
func (of *flowExpectation) pairsOf(flow string) (all []ExpectedPair) {
	for _, question := range slices.Sorted(maps.Keys(of.pairs)) {
		var sums [3][]given
		for _, p := range of.pairs[question] {
			sums[0], sums[1] = append(sums[0], p[0]), append(sums[1], p[1])
			sums[2] = append(sums[2], given{p[1].n, p[1].sum - p[0].sum})
		}
		all = append(all, ExpectedPair{flow, question, meanOf(sums[0]), meanOf(sums[1]), meanOf(sums[2])})
	}
	return all
}

// sourcesOf is where the broken expectations of a survey came from.
func (of *flowExpectation) sourcesOf(flow string, q *survey.Question) (all []ExpectedSource) {
	if len(of.sources) == 0 {
		return nil
	}
	for i := range q.Choices {
		var rate shared
		for who, counts := range of.sources {
			rate.add(who, counts[1+i], counts[0])
		}
		all = append(all, ExpectedSource{flow, q.Key, q.Choices[i].Key, rate.rate()})
	}
	slices.SortFunc(all, func(a, b ExpectedSource) int {
		return cmp.Or(cmp.Compare(b.Rate.K, a.Rate.K), cmp.Compare(a.Choice, b.Choice))
	})
	return all
}

// Lately is the first of the newest days up to one.
func Lately(to string) string {
	t, err := time.Parse(time.DateOnly, to)
	if err != nil {
		return to
	}
	return t.AddDate(0, 0, 1-newestDays).Format(time.DateOnly)
}
