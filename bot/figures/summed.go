package figures

import (
	"cmp"
	"context"
	"slices"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// group is a month of a site and a survey: how alike the answers of a customer are is known of each.
type group struct{ site, month, flow string }

// near is what is known of the customers of a group.
type near struct {
	atLeast   int // customers that there are in the whole month; 0 = unknown
	most      int // answers that one customer gave at most; 0 = unknown
	customers int // that these are sums over
	levels    [7]int64
	pairs     storage.LevelPairs
}

// sums are answers that were added up.
type sums struct {
	first, last string // the days
	levels      map[group][7]int
	near        map[group]near
}

// monthsIn finds what is known of months.
type monthsIn map[ofMonth]*storage.CellMonth

type ofMonth struct {
	group
	dimension storage.CellsBy
	key       string
}

func monthsBy(list []storage.CellMonth) monthsIn {
	in := monthsIn{}
	for i := range list {
		m := &list[i]
		in[ofMonth{group{m.Site, m.Month, m.Flow}, m.Dimension, m.Key}] = m
	}
	return in
}

// near is what is known of those of a group of which several conditions hold; the last is what they are like most.
func (in monthsIn) near(g group, conditions []ofMonth) near {
	if len(conditions) == 0 {
		conditions = []ofMonth{{}}
	}
	var n near
	for _, c := range conditions {
		c.group = g
		m := in[c]
		if m == nil {
			continue
		}
		if n.most == 0 || m.Most < n.most {
			n.most = m.Most
		}
		if len(conditions) == 1 {
			n.atLeast = m.Customers
		}
		n.customers, n.levels, n.pairs = m.Customers, m.Levels, m.Pairs
	}
	return n
}

// conditions are what a filter says of dimensions, but for one.
func conditions(f *storage.FigureFilter, but storage.CellsBy) (all []ofMonth) {
	for _, d := range storage.CellDimensions() {
		if key := d.Of(f); key != "" && d != but {
			all = append(all, ofMonth{dimension: d, key: key})
		}
	}
	return all
}

func counted(cells []storage.Cell) (n int) {
	for i := range cells {
		for _, k := range cells[i].Levels {
			n += k
		}
	}
	return n
}

// sumsOf adds up the answers of a filter. all are those of its days and sites.
func sumsOf(ctx context.Context, from Store, f storage.FigureFilter, all []storage.Cell) (*sums, error) {
	given := conditions(&f, "")
	dimensions := []storage.CellsBy{storage.CellsWhole}
	for _, c := range given {
		dimensions = append(dimensions, c.dimension)
	}
	if len(given) > 0 {
		var err error
		if all, err = from.Cells(ctx, f, storage.CellsWhole); err != nil {
			return nil, err
		}
	}
	months, err := from.CellMonths(ctx, f, dimensions...)
	if err != nil {
		return nil, err
	}
	s, in := newSums(f.From, f.To), monthsBy(months)
	for i := range all {
		c := &all[i]
		if f.Flow != "" && c.Flow != f.Flow {
			continue
		}
		g := group{c.Site, c.Month, c.Flow}
		s.put(g, c.Levels, in.near(g, given))
	}
	return s, nil
}

func newSums(first, last string) *sums {
	return &sums{first: first, last: last, levels: map[group][7]int{}, near: map[group]near{}}
}

func (s *sums) put(g group, levels [7]int, n near) {
	was := s.levels[g]
	for i, k := range levels {
		was[i] += k
	}
	s.levels[g], s.near[g] = was, n
}

// add takes other parts in: a customer may have answered in both.
func (s *sums) add(o *sums) {
	s.first, s.last = o.first, o.last
	for g, levels := range o.levels {
		n, of := s.near[g], o.near[g]
		_, there := s.levels[g]
		switch {
		case !there:
			n = of
		case n.most == 0 || of.most == 0:
			n.most = 0
		default:
			n.most += of.most
		}
		if there {
			n.atLeast, n.customers = max(n.atLeast, of.atLeast), n.customers+of.customers
			for i := range n.levels {
				n.levels[i] += of.levels[i]
			}
			for i := range n.pairs {
				n.pairs[i] += of.pairs[i]
			}
		}
		s.put(g, levels, n)
	}
}

func (s *sums) total() (counts [7]int) {
	for _, levels := range s.levels {
		for i, k := range levels {
			counts[i] += k
		}
	}
	return counts
}

// fewest is of how many customers the answers are at the least: as many as the month with most of them has.
func (s *sums) fewest() (customers int) {
	for g, levels := range s.levels {
		n := 0
		for _, k := range levels {
			n += k
		}
		of := s.near[g]
		if of.most > 0 {
			customers = max(customers, (n+of.most-1)/of.most)
		}
		if s.whole(g.month) {
			customers = max(customers, min(of.atLeast, n))
		}
	}
	return customers
}

// whole reports whether all days of a month are among those of the sums.
func (s *sums) whole(month string) bool { return wholeMonth(month, s.first, s.last) }

// rate is the share of those with a level between two.
func (s *sums) rate(worst, best int) report.Clustered {
	var one, yes [7]float64
	k, n := 0, 0
	for i, count := range s.total() {
		n += count
		one[i] = 1
		if worst <= i+1 && i+1 <= best {
			k += count
			yes[i] = 1
		}
	}
	var c report.Clusters
	for g := range s.levels {
		of := s.near[g]
		c.Customers += of.customers
		c.MM += of.pairs.Products(one, one)
		c.MK += of.pairs.Products(one, yes)
		c.KK += of.pairs.Products(yes, yes)
	}
	c.M, c.K = s.monthly(one), s.monthly(yes)
	effect := 1.0
	if c.M > 0 {
		effect = c.Rate().Effect
	}
	return report.Summed(k, n, s.fewest(), effect)
}

// monthly adds up the answers of the months by weights of their levels. Each answer is in one month, and its level is
// one of seven.
func (s *sums) monthly(weights [7]float64) (sum float64) {
	for g := range s.levels {
		of := s.near[g]
		for i, k := range of.levels {
			sum += weights[i] * float64(k)
		}
	}
	return sum
}

// mean is the mean of the levels.
func (s *sums) mean() report.ClusteredMean {
	n, sum, squares := 0, 0.0, 0.0
	for i, count := range s.total() {
		level := float64(i + 1)
		n, sum, squares = n+count, sum+level*float64(count), squares+level*level*float64(count)
	}
	customers, effect := s.likeness()
	return report.SummedMean(n, sum, squares, min(customers, n), effect)
}

// likeness is of how many customers the months are, and what their answers' likeness does to the mean of the levels.
func (s *sums) likeness() (customers int, effect float64) {
	var one, level, square [7]float64
	for i := range one {
		one[i], level[i], square[i] = 1, float64(i+1), float64((i+1)*(i+1))
	}
	var c report.ClusteredSums
	for g := range s.levels {
		of := s.near[g]
		c.Customers += of.customers
		c.MM += of.pairs.Products(one, one)
		c.MY += of.pairs.Products(one, level)
		c.YY += of.pairs.Products(level, level)
	}
	c.M, c.Y = s.monthly(one), s.monthly(level)
	return s.fewest(), c.EffectOf(s.monthly(square))
}

// summedParts adds up the parts of answers.
func (a *Answers) summedParts(ctx context.Context, by By, over []Space) (map[string]*Answers, error) {
	parts := map[string]*Answers{}
	part := func(key, first, last string) *sums {
		if parts[key] == nil {
			parts[key] = &Answers{from: a.from, filter: a.filter, sums: newSums(first, last)}
		}
		return parts[key].sums
	}
	switch by {
	case Site, Flow:
		for g, levels := range a.sums.levels {
			key := g.site
			if by == Flow {
				key = g.flow
			}
			part(key, a.sums.first, a.sums.last).put(g, levels, a.sums.near[g])
		}
		return parts, nil
	case Service, Staff, Language, Channel:
		return parts, a.dimensionParts(ctx, storage.CellsBy(by), part)
	}
	if monthly(over, a.filter.From, a.filter.To) { // the sums are those of the months already
		for g, levels := range a.sums.levels {
			if at, ok := At(over, max(g.month+"-01", a.filter.From)); ok {
				part(over[at].First, max(over[at].First, a.filter.From), min(over[at].Last, a.filter.To)).put(g, levels, a.sums.near[g])
			}
		}
		return parts, nil
	}
	cells, err := a.from.Cells(ctx, a.filter, storage.CellsDay)
	for i := range cells {
		c := &cells[i]
		at, ok := At(over, c.Key)
		if !ok {
			continue
		}
		g := group{c.Site, c.Month, c.Flow}
		part(over[at].First, max(over[at].First, a.filter.From), min(over[at].Last, a.filter.To)).put(g, c.Levels, a.sums.near[g])
	}
	return parts, err
}

// monthly reports whether each space of time is what the days of a filter have of a month: all of it but at the ends.
func monthly(over []Space, from, to string) bool {
	return len(over) > 0 && slices.Equal(over, Spaces(from, to, Month))
}

func (a *Answers) dimensionParts(ctx context.Context, by storage.CellsBy, part func(key, first, last string) *sums) error {
	cells, err := a.from.Cells(ctx, a.filter, by)
	if err != nil {
		return err
	}
	given := conditions(&a.filter, by)
	dimensions := []storage.CellsBy{by}
	for _, c := range given {
		dimensions = append(dimensions, c.dimension)
	}
	months, err := a.from.CellMonths(ctx, a.filter, dimensions...)
	if err != nil {
		return err
	}
	in := monthsBy(months)
	for i := range cells {
		c := &cells[i]
		g := group{c.Site, c.Month, c.Flow}
		near := in.near(g, append(slices.Clone(given), ofMonth{dimension: by, key: c.Key}))
		part(c.Key, a.sums.first, a.sums.last).put(g, c.Levels, near)
	}
	return nil
}

// summedQuestions adds up the scores of questions.
func (a *Answers) summedQuestions(ctx context.Context) ([]Question, error) {
	cells, err := a.from.CellQuestions(ctx, a.filter)
	if err != nil {
		return nil, err
	}
	flows, err := a.summedParts(ctx, Flow, nil)
	if err != nil {
		return nil, err
	}
	type key struct{ flow, question string }
	by := map[key]storage.CellQuestion{}
	for _, c := range cells {
		at := key{c.Flow, c.Question}
		was := by[at]
		was.N, was.Sum, was.Squares = was.N+c.N, was.Sum+c.Sum, was.Squares+c.Squares
		by[at] = was
	}
	all := make([]Question, 0, len(by))
	for at, c := range by {
		customers, effect := 0, 1.0
		if of := flows[at.flow]; of != nil {
			customers, effect = of.sums.likeness()
		}
		m := report.SummedMean(c.N, float64(c.Sum)/1000, float64(c.Squares)/1e6, min(customers, c.N), effect)
		all = append(all, Question{Flow: at.flow, Question: at.question, summed: &m})
	}
	slices.SortFunc(all, func(a, b Question) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Question, b.Question))
	})
	return all, nil
}
