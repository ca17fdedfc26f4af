package figures

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Asked are invitations and what became of them: read one by one, or added up by day, as Answers are. The same
// numbers of them decide which.
type Asked struct {
	from   Store
	filter storage.FigureFilter
	list   []storage.AskedCustomer
	sums   *askedSums // instead
}

// fewAsked is up to how many invitations are read before it is asked how many there are: of most houses that is one
// question less, and of the others these rows are little (of each bucket so many).
const fewAsked = 250

// GatherAsked reads the invitations of a filter; its limit is Most, unless it has a lower one. ErrTooMany: more rows
// fit it, and they are not added up: not yet, or the filter says of a service, staff, a language or a channel what sums
// do not know.
func GatherAsked(ctx context.Context, from Store, f storage.FigureFilter) (*Asked, error) {
	if f.Limit <= 0 || f.Limit > Most {
		f.Limit = Most
	}
	a := &Asked{from: from, filter: f}
	exact := f.Exact
	if exact == 0 {
		exact = Exact
	}
	known := len(conditions(&f, "")) == 0 // to sums
	var cells []storage.AskedCell
	if known {
		some := f
		some.Limit = min(exact, f.Limit, fewAsked)
		list, more, err := from.Asked(ctx, some)
		if err != nil || !more {
			a.list = list
			return a, err
		}
		all := f
		all.Flow = ""
		if cells, err = from.AskedCells(ctx, all, false); err != nil {
			return nil, err
		}
		ready, err := from.AskedReady(ctx)
		switch {
		case err != nil:
			return nil, err
		case !ready: // all are read, as long as anybody can
			cells = nil
		case invited(cells) > min(exact, f.Limit):
			return a, a.addUp(ctx, cells)
		default: // few of these, among any number of others
			if f.Flows, err = readOf(ctx, from, all, cells); err != nil || len(f.Flows) == 0 {
				return a, err
			}
		}
	}
	list, more, err := from.Asked(ctx, f)
	if err == nil && more && cells != nil {
		return a, a.addUp(ctx, cells)
	}
	a.list = list
	return a, tooMany(more, err)
}

// addUp takes the sums.
func (a *Asked) addUp(ctx context.Context, cells []storage.AskedCell) (err error) {
	a.sums, err = askedSumsOf(ctx, a.from, a.filter, cells)
	return err
}

// readOf are the surveys whose invitations are read one by one: those that sums name, and those of which nothing of any
// class is added up yet, for they may be of this one.
func readOf(ctx context.Context, from Store, of storage.FigureFilter, cells []storage.AskedCell) ([]string, error) {
	flows := surveysOf(cells)
	pending, err := from.AskedPending(ctx)
	if err != nil {
		return nil, err
	}
	known := func(flow string) bool { _, ok := slices.BinarySearch(flows, flow); return ok }
	if pending = slices.DeleteFunc(pending, known); len(pending) == 0 {
		return flows, nil
	}
	of.Of = storage.OfAnybody
	others, err := from.AskedCells(ctx, of, false)
	if err != nil {
		return nil, err
	}
	named := surveysOf(others)
	pending = slices.DeleteFunc(pending, func(flow string) bool { _, ok := slices.BinarySearch(named, flow); return ok })
	return append(flows, pending...), nil
}

// surveysOf are the surveys of which there are invitations.
func surveysOf(cells []storage.AskedCell) (flows []string) {
	for i := range cells {
		flows = append(flows, cells[i].Flow)
	}
	slices.Sort(flows)
	return slices.Compact(flows)
}

// Summed reports whether they were added up by day.
func (a *Asked) Summed() bool { return a.sums != nil }

// List are those that were read one by one.
func (a *Asked) List() []storage.AskedCustomer { return a.list }

// Outcomes is how many there are of each outcome.
func (a *Asked) Outcomes() (counts [storage.Outcomes]int) {
	if a.sums != nil {
		return a.sums.total()
	}
	for i := range a.list {
		counts[storage.OutcomeOfAsk(a.list[i].Opened, a.list[i].Level)]++
	}
	return counts
}

