package report

import (
	"testing"

	"github.com/aftercare/aftercare/survey"
)

// Whoever does not know, or would rather not say, is counted apart from who skipped.
func TestWhyAQuestionWasLeftIsCounted(t *testing.T) {
	c := Conversation{Session: survey.Session{ID: "s"}}
	for question, left := range map[string]survey.Left{"a": survey.LeftDontKnow, "b": survey.LeftPreferNot, "c": survey.LeftUnclear, "d": ""} {
		c.Answers = append(c.Answers, survey.Answer{Question: question, Skipped: true, Left: left})
	}
	session, rows := Fold(nil, &c)
	want := []string{"dont_know", "prefer_not", "unclear", ""}
	for i, row := range rows {
		if row.Flag != want[i] || !row.Skipped {
			t.Errorf("%s is flagged %q, skipped %v", row.Question, row.Flag, row.Skipped)
		}
	}
	if session.Answered != 0 || len(rows) != 4 {
		t.Errorf("%d of %d count as answers", session.Answered, len(rows))
	}
}
