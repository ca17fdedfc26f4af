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
