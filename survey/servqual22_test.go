package survey_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// The 22-item form is a flow file like any other. Somebody answers it from the first
// statement to the last, the negatively worded ones the other way round, with the
// service in between; the figures are those of the vectors.
func TestTheLongFormOfServiceQualityIsAFlowFile(t *testing.T) {
	source, err := os.ReadFile("testdata/servqual22.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, err := flowfile.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range survey.Check(f) {
		t.Errorf("%s: %s %s", p.Code, p.Question, p.Message)
	}
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Form struct {
			E, P       []float64
			Gaps       map[string]float64 `json:"dim_gap"`
			Unweighted float64
			Weighted   float64
		} `json:"servqual22"`
	}
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	form := vectors.Form
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := survey.Step(f, survey.Session{Status: survey.New, Open: survey.NoQuestion}, survey.Open{}, now).Session
	tap := func(value float64) {
		t.Helper()
		q := f.Questions[s.Open]
		if q.Reverse {
			value = 8 - value
		}
		for i, o := range q.Scale.Options {
			if o.Value == value {
				s = survey.Step(f, s, survey.Pick{Question: s.Open, Option: i}, now).Session
				return
			}
		}
		t.Fatalf("%s has no option %v", q.Key, value)
	}
	for _, expected := range form.E {
		tap(expected)
	}
	if s.Status != survey.Waiting {
		t.Fatalf("after the expectations the session is %s, want waiting", s.Status)
	}
	now = now.Add(48 * time.Hour)
	s = survey.Step(f, s, survey.Resume{}, now).Session
	tap(4)
	for _, perceived := range form.P {
		tap(perceived)
	}
	if s.Status != survey.Completed {
		t.Fatalf("the session is %s, want completed", s.Status)
	}
	items, paired := survey.QualityItems(f, s.Answers)
	if len(items) != 22 || !paired {
		t.Fatalf("%d items, paired %v; want 22 with an expectation each", len(items), paired)
	}
	got, err := survey.SERVQUAL(items, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(form.Gaps, got.Dimensions, cmpopts.EquateApprox(0, 0.00005)); diff != "" {
		t.Errorf("gaps by dimension (-want +got):\n%s", diff)
	}
	for _, row := range [][2]float64{{form.Unweighted, got.Mean}, {form.Weighted, got.Weighted}} {
		if math.Abs(row[0]-row[1]) > 0.00005 {
			t.Errorf("got %v, want %v", row[1], row[0])
		}
	}
}