// N is how many there are.
func (a *Asked) N() (n int) {
	for _, k := range a.Outcomes() {
		n += k
	}
	return n
}

// Answered is the share that led to an answer.
func (a *Asked) Answered() report.Clustered {
	return a.rate(anyOutcome, func(outcome int) bool { return outcome > storage.Unsaid })
}

// Opened is the share that somebody opened.
func (a *Asked) Opened() report.Clustered {
	return a.rate(anyOutcome, func(outcome int) bool { return outcome > storage.Unopened })
}

// Unsatisfied is the share of the unsatisfied among who answered.
func (a *Asked) Unsatisfied() report.Clustered {
	said := func(outcome int) bool { return outcome > storage.Unsaid }
	return a.rate(said, func(outcome int) bool { return said(outcome) && outcome <= storage.OutcomeOfAsk(true, 3) })
}

func anyOutcome(int) bool { return true }

// rate is the share of those with some outcomes, yes, among those with others, of.
func (a *Asked) rate(of, yes func(outcome int) bool) report.Clustered {
	if a.sums != nil {
		return a.sums.rate(of, yes)
	}
	t := report.Tally{}
	for i := range a.list {
		if outcome := storage.OutcomeOfAsk(a.list[i].Opened, a.list[i].Level); of(outcome) {
			t.Add(a.list[i].Customer, yes(outcome))
		}
	}
	return t.Rate()
}

// Parts are those of each site or survey, or of each space of time: by the first day of one of over.
func (a *Asked) Parts(ctx context.Context, by By, over []Space) (map[string]*Asked, error) {
	parts := map[string]*Asked{}
	if a.sums == nil {
		for i := range a.list {
			key := askedIn(&a.list[i], by, over)
			if parts[key] == nil {
				parts[key] = &Asked{from: a.from, filter: a.filter}
			}
			parts[key].list = append(parts[key].list, a.list[i])
		}
		return parts, nil
	}
	part := func(key, first, last string) *askedSums {
		if parts[key] == nil {
			parts[key] = &Asked{from: a.from, filter: a.filter, sums: newAskedSums(first, last)}
		}
		return parts[key].sums
	}
	space := func(day string) *askedSums {
		at, ok := At(over, day)
		if !ok {
			return nil
		}
		return part(over[at].First, max(over[at].First, a.filter.From), min(over[at].Last, a.filter.To))
	}
	switch {
	case by == Site || by == Flow:
		for g, outcomes := range a.sums.outcomes {
			key := g.site
			if by == Flow {
				key = g.flow
			}
			part(key, a.sums.first, a.sums.last).put(g, outcomes, a.sums.near[g])
		}
	case monthly(over, a.filter.From, a.filter.To): // the sums are those of the months already
		for g, outcomes := range a.sums.outcomes {
			if of := space(max(g.month+"-01", a.filter.From)); of != nil {
				of.put(g, outcomes, a.sums.near[g])
			}
		}
	default:
		cells, err := a.from.AskedCells(ctx, a.filter, true)
		if err != nil {
			return nil, err
		}
		for i := range cells {
			if of := space(cells[i].Day); of != nil {
				g := askedGroupOf(&cells[i])
				of.put(g, cells[i].Outcomes, a.sums.near[g])
			}
		}
	}
	return parts, nil
}

// AnsweredBy are the shares of parts that led to an answer, nothing of them hidden yet.
func AnsweredBy(parts map[string]*Asked) map[string]report.Clustered {
	rates := make(map[string]report.Clustered, len(parts))
	for key, part := range parts {
		rates[key] = part.Answered()
	}
	return rates
}

// NoneAsked is the share of a part of which nobody was asked.
func (a *Asked) NoneAsked() report.Clustered {
	if a.sums != nil {
		return report.Summed(0, 0, 0, 1)
	}
	return report.Tally{}.Rate()
}

// askedGroup is a month of a site and a survey, and whom it asked: how alike what became of the invitations of a
// customer is, is known of each.
type askedGroup struct{ site, month, flow, class string }

func askedGroupOf(c *storage.AskedCell) askedGroup {
	return askedGroup{c.Site, c.Month, c.Flow, c.Class}
}

