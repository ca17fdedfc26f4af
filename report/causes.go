package report

import (
	"cmp"
	"slices"
)

// Cause is a reason that cases name.
type Cause struct {
	Name       string
	Mentions   int
	OfCases    float64 // 0–1; a case may name several, so these add up to more than 1
	OfMentions float64 // 0–1
	Cumulative float64 // of the mentions, with all that are named more often
	Vital      bool    // one of the first that together reach 80 % of the mentions
}

// CausesOf sorts causes by how often cases name them, and by name where that is the same.
//
// Source: J. M. Juran, Quality Control Handbook (1951): the vital few.
func CausesOf(mentions map[string]int, cases int) []Cause {
	all := 0
	causes := make([]Cause, 0, len(mentions))
	for name, n := range mentions {
		causes = append(causes, Cause{Name: name, Mentions: n})
		all += n
	}
	slices.SortFunc(causes, func(a, b Cause) int { return cmp.Or(cmp.Compare(b.Mentions, a.Mentions), cmp.Compare(a.Name, b.Name)) })
	so, reached := 0, false
	for i := range causes {
		c := &causes[i]
		so += c.Mentions
		if cases > 0 {
			c.OfCases = float64(c.Mentions) / float64(cases)
		}
		if all > 0 {
			c.OfMentions, c.Cumulative = float64(c.Mentions)/float64(all), float64(so)/float64(all)
		}
		c.Vital = !reached
		reached = reached || 10*so >= 8*all
	}
	return causes
}
