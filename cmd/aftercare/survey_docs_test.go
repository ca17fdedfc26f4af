package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

var yamlBlock = regexp.MustCompile("(?ms)^```yaml( [a-z]+)?\n(.*?)^```$")

func flowsGuide(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/flows.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestExamplesOfTheGuideWork reads every example of docs/flows.md, and runs the answers
// of the last one over the first flow.
func TestExamplesOfTheGuideWork(t *testing.T) {
	guide := flowsGuide(t)
	blocks := yamlBlock.FindAllStringSubmatch(guide, -1)
	if got := strings.Count(guide, "```yaml"); got != len(blocks) || got < 7 {
		t.Fatalf("%d of %d examples were found", len(blocks), got)
	}
	var flows []survey.Flow
	var answers map[string]trial.Answer
	var context trial.Context
	var err error
	for _, b := range blocks {
		switch strings.TrimSpace(b[1]) {
		case "answers":
			answers, err = readAnswers([]byte(b[2]))
		case "context":
			context, err = readContext([]byte(b[2]))
		default:
			var f survey.Flow
			f, err = flowfile.Parse([]byte(b[2]))
			for _, p := range survey.Check(f) {
				if p.Severity == survey.Fatal {
					t.Errorf("%s: %s: %s", f.ID, p.Question, p.Message)
				}
			}
			flows = append(flows, f)
		}
		if err != nil {
			t.Errorf("an example cannot be read:\n%s\n%v", b[2], err)
		}
	}
	r, err := trial.Run(flows[0], answers, context)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != "completed" || !r.Case.Opens {
		t.Errorf("the example run gives %+v", r)
	}
}

// TestGuideNamesEverythingThereIs keeps the tables of docs/flows.md complete.
func TestGuideNamesEverythingThereIs(t *testing.T) {
	guide := flowsGuide(t)
	names := slices.Concat(flowfile.Scales(), flowfile.Lists(), flowfile.TextNames())
	for _, f := range flowfile.Templates() {
		names = append(names, f.ID)
	}
	for _, name := range names {
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("docs/flows.md does not name %s", name)
		}
	}
}
