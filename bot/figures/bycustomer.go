package figures

import (
	"cmp"
	"encoding/json"
	"hash/maphash"
	"math"
	"slices"
	"strconv"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// fixed is a number in parts of 2³⁰: whole numbers and halves are exact, and sums are the same in any order.
type fixed int64

const (
	fixedUnit = 1 << 30
	// mostFixed bounds a number, either way: some thousands of them add up before a sum is full.
	mostFixed = 1 << 20
)

func fixedOf(x float64) fixed {
	if math.IsNaN(x) {
		return 0
	}
	return fixed(math.RoundToEven(max(-mostFixed, min(mostFixed, x)) * fixedUnit))
}

func (x fixed) float() float64 { return float64(x) / fixedUnit }

// given is how many values a customer gave, and their sum.
type given struct {
	n   uint32
	sum fixed
}

func (g *given) add(x fixed) { g.n, g.sum = g.n+1, g.sum+x }

// meanOf is the mean of what customers gave, one of each, in any order: which of them is whose does not matter. Where
// too few are in it, it has no numbers.
func meanOf(all []given) report.ClusteredMean {
	slices.SortFunc(all, func(a, b given) int { return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.sum, b.sum)) })
	var sums report.ClusteredSums
	for _, g := range all {
		sums.Add(float64(g.n), g.sum.float())
	}
	return keptMean(sums.Mean())
}

// shared is a rate of customers that come one by one, in any order. It remembers who the first few are.
type shared struct {
	clusters report.Clusters
	names    []string
	counts   [][2]int32
}

// add counts a customer of whose answers k of m count.
func (s *shared) add(who uint64, k, m uint32) {
	if m == 0 {
		return
	}
	s.clusters.Add(float64(k), float64(m))
	if len(s.counts) < report.FewestCounted {
		s.names, s.counts = append(s.names, strconv.FormatUint(who, 36)), append(s.counts, [2]int32{int32(k), int32(m)})
	}
}

func (s *shared) rate() report.Clustered {
	if s.clusters.Customers < report.FewestCounted {
		return report.RateOf(s.names, s.counts)
	}
	return s.clusters.Rate()
}

// whom tells customers apart by numbers that nobody can turn back.
type whom struct{ seed maphash.Seed }

func newWhom() whom { return whom{maphash.MakeSeed()} }

func (w whom) of(s *storage.GivenSession) uint64 { return w.named(s.Customer) }

func (w whom) named(customer string) uint64 { return maphash.String(w.seed, customer) }

// newest is when a conversation was: its day, and its id, which begins with its time.
type newest struct{ day, id string }

func newestOf(s *storage.GivenSession) newest { return newest{s.Day, s.ID} }

func (n newest) before(o newest) bool {
	return cmp.Or(cmp.Compare(n.day, o.day), cmp.Compare(n.id, o.id)) < 0
}

// Optional is a number; NaN is none, and null in JSON.
type Optional float64

// Known reports whether there is one.
func (o Optional) Known() bool { return !math.IsNaN(float64(o)) && !math.IsInf(float64(o), 0) }

// MarshalJSON implements json.Marshaler.
func (o Optional) MarshalJSON() ([]byte, error) {
	if !o.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(o))
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Optional) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*o = Optional(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(o))
}
