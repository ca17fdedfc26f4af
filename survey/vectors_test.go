package survey

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"
)

// vectors reads one key of testdata/vectors.json.
func vectors[T any](t *testing.T, key string) T {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(all[key], &v); err != nil {
		t.Fatalf("vectors %q: %v", key, err)
	}
	return v
}

// same compares to the four decimals that the vectors are given with.
func same(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > 0.00005 {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func answered(key string, value float64) Answer {
	return Answer{Question: key, Value: &value, Revision: 1}
}

type tapVector struct {
	Tap, Score, Linear float64
	Level              int
	LinearLevel        int `json:"linear_level"`
}

func TestOptionsScoreWithinTheirLevel(t *testing.T) {
	for key, scale := range map[string]Scale{"ladder7": ladder7(), "csat5": csat5()} {
		rows := vectors[[]tapVector](t, key)
		if len(rows) != len(scale.Options) {
			t.Fatalf("%s: %d vectors for %d options", key, len(rows), len(scale.Options))
		}
		q := scaleQ("q", scale, 1)
		f := flow("f", primaryQ(q))
		low, high, _ := q.span()
		for _, row := range rows {
			j := Judge(f, []Answer{answered("q", row.Tap)}, true)
			same(t, key+" score", *j.Composite, row.Score)
			if j.Level != row.Level || j.Primary.Level != row.Level {
				t.Errorf("%s %v: level %d and primary level %d, want %d", key, row.Tap, j.Level, j.Primary.Level, row.Level)
			}
			linear, err := Linear(row.Tap, low, high)
			if err != nil {
				t.Fatal(err)
			}
			same(t, key+" linear", linear, row.Linear)
			if level, _ := defaultBand(linear); level != row.LinearLevel {
				t.Errorf("%s %v: linear level %d, want %d", key, row.Tap, level, row.LinearLevel)
			}
		}
	}
}

func TestLinear(t *testing.T) {
	for _, row := range vectors[[]struct {
		X, Lo, Hi, Score float64
		Rev              int
		Level            int `json:"level_if_linear"`
	}](t, "norm") {
		x := row.X
		if row.Rev == 1 {
			x = Reversed(x, row.Lo, row.Hi)
		}
		got, err := Linear(x, row.Lo, row.Hi)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "linear", got, row.Score)
		if level, _ := defaultBand(got); level != row.Level {
			t.Errorf("%+v: level %d", row, level)
		}
	}
	for _, bad := range [][3]float64{{0, 1, 5}, {6, 1, 5}, {1, 1, 1}, {math.NaN(), 0, 1}, {1, 5, 0}} {
		if got, err := Linear(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("Linear%v = %v, want an error", bad, got)
		}
	}
}

func TestPairsOfAnswers(t *testing.T) {
	f := flow("f", primaryQ(scaleQ("a", csat5(), 1)), scaleQ("b", csat5(), 1))
	for _, row := range vectors[[]struct {
		A, B, Score float64
		Level       int
	}](t, "csat5_pairs") {
		j := Judge(f, []Answer{answered("a", row.A), answered("b", row.B)}, true)
		same(t, "composite", *j.Composite, row.Score)
		if j.Level != row.Level {
			t.Errorf("%v, %v: level %d, want %d", row.A, row.B, j.Level, row.Level)
		}
	}
}

func TestComposite(t *testing.T) {
	for _, row := range vectors[[]struct {
		Case     string
		Items    [][2]*float64
		Score    *float64
		Coverage float64
		Level    *int
	}](t, "composite") {
		t.Run(row.Case, func(t *testing.T) {
			var questions []Question
			var answers []Answer
			for i, item := range row.Items {
				q := scaleQ(string(rune('a'+i)), ladder7(), *item[0])
				q.Primary = i == 0
				questions = append(questions, q)
				a := Answer{Question: q.Key, Skipped: true}
				if item[1] != nil {
					for _, o := range q.Scale.Options {
						if *o.Score == *item[1] {
							a = answered(q.Key, o.Value)
						}
					}
				}
				answers = append(answers, a)
			}
			j := Judge(flow("f", questions...), answers, true)
			same(t, "coverage", j.Coverage, row.Coverage)
			if (j.Composite == nil) != (row.Score == nil) {
				t.Fatalf("composite %v, want %v", j.Composite, row.Score)
			}
			if row.Score == nil {
				if j.Level != 0 {
					t.Errorf("level %d without a composite", j.Level)
				}
				return
			}
			same(t, "composite", *j.Composite, *row.Score)
			if j.Level != *row.Level {
				t.Errorf("level %d, want %d", j.Level, *row.Level)
			}
		})
	}
}

// A seven-level survey scored by hand with points 1 to 7 agrees with the composite's level.
func TestLiteralPointsAgreeWithTheLevel(t *testing.T) {
	row := vectors[struct {
		Weights, Values, Parts []float64
		Total                  float64
		Nearest                int `json:"nearest_level"`
	}](t, "seed_literal")
	var questions []Question
	var answers []Answer
	total := 0.0
	for i, w := range row.Weights {
		q := scaleQ(string(rune('a'+i)), ladder7(), w)
		q.Primary = i == 0
		questions = append(questions, q)
		answers = append(answers, answered(q.Key, row.Values[i]))
		same(t, "part", w*row.Values[i], row.Parts[i])
		total += w * row.Values[i]
	}
	same(t, "total", total, row.Total)
	if j := Judge(flow("f", questions...), answers, true); j.Level != row.Nearest || j.Level != int(math.Round(total)) {
		t.Errorf("level %d, want %d", j.Level, row.Nearest)
	}
}

func TestGap(t *testing.T) {
	for _, row := range vectors[[]struct {
		P, E, Gap float64
		State     GapState
		Delighted bool
	}](t, "gap") {
		e := Question{Key: "e", Kind: NumberQ, MinValue: 1, MaxValue: 7, Phase: Pre}
		p := Question{Key: "p", Kind: NumberQ, MinValue: 1, MaxValue: 7, Primary: true, Pair: "e", Weight: 1}
		f := flow("f", e, p)
		if row.P != math.Trunc(row.P) {
			f.GapTol = 0.25 // means of several answers
		}
		j := Judge(f, []Answer{answered("e", row.E), answered("p", row.P)}, true)
		if j.Gap == nil {
			t.Fatalf("%+v: no gap", row)
		}
		same(t, "gap", *j.Gap, row.Gap)
		if j.GapState != row.State || j.Delighted != row.Delighted {
			t.Errorf("%+v: %s, delighted %v", row, j.GapState, j.Delighted)
		}
		if j.Unsatisfied != (row.State == GapUnsatisfied) {
			t.Errorf("%+v: unsatisfied %v", row, j.Unsatisfied)
		}
		f.GapIgnored = true
		if Judge(f, []Answer{answered("e", row.E), answered("p", row.P)}, true).Unsatisfied {
			t.Errorf("%+v: unsatisfied although the gap is ignored", row)
		}
	}
}

func TestServqualShortForm(t *testing.T) {
	row := vectors[struct {
		P, E, Weights, Gap   map[string]float64
		Unweighted, Weighted float64
		Servperf             float64
		Norm                 float64 `json:"servperf_norm"`
		ServperfW            float64 `json:"servperf_w"`
		WeightedNorm         float64 `json:"servperf_w_norm"`
	}](t, "servqual5")
	var items []Item
	for _, d := range []string{Tangibles, Reliability, Responsiveness, Assurance, Empathy} {
		items = append(items, Item{Dimension: d, Expectation: row.E[d], Perception: row.P[d]})
	}
	gaps, err := SERVQUAL(items, row.Weights)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range row.Gap {
		same(t, d, gaps.Dimensions[d], want)
	}
	same(t, "unweighted", gaps.Mean, row.Unweighted)
	same(t, "weighted", gaps.Weighted, row.Weighted)
	perf, err := SERVPERF(items, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "SERVPERF", perf.Mean, row.Servperf)
	same(t, "SERVPERF weighted", perf.Weighted, row.ServperfW)
	for mean, want := range map[float64]float64{perf.Mean: row.Norm, perf.Weighted: row.WeightedNorm} {
		index, err := Linear(mean, 1, 7)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "SERVPERF index", index, want)
	}
	if _, err := SERVQUAL(nil, nil); err == nil {
		t.Error("no items give a score")
	}
	if _, err := SERVPERF(items, map[string]float64{}); err == nil {
		t.Error("no weights give a score")
	}
}

