package recovery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aftercare/aftercare/survey"
)

// Route leads the cases that it matches to receivers. Every condition that is given must
// hold; one that lists several values holds if one of them does. The first route that
// matches a case is its only one.
type Route struct {
	Sites      []string   `json:"site,omitempty"`
	Services   []string   `json:"service,omitempty"`
	Dimensions []string   `json:"dimension,omitempty"` // of what was bad
	Languages  []string   `json:"language,omitempty"`  // BCP 47; "zh" holds for "zh-Hans" too
	Tiers      []Tier     `json:"tier,omitempty"`
	Owners     []string   `json:"owner,omitempty"` // ids of the staff who served the customer
	Priorities []Priority `json:"priority,omitempty"`
	To         []Receiver `json:"to"`
}

// Matter is what routes look at.
type Matter struct {
	Site, Service string
	Dimensions    []string // quality dimensions that were bad
	Language      string   // BCP 47, of the customer
	Tier          Tier     // "" = normal
	Owner         string   // id of the member of staff who served; "" = unknown
	Priority      Priority
}

// To returns the receivers of the first route that matches; nil = none does.
func (r Routing) To(m Matter) []Receiver {
	for _, route := range r.Routes {
		if route.Matches(m) {
			return route.To
		}
	}
	return nil
}

// Matches reports whether every condition of the route holds.
func (r Route) Matches(m Matter) bool {
	if m.Tier == "" {
		m.Tier = Normal
	}
	return oneOf(r.Sites, m.Site) && fold(r.Services, m.Service) && anyOf(r.Dimensions, m.Dimensions) &&
		speaks(r.Languages, m.Language) && oneOf(r.Tiers, m.Tier) && oneOf(r.Owners, m.Owner) && oneOf(r.Priorities, m.Priority)
}

func (r Route) everything() bool {
	return len(r.Sites)+len(r.Services)+len(r.Dimensions)+len(r.Languages)+len(r.Tiers)+len(r.Owners)+len(r.Priorities) == 0
}

func oneOf[T comparable](want []T, got T) bool { return len(want) == 0 || slices.Contains(want, got) }

// fold is oneOf for words that people write: service names come from outside.
func fold(want []string, got string) bool {
	got = strings.TrimSpace(got)
	return len(want) == 0 || slices.ContainsFunc(want, func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), got) })
}

func anyOf(want, got []string) bool {
	return len(want) == 0 || slices.ContainsFunc(got, func(g string) bool { return slices.Contains(want, g) })
}

// speaks matches a language, or the same language written otherwise.
func speaks(want []string, got string) bool {
	return len(want) == 0 || slices.ContainsFunc(want, func(w string) bool {
		return strings.EqualFold(w, got) || len(got) > len(w) && got[len(w)] == '-' && strings.EqualFold(w, got[:len(w)])
	})
}

// dimensions are the five of service quality (domain S21).
var dimensions = [...]string{survey.Tangibles, survey.Reliability, survey.Responsiveness, survey.Assurance, survey.Empathy}

func (r Route) check(path string, n int) []Problem {
	var out []Problem
	say := func(key string, k int, format string, args ...any) {
		out = append(out, Problem{Path: path + "." + key + "." + strconv.Itoa(k), Message: fmt.Sprintf(format, args...)})
	}
	for i, d := range r.Dimensions {
		if !slices.Contains(dimensions[:], d) {
			say("dimension", i, "Route %d is for the dimension %q; use one of %s.", n, d, strings.Join(dimensions[:], ", "))
		}
	}
	for i, t := range r.Tiers {
		if !slices.Contains([]Tier{Normal, MVC, MGC, BZ}, t) {
			say("tier", i, "Route %d is for the tier %q; use normal, MVC, MGC or BZ.", n, t)
		}
	}
	for i, p := range r.Priorities {
		if p < P1 || p > P3 {
			say("priority", i, "Route %d is for priority %d; use P1, P2 or P3.", n, p)
		}
	}
	return out
}
