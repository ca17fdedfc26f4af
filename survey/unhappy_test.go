package survey_test

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// judged answers a shipped template, or a file, by key.
func judged(t *testing.T, f survey.Flow, given map[string]float64) survey.Judgement {
	t.Helper()
	return survey.Judge(f, answersOf(t, f, given), true)
}

func answersOf(t *testing.T, f survey.Flow, given map[string]float64) []survey.Answer {
	t.Helper()
	var list []survey.Answer
	for i := range f.Questions {
		if value, ok := given[f.Questions[i].Key]; ok {
			list = append(list, survey.Answer{Question: f.Questions[i].Key, Value: &value, Revision: 1})
		}
	}
	if len(list) != len(given) {
		t.Fatalf("%s has not all of the questions %v", f.ID, given)
	}
	return list
}

func shipped(t *testing.T, name string) survey.Flow {
	t.Helper()
	f, _, ok := flowfile.Template(name)
	if !ok {
		t.Fatalf("there is no template %q", name)
	}
	return f
}

// askedInWords plays a flow to its first question in words.
func askedInWords(f survey.Flow, given map[string]float64) string {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s := survey.Step(f, survey.Session{ID: "a", Flow: f.ID, Status: survey.New, Open: survey.NoQuestion}, survey.Open{}, now).Session
	for s.Open != survey.NoQuestion {
		q := f.Questions[s.Open]
		if q.Kind == survey.TextQ {
			return q.Key
		}
		words := strconv.FormatFloat(given[q.Key], 'f', -1, 64)
		s = survey.Step(f, s, survey.Write{Text: words}, now).Session
	}
	return ""
}

// Whoever calls staff is asked what went wrong, not what to keep, and the mood is that of
// the worst answer; unsatisfied keeps its meaning.
func TestWhoGaveTheLowestMarkIsUnhappy(t *testing.T) {
	for _, row := range []struct {
		what                 string
		flow                 string
		given                map[string]float64
		unsatisfied, unhappy bool
		mood                 int
		asked                string // which of the two questions in words follows
	}{
		{"5, speed 1, people 5", "post_service_3", map[string]float64{"overall": 5, "speed": 1, "people": 5}, false, true, 1, "why_bad"},
		{"4, 1, 1", "post_service_3", map[string]float64{"overall": 4, "speed": 1, "people": 1}, false, true, 1, "why_bad"},
		{"2, 4, 5", "post_service_3", map[string]float64{"overall": 2, "speed": 4, "people": 5}, true, true, 2, "why_bad"},
		{"5, 2, 5: low, but not the lowest", "post_service_3", map[string]float64{"overall": 5, "speed": 2, "people": 5}, false, false, 2, "why_good"},
		{"5, 5, 5", "post_service_3", map[string]float64{"overall": 5, "speed": 5, "people": 5}, false, false, 7, "why_good"},
		{"the food", "restaurant", map[string]float64{"overall": 4, "food": 1, "service": 5, "wait": 4}, false, true, 1, "why_bad"},
		{"nobody heeds suggestions", "six_measures", map[string]float64{"overall": 6, "heard": 1}, false, true, 1, ""},
		{"interest and price call nobody", "six_measures", map[string]float64{"overall": 6, "attract": 1, "price10": 1}, false, false, 6, ""},
		{"worse than expected", "ladder7_expect", map[string]float64{"overall": 6, "vs_expect": -1}, true, true, 6, ""},
		{"nothing had been promised", "ladder7_expect", map[string]float64{"overall": 3, "vs_expect": -1, "promise": 3}, true, true, 3, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			f := shipped(t, row.flow)
			j := judged(t, f, row.given)
			if j.Unsatisfied != row.unsatisfied || j.Unhappy() != row.unhappy || j.Mood != row.mood {
				t.Errorf("unsatisfied %v, unhappy %v, mood %d; want %v, %v, %d", j.Unsatisfied, j.Unhappy(), j.Mood, row.unsatisfied, row.unhappy, row.mood)
			}
			if len(j.Critical) > 0 {
				t.Errorf("critical: %v", j.Critical)
			}
			if row.asked == "" {
				return
			}
			asked := askedInWords(f, row.given)
			if asked != row.asked {
				t.Errorf("%q is asked; want %s", asked, row.asked)
			}
		})
	}
}

