package survey

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// chart reads the arrows of docs/survey-states.md: "active --> partial" to its inputs.
func chart(t *testing.T) map[[2]Status][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/survey-states.md")
	if err != nil {
		t.Fatal(err)
	}
	_, drawing, ok := strings.Cut(string(page), "```mermaid\nstateDiagram-v2\n")
	drawing, _, closed := strings.Cut(drawing, "```")
	if !ok || !closed {
		t.Fatalf("the page has no state diagram that begins, %t, and ends, %t", ok, closed)
	}
	arrow := regexp.MustCompile(`^\s*(\S+) --> (\S+?)(?:: (.+))?$`)
	arrows := map[[2]Status][]string{}
	for _, line := range strings.Split(drawing, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := arrow.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%q is no arrow", line)
		}
		var by []string
		if m[3] != "" {
			by = strings.Split(m[3], ", ")
		}
		arrows[[2]Status{Status(m[1]), Status(m[2])}] = by
	}
	return arrows
}

// nameOf is an input as the chart calls it.
func nameOf(in Input) string {
	switch in.(type) {
	case Open:
		return "open"
	case Pick, Toggle, Done, Mean, Write, Attach:
		return "answer"
	case Skip, Leave:
		return "skip"
	case Change, Keep, Back:
		return "change"
	case Decline:
		return "decline"
	case Pause:
		return "pause"
	case Resume:
		return "resume"
	case Expire:
		return "expire"
	case Speak:
		return "speak"
	}
	return "unknown"
}

// walk tries every input on every session that can be reached in a few steps, now and
// much later, and notes which statuses follow one another.
func walk(f Flow, seen map[[2]Status]map[string]bool) {
	type stop struct {
		s   Session
		now time.Time
	}
	inputs := []Input{Open{}, Back{}, Decline{}, Pause{}, Resume{}, Expire{}, Skip{NoQuestion}, Write{Text: "1"}, Write{Text: "hello"}, Speak{"en"}, Attach{Files: []File{{ID: "f"}}}}
	for i := range f.Questions {
		inputs = append(inputs, Pick{i, 0}, Pick{i, 1}, Change{i}, Keep{i}, Toggle{i, 0}, Done{i}, Mean{i, 0}, Leave{i, LeftDontKnow})
	}
	stops := []stop{{Session{ID: "x", Status: New, Open: NoQuestion, Expires: noon.Add(time.Hour)}, noon}}
	for range 6 {
		var next []stop
		known := map[string]bool{}
		for _, at := range stops {
			for _, in := range inputs {
				for _, later := range []time.Duration{0, 1000 * time.Hour} {
					now := at.now.Add(later)
					if in == (Expire{}) {
						now = now.Add(400 * 24 * time.Hour)
					} else if later > 0 {
						continue
					}
					s := Step(f, at.s, in, now).Session
					arrow := [2]Status{at.s.Status, s.Status}
					if arrow[0] != arrow[1] {
						if seen[arrow] == nil {
							seen[arrow] = map[string]bool{}
						}
						seen[arrow][nameOf(in)] = true
					}
					key := string(s.Status) + key(s)
					if !known[key] && len(next) < 400 {
						known[key] = true
						next = append(next, stop{s, now})
					}
				}
			}
		}
		stops = next
	}
}

// key tells sessions apart as far as a walk needs it.
func key(s Session) string {
	var b strings.Builder
	b.WriteString(string(rune('a' + s.Open + 1)))
	for _, a := range s.Answers {
		b.WriteString(a.Question)
		switch {
		case a.Skipped:
			b.WriteByte('s')
		case a.Value != nil:
			b.WriteString(string(rune('0' + int(*a.Value))))
		}
		if a.Dropped {
			b.WriteByte('d')
		}
	}
	return b.String()
}

func TestStateChart(t *testing.T) {
	seen := map[[2]Status]map[string]bool{}
	conditional := paired()
	conditional.Questions[0].When = &Cond{Subject: "event.booked", Values: []string{"yes"}}
	late := paired()
	late.Questions = slices.Insert(late.Questions, 1, asked(textQ("why"), when("expected", Neutral)))
	late.Questions[1].Phase, late.Questions[1].When = Pre, &Cond{Subject: "expected", AtLeast: num(2)}
	late.Questions[2].When = &Cond{Subject: "expected", AtMost: num(1)}
	back := flow("back", primaryQ(scaleQ("overall", csat5(), 1)), asked(textQ("why"), &Cond{Subject: "overall", AtMost: num(1)}))
	for _, f := range []Flow{flow("nothing"), conditional, late, back, oneTap()} {
		walk(f, seen)
	}
	drawn := chart(t)
	all := []Status{New, Active, Waiting, Completed, Partial, Declined, Expired}
	if _, ok := drawn[[2]Status{"[*]", New}]; !ok {
		t.Error("the chart does not begin with new")
	}
	for _, s := range all {
		_, ends := drawn[[2]Status{s, "[*]"}]
		if ends != s.Final() {
			t.Errorf("%s: drawn as final %v, is %v", s, ends, s.Final())
		}
	}
	for arrow, by := range drawn {
		if arrow[0] == "[*]" || arrow[1] == "[*]" {
			continue
		}
		if !slices.Contains(all, arrow[0]) || !slices.Contains(all, arrow[1]) {
			t.Errorf("%v is drawn between states that do not exist", arrow)
		}
		if seen[arrow] == nil {
			t.Errorf("%v is drawn but was never seen", arrow)
		}
		for _, name := range by {
			if !seen[arrow][name] {
				t.Errorf("%v is drawn for %q but was seen for %v", arrow, name, seen[arrow])
			}
		}
	}
	for arrow, names := range seen {
		for name := range names {
			if !slices.Contains(drawn[arrow], name) {
				t.Errorf("%v happened by %q, which is not drawn", arrow, name)
			}
		}
	}
}
