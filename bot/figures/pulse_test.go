package figures

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

func TestAPulseIsShownTogetherFromFivePeopleOn(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 7))
	shown := 0
	for range 2000 {
		var list []storage.JudgedSession
		var words []storage.PulseWords
		people, at := map[string]map[string]bool{}, map[string]map[string]map[string]bool{}
		for range r.IntN(40) {
			day := fmt.Sprintf("2026-%02d-%02d", 1+r.IntN(3), 1+r.IntN(28))
			month, site, who := day[:7], fmt.Sprint("s", r.IntN(4)), fmt.Sprint(r.IntN(12))
			j := storage.JudgedSession{Day: day, Site: site, Flow: "staff_pulse", Level: 1 + r.IntN(7), Customer: who, Scores: []storage.GivenScore{{Question: "overall", Score: 50}}}
			if people[month] == nil {
				people[month], at[month] = map[string]bool{}, map[string]map[string]bool{}
			}
			if at[month][site] == nil {
				at[month][site] = map[string]bool{}
			}
			people[month][who], at[month][site][who] = true, true
			list, words = append(list, j), append(words, storage.PulseWords{Day: day, Site: site, Text: "words of " + month})
		}
		for i, m := range Pulse(list, words) {
			shown++
			if n := len(people[m.Month]); n < report.FewestCounted || m.People != n {
				t.Fatalf("%s is shown as of %d; %d people answered", m.Month, m.People, n)
			}
			hidden, left := 0, map[string]bool{}
			for _, s := range m.Sites {
				switch s.Rate.Manner {
				case report.Hidden:
					hidden++
					maps.Copy(left, at[m.Month][s.Site])
				default:
					if s.Rate.Customers < report.FewestCounted {
						t.Fatalf("%s: %d people of a site are shown", m.Month, s.Rate.Customers)
					}
				}
			}
			if hidden == 1 || hidden > 0 && len(left) < report.FewestCounted {
				t.Fatalf("%s: what %d people of %d hidden sites said follows from the others", m.Month, len(left), hidden)
			}
			for _, q := range m.Questions {
				if q.Scores.Customers < report.FewestMeant {
					t.Fatalf("%s: a mean of %d people", m.Month, q.Scores.Customers)
				}
			}
			for _, idea := range m.Ideas {
				if idea != "words of "+m.Month {
					t.Fatalf("%s has %q", m.Month, idea)
				}
			}
			if i > 2 {
				t.Fatal("more months than there are")
			}
		}
	}
	if shown < 500 {
		t.Fatalf("only %d months were looked at", shown)
	}
}

func TestMonthsThatAreNotOverAreLeftOut(t *testing.T) {
	for today, want := range map[string][2]string{
		"2026-03-01": {"2025-03-01", "2026-02-28"}, "2026-03-31": {"2025-03-01", "2026-02-28"}, "2024-03-05": {"2023-03-01", "2024-02-29"}, "2026-01-01": {"2025-01-01", "2025-12-31"},
	} {
		at, _ := time.Parse(time.DateOnly, today)
		if first, last := EndedMonths(at); [2]string{first, last} != want {
			t.Errorf("on %s they are %s to %s, want %v", today, first, last, want)
		}
	}
}