// A flow may say that a gap calls nobody: then the judgement says so beside the gap.
func TestGapThatIsIgnored(t *testing.T) {
	f := shipped(t, "ladder7_expect")
	given := map[string]float64{"overall": 7, "vs_expect": -2}
	if j := judged(t, f, given); !j.Unsatisfied || j.GapIgnored {
		t.Errorf("heeded: %+v", j)
	}
	f.GapIgnored = true
	if j := judged(t, f, given); j.Unsatisfied || !j.GapIgnored || j.Gap == nil || *j.Gap != -2 {
		t.Errorf("ignored: %+v", j)
	}
}

// The ladder says at each level how far expectations were met; a gap that says otherwise
// contradicts it. The vector is d33: rows of level and gap.
func TestContradictions(t *testing.T) {
	source, err := os.ReadFile("testdata/contradictions.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		In  [][2]float64
		Out struct{ Which []int }
	}
	if err := json.Unmarshal(source, &v); err != nil {
		t.Fatal(err)
	}
	f := shipped(t, "ladder7_expect")
	var which []int
	for i, row := range v.In {
		if judged(t, f, map[string]float64{"overall": row[0], "vs_expect": row[1]}).Contradictory {
			which = append(which, i+1)
		}
	}
	if len(v.In) == 0 || len(which) != len(v.Out.Which) {
		t.Fatalf("contradictory are %v, want %v", which, v.Out.Which)
	}
	for i := range which {
		if which[i] != v.Out.Which[i] {
			t.Errorf("contradictory are %v, want %v", which, v.Out.Which)
		}
	}
	for _, row := range []struct {
		what  string
		given map[string]float64
		want  bool
	}{
		{"satisfied, and every side very unfair", map[string]float64{"overall": 7, "resolved": 2, "j_out": 1, "j_proc": 1, "j_int": 1}, true},
		{"one side fair", map[string]float64{"overall": 7, "j_out": 1, "j_proc": 1, "j_int": 4}, false},
		{"one side only", map[string]float64{"overall": 7, "j_out": 1}, false},
		{"dissatisfied, and unfair", map[string]float64{"overall": 2, "j_out": 1, "j_proc": 1, "j_int": 1}, false},
	} {
		if got := judged(t, shipped(t, "post_recovery"), row.given).Contradictory; got != row.want {
			t.Errorf("%s: contradictory %v, want %v", row.what, got, row.want)
		}
	}
}

// Only the judgement can be unhappy, and a question that waits for it is reachable only if
// something before it can make somebody so.
func TestUnhappyIsChecked(t *testing.T) {
	problems := func(condition, more string) []survey.Problem {
		f, err := flowfile.Parse([]byte(`
flow: f
class: transactional
title: F
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How satisfied or dissatisfied were you?}
` + more + `
  - {key: why, text: long, when: ` + condition + `, ask: Why?}
`))
		if err != nil {
			t.Fatal(err)
		}
		return survey.Check(f)
	}
	has := func(list []survey.Problem, code string) bool {
		for _, p := range list {
			if p.Code == code {
				return true
			}
		}
		return false
	}
	const speed = "  - {key: speed, scale: csat5, weight: 1, ask: How quick were we?}"
	const satisfiedYetUnhappy = "{judgement: unhappy, overall: delighted}"
	if p := problems(satisfiedYetUnhappy, speed); has(p, "dead_condition") || has(p, "unreachable") {
		t.Errorf("a delighted customer with a lowest mark is possible: %+v", p)
	}
	if p := problems(satisfiedYetUnhappy, ""); !has(p, "dead_condition") {
		t.Errorf("without another question nobody delighted is unhappy: %+v", p)
	}
	if p := problems("{overall: unsatisfied, not: {judgement: unhappy}}", speed); !has(p, "dead_condition") {
		t.Errorf("whoever is unsatisfied is unhappy: %+v", p)
	}
	if _, err := flowfile.Parse([]byte(`
flow: f
class: transactional
title: F
questions:
  - {key: overall, scale: csat5, primary: true, weight: 1, ask: How satisfied or dissatisfied were you?}
  - {key: why, text: long, when: {overall: unhappy}, ask: Why?}
`)); err == nil {
		t.Error("an answer can be unhappy")
	}
}
