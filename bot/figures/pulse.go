package figures

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// PulseMonths is how many months of a pulse are shown.
const PulseMonths = 12

// PulseMonth is what one's own staff answered in a month, together.
type PulseMonth struct {
	Month     string // "2026-03"
	People    int
	Total     report.Clustered // the share of the unsatisfied; hidden below five people
	Sites     []PulseSite      // of whom enough is known, and of the others that it is not
	Questions []Question
	Ideas     []string // what they wrote, in the order of the letters: none of them has a place or a day
}

// PulseSite is what was answered at a site in a month.
type PulseSite struct {
	Site string
	Rate report.Clustered
}

// EndedMonths are the days of the months that ended before a day, PulseMonths of them.
func EndedMonths(today time.Time) (first, last string) {
	begun := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	return begun.AddDate(0, -PulseMonths, 0).Format(time.DateOnly), begun.AddDate(0, 0, -1).Format(time.DateOnly)
}

// Pulse puts answers of one's own staff together by months, the newest first, from what was answered and
// written at all sites. Staff are promised that their answers are shown together with those of
// others, from five people on. So a month with fewer shows nothing; of its sites none from which what fewer than
// five people said at others would follow; and what is not over is left out, for whoever looked before and after
// one more answer would know it. What is returned holds nothing else.
func Pulse(list []storage.JudgedSession, words []storage.PulseWords) (months []PulseMonth) {
	by := map[string][]storage.JudgedSession{}
	for _, j := range list {
		by[monthOf(j.Day)] = append(by[monthOf(j.Day)], j)
	}
	for month, of := range by {
		slices.SortFunc(of, func(a, b storage.JudgedSession) int { return strings.Compare(a.Customer, b.Customer) })
		m := PulseMonth{Month: month, People: people(of)}
		if m.People < report.FewestCounted {
			continue
		}
		worst, best := Unsatisfied.Levels()
		m.Total = Of(of, worst, best)
		for _, p := range parts(Grouped(of, func(j *storage.JudgedSession) string { return j.Site }, worst, best), nil) {
			m.Sites = append(m.Sites, PulseSite{p.Key, p.Clustered})
		}
		for _, q := range Questions(of) {
			if q.Scores.Mean().Shown() {
				m.Questions = append(m.Questions, q)
			}
		}
		for _, w := range words {
			if monthOf(w.Day) == month {
				m.Ideas = append(m.Ideas, w.Text)
			}
		}
		slices.Sort(m.Ideas)
		months = append(months, m)
	}
	slices.SortFunc(months, func(a, b PulseMonth) int { return strings.Compare(b.Month, a.Month) })
	return months
}

func monthOf(day string) string { return day[:min(len(day), len("2026-03"))] }

// people are how many gave answers that stand side by side.
func people(list []storage.JudgedSession) (n int) {
	for i := range list {
		if i == 0 || list[i].Customer != list[i-1].Customer {
			n++
		}
	}
	return n
}
