package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeded is chance that is the same each time.
func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 16)) }

// binomial draws how many of n say yes.
func binomial(r *rand.Rand, n int, p float64) int {
	k := 0
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}

// covers complains unless an interval holds the truth about as often as it promises. draw makes
// one and says what it should hold.
func covers(t *testing.T, what string, tries int, low, high float64, draw func() (Interval, float64)) {
	t.Helper()
	held := 0
	for range tries {
		if i, truth := draw(); i.Holds(truth) {
			held++
		}
	}
	if share := float64(held) / float64(tries); share < low || share > high {
		t.Errorf("%s holds the truth in %.3f of %d tries, not in %.2f to %.2f", what, share, tries, low, high)
	}
}

func TestIntervalsCoverWhatTheyPromise(t *testing.T) {
	r := seeded(1)
	covers(t, "Newcombe's", 4000, 0.935, 0.975, func() (Interval, float64) {
		p, q := 0.05+0.9*r.Float64(), 0.05+0.9*r.Float64()
		return Newcombe(float64(binomial(r, 40, p)), 40, float64(binomial(r, 60, q)), 60), p - q
	})
	covers(t, "a mean's", 4000, 0.935, 0.965, func() (Interval, float64) {
		var values []float64
		for range 15 {
			values = append(values, 50+20*r.NormFloat64())
		}
		return MeanOf(values).Within, 50
	})
	covers(t, "net promoters'", 3000, 0.935, 0.97, func() (Interval, float64) {
		var n [3]int
		for range 60 {
			switch x := r.Float64(); {
			case x < 0.5:
				n[0]++
			case x < 0.8:
				n[1]++
			default:
				n[2]++
			}
		}
		return PromotersOf(n[0], n[1], n[2]).Within, 30
	})
	covers(t, "the difference of differences'", 3000, 0.93, 0.97, func() (Interval, float64) {
		draw := func(p float64) [2]float64 { return [2]float64{float64(binomial(r, 120, p)), 120} }
		return Against(draw(0.2), draw(0.3), draw(0.25), draw(0.25)).Within, -0.1
	})
	covers(t, "Garwood's", 3000, 0.95, 0.995, func() (Interval, float64) { // exact ones err on the safe side
		_, i := Per1000(binomial(r, 400, 0.02), 400)
		return i, 20
	})
	covers(t, "the estimate of the unheard's", 2000, 0.91, 0.97, func() (Interval, float64) {
		var a, b, both int
		for range 300 {
			x, y := r.Float64() < 0.3, r.Float64() < 0.15
			if x {
				a++
			}
			if y {
				b++
			}
			if x && y {
				both++
			}
		}
		return UnheardOf(a, b, both).Within, 300
	})
	covers(t, "the returned's", 2000, 0.92, 0.975, func() (Interval, float64) {
		var waits []Wait
		for range 60 {
			back, today := 60*r.ExpFloat64(), 120*r.Float64()
			waits = append(waits, Wait{math.Min(back, today), back <= today})
		}
		_, i := HappenedBy(waits, 45)
		return i, 1 - math.Exp(-45.0/60)
	})
}

// TestClusteredRatesCover draws customers who answer several times and each in their own way.
// Counted as if each answer were another customer's, the interval is too narrow: that is why it
// is clustered.
func TestClusteredRatesCover(t *testing.T) {
	r := seeded(2)
	draw := func() Clusters {
		var c Clusters
		for range 60 {
			m, p := 1+r.IntN(8), 0.1
			if r.Float64() < 0.25 {
				p = 0.8
			}
			c.Add(float64(binomial(r, m, p)), float64(m))
		}
		return c
	}
	const truth = 0.75*0.1 + 0.25*0.8
	covers(t, "a clustered rate's", 3000, 0.925, 0.97, func() (Interval, float64) { return draw().Rate().Within, truth })
	covers(t, "the same counted by answers", 3000, 0, 0.87, func() (Interval, float64) {
		c := draw()
		return Wilson(c.K, c.M), truth
	})
}

