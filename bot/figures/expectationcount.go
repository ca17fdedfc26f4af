package figures

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// expectationCount adds up conversations in any order. It holds what customers expected until that is folded.
type expectationCount struct {
	*whom
	flows  map[string]*survey.Flow
	lately string
	by     map[string]*flowExpectation
	sums   map[string]*expectationSums // by survey; "" = of all
}

// flowExpectation is what was given in one survey, and held.
type flowExpectation struct {
	by           map[uint64]*expected
	paired       []int // see pairedIn
	broken, ours int   // of the newest days
}

// expected is what a customer expected, and found.
type expected struct {
	gaps    gapCount
	promise promiseCount
	pairs   [][2]given // by question: expected, and perceived
	sources []uint32   // how often they were let down and said where it came from, and of these each choice
}

// gapCount is how many answers of a customer compare in which way, and the sum of their gaps in steps.
type gapCount struct {
	given
	below, met, above, delighted uint32
}

func (g *gapCount) join(o *gapCount) {
	g.given.join(o.given)
	g.below, g.met, g.above, g.delighted = g.below+o.below, g.met+o.met, g.above+o.above, g.delighted+o.delighted
}

// promiseCount is how often a customer said whether something was kept: in all, and each of Promises.
type promiseCount struct {
	n    uint32
	said [len(Promises)]uint32
}

func (p *promiseCount) join(o *promiseCount) {
	p.n += o.n
	for i, k := range o.said {
		p.said[i] += k
	}
}

// expectationSums are sums over customers.
type expectationSums struct {
	below, met, above, delighted shared
	mean                         means
	promise                      [len(Promises)]shared
	pairs                        [][3]means // by question: expected, perceived, and the gap; of one survey alone
	sources                      []shared   // by choice; of one survey alone
	broken, ours                 int
}

func newExpectationCount(w *whom, flows map[string]*survey.Flow, lately string) *expectationCount {
	return &expectationCount{whom: w, flows: flows, lately: lately, by: map[string]*flowExpectation{}, sums: map[string]*expectationSums{"": {}}}
}

