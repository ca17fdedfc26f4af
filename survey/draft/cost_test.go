package draft_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey/draft"
)

// TestAskingALongDraftCostsAsMuchAsAShortOne: a page asks a draft for every word on it, so that what one
// answer takes may not grow with the file.
func TestAskingALongDraftCostsAsMuchAsAShortOne(t *testing.T) {
	cost := func(questions int) float64 {
		var f strings.Builder
		f.WriteString("flow: long\nquestions:\n")
		for i := range questions {
			fmt.Fprintf(&f, "  - {key: q%03d, scale: csat5, ask: \"How was it?\", when: {q000: unsatisfied}}\n", i)
		}
		doc, err := draft.Parse(f.String())
		if err != nil {
			t.Fatal(err)
		}
		last := fmt.Sprintf("questions/=q%03d", questions-1)
		ask := func() {
			if doc.Words(last+"/ask", "en") != "How was it?" || doc.Show(last+"/when") != "{q000: unsatisfied}" || !doc.Has(last+"/scale") {
				t.Fatalf("%s is not found", last)
			}
		}
		ask() // which finds everything once
		return testing.AllocsPerRun(20, ask)
	}
	if short, long := cost(5), cost(200); long > short {
		t.Errorf("asking a draft of 200 questions allocates %.0f times, one of 5 questions %.0f times", long, short)
	}
}
