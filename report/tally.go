package report

import (
	"cmp"
	"maps"
	"slices"
)

// Tally counts, by customer, how many answers each gave (the second number) and how many of them
// count (the first). Whose answers belong together is all that a customer's name is for.
type Tally map[string]*[2]float64

// Add counts an answer of a customer.
func (t Tally) Add(customer string, yes bool) {
	c := t[customer]
	if c == nil {
		c = new([2]float64)
		t[customer] = c
	}
	c[1]++
	if yes {
		c[0]++
	}
}

// Rate is the share of all answers that count, clustered by customer.
func (t Tally) Rate() Clustered {
	var c Clusters
	for _, a := range t {
		c.Add(a[0], a[1])
	}
	r := c.Rate()
	if len(t) < FewestCounted {
		copy(r.few[:], slices.Sorted(maps.Keys(t)))
	}
	return r
}

// RateOf is the share as a Tally makes it, of customers with these names: of so many answers (the second number)
// of each so many count (the first).
func RateOf(names []string, counts [][2]int32) Clustered {
	var c Clusters
	for _, a := range counts {
		c.Add(float64(a[0]), float64(a[1]))
	}
	r := c.Rate()
	if c.Customers < FewestCounted {
		var few []string
		for i, a := range counts {
			if a[1] > 0 {
				few = append(few, names[i])
			}
		}
		slices.Sort(few)
		copy(r.few[:], few)
	}
	return r
}

// Run counts as a Tally does, of answers that come customer by customer, and remembers the
// first few of them alone. The zero value is ready.
type Run struct {
	clusters Clusters
	customer string
	k, m     float64
	few      [FewestCounted - 1]string
}

// Add counts an answer. All those of a customer must come one after the other.
func (r *Run) Add(customer string, yes bool) {
	if r.m == 0 || customer != r.customer {
		r.clusters.Add(r.k, r.m)
		if r.clusters.Customers < len(r.few) {
			r.few[r.clusters.Customers] = customer
		}
		r.customer, r.k, r.m = customer, 0, 0
	}
	r.m++
	if yes {
		r.k++
	}
}

// Rate is the share of all answers that count, clustered by customer.
func (r *Run) Rate() Clustered {
	c := r.clusters
	c.Add(r.k, r.m)
	rate := c.Rate()
	if c.Customers < FewestCounted {
		rate.few = r.few
	}
	return rate
}

// Protect hides those of the parts of a total that may not be shown, and with them what they follow
// from: see Complement. Enough people are five different ones: somebody may have answered in several of the
// parts, and often. Which of several parts with as many answers is hidden goes by their keys, so
// that whoever looks twice does not see one of them now and another then. Call it once of a total.
func Protect(keys []string, rates []*Clustered) {
	order := make([]int, len(rates))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	n := make([]int, len(rates))
	for i, at := range order {
		r := rates[at]
		if n[i] = r.N; r.Manner == Hidden && r.N >= FewestCounted {
			n[i] = max(1, min(r.Customers, FewestCounted-1)) // of too few customers
		}
	}
	enough := func(hidden []int) bool {
		of := make([]*Clustered, len(hidden))
		for i, at := range hidden {
			of[i] = rates[order[at]]
		}
		return fewestPeople(of) >= FewestCounted
	}
	for i, hide := range Complement(n, enough) {
		if hide {
			rates[order[i]].Rate = rates[order[i]].Rate.Hide()
		}
	}
}

// fewestPeople is how many different customers parts have together at the least: those that are known by
// name are told apart, others may be the same.
func fewestPeople(parts []*Clustered) int {
	known, most := map[string]bool{}, 0
	for _, p := range parts {
		most = max(most, p.Customers)
		for _, name := range p.few {
			if name != "" {
				known[name] = true
			}
		}
	}
	return max(most, len(known))
}
