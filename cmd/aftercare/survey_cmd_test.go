package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

// desk is a directory in which survey commands are called, with a SQLite database.
type desk struct {
	t   *testing.T
	dir string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	d := bareDesk(t)
	makeDatabase(t, "sqlite:"+filepath.Join(d.dir, "test.db"))
	return d
}

// bareDesk is a desk without a database.
func bareDesk(t *testing.T) desk { return desk{t, t.TempDir()} }

func (d desk) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// call runs `aftercare survey …` in this process.
func (d desk) call(stdin string, args ...string) (code int, stdout, stderr string) {
	d.t.Helper()
	var out, errs bytes.Buffer
	a := &terminal{
		ctx: context.Background(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, dir: d.dir,
		env:   map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(d.dir, "test.db")},
		clock: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) },
	}
	code = call(a, append([]string{"survey"}, args...))
	return code, out.String(), errs.String()
}

func (d desk) mustCall(args ...string) string {
	d.t.Helper()
	code, out, errs := d.call("", args...)
	if code != 0 || errs != "" {
		d.t.Fatalf("survey %v: exit code %d\n%s%s", args, code, out, errs)
	}
	return out
}

// refused calls a command that must fail with this code and sentence.
func (d desk) refused(code int, sentence string, args ...string) {
	d.t.Helper()
	got, out, errs := d.call("", args...)
	if got != code || !strings.Contains(out+errs, sentence) {
		d.t.Errorf("survey %v: exit code %d, want %d and %q\n%s%s", args, got, code, sentence, out, errs)
	}
}

const visit = `# Our own survey.
flow: visit
class: transactional
title: {en: Visit, zh-Hans: 到店}
languages: [en, zh-Hans]
questions:
  - key: overall
    scale: csat5
    primary: true
    weight: 1
    ask: {en: How was it?, zh-Hans: 怎么样?}
  - key: why
    text: long
    optional: true
    when: {overall: unsatisfied}
    ask: {en: Why?, zh-Hans: 为什么?}
`

func TestApplyPublishesVersionsAndExportGivesThemBack(t *testing.T) {
	d := newDesk(t)
	d.write("visit.yaml", visit)
	if got := d.mustCall("apply", "visit.yaml"); got != "Published visit version 1. Sessions that are open keep their version.\nNo server is running: the next one that starts has it.\n" {
		t.Errorf("first apply prints %q", got)
	}
	if got := d.mustCall("apply", "visit.yaml"); got != "visit is unchanged: version 1.\n" {
		t.Errorf("second apply prints %q", got)
	}
	changed := strings.Replace(visit, "How was it?", "How was your visit?", 1)
	d.write("visit.yaml", changed)
	if got := d.mustCall("apply", "visit.yaml"); !strings.Contains(got, "Published visit version 2.") {
		t.Errorf("third apply prints %q", got)
	}
	if got := d.mustCall("export", "visit"); got != changed {
		t.Errorf("export gives\n%s", got)
	}
	if got := d.mustCall("export", "visit@1"); got != visit {
		t.Errorf("export of version 1 gives\n%s", got)
	}
	_, template, _ := flowfile.Template("one_tap_csat")
	if got := d.mustCall("export", "one_tap_csat"); got != string(template) {
		t.Errorf("export of a template gives\n%s", got)
	}
	want := "visit  2        2026-03-04 05:06:07  transactional  2          asked  Visit"
	if got := d.mustCall("list"); !strings.Contains(got, want) {
		t.Errorf("list prints\n%s", got)
	}
	var rows []flowRow
	if err := json.Unmarshal([]byte(d.mustCall("list", "--json")), &rows); err != nil || len(rows) != 1 || rows[0].Version != 2 {
		t.Errorf("list --json gives %v, %v", rows, err)
	}
	if got := d.mustCall("show", "visit@1"); got != "# visit: version 1, published 2026-03-04 05:06:07 UTC.\n"+visit {
		t.Errorf("show prints\n%s", got)
	}
	d.write("shown.yaml", d.mustCall("show", "post_service_3"))
	d.mustCall("check", "shown.yaml")
	var view struct {
		Version *int
		File    map[string]any
	}
	if err := json.Unmarshal([]byte(d.mustCall("show", "visit", "--json")), &view); err != nil || *view.Version != 2 || view.File["flow"] != "visit" {
		t.Errorf("show --json gives %+v, %v", view, err)
	}
}

