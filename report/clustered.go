package report

import "math"

// Clusters is what a rate needs of answers that customers gave several of: the sums over
// customers of what each gave. They add up over any disjoint sets of customers.
type Clusters struct {
	Customers  int
	M, K       float64 // answers, and those that count
	MM, MK, KK float64 // Σm², Σmk, Σk²
}

// Add counts a customer with k of m answers.
func (c *Clusters) Add(k, m float64) {
	if !(m > 0 && k >= 0 && k <= m) {
		return
	}
	c.Customers++
	c.M, c.K = c.M+m, c.K+k
	c.MM, c.MK, c.KK = c.MM+m*m, c.MK+m*k, c.KK+k*k
}

// AddAlike counts so many customers with one answer each, which counts or does not.
func (c *Clusters) AddAlike(counts bool, customers int) {
	n := float64(customers)
	c.Customers, c.M, c.MM = c.Customers+customers, c.M+n, c.MM+n
	if counts {
		c.K, c.MK, c.KK = c.K+n, c.MK+n, c.KK+n
	}
}

// Plus are the sums over the customers of both, who are others.
func (c Clusters) Plus(o Clusters) Clusters {
	return Clusters{c.Customers + o.Customers, c.M + o.M, c.K + o.K, c.MM + o.MM, c.MK + o.MK, c.KK + o.KK}
}

// Clustered is a rate of answers, of which a customer may have given several.
type Clustered struct {
	Rate
	Customers int
	Effect    float64 // design effect, 1 and up: how many answers are worth one
	Effective float64 // answers that would tell as much if each were another customer's
	Summed    bool    // it is made of sums: Customers is the fewest that there can be

	few [FewestCounted - 1]string // who the customers are while they are so few, where that is known; see Protect
}

// Rate is the share of all answers, with an interval as wide as that customers differ: answers of
// one customer are alike. The rule for small numbers counts answers, and customers as well: many
// answers of two customers are two customers.
//
// Source: W. G. Cochran, Sampling Techniques (1977) 66; J. N. K. Rao, A. J. Scott, Biometrics 48
// (1992) 577–585.
func (c Clusters) Rate() Clustered {
	r := Clustered{Rate: Show(int(math.Round(c.K)), int(math.Round(c.M))), Customers: c.Customers, Effect: 1, Effective: c.M}
	if r.Manner == Hidden {
		return r
	}
	if few := Show(0, c.Customers); rank(few.Manner) < rank(r.Manner) {
		r.Manner = few.Manner
	}
	p := c.K / c.M
	switch n := float64(c.Customers); {
	case p == 0 || p == 1: // nothing says how alike a customer's answers are: each counts as one
		r.Effect, r.Effective = c.M/n, n
	case n > 1:
		between := c.KK - 2*p*c.MK + p*p*c.MM
		variance := n / (n - 1) * max(0, between) / (c.M * c.M)
		r.Effect = max(1, variance/(p*(1-p)/c.M))
		r.Effective = c.M / r.Effect
	}
	r.P, r.Within = p, Wilson(p*r.Effective, r.Effective)
	if r.Manner == Hidden || r.Manner == Counted {
		r.P, r.Within = 0, Interval{0, 1}
	}
	return r
}

func rank(m Manner) int {
	switch m {
	case Plain:
		return 3
	case Few:
		return 2
	case Counted:
		return 1
	}
	return 0
}

// Minus is the change from an earlier rate. ok is false where one may not be compared.
//
// Source: Newcombe's, of the effective counts.
func (r Clustered) Minus(earlier Clustered) (d Difference, ok bool) {
	if !r.Compared() || !earlier.Compared() {
		return Difference{}, false
	}
	return Difference{r.P - earlier.P, Newcombe(r.P*r.Effective, r.Effective, earlier.P*earlier.Effective, earlier.Effective)}, true
}

// PerCustomer is the mean over customers of their own shares, where each counts alike: pairs are k
// of m answers.
//
// Source: Wilson's, of customers.
func PerCustomer(pairs [][2]float64) (p float64, customers int, within Interval) {
	var sum float64
	for _, c := range pairs {
		if c[1] > 0 {
			sum += c[0] / c[1]
			customers++
		}
	}
	if customers == 0 {
		return 0, 0, Interval{0, 1}
	}
	return sum / float64(customers), customers, Wilson(sum, float64(customers))
}

// OfSmallTeam is the interval of a rate of k of n answers, where all are only so many: the more of
// them have answered, the less is unknown. Where all answered it is the rate itself.
//
// Source: Cochran (1977) 24: the finite population correction.
func OfSmallTeam(k, n, all int) Interval {
	if n <= 0 || k < 0 || k > n || n > all {
		return Interval{0, 1}
	}
	p := float64(k) / float64(n)
	if n == all {
		return Interval{p, p}
	}
	effective := float64(n) * float64(all-1) / float64(all-n)
	return Wilson(p*effective, effective)
}
