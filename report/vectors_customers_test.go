package report

import (
	"maps"
	"math"
	"slices"
	"time"
)

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