// dimension22 is the dimension of item n, from 1, of the 22-item form.
func dimension22(n int) string {
	switch {
	case n <= 4:
		return Tangibles
	case n <= 9:
		return Reliability
	case n <= 13:
		return Responsiveness
	case n <= 17:
		return Assurance
	}
	return Empathy
}

func TestServqualFullForm(t *testing.T) {
	row := vectors[struct {
		E, P       []float64
		Gaps       map[string]float64 `json:"dim_gap"`
		Unweighted float64
		ItemMean   float64 `json:"item_mean"`
		Weighted   float64
	}](t, "servqual22")
	var items []Item
	for i := range row.E {
		items = append(items, Item{Dimension: dimension22(i + 1), Expectation: row.E[i], Perception: row.P[i]})
	}
	got, err := SERVQUAL(items, nil)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range row.Gaps {
		same(t, d, got.Dimensions[d], want)
	}
	same(t, "unweighted", got.Mean, row.Unweighted)
	same(t, "item mean", got.ItemMean, row.ItemMean)
	same(t, "weighted", got.Weighted, row.Weighted)
}

func TestReverse(t *testing.T) {
	for _, row := range vectors[[]struct{ X, Lo, Hi, Rev float64 }](t, "reverse") {
		same(t, "reversed", Reversed(row.X, row.Lo, row.Hi), row.Rev)
		q := primaryQ(scaleQ("q", quality7(), 1))
		q.Reverse = true
		j := Judge(flow("f", q), []Answer{answered("q", row.X)}, true)
		straight := Judge(flow("f", primaryQ(scaleQ("q", quality7(), 1))), []Answer{answered("q", row.Rev)}, true)
		if *j.Composite != *straight.Composite || j.Flag != straight.Flag || j.Primary.Lowest != straight.Primary.Lowest {
			t.Errorf("reversed %v judged as %+v, want as %v: %+v", row.X, j, row.Rev, straight)
		}
	}
}

