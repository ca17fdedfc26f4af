package figures

import (
	"slices"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// regainedAfter is how many days after an unsatisfied answer it is looked what became of its case. Visits count from
// the day after that: who comes before anybody could speak to them would else make those look better to whom nobody
// spoke, and a second visit that puts things right is no return.
//
// Source: J. R. Anderson, K. C. Cain, R. D. Gelber, Journal of Clinical Oncology 1 (1983) 710–719.
const regainedAfter = 14

// What became of customers who gave an unsatisfied answer, as groups of Regained, and those who had no reason.
const (
	WonBack    = "recovered"
	NotWonBack = "not_recovered"
	Unsaid     = "unsaid"   // staff spoke to them, and they did not say how it is now
	Unspoken   = "unspoken" // nobody spoke to them
	Content    = "satisfied"
)

// RegainedGroups are the groups in the order of Regained.Groups.
func RegainedGroups() [5]string { return [5]string{WonBack, NotWonBack, Unsaid, Unspoken, Content} }

// Regained is how many customers came again after an unsatisfied answer, by what became of their case within
// After days: of each customer the first such answer of the twelve months that opened a case. Beside them are those
// whose first answer was satisfied.
type Regained struct {
	After  int         // days; 0 = it was made by a program that did not count this
	Many   bool        // there are too many cases to count
	Groups [5][]Return // within the same days, counted from the end of After
	Young  int         // customers whose answer is not as old as After
}

// Of are the returns of a group.
func (g *Regained) Of(group string) []Return {
	for i, name := range RegainedGroups() {
		if name == group {
			return g.Groups[i]
		}
	}
	return nil
}

// Difference is how much more often those who were won back came again than another group, within the longest of the
// days. ok is false where one may not be compared.
func (g *Regained) Difference(than string) (d report.Difference, ok bool) {
	won, other := g.Of(WonBack), g.Of(than)
	if len(won) == 0 || len(other) != len(won) {
		return d, false
	}
	return won[len(won)-1].Less(other[len(other)-1])
}

// Unhappy are the customers with an unsatisfied answer. ok is false where one group is so small that it would follow
// from the others.
func (g *Regained) Unhappy() (n int, ok bool) {
	for i, group := range g.Groups {
		if RegainedGroups()[i] == Content || len(group) == 0 {
			continue
		}
		if of := group[0].Customers; of > 0 && of < report.FewestCounted {
			return 0, false
		}
		n += group[0].Customers
	}
	return n, n > 0
}

// regainedOf counts who came again. Cases of who was erased are nobody's, and count in no group.
func regainedOf(c *clientele, from *Source, cases []storage.FigureCase) (g Regained) {
	g.After = regainedAfter
	worst, best := Unsatisfied.Levels()
	_, watched := Watch.Levels()
	of := map[string][]*storage.FigureCase{}
	for i := range cases {
		if k := &cases[i]; k.Customer != "" && k.Level >= worst && k.Level <= best {
			of[k.Customer] = append(of[k.Customer], k)
		}
	}
	var waits [5][]report.Wait
	c.came(func(key string, p *patron) {
		var day int
		group := 4
		if k := firstOf(of[key], p); k != nil {
			day = dayNumber(k.Day)
			group = becameOf(k, day+regainedAfter, from)
		} else if len(p.levels) > 0 && p.levels[0].level > watched {
			day = p.levels[0].day
		} else {
			return
		}
		if day+regainedAfter > c.today {
			if group < 4 {
				g.Young++
			}
			return
		}
		waits[group] = append(waits[group], again(p.visits, day+regainedAfter, c.today))
	})
	copy(g.Groups[:], returnsOfGroups(waits[:], 0, 3))
	return g
}

// firstOf is the first case of a customer's own answers; nil = there is none. What opened the others were surveys of
// customers who stay away: these were chosen because they do not come (decision 0100).
func firstOf(cases []*storage.FigureCase, p *patron) (first *storage.FigureCase) {
	_, best := Unsatisfied.Levels()
	for _, k := range cases {
		day := dayNumber(k.Day)
		own := slices.ContainsFunc(p.levels, func(said graded) bool { return said.day == day && said.site == k.Site && said.level <= best })
		if own && (first == nil || k.Day < first.Day || k.Day == first.Day && k.OpenedAt.Before(first.OpenedAt)) {
			first = k
		}
	}
	return first
}

// becameOf is the group of a case by a day: what happened later does not count. When the customer said how it is now
// is not kept; they are asked once it is resolved.
func becameOf(k *storage.FigureCase, by int, from *Source) int {
	zone := from.zone(k.Site)
	switch {
	case k.Contacted.IsZero() || dayAt(k.Contacted, zone) > by:
		return 3
	case k.Recovered == recovery.RecoveredUnknown || k.Resolved.IsZero() || dayAt(k.Resolved, zone) > by:
		return 2
	case k.Recovered == recovery.RecoveredYes:
		return 0
	}
	return 1
}

// comebacks are the figures of each site by itself, as its own result has them.
func comebacks(c *clientele, from *Source, cases []storage.FigureCase) map[string]Comeback {
	at := map[string][]storage.FigureCase{}
	for _, k := range cases {
		at[k.Site] = append(at[k.Site], k)
	}
	all := map[string]Comeback{}
	for site, of := range c.bySite() {
		g := regainedOf(of, from, at[site])
		won, content := g.Of(WonBack), g.Of(Content)
		x := Comeback{won[len(won)-1], content[len(content)-1]}
		if _, ok := x.Difference(); ok {
			all[site] = x
		}
	}
	return all
}
