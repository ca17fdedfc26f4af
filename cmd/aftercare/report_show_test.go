package main

import (
	"strings"
	"testing"
)

// TestReportsAreShownByACommand shows reports of nothing in each form, and refuses what is wrong.
func TestReportsAreShownByACommand(t *testing.T) {
	c := newConsole(t, nil)
	names := strings.Fields(c.must("report", "list"))
	if len(names) < 12 || names[0] != "level" {
		t.Errorf("there are %q", names)
	}
	for _, name := range names {
		out := c.must("report", name, "--from", "2026-03-02", "--to", "2026-03-08")
		if !strings.HasPrefix(out, name) || strings.Count(out, "\n") < 2 {
			t.Errorf("%s says %q", name, out)
		}
		if out := c.must("report", name, "--json"); !strings.Contains(out, `"report":"`+name+`"`) {
			t.Errorf("%s as JSON is %q", name, out)
		}
	}
	if out := c.must("report", "recovery", "--from", "2026-03-02", "--to", "2026-03-08"); out != "recovery, 2026-03-02 to 2026-03-08\nThere is nothing to count in these days.\n" {
		t.Errorf("it says %q", out)
	}
	c.refuses(1, "There is no report", "report", "joy")
	c.refuses(1, "has no tables", "report", "recovery", "--table", "way")
	c.refuses(1, "is no target", "report", "silence", "--target", "many")
}

// TestAReportInWords prints figures and tables as lines, and one table as CSV.
func TestAReportInWords(t *testing.T) {
	value := 3.5
	r := shownReport{Report: "recovery", From: "2026-03-02", To: "2026-03-08", Finding: "Won back.", State: "counted"}
	r.Figures = append(r.Figures, struct {
		shownFigure
		Key   string
		Value *float64
	}{shownFigure{Shown: "number", N: 12, Low: 1, High: 6}, "mean", &value})
	r.Tables = append(r.Tables, struct {
		Table   string
		Columns []string
		Rows    []map[string]any
	}{"way", []string{"step", "cases"}, []map[string]any{{"step": "opened", "cases": 12}, {"step": "=settled"}}})
	var out strings.Builder
	a := &terminal{stdout: &out}
	if err := r.print(a); err != nil {
		t.Fatal(err)
	}
	if want := "recovery, 2026-03-02 to 2026-03-08\nWon back.\n  mean: 3.50 (1.00–6.00) of 12\n\nway\n  step      cases\n  opened    12\n  =settled  \n"; out.String() != want {
		t.Errorf("it prints %q", out.String())
	}
	out.Reset()
	if err := r.table(a, "way"); err != nil || out.String() != "step,cases\nopened,12\n'=settled,\n" {
		t.Errorf("the table is %q, %v", out.String(), err)
	}
	if err := r.table(a, "weg"); err == nil || !strings.Contains(err.Error(), "It has way") {
		t.Errorf("a table that is none: %v", err)
	}
}
