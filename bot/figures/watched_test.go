package figures

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

var watchedDay = time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC) // a Wednesday

// daily are days up to watchedDay, each with so many answers as of says of the days before that one.
func daily(n int, of func(back int) report.Week) (days []string, counts []report.Week) {
	for back := n - 1; back >= 0; back-- {
		days, counts = append(days, watchedDay.AddDate(0, 0, -back).Format(time.DateOnly)), append(counts, of(back))
	}
	return days, counts
}

func back(days int) string { return watchedDay.AddDate(0, 0, -days).Format(time.DateOnly) }

// TestAnAlarmSaysSinceWhenAndOfHowMany has ten answers a day, one of them unsatisfied, and since nine days ago four.
func TestAnAlarmSaysSinceWhenAndOfHowMany(t *testing.T) {
	days, counts := daily(203, func(back int) report.Week {
		if back <= 9 {
			return report.Week{K: 4, N: 10}
		}
		return report.Week{K: 1, N: 10}
	})
	w := watchedOf(days, counts)
	if w.Begins != UsualDays || len(w.Days) != UsualDays+WatchedDays || w.Usual != 0.1 {
		t.Fatalf("%d days, watched from %d on, usual %v", len(w.Days), w.Begins, w.Usual)
	}
	want := []Ring{{By: BySum, Since: back(9), Day: back(8), Said: report.Week{K: 40, N: 100}}}
	if diff := cmp.Diff(w.Rings(false), want); diff != "" {
		t.Error(diff)
	}
	if got := w.Rings(true); len(got) != 0 {
		t.Errorf("fewer are unsatisfied: %+v", got)
	}
	for _, s := range w.Sums {
		if a := s.Answers(s.P0); a < report.FalseAlarm || a < 10*report.ApartDays {
			t.Errorf("a false alarm after %.0f answers: %+v", a, s.Alarm)
		}
	}

	// It is over when the sum is gone and a whole week was as usual; what came then is none of it.
	w = watchedOf(daily(203, func(back int) report.Week {
		switch {
		case back <= 16 && back >= 13: // from a Monday on
			return report.Week{K: 4, N: 10}
		case back < 13:
			return report.Week{K: back % 2, N: 10}
		}
		return report.Week{K: 1, N: 10}
	}))
	want = []Ring{{By: BySum, Since: back(16), Day: back(15), Over: back(3), Said: report.Week{K: 16 + 5, N: 140}}}
	if diff := cmp.Diff(w.Rings(false), want); diff != "" {
		t.Error("after it is over", diff)
	}

	// Fewer than usual are an alarm of its own.
	days, counts = daily(203, func(back int) report.Week {
		if back <= 20 {
			return report.Week{K: back % 2, N: 10}
		}
		return report.Week{K: 2, N: 10}
	})
	w = watchedOf(days, counts)
	if rings := w.Rings(true); len(rings) != 1 || !rings[0].Better || rings[0].Over != "" || rings[0].Since < back(27) {
		t.Errorf("fewer are unsatisfied: %+v", rings)
	}
	if rings := w.Rings(false); len(rings) != 0 {
		t.Errorf("more are unsatisfied: %+v", rings)
	}
}

// TestFewAnswersAreWatchedLonger: with one answer a day, four weeks would tell of nothing.
func TestFewAnswersAreWatchedLonger(t *testing.T) {
	w := watchedOf(daily(MostWatchedDays+UsualDays, func(back int) report.Week {
		if back < 80 && back%3 > 0 {
			return report.Week{K: 1, N: 1}
		}
		return report.Week{K: 0, N: 1}
	}))
	if len(w.Days)-w.Begins != MostWatchedDays {
		t.Errorf("%d days are watched", len(w.Days)-w.Begins)
	}
	if rings := w.Rings(false); len(rings) != 1 || rings[0].Since > back(70) {
		t.Errorf("an alarm of 80 days: %+v", rings)
	}
	// Fewer than a hundred answers say nothing of what is usual.
	w = watchedOf(daily(MostWatchedDays+UsualDays, func(back int) report.Week { return report.Week{K: back % 2, N: back % 2} }))
	if len(w.Sums) != 0 || w.Chart != nil || len(w.Rings(false)) != 0 {
		t.Errorf("of so few answers: %+v", w)
	}
}

