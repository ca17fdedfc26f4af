package survey

import (
	"fmt"
	"slices"
	"testing"
)

// negative says whether item n of the 22 is worded negatively in the 1988 version.
func negative(n int) bool { return n >= 10 && n <= 13 || n >= 18 }

// The 22-item form is a flow like any other: expectation before, perception after,
// negatively worded items reversed. People tap the values of the reversed items the
// other way round, and the figures are those of the vectors.
func TestServqualFullFormFromAFlow(t *testing.T) {
	row := vectors[struct {
		E, P       []float64
		Gaps       map[string]float64 `json:"dim_gap"`
		Unweighted float64
		Weighted   float64
	}](t, "servqual22")
	f := flow("servqual22")
	var answers []Answer
	for i := range row.E {
		n := i + 1
		tap := func(x float64) float64 {
			if negative(n) {
				return 8 - x
			}
			return x
		}
		e := dimensioned(scaleQ(fmt.Sprintf("e%d", n), quality7(), 0), dimension22(n), "")
		e.Phase, e.Reverse = Pre, negative(n)
		p := dimensioned(scaleQ(fmt.Sprintf("p%d", n), quality7(), 0), dimension22(n), "")
		p.Pair, p.Reverse, p.Primary = e.Key, negative(n), n == 1
		f.Questions = slices.Insert(append(f.Questions, p), i, e) // all expectations first
		answers = append(answers, answered(e.Key, tap(row.E[i])), answered(p.Key, tap(row.P[i])))
	}
	items, paired := QualityItems(f, answers)
	if len(items) != 22 || !paired {
		t.Fatalf("%d items, paired %v", len(items), paired)
	}
	got, err := SERVQUAL(items, nil)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range row.Gaps {
		same(t, d, got.Dimensions[d], want)
	}
	same(t, "unweighted", got.Mean, row.Unweighted)
	same(t, "weighted", got.Weighted, row.Weighted)
	if items, paired = QualityItems(f, answers[1:]); len(items) != 22 || paired {
		t.Errorf("one expectation missing: %d items, paired %v", len(items), paired)
	}
	if items, paired = QualityItems(f, nil); len(items) != 0 || paired {
		t.Errorf("no answers: %d items, paired %v", len(items), paired)
	}
	if problems := Check(f); len(problems) != 1 || problems[0].Code != "unscored" {
		t.Errorf("the form has problems: %+v", problems)
	}
}

func TestLoyaltyOfASession(t *testing.T) {
	attract, heard := scaleQ("attract", csat5(), 0), scaleQ("heard", csat5(), 0)
	attract.Factor, heard.Factor = "attraction", "participation"
	f := flow("loyal", primaryQ(scaleQ("overall", ladder7(), 1)), attract, heard)
	answers := []Answer{answered("overall", 4), answered("attract", 5), answered("heard", 3)}
	index, root, ok := LoyaltyOf(f, answers)
	if !ok {
		t.Fatal("no index")
	}
	same(t, "index", index, 25) // 1 × ½ × ½
	same(t, "cube root", root, 62.9961)
	if _, _, ok := LoyaltyOf(f, answers[:2]); ok {
		t.Error("an index although a factor is missing")
	}
	skipped := append([]Answer{{Question: "overall", Skipped: true}}, answers[1:]...)
	if _, _, ok := LoyaltyOf(f, skipped); ok {
		t.Error("an index although satisfaction was skipped")
	}
	answers[0] = answered("overall", 1)
	if index, _, ok := LoyaltyOf(f, answers); !ok || index != 0 {
		t.Errorf("no satisfaction: %v, %v, want no loyalty", index, ok)
	}
	if _, _, ok := LoyaltyOf(oneTap(), []Answer{answered("overall", 5)}); ok {
		t.Error("an index of a flow without the factors")
	}
}
