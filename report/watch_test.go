package report

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAlarmsGoOffAsOftenAsTheySay lets answers come by chance, and counts how many pass between alarms: at the usual
// rate, and at the rates that are watched for.
func TestAlarmsGoOffAsOftenAsTheySay(t *testing.T) {
	r := seeded(15)
	run := func(a Alarm, p float64) float64 {
		const answers = 400_000
		went, sum := 0, 0
		for range answers {
			var off bool
			if sum, off = a.Next(sum, r.Float64() < p); off {
				went++
			}
		}
		return answers / float64(went)
	}
	watched := 0
	for n := range 31 {
		share, both := float64(n*10)/1000, Watching(n*10, 1000, 1)
		watched += len(both)
		if n%5 != 0 {
			continue
		}
		for _, a := range both {
			for _, p := range []float64{a.P0, a.P1} {
				if got, want := run(a, p), a.Answers(p); got < want*0.85 || got > want*1.15 {
					t.Errorf("%+v at %.3f: %.0f answers between alarms, it says %.0f", a, p, got, want)
				}
			}
			if a.P0 != share { // between the rates that alarms are set to, they err less than they say
				if got, want := run(a, share), a.Answers(a.P0); got < want*0.85 {
					t.Errorf("%+v where %.3f is usual: %.0f answers between false alarms, it says %.0f", a, share, got, want)
				}
			}
		}
	}
	if watched < 30+27 {
		t.Errorf("only %d alarms", watched)
	}
	for _, c := range [][2]int{{5, 99}, {400, 1000}, {-1, 200}, {300, 200}} {
		if all := Watching(c[0], c[1], 1); len(all) > 0 {
			t.Errorf("%v is watched: %+v", c, all)
		}
	}
}

// drawDay draws how many answers a day brings, and how many of them are unsatisfied.
func drawDay(r *rand.Rand, daily int, p float64) Week {
	n := daily
	if daily > 1 { // from none to twice as many
		n = r.IntN(2*daily + 1)
	}
	if n > 200 { // as good as the binomial, and sooner drawn
		k := int(math.Round(float64(n)*p + math.Sqrt(float64(n)*p*(1-p))*r.NormFloat64()))
		return Week{min(n, max(0, k)), n}
	}
	return Week{binomial(r, n, p), n}
}

// firstAlarm is how many answers passed when an alarm went off first over days that are counted at once.
func firstAlarm(r *rand.Rand, a Alarm, daily int, p float64) float64 {
	answers, sum := 0, 0
	for {
		d := drawDay(r, daily, p)
		answers += d.N
		if sum = min(a.At, a.after(sum, d.K, d.N)); sum == a.At {
			return float64(answers)
		}
	}
}

// TestAlarmsOverDaysErrNoMoreOftenThanTheySay: days of any size are counted at once. False alarms are as far apart
// as is said, or farther, and what is watched for is noticed at most about two days later than is said. At one
// answer a day it is the same as answer by answer.
func TestAlarmsOverDaysErrNoMoreOftenThanTheySay(t *testing.T) {
	r := seeded(16)
	for _, daily := range []int{1, 4, 30} {
		for _, a := range Watching(100, 1000, float64(daily)) {
			const tries = 600
			var apart, after float64
			for range tries {
				apart += firstAlarm(r, a, daily, a.P0) / tries
				after += firstAlarm(r, a, daily, a.P1) / tries
			}
			says, soon := a.Answers(a.P0), a.Answers(a.P1)
			if apart < 0.88*says || daily == 1 && apart > 1.12*says {
				t.Errorf("%d a day, better %v: %.0f answers to a false alarm, it says %.0f", daily, a.Better, apart, says)
			}
			if after < 0.88*soon || after > 1.12*soon+2*float64(daily) {
				t.Errorf("%d a day, better %v: noticed after %.0f answers, it says %.0f", daily, a.Better, after, soon)
			}
			if says < ApartDays*float64(daily) || says < FalseAlarm {
				t.Errorf("%d a day: false alarms are %.0f answers apart", daily, says)
			}
		}
	}
	// Where a day brings very many, false alarms are far rarer than is said, and a day suffices to see what is
	// watched for.
	for _, daily := range []int{1_000, 50_000} {
		both, false50 := Watching(100, 1000, float64(daily)), 0
		if len(both) != 2 {
			t.Fatal("it is not watched")
		}
		for range 50 * 365 {
			d := drawDay(r, daily, 0.1)
			for _, a := range both {
				if a.after(0, d.K, d.N) >= a.At {
					false50++
				}
			}
		}
		if false50 > 5 {
			t.Errorf("%d a day: %d false alarms in fifty years", daily, false50)
		}
		for _, a := range both {
			d := Week{int(a.P1 * float64(daily)), daily}
			if a.after(0, d.K, d.N) < a.At {
				t.Errorf("%d a day: %+v is not noticed within the day", daily, d)
			}
		}
	}
}

