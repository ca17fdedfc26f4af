package figures

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

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

// join counts the customers of another rate, who are others.
func (s *shared) join(o *shared) {
	s.clusters = s.clusters.Plus(o.clusters)
	for i := range o.names {
		if len(s.counts) < report.FewestCounted {
			s.names, s.counts = append(s.names, o.names[i]), append(s.counts, o.counts[i])
		}
	}
}

func (s *shared) rate() report.Clustered {
	if s.clusters.Customers < report.FewestCounted {
		return report.RateOf(s.names, s.counts)
	}
	return s.clusters.Rate()
}

// newest is when a conversation was: its day, and its id, which begins with its time.
type newest struct{ day, id string }

func newestOf(s *storage.GivenSession) *newest { return &newest{s.Day, s.ID} }

func (n *newest) before(o *newest) bool {
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