// askedSums are invitations that were added up.
type askedSums struct {
	first, last string // the days
	outcomes    map[askedGroup][storage.Outcomes]int
	near        map[askedGroup]*storage.AskedMonth // what is known of the customers of a group; nil = nothing
}

func newAskedSums(first, last string) *askedSums {
	return &askedSums{first: first, last: last, outcomes: map[askedGroup][storage.Outcomes]int{}, near: map[askedGroup]*storage.AskedMonth{}}
}

func invited(cells []storage.AskedCell) (n int) {
	for i := range cells {
		for _, k := range cells[i].Outcomes {
			n += k
		}
	}
	return n
}

// askedSumsOf adds up the invitations of a filter. all are those of its days and sites.
func askedSumsOf(ctx context.Context, from Store, f storage.FigureFilter, all []storage.AskedCell) (*askedSums, error) {
	months, err := from.AskedMonths(ctx, f)
	if err != nil {
		return nil, err
	}
	in := map[askedGroup]*storage.AskedMonth{}
	for i := range months {
		m := &months[i]
		in[askedGroup{m.Site, m.Month, m.Flow, m.Class}] = m
	}
	s := newAskedSums(f.From, f.To)
	for i := range all {
		if c := &all[i]; f.Flow == "" || c.Flow == f.Flow {
			g := askedGroupOf(c)
			s.put(g, c.Outcomes, in[g])
		}
	}
	return s, nil
}

func (s *askedSums) put(g askedGroup, outcomes [storage.Outcomes]int, near *storage.AskedMonth) {
	was := s.outcomes[g]
	for i, k := range outcomes {
		was[i] += k
	}
	s.outcomes[g], s.near[g] = was, near
}

func (s *askedSums) total() (counts [storage.Outcomes]int) {
	for _, outcomes := range s.outcomes {
		for i, k := range outcomes {
			counts[i] += k
		}
	}
	return counts
}

// rate is the share of those with some outcomes among those with others: see Asked.rate. As sums.rate.
func (s *askedSums) rate(of, yes func(outcome int) bool) report.Clustered {
	var one, counts [storage.Outcomes]float64
	k, n := 0, 0
	for i, count := range s.total() {
		if !of(i) {
			continue
		}
		one[i], n = 1, n+count
		if yes(i) {
			counts[i], k = 1, k+count
		}
	}
	spoken := !of(storage.Unopened) // only who answered counts
	var c report.Clusters
	for g := range s.outcomes {
		m := s.near[g]
		if m == nil {
			continue
		}
		if spoken {
			c.Customers += m.Answerers
		} else {
			c.Customers += m.Customers
		}
		for i, had := range m.Outcomes {
			c.M, c.K = c.M+one[i]*float64(had), c.K+counts[i]*float64(had)
		}
		c.MM += m.Pairs.Products(one, one)
		c.MK += m.Pairs.Products(one, counts)
		c.KK += m.Pairs.Products(counts, counts)
	}
	effect := 1.0
	if c.M > 0 {
		effect = c.Rate().Effect
	}
	return report.Summed(k, n, s.fewest(of, spoken), effect)
}

// fewest is of how many customers they are at the least: as many as the month with most of them has.
func (s *askedSums) fewest(of func(outcome int) bool, spoken bool) (customers int) {
	for g, outcomes := range s.outcomes {
		m, n := s.near[g], 0
		if m == nil {
			continue
		}
		for i, k := range outcomes {
			if of(i) {
				n += k
			}
		}
		all, most := m.Customers, m.Most
		if spoken {
			all, most = m.Answerers, m.Spoken
		}
		if most > 0 {
			customers = max(customers, (n+most-1)/most)
		}
		if wholeMonth(g.month, s.first, s.last) {
			customers = max(customers, min(all, n))
		}
	}
	return customers
}

// wholeMonth reports whether all days of a month lie between two days.
func wholeMonth(month, from, to string) bool {
	first, err := time.Parse("2006-01", month)
	return err == nil && from <= first.Format(time.DateOnly) && first.AddDate(0, 1, -1).Format(time.DateOnly) <= to
}