func TestAnAlarmIsOnUntilItsSumIsGone(t *testing.T) {
	a := Alarm{Up: 6, Down: 1, At: 26}
	days := []Week{{0, 5}, {1, 8}, {2, 2}, {3, 4}, {9, 9}, {0, 10}, {0, 10}, {0, 10}, {5, 5}, {0, 30}}
	r := a.Over(days, 9)
	if diff := cmp.Diff(r, Watched{
		Sums:     []int{0, 0, 12, 26, 26, 16, 6, 0, 26, 0},
		Episodes: []Episode{{Since: 2, Rang: 3, Over: 7}, {Since: 8, Rang: 8, Over: -1}}, // the last day is not over
	}); diff != "" {
		t.Error(diff)
	}
	if r := a.Over(days, len(days)); r.Episodes[1].Over != 9 {
		t.Errorf("the last day is over, and the alarm is not: %+v", r.Episodes)
	}
}

// TestWeeksBeyondTheLimitsAreRare draws weeks that differ by chance alone, from few answers to many, and weeks
// that differ more than that: by chance fewer than one in BeyondWeeks is said to lie beyond the limits on either
// side.
func TestWeeksBeyondTheLimitsAreRare(t *testing.T) {
	r := seeded(17)
	for _, n := range []int{FewestOut, 100, 3000} {
		for _, more := range []float64{0, 0.03} {
			judged, out := 0, 0
			for range 1000 {
				weeks := make([]Week, 20)
				for i := range weeks {
					p := 0.15 + more*r.NormFloat64()
					weeks[i] = Week{binomial(r, n, min(1, max(0, p))), n}
				}
				c := ChartOf(weeks, 16)
				judged += 4
				for _, better := range []bool{false, true} {
					for _, e := range c.Beyond(weeks, 16, len(weeks), better) {
						if out++; e.Over > 0 {
							out += e.Over - e.Rang - 1
						} else {
							out += len(weeks) - e.Rang - 1
						}
					}
				}
			}
			if out*BeyondWeeks > judged {
				t.Errorf("weeks of %d answers, ±%.2f: %d of %d lie beyond", n, more, out, judged)
			}
		}
	}
	weeks := []Week{{10, 100}, {12, 100}, {9, 100}, {11, 100}, {10, 100}, {10, 100}, {12, 100}, {8, 100}, {30, 100}, {5, 9}, {31, 100}, {10, 100}, {40, 100}}
	c := ChartOf(weeks, 8)
	if got := c.Beyond(weeks, 8, 12, false); !slices.Equal(got, []Episode{{8, 8, 11}}) {
		t.Errorf("beyond the limits: %+v", got)
	}
	if got := c.Beyond(weeks, 8, 13, false); !slices.Equal(got, []Episode{{8, 8, 11}, {12, 12, -1}}) {
		t.Errorf("with the last week: %+v", got)
	}
	if got := c.Beyond(weeks, 8, 13, true); len(got) != 0 {
		t.Errorf("below them: %+v", got)
	}
}

func TestATargetIsJudgedByItsInterval(t *testing.T) {
	for _, c := range []struct {
		k, n  int
		share float64
		most  TargetState
		least TargetState
	}{
		{0, 9, 0.5, Open, Open},
		{1, 100, 0.15, Met, Missed},
		{10, 100, 0.15, Open, Open},
		{40, 100, 0.15, Missed, Met},
		{0, 10, 0.15, Open, Open},
		{0, 40, 0.15, Met, Missed},
		{9, 9, 0.5, Open, Open},
		{40, 40, 0.9, Missed, Met},
	} {
		if got := Show(c.k, c.n).AtMost(c.share); got != c.most {
			t.Errorf("%d of %d, at most %v: %s, want %s", c.k, c.n, c.share, got, c.most)
		}
		if got := Show(c.k, c.n).AtLeast(c.share); got != c.least {
			t.Errorf("%d of %d, at least %v: %s, want %s", c.k, c.n, c.share, got, c.least)
		}
	}
}
