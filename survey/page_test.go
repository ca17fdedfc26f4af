package survey_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/words"
)

// TestThePageOfWhatPeopleTypeIsTrue runs the table of docs/typing.md.
func TestThePageOfWhatPeopleTypeIsTrue(t *testing.T) {
	page, err := os.ReadFile("../docs/typing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, source, _ := strings.Cut(string(page), "```yaml\n")
	source, table, _ := strings.Cut(source, "```")
	f, err := flowfile.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range survey.Check(f) {
		if p.Severity == survey.Fatal {
			t.Fatalf("%+v", p)
		}
	}
	asked := map[string]bool{}
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.Contains(cells[1], "`") {
			continue
		}
		key, typed, want := strings.TrimSpace(cells[0]), strings.Trim(strings.TrimSpace(cells[1]), "`"), strings.TrimSpace(cells[2])
		if s, err := strconv.Unquote(`"` + typed + `"`); err == nil {
			typed = s
		}
		rows++
		asked[key] = true
		if got := becomes(t, f, key, typed); got != want {
			t.Errorf("%s: %q: %s; the page says: %s", key, typed, got, want)
		}
	}
	if rows < 240 || len(asked) != len(f.Questions) {
		t.Errorf("the table has %d rows about %d of %d questions", rows, len(asked), len(f.Questions))
	}
}

// becomes is what the engine makes of words typed at a question.
func becomes(t *testing.T, f survey.Flow, key, typed string) string {
	t.Helper()
	switch words.Stops(typed) {
	case words.WillStop:
		return "ends the surveys"
	case words.MayStop:
		return "asked whether to end the surveys"
	}
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	step := func(s survey.Session, in survey.Input) survey.Transition { return survey.Step(f, s, in, now) }
	s := step(survey.Session{Status: survey.New, Open: survey.NoQuestion}, survey.Open{}).Session
	for s.Open >= 0 && f.Questions[s.Open].Key != key {
		s = step(s, survey.Skip{Question: s.Open}).Session
	}
	if s.Open < 0 {
		t.Fatalf("%s is never asked", key)
	}
	tr := step(s, survey.Write{Text: typed})
	kept := slices.ContainsFunc(tr.Effects, func(e survey.Effect) bool {
		o, ok := e.(survey.OffScript)
		return ok && o.Text == typed
	})
	attempt := slices.ContainsFunc(tr.Effects, func(e survey.Effect) bool {
		a, ok := e.(survey.Attempt)
		return ok && a.Text == typed
	})
	for _, e := range tr.Effects {
		if n, ok := e.(survey.Notice); ok && n.Code == survey.NoticeUnclear && !kept && !attempt {
			t.Errorf("%s: %q is no answer, and nobody keeps it", key, typed)
		}
	}
	beside := ""
	if kept {
		beside = ", words kept"
	}
	var may []string
	for _, r := range tr.Session.Asked() {
		may = append(may, said(r.Answer()))
	}
	switch {
	case tr.Answer != nil && tr.Answer.Left != "":
		return "left: " + string(tr.Answer.Left) + beside
	case tr.Answer != nil:
		return "stored: " + said(*tr.Answer) + beside
	case len(may) == 1:
		return "asked back: " + may[0] + beside
	case len(may) > 1:
		return "asked which: " + strings.Join(may, " or ") + beside
	case kept && again(tr.Effects):
		return "asked again" + beside
	case kept:
		return "kept for the team"
	}
	return "asked again"
}

// again reports whether an attempt at an answer was refused.
func again(effects []survey.Effect) bool {
	return slices.ContainsFunc(effects, func(e survey.Effect) bool {
		n, ok := e.(survey.Notice)
		return ok && n.Code != survey.NoticeKept
	})
}

func said(a survey.Answer) string {
	switch {
	case a.Value != nil:
		return strconv.FormatFloat(*a.Value, 'f', -1, 64)
	case len(a.Choices) > 0 && a.Text != "":
		return strings.Join(a.Choices, ", ") + ", “" + a.Text + "”"
	case len(a.Choices) > 0:
		return strings.Join(a.Choices, ", ")
	}
	return a.Text
}
