package flowfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinesSayWhereQuestionsStand(t *testing.T) {
	source := with("", "  - text: short\n    key: why\n    ask: Why?\n")
	if d := cmp.Diff(map[string]int{"overall": 6, "why": 12}, Lines([]byte(source))); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
	for _, broken := range []string{"", "a: [", "questions: 5\n", "questions: [1, {key: [2]}]\n", "- a\n"} {
		if got := Lines([]byte(broken)); len(got) != 0 {
			t.Errorf("%q has the lines %v", broken, got)
		}
	}
}
