package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

// vectors are the agreed figures (testdata/vectors.json) that a flow can reach.
type vectors struct {
	Bands []struct {
		Score       float64
		Level       int
		Unsatisfied bool
	}
	Ladder7    []optionVector                         `json:"ladder7"`
	CSAT5      []optionVector                         `json:"csat5"`
	CSAT5Pairs []struct{ A, B, Score, Level float64 } `json:"csat5_pairs"`
	Composite  []struct {
		Case     string
		Items    [][2]*float64 // weight, score
		Score    *float64
		Coverage float64
		Level    *int
	}
	Alerts []struct {
		Case   string
		Expect struct {
			Case, Watch bool
			Priority    *string
			Why         []string
		}
	}
}

type optionVector struct {
	Tap, Score float64
	Level      int
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Bands) == 0 || len(v.Ladder7) == 0 || len(v.CSAT5) == 0 || len(v.Composite) == 0 || len(v.Alerts) == 0 {
		t.Fatal("vectors are missing")
	}
	return v
}

// try runs a template, or a flow file, over answers written as YAML.
func try(t *testing.T, flow, answers, context string) (trial.Result, error) {
	t.Helper()
	f, _, ok := flowfile.Template(flow)
	if !ok {
		var err error
		if f, err = flowfile.Parse([]byte(flow)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := readAnswers([]byte(answers))
	if err != nil {
		return trial.Result{}, err
	}
	c, err := readContext([]byte(context))
	if err != nil {
		return trial.Result{}, err
	}
	return trial.Run(f, a, c)
}

func mustTry(t *testing.T, flow, answers, context string) trial.Result {
	t.Helper()
	r, err := try(t, flow, answers, context)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// near is equality to the four decimals that the vectors give.
func near(a, b float64) bool { return math.Abs(a-b) < 0.00005 }

func TestTryBandsEveryScoreOfTheVectors(t *testing.T) {
	// A percentage is the one answer whose score can be any number.
	flow := "flow: one\nclass: transactional\ntitle: One\nquestions: [{key: share, number: {min: 0, max: 100}, weight: 1, ask: A}]\n"
	for _, b := range readVectors(t).Bands {
		r := mustTry(t, flow, fmt.Sprintf("share: %g", b.Score), "")
		if r.Composite == nil || !near(*r.Composite, b.Score) || r.Level == nil || *r.Level != b.Level || r.Unsatisfied != b.Unsatisfied || r.Case.Opens != b.Unsatisfied {
			t.Errorf("%g: %+v, want level %d, unsatisfied %t", b.Score, r, b.Level, b.Unsatisfied)
		}
	}
}

func TestTryScoresEachOptionByItsLevel(t *testing.T) {
	v := readVectors(t)
	for scale, options := range map[string][]optionVector{"ladder7": v.Ladder7, "csat5": v.CSAT5} {
		flow := "flow: one\nclass: transactional\ntitle: One\nquestions: [{key: overall, scale: " + scale + ", primary: true, weight: 1, ask: A}]\n"
		for _, o := range options {
			r := mustTry(t, flow, fmt.Sprintf("overall: %g", o.Tap), "")
			if r.Composite == nil || *r.Composite != o.Score || r.Level == nil || *r.Level != o.Level || r.Unsatisfied != (o.Level <= 3) {
				t.Errorf("%s %g: %+v, want %g, level %d", scale, o.Tap, r, o.Score, o.Level)
			}
		}
	}
}

// weighted is a flow of scale questions with these weights, the first one primary.
func weighted(scale string, weights ...float64) string {
	var b strings.Builder
	b.WriteString("flow: weighted\nclass: transactional\ntitle: W\nquestions:\n")
	for i, w := range weights {
		fmt.Fprintf(&b, "  - {key: q%d, scale: %s, primary: %t, weight: %g, ask: A}\n", i, scale, i == 0, w)
	}
	return b.String()
}

func TestTryMakesTheCompositesOfTheVectors(t *testing.T) {
	v := readVectors(t)
	for _, c := range v.Composite {
		t.Run(c.Case, func(t *testing.T) {
			scale, options := "csat5", v.CSAT5
			if strings.Contains(c.Case, "seven-level") {
				scale, options = "ladder7", v.Ladder7
			}
			var weights []float64
			var answers strings.Builder
			for i, item := range c.Items {
				weights = append(weights, *item[0])
				value := "skip"
				for _, o := range options {
					if item[1] != nil && o.Score == *item[1] {
						value = fmt.Sprint(o.Tap)
					}
				}
				fmt.Fprintf(&answers, "q%d: %s\n", i, value)
			}
			r := mustTry(t, weighted(scale, weights...), answers.String(), "")
			if (r.Composite == nil) != (c.Score == nil) || c.Score != nil && !near(*r.Composite, *c.Score) {
				t.Errorf("composite %v, want %v", r.Composite, c.Score)
			}
			if !near(r.Coverage, c.Coverage) {
				t.Errorf("coverage %v, want %v", r.Coverage, c.Coverage)
			}
			if !cmp.Equal(r.Level, c.Level) {
				t.Errorf("level %v, want %v", r.Level, c.Level)
			}
			if r.Status != "completed" {
				t.Errorf("status %s", r.Status)
			}
		})
	}
	for _, p := range v.CSAT5Pairs {
		r := mustTry(t, weighted("csat5", 1, 1), fmt.Sprintf("{q0: %g, q1: %g}", p.A, p.B), "")
		if !near(*r.Composite, p.Score) || *r.Level != int(p.Level) {
			t.Errorf("%g and %g: %v level %v, want %v level %v", p.A, p.B, *r.Composite, *r.Level, p.Score, p.Level)
		}
	}
}

// alertRuns are the runs that lead to the situations of the alert vectors.
var alertRuns = map[string]struct{ flow, answers, context string }{
	"csat5 tap 1":                          {"one_tap_csat", "overall: 1", ""},
	"csat5 tap 2":                          {"one_tap_csat", "{overall: 2, reason: [price, other], why_bad: skip, contact_ok: \"no\"}", ""},
	"ladder7 tap 3":                        {"ladder7_expect", "{overall: 3, vs_expect: 0}", ""},
	"ladder7 tap 3, MVC":                   {"ladder7_expect", "overall: 3", "tier: MVC"},
	"ladder7 tap 3, MVC, repeat, late":     {"ladder7_expect", "overall: 3", "{tier: MVC, unsatisfied_last_90_days: 1, late: true}"},
	"ladder7 tap 3, BZ (no demotion)":      {"ladder7_expect", "overall: 3", "tier: BZ"},
	"csat5 tap 3":                          {"one_tap_csat", "overall: 3", ""},
	"csat5 tap 3, MVC":                     {"one_tap_csat", "overall: 3", "tier: MVC"},
	"csat5 tap 5":                          {"one_tap_csat", "overall: 5", ""},
	"T2 5 then speed 1 (composite 75, L6)": {"post_service_3", "{overall: 5, speed: 1, people: 5}", ""},
	"T2 answers 3,2,2 (composite .5*35+.5*15=25, L3)": {"post_service_3", "{overall: 3, speed: 2, people: 2}", ""},
	"T2 answers 2,4,5 (composite 50, L5)":             {"post_service_3", "{overall: 2, speed: 4, people: 5}", ""},
	"overall 4 but \"not resolved\"":                  {"repair", "{overall: 4, fixed: 0, on_time: 2, people: 4, cost: 4}", ""},
	"overall 4, gap -1":                               {"ladder7_expect", "{overall: 6, vs_expect: -1, exp_source: [past], promise: 2}", ""},
	"overall 4, gap -2":                               {"ladder7_expect", "{overall: 6, vs_expect: -2, exp_source: skip, promise: 1}", ""},
	"NPS 6":                                           {"nps_why", "nps: 6", ""},
	"NPS 3":                                           {"nps_why", "{nps: 3, why: skip, contact_ok: here}", ""},
	"NPS 7":                                           {"nps_why", "nps: 7", ""},
	"NPS 9":                                           {"nps_why", "nps: 9", ""},
	"primary 1 only, survey abandoned (coverage .4, composite null)": {"restaurant", "overall: 1", ""},
}

func TestTryDecidesTheAlertsOfTheVectors(t *testing.T) {
	// A complaint is made by a command, not by an answer: package recovery tests these two.
	elsewhere := map[string]bool{"/complain, no survey": true, "/complain by a repeat": true}
	for _, c := range readVectors(t).Alerts {
		if elsewhere[c.Case] {
			continue
		}
		t.Run(c.Case, func(t *testing.T) {
			run, ok := alertRuns[c.Case]
			if !ok {
				t.Fatal("no run leads to this situation")
			}
			r := mustTry(t, run.flow, run.answers, run.context)
			got := []string{}
			for _, reason := range r.Case.Reasons {
				got = append(got, string(reason))
			}
			if r.Case.Opens != c.Expect.Case || r.Case.Watch != c.Expect.Watch || !cmp.Equal(r.Case.Priority, c.Expect.Priority) {
				t.Errorf("opens %v, watch %v, priority %v; want %+v", r.Case.Opens, r.Case.Watch, r.Case.Priority, c.Expect)
			}
			if d := cmp.Diff(c.Expect.Why, got); d != "" {
				t.Errorf("reasons (-want +got):\n%s", d)
			}
		})
	}
}

func TestTryFollowsTheOrderOfTheFile(t *testing.T) {
	cases := []struct {
		name, flow, answers string
		status              string
		asked               []string
	}{
		{"no answers at all", "one_tap_csat", "", "partial", []string{"overall"}},
		{"satisfied", "one_tap_csat", "overall: 5", "completed", []string{"overall"}},
		{"rotation is off", "post_service_3", "{overall: 5, speed: 5, people: 5, why_good: skip}", "completed", []string{"overall", "speed", "people", "why_good"}},
		{"ends at the first question without an answer", "post_service_3", "{overall: 2, speed: 5}", "partial", []string{"overall", "speed", "people"}},
		{"everything skipped", "one_tap_csat", "overall: skip", "completed", []string{"overall"}},
		{"conditions on answers", "ladder7_expect", "{overall: 7, vs_expect: 1}", "completed", []string{"overall", "vs_expect"}},
		{"goes on after the service", "expect_perceive", "{e_overall: 5, e_rel: 5, overall: 6, p_rel: 6}", "completed", []string{"e_overall", "e_rel", "overall", "p_rel"}},
		{"neutral is asked why", "one_tap_csat", "{overall: 3, reason: skip}", "completed", []string{"overall", "reason"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := mustTry(t, c.flow, c.answers, "")
			if r.Status != c.status || !cmp.Equal(r.Asked, c.asked) {
				t.Errorf("%s after %v, want %s after %v", r.Status, r.Asked, c.status, c.asked)
			}
		})
	}
}

func TestTrySaysWhatItTookForAnAnswer(t *testing.T) {
	r := mustTry(t, "one_tap_csat", "{overall: 2, reason: [other, price], why_bad: {text: skip}, contact_ok: no}", "")
	want := map[string]any{"overall": 2.0, "reason": []string{"price", "other"}, "why_bad": "skip", "contact_ok": "no"}
	if d := cmp.Diff(want, r.Answers); d != "" {
		t.Errorf("answers (-want +got):\n%s", d)
	}
	r = mustTry(t, "one_tap_csat", "{overall: 2, reason: price, why_bad: skip}", "")
	want = map[string]any{"overall": 2.0, "reason": []string{"price"}, "why_bad": nil}
	if d := cmp.Diff(want, r.Answers); d != "" {
		t.Errorf("answers (-want +got):\n%s", d)
	}
}

func TestTryPrintsItsFixedNames(t *testing.T) {
	encode := func(r trial.Result) string {
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	got := encode(mustTry(t, "one_tap_csat", "", ""))
	want := `{"status":"partial","asked":["overall"],"answers":{},"composite":null,"coverage":0,"level":null,"flag":null,"gap":null,"gap_state":null,"delighted":false,"dimensions":{},"unsatisfied":false,"case":{"opens":false,"watch":false,"priority":null,"reasons":[]}}`
	if got != want {
		t.Errorf("without answers\n got %s\nwant %s", got, want)
	}
	got = encode(mustTry(t, "ladder7_expect", "{overall: 2, vs_expect: -2, exp_source: [promise], promise: 0, why_bad: Late, contact_ok: phone, phone: \"+44 20 7946 0000\"}", "standard_broken: true"))
	want = `{"status":"completed","asked":["overall","vs_expect","exp_source","promise","why_bad","contact_ok","phone"],"answers":{"contact_ok":"phone","exp_source":["promise"],"overall":2,"phone":"+442079460000","promise":0,"vs_expect":-2,"why_bad":"Late"},"composite":15,"coverage":1,"level":2,"flag":"unsatisfied","gap":-2,"gap_state":"unsatisfied","delighted":false,"dimensions":{},"unsatisfied":true,"case":{"opens":true,"watch":false,"priority":"P1","reasons":["primary_L2","composite_L2","critical_answer","gap_-2"]}}`
	if got != want {
		t.Errorf("everything answered\n got %s\nwant %s", got, want)
	}
	r := mustTry(t, "ladder7_expect", "{overall: 7, vs_expect: 2}", "")
	if !r.Delighted || *r.GapState != survey.GapVerySatisfied || r.Case.Opens {
		t.Errorf("delight: %+v", r)
	}
	r = mustTry(t, "post_service_3", "{overall: 4, speed: 1, people: 5}", "")
	if r.Unsatisfied || !r.Case.Opens || r.Dimensions["responsiveness"] != 0 || r.Dimensions["assurance"] != 100 {
		t.Errorf("a case opens though the customer is not unsatisfied: %+v", r)
	}
}

func TestTryRefusesAnswersThatFitNothing(t *testing.T) {
	cases := []struct{ name, answers, context, message string }{
		{"unknown key", "overal: 5", "", `no question "overal"`},
		{"question that was not asked", "{overall: 5, reason: price}", "", "reason was not asked after these answers"},
		{"after the end", "{overall: 2, why_bad: Late}", "", "why_bad was not asked after these answers"},
		{"value outside the scale", "overall: 6", "", "write one of 1, 2, 3, 4, 5"},
		{"words for a scale", "overall: good", "", "is not a value of the scale csat5"},
		{"a list for a scale", "overall: [1, 2]", "", "not a list"},
		{"unknown option", "{overall: 2, reason: cost}", "", `"cost" is not an option`},
		{"too many options", "{overall: 2, reason: [price, other, product, empathy]}", "", "choose 1 to 3 of"},
		{"no option", "{overall: 2, reason: []}", "", "choose 1 to 3 of"},
		{"option twice", "{overall: 2, reason: [price, price]}", "", `"price" is there twice`},
		{"two of a single choice", "{overall: 2, reason: skip, why_bad: skip, contact_ok: [here, phone]}", "", "choose one of"},
		{"text too long", "{overall: 2, reason: skip, why_bad: " + strings.Repeat("x", 10_000) + "}", "", "is refused"},
		{"empty text", "{overall: 2, reason: skip, why_bad: \" \"}", "", "is no answer"},
		{"no value", "overall:", "", "write a value"},
		{"not a text", "overall: {txt: a}", "", "write a value"},
		{"key twice", "overall: 1\noverall: 2\n", "", "already defined"},
		{"no map", "- 1\n", "", "must be lines of the form"},
		{"unknown context", "", "teir: MVC", `"teir" is not known`},
		{"unknown tier", "", "tier: gold", "tier is one of MVC, MGC, normal, BZ"},
		{"count in words", "", "unsatisfied_last_90_days: many", "is a count"},
		{"negative count", "", "unsatisfied_last_90_days: -1", "is a count"},
		{"late in words", "", "late: yes", "late is true or false"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := try(t, "one_tap_csat", c.answers, c.context)
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %.300v, want %q", err, c.message)
			}
		})
	}
}
