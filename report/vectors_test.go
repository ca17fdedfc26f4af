package report

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// vector is one example, worked out apart from this package.
type vector struct {
	ID, Topic string
	In, Out   json.RawMessage
}

// vectors are the examples by id. Each is to be used up: used counts them.
type vectors struct {
	t    *testing.T
	by   map[string]vector
	used map[string]bool
}

func readVectors(t *testing.T) *vectors {
	t.Helper()
	body, err := os.ReadFile("testdata/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	v := &vectors{t, map[string]vector{}, map[string]bool{}}
	for _, one := range list {
		v.by[one.ID] = one
	}
	return v
}

// of gives what goes in and what comes out of an example.
func of[In, Out any](v *vectors, id string) (in In, out Out) {
	v.t.Helper()
	one, ok := v.by[id]
	if !ok {
		v.t.Fatalf("there is no %s", id)
	}
	v.used[id] = true
	decode(v.t, one.In, &in)
	decode(v.t, one.Out, &out)
	return in, out
}

func decode(t *testing.T, body json.RawMessage, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// old reads the examples of one key of the first file.
func old[T any](t *testing.T, key string) (out T) {
	t.Helper()
	body, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	decode(t, body, &all)
	if all[key] == nil {
		t.Fatalf("there is no %s", key)
	}
	decode(t, all[key], &out)
	return out
}

// same complains unless numbers are near, one by one.
func (v *vectors) same(what string, got, want []float64) {
	v.t.Helper()
	if len(got) != len(want) {
		v.t.Errorf("%s: %v, want %v", what, got, want)
		return
	}
	for i := range got {
		if !near(got[i], want[i]) {
			v.t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

func list(xs ...float64) []float64 { return xs }

func within(i Interval) []float64 { return list(i.Low, i.High) }

// shared is a share as the examples write it.
type shared struct {
	K, N      int
	P, Lo, Hi float64
}

// share complains unless a rate is of the example's counts, and Wilson says its interval.
func (v *vectors) share(what string, got Rate, want shared) {
	v.t.Helper()
	i := Wilson(float64(got.K), float64(got.N))
	if got.K != want.K || got.N != want.N || !near(i.Low, want.Lo) || !near(i.High, want.Hi) {
		v.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
	if got.Manner == Plain && (!near(got.P, want.P) || got.Within != i) {
		v.t.Errorf("%s: shown as %+v, want %+v", what, got, want)
	}
}

func TestEveryVectorOfThePagesIsMet(t *testing.T) {
	v := readVectors(t)
	for _, part := range []func(*vectors){levelsMeet, customersMeet, complaintsMeet, silenceMeets, changesMeet, groupsMeet, alarmsMeet, staffMeet} {
		part(v)
	}
	for _, id := range slices.Sorted(maps.Keys(v.by)) {
		if !v.used[id] {
			t.Errorf("nothing is held against %s, %s", id, v.by[id].Topic)
		}
	}
}

func levelsMeet(v *vectors) {
	t := v.t
	counts, levels := of[[7]int, struct {
		N, MedianLevel                           int
		Unsatisfied, Watch, Satisfied, Top2, Top shared
		Median                                   int       `json:"median_level"`
		Points                                   float64   `json:"mean_points"`
		PointsWithin                             []float64 `json:"mean_points_ci"`
	}](v, "d01")
	l := LevelsOf(counts)
	v.share("unsatisfied", l.Unsatisfied, levels.Unsatisfied)
	v.share("watch", l.Watch, levels.Watch)
	v.share("satisfied", l.Satisfied, levels.Satisfied)
	v.share("top two", l.TopTwo, levels.Top2)
	v.share("top", l.Top, levels.Top)
	if l.N != levels.N || l.Median != levels.Median {
		t.Errorf("%d answers, median %d", l.N, l.Median)
	}
	v.same("points", append(within(l.Points.Within), l.Points.Mean), append(levels.PointsWithin, levels.Points))

	aspects, index := of[struct {
		Weights []float64
		Rows    [][]*float64
	}, struct {
		Composites    []*float64
		N             int
		Mean          float64
		CI            []float64
		AspectMeans   []float64 `json:"aspect_means"`
		Contributions []float64
		Sum           float64 `json:"sum_of_contributions"`
	}](v, "d02")
	numbers := func(from []*float64) []float64 {
		var row []float64
		for _, x := range from {
			if x == nil {
				row = append(row, math.NaN())
			} else {
				row = append(row, *x)
			}
		}
		return row
	}
	var rows [][]float64
	for _, row := range aspects.Rows {
		rows = append(rows, numbers(row))
	}
	a := AspectsOf(aspects.Weights, rows)
	for i, want := range numbers(index.Composites) {
		if got := a.Each[i]; math.IsNaN(got) != math.IsNaN(want) || !math.IsNaN(got) && !near(got, want) {
			t.Errorf("customer %d: %v, want %v", i, got, want)
		}
	}
	v.same("index", append(within(a.Index.Within), a.Index.Mean, float64(a.Index.N), a.Sum), append(index.CI, index.Mean, float64(index.N), index.Sum))
	v.same("aspects", a.Means, index.AspectMeans)
	v.same("contributions", a.Contributions, index.Contributions)

	gapped, gaps := of[struct{ Gaps map[string]int }, struct {
		Below, Met, Above, Delight shared
		Mean                       float64
		CI                         []float64
	}](v, "d03")
	var each []float64
	for text, n := range gapped.Gaps {
		var g float64
		decode(t, json.RawMessage(text), &g)
		for range n {
			each = append(each, g)
		}
	}
	g := GapsOf(each, 0)
	v.share("below", g.Below, gaps.Below)
	v.share("met", g.Met, gaps.Met)
	v.share("above", g.Above, gaps.Above)
	v.share("delighted", g.Delighted, gaps.Delight)
	v.same("gap", append(within(g.Mean.Within), g.Mean.Mean), append(gaps.CI, gaps.Mean))

	points, weights := of[[][]float64, struct{ Weights []float64 }](v, "d04")
	v.same("weights of customers", Shares100(points), weights.Weights)

	important, placed := of[struct {
		Importance, Performance []float64
		Interval                [][2]float64
	}, struct {
		I          float64 `json:"cut_importance"`
		P          float64 `json:"cut_performance"`
		Attributes []struct {
			Quadrant Quadrant
			Decided  bool
		}
	}](v, "d05")
	var attributes []Attribute
	for i := range important.Importance {
		attributes = append(attributes, Attribute{important.Importance[i], important.Performance[i], Interval{important.Interval[i][0], important.Interval[i][1]}})
	}
	i, p, where := Quadrants(attributes)
	v.same("cuts", list(i, p), list(placed.I, placed.P))
	for i, w := range where {
		if want := placed.Attributes[i]; w.Quadrant != want.Quadrant || w.Decided != want.Decided {
			t.Errorf("attribute %d stands %+v, want %+v", i, w, want)
		}
	}

	r, fisher := of[struct {
		R float64
		N int
	}, struct{ Lo, Hi float64 }](v, "d06")
	v.same("Fisher", within(Correlation(r.R, r.N)), list(fisher.Lo, fisher.Hi))

	drive, driven := of[struct {
		R  [][]float64
		RY []float64 `json:"ry"`
	}, struct {
		R2    float64
		LMG   []float64
		Share []float64
	}](v, "d07")
	r2, shares, err := Drivers(drive.R, drive.RY)
	if err != nil {
		t.Error(err)
	}
	v.same("R²", list(r2), list(driven.R2))
	v.same("drivers", shares, driven.LMG)

	pairs, contradictions := of[[][2]float64, struct {
		Which []int
		Rate  shared
	}](v, "d33")
	var which []int
	for i, p := range pairs {
		if Contradicts(int(p[0]), p[1]) {
			which = append(which, i+1)
		}
	}
	if !slices.Equal(which, contradictions.Which) {
		t.Errorf("contradictions are %v, want %v", which, contradictions.Which)
	}
	v.share("contradictions", Show(len(which), len(pairs)), contradictions.Rate)
}

func customersMeet(v *vectors) {
	t := v.t
	worth, tiers := of[[][3]any, struct {
		Classes map[string]Tier
		Share   float64 `json:"share_of_value_of_top_20_percent"`
		Top     int     `json:"customers_in_top"`
	}](v, "d08")
	var customers []Worth
	for _, w := range worth {
		customers = append(customers, Worth{w[0].(string), w[1].(float64), w[2].(float64)})
	}
	got, share, top := Tiers(customers, TopShare)
	if !maps.Equal(got, tiers.Classes) || top != tiers.Top || !near(share, tiers.Share) {
		t.Errorf("tiers %v, %v, %d, want %+v", got, share, top, tiers)
	}

	classes, compared := of[map[string][2]float64, struct {
		Difference, Lo, Hi float64
		Real               bool
	}](v, "d09")
	a, b := classes["MVC"], classes["normal"]
	d := Difference{a[0]/a[1] - b[0]/b[1], Newcombe(a[0], a[1], b[0], b[1])}
	v.same("tiers compared", append(within(d.Within), d.By), list(compared.Lo, compared.Hi, compared.Difference))
	if d.Clear() != compared.Real || Show(14, 18).Manner != Few {
		t.Errorf("tiers compared: %+v", d)
	}

	loyal, loyalty := of[[][3]float64, struct {
		Mean float64   `json:"mean_index"`
		CI   []float64 `json:"ci"`
		Root float64   `json:"cube_root_of_mean"`
	}](v, "d10")
	var each []Loyalty
	for _, l := range loyal {
		each = append(each, Loyalty{l[0], l[1], l[2]})
	}
	m := LoyaltyOf(each)
	v.same("loyalty", append(within(m.Within), m.Mean, 100*math.Cbrt(m.Mean/100)), append(loyalty.CI, loyalty.Mean, loyalty.Root))

	reasons, kinds := of[map[string][3]int, struct {
		N             int
		Captive, Safe shared
		By            map[string]shared `json:"unsatisfied_by_reason"`
	}](v, "d11")
	var come []Comes
	for why, n := range reasons {
		come = append(come, Comes{why, n[0], n[1], n[2]})
	}
	k := KindsOf(come)
	v.share("captive", k.Captive, kinds.Captive)
	v.share("safe", k.Safe, kinds.Safe)
	for why, want := range kinds.By {
		v.share(why, k.Unsatisfied[why], want)
	}

	days := func(text string) int {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return int(at.Unix() / 86400)
	}
	states, standing := of[struct {
		AsOf      string  `json:"as_of"`
		Site      float64 `json:"site_interval"`
		Customers map[string]struct {
			Events []string
			Levels []int
		}
	}, map[string]struct {
		State Standing
		Usual float64 `json:"usual_days"`
		Lost  string  `json:"lost_after"`
	}](v, "d12")
	for name, c := range states.Customers {
		var on []int
		for _, e := range c.Events {
			on = append(on, days(e))
		}
		got, want := StandingOf(on, c.Levels, days(states.AsOf), states.Site), standing[name]
		if got.Standing != want.State || want.Lost != "" && (!near(got.Usual, want.Usual) || got.LostAfter != days(want.Lost)) {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}

	spent, shares := of[[]Spending, struct {
		Mean  float64 `json:"mean_of_shares"`
		Total float64 `json:"share_of_total"`
	}](v, "d38")
	mean, total := ShareOfSpending(spent)
	v.same("spending", list(mean.Mean, total), list(shares.Mean, shares.Total))
}

// returns are waits as the examples write them.
func returns(took, over []float64) []Wait {
	var all []Wait
	for i := range took {
		all = append(all, Wait{took[i], over[i] == 1})
	}
	return all
}

func complaintsMeet(v *vectors) {
	t := v.t
	back, returned := of[struct {
		Days, Returned []float64
		At             float64
	}, struct {
		Returned float64
		CI       []float64
	}](v, "d13")
	p, i := HappenedBy(returns(back.Days, back.Returned), back.At)
	v.same("returned", append(within(i), p), append(returned.CI, returned.Returned))

	type known struct {
		P  float64
		CI [2]float64
	}
	two, moved := of[map[string]known, struct{ D, Lo, Hi float64 }](v, "d14")
	a, b := two["after_recovery"], two["without_failure"]
	v.same("MOVER", within(Between(a.P, Interval{a.CI[0], a.CI[1]}, b.P, Interval{b.CI[0], b.CI[1]})), list(moved.Lo, moved.Hi))

	came, per := of[struct{ Complaints, Services int }, struct{ Rate, Lo, Hi float64 }](v, "d15")
	rate, i := Per1000(came.Complaints, came.Services)
	v.same("complaints", append(within(i), rate), list(per.Lo, per.Hi, per.Rate))
	if _, i := Per1000(0, 1000); !near(i.High, 3.6889) || i.Low != 0 {
		t.Errorf("no complaints: %v", i)
	}

	months, ratio := of[struct{ Now, Before [2]int }, struct{ Ratio, Lo, Hi float64 }](v, "d16")
	times, i := Times(months.Now[0], months.Now[1], months.Before[0], months.Before[1])
	v.same("ratio", append(within(i), times), list(ratio.Lo, ratio.Hi, ratio.Ratio))

	causes, pareto := of[struct {
		Mentions map[string]int
		Cases    int
	}, struct {
		Rows []struct {
			Cause      string
			Mentions   int
			OfCases    float64 `json:"of_cases"`
			OfMentions float64 `json:"of_mentions"`
			Cumulative float64
		}
		Vital []string `json:"vital_few"`
	}](v, "d17")
	var vital []string
	for i, c := range CausesOf(causes.Mentions, causes.Cases) {
		want := pareto.Rows[i]
		if c.Name != want.Cause || c.Mentions != want.Mentions {
			t.Errorf("cause %d is %+v, want %+v", i, c, want)
		}
		v.same(c.Name, list(c.OfCases, c.OfMentions, c.Cumulative), list(want.OfCases, want.OfMentions, want.Cumulative))
		if c.Vital {
			vital = append(vital, c.Name)
		}
	}
	if !slices.Equal(vital, pareto.Vital) {
		t.Errorf("the vital few are %v, want %v", vital, pareto.Vital)
	}

	waited, contact := of[struct {
		Limit float64
		Cases [][2]float64
	}, struct {
		Met, Missed int
		Not         int    `json:"not_yet_due"`
		In          shared `json:"in_time"`
		Median, P90 float64
	}](v, "d18")
	var waits []Wait
	for _, c := range waited.Cases {
		waits = append(waits, Wait{c[0], c[1] == 1})
	}
	in := InTimeOf(waits, waited.Limit)
	v.share("in time", in.Rate, contact.In)
	median, ok := TookMost(waits, 0.5)
	most, also := TookMost(waits, 0.9)
	if in.Met != contact.Met || in.Missed != contact.Missed || in.NotYetDue != contact.Not || !ok || !also || median != contact.Median || most != contact.P90 {
		t.Errorf("contacted %+v, %v, %v, want %+v", in, median, most, contact)
	}
}

func silenceMeets(v *vectors) {
	t := v.t
	silent, tip := of[struct {
		Invited, Answered, Unsatisfied int
		Target                         float64
	}, struct {
		Bounds []float64
		Share  float64 `json:"silent_unsatisfied_share_that_reaches_target"`
	}](v, "d19")
	v.same("bounds", within(Bounds(silent.Unsatisfied, silent.Answered, silent.Invited)), tip.Bounds)
	if share, ok := Tipping(silent.Unsatisfied, silent.Answered, silent.Invited, silent.Target); !ok || !near(share, tip.Share) {
		t.Errorf("tipping at %v, want %v", share, tip.Share)
	}

	lists, unheard := of[struct {
		Survey    int `json:"by_survey"`
		Complaint int `json:"by_complaint"`
		Both      int
	}, struct {
		Estimate, SE, Unseen, Lo, Hi float64
		Seen                         int
		Silent                       float64 `json:"silent_share_of_complaints"`
	}](v, "d20")
	u := UnheardOf(lists.Survey, lists.Complaint, lists.Both)
	v.same("unheard", append(within(u.Within), u.All, u.SE, u.Unseen, u.Silent, float64(u.Seen)), list(unheard.Lo, unheard.Hi, unheard.Estimate, unheard.SE, unheard.Unseen, unheard.Silent, float64(unheard.Seen)))
	if !u.Shown || UnheardOf(86, 40, 6).Shown {
		t.Error("an estimate is shown from seven on both lists on")
	}

	answered, late := of[struct {
		Early, Late [2]int
		Silent      int
	}, struct {
		Difference []float64
		Like       float64 `json:"if_silent_are_like_late"`
	}](v, "d35")
	e, l := answered.Early, answered.Late
	c, ok := Show(e[0], e[1]).Since(Show(l[0], l[1]))
	v.same("early and late", append(list(c.By), within(c.Within)...), late.Difference)
	if !ok {
		t.Error("early and late are not compared")
	}
	v.same("like late", list(IfLikeLate(e, l, answered.Silent)), list(late.Like))
}

func changesMeet(v *vectors) {
	t := v.t
	type pair struct{ After, Before [2]float64 }
	type moved struct {
		D, Lo, Hi float64
		Real      bool
	}
	one, change := of[pair, moved](v, "d21")
	d := Difference{one.After[0]/one.After[1] - one.Before[0]/one.Before[1], Newcombe(one.After[0], one.After[1], one.Before[0], one.Before[1])}
	v.same("change", append(within(d.Within), d.By), list(change.Lo, change.Hi, change.D))

	two, against := of[struct{ Changed, Other pair }, moved](v, "d22")
	d = Against(two.Changed.After, two.Changed.Before, two.Other.After, two.Other.Before)
	v.same("difference of differences", append(within(d.Within), d.By), list(against.Lo, against.Hi, against.D))
	if d.Clear() != against.Real {
		t.Errorf("%+v is clear: %v", d, d.Clear())
	}

	low, next := of[struct{ Mean, First, Reliability float64 }, struct {
		Next float64 `json:"expected_next"`
	}](v, "d23")
	v.same("by itself", list(ByItself(low.Mean, low.First, low.Reliability)), list(next.Next))

	scores, minus := of[struct{ A, B [3]int }, struct{ A, B, Difference, Lo, Hi float64 }](v, "d24")
	a, b := PromotersOf(scores.A[0], scores.A[1], scores.A[2]), PromotersOf(scores.B[0], scores.B[1], scores.B[2])
	diff := a.Minus(b)
	v.same("scores", append(within(diff.Within), a.Score, b.Score, diff.By), list(minus.Lo, minus.Hi, minus.A, minus.B, minus.Difference))

	counts, broken := of[struct{ Broken, Met [2]int }, struct {
		Difference, Ratio []float64
		Due               float64 `json:"share_of_unsatisfied_due"`
	}](v, "d34")
	s := BrokenOf(counts.Broken[0], counts.Broken[1], counts.Met[0], counts.Met[1])
	v.same("broken", append(list(s.Difference.By), within(s.Difference.Within)...), broken.Difference)
	v.same("ratio", append(list(s.Ratio), within(s.RatioWithin)...), broken.Ratio)
	v.same("due", list(s.Due), list(broken.Due))
}

func groupsMeet(v *vectors) {
	t := v.t
	of26, clustered := of[map[string][2]float64, struct {
		P, Deff, Lo, Hi    float64
		Effective          float64 `json:"n_eff"`
		Answers, Customers int
	}](v, "d26")
	var c Clusters
	for _, a := range of26 {
		c.Add(a[0], a[1])
	}
	r := c.Rate()
	p := c.K / c.M
	v.same("clustered", append(within(Wilson(p*r.Effective, r.Effective)), p, r.Effect, r.Effective), list(clustered.Lo, clustered.Hi, clustered.P, clustered.Deff, clustered.Effective))
	v.same("clustered, as shown", within(r.Within), list(clustered.Lo, clustered.Hi))

	sites, funnel := of[map[string][2]int, struct {
		P0    float64
		Sites map[string]struct {
			Shown           bool
			P, Tail         float64
			Draw95, Draw998 []float64
			Verdict         Verdict
		}
	}](v, "d27")
	names := slices.Sorted(maps.Keys(sites))
	var each [][2]int
	for _, name := range names {
		each = append(each, sites[name])
	}
	p0, drawn := FunnelOf(each)
	v.same("overall", list(p0), list(funnel.P0))
	for i, name := range names {
		got, want := drawn[i], funnel.Sites[name]
		if !want.Shown {
			if got.Verdict != NotShown {
				t.Errorf("%s is shown", name)
			}
			continue
		}
		v.same(name, slices.Concat(list(got.P, got.Tail), within(got.Draw95), within(got.Draw998)), slices.Concat(list(want.P, want.Tail), want.Draw95, want.Draw998))
		if got.Verdict != want.Verdict {
			t.Errorf("%s is judged %q, want %q", name, got.Verdict, want.Verdict)
		}
	}

	groups, rest := of[map[string][2]int, struct {
		Z      float64
		Groups map[string]struct {
			P, Rest, D, Lo, Hi float64
			Real               bool
		}
	}](v, "d36")
	names = slices.Sorted(maps.Keys(groups))
	each = nil
	for _, name := range names {
		each = append(each, groups[name])
	}
	z, beside := AgainstRestOf(each)
	v.same("Bonferroni", list(z), list(rest.Z))
	for i, name := range names {
		got := beside[i]
		want, ok := rest.Groups[name]
		if got.Shown != ok {
			t.Errorf("%s is shown: %v", name, got.Shown)
			continue
		}
		if ok {
			v.same(name, append(within(got.Within), got.P, got.Rest, got.By), list(want.Lo, want.Hi, want.P, want.Rest, want.D))
		}
	}

	served, icc := of[[][]float64, struct{ MSB, MSW, N0, F, ICC, Lo, Hi float64 }](v, "d31")
	w := WithinGroupsOf(served)
	v.same("groups", append(within(w.Interval), w.Between, w.Inside, w.Size, w.F, w.ICC), list(icc.Lo, icc.Hi, icc.MSB, icc.MSW, icc.N0, icc.F, icc.ICC))

	items, alpha := of[[][]float64, struct{ Alpha, Lo, Hi float64 }](v, "d32")
	a, i := Alpha(items)
	v.same("alpha", append(within(i), a), list(alpha.Lo, alpha.Hi, alpha.Alpha))
}

func alarmsMeet(v *vectors) {
	t := v.t
	rates, better := of[struct{ P0, P1 float64 }, struct {
		M, H   int
		False  float64 `json:"answers_to_false_alarm"`
		Detect float64 `json:"answers_to_detect"`
	}](v, "d28")
	a, err := AlarmOf(rates.P0, rates.P1)
	if err != nil || a.Down != better.M-1 || a.Up != 1 || a.At != better.H || !a.Better {
		t.Errorf("the alarm for better is %+v, %v, want %+v", a, err, better)
	}
	v.same("answers", list(a.Answers(rates.P0), a.Answers(rates.P1)), list(better.False, better.Detect))

	stream, run := of[struct{ Answers []int }, struct{ Trace, Alarms []int }](v, "d29")
	runs(t, a, stream.Answers, run.Trace, run.Alarms)

	gaps, rare := of[[]int, struct {
		Mean float64 `json:"mean_between"`
		P    float64
		Good int `json:"good_news_above"`
		Bad  int `json:"bad_news_when_four_gaps_sum_to_at_most"`
	}](v, "d30")
	r, ok := RareOf(gaps)
	v.same("rare", list(r.Mean, r.P), list(rare.Mean, rare.P))
	if !ok || r.GoodAbove != rare.Good || r.BadFour != rare.Bad {
		t.Errorf("rare events: %+v, want %+v", r, rare)
	}
}

// runs holds a stream's sums and alarms against an example.
func runs(t *testing.T, a Alarm, answers, trace, alarms []int) {
	t.Helper()
	sum := 0
	var sums, went []int
	for i, x := range answers {
		var off bool
		if sum, off = a.Next(sum, x == 1); off {
			went = append(went, i+1)
		}
		sums = append(sums, sum)
	}
	if !slices.Equal(sums, trace) || !slices.Equal(went, alarms) {
		t.Errorf("the sums are %v with alarms at %v, want %v and %v", sums, went, trace, alarms)
	}
}

func staffMeet(v *vectors) {
	team, pulse := of[map[string]int, struct{ Lo, Hi float64 }](v, "d25")
	v.same("pulse", within(OfSmallTeam(team["k"], team["n"], team["N"])), list(pulse.Lo, pulse.Hi))

	lines, lags := of[struct{ Staff, Customers []float64 }, map[string][]struct {
		Lag, N    int
		R, Lo, Hi float64
		Shown     bool
	}](v, "d37")
	for which, got := range map[string][]Lag{
		"levels":  Follows(lines.Staff, lines.Customers, 3),
		"changes": Follows(Changes(lines.Staff), Changes(lines.Customers), 3),
	} {
		for i, want := range lags[which] {
			g := got[i]
			v.same(which, append(within(g.Within), g.R), list(want.Lo, want.Hi, want.R))
			if g.Steps != want.Lag || g.N != want.N || g.Shown != want.Shown {
				v.t.Errorf("%s: %+v, want %+v", which, g, want)
			}
		}
	}
	if strings.Join(slices.Sorted(maps.Keys(lags)), " ") != "changes levels" {
		v.t.Errorf("lags are given of %v", lags)
	}
}
