package report

import (
	"cmp"
	"math"
	"slices"
)

// Worth is what a customer brings in a year, after the cost to serve, in money.
type Worth struct {
	ID                string
	Actual, Potential float64
}

// Tier is a class of customers by value.
type Tier string

// The tiers.
const (
	MostValuable  Tier = "MVC"
	MostGrowable  Tier = "MGC"
	BelowZero     Tier = "BZ"
	OrdinaryValue Tier = "normal"
)

// TopShare is the share of customers that counts as the top, unless it is set otherwise.
const TopShare = 0.2

// Tiers classes customers: who has no potential is below zero; of the others the top share of all
// by actual value, above 0, are the most valuable; of the rest the top share by what they might
// bring more, above 0, the most growable. Equals stand by higher actual value, then by id. ofValue
// is the share of the positive value that the top customers bring, top how many those are.
//
// Source: D. Peppers, M. Rogers, The One to One Future (1993).
func Tiers(customers []Worth, share float64) (tiers map[string]Tier, ofValue float64, top int) {
	top = int(math.Ceil(share*float64(len(customers)) - 1e-9))
	tiers = make(map[string]Tier, len(customers))
	rest := make([]Worth, 0, len(customers))
	var all, held float64
	for _, c := range customers {
		all += max(0, c.Actual)
		tiers[c.ID] = OrdinaryValue
		if c.Potential <= 0 {
			tiers[c.ID] = BelowZero
			continue
		}
		rest = append(rest, c)
	}
	take := func(by func(Worth) float64, tier Tier) {
		slices.SortFunc(rest, func(a, b Worth) int {
			return cmp.Or(cmp.Compare(by(b), by(a)), cmp.Compare(b.Actual, a.Actual), cmp.Compare(a.ID, b.ID))
		})
		n := 0
		for n < min(top, len(rest)) && by(rest[n]) > 0 {
			tiers[rest[n].ID] = tier
			n++
		}
		rest = rest[n:]
	}
	take(func(w Worth) float64 { return w.Actual }, MostValuable)
	take(func(w Worth) float64 { return w.Potential - w.Actual }, MostGrowable)
	most := make([]float64, 0, len(customers))
	for _, c := range customers {
		most = append(most, max(0, c.Actual))
	}
	slices.SortFunc(most, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, x := range most[:min(top, len(most))] {
		held += x
	}
	if all > 0 {
		ofValue = held / all
	}
	return tiers, ofValue, top
}

// Spending is what a customer spends here, and on the whole category, in money.
type Spending struct{ Here, Category float64 }

// ShareOfSpending is how much of what customers spend stays here, 0–1: the mean of their shares,
// where customers count alike, and the share of the total, where money does. Who spends nothing
// on the category is left out.
func ShareOfSpending(customers []Spending) (ofCustomers Mean, ofTotal float64) {
	var shares []float64
	var here, all float64
	for _, c := range customers {
		if !(c.Category > 0) {
			continue
		}
		shares = append(shares, c.Here/c.Category)
		here, all = here+c.Here, all+c.Category
	}
	if all > 0 {
		ofTotal = here / all
	}
	return MeanOf(shares), ofTotal
}
