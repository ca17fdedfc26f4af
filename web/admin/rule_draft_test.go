package admin

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Rules, hours and routes are one draft, as a form and as a file: nothing of it is in force before it is
// published, every step of it is taken back and brought back, and so is a version. What is saved at once
// beside it stays.
func TestRulesHaveADraft(t *testing.T) {
	b := newRuleDesk(t)
	b.w.unhappy("main", "7", "Anna", "I waited.")
	keep := func(at string, pairs ...string) string {
		t.Helper()
		return body(b.visit.post(strings.Split(at, "?")[0], with(asShown(body(b.get(at))), append(pairs, "do", "save")...)))
	}
	draft := func() string {
		t.Helper()
		d, err := b.w.store.FlowDraft(t.Context(), storage.RulesDraft)
		if err != nil {
			t.Fatal(err)
		}
		return d.Source
	}
	change := func(do string) string {
		t.Helper()
		return body(b.visit.post("/settings/rules/draft", url.Values{"do": {do}, "back": {"/settings/hours"}}))
	}
	if page := keep("/settings/rules", "sla.P1.contact", "45m"); !strings.Contains(page, "Saved as a draft.") || !strings.Contains(page, `value="45m"`) || !strings.Contains(page, "shipped rules") {
		t.Errorf("a draft of the form:\n%s", page)
	}
	if _, err := b.w.store.Rules(t.Context(), 0); err == nil {
		t.Error("a draft is in force")
	}
	keep("/settings/hours", "open", "times", "mon.0.from", "09:00", "mon.0.to", "18:00")
	keep("/settings/routes", "route.0.site", "main", "route.0.to.0", "lead")
	if page := body(b.get("/settings/rules/file")); !strings.Contains(page, "contact: 45m") || !strings.Contains(page, "to: [lead]") || !strings.Contains(page, "09:00-18:00") {
		t.Errorf("the file of the draft:\n%s", page)
	}
	whole := draft()
	if page := change("undo"); strings.Contains(draft(), "to: [lead]") || !strings.Contains(draft(), "09:00-18:00") || !strings.Contains(page, "Opening hours") {
		t.Errorf("undone is:\n%s", draft())
	}
	change("redo")
	if draft() != whole {
		t.Errorf("done again is:\n%s", draft())
	}
	change("discard")
	if page := body(b.get("/settings/rules")); draft() != "" || strings.Contains(page, `value="45m"`) {
		t.Error("what was given up is there")
	}
	change("undo")
	page := body(b.get("/settings/rules/publish"))
	for _, want := range []string{"P1 · Contact by", "<del dir=\"auto\">1h</del> <ins dir=\"auto\">45m</ins>", "Line 1, who hears, 1", "1 conversations of the last 90 days"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of publishing does not say %q:\n%s", want, page)
		}
	}
	// Saved answers are in force at once, and the draft keeps them.
	keep("/settings/snippets", "snippet.0.name", "Sorry", "snippet.0.text", "We are sorry.")
	if p, _ := b.inForce(); len(p.Rules.Snippets) != 1 || p.Rules.SLA.P1.Contact.String() != "1h" {
		t.Errorf("beside the draft: %+v", p.Rules)
	}
	if page := body(b.get("/settings/rules/publish")); strings.Contains(page, "was published since") {
		t.Errorf("the draft is behind:\n%s", page)
	}
	if page := body(b.get("/settings/rules/publish")); strings.Contains(page, "Line 3") {
		t.Errorf("an empty line is a change:\n%s", page)
	}
	old := body(b.visit.post("/settings/rules/publish", url.Values{"do": {"publish"}, "rev": {"1"}}))
	if !strings.Contains(old, `role="alert"`) {
		t.Errorf("what nobody has seen is published:\n%s", old)
	}
	b.publish("calls within 45 minutes")
	p, _ := b.inForce()
	if p.Rules.SLA.P1.Contact.String() != "45m" || len(p.Routing.Routes) != 1 || len(p.Rules.Snippets) != 1 {
		t.Errorf("published is %+v", p)
	}
	if page := body(b.get("/settings/rules/versions")); !strings.Contains(page, "calls within 45 minutes") || !strings.Contains(page, "Back to version 1") {
		t.Errorf("the versions:\n%s", page)
	}
	if page := body(b.get("/settings/rules/compare?from=1&to=2")); !strings.Contains(page, "P1 · Contact by") {
		t.Errorf("what differs:\n%s", page)
	}
	b.w.clock.add(time.Minute)
	keep("/settings/rules", "sla.P2.contact", "3h")
	b.visit.post("/settings/rules/versions", url.Values{"version": {"1"}})
	if p, _ := b.inForce(); p.Rules.SLA.P1.Contact.String() != "1h" || len(p.Rules.Snippets) != 1 {
		t.Errorf("after going back: %+v", p.Rules)
	}
	if page := body(b.get("/settings/rules/publish")); !strings.Contains(page, "Version 3 was published since this draft was begun on version 2") {
		t.Errorf("a draft from before is published unseen:\n%s", page)
	}
	if page := body(b.get("/audit")); !strings.Contains(page, "P1 · Contact by: 45m") {
		t.Errorf("what was changed:\n%s", page)
	}
}

