package admin

import (
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
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

// Of somebody who never had a chat it is not said that theirs takes no messages now.
func TestWhoNeverHadAChatIsSaidToHaveNone(t *testing.T) {
	k := &storage.Case{}
	k.Contact, k.Lost = recovery.ContactPhone, time.Now()
	view := &draw.CaseView{Case: k, Identity: &storage.Identity{Person: storage.Person{Platform: chat.Web, User: "x"}}}
	if got := contactOf(k, view); got != "chatless" {
		t.Errorf("by a page that nobody opened: %q", got)
	}
	view.Identity.Person = storage.Person{Platform: chat.Telegram, Account: "42", User: "7"}
	if got := contactOf(k, view); got != "lost" {
		t.Errorf("of a chat that takes no messages any more: %q", got)
	}
	k.Lost = time.Time{}
	if got := contactOf(k, view); got != "phone" {
		t.Errorf("who may be called: %q", got)
	}
}

// What a customer answered before stands beside their case where the viewer may know it: not what was answered at a
// site that is not theirs, and not under a pseudonym.
func TestTheCaseTellsOfNoOtherSite(t *testing.T) {
	w := newWorld(t)
	w.unhappy("harbour", "7", "Anna", "x")
	w.clock.add(24 * time.Hour)
	w.unhappy("main", "7", "Anna", "y")
	w.clock.add(24 * time.Hour)
	k := w.unhappy("main", "7", "Anna", "z")
	page := body(w.as("mei").get("/cases/" + k.Name()))
	_, past, ok := strings.Cut(page, "<h3>"+tongues()["en"].t("last_answers")+"</h3>")
	if past, _, _ = strings.Cut(past, "</ul>"); !ok || strings.Count(past, "<li>") != 1 {
		t.Errorf("one answer at this site came before, and the page tells:\n%s\n%s", past, page)
	}
}