func TestLoyalty(t *testing.T) {
	for _, row := range vectors[[]struct{ A, S, P, Index, Geo float64 }](t, "loyalty") {
		index, root, err := Loyalty(row.A, row.S, row.P)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "loyalty", index, row.Index)
		same(t, "cube root", root, row.Geo)
	}
	if _, _, err := Loyalty(0.5, 1.1, 0.5); err == nil {
		t.Error("a factor above 1 is accepted")
	}
}

func TestACSI(t *testing.T) {
	for _, row := range vectors[[]struct {
		X [3]float64
		W json.RawMessage
		V float64
	}](t, "acsi") {
		var weights *[3]float64
		if string(row.W) != `"equal"` && row.W != nil {
			weights = new([3]float64)
			if err := json.Unmarshal(row.W, weights); err != nil {
				t.Fatal(err)
			}
		}
		got, err := ACSI(row.X, weights)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "index", got, row.V)
	}
	if _, err := ACSI([3]float64{0, 5, 5}, nil); err == nil {
		t.Error("an answer below 1 is accepted")
	}
	if _, err := ACSI([3]float64{5, 5, 5}, &[3]float64{}); err == nil {
		t.Error("weights of zero are accepted")
	}
}

func TestEffort(t *testing.T) {
	row := vectors[struct {
		Values     []float64
		Mean, Norm float64
		Easy       float64 `json:"easy_pct"`
		Hard       float64 `json:"hard_pct"`
	}](t, "ces")
	sum, easy, hard := 0.0, 0.0, 0.0
	for _, x := range row.Values {
		class, err := CESClass(x)
		if err != nil {
			t.Fatal(err)
		}
		switch class {
		case ClassHigh:
			easy++
		case ClassLow:
			hard++
		}
		sum += x
	}
	n := float64(len(row.Values))
	same(t, "mean", sum/n, row.Mean)
	index, err := Linear(sum/n, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "index", index, row.Norm)
	same(t, "easy", 100*easy/n, row.Easy)
	same(t, "hard", 100*hard/n, row.Hard)
}

func TestClassesOfAnswers(t *testing.T) {
	for x, want := range map[float64]MetricClass{0: ClassLow, 6: ClassLow, 7: ClassMiddle, 8: ClassMiddle, 9: ClassHigh, 10: ClassHigh} {
		if got, err := NPSClass(x); err != nil || got != want {
			t.Errorf("NPSClass(%v) = %v, %v, want %v", x, got, err, want)
		}
	}
	for x, want := range map[float64]MetricClass{1: ClassLow, 3: ClassLow, 4: ClassMiddle, 5: ClassHigh, 7: ClassHigh} {
		if got, err := CESClass(x); err != nil || got != want {
			t.Errorf("CESClass(%v) = %v, %v, want %v", x, got, err, want)
		}
	}
	for _, x := range []float64{-1, 11, math.NaN()} {
		if _, err := NPSClass(x); err == nil {
			t.Errorf("NPSClass(%v) is accepted", x)
		}
	}
	for _, x := range []float64{0, 8, math.NaN()} {
		if _, err := CESClass(x); err == nil {
			t.Errorf("CESClass(%v) is accepted", x)
		}
	}
	for flag, want := range map[Flag]MetricClass{Delighted: ClassHigh, Satisfied: ClassHigh, Neutral: ClassMiddle, Unsatisfied: ClassLow} {
		if got, ok := CSATClass(flag); !ok || got != want {
			t.Errorf("CSATClass(%v) = %v, %v", flag, got, ok)
		}
	}
	if _, ok := CSATClass(NoFlag); ok {
		t.Error("an answer without a flag has a class")
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
