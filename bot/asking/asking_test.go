package asking_test

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const hourLater = `
triggers:
  - {name: visit, ask: one_tap_csat, after: 1h}
`

// TestAServiceIsAskedAboutAndABadAnswerOpensACase: event → invitation → answer → case.
func TestAServiceIsAskedAboutAndABadAnswerOpensACase(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-1", "7")
		before := len(w.questions("7"))
		w.triggers(hourLater)
		if a := w.told("1", "C-1"); a.Invitation == nil || a.Invitation.Trigger != "visit" || !a.Invitation.Due.Equal(noon.Add(time.Hour)) {
			t.Fatalf("it is answered %+v, %+v", a.Invitation, a.NotAsked)
		}
		w.pass(59 * time.Minute)
		if n := len(w.questions("7")); n != before {
			t.Fatal("asked too early")
		}
		w.pass(time.Minute)
		if got := w.state("1", "C-1"); got != "sent" || len(w.questions("7")) != before+1 {
			t.Fatalf("%s, %d questions", got, len(w.questions("7"))-before)
		}
		w.taps("7")
		w.pass(time.Minute)
		if got := w.state("1", "C-1"); got != "started" {
			t.Errorf("after an answer it is %s", got)
		}
		cases, err := w.store.Cases(t.Context(), storage.CaseFilter{Limit: 5})
		if check(t, err); len(cases) != 1 || cases[0].Customer != "C-1" {
			t.Errorf("%d cases", len(cases))
		}
		// Another service while a case is open: they are left in peace, and it is said why.
		if a := w.told("2", "C-1", func(e *storage.Event) { e.Ended = w.now.Add(-25 * time.Hour) }); a.NotAsked == nil || a.NotAsked.Reason != "pending" {
			t.Errorf("it is answered %+v, %+v", a.Invitation, a.NotAsked)
		}
		w.pass(time.Minute)
		if got := w.state("2", "C-1"); got != "suppressed pending" {
			t.Errorf("the next is %s", got)
		}
		x := w.asked("2", "C-1")
		all, err := w.store.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
		if check(t, err); len(all) != 1 || all[0].Rule != "contact.pending" || all[0].Policy != 1 || all[0].Evidence["last"] == "" {
			t.Errorf("it was decided by %+v", all)
		}
	})
}

// Nobody is asked how it was while a case of theirs is open; once it is closed they are asked again,
// also if they never write anything more.
func TestWhoseCaseIsClosedIsAskedAgain(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-1", "7")
		w.staff("maya", "90", access.Admin)
		w.triggers(hourLater)
		w.told("1", "C-1")
		w.pass(time.Hour)
		w.answersAll("7")
		cases, err := w.store.Cases(t.Context(), storage.CaseFilter{Limit: 5})
		if check(t, err); len(cases) != 1 {
			t.Fatalf("%d cases", len(cases))
		}
		w.now = w.now.AddDate(0, 0, 40)
		w.told("2", "C-1", func(e *storage.Event) { e.Ended = w.now.Add(-time.Hour) })
		w.pass(time.Minute)
		if got := w.state("2", "C-1"); got != "scheduled open_case" {
			t.Fatalf("while it is open: %s", got)
		}
		_, err = w.bot.Act(t.Context(), bot.Doing{Bucket: cases[0].Bucket, Case: cases[0].ID, Act: recovery.NoAction{Reason: "other"}, By: "maya"})
		check(t, err)
		w.pass(time.Hour)
		if got := w.state("2", "C-1"); got != "sent" {
			t.Errorf("once it is closed: %s", got)
		}
	})
}

