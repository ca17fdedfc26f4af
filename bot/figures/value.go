package figures

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Value is what customers are worth, by the classes that they were given and by what they paid.
type Value struct {
	Currency string // that most customers paid in
	Others   int    // customers who paid in another one only, or nothing that is known
	Paid     int    // customers of whom it is known what they paid in it
	// TopShare is which share of what was paid the top fifth of those customers brought, 0–1.
	// ByPaid are the classes that customers would be in by what they paid, and by what they spend elsewhere as far
	// as they say so.
	TopShare float64
	ByPaid   []Agreement      // most valuable, most growable, below zero
	Tenths   []float64        // the share of each tenth of them, who paid most first; none of fewer than 50
	Felt     report.Clustered // unsatisfied, of the answers of all who came
	Classes  []Class          // in the order of ClassNames; of the customers who came
	// Classed are how many of those who had a class had which, at the end of each month.
	Classed []MonthOfClasses
	Moves   []Move // over the months, of who had a class then and now
	// Unsatisfied are customers whose newest answer is unsatisfied, of those who answered; and what they paid.
	Unsatisfied report.Clustered
	Stake       float64 // what these paid in twelve months
	StakeOf     int     // of how many of them it is known
}

// Class is one class by value.
type Class struct {
	Tier        string           // "" = none was told
	Customers   report.Clustered // of those who came
	Share       float64          // of what was paid
	Paid        int              // of whom that is known
	Unsatisfied report.Clustered // of their answers
}

// Agreement is how many customers would be in a class by what they paid, and how many of them are.
type Agreement struct {
	Tier    string
	N, Also int
}

// MonthOfClasses is how many customers had which class at the end of a month, in the order of ClassNames.
type MonthOfClasses struct {
	Month string // "2026-03"; the last one is as of now
	N     []int
}

// ClassNames are the classes by value, the most valuable first, and none.
func ClassNames() (all []string) {
	for _, t := range recovery.Tiers() {
		all = append(all, string(t))
	}
	return append(all, "")
}

// fewestTenths is how many customers are parted into tenths at the least.
const fewestTenths = 50

// classes is which class customers have had, by their keys: the oldest change first.
type classes map[string][]storage.TierChange

// classesOf reads the classes of a clientele.
func classesOf(ctx context.Context, from *Source, c *clientele) (classes, error) {
	all, after := classes{}, storage.TierChange{}
	for {
		list, err := from.TiersAfter(ctx, after, resultBatch)
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			if after = x; c.by[x.Customer] != nil {
				all[x.Customer] = append(all[x.Customer], x)
			}
		}
		if len(list) < resultBatch {
			break
		}
	}
	var silent []string // of whom no change is known, and perhaps a class
	for key := range c.by {
		if all[key] == nil {
			silent = append(silent, key)
		}
	}
	now, err := from.TiersNow(ctx, silent)
	if err != nil {
		return nil, err
	}
	for key, tier := range now {
		all[key] = []storage.TierChange{{Customer: key, Tier: tier}}
	}
	return all, nil
}

// at is the class of a customer at a moment; "" = none was told by then.
func (c classes) at(key string, moment time.Time) (tier string) {
	for _, x := range c[key] {
		if x.At.After(moment) {
			break
		}
		tier = string(x.Tier)
	}
	return tier
}

