package report

import (
	"cmp"
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
	return c.Rate()
}

// Run counts as a Tally does, of answers that come customer by customer, and remembers none of them.
// The zero value is ready.
type Run struct {
	clusters Clusters
	customer string
	k, m     float64
}

// Add counts an answer. All those of a customer must come one after the other.
func (r *Run) Add(customer string, yes bool) {
	if customer != r.customer {
		r.clusters.Add(r.k, r.m)
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
	return c.Rate()
}

// Protect hides those of the parts of a total that may not be shown, and with them what they follow
// from: see Complement. Which of several parts with as many answers is hidden goes by their keys, so
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
	for i, hide := range Complement(n) {
		if hide {
			rates[order[i]].Rate = rates[order[i]].Rate.Hide()
		}
	}
}