// TestApplySaysWhichExperimentItSpoils publishes a survey that is held against another, and one that is not.
func TestApplySaysWhichExperimentItSpoils(t *testing.T) {
	c := newConsole(t, nil)
	file := func(name, text string) string {
		path := filepath.Join(c.dir, name)
		write(t, path, text)
		return path
	}
	_, usual, _ := flowfile.Template("one_tap_csat")
	c.must("survey", "apply", file("a.yaml", string(usual)))
	c.must("triggers", "apply", file("t.yaml", "triggers:\n  - {name: visit, ask: post_service_3, after: 1h, experiment: {name: words, ask: one_tap_csat}}\n"))
	changed := file("b.yaml", string(usual)+"# changed\n")
	if out := c.must("survey", "apply", changed); !strings.Contains(out, "An experiment compares this survey: words.") {
		t.Errorf("it says %q", out)
	}
	if out := c.must("survey", "apply", changed); strings.Contains(out, "experiment") {
		t.Errorf("what is unchanged spoils nothing, and it says %q", out)
	}
	if out := c.must("survey", "apply", file("c.yaml", string(usual)+"# again\n"), "--json"); !strings.Contains(out, `"words"`) {
		t.Errorf("programs are told %s", out)
	}
	c.must("triggers", "apply", file("u.yaml", "triggers:\n  - {name: visit, ask: one_tap_csat, after: 1h, experiment: {name: later, after: 1d}}\n"))
	if out := c.must("survey", "apply", changed); strings.Contains(out, "experiment") {
		t.Errorf("delays are compared, and it says %q", out)
	}
}

func TestApplyRefusesErrorsAndChangesNothing(t *testing.T) {
	d := newDesk(t)
	d.write("visit.yaml", visit)
	d.write("typo.yaml", strings.Replace(visit, "weight", "weigth", 1))
	d.write("unreachable.yaml", strings.Replace(visit, "when: {overall: unsatisfied}", "when: {overall: [9]}", 1))
	d.write("none.yaml", strings.Replace(visit, "    primary: true\n", "", 1))
	d.write("turned.yaml", strings.Replace(visit, "scale: csat5", "scale: nps11", 1))
	d.refused(1, `line 10, column 5: "weigth" is not a key of a question. Did you mean "weight"?`, "apply", "typo.yaml")
	d.refused(1, "error", "apply", "none.yaml")
	if got := d.mustCall("list", "--json"); got != "[]\n" {
		t.Errorf("something was published: %s", got)
	}
	d.mustCall("apply", "visit.yaml")
	d.refused(1, `error in question overall (line 7): "overall" is answered on another scale than before.`, "apply", "turned.yaml")
	d.refused(1, "in question why (line 12)", "apply", "unreachable.yaml")
	if got := d.mustCall("export", "visit"); got != visit {
		t.Errorf("a refused file was published:\n%s", got)
	}

	code, out, _ := d.call("", "apply", "typo.yaml", "--json")
	var report applied
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if code != 1 || report.Version != nil || report.Created || len(report.Errors) != 1 || report.Errors[0].Line != 10 || !strings.HasSuffix(report.Errors[0].Excerpt, "^") {
		t.Errorf("exit code %d, report %+v", code, report)
	}
}