// TestAlarmsRunAsLongAsTheySay counts answers to an alarm in streams of chance.
func TestAlarmsRunAsLongAsTheySay(t *testing.T) {
	r := seeded(3)
	run := func(a Alarm, p float64, times int) float64 {
		answers := 0
		for range times {
			for sum, off := 0, false; !off; answers++ {
				sum, off = a.Next(sum, r.Float64() < p)
			}
		}
		return float64(answers) / float64(times)
	}
	for _, c := range old[[]struct {
		P, Sim float64
		M, H   int
	}](t, "bernoulli_sim_check") {
		a := Alarm{Up: c.M - 1, Down: 1, At: c.H}
		if got := a.Answers(c.P); math.Abs(got-c.Sim) > 0.02*c.Sim {
			t.Errorf("%+v: %v answers", c, got)
		}
		if got := run(a, c.P, 2500); math.Abs(got-a.Answers(c.P)) > 0.08*a.Answers(c.P) {
			t.Errorf("%+v: %v answers in a stream, %v by the chain", c, got, a.Answers(c.P))
		}
	}
	better, err := AlarmOf(0.2, 0.1, FalseAlarm)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []float64{0.2, 0.1} {
		if got := run(better, p, 2500); math.Abs(got-better.Answers(p)) > 0.08*better.Answers(p) {
			t.Errorf("for better at %v: %v answers in a stream, %v by the chain", p, got, better.Answers(p))
		}
	}
}

// TestFunnelsSeldomAccuse draws sites that are all alike.
func TestFunnelsSeldomAccuse(t *testing.T) {
	r := seeded(4)
	looked, signalled, all := 0, 0, 0
	for range 400 {
		var sites [][2]int
		for range 10 {
			n := 30 + r.IntN(300)
			sites = append(sites, [2]int{binomial(r, n, 0.15), n})
		}
		_, each := FunnelOf(sites)
		for _, f := range each {
			all++
			switch f.Verdict {
			case LookLow, LookHigh:
				looked++
			case SignalLow, SignalHigh:
				signalled++
			}
		}
	}
	if share := float64(looked+signalled) / float64(all); share > 0.055 {
		t.Errorf("%.3f of sites that are alike are to be looked at", share)
	}
	if share := float64(signalled) / float64(all); share > 0.004 {
		t.Errorf("%.4f of sites that are alike signal", share)
	}
}

