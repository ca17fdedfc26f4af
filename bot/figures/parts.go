package figures

import (
	"hash/maphash"
	"math"

	"github.com/aftercare/aftercare/storage"
)

// whom tells customers apart by numbers that nobody can turn back. Those from first to last are counted.
type whom struct {
	seed        maphash.Seed
	first, last uint64
}

// newWhom has every customer counted.
func newWhom() *whom { return &whom{seed: maphash.MakeSeed(), last: math.MaxUint64} }

func (w *whom) of(s *storage.GivenSession) uint64 { return w.named(s.Customer) }

func (w *whom) named(customer string) uint64 { return maphash.String(w.seed, customer) }

// counted reports whether a customer is one of those that are counted.
func (w *whom) counted(who uint64) bool { return w.first <= who && who <= w.last }

// count is what a pass over rows fills: it holds records of customers until these are added to its sums, which grow
// with no customer.
type count interface {
	held() int // how many records it holds
	fold()     // adds all that it holds to its sums, and holds nothing any more
	drop()     // forgets all that it holds
}

// narrowest is how many numbers a part has that is not divided any further: some 8,000 parts have all customers,
// however many rows one of them has.
const narrowest = math.MaxUint64 >> 12

// inParts fills counts that tell customers apart by w. read goes through all rows, each time in whatever order, and
// ends early where full says so. Where counts would hold more than most records, the rows are read several times, each
// time of some of the customers, who are divided by their numbers: each customer is counted whole, in one of the parts.
// The last row that is read may bring some records more than most; parts that are not divided any further are as large
// as they must be.
func inParts(w *whom, most int, read func(full func() bool) error, counts ...count) error {
	held := func() (n int) {
		for _, c := range counts {
			n += c.held()
		}
		return n
	}
	full := func() bool { return w.last-w.first > narrowest && held() > most }
	for w.first, w.last = 0, math.MaxUint64; ; {
		if err := read(full); err != nil {
			return err
		}
		if full() { // half of these customers
			for _, c := range counts {
				c.drop()
			}
			w.last = w.first + (w.last-w.first)/2
			continue
		}
		n := held()
		for _, c := range counts {
			c.fold()
		}
		if w.last == math.MaxUint64 {
			return nil
		}
		// Of those behind as many as leave some room, if they are as dense as these.
		wide := max(narrowest, float64(w.last-w.first)*0.9*float64(most)/float64(max(n, 1)))
		w.first = w.last + 1
		if w.last = math.MaxUint64; wide < float64(w.last-w.first) {
			w.last = w.first + uint64(wide)
		}
	}
}
