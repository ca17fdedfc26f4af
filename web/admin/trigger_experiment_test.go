package admin

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/invitation"
)

// An experiment is begun, changed and ended by the menus of its trigger, without script, and the file says the same.
func TestAnExperimentIsMadeAndEndedByMenus(t *testing.T) {
	b := newTriggerDesk(t)
	const file = "# ours\ntriggers:\n  - name: visit # of the shop\n    ask: one_tap_csat\n    after: 1h # as Ann wished\n"
	one := func() invitation.Trigger {
		t.Helper()
		_, p := b.draft()
		return p.Triggers[0]
	}
	b.put(file)
	if b.one("t=visit"); one().Experiment != nil {
		t.Fatalf("nobody asked for one: %+v", one().Experiment)
	}
	if page := b.one("t=visit", "other.ask", "post_service_3", "other.after", "1d"); !strings.Contains(page, "Of both nobody could say which made the difference") {
		t.Errorf("both:\n%s", page)
	}
	if page := b.one("t=visit", "other.ask", "post_service_3"); !strings.Contains(textOf(page), "Half of the customers are asked “Three-question post-service” instead.") {
		t.Errorf("begun:\n%s", page)
	}
	source, _ := b.draft()
	if want := file + "    experiment:\n      ask: post_service_3\n"; source != want {
		t.Errorf("the file is\n%s", source)
	}
	b.one("t=visit", "other.name", "Shorter Words", "other.base", "30")
	if x := one().Experiment; x == nil || x.Name != "shorter-words" || x.Base != 30 || x.Ask != "post_service_3" {
		t.Errorf("changed: %+v", x)
	}
	if page := b.one("t=visit", "other.ask", "", "other.after", "1d"); !strings.Contains(textOf(page), "Half of the customers are asked 1 day later instead.") {
		t.Errorf("another kind:\n%s", page)
	}
	if x := one().Experiment; x == nil || x.Ask != "" || x.After == nil || x.After.String() != "1d" {
		t.Errorf("another kind: %+v", x)
	}
	if page := b.one("t=visit", "other.base", "100"); !strings.Contains(page, `id="other.base-fault"`) {
		t.Errorf("a share that is none:\n%s", page)
	}
	b.one("t=visit", "other.after", "1h") // as the trigger: it is stored, and found wrong where it stands
	if page := body(b.get("/asking/triggers/one?t=visit")); !strings.Contains(page, "Both halves would be asked after 1h") || !strings.Contains(page, `id="other.after-fault"`) {
		t.Errorf("twice the same:\n%s", page)
	}
	b.one("t=visit", "other.after", "1d")
	b.one("t=visit", "other.end", "other")
	if x := one(); x.Experiment != nil || x.After.String() != "1d" || x.Ask != "one_tap_csat" {
		t.Errorf("ended with the other way: %+v", x)
	}
	if source, _ = b.draft(); !strings.Contains(source, "after: 1d # as Ann wished") || strings.Contains(source, "experiment") {
		t.Errorf("the file is\n%s", source)
	}
	b.one("t=visit", "other.ask", "post_service_3")
	b.one("t=visit", "other.end", "usual")
	if x := one(); x.Experiment != nil || x.Ask != "one_tap_csat" {
		t.Errorf("ended as usual: %+v", x)
	}
	b.one("t=visit", "other.ask", "post_service_3")
	b.one("t=visit", "other.end", "other")
	if x := one(); x.Experiment != nil || x.Ask != "post_service_3" {
		t.Errorf("ended with the other survey: %+v", x)
	}
	b.one("t=visit", "other.ask", "one_tap_csat")
	b.one("t=visit", "on", "time", "every", "30d")
	if x := one(); x.Experiment != nil || x.On != invitation.OnTime {
		t.Errorf("of another moment: %+v", x)
	}
	b.one("new=done", "ask", "one_tap_csat", "name", "fresh", "other.ask", "post_service_3")
	if _, p := b.draft(); len(p.Triggers) != 2 || p.Triggers[1].Experiment == nil {
		t.Errorf("a new one: %+v", p.Triggers)
	}
}
