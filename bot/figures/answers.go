package figures

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Exact is up to how many answered conversations on the days and at the sites of a filter are read one by one.
// Above, what they say is added up by day.
const Exact = 20_000

// Store is what figures are read from.
type Store interface {
	storage.Figuring
	storage.Cells
}

// Answers are conversations that customers gave a level. They are read one by one, and then figures are clustered by
// customer, or added up by day, and then their intervals are widened by how alike the answers of one customer
// were in those months, at those sites and of those surveys.
type Answers struct {
	from   Store
	filter storage.FigureFilter
	list   []storage.JudgedSession // those of a customer side by side
	sums   *sums                   // instead
	among  int                     // of sums: how many there are on the days and at the sites, whatever else the filter says
}

// Gather reads the answers of a filter; its limit is Most. ErrTooMany: more rows fit it, and they are not added
// up yet.
func Gather(ctx context.Context, from Store, f storage.FigureFilter) (*Answers, error) {
	f.Limit = Most
	a := &Answers{from: from, filter: f}
	exact := f.Exact
	if exact == 0 {
		exact = Exact
	}
	if f.Of == storage.OfCustomers {
		all := f
		all.Flow, all.Service, all.Staff, all.Language, all.Channel = "", "", "", "", ""
		cells, err := from.Cells(ctx, all, storage.CellsWhole)
		if err != nil {
			return nil, err
		}
		if counted(cells) > exact {
			ready, err := from.CellsReady(ctx)
			if err != nil {
				return nil, err
			}
			if ready {
				a.among = counted(cells)
				a.sums, err = sumsOf(ctx, from, f, cells)
				return a, err
			}
		}
	}
	list, more, err := from.Judged(ctx, f)
	a.list = list
	return a, tooMany(more, err)
}

// Summed reports whether they were added up by day.
func (a *Answers) Summed() bool { return a.sums != nil }

// N is how many there are.
func (a *Answers) N() (n int) {
	if a.sums == nil {
		return len(a.list)
	}
	for _, k := range a.Levels() {
		n += k
	}
	return n
}

// Levels is how many there are of each level.
func (a *Answers) Levels() (counts [7]int) {
	if a.sums != nil {
		return a.sums.total()
	}
	for i := range a.list {
		if l := a.list[i].Level; l >= 1 && l <= 7 {
			counts[l-1]++
		}
	}
	return counts
}

// Rate is the share of those with a level between two.
func (a *Answers) Rate(worst, best int) report.Clustered {
	if a.sums != nil {
		return a.sums.rate(worst, best)
	}
	return Of(a.list, worst, best)
}

// None is the share of a part that has no answers.
func (a *Answers) None() report.Clustered {
	if a.sums != nil {
		return report.Summed(0, 0, 0, 1)
	}
	return report.Tally{}.Rate()
}

// Unsatisfied is the share of the unsatisfied.
func (a *Answers) Unsatisfied() report.Clustered { return a.Rate(Unsatisfied.Levels()) }

// Mean is the mean of the levels.
func (a *Answers) Mean() report.ClusteredMean {
	if a.sums != nil {
		return a.sums.mean()
	}
	var c report.ClusteredSums
	for i := 0; i < len(a.list); {
		m, y := 0.0, 0.0
		for of := a.list[i].Customer; i < len(a.list) && a.list[i].Customer == of; i++ {
			m, y = m+1, y+float64(a.list[i].Level)
		}
		c.Add(m, y)
	}
	return c.Mean()
}

// Parts are those of each site, survey and so on, or of each space of time: by the first day of one of over.
func (a *Answers) Parts(ctx context.Context, by By, over []Space) (map[string]*Answers, error) {
	if a.sums != nil {
		return a.summedParts(ctx, by, over)
	}
	parts := map[string]*Answers{}
	for i := range a.list {
		key := judgedIn(&a.list[i], by, over)
		if parts[key] == nil {
			parts[key] = &Answers{from: a.from, filter: a.filter}
		}
		parts[key].list = append(parts[key].list, a.list[i])
	}
	return parts, nil
}

// Rates are the shares of parts, nothing of them hidden yet.
func Rates(parts map[string]*Answers, worst, best int) map[string]report.Clustered {
	rates := make(map[string]report.Clustered, len(parts))
	for key, part := range parts {
		rates[key] = part.Rate(worst, best)
	}
	return rates
}

// Narrow are those of some of the days and sites.
func (a *Answers) Narrow(ctx context.Context, from, to string, sites []string) (*Answers, error) {
	n := &Answers{from: a.from, filter: a.filter}
	n.filter.From, n.filter.To, n.filter.Sites = from, to, sites
	if a.sums != nil {
		whole := n.filter
		whole.Flow, whole.Service, whole.Staff, whole.Language, whole.Channel = "", "", "", "", ""
		cells, err := a.from.Cells(ctx, whole, storage.CellsWhole)
		if err == nil {
			n.among = counted(cells)
			n.sums, err = sumsOf(ctx, a.from, n.filter, cells)
		}
		return n, err
	}
	for i := range a.list {
		if j := &a.list[i]; from <= j.Day && j.Day <= to && slices.Contains(sites, j.Site) {
			n.list = append(n.list, *j)
		}
	}
	return n, nil
}

// Besides are those of all parts but one.
func Besides(parts map[string]*Answers, but string) *Answers {
	rest := &Answers{}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		part := parts[key]
		switch {
		case key == but:
			continue
		case part.sums != nil && rest.sums == nil:
			rest.sums = &sums{levels: map[group][7]int{}, near: map[group]near{}}
			fallthrough
		case part.sums != nil:
			rest.sums.add(part.sums)
		default:
			rest.list = append(rest.list, part.list...)
		}
	}
	slices.SortStableFunc(rest.list, func(a, b storage.JudgedSession) int { return strings.Compare(a.Customer, b.Customer) })
	return rest
}

// Questions adds up the scores of questions, in the order of surveys and names. Of answers that were added up
// scores are as well; those of a service, of staff, a language or a channel alone are read one by one. ok is
// false of these where more than Most lie on the days and at the sites.
func (a *Answers) Questions(ctx context.Context) (all []Question, ok bool, err error) {
	switch {
	case a.sums == nil:
		return Questions(a.list), true, nil
	case len(conditions(&a.filter, "")) == 0:
		all, err = a.summedQuestions(ctx)
		return all, true, err
	case a.among > Most:
		return nil, false, nil
	}
	f := a.filter
	f.Scores, f.Limit = true, Most
	list, _, err := a.from.Judged(ctx, f)
	return Questions(list), true, err
}
