package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatIsMeasuredAloneTakesThePlaceOfItsOwnFiguresOnly(t *testing.T) {
	page := filepath.Join(t.TempDir(), "performance.md")
	of := func(name string, value float64) measured {
		return measured{Name: name, Rounds: 5, When: "then", Where: "a machine", Load: "1", Rows: []row{{Name: "row of " + name, Value: value, Unit: "×", Target: atLeast(1)}}}
	}
	first := results{of("stored", 1), of("throughput", 2), of("latency", 0.5)}
	if err := results(nil).merge(first).write(page); err != nil {
		t.Fatal(err)
	}
	before, err := readResults(recordOf(page))
	if err != nil {
		t.Fatal(err)
	}
	now := of("latency", 3)
	now.When = "now"
	merged := before.merge(results{now})
	if diff := cmp.Diff(results{of("throughput", 2), now, of("stored", 1)}, merged); diff != "" {
		t.Error(diff)
	}
	text := merged.page()
	for _, want := range []string{"| row of throughput | 2.00 × | ≥ 1 | met |", "| row of latency | 3.00 × | ≥ 1 | met |", "3 of 3 targets", "- **latency**, 5 rounds: now; load averages at its end, with itself: 1\n", "\n- a machine\n\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

func TestThePageIsWhatItsRecordSays(t *testing.T) {
	page := filepath.Join("..", "..", "docs", "performance.md")
	all, err := readResults(recordOf(page))
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.merge(nil).page(), string(text)); diff != "" {
		t.Error("write it anew: go run ./internal/bench -only none -page docs/performance.md\n" + diff)
	}
}

// Figures of an earlier run stand beside what was measured then, not beside what is measured now.
func TestPagesAreToldToBeMeasuredAsTheyWere(t *testing.T) {
	old, now := "A Postgres with two years.", howPages()
	for _, c := range []struct {
		all  results
		want []string
	}{
		{results{{Name: "pages_postgres", How: old}}, []string{"| pages of staff | " + old + " |\n"}},
		{results{{Name: "pages_postgres", How: old}, {Name: "pages_sqlite", How: now}}, []string{"| pages of staff (pages_postgres) | " + old + " |\n", "| pages of staff (pages_sqlite) | " + now + " |\n"}},
		{results{{Name: "pages_postgres", How: now}, {Name: "pages_sqlite", How: now}}, []string{"| pages of staff | " + now + " |\n"}},
	} {
		page := c.all.page()
		for _, want := range c.want {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if n := strings.Count(page, "\n| pages of staff"); n != len(c.want) {
			t.Errorf("pages are described %d times, want %d", n, len(c.want))
		}
	}
	all, err := readResults(recordOf(filepath.Join("..", "..", "docs", "performance.md")))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if strings.HasPrefix(m.Name, pagesBefore) && m.How == "" {
			t.Errorf("the record does not say how %s was measured", m.Name)
		}
	}
}
