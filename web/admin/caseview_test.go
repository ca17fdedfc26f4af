package admin

import (
	"testing"

	draw "github.com/aftercare/aftercare/bot/render"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// A case of which nothing was heard does not say that its customer answered a survey, until they do.
func TestNobodyIsSaidToHaveAnsweredWhoDidNot(t *testing.T) {
	c := &draw.CaseView{Session: &storage.Session{}, Case: &storage.Case{}}
	if unanswered(c) {
		t.Error("a case of another reason")
	}
	c.Case.Decision.Reasons = []recovery.Reason{recovery.SilentFailure}
	if !unanswered(c) {
		t.Error("a case of which nothing was heard")
	}
	if c.Session.Answers = []survey.Answer{{Question: "overall"}}; unanswered(c) {
		t.Error("they answered since")
	}
}
