package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// givenByChance are two surveys with scales of three, five and seven steps, and conversations in them of customers who
// answer often, in both, and change what they shared.
func givenByChance(r *rand.Rand, n, customers int) ([]storage.GivenSession, map[string]*survey.Flow) {
	flows := map[string]*survey.Flow{}
	for _, id := range []string{"f", "g"} {
		f := &survey.Flow{ID: id, Questions: []survey.Question{
			{Key: "before", Kind: survey.ScaleQ, Phase: survey.Pre, Scale: scale(1, 7)},
			{Key: "overall", Kind: survey.ScaleQ, Primary: true, Pair: "before", Scale: scale(1, 7)},
			{Key: "kept", Kind: survey.ScaleQ, Scale: survey.Scale{Key: promiseScale, Options: scale(0, 2).Options}},
			{Key: "source", Kind: survey.ChoiceQ, Choices: []survey.Choice{{Key: "promise"}, {Key: "past"}}},
		}}
		for i, name := range Dimensions[:4] {
			f.Questions = append(f.Questions,
				survey.Question{Key: "e" + name, Kind: survey.ScaleQ, Dimension: name, Phase: survey.Pre, Scale: scale(1, 7)},
				survey.Question{Key: name, Kind: survey.ScaleQ, Dimension: name, Pair: "e" + name, Scale: scale(1, 4+i)},
				survey.Question{Key: "second_" + name, Kind: survey.ScaleQ, Dimension: name, Scale: scale(1, 7)},
				survey.Question{Key: "points_" + name, Kind: survey.NumberQ, Dimension: name, MaxValue: 100},
			)
		}
		flows[id] = f
	}
	var list []storage.GivenSession
	for i := range n {
		values := map[string]float64{"before": float64(1 + r.IntN(7)), "overall": float64(1 + r.IntN(7)), "kept": float64(r.IntN(3))}
		for k, name := range Dimensions[:4] {
			values["e"+name], values[name], values["second_"+name] = float64(1+r.IntN(7)), float64(1+r.IntN(4+k)), float64(1+r.IntN(7))
			values["points_"+name] = float64(1 + r.IntN(60))
		}
		s := givenBy(fmt.Sprint(r.IntN(customers)), 1+r.IntN(7), values)
		s.ID, s.Flow, s.Day = fmt.Sprint("s", i), []string{"f", "g"}[r.IntN(2)], fmt.Sprintf("2026-03-%02d", 1+r.IntN(9))
		s.Answers = append(s.Answers, storage.GivenAnswer{Question: "source", Kind: "choice", Choices: []string{[]string{"promise", "past"}[r.IntN(2)]}})
		list = append(list, s)
	}
	return list, flows
}

func jsonOf(t *testing.T, x any) string {
	t.Helper()
	text, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFiguresOfWhatWasGivenAreTheSameInAnyOrder shuffles conversations: every number stays the same to its last digit,
// whoever is asked for the newest of a customer.
func TestFiguresOfWhatWasGivenAreTheSameInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 114))
	for _, n := range []int{0, 1, 3, 12, 60, 500} {
		list, flows := givenByChance(r, n, max(1, n/3))
		e, q := jsonOf(t, ExpectationOf(list, flows, "2026-03-05")), jsonOf(t, QualityOf(list, flows))
		for range 5 {
			r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
			if again := jsonOf(t, ExpectationOf(list, flows, "2026-03-05")); again != e {
				t.Fatalf("of %d: the expectation is\n%s\nand in another order\n%s", n, e, again)
			}
			if again := jsonOf(t, QualityOf(list, flows)); again != q {
				t.Fatalf("of %d: the quality is\n%s\nand in another order\n%s", n, q, again)
			}
		}
	}
}

// TestWhatIsCountedOfASurveyIsThatOfItsAnswersAlone counts each survey, and all of them, in one pass and by itself.
func TestWhatIsCountedOfASurveyIsThatOfItsAnswersAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 115))
	list, flows := givenByChance(r, 400, 150)
	e, q := newExpectationCount(newWhom(), flows, "2026-03-05"), newQualityCount(newWhom(), flows)
	some := map[string][]storage.GivenSession{"": list}
	for i := range list {
		e.add(&list[i])
		q.add(&list[i])
		some[list[i].Flow] = append(some[list[i].Flow], list[i])
	}
	for _, flow := range []string{"", "f", "g"} {
		if got, want := jsonOf(t, e.expectation(flow)), jsonOf(t, ExpectationOf(some[flow], flows, "2026-03-05")); got != want {
			t.Errorf("of %q: the expectation is\n%s\nwant\n%s", flow, got, want)
		}
		if got, want := jsonOf(t, q.quality(flow)), jsonOf(t, QualityOf(some[flow], flows)); got != want {
			t.Errorf("of %q: the quality is\n%s\nwant\n%s", flow, got, want)
		}
	}
	if all := e.expectation(""); all.Mean.Customers >= e.expectation("f").Mean.Customers+e.expectation("g").Mean.Customers || len(all.Pairs) == 0 || len(all.Sources) != 4 {
		t.Errorf("nobody answered both: %+v", all)
	}
}

func TestPointsAndRowsAreThoseThatSomebodyGaveLast(t *testing.T) {
	_, flows := givenByChance(rand.New(rand.NewPCG(1, 1)), 0, 1)
	said := func(customer, id, day string, first, second float64) storage.GivenSession {
		s := givenBy(customer, 5, map[string]float64{"points_" + Dimensions[0]: first, "points_" + Dimensions[1]: second})
		s.ID, s.Day = id, day
		return s
	}
	var list []storage.GivenSession
	for i := range 10 { // on the later day the second dimension is all that counts, and then, of the later id, the first
		who := fmt.Sprint(i)
		list = append(list, said(who, "b", "2026-03-02", 0, 100), said(who, "c", "2026-03-02", 100, 0), said(who, "d", "2026-03-01", 0, 100))
	}
	for i := range list {
		list[i].Answers = append(list[i].Answers, givenBy("", 5, map[string]float64{Dimensions[0]: 3}).Answers...)
	}
	if q := QualityOf(list, flows); q.Sharers != 10 || len(q.Dimensions) != 1 || q.Dimensions[0].Weight != 1 {
		t.Errorf("%+v", q)
	}
}

func TestANumberThatThereIsNotIsNullAndComesBackSo(t *testing.T) {
	for text, x := range map[string]Optional{"null": Optional(math.NaN()), "0.25": 0.25, "0": 0} {
		var back Optional
		if got := jsonOf(t, x); got != text || json.Unmarshal([]byte(got), &back) != nil || back.Known() != x.Known() || x.Known() && back != x {
			t.Errorf("%v is %s, and comes back as %v", x, got, back)
		}
	}
	if Optional(math.Inf(1)).Known() {
		t.Error("without end is a number")
	}
}

func TestSumsOfPartsAreExactForWholeNumbersAndHalves(t *testing.T) {
	for _, x := range []float64{0, 0.5, -1.5, 7, 100, mostFixed} {
		if got := fixedOf(x).float(); got != x {
			t.Errorf("%v becomes %v", x, got)
		}
	}
	if got := fixedOf(100.0 / 3).float(); math.Abs(got-100.0/3) > 1e-9 {
		t.Errorf("a third of 100 becomes %v", got)
	}
	if fixedOf(1e300) != fixedOf(mostFixed) || fixedOf(math.NaN()) != 0 {
		t.Error("what is no usual number")
	}
}
