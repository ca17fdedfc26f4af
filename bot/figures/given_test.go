package figures

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// vector reads one of the examples that were worked out apart from the program.
func vector(t *testing.T, id string, in, out any) {
	t.Helper()
	source, err := os.ReadFile("../../report/testdata/pages.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		ID      string
		In, Out json.RawMessage
	}
	if err := json.Unmarshal(source, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.ID == id {
			if err := json.Unmarshal(v.In, in); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(v.Out, out); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no %s", id)
}

func about(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-4) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func scale(low, high int) (s survey.Scale) {
	for v := low; v <= high; v++ {
		s.Options = append(s.Options, survey.Option{Value: float64(v)})
	}
	return s
}

func givenBy(customer string, level int, values map[string]float64) storage.GivenSession {
	s := storage.GivenSession{Flow: "f", Customer: customer, Level: level, Day: "2026-03-01"}
	for key, x := range values {
		s.Answers = append(s.Answers, storage.GivenAnswer{Question: key, Kind: "scale", Value: &x})
	}
	return s
}

func TestGapsAreThoseOfTheVector(t *testing.T) {
	type share struct {
		K, N      int
		P, Lo, Hi float64
	}
	var in struct{ Gaps map[string]int }
	var out struct {
		Below, Met, Above, Delight share
		Mean                       float64
		CI                         [2]float64
	}
	vector(t, "d03", &in, &out)
	flow := &survey.Flow{ID: "f", Questions: []survey.Question{
		{Key: "overall", Kind: survey.ScaleQ, Primary: true, Scale: scale(1, 7)}, {Key: "gap", Kind: survey.ScaleQ, Reported: "gap", Scale: scale(-2, 2)},
	}}
	var list []storage.GivenSession
	for text, n := range in.Gaps {
		var gap float64
		if _, err := fmt.Sscan(text, &gap); err != nil {
			t.Fatal(err)
		}
		for range n {
			list = append(list, givenBy(fmt.Sprint(len(list)), 5, map[string]float64{"gap": gap}))
		}
	}
	e := ExpectationOf(list, map[string]*survey.Flow{"f": flow}, "")
	for what, of := range map[string]struct {
		got  report.Clustered
		want share
	}{"below": {e.Below, out.Below}, "met": {e.Met, out.Met}, "above": {e.Above, out.Above}, "delighted": {e.Delighted, out.Delight}} {
		if of.got.K != of.want.K || of.got.N != of.want.N {
			t.Errorf("%s: %d of %d", what, of.got.K, of.got.N)
		}
		about(t, what, of.got.P, of.want.P)
		// Clustered by customer, an interval is wider than Wilson's by n/(n−1), never narrower.
		if low, high := of.got.Low(), of.got.High(); low > of.want.Lo || low < of.want.Lo-0.01 || high < of.want.Hi || high > of.want.Hi+0.01 {
			t.Errorf("%s lies between %v and %v, want about %v", what, low, high, of.want)
		}
	}
	about(t, "the mean", e.Mean.Mean, out.Mean)
	about(t, "the mean from", e.Mean.Within.Low, out.CI[0])
	about(t, "the mean to", e.Mean.Within.High, out.CI[1])
}

func TestContradictionsAreThoseOfTheVector(t *testing.T) {
	var in [][2]float64
	var out struct {
		Rate struct {
			K, N int
		}
	}
	vector(t, "d33", &in, &out)
	flow := &survey.Flow{ID: "f", Questions: []survey.Question{
		{Key: "gap", Kind: survey.ScaleQ, Reported: "gap", Scale: scale(-2, 2)}, {Key: "a", Kind: survey.ScaleQ, Scale: scale(1, 5)}, {Key: "b", Kind: survey.ScaleQ, Scale: scale(1, 7)},
	}}
	var list []storage.GivenSession
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i, x := range in {
		s := givenBy(fmt.Sprint(i), int(x[0]), map[string]float64{"gap": x[1]})
		for j, key := range []string{"a", "b"} {
			value := 1 + float64(j)*float64(i%2) // of every other both are the lowest
			s.Answers = append(s.Answers, storage.GivenAnswer{Question: key, Kind: "scale", Value: &value})
		}
		s.Answers = append(s.Answers, storage.GivenAnswer{Question: "left", Kind: "scale", Skipped: i < 4})
		for j := range s.Answers {
			s.Answers[j].At = at.Add(time.Duration(j*(i+1)) * time.Second)
		}
		list = append(list, s)
	}
	erased := storage.GivenSession{Flow: "f", Customer: "erased", Answers: []storage.GivenAnswer{{Question: "a", At: at}, {Question: "b", At: at}}}
	c := CareOf(append(list, erased), map[string]*survey.Flow{"f": flow})
	if c.Contradictory.K != out.Rate.K || c.Contradictory.N != out.Rate.N {
		t.Errorf("%d of %d contradict each other", c.Contradictory.K, c.Contradictory.N)
	}
	straight := 0
	for i, x := range in {
		if i%2 == 0 && x[1] == -2 {
			straight++
		}
	}
	if c.Straight.K != straight || c.Straight.N != len(in) || c.Skipped.K != 4 || c.Skipped.N != 4*len(in)+2 || c.Timed != len(in) || c.Seconds != 5 {
		t.Errorf("%+v", c)
	}
}

func TestTheDimensionsWeighAsCustomersSay(t *testing.T) {
	flow := &survey.Flow{ID: "f"}
	for _, name := range Dimensions {
		for _, item := range []string{"1", "2"} {
			flow.Questions = append(
				flow.Questions,
				survey.Question{Key: "e" + name + item, Kind: survey.ScaleQ, Dimension: name, Phase: survey.Pre, Scale: scale(1, 7)},
				survey.Question{Key: name + item, Kind: survey.ScaleQ, Dimension: name, Pair: "e" + name + item, Scale: scale(1, 7), Reverse: item == "2"},
			)
		}
		flow.Questions = append(flow.Questions, survey.Question{Key: "points_" + name, Kind: survey.NumberQ, Dimension: name, MaxValue: 100})
	}
	flows := map[string]*survey.Flow{"f": flow}
	var points [][]float64
	var out struct{ Weights []float64 }
	vector(t, "d04", &points, &out)
	var list []storage.GivenSession
	for i := range 40 {
		values := map[string]float64{}
		for n, name := range Dimensions {
			found := float64(3 + (i+n)%3)
			if name == survey.Empathy {
				found = float64(1 + i%2)
			}
			values["e"+name+"1"], values["e"+name+"2"], values[name+"1"], values[name+"2"] = 7, 7, found, 8-found
			values["points_"+name] = points[i%len(points)][n]
		}
		list = append(list, givenBy(fmt.Sprint(i), 5, values))
	}
	q := QualityOf(list, flows)
	if len(q.Dimensions) != 5 || q.Sharers != 40 || !q.OwnWeights() {
		t.Fatalf("%+v", q)
	}
	weighted, unweighted := 0.0, 0.0
	for i, d := range q.Dimensions {
		about(t, "the weight of "+d.Name, d.Weight, out.Weights[i])
		mean := 50.0
		if d.Name == survey.Empathy {
			mean = 100 * 0.5 / 6
		}
		if math.Abs(d.Perceived.Mean-mean) > 1.5 || math.Abs(d.Gap.Mean-(d.Perceived.Mean-100)) > 1e-9 || d.Behind != (d.Name == survey.Empathy) || len(d.Questions) != 2 {
			t.Errorf("%+v", d)
		}
		about(t, "alpha of "+d.Name, float64(d.Alpha), 1) // both questions say the same
		weighted, unweighted = weighted+d.Weight*d.Perceived.Mean, unweighted+d.Perceived.Mean/5
	}
	about(t, "weighted", float64(q.Weighted), weighted)
	about(t, "unweighted", float64(q.Unweighted), unweighted)
	for i := range list {
		list[i].Answers = slices.DeleteFunc(list[i].Answers, func(a storage.GivenAnswer) bool { return i > 8 && a.Question[:3] == "poi" })
	}
	if q := QualityOf(list, flows); q.OwnWeights() || q.Dimensions[0].Weight != survey.ServqualWeights()[Dimensions[0]] {
		t.Errorf("the weights of nine customers: %+v", q)
	}
}
