package figures

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// BenchmarkMemoryOfCounts says how much memory a count keeps for each of 100,000 customers, who answered every question
// once, or were served four times, and for each of its records. It is what is on the heap beyond what was there before,
// after a collection.
func BenchmarkMemoryOfCounts(b *testing.B) {
	const customers = 100_000
	flow := &survey.Flow{ID: "f", Questions: []survey.Question{
		{Key: "before", Kind: survey.ScaleQ, Phase: survey.Pre, Scale: scale(1, 7)},
		{Key: "overall", Kind: survey.ScaleQ, Primary: true, Pair: "before", Scale: scale(1, 7)},
	}}
	values := map[string]float64{"before": 5, "overall": 4}
	for _, name := range Dimensions {
		flow.Questions = append(flow.Questions,
			survey.Question{Key: "e" + name, Kind: survey.ScaleQ, Dimension: name, Phase: survey.Pre, Scale: scale(1, 7)},
			survey.Question{Key: name, Kind: survey.ScaleQ, Dimension: name, Pair: "e" + name, Scale: scale(1, 7)},
			survey.Question{Key: "second_" + name, Kind: survey.ScaleQ, Dimension: name, Scale: scale(1, 7)},
			survey.Question{Key: "points_" + name, Kind: survey.NumberQ, Dimension: name, MaxValue: 100})
		values["e"+name], values[name], values["second_"+name], values["points_"+name] = 5, 4, 4, 20
	}
	flows := map[string]*survey.Flow{"f": flow}
	given := func(add func(*storage.GivenSession)) {
		for i := range customers {
			s := givenBy(fmt.Sprint(i), 4, values)
			s.ID, s.Flow, s.Day = fmt.Sprintf("00000000-0000-7000-8000-%012d", i), "f", "2026-03-05"
			add(&s)
		}
	}
	low := 45.0
	standards := []invitation.Standard{{Measure: "wash_min", Low: &low}, {Measure: "dry_min", Low: &low}}
	for name, of := range map[string]func() count{
		"expectation": func() count { c := newExpectationCount(newWhom(), flows, "2026-03-01"); given(c.add); return c },
		"quality":     func() count { c := newQualityCount(newWhom(), flows); given(c.add); return c },
		"standards": func() count {
			c := NewStandardCount(standards, func(string) *time.Location { return time.UTC }, "2025-03-10", "2026-03-09", time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC))
			for i := range 4 * customers {
				at := time.Date(2026, 3, 5, 12, 0, 0, 0, time.UTC).AddDate(0, -i%4*3, 0)
				c.Add(&storage.ServedEvent{Customer: fmt.Sprint(i / 4), Answered: i%4 == 0, Level: 4, Event: storage.Event{
					Source: "till", ID: fmt.Sprint(i), Site: "main", Service: "Haircut", Ended: at,
					Promised: &storage.EventPromise{By: at}, Measures: map[string]float64{"wash_min": float64(40 + i%10), "dry_min": 50},
				}})
			}
			return c
		},
	} {
		b.Run(name, func(b *testing.B) {
			var was, is runtime.MemStats
			var kept count
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&was)
				kept = of()
				runtime.GC()
				runtime.ReadMemStats(&is)
			}
			bytes := float64(is.HeapAlloc - was.HeapAlloc)
			b.ReportMetric(bytes/customers, "B/customer")
			b.ReportMetric(bytes/float64(kept.held()), "B/record")
		})
	}
}