func TestMethodsKeepTheirProperties(t *testing.T) {
	r := seeded(5)
	for range 500 {
		var l [7]int
		for i := range l {
			l[i] = r.IntN(30)
		}
		levels := LevelsOf(l)
		if levels.Unsatisfied.K+levels.Watch.K+levels.Satisfied.K != levels.N || levels.Top.K > levels.TopTwo.K || levels.TopTwo.K > levels.Satisfied.K {
			t.Fatalf("the parts of %v are no whole: %+v", l, levels)
		}
		if levels.N > 1 && (!levels.Points.Within.Holds(levels.Points.Mean) || levels.Median < 1 || levels.Median > 7) {
			t.Fatalf("%v: %+v", l, levels)
		}

		// A clustered rate is in its interval, no narrower than Wilson's, and does not depend on order.
		var c, back Clusters
		var pairs [][2]float64
		for range 1 + r.IntN(40) {
			m := 1 + r.IntN(5)
			pairs = append(pairs, [2]float64{float64(r.IntN(m + 1)), float64(m)})
		}
		for i := range pairs {
			c.Add(pairs[i][0], pairs[i][1])
			back.Add(pairs[len(pairs)-1-i][0], pairs[len(pairs)-1-i][1])
		}
		rate := c.Rate()
		if c != back || rate.Effect < 1 || rate.Low() < 0 || rate.High() > 1 || rate.Rated() && !rate.Within.Holds(rate.P) {
			t.Fatalf("%v: %+v", pairs, rate)
		}
		if plain := Wilson(c.K, c.M); rate.Rated() && rate.High()-rate.Low() < plain.High-plain.Low-1e-12 {
			t.Fatalf("%v: %v is narrower than %v", pairs, rate.Within, plain)
		}

		// Bounds hold whatever the silent think; tipping is where they reach the target.
		asked := 1 + r.IntN(300)
		answered := r.IntN(asked + 1)
		k := r.IntN(answered + 1)
		b := Bounds(k, answered, asked)
		if b.Low < 0 || b.High > 1 || b.Low > b.High || answered > 0 && !b.Holds(float64(k)/float64(answered)) {
			t.Fatalf("%d of %d of %d: %v", k, answered, asked, b)
		}
		if share, ok := Tipping(k, answered, asked, 0.2); ok {
			if whole := (float64(k) + share*float64(asked-answered)) / float64(asked); !near(whole, 0.2) {
				t.Fatalf("tipping at %v gives %v", share, whole)
			}
		}

		// What happened by a moment grows with it; a median is no longer than the 90th of a hundred.
		var waits []Wait
		for range 2 + r.IntN(30) {
			waits = append(waits, Wait{float64(r.IntN(20)), r.IntN(3) > 0})
		}
		last := 0.0
		for at := range 20 {
			p, i := HappenedBy(waits, float64(at))
			if p < last-1e-12 || i.Low < 0 || i.High > 1 || !i.Holds(p) {
				t.Fatalf("%v: by %d %v %v after %v", waits, at, p, i, last)
			}
			last = p
		}
		if half, ok := TookMost(waits, 0.5); ok {
			if most, ok := TookMost(waits, 0.9); ok && most < half {
				t.Fatalf("%v: %v and %v", waits, half, most)
			}
		}

		// Shares of what is explained are never negative, and add up.
		data := make([][4]float64, 40)
		for i := range data {
			base := r.NormFloat64()
			for j := range data[i] {
				data[i][j] = base + r.NormFloat64()
			}
		}
		corr := func(a, b int) float64 {
			var ab, aa, bb, ma, mb float64
			for _, d := range data {
				ma, mb = ma+d[a]/40, mb+d[b]/40
			}
			for _, d := range data {
				ab, aa, bb = ab+(d[a]-ma)*(d[b]-mb), aa+(d[a]-ma)*(d[a]-ma), bb+(d[b]-mb)*(d[b]-mb)
			}
			return ab / math.Sqrt(aa*bb)
		}
		between, with := make([][]float64, 3), make([]float64, 3)
		for i := range 3 {
			with[i] = corr(i, 3)
			for j := range 3 {
				between[i] = append(between[i], corr(i, j))
			}
		}
		r2, shares, err := Drivers(between, with)
		if err != nil || r2 < 0 || r2 > 1 || slices.Min(shares) < -1e-12 || math.Abs(shares[0]+shares[1]+shares[2]-r2) > 1e-9 {
			t.Fatalf("%v of %v: %v", shares, r2, err)
		}

		// A ratio and its inverse are the same from the other side.
		n, m := 1+r.IntN(20), 1+r.IntN(20)
		one, i := Times(n, 300, m, 200)
		other, o := Times(m, 200, n, 300)
		if math.Abs(one*other-1) > 1e-9 || math.Abs(i.Low*o.High-1) > 1e-6 || !i.Holds(one) {
			t.Fatalf("%d and %d: %v %v, %v %v", n, m, one, i, other, o)
		}
	}
}

