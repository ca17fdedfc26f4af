package report

import (
	"math/rand/v2"
	"testing"
)

// TestAlarmsGoOffAsOftenAsTheySay lets answers come by chance, and counts how many pass between alarms: at the usual
// rate, and at the rates that are watched for.
func TestAlarmsGoOffAsOftenAsTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	run := func(a Alarm, p float64) float64 {
		const answers = 400_000
		stream := make([]bool, answers)
		for i := range stream {
			stream[i] = r.Float64() < p
		}
		return answers / float64(len(a.Signals(stream)))
	}
	watched := 0
	for n := range 31 {
		usual, worse, better, ok := Watching(n*10, 1000)
		if !ok {
			continue
		}
		watched++
		if n%6 != 0 {
			continue
		}
		for _, x := range []struct {
			a Alarm
			p float64
		}{{worse, usual}, {worse, 2 * usual}, {better, usual}, {better, usual / 2}} {
			if got, want := run(x.a, x.p), x.a.Answers(x.p); got < want*0.85 || got > want*1.15 {
				t.Errorf("usual %.2f, at %.3f: %.0f answers between alarms, it says %.0f", usual, x.p, got, want)
			}
		}
	}
	if watched < 30 {
		t.Errorf("only %d shares are watched", watched)
	}
	for _, c := range [][2]int{{5, 99}, {400, 1000}, {-1, 200}, {300, 200}} {
		if _, _, _, ok := Watching(c[0], c[1]); ok {
			t.Errorf("%v is watched", c)
		}
	}
}

func TestATargetIsJudgedByItsInterval(t *testing.T) {
	for _, c := range []struct {
		k, n int
		most float64
		want TargetState
	}{{0, 9, 0.5, Open}, {1, 100, 0.15, Met}, {10, 100, 0.15, Open}, {40, 100, 0.15, Missed}, {0, 10, 0.15, Open}, {0, 40, 0.15, Met}} {
		if got := Show(c.k, c.n).AtMost(c.most); got != c.want {
			t.Errorf("%d of %d, at most %v: %s, want %s", c.k, c.n, c.most, got, c.want)
		}
	}
}