// TestManyAnswersAreWatchedByTheWeek: 14 % instead of 10 are not twice as many, but no week of ten thousand
// answers has so many by chance. So are they where too many are unsatisfied for sums.
func TestManyAnswersAreWatchedByTheWeek(t *testing.T) {
	for _, c := range []struct{ usual, then int }{{100, 130}, {400, 600}} {
		w := watchedOf(daily(203, func(back int) report.Week {
			if back < 17 { // since the Monday of the week before last
				return report.Week{K: c.then, N: 1000}
			}
			return report.Week{K: c.usual + back%3, N: 1000}
		}))
		rings := w.Rings(false)
		if len(rings) != 1 || rings[0].By != ByWeek || rings[0].Since != back(16) || rings[0].Day != back(10) || rings[0].Over != "" || rings[0].Said.N != 17_000 {
			t.Errorf("%+v: %+v", c, rings)
		}
		if sums := len(w.Sums) > 0; sums != (c.usual == 100) {
			t.Errorf("%+v: sums are watched: %v", c, sums)
		}
	}
}

// TestAWeekAndASumAreOneAlarm: what both say is told once.
func TestAWeekAndASumAreOneAlarm(t *testing.T) {
	r := Ring{By: BySum, Since: "2026-05-05", Day: "2026-05-06", Over: "2026-05-12"}
	all := joined([]Ring{r}, Ring{By: ByWeek, Since: "2026-05-04", Day: "2026-05-10", Over: "2026-05-17"})
	if diff := cmp.Diff(all, []Ring{{By: BySum, Since: "2026-05-05", Day: "2026-05-06", Over: "2026-05-17"}}); diff != "" {
		t.Error(diff)
	}
	all = joined([]Ring{r}, Ring{By: ByWeek, Since: "2026-05-11", Day: "2026-05-17"})
	if diff := cmp.Diff(all, []Ring{{By: BySum, Since: "2026-05-05", Day: "2026-05-06"}}); diff != "" {
		t.Error(diff)
	}
	if all = joined([]Ring{r}, Ring{By: ByWeek, Since: "2026-05-18", Day: "2026-05-24"}); len(all) != 2 {
		t.Errorf("a week later: %+v", all)
	}
}

// TestAlarmsAreTheSameFromSums: what is added up by day rings as what is read one by one.
func TestAlarmsAreTheSameFromSums(t *testing.T) {
	r := rand.New(rand.NewPCG(97, 1))
	rang := 0
	for range 20 {
		s := &added{ready: true}
		for back := range MostWatchedDays + UsualDays {
			bad := 0.1
			if back < 12 {
				bad = 0.1 + 0.5*r.Float64()
			}
			for i := range r.IntN(9) {
				level := 7
				if r.Float64() < bad {
					level = 1 + r.IntN(3)
				}
				s.list = append(s.list, storage.JudgedSession{
					Customer: fmt.Sprintf("c%05d", i), Site: "s0", Flow: fmt.Sprint("f", r.IntN(2)), Level: level,
					Day: watchedDay.AddDate(0, 0, -back).Format(time.DateOnly),
				})
			}
		}
		var got [2]*Watched
		for i, exact := range []int{Most, 1} {
			var err error
			if got[i], err = WatchSite(t.Context(), s, "s0", watchedDay, exact); err != nil {
				t.Fatal(err)
			}
			rang += len(got[i].Rings(false))
			rates, err := got[i].WeekRates(t.Context())
			if err != nil || len(rates) != len(got[i].Weeks) {
				t.Fatalf("%d rates of %d weeks, %v", len(rates), len(got[i].Weeks), err)
			}
			for j, rate := range rates {
				if rate.K != got[i].Weeks[j].K || rate.N != got[i].Weeks[j].N {
					t.Errorf("week %d: %+v, counted are %+v", j, rate.Rate, got[i].Weeks[j])
				}
			}
		}
		if diff := cmp.Diff(got[0], got[1], cmpopts.IgnoreUnexported(Watched{})); diff != "" {
			t.Fatal(diff)
		}
	}
	if rang < 20 {
		t.Errorf("only %d alarms went off", rang)
	}
}