// add counts a conversation, of whoever is counted.
func (c *expectationCount) add(s *storage.GivenSession) {
	f, who := c.flows[s.Flow], c.of(s)
	if f == nil || !c.counted(who) {
		return
	}
	of := c.by[s.Flow]
	if of == nil {
		of = &flowExpectation{by: map[uint64]*expected{}, paired: pairedIn(f)}
		c.by[s.Flow] = of
	}
	gap, known := gapOf(s, f)
	if known {
		of.of(who).gaps.compare(gap, f.GapTol)
	}
	for j := range f.Questions {
		q := &f.Questions[j]
		if asked := QuestionOf(f, q.Pair); asked != nil {
			before, ok1 := heightOf(s, asked)
			perceived, ok2 := heightOf(s, q)
			if ok1 && ok2 {
				of.pair(who, j, before, perceived)
			}
		}
		if q.Scale.Key == promiseScale {
			if x, ok := valueOf(s, q); ok && slices.Contains(Promises[:], x) {
				p := &of.of(who).promise
				p.n++
				p.said[slices.Index(Promises[:], x)]++
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

// of is what is held of a customer.
func (of *flowExpectation) of(who uint64) *expected {
	x := of.by[who]
	if x == nil {
		x = &expected{}
		of.by[who] = x
	}
	return x
}

func (g *gapCount) compare(gap, tolerance float64) {
	g.add(fixedOf(gap))
	state := report.GapsOf([]float64{gap}, tolerance)
	g.below += uint32(state.Below.K)
	g.met += uint32(state.Met.K)
	g.above += uint32(state.Above.K)
	g.delighted += uint32(state.Delighted.K)
}

func (of *flowExpectation) pair(who uint64, question int, before, perceived float64) {
	x := of.of(who)
	if x.pairs == nil {
		x.pairs = make([][2]given, 1+slices.Max(of.paired))
	}
	p := &x.pairs[of.paired[question]]
	p[0].add(fixedOf(before))
	p[1].add(fixedOf(perceived))
}

// pairedIn says of each question of a flow the how manieth it is of those for which another asked before, from 0; of
// others -1.
func pairedIn(f *survey.Flow) (at []int) {
	n := 0
	for i := range f.Questions {
		if QuestionOf(f, f.Questions[i].Pair) == nil {
			at = append(at, -1)
			continue
		}
		at = append(at, n)
		n++
	}
	return at
}

func (of *flowExpectation) source(who uint64, q *survey.Question, choices []string, lately bool) {
	x := of.of(who)
	if x.sources == nil {
		x.sources = make([]uint32, 1+len(q.Choices))
	}
	x.sources[0]++
	for i := range q.Choices {
		if slices.Contains(choices, q.Choices[i].Key) {
			x.sources[1+i]++
		}
	}
	if lately {
		of.broken++
		if slices.Contains(choices, "promise") {
			of.ours++
		}
	}
}

func (c *expectationCount) held() (n int) {
	for _, of := range c.by {
		n += len(of.by)
	}
	return n
}

func (c *expectationCount) drop() { c.by = map[string]*flowExpectation{} }

func (c *expectationCount) fold() {
	ids := slices.Sorted(maps.Keys(c.by))
	all := c.sums[""]
	for i, id := range ids {
		of, sums := c.by[id], c.sums[id]
		if sums == nil {
			sums = &expectationSums{}
			c.sums[id] = sums
		}
		for who, x := range of.by {
			sums.add(who, &x.gaps, &x.promise)
			sums.addParts(who, x)
			if c.heldIn(ids[:i], who) {
				continue // as one customer, with what they gave there
			}
			gaps, promise := x.gaps, x.promise
			for _, other := range ids[i+1:] {
				if o := c.by[other].by[who]; o != nil {
					gaps.join(&o.gaps)
					promise.join(&o.promise)
				}
			}
			all.add(who, &gaps, &promise)
		}
		for _, s := range []*expectationSums{sums, all} {
			s.broken, s.ours = s.broken+of.broken, s.ours+of.ours
		}
	}
	c.drop()
}

// heldIn reports whether something of a customer is held in one of these surveys.
func (c *expectationCount) heldIn(ids []string, who uint64) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return c.by[id].by[who] != nil })
}

// add counts a customer.
func (s *expectationSums) add(who uint64, g *gapCount, p *promiseCount) {
	s.below.add(who, g.below, g.n)
	s.met.add(who, g.met, g.n)
	s.above.add(who, g.above, g.n)
	s.delighted.add(who, g.delighted, g.n)
	s.mean.add(g.given)
	for i, k := range p.said {
		s.promise[i].add(who, k, p.n)
	}
}

// addParts counts what is told of one survey alone.
func (s *expectationSums) addParts(who uint64, x *expected) {
	if len(s.pairs) == 0 {
		s.pairs = make([][3]means, len(x.pairs))
	}
	for i, p := range x.pairs {
		s.pairs[i][0].add(p[0])
		s.pairs[i][1].add(p[1])
		s.pairs[i][2].add(given{p[1].n, p[1].sum - p[0].sum})
	}
	if x.sources == nil {
		return
	}
	if s.sources == nil {
		s.sources = make([]shared, len(x.sources)-1)
	}
	for i := range s.sources {
		s.sources[i].add(who, x.sources[1+i], x.sources[0])
	}
}

// expectation is what was counted of a survey; "" = of all.
func (c *expectationCount) expectation(flow string) (e Expectation) {
	c.fold()
	s := c.sums[flow]
	if s == nil {
		s = &expectationSums{}
	}
	e.Below, e.Met, e.Above, e.Delighted, e.Mean = s.below.rate(), s.met.rate(), s.above.rate(), s.delighted.rate(), s.mean.mean()
	report.Protect([]string{"below", "met", "above"}, []*report.Clustered{&e.Below, &e.Met, &e.Above})
	for i := range s.promise {
		e.Promise[i] = s.promise[i].rate()
	}
	report.Protect([]string{"kept", "partly", "broken"}, []*report.Clustered{&e.Promise[0], &e.Promise[1], &e.Promise[2]})
	for _, id := range slices.Sorted(maps.Keys(c.sums)) {
		if id != "" && (flow == "" || flow == id) {
			e.Pairs = append(e.Pairs, c.sums[id].pairsOf(id, c.flows[id])...)
			e.Sources = append(e.Sources, c.sums[id].sourcesOf(id, sourceOf(c.flows[id]))...)
		}
	}
	e.Broken = s.broken >= report.FewestRated && s.ours >= fewestBroken && float64(s.ours) >= shareBroken*float64(s.broken)
	return e
}

// pairsOf are the questions of a survey that were asked before and after, in the order of their keys.
func (s *expectationSums) pairsOf(id string, f *survey.Flow) (all []ExpectedPair) {
	for i, at := range pairedIn(f) {
		if at < 0 || at >= len(s.pairs) {
			continue
		}
		if p := &s.pairs[at]; p[0].customers > 0 {
			all = append(all, ExpectedPair{id, f.Questions[i].Key, p[0].mean(), p[1].mean(), p[2].mean()})
		}
	}
	slices.SortFunc(all, func(a, b ExpectedPair) int { return cmp.Compare(a.Question, b.Question) })
	return all
}

// sourcesOf is where the broken expectations of a survey came from.
func (s *expectationSums) sourcesOf(flow string, q *survey.Question) (all []ExpectedSource) {
	for i := range s.sources {
		all = append(all, ExpectedSource{flow, q.Key, q.Choices[i].Key, s.sources[i].rate()})
	}
	slices.SortFunc(all, func(a, b ExpectedSource) int {
		return cmp.Or(cmp.Compare(b.Rate.K, a.Rate.K), cmp.Compare(a.Choice, b.Choice))
	})
	return all
}