func TestApplyAndCheckReadStandardInput(t *testing.T) {
	d := newDesk(t)
	if code, out, errs := d.call(visit, "check", "-"); code != 0 || !strings.Contains(out, "no errors") {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	if code, out, errs := d.call(visit, "apply", "-"); code != 0 || !strings.Contains(out, "version 1") {
		t.Errorf("apply: %d %s%s", code, out, errs)
	}
}

func TestCheckFindsNoErrorInTheTemplates(t *testing.T) {
	d := bareDesk(t)
	for _, f := range flowfile.Templates() {
		if got := d.mustCall("check", f.ID); !strings.HasSuffix(got, f.ID+": no errors.\n") {
			t.Errorf("%s: %s", f.ID, got)
		}
	}
	if _, err := os.Stat(filepath.Join(d.dir, "test.db")); err == nil {
		t.Error("checking a template made a database")
	}
}

func TestCheckNamesEveryError(t *testing.T) {
	d := newDesk(t)
	d.write("bad.yaml", strings.NewReplacer("weight", "weigth", "csat5", "csat6").Replace(visit))
	code, out, _ := d.call("", "check", "bad.yaml", "--json")
	var report checkReport
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if code != 1 || report.OK || len(report.Errors) != 2 || report.Errors[0].Line != 8 || report.Errors[1].Line != 10 {
		t.Errorf("exit code %d, report %s", code, out)
	}
	d.write("visit.yaml", visit)
	d.mustCall("apply", "visit.yaml")
	if got := d.mustCall("check", "visit@1"); !strings.Contains(got, "visit@1: no errors.") {
		t.Errorf("a published flow: %s", got)
	}
}

func TestCallsThatAreWrongExitWithTwo(t *testing.T) {
	d := newDesk(t)
	d.write("a.yaml", "overal: 1\n")
	d.write("late.yaml", "{overall: 5, reason: price}\n")
	d.write("context.yaml", "teir: MVC\n")
	d.write("good.yaml", "overall: 5\n")
	d.refused(2, "neither a file nor a template", "try", "nothing")
	d.refused(2, "there is no flow", "check", "nothing")
	d.refused(2, "there is no flow", "show", "nothing")
	d.refused(2, "there is no version 3", "export", "one_tap_csat@3")
	d.refused(2, "NAME@VERSION", "show", "one_tap_csat@0")
	d.refused(2, "cannot be read", "apply", "nothing.yaml")
	d.refused(2, "cannot be read", "try", "one_tap_csat", "--answers", "nothing.yaml")
	d.refused(2, `no question "overal"`, "try", "one_tap_csat", "--answers", "a.yaml")
	d.refused(2, "reason was not asked", "try", "one_tap_csat", "--answers", "late.yaml", "--json")
	d.refused(2, `"teir" is not known`, "try", "one_tap_csat", "--answers", "good.yaml", "--context", "context.yaml")
	d.refused(2, "unknown flag", "try", "one_tap_csat", "--nothing")
	d.refused(2, "must be one of", "graph", "one_tap_csat", "--format", "png")
	d.write("bad.yaml", "flow: [\n")
	d.refused(1, "line 1", "try", "bad.yaml", "--answers", "good.yaml")
}

func TestTryOverFilesPrintsJSON(t *testing.T) {
	d := bareDesk(t)
	d.write("visit.yaml", visit)
	d.write("answers.yaml", "overall: 2\nwhy: Slow\n")
	d.write("context.json", `{"tier": "MVC"}`)
	var r trial.Result
	if err := json.Unmarshal([]byte(d.mustCall("try", "visit.yaml", "--answers", "answers.yaml", "--context", "context.json", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	if r.Status != "completed" || *r.Case.Priority != "P1" || r.Answers["why"] != "Slow" {
		t.Errorf("got %+v", r)
	}
	if got := d.mustCall("try", "visit.yaml", "--answers", "answers.yaml"); !strings.Contains(got, "case         opens, P2: primary_L2, composite_L2\n") {
		t.Errorf("for people:\n%s", got)
	}
	if _, err := os.Stat(filepath.Join(d.dir, "test.db")); err == nil {
		t.Error("trying a flow made a database")
	}
}

func TestTryAsksInTheTerminalAndOverAPipe(t *testing.T) {
	d := newDesk(t)
	cases := []struct {
		name, flow, lines string
		status            string
		answers           map[string]any
		shown             []string
	}{
		{
			"numbers", "one_tap_csat", "2\n1 8\nCold soup\n3\n", "completed",
			map[string]any{"overall": 2.0, "reason": []any{"reliability", "price"}, "why_bad": "Cold soup", "contact_ok": "no"},
			[]string{"    5  Very satisfied", "    8  Price", "(up to 3, as 1 3)"},
		},
		{
			"words", "one_tap_csat", "dissatisfied\nprice\nskip\nno, thanks\n", "completed",
			map[string]any{"overall": 2.0, "reason": []any{"price"}, "why_bad": nil, "contact_ok": "no"},
			nil,
		},
		{
			"values that are no counts", "ladder7_expect", "7\n-2\nskip\n2\nfine\nskip\n", "completed",
			map[string]any{"overall": 7.0, "vs_expect": -2.0, "exp_source": nil, "promise": 2.0, "why_bad": "fine", "contact_ok": nil},
			[]string{"   -2  Much worse than I expected"},
		},
		{"back and again", "post_service_3", "5\nback\n1\nquit\n", "partial", map[string]any{"overall": 1.0}, nil},
		{"end of input", "post_service_3", "4\n", "partial", map[string]any{"overall": 4.0}, nil},
		{"refused at once", "one_tap_csat", "quit\n", "declined", map[string]any{}, nil},
		{"no input at all", "one_tap_csat", "", "partial", map[string]any{}, nil},
		{"nonsense is asked again", "one_tap_csat", "9\n5\n", "completed", map[string]any{"overall": 5.0}, []string{"That is no answer to this question."}},
		{"bare numbers", "nps_why", "10\nskip\n", "completed", map[string]any{"nps": 10.0, "why": nil}, []string{"   10  Very likely", "    5  \n"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, shown := d.call(c.lines, "try", c.flow, "--json")
			var r trial.Result
			if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 {
				t.Fatalf("exit code %d, %v\n%s%s", code, err, out, shown)
			}
			if r.Status != c.status {
				t.Errorf("status %s, want %s\n%s", r.Status, c.status, shown)
			}
			if diff := cmp.Diff(c.answers, r.Answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s\n%s", diff, shown)
			}
			for _, want := range c.shown {
				if !strings.Contains(shown, want) {
					t.Errorf("%q is not shown in\n%s", want, shown)
				}
			}
		})
	}
	_, out, _ := d.call("5\n", "try", "one_tap_csat", "--language", "zh-Hans")
	if !strings.Contains(out, "一键满意度") || !strings.Contains(out, "很满意") || !strings.Contains(out, "status       completed") {
		t.Errorf("in Chinese:\n%s", out)
	}
}

func TestGraphDrawsInThreeFormats(t *testing.T) {
	d := newDesk(t)
	d.write("visit.yaml", visit)
	for format, want := range map[string]string{"svg": `<title>Visit</title>`, "mermaid": `q_overall -. "if overall is unsatisfied" .-> q_why`, "text": "if overall is unsatisfied\n      2. why"} {
		if got := d.mustCall("graph", "visit.yaml", "--format", format); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s", format, got)
		}
	}
	d.mustCall("apply", "visit.yaml")
	if got := d.mustCall("graph", "visit@1", "--language", "zh-Hans"); !strings.Contains(got, "为什么") {
		t.Errorf("a published flow:\n%s", got)
	}
}

// A flow is paused without a page: nobody is invited by it until it is asked again.
func TestASurveyIsPausedAndAskedAgain(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.must("invite", "--flow", "one_tap_csat")
	state := func() string {
		t.Helper()
		var rows []flowRow
		here(t, json.Unmarshal([]byte(c.must("survey", "list", "--json")), &rows))
		if len(rows) != 1 {
			t.Fatalf("%d flows are listed", len(rows))
		}
		return rows[0].State
	}
	if out := c.must("survey", "pause", "one_tap_csat"); !strings.Contains(out, "survey resume one_tap_csat") {
		t.Errorf("nobody says how it goes on: %s", out)
	}
	if state() != "paused" || !strings.Contains(c.must("survey", "list"), "paused") {
		t.Errorf("it is %s", state())
	}
	c.refuses(1, "`aftercare survey resume one_tap_csat`", "invite", "--flow", "one_tap_csat")
	var got flowStateView
	here(t, json.Unmarshal([]byte(c.must("survey", "resume", "one_tap_csat", "--json")), &got))
	if got != (flowStateView{Name: "one_tap_csat", State: "asked", Was: "paused"}) || state() != "asked" {
		t.Errorf("got %+v, and it is %s", got, state())
	}
	c.must("invite", "--flow", "one_tap_csat")
	c.refuses(2, "there is no flow", "survey", "pause", "nosuch")
	c.refuses(2, "without the @", "survey", "pause", "one_tap_csat@1")
}
