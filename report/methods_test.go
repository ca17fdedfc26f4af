package report

import (
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

func TestMethodsMeetTheirVectors(t *testing.T) {
	v := &vectors{t: t}
	for degrees, want := range old[map[string]float64](t, "tquant") {
		n, err := strconv.Atoi(degrees)
		if err != nil {
			t.Fatal(err)
		}
		v.same("t", list(QuantileT(float64(n))), list(want))
	}
	mean := old[struct {
		Scores           []float64
		Mean, SD, Lo, Hi float64
	}](t, "mean_t")
	m := MeanOf(mean.Scores)
	v.same("mean", append(within(m.Within), m.Mean, m.SD), list(mean.Lo, mean.Hi, mean.Mean, mean.SD))

	for _, c := range old[[]struct {
		Promoters, Passives, Detractors int
		NPS                             float64
		Centre                          float64 `json:"adj_center"`
		SE                              float64 `json:"adj_se"`
		Adj                             []float64
	}](t, "nps") {
		p := PromotersOf(c.Promoters, c.Passives, c.Detractors)
		v.same("net promoters", append(within(p.Within), p.Score, p.Centre, p.SE), append(c.Adj, c.NPS, c.Centre, c.SE))
	}
	ces := old[struct {
		Values     []float64
		Mean, Norm float64
		Easy       float64 `json:"easy_pct"`
		Hard       float64 `json:"hard_pct"`
	}](t, "ces")
	e := EffortOf(ces.Values)
	v.same("effort", list(e.Mean.Mean, Rescaled(e.Mean.Mean, 1, 7), 100*e.Easy.P, 100*e.Hard.P), list(ces.Mean, ces.Norm, ces.Easy, ces.Hard))
	for _, c := range old[[]struct {
		X []float64
		W any
		V float64
	}](t, "acsi") {
		var weights []float64
		if list, ok := c.W.([]any); ok {
			for _, w := range list {
				weights = append(weights, w.(float64))
			}
		}
		v.same("index", list(Index1to10(c.X, weights)), list(c.V))
	}
	for _, c := range old[[]struct{ A, S, P, Index, Geo float64 }](t, "loyalty") {
		l := Loyalty{c.A, c.S, c.P}
		v.same("loyalty", list(l.Index(), l.Root()), list(c.Index, c.Geo))
	}
	for _, c := range old[[]struct {
		Sent, Answered, Satisfied int
		Lo, Hi                    float64
	}](t, "bounds") {
		v.same("bounds", within(Bounds(c.Satisfied, c.Answered, c.Sent)), list(c.Lo, c.Hi))
	}
	silent := old[struct {
		Complaints int
		Share      float64 `json:"silent_share"`
		Implied    float64 `json:"implied_unsatisfied"`
	}](t, "silent80")
	v.same("implied", list(Implied(silent.Complaints, silent.Share)), list(silent.Implied))

	w := old[struct {
		Services  map[string]int `json:"N"`
		Answers   map[string]int `json:"n"`
		Satisfied map[string]int `json:"sat"`
		W         map[string]float64
		Weighted  float64
		Effective float64   `json:"n_eff"`
		Wilson    []float64 `json:"wilson_eff"`
	}](t, "weights")
	weighted := WeightedOf([]Cell{{w.Services["A"], w.Answers["A"], w.Satisfied["A"]}, {w.Services["B"], w.Answers["B"], w.Satisfied["B"]}})
	v.same("weighted", append(within(weighted.Within), weighted.P, weighted.Effective, weighted.Weights[0], weighted.Weights[1]),
		append(w.Wilson, w.Weighted, w.Effective, w.W["A"], w.W["B"]))

	kano := old[struct {
		A, O, M, I    int
		Better, Worse float64
	}](t, "kano")
	better, worse := Kano(KanoCounts{kano.A, kano.O, kano.M, kano.I})
	v.same("Kano", list(better, worse), list(kano.Better, kano.Worse))

	rec := old[struct {
		Cases, Contacted, Recovered int
		Answered                    int     `json:"post_answered"`
		Rate                        float64 `json:"contact_rate"`
		Floor                       float64 `json:"floor_all"`
		Wilson                      []float64
	}](t, "recovery")
	r := RecoveryOf(rec.Cases, rec.Contacted, rec.Answered, rec.Recovered)
	v.same("recovery", append(within(r.Recovered.Within), r.Contacted.P, r.Floor), append(rec.Wilson, rec.Rate, rec.Floor))

	rep := old[struct {
		Visits    map[string]int
		Customers int `json:"repeat_customers"`
		More      int `json:"repeat_visits"`
	}](t, "repeat")
	var visits []int
	for _, n := range rep.Visits {
		visits = append(visits, n)
	}
	if rate, more := Repeats(visits); rate.K != rep.Customers || rate.N != len(visits) || more != rep.More {
		t.Errorf("repeats: %+v and %d, want %+v", rate, more, rep)
	}
	wom := old[struct {
		Unsat   int
		Told    int `json:"told_each"`
		Reached int
	}](t, "wom")
	if got := Reach(wom.Unsat, wom.Told); got != wom.Reached {
		t.Errorf("%d hear of it, want %d", got, wom.Reached)
	}
	rtm := old[struct {
		Mean   float64 `json:"true_mean"`
		SD     float64 `json:"true_sd"`
		Noise  float64 `json:"noise_sd"`
		First  float64 `json:"mean_first"`
		Second float64 `json:"mean_second_no_action"`
	}](t, "rtm")
	reliability := rtm.SD * rtm.SD / (rtm.SD*rtm.SD + rtm.Noise*rtm.Noise)
	if got := ByItself(rtm.Mean, rtm.First, reliability); math.Abs(got-rtm.Second) > 0.5 { // the example is a simulation's
		t.Errorf("by itself %v, simulated %v", got, rtm.Second)
	}

	per := old[struct {
		Responses map[string][]float64
		P         float64
		N         int
		Wilson    []float64
	}](t, "per_customer")
	var pairs [][2]float64
	for _, said := range per.Responses {
		var k float64
		for _, x := range said {
			k += x
		}
		pairs = append(pairs, [2]float64{k, float64(len(said))})
	}
	p, n, i := PerCustomer(pairs)
	v.same("per customer", append(within(i), p, float64(n)), append(per.Wilson, per.P, float64(per.N)))

	d := old[struct {
		R   [][]float64
		RY  []float64 `json:"ry"`
		R2  float64
		LMG []float64
	}](t, "drivers")
	r2, shares, err := Drivers(d.R, d.RY)
	if err != nil {
		t.Error(err)
	}
	v.same("drivers", append(shares, r2), append(d.LMG, d.R2))
}

func TestQualityMeetsItsVectors(t *testing.T) {
	v := &vectors{t: t}
	names := []string{"tangibles", "reliability", "responsiveness", "assurance", "empathy"}
	short := old[struct {
		P, E, Weights, Gap             map[string]float64
		Unweighted, Weighted, Servperf float64
		Norm                           float64 `json:"servperf_norm"`
		ServperfW                      float64 `json:"servperf_w"`
	}](t, "servqual5")
	var dims []Dimension
	var gaps []float64
	for _, n := range names {
		dims = append(dims, Dimension{list(short.E[n]), list(short.P[n]), short.Weights[n]})
		gaps = append(gaps, short.Gap[n])
	}
	q := QualityOf(dims)
	v.same("gaps", q.Gaps, gaps)
	v.same("quality", list(q.Unweighted, q.Weighted, q.Perceived, Rescaled(q.Perceived, 1, 7), q.PerceivedW), list(short.Unweighted, short.Weighted, short.Servperf, short.Norm, short.ServperfW))

	long := old[struct {
		E, P                 []float64
		Gap                  map[string]float64 `json:"dim_gap"`
		Unweighted, Weighted float64
		Items                float64 `json:"item_mean"`
	}](t, "servqual22")
	dims, gaps = nil, nil
	at := 0
	for i, n := range []int{4, 5, 4, 4, 5} {
		dims = append(dims, Dimension{long.E[at : at+n], long.P[at : at+n], short.Weights[names[i]]})
		gaps = append(gaps, long.Gap[names[i]])
		at += n
	}
	q = QualityOf(dims)
	v.same("gaps of 22", q.Gaps, gaps)
	v.same("quality of 22", list(q.Unweighted, q.Items, q.Weighted), list(long.Unweighted, long.Items, long.Weighted))

	for _, c := range old[[]struct {
		P, E, Gap float64
		State     string
		Delighted bool
	}](t, "gap") {
		g := GapsOf(list(c.P-c.E), 0.25)
		state := map[[3]int]string{{1, 0, 0}: "unsatisfied", {0, 1, 0}: "satisfied", {0, 0, 1}: "very_satisfied"}[[3]int{g.Below.K, g.Met.K, g.Above.K}]
		if state != c.State || (g.Delighted.K == 1) != c.Delighted {
			t.Errorf("a gap of %v is %s: %+v, want %+v", c.P-c.E, state, g, c)
		}
	}
}

func TestAlarmsMeetTheirVectors(t *testing.T) {
	for _, c := range old[[]struct {
		P0, P1       float64
		M, Up, H     int
		Anos0, Anos1 float64
	}](t, "bernoulli_cusum_table") {
		a, err := AlarmOf(c.P0, c.P1, FalseAlarm)
		if err != nil || a.Up != c.Up || a.Down != 1 || a.At != c.H || a.Better {
			t.Errorf("%v: %+v, %v, want %+v", c.P0, a, err, c)
			continue
		}
		if math.Abs(a.Answers(c.P0)-c.Anos0) > 0.051 || math.Abs(a.Answers(c.P1)-c.Anos1) > 0.051 { // the table has one digit
			t.Errorf("%v: %v and %v answers, want %+v", c.P0, a.Answers(c.P0), a.Answers(c.P1), c)
		}
		if p, ok := Usual(c.P0); !ok || p != c.P0 {
			t.Errorf("%v is watched as %v", c.P0, p)
		}
	}
	for share, want := range map[float64]float64{0: 0.03, 0.04: 0.05, 0.101: 0.15, 0.31: 0} {
		if got, ok := Usual(share); got != want || ok != (want > 0) {
			t.Errorf("%v is watched as %v", share, got)
		}
	}
	run := old[struct {
		M, H               int
		Seq, Trace, Alarms []int
	}](t, "bernoulli_cusum_run")
	runs(t, Alarm{Up: run.M - 1, Down: 1, At: run.H}, run.Seq, run.Trace, run.Alarms)

	for _, key := range []string{"pchart", "laney"} {
		chart := old[struct {
			N, X   []int
			Centre float64 `json:"pbar"`
			Spread float64 `json:"sigma_z"`
			Points []struct {
				N, X    int
				P, UCL  float64
				Wide    float64 `json:"ucl_laney"`
				Z       *float64
				Out     *bool
				OutWide *bool `json:"out_laney"`
			}
		}](t, key)
		var weeks []Week
		for _, p := range chart.Points {
			weeks = append(weeks, Week{p.X, p.N})
		}
		got := ChartOf(weeks, 9)
		if !near(got.Centre, chart.Centre) || math.Abs(got.Spread-chart.Spread) > 5e-4 {
			t.Errorf("%s: centre %v, spread %v, want %v, %v", key, got.Centre, got.Spread, chart.Centre, chart.Spread)
		}
		for i, want := range chart.Points {
			p := got.Weeks[i]
			out := want.Out
			if want.OutWide != nil {
				out = want.OutWide
			}
			if !near(p.P, want.P) || !near(p.Upper, want.UCL) || math.Abs(p.Wide-want.Wide) > 2e-4 || want.Z != nil && !near(p.Z, *want.Z) || out != nil && p.Out != *out {
				t.Errorf("%s, week %d: %+v, want %+v", key, i+1, p, want)
			}
		}
	}
}

// steps is how many values pass on average until a line that moves over so many cells leaves
// them: exact, of the chain of cells. to is how likely it goes from the middle of a cell into
// another.
func steps(cells, from int, to func(i, j int) float64) float64 {
	m, one := mat.NewDense(cells, cells, nil), mat.NewVecDense(cells, nil)
	for i := range cells {
		one.SetVec(i, 1)
		for j := range cells {
			m.Set(i, j, -to(i, j))
		}
		m.Set(i, i, m.At(i, i)+1)
	}
	var n mat.VecDense
	if err := n.SolveVec(m, one); err != nil {
		return math.NaN()
	}
	return n.AtVec(from)
}

// TestTheSmoothedLineErrsAsSeldomAsSaid finds its run lengths, and those of the sum of normal
// values that it is compared with, by the chain of their values.
func TestTheSmoothedLineErrsAsSeldomAsSaid(t *testing.T) {
	phi := distuv.UnitNormal.CDF
	for _, c := range old[[]struct {
		Lam, L, Arl0 float64
		Arl1         float64 `json:"arl_1sigma"`
	}](t, "ewma_arl") {
		const cells = 151
		limit := c.L * math.Sqrt(c.Lam/(2-c.Lam))
		width := 2 * limit / cells
		run := func(shift float64) float64 {
			return steps(cells, cells/2, func(i, j int) float64 {
				z, low := -limit+(float64(i)+0.5)*width, -limit+float64(j)*width
				at := func(x float64) float64 { return phi((x-(1-c.Lam)*z)/c.Lam - shift) }
				return at(low+width) - at(low)
			})
		}
		if got := run(0); math.Abs(got-c.Arl0) > 0.01*c.Arl0 {
			t.Errorf("%+v: %v values to a false signal", c, got)
		}
		if got := run(1); math.Abs(got-c.Arl1) > 0.02*c.Arl1 {
			t.Errorf("%+v: %v values to a signal", c, got)
		}
	}
	if want := SmoothLimits * 2 * math.Sqrt(0.2/1.8); !near(SmoothLimit(2), want) {
		t.Errorf("the limit is %v, want %v", SmoothLimit(2), want)
	}
	line := Smooth(list(10, 20), 0, 0.2)
	if len(line) != 2 || !near(line[0], 2) || !near(line[1], 5.6) {
		t.Errorf("the line is %v", line)
	}
	for _, c := range old[[]struct {
		K, H     float64
		OneSided float64 `json:"one_sided"`
		TwoSided float64 `json:"two_sided"`
		Arl1     float64 `json:"arl_1sigma"`
	}](t, "cusum_arl") {
		const cells = 150
		width := 2 * c.H / (2*cells - 1)
		run := func(shift float64) float64 {
			return steps(cells, 0, func(i, j int) float64 {
				at := func(x float64) float64 { return phi(x - float64(i)*width + c.K - shift) }
				if j == 0 {
					return at(width / 2)
				}
				return at((float64(j)+0.5)*width) - at((float64(j)-0.5)*width)
			})
		}
		if got := run(0); math.Abs(got-c.OneSided) > 0.01*c.OneSided || math.Abs(got/2-c.TwoSided) > 0.01*c.TwoSided {
			t.Errorf("%+v: %v values to a false signal", c, got)
		}
		if got := run(1); math.Abs(got-c.Arl1) > 0.02*c.Arl1 {
			t.Errorf("%+v: %v values to a signal", c, got)
		}
	}
}
