package recovery

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// alert is one row of the alerts vectors: what was judged, and what must follow.
type alert struct {
	Case string
	Inp  struct {
		PrimaryLevel   int    `json:"primary_level"`
		PrimaryFlag    string `json:"primary_flag"`
		CompositeLevel *int   `json:"composite_level"`
		NPS            *float64
		Tier           Tier
		Repeat         bool `json:"repeat90"`
		Late           bool `json:"late_fact"`
		Bottom         bool `json:"attr_bottom"`
		Critical       bool
		Gap            *float64
		Complaint      bool
	}
	Expect struct {
		Case, Watch bool
		Priority    *string
		Why         []Reason
	}
}

func TestDecideFollowsTheVectors(t *testing.T) {
	data, err := os.ReadFile("../survey/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct{ Alerts []alert }
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Alerts) < 20 {
		t.Fatalf("only %d vectors", len(vectors.Alerts))
	}
	for _, v := range vectors.Alerts {
		t.Run(v.Case, func(t *testing.T) {
			j := survey.Judgement{Settled: true, Ended: true, Gap: v.Inp.Gap}
			j.Flag = map[string]survey.Flag{"U": survey.Unsatisfied, "N": survey.Neutral, "S": survey.Satisfied, "D": survey.Delighted}[v.Inp.PrimaryFlag]
			if v.Inp.PrimaryFlag != "" {
				j.Primary = survey.Primary{Key: "overall", Scale: "csat5", Answered: true, Level: v.Inp.PrimaryLevel}
			}
			if v.Inp.NPS != nil {
				j.Primary.Scale, j.Primary.Value, j.Primary.Lowest = "nps11", *v.Inp.NPS, *v.Inp.NPS == 0
			}
			if v.Inp.CompositeLevel != nil {
				j.Level = *v.Inp.CompositeLevel
				j.Low = j.Level >= 1 && j.Level <= 3
			}
			if v.Inp.Gap != nil && *v.Inp.Gap < 0 {
				j.GapState = survey.GapUnsatisfied
			}
			if v.Inp.Critical {
				j.Critical = []string{"resolved"}
			}
			if v.Inp.Bottom {
				j.Bottom = []string{"speed"}
			}
			facts := Facts{Class: survey.Transactional, Tier: v.Inp.Tier, Late: v.Inp.Late, Complaint: v.Inp.Complaint}
			if v.Inp.Repeat {
				facts.Earlier = 1
			}
			got := Decide(DefaultRules, facts, j)
			want := None
			if v.Expect.Priority != nil {
				want = map[string]Priority{"P1": P1, "P2": P2, "P3": P3}[*v.Expect.Priority]
			}
			if got.Opens != v.Expect.Case || got.Watch != v.Expect.Watch || got.Priority != want {
				t.Errorf("opens %v, watch %v, %v; want %v, %v, %v", got.Opens, got.Watch, got.Priority, v.Expect.Case, v.Expect.Watch, want)
			}
			if diff := cmp.Diff(v.Expect.Why, got.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// given answers the questions of a shipped template by key.
func given(t *testing.T, template string, answers map[string]float64, ended bool) survey.Judgement {
	t.Helper()
	flow, _, ok := flowfile.Template(template)
	if !ok {
		t.Fatalf("there is no template %q", template)
	}
	var list []survey.Answer
	for key, value := range answers {
		if !slices.ContainsFunc(flow.Questions, func(q survey.Question) bool { return q.Key == key }) {
			t.Fatalf("%s has no question %q", template, key)
		}
		list = append(list, survey.Answer{Question: key, Value: &value, Revision: 1})
	}
	return survey.Judge(flow, list, ended)
}

// The truth table of the domain, from the taps to the decision.
func TestTruthTable(t *testing.T) {
	type taps = map[string]float64
	for _, row := range []struct {
		situation string
		template  string
		answers   taps
		abandoned bool // nothing more will come, though questions are open
		running   bool // more may come
		facts     Facts
		priority  Priority
		watch     bool
		reasons   []Reason
	}{
		{situation: "csat5 1", template: "one_tap_csat", answers: taps{"overall": 1}, priority: P1, reasons: []Reason{PrimaryL1, CompositeL1}},
		{situation: "csat5 2", template: "one_tap_csat", answers: taps{"overall": 2}, priority: P2, reasons: []Reason{PrimaryL2, CompositeL2}},
		{situation: "ladder7 3", template: "ladder7_expect", answers: taps{"overall": 3}, priority: P3, reasons: []Reason{PrimaryL3, CompositeL3}},
		{situation: "ladder7 3, MVC", template: "ladder7_expect", answers: taps{"overall": 3}, facts: Facts{Tier: MVC}, priority: P2, reasons: []Reason{PrimaryL3, CompositeL3}},
		{situation: "ladder7 3, MVC, repeat, late", template: "ladder7_expect", answers: taps{"overall": 3}, facts: Facts{Tier: MVC, Earlier: 1, Late: true}, priority: P1, reasons: []Reason{PrimaryL3, CompositeL3}},
		{situation: "ladder7 3, BZ is not lower", template: "ladder7_expect", answers: taps{"overall": 3}, facts: Facts{Tier: BZ}, priority: P3, reasons: []Reason{PrimaryL3, CompositeL3}},
		{situation: "ladder7 3, MGC is not higher", template: "ladder7_expect", answers: taps{"overall": 3}, facts: Facts{Tier: MGC}, priority: P3, reasons: []Reason{PrimaryL3, CompositeL3}},
		{situation: "csat5 2, standard broken", template: "one_tap_csat", answers: taps{"overall": 2}, facts: Facts{StandardBroken: true}, priority: P1, reasons: []Reason{PrimaryL2, CompositeL2}},
		{situation: "csat5 3", template: "one_tap_csat", answers: taps{"overall": 3}, watch: true, reasons: []Reason{}},
		{situation: "csat5 3, MVC", template: "one_tap_csat", answers: taps{"overall": 3}, facts: Facts{Tier: MVC}, priority: P3, reasons: []Reason{MVCNeutral}},
		{situation: "csat5 5", template: "one_tap_csat", answers: taps{"overall": 5}, reasons: []Reason{}},
		{situation: "T2: 5, speed 1, people 5", template: "post_service_3", answers: taps{"overall": 5, "speed": 1, "people": 5}, priority: P3, reasons: []Reason{AttributeBottom}},
		{situation: "T2: 5, speed 2 is not the bottom", template: "post_service_3", answers: taps{"overall": 5, "speed": 2, "people": 5}, reasons: []Reason{}},
		{situation: "T2: 3, 2, 2", template: "post_service_3", answers: taps{"overall": 3, "speed": 2, "people": 2}, priority: P3, reasons: []Reason{CompositeL3}},
		{situation: "T2: 3, 2, 2 before the end", template: "post_service_3", answers: taps{"overall": 3, "speed": 2, "people": 2}, running: true, priority: P3, reasons: []Reason{CompositeL3}},
		{situation: "T2: 2, 4, 5", template: "post_service_3", answers: taps{"overall": 2, "speed": 4, "people": 5}, priority: P2, reasons: []Reason{PrimaryL2}},
		{situation: "T2: 1, 5, 5", template: "post_service_3", answers: taps{"overall": 1, "speed": 5, "people": 5}, priority: P1, reasons: []Reason{PrimaryL1}},
		{situation: "half-filled: speed 2 does not call by the composite", template: "post_service_3", answers: taps{"overall": 3, "speed": 2}, running: true, watch: true, reasons: []Reason{}},
		{situation: "half-filled, then abandoned: it does", template: "post_service_3", answers: taps{"overall": 3, "speed": 1}, abandoned: true, priority: P3, reasons: []Reason{CompositeL3, AttributeBottom}},
		{situation: "4 and not resolved", template: "it_helpdesk", answers: taps{"overall": 4, "ease": 6, "resolved": 0}, priority: P2, reasons: []Reason{CriticalAnswer}},
		{situation: "4 and partly resolved", template: "it_helpdesk", answers: taps{"overall": 4, "ease": 6, "resolved": 1}, reasons: []Reason{}},
		{situation: "satisfied, gap -1", template: "ladder7_expect", answers: taps{"overall": 6, "vs_expect": -1}, priority: P3, reasons: []Reason{GapMinus1}},
		{situation: "satisfied, gap -2", template: "ladder7_expect", answers: taps{"overall": 6, "vs_expect": -2}, priority: P2, reasons: []Reason{GapMinus2}},
		{situation: "satisfied, promise broken", template: "ladder7_expect", answers: taps{"overall": 6, "vs_expect": -1, "promise": 0}, priority: P2, reasons: []Reason{CriticalAnswer, GapMinus1}},
		{situation: "expected 7, got 5", template: "expect_perceive", answers: taps{"e_overall": 7, "overall": 5, "p_rel": 5}, priority: P2, reasons: []Reason{GapMinus2}},
		{situation: "only average, as expected", template: "expect_perceive", answers: taps{"e_rel": 1, "e_overall": 4, "overall": 4, "p_rel": 6}, watch: true, reasons: []Reason{}},
		{situation: "NPS 6", template: "nps_why", answers: taps{"nps": 6}, priority: P3, reasons: []Reason{NPS46}},
		{situation: "NPS 4", template: "nps_why", answers: taps{"nps": 4}, priority: P3, reasons: []Reason{NPS46}},
		{situation: "NPS 3", template: "nps_why", answers: taps{"nps": 3}, priority: P2, reasons: []Reason{NPS03}},
		{situation: "NPS 0", template: "nps_why", answers: taps{"nps": 0}, priority: P2, reasons: []Reason{NPS03}},
		{situation: "NPS 7", template: "nps_why", answers: taps{"nps": 7}, watch: true, reasons: []Reason{}},
		{situation: "NPS 9", template: "nps_why", answers: taps{"nps": 9}, reasons: []Reason{}},
		{situation: "complaint without a survey", template: "one_tap_csat", facts: Facts{Complaint: true}, priority: P2, reasons: []Reason{ComplaintMade}},
		{situation: "complaint by a repeat", template: "one_tap_csat", facts: Facts{Complaint: true, Earlier: 1}, priority: P1, reasons: []Reason{ComplaintMade}},
		{situation: "1, then abandoned, composite missing", template: "restaurant", answers: taps{"overall": 1}, abandoned: true, priority: P1, reasons: []Reason{PrimaryL1}},
		{situation: "justice at the bottom is no attribute", template: "post_recovery", answers: taps{"overall": 6, "j_out": 1, "j_proc": 1, "j_int": 1}, reasons: []Reason{}},
		{situation: "a factor and a measure at the bottom are none", template: "six_measures", answers: taps{"overall": 6, "attract": 1, "price10": 1}, reasons: []Reason{}},
		{situation: "but who is never heard is", template: "six_measures", answers: taps{"overall": 6, "heard": 1}, priority: P3, reasons: []Reason{AttributeBottom}},
		{situation: "worse than expected, nothing was promised", template: "ladder7_expect", answers: taps{"overall": 6, "vs_expect": -1, "promise": 3}, priority: P3, reasons: []Reason{GapMinus1}},
		{situation: "NPS 8, MVC, unsatisfied before", template: "nps_why", answers: taps{"nps": 8}, facts: Facts{Tier: MVC, Earlier: 1}, priority: P3, reasons: []Reason{MVCNeutral}},
		{situation: "NPS 8, MVC, late", template: "nps_why", answers: taps{"nps": 8}, facts: Facts{Tier: MVC, Late: true}, priority: P2, reasons: []Reason{MVCNeutral}},
		{situation: "staff pulse", template: "staff_pulse", answers: taps{"overall": 1, "able": 1}, facts: Facts{Class: survey.Pulse}, reasons: []Reason{}},
		{situation: "mystery shopper", template: "one_tap_csat", answers: taps{"overall": 1}, facts: Facts{Class: survey.Mystery}, reasons: []Reason{}},
	} {
		t.Run(row.situation, func(t *testing.T) {
			if row.facts.Class == "" {
				row.facts.Class = survey.Transactional
			}
			j := given(t, row.template, row.answers, !row.running)
			if row.abandoned && j.Coverage == 1 {
				t.Fatal("nothing was left open")
			}
			got := Decide(DefaultRules, row.facts, j)
			if got.Priority != row.priority || got.Opens != (row.priority != None) || got.Watch != row.watch {
				t.Errorf("%v, opens %v, watch %v; want %v, watch %v", got.Priority, got.Opens, got.Watch, row.priority, row.watch)
			}
			if diff := cmp.Diff(row.reasons, got.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// A linear scale other than NPS has no level: its lowest option is P2, the rest P3.
func TestLinearScaleOtherThanNPS(t *testing.T) {
	scale, ok := flowfile.Scale("likely5")
	if !ok {
		t.Fatal("there is no scale likely5")
	}
	q := survey.Question{Key: "again", Kind: survey.ScaleQ, Scale: scale, Weight: 1, Primary: true}
	flow := survey.Flow{Class: survey.Relationship, Questions: []survey.Question{q}}
	for value, want := range map[float64]Decision{
		1: {Opens: true, Priority: P2, Reasons: []Reason{PrimaryLowest}},
		2: {Opens: true, Priority: P3, Reasons: []Reason{PrimaryFlag}},
		3: {Watch: true, Reasons: []Reason{}},
		4: {Reasons: []Reason{}},
	} {
		j := survey.Judge(flow, []survey.Answer{{Question: "again", Value: &value}}, true)
		if diff := cmp.Diff(want, Decide(DefaultRules, Facts{Class: flow.Class}, j)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", value, diff)
		}
	}
}

func TestAlertModes(t *testing.T) {
	scale, _ := flowfile.Scale("csat5")
	decide := func(primary, attribute survey.AlertMode, overall, speed float64) Decision {
		flow := survey.Flow{Class: survey.Transactional, Questions: []survey.Question{
			{Key: "overall", Kind: survey.ScaleQ, Scale: scale, Weight: 1, Primary: true, Alert: primary},
			{Key: "speed", Kind: survey.ScaleQ, Scale: scale, Dimension: "responsiveness", Alert: attribute},
		}}
		return Decide(DefaultRules, Facts{Class: flow.Class}, survey.Judge(flow, []survey.Answer{
			{Question: "overall", Value: &overall}, {Question: "speed", Value: &speed},
		}, true))
	}
	for _, row := range []struct {
		rule               string
		primary, attribute survey.AlertMode
		overall, speed     float64
		want               []Reason
	}{
		{"an attribute calls at the bottom", "", "", 5, 1, []Reason{AttributeBottom}},
		{"and only there", "", "", 5, 2, []Reason{}},
		{"unless it always may", "", survey.AlertAlways, 5, 2, []Reason{AttributeBottom}},
		{"or never", "", survey.AlertNever, 5, 1, []Reason{}},
		{"a silent primary question calls nobody", survey.AlertNever, "", 1, 5, []Reason{}},
		{"nor puts anyone on the watch list", survey.AlertNever, "", 3, 5, []Reason{}},
		{"one that calls at the bottom calls there", survey.AlertBottom, "", 1, 5, []Reason{PrimaryL1, CompositeL1}},
		{"and leaves the rest to the other rules", survey.AlertBottom, "", 2, 5, []Reason{CompositeL2}},
	} {
		if diff := cmp.Diff(row.want, decide(row.primary, row.attribute, row.overall, row.speed).Reasons); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.rule, diff)
		}
	}
}

// The most urgent reason decides, every circumstance raises by one, nothing lowers,
// and P1 is the limit.
func TestCircumstancesOnlyRaise(t *testing.T) {
	levels := map[int]Priority{1: P1, 2: P2, 3: P3}
	for level, base := range levels {
		for bits := range 8 {
			for _, tier := range []Tier{"", Normal, MGC, BZ, MVC} {
				facts := Facts{Class: survey.Transactional, Tier: tier, Late: bits&1 != 0, StandardBroken: bits&2 != 0, Earlier: bits >> 2}
				raises := 0
				for _, holds := range []bool{tier == MVC, facts.Late || facts.StandardBroken, facts.Earlier > 0} {
					if holds {
						raises++
					}
				}
				j := survey.Judgement{Flag: survey.Unsatisfied, Primary: survey.Primary{Answered: true, Level: level}}
				got := Decide(DefaultRules, facts, j)
				if want := max(P1, base-Priority(raises)); got.Priority != want || len(got.Raised) != raises {
					t.Errorf("level %d, %+v: %v raised by %v, want %v", level, facts, got.Priority, got.Raised, want)
				}
			}
		}
	}
}

func TestRulesCanBeSwitchedOff(t *testing.T) {
	gap := -2.0
	j := survey.Judgement{
		Flag: survey.Unsatisfied, Level: 1, Low: true, Settled: true, Gap: &gap, GapState: survey.GapUnsatisfied,
		Primary: survey.Primary{Answered: true, Level: 1}, Critical: []string{"a"}, Bottom: []string{"b"},
	}
	facts := Facts{Class: survey.Transactional, Complaint: true}
	all := Decide(DefaultRules, facts, j).Reasons
	if want := []Reason{PrimaryL1, CompositeL1, CriticalAnswer, AttributeBottom, ComplaintMade, GapMinus2}; !slices.Equal(all, want) {
		t.Fatalf("reasons %v, want %v", all, want)
	}
	for reason, off := range map[Reason]func(*Rules){
		PrimaryL1:       func(r *Rules) { r.Primary = false },
		CompositeL1:     func(r *Rules) { r.Composite = false },
		CriticalAnswer:  func(r *Rules) { r.Critical = false },
		AttributeBottom: func(r *Rules) { r.Attribute = false },
		ComplaintMade:   func(r *Rules) { r.Complaint = false },
		GapMinus2:       func(r *Rules) { r.Gap = false },
	} {
		rules := DefaultRules
		off(&rules)
		got := Decide(rules, facts, j).Reasons
		if slices.Contains(got, reason) || len(got) != len(all)-1 {
			t.Errorf("without the rule of %s: %v", reason, got)
		}
	}
}

// What a flow ignores opens nothing, and the figure stays.
func TestGapThatTheFlowIgnoresOpensNothing(t *testing.T) {
	for _, gap := range []float64{-1, -2} {
		for template, answers := range map[string]map[string]float64{
			"ladder7_expect":  {"overall": 7, "vs_expect": gap},
			"expect_perceive": {"e_overall": 7, "overall": 7 + gap},
		} {
			flow, _, _ := flowfile.Template(template)
			var list []survey.Answer
			for key, value := range answers {
				list = append(list, survey.Answer{Question: key, Value: &value, Revision: 1})
			}
			facts := Facts{Class: survey.Transactional}
			if d := Decide(DefaultRules, facts, survey.Judge(flow, list, true)); !d.Opens {
				t.Errorf("%s, gap %v: nothing opens where it is heeded", template, gap)
			}
			flow.GapIgnored = true
			j := survey.Judge(flow, list, true)
			if d := Decide(DefaultRules, facts, j); d.Opens || len(d.Reasons) > 0 {
				t.Errorf("%s, gap %v: opens for %v", template, gap, d.Reasons)
			}
			if j.Gap == nil || *j.Gap != gap {
				t.Errorf("%s: the gap is %v", template, j.Gap)
			}
		}
	}
}

func TestMergeNeverLosesAnything(t *testing.T) {
	low := Decision{Opens: true, Priority: P2, Reasons: []Reason{PrimaryL2}, Raised: []Raise{RaiseTier}}
	later := Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL2, CriticalAnswer}, Raised: []Raise{RaiseRepeat}}
	changed := Decision{Watch: true, Reasons: []Reason{}}
	want := Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL2, CriticalAnswer}, Raised: []Raise{RaiseTier, RaiseRepeat}}
	if diff := cmp.Diff(want, Merge(low, later)); diff != "" {
		t.Errorf("a later, graver decision (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(low, Merge(low, changed)); diff != "" {
		t.Errorf("a changed answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(low, Merge(changed, low)); diff != "" {
		t.Errorf("the watch list, then a case (-want +got):\n%s", diff)
	}
	if low.Priority != P2 || len(low.Reasons) != 1 || len(low.Raised) != 1 {
		t.Errorf("Merge changed its argument: %+v", low)
	}
}

// An organisation's own bands decide what is unsatisfied, not the numbers of the shipped
// ladder: level 2 of three is good enough, level 5 of nine is not.
func TestTheFlowsOwnBandsDecide(t *testing.T) {
	const three = `
bands:
  - {from: 0, name: Bad, unsatisfied: true}
  - {from: 30, name: Fair}
  - {from: 40, name: Good}
`
	const nine = `
bands:
  - {from: 0, name: a, unsatisfied: true}
  - {from: 5, name: b, unsatisfied: true}
  - {from: 10, name: c, unsatisfied: true}
  - {from: 15, name: d, unsatisfied: true}
  - {from: 25, name: e, unsatisfied: true}
  - {from: 30, name: f}
  - {from: 40, name: g}
  - {from: 60, name: h}
  - {from: 80, name: i}
`
	const questions = `
flow: own
class: transactional
title: Our own
scales:
  mood:
    ladder: true
    options:
      - {value: 1, label: Awful, score: 0, flag: unsatisfied}
      - {value: 2, label: Poor, score: 26, flag: unsatisfied}
      - {value: 3, label: So-so, score: 35, flag: neutral}
      - {value: 4, label: Good, score: 90, flag: satisfied}
questions:
  - {key: overall, scale: mood, primary: true, weight: 0.1, ask: How was it?}
  - {key: speed, scale: mood, weight: 0.9, ask: How quick were we?}
`
	for _, row := range []struct {
		bands          string
		overall, speed float64
		want           Decision
	}{
		{three, 1, 3, Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL1}}},
		{three, 3, 3, Decision{Watch: true, Reasons: []Reason{}}},
		{three, 4, 4, Decision{Reasons: []Reason{}}},
		{three, 3, 2, Decision{Opens: true, Priority: P1, Reasons: []Reason{CompositeL1}}},
		{nine, 1, 4, Decision{Opens: true, Priority: P1, Reasons: []Reason{PrimaryL1}}},
		{nine, 2, 4, Decision{Opens: true, Priority: P3, Reasons: []Reason{PrimaryL3}}},
		{nine, 3, 2, Decision{Opens: true, Priority: P3, Reasons: []Reason{CompositeL3}}},
		{nine, 4, 4, Decision{Reasons: []Reason{}}},
	} {
		f, err := flowfile.Parse([]byte(questions + row.bands))
		if err != nil {
			t.Fatal(err)
		}
		j := survey.Judge(f, []survey.Answer{{Question: "overall", Value: &row.overall}, {Question: "speed", Value: &row.speed}}, true)
		if diff := cmp.Diff(row.want, Decide(DefaultRules, Facts{Class: f.Class}, j)); diff != "" {
			t.Errorf("%d bands, %v and %v (-want +got):\n%s", len(f.Bands), row.overall, row.speed, diff)
		}
	}
}
