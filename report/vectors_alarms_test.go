package report

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func alarmsMeet(v *vectors) {
	t := v.t
	rates, better := of[struct{ P0, P1 float64 }, struct {
		M, H   int
		False  float64 `json:"answers_to_false_alarm"`
		Detect float64 `json:"answers_to_detect"`
	}](v, "d28")
	a, err := AlarmOf(rates.P0, rates.P1, FalseAlarm)
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
