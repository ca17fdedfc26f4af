package main

import (
	"strings"
	"testing"
)

// TestFiguresAreShownByACommand shows those of nothing, of a week and as JSON, and refuses what is wrong.
func TestFiguresAreShownByACommand(t *testing.T) {
	c := newConsole(t, nil)
	if out := c.must("report", "figures", "--from", "2026-03-02", "--to", "2026-03-08"); out != "unsatisfied, 2026-03-02 to 2026-03-08: too few to say\n" {
		t.Errorf("it says %q", out)
	}
	if out := c.must("report", "figures", "--by", "day", "--from", "2026-03-02", "--to", "2026-03-08", "--metric", "answered"); strings.Count(out, "\n") != 8 {
		t.Errorf("it says %q", out)
	}
	if out := c.must("report", "figures", "--by", "site", "--json"); !strings.Contains(out, `"shown":"none"`) || !strings.Contains(out, `"items":[]`) {
		t.Errorf("it says %q", out)
	}
	c.refuses(1, "There is no metric", "report", "figures", "--metric", "joy")
}

// TestAFigureInWords is what the lines say.
func TestAFigureInWords(t *testing.T) {
	for want, f := range map[string]shownFigure{
		"12 % (8–17) of 204":                                       {Shown: "rate", N: 204, K: 24, Rate: 0.1176, Low: 0.08, High: 0.168},
		"30 % (11–60) of 10, few answers":                          {Shown: "rate", Few: true, N: 10, K: 3, Rate: 0.3, Low: 0.11, High: 0.6},
		"3 of 7: too few for a rate":                               {Shown: "counts", N: 7, K: 3},
		"0 of 12: of fewer than ten customers, too few for a rate": {Shown: "counts", N: 12, Customers: 8},
		"too few to say":                                           {Shown: "none"},
	} {
		if got := f.line(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