func TestWhoIsNotAskedIsToldWhyAndWhen(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-1", "7")
		if a := w.told("0", "C-1"); a.NotAsked == nil || a.NotAsked.Reason != "no_trigger" {
			t.Errorf("without triggers: %+v", a.NotAsked)
		}
		w.triggers("triggers:\n  - {name: visit, when: {service: cut}, ask: one_tap_csat, after: 0m}\n")
		for id, c := range map[string]struct {
			change func(*storage.Event)
			reason string
		}{
			"service": {func(e *storage.Event) { e.Service = "wash" }, "no_trigger"},
			"old":     {func(e *storage.Event) { e.Ended = noon.AddDate(0, 0, -4) }, "stale"},
			"test":    {func(e *storage.Event) { e.Test = true }, "test_customer"},
			"staff":   {func(e *storage.Event) { e.Customer.Kind = "internal" }, "staff"},
			"way":     {func(e *storage.Event) { e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: ""}} }, "no_identity"},
		} {
			if a := w.told(id, "C-1", c.change); a.NotAsked == nil || a.NotAsked.Reason != c.reason || a.NotAsked.Words == "" {
				t.Errorf("%s: %+v, %+v", id, a.Invitation, a.NotAsked)
			}
		}
		w.says("7", chat.Update{Kind: chat.Command, Command: "stop"})
		w.now = w.now.Add(time.Hour)
		if a := w.told("stopped", "C-1"); a.NotAsked == nil || a.NotAsked.Reason != "stopped" {
			t.Errorf("stopped: %+v, %+v", a.Invitation, a.NotAsked)
		}
		w.pass(time.Minute)
		if got := w.state("stopped", "C-1"); got != "suppressed stopped" {
			t.Errorf("it is %s", got)
		}
		// At night nobody is asked in a chat; in the morning they are.
		w.linked("C-2", "8")
		w.now = time.Date(2026, 3, 10, 21, 30, 0, 0, time.UTC)
		if a := w.told("night", "C-2"); a.Invitation == nil || !a.Invitation.Due.Equal(time.Date(2026, 3, 11, 8, 0, 0, 0, time.UTC)) || a.Invitation.Words == "" {
			t.Errorf("at night: %+v, %+v", a.Invitation, a.NotAsked)
		}
		w.pass(time.Minute)
		if got := w.state("night", "C-2"); got != "scheduled quiet" {
			t.Errorf("it is %s", got)
		}
		w.pass(11 * time.Hour)
		if got := w.state("night", "C-2"); got != "sent" {
			t.Errorf("in the morning it is %s", got)
		}
	})
}

// TestEachIsReachedWhereTheyCanBe: in Telegram who is linked, in Slack by an address, and all
// others by a link that somebody hands out.
func TestEachIsReachedWhereTheyCanBe(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		w.linked("tg", "7")
		w.people["anna@example.com"] = found("U1")
		w.told("tg", "tg")
		w.told("slack", "slack", func(e *storage.Event) {
			e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: "anna@example.com"}}
		})
		w.told("unknown", "unknown", func(e *storage.Event) {
			e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: "nobody@example.com"}}
		})
		w.told("either", "either", func(e *storage.Event) {
			e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: "nobody@example.com"}, {Kind: "web"}}
		})
		w.told("web", "web")
		w.pass(time.Minute)
		for id, want := range map[string]string{
			"tg": "sent", "slack": "sent", "unknown": "unreachable not_in_workspace", "either": "handed_out", "web": "handed_out",
		} {
			if got := w.state(id, id); got != want {
				t.Errorf("%s is %s", id, got)
			}
		}
	})
}

// TestAVisitIsAskedBeforeAndAfter: a survey with questions of before a service begins with the
// booking, and goes on once the service is done.
func TestAVisitIsAskedBeforeAndAfter(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-1", "7")
		w.triggers("triggers:\n  - {name: ahead, on: booked, ask: expect_perceive}\n  - {name: visit, ask: one_tap_csat}\n")
		booked := func(e *storage.Event) {
			e.State, e.Ended, e.Booked = storage.EventBooked, time.Time{}, noon.Add(26*time.Hour)
		}
		if a := w.told("1", "C-1", booked); a.Invitation == nil || a.Invitation.Flow != "expect_perceive" {
			t.Fatalf("%+v", a)
		}
		w.pass(time.Minute)
		if got := w.state("1", "C-1"); got != "sent" {
			t.Fatalf("it is %s", got)
		}
		w.answersAll("7")
		w.now = noon.Add(27 * time.Hour)
		w.told("1", "C-1", func(e *storage.Event) { e.Booked = noon.Add(26 * time.Hour) })
		n := len(w.questions("7"))
		w.pass(5 * time.Hour)
		w.until(func() bool { return len(w.questions("7")) > n })
		all, err := w.store.AsksAfter(t.Context(), "C-1", "till:1")
		if check(t, err); len(all) != 1 {
			t.Errorf("they are asked by %d triggers", len(all))
		}
	})
}
