package figures

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"

	"github.com/aftercare/aftercare/report"
)

// fixed is a number in parts of 2³⁰: whole numbers and halves are exact, and sums are the same in any order.
type fixed int64

const (
	fixedBits = 30
	fixedUnit = 1 << fixedBits
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

// wide is a whole number of 192 bits, the lowest first, below zero as the complement of two: a sum of products that
// is exact however many there are.
type wide [3]uint64

// add adds a product.
func (w *wide) add(a, b int64) {
	size := func(x int64) uint64 {
		if x < 0 {
			return -uint64(x)
		}
		return uint64(x)
	}
	high, low := bits.Mul64(size(a), size(b))
	var c uint64
	if (a < 0) != (b < 0) {
		w[0], c = bits.Sub64(w[0], low, 0)
		w[1], c = bits.Sub64(w[1], high, c)
		w[2] -= c
		return
	}
	w[0], c = bits.Add64(w[0], low, 0)
	w[1], c = bits.Add64(w[1], high, c)
	w[2] += c
}

func (w *wide) whole() *big.Int {
	var text [24]byte
	for i, part := range w {
		binary.BigEndian.PutUint64(text[16-8*i:], part)
	}
	x := new(big.Int).SetBytes(text[:])
	if w[2]>>63 == 1 {
		x.Sub(x, new(big.Int).Lsh(big.NewInt(1), 192))
	}
	return x
}

// float is the number, of which so many bits are behind the point.
func (w *wide) float(behind int) float64 {
	x, _ := new(big.Float).SetInt(w.whole()).Float64()
	return math.Ldexp(x, -behind)
}

// given is how many values a customer gave, and their sum.
type given struct {
	n   uint32
	sum fixed
}

func (g *given) add(x fixed) { g.n, g.sum = g.n+1, g.sum+x }

func (g *given) join(o given) { g.n, g.sum = g.n+o.n, g.sum+o.sum }

// means is what a mean needs of what customers gave, who come one by one in any order. It is exact.
type means struct {
	customers int
	m         int64
	mm        wide
	y, my, yy wide
}

func (s *means) add(g given) {
	if g.n == 0 {
		return
	}
	m, y := int64(g.n), int64(g.sum)
	s.customers, s.m = s.customers+1, s.m+m
	s.mm.add(m, m)
	s.y.add(1, y)
	s.my.add(m, y)
	s.yy.add(y, y)
}

// mean is the mean. Where too few are in it, it has no numbers.
func (s *means) mean() report.ClusteredMean {
	sums := report.ClusteredSums{
		Customers: s.customers, M: float64(s.m), Y: s.y.float(fixedBits), MM: s.mm.float(0), MY: s.my.float(fixedBits), YY: s.yy.float(2 * fixedBits),
	}
	return keptMean(sums.Mean())
}

// belonging is what it takes to say whether questions belong together, of a row of each customer, in any order. It is
// exact.
type belonging struct {
	customers int
	each      []spread // of each question
	totals    spread   // of the sums of rows
}

// spread is the sum of values and of their squares.
type spread struct{ x, xx wide }

func (s *spread) add(x int64) {
	s.x.add(1, x)
	s.xx.add(x, x)
}

// variance is that of so many values.
func (s *spread) variance(n int) float64 {
	all, x := big.NewInt(int64(n)), s.x.whole()
	sum := new(big.Int).Sub(new(big.Int).Mul(all, s.xx.whole()), x.Mul(x, x))
	of := new(big.Int).Mul(all, big.NewInt(int64(n-1)))
	v, _ := new(big.Rat).SetFrac(sum, of.Lsh(of, 2*fixedBits)).Float64()
	return v
}

// add counts the row of a customer; all rows are equally long.
func (t *belonging) add(row []float64) {
	if t.each == nil {
		t.each = make([]spread, len(row))
	}
	t.customers++
	total := int64(0)
	for i := range t.each {
		x := int64(fixedOf(row[i]))
		t.each[i].add(x)
		total += x
	}
	t.totals.add(total)
}

// alpha says whether the questions belong together; there are two rows at least.
func (t *belonging) alpha() (alpha float64, within report.Interval) {
	each := 0.0
	for i := range t.each {
		each += t.each[i].variance(t.customers)
	}
	return report.AlphaOf(t.customers, len(t.each), each, t.totals.variance(t.customers))
}

// sharing is how customers share points over the dimensions, in any order. It is exact.
type sharing struct {
	customers int
	n         int64 // of whom the points can be divided
	parts     [dimensions]fixed
}

func (s *sharing) add(points []float64) {
	s.customers++
	own := report.Shares100([][]float64{points})
	if own == nil {
		return
	}
	s.n++
	for i, x := range own {
		s.parts[i] += fixedOf(x)
	}
}

// weights are how customers weigh; nil where no points can be divided.
func (s *sharing) weights() []float64 {
	if s.n == 0 {
		return nil
	}
	all := make([]float64, dimensions)
	for i, x := range s.parts {
		all[i] = x.float() / float64(s.n)
	}
	return all
}
