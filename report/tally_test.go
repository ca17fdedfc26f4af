package report

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestWhatIsHiddenDoesNotGoByTheOrder puts parts with as many answers in every order: the same are hidden.
func TestWhatIsHiddenDoesNotGoByTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 85))
	hidden := func(order []int) (list [4]bool) {
		keys, rates := make([]string, 4), make([]*Clustered, 4)
		for i, at := range order {
			tally := Tally{}
			for c := range []int{3, 7, 7, 7}[at] {
				tally.Add(fmt.Sprint(at, c), c == 0)
			}
			rate := tally.Rate()
			keys[i], rates[i] = fmt.Sprint(at), &rate
		}
		Protect(keys, rates)
		for i, at := range order {
			list[at] = rates[i].Manner == Hidden
		}
		return list
	}
	for range 50 {
		if got := hidden(r.Perm(4)); got != [4]bool{true, true, false, false} {
			t.Fatalf("hidden are %v", got)
		}
	}
}

// TestARunCountsAsATallyDoes counts the same answers both ways, of customers who gave one or several.
func TestARunCountsAsATallyDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 13))
	for range 200 {
		tally, run := Tally{}, Run{}
		for c := range r.IntN(40) {
			for range 1 + r.IntN(4) {
				yes := r.IntN(3) == 0
				tally.Add(fmt.Sprint(c), yes)
				run.Add(fmt.Sprint(c), yes)
			}
		}
		if a, b := tally.Rate(), run.Rate(); a != b {
			t.Fatalf("one after the other: %+v, by name: %+v", b, a)
		}
	}
}

// TestWhatIsHiddenIsOfFivePeople draws customers of whom many answer in several parts, and often: what the hidden
// parts have together follows from the total and the others, so five different people must have said it.
func TestWhatIsHiddenIsOfFivePeople(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 11))
	looked := 0
	for range 3000 {
		n := 2 + r.IntN(5)
		tallies, keys, rates := make([]Tally, n), make([]string, n), make([]*Clustered, n)
		for i := range tallies {
			tallies[i] = Tally{}
			for range r.IntN(9) {
				tallies[i].Add(fmt.Sprint(r.IntN(10)), r.IntN(2) == 0)
			}
			rate := tallies[i].Rate()
			keys[i], rates[i] = fmt.Sprint(i), &rate
		}
		Protect(keys, rates)
		hidden, people, shown := 0, map[string]bool{}, 0
		for i, rate := range rates {
			switch {
			case rate.Manner != Hidden:
				shown++
			case len(tallies[i]) > 0:
				hidden++
				for who := range tallies[i] {
					people[who] = true
				}
			}
		}
		if hidden == 0 || shown == 0 {
			continue
		}
		looked++
		if hidden == 1 || len(people) < FewestCounted {
			t.Fatalf("beside %d shown parts, %d hidden ones are what %d people said: %v", shown, hidden, len(people), tallies)
		}
	}
	if looked < 300 {
		t.Fatalf("only %d were looked at", looked)
	}
}