// TestNothingIsMadeOfNothing calls every method with nothing and with what cannot be.
func TestNothingIsMadeOfNothing(t *testing.T) {
	if l := LevelsOf([7]int{}); l.Median != 0 || l.Unsatisfied.Manner != Hidden || l.Points.Shown() {
		t.Errorf("no levels: %+v", l)
	}
	if l := LevelsOf([7]int{-5, 0, 0, 0, 0, 0, 6}); l.N != 6 || l.Top.K != 6 {
		t.Errorf("less than none: %+v", l)
	}
	if r := (Clusters{}).Rate(); r.Manner != Hidden || r.Within != (Interval{0, 1}) {
		t.Errorf("no customers: %+v", r)
	}
	var two Clusters
	two.Add(20, 50)
	two.Add(1, 50)
	if r := two.Rate(); r.Manner != Hidden {
		t.Errorf("a hundred answers of two customers are shown: %+v", r)
	}
	var all Clusters
	for range 40 {
		all.Add(3, 3)
	}
	if r := all.Rate(); !near(r.Low(), Wilson(40, 40).Low) {
		t.Errorf("forty customers who all agree, three times each: %+v", r)
	}
	if _, ok := two.Rate().Minus(all.Rate()); ok {
		t.Error("two customers are compared")
	}
	if d, ok := all.Rate().Minus(all.Rate()); !ok || d.Clear() {
		t.Errorf("the same is a change: %+v", d)
	}
	if p, i := Per1000(3, 0); p != 0 || !math.IsInf(i.High, 1) {
		t.Errorf("no services: %v %v", p, i)
	}
	if _, i := Times(0, 10, 0, 10); i.Low != 0 || !math.IsInf(i.High, 1) {
		t.Errorf("no events: %v", i)
	}
	if r, i := Times(3, 10, 0, 10); !math.IsInf(r, 1) || !math.IsInf(i.High, 1) {
		t.Errorf("never before: %v %v", r, i)
	}
	if _, ok := Tipping(1, 10, 10, 0.2); ok {
		t.Error("nobody is silent, and the silent decide")
	}
	if u := UnheardOf(5, 3, 4); u.Shown || !math.IsInf(u.Within.High, 1) {
		t.Errorf("more on both lists than on one: %+v", u)
	}
	if !math.IsNaN(IfLikeLate([2]int{1, 2}, [2]int{0, 0}, 5)) {
		t.Error("nobody was late")
	}
	if c := CausesOf(nil, 0); len(c) != 0 {
		t.Errorf("no causes: %v", c)
	}
	if w := WeightedOf(nil); w.Within != (Interval{0, 1}) {
		t.Errorf("no cells: %+v", w)
	}
	if w := WeightedOf([]Cell{{100, 3, 1}, {100, 4, 2}, {800, 93, 80}}); w.Weights[0] != w.Weights[1] {
		t.Errorf("cells of three and four answers are told apart: %+v", w)
	}
	if w := WeightedOf([]Cell{{990, 10, 5}, {10, 990, 100}}); slices.Max(w.Weights) != MostWeight {
		t.Errorf("weights are %v", w.Weights)
	}
	if i := OfSmallTeam(3, 4, 3); i != (Interval{0, 1}) {
		t.Errorf("more answers than people: %v", i)
	}
	if i := OfSmallTeam(3, 4, 4); i != (Interval{0.75, 0.75}) {
		t.Errorf("all answered: %v", i)
	}
	for _, p := range [][2]float64{{0, 0.1}, {0.1, 0.1}, {0.5, 1}, {0.4, 0.9}} {
		if a, err := AlarmOf(p[0], p[1], FalseAlarm); err == nil {
			t.Errorf("%v is watched: %+v", p, a)
		}
	}
	if _, _, err := Drivers([][]float64{{1, 1}, {1, 1}}, []float64{0.5, 0.5}); err == nil {
		t.Error("one attribute twice is shared out")
	}
	if _, _, err := Drivers(nil, nil); err == nil {
		t.Error("nothing is shared out")
	}
	if _, ok := RareOf(nil); ok {
		t.Error("no gaps")
	}
	if c := ChartOf([]Week{{0, 0}, {3, 40}}, 1); c.Centre != 0 || c.Weeks[0].Out {
		t.Errorf("a week of nothing: %+v", c)
	}
	if w := WithinGroupsOf([][]float64{{1, 2}}); w.Shown || w.Interval != (Interval{0, 1}) {
		t.Errorf("one group: %+v", w)
	}
	if a, _ := Alpha([][]float64{{1, 2}, {3}}); !math.IsNaN(a) {
		t.Errorf("a row is cut short: %v", a)
	}
	if w := Shares100([][]float64{{0, 0}, {-1, 2}}); w != nil {
		t.Errorf("zeros weigh %v", w)
	}
	if b := BrokenOf(0, 5, 3, 5); !math.IsNaN(b.Ratio) || b.Due != 0 {
		t.Errorf("never broken: %+v", b)
	}
	if i := Correlation(1, 100); i != (Interval{-1, 1}) {
		t.Errorf("r = 1: %v", i)
	}
	if s := StandingOf(nil, nil, 5, 30); s.Standing != Potential {
		t.Errorf("who never came is %+v", s)
	}
}