// Two people at the draft of the rules: other fields are theirs, the same one asks, and who stores at
// the same moment is not lost.
func TestTwoPeopleAtTheRules(t *testing.T) {
	b := newRuleDesk(t)
	first := asShown(body(b.get("/settings/rules")))
	send := func(pairs ...string) string {
		return body(b.visit.post("/settings/rules", with(first, append(pairs, "do", "save")...)))
	}
	done := make(chan bool)
	for _, x := range [][]string{{"sla.P1.contact", "45m"}, {"sla.P2.contact", "3h"}, {"currency", "eur"}} {
		go func() { send(x...); done <- true }()
	}
	for range 3 {
		<-done
	}
	page := body(b.get("/settings/rules"))
	for _, want := range []string{`value="45m"`, `value="3h"`, `value="EUR"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is lost:\n%s", want, page)
		}
	}
	if page := send("sla.P1.contact", "30m"); !strings.Contains(page, `<q dir="auto">45m</q>`) || !strings.Contains(page, `value="30m"`) {
		t.Errorf("the same field:\n%s", page)
	}
}

// TestOlderVersionsOfTheRulesAreReached: the list has the newest, and leads to those before them.
func TestOlderVersionsOfTheRulesAreReached(t *testing.T) {
	b := newRuleDesk(t)
	for n := range mostRuleVersions + 3 {
		if _, _, err := b.w.store.PublishRules(t.Context(), fmt.Sprintf("rules: {sla: {P1: {contact: %dm}}}", 30+n), b.w.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	has := func(page string, version int) bool {
		return strings.Contains(page, fmt.Sprintf("<b>Version %d</b>", version))
	}
	page := body(b.get("/settings/rules/versions"))
	if !has(page, mostRuleVersions+3) || !has(page, 4) || has(page, 3) || !strings.Contains(page, "Older versions: 3") || !strings.Contains(page, "?before=4") {
		t.Errorf("the newest versions:\n%s", page)
	}
	page = body(b.get("/settings/rules/versions?before=4"))
	if !has(page, 3) || !has(page, 1) || has(page, 4) || strings.Contains(page, "Older versions") {
		t.Errorf("the older versions:\n%s", page)
	}
}

// What leads are told of figures is among what publishing, going back and the list of changes say in words.
func TestWhatLeadsAreToldIsComparedInWords(t *testing.T) {
	b := newRuleDesk(t)
	for _, at := range []string{"08:00", "09:30"} {
		b.visit.post("/settings/reporting", with(asShown(body(b.get("/settings/reporting"))), "do", "save", "weekly", at))
		b.w.clock.add(time.Minute)
	}
	if page := body(b.get("/settings/rules/compare?from=1&to=2")); !strings.Contains(page, "<del dir=\"auto\">08:00</del> <ins dir=\"auto\">09:30</ins>") {
		t.Errorf("what differs:\n%s", page)
	}
}