// valueOfAll counts what customers are worth, as of the end of a day, and by which share of what they spend stays here,
// as far as they say so.
func valueOfAll(c *clientele, of classes, shares map[string]float64, today time.Time) (v Value) {
	now := today.AddDate(0, 0, 1)
	v.Currency = c.currency()
	names := ClassNames()
	v.Classes = make([]Class, len(names))
	count, answers, paid, total := make([]int, len(names)), make([]report.Tally, len(names)), make([]float64, len(names)), 0.0
	for i := range answers {
		answers[i] = report.Tally{}
	}
	var worth []report.Worth
	came, answered, unhappy, felt := 0, 0, 0, report.Tally{}
	c.came(func(key string, p *patron) {
		came++
		at := slices.Index(names, of.at(key, now))
		count[at]++
		sum, known := p.paid[v.Currency]
		if known {
			might := sum
			if share := shares["p:"+key]; share > 0 && sum > 0 {
				might = sum / share
			}
			worth = append(worth, report.Worth{ID: key, Actual: sum, Potential: might})
			paid[at], total = paid[at]+max(0, sum), total+max(0, sum)
			v.Classes[at].Paid++
		} else {
			v.Others++
		}
		worst, best := Unsatisfied.Levels()
		for i, g := range p.levels {
			bad := worst <= g.level && g.level <= best
			felt.Add(key, bad)
			if answers[at].Add(key, bad); i < len(p.levels)-1 {
				continue
			}
			if answered++; bad {
				unhappy++
				if known {
					v.Stake, v.StakeOf = v.Stake+sum, v.StakeOf+1
				}
			}
		}
	})
	v.Paid, v.Unsatisfied, v.Felt = len(worth), PerCustomer(unhappy, answered), felt.Rate()
	for i := range names {
		one := &v.Classes[i]
		one.Tier, one.Customers, one.Unsatisfied = names[i], PerCustomer(count[i], came), answers[i].Rate()
		if total > 0 {
			one.Share = paid[i] / total
		}
	}
	v.worth(worth, func(key string) string { return of.at(key, now) })
	v.months(of, today)
	return v
}

// worth counts by what customers paid.
func (v *Value) worth(all []report.Worth, class func(key string) string) {
	tiers, share, _ := report.Tiers(all, report.TopShare)
	v.TopShare = share
	for _, t := range []report.Tier{report.MostValuable, report.MostGrowable, report.BelowZero} {
		one := Agreement{Tier: string(t)}
		for key, by := range tiers {
			if by == t {
				if one.N++; class(key) == string(t) {
					one.Also++
				}
			}
		}
		v.ByPaid = append(v.ByPaid, one)
	}
	if len(all) < fewestTenths {
		return
	}
	slices.SortFunc(all, func(a, b report.Worth) int {
		switch {
		case a.Actual > b.Actual:
			return -1
		case a.Actual < b.Actual:
			return 1
		}
		return 0
	})
	total := 0.0
	v.Tenths = make([]float64, 10)
	for i, w := range all {
		v.Tenths[i*10/len(all)] += max(0, w.Actual)
		total += max(0, w.Actual)
	}
	if total <= 0 {
		v.Tenths = nil
		return
	}
	for i := range v.Tenths {
		v.Tenths[i] /= total
	}
}

// months counts the classes at the end of each month, and how customers moved between the first and now.
func (v *Value) months(of classes, today time.Time) {
	now := today.AddDate(0, 0, 1)
	names := ClassNames()
	names = names[:len(names)-1] // who has none is not counted here
	first := time.Date(today.Year(), today.Month()-ResultMonths+1, 1, 0, 0, 0, 0, time.UTC)
	for i := range ResultMonths {
		month := first.AddDate(0, i, 0)
		end := month.AddDate(0, 1, 0)
		if end.After(now) {
			end = now
		}
		m := MonthOfClasses{Month: month.Format("2006-01"), N: make([]int, len(names))}
		for key := range of {
			if at := slices.Index(names, of.at(key, end)); at >= 0 {
				m.N[at]++
			}
		}
		v.Classed = append(v.Classed, m)
	}
	moves := map[Move]int{}
	for key := range of {
		if from, to := of.at(key, first), of.at(key, now); from != "" && to != "" {
			moves[Move{From: from, To: to}]++
		}
	}
	for m, n := range moves {
		m.N = n
		v.Moves = append(v.Moves, m)
	}
	slices.SortFunc(v.Moves, func(a, b Move) int {
		x, y := slices.Index(names, a.From)*10+slices.Index(names, a.To), slices.Index(names, b.From)*10+slices.Index(names, b.To)
		return x - y
	})
}
