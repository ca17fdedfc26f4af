package figures

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// StandardCount holds services against standards, one by one and in any order. It holds counts by customer until these
// are folded.
type StandardCount struct {
	*whom
	zone     func(site string) *time.Location
	from, to string
	over     []Space
	now      time.Time
	days     [2]map[string]int // held, and of all that was folded
	all      []*standardCount
	quiet    map[uint64]*quietly // by known customer
	silent   shared
	records  int // that are held of customers
}

// standardCount is how a standard was kept.
type standardCount struct {
	of                    *invitation.Standard
	n                     [2]int // held, and of all that was folded
	kept, broken, met     heldBy
	over, sites, services map[string]*heldBy
}

// quietly is how many services of a customer broke a standard, of how many of these there is no answer, and whether the
// customer had a case.
type quietly struct {
	unanswered, broke uint32
	heard             bool
}

// heldBy counts services that count and all of them: held are those of each customer, and those of nobody, each of
// which is alone.
type heldBy struct {
	by         map[uint64]*[2]uint32
	alone, sum shared
}

// add counts a service; more reports that its customer was not held.
func (h *heldBy) add(who uint64, known, yes bool) (more bool) {
	k := uint32(0)
	if yes {
		k = 1
	}
	if !known {
		h.alone.add(who, k, 1)
		return false
	}
	if h.by == nil {
		h.by = map[uint64]*[2]uint32{}
	}
	of := h.by[who]
	if more = of == nil; more {
		of = &[2]uint32{}
		h.by[who] = of
	}
	of[0], of[1] = of[0]+k, of[1]+1
	return more
}

func (h *heldBy) fold() {
	h.sum.join(&h.alone)
	for who, of := range h.by {
		h.sum.add(who, of[0], of[1])
	}
	h.drop()
}

func (h *heldBy) drop() { h.by, h.alone = nil, shared{} }

// NewStandardCount returns a count of services on the days from one to another.
func NewStandardCount(standards []invitation.Standard, zone func(site string) *time.Location, from, to string, now time.Time) *StandardCount {
	c := &StandardCount{
		whom: newWhom(), zone: zone, from: from, to: to, over: Spaces(from, to, Fine(from, to)), now: now,
		days: [2]map[string]int{{}, {}}, quiet: map[uint64]*quietly{},
	}
	add := func(of *invitation.Standard) {
		c.all = append(c.all, &standardCount{of: of, over: map[string]*heldBy{}, sites: map[string]*heldBy{}, services: map[string]*heldBy{}})
	}
	add(nil)
	for i := range standards {
		add(&standards[i])
	}
	return c
}

// Hear notes that a customer had a case. All services were added before.
func (c *StandardCount) Hear(customer string) {
	if q := c.quiet[c.named("p:"+customer)]; q != nil {
		q.heard = true
	}
}

// Add counts a service; one of another day it leaves out.
func (c *StandardCount) Add(e *storage.ServedEvent) {
	who, known := c.named("s:"+e.Name()), e.Customer != ""
	if known {
		who = c.named("p:" + e.Customer)
	}
	day := DayOf(e, c.zone)
	if !c.counted(who) || day < c.from || day > c.to {
		return
	}
	c.days[0][day]++
	worst, best := Unsatisfied.Levels()
	unsatisfied, broke := worst <= e.Level && e.Level <= best, false
	for _, s := range c.all {
		_, broken, measured := measured(s.of, e)
		if !measured {
			continue
		}
		s.n[0]++
		broke = broke || broken
		for _, of := range []*heldBy{&s.kept, partOf(s.over, SpaceOf(c.over, day)), partOf(s.sites, e.Site), partOf(s.services, e.Service)} {
			c.hold(of.add(who, known, !broken))
		}
		switch {
		case !e.Answered:
		case broken:
			c.hold(s.broken.add(who, known, unsatisfied))
		default:
			c.hold(s.met.add(who, known, unsatisfied))
		}
	}
	if !broke || !known || c.now.Sub(e.At()) < Unheard {
		return
	}
	if c.quiet[who] == nil {
		c.quiet[who] = &quietly{}
		c.hold(true)
	}
	if c.quiet[who].broke++; !e.Answered {
		c.quiet[who].unanswered++
	}
}

func (c *StandardCount) hold(more bool) {
	if more {
		c.records++
	}
}

func partOf(parts map[string]*heldBy, key string) *heldBy {
	if parts[key] == nil {
		parts[key] = &heldBy{}
	}
	return parts[key]
}

func (c *StandardCount) held() int { return c.records }

func (c *StandardCount) drop() {
	for _, s := range c.all {
		s.n[0] = 0
		s.each((*heldBy).drop)
	}
	c.days[0], c.quiet, c.records = map[string]int{}, map[uint64]*quietly{}, 0
}

func (c *StandardCount) fold() {
	for day, n := range c.days[0] {
		c.days[1][day] += n
	}
	for _, s := range c.all {
		s.n[1] += s.n[0]
		s.each((*heldBy).fold)
	}
	for who, of := range c.quiet {
		if of.heard {
			of.unanswered = 0
		}
		c.silent.add(who, of.unanswered, of.broke)
	}
	c.drop()
}

// each does something with each rate.
func (s *standardCount) each(do func(*heldBy)) {
	for _, of := range []*heldBy{&s.kept, &s.broken, &s.met} {
		do(of)
	}
	for _, parts := range []map[string]*heldBy{s.over, s.sites, s.services} {
		for _, of := range parts {
			do(of)
		}
	}
}

// Figures is what was counted.
func (c *StandardCount) Figures() StandardFigures {
	c.fold()
	f := StandardFigures{From: c.from, To: c.to, Days: c.days[1]}
	for _, s := range c.all {
		f.Against = append(f.Against, (&Standard{Of: s.of}).Key())
		if s.n[1] == 0 {
			continue
		}
		one := Standard{Of: s.of, N: s.n[1], Kept: s.kept.sum.rate(), Broken: s.broken.sum.rate(), Met: s.met.sum.rate()}
		report.Protect([]string{"broken", "met"}, []*report.Clustered{&one.Broken, &one.Met})
		for i := range c.over { // those without services as well
			partOf(s.over, c.over[i].First)
		}
		one.Over, one.Sites, one.Services = protected(s.over), protected(s.sites), protected(s.services)
		f.All = append(f.All, one)
	}
	slices.SortStableFunc(f.All, func(a, b Standard) int { return cmp.Compare(b.N, a.N) })
	slices.Sort(f.Against)
	f.Silent = c.silent.rate()
	return f
}

// protected are the rates of parts, with what may not be shown of them hidden.
func protected(parts map[string]*heldBy) map[string]report.Clustered {
	keys := slices.Sorted(maps.Keys(parts))
	rates, of := make([]report.Clustered, len(keys)), make([]*report.Clustered, len(keys))
	for i, key := range keys {
		rates[i] = parts[key].sum.rate()
		of[i] = &rates[i]
	}
	report.Protect(keys, of)
	all := make(map[string]report.Clustered, len(keys))
	for i, key := range keys {
		all[key] = rates[i]
	}
	return all
}
