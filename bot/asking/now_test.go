package asking_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// wish asks by hand, and returns what became of it.
func (w *world) wish(once, customer string, more ...func(*asking.Wish)) (string, invitation.Decision) {
	w.t.Helper()
	x := asking.Wish{Once: once, Customer: customer, Flow: "one_tap_csat", Site: "main", By: "maya"}
	for _, m := range more {
		m(&x)
	}
	ask, d, err := w.asking.Now(w.t.Context(), x)
	check(w.t, err)
	return ask.State, d
}

// Staff ask somebody by hand: by the same policy, at once, and once however often they tap. Who
// was asked lately is asked with a reason alone, and who said stop not at all.
func TestStaffAskByTheSamePolicy(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("C-1", "7")
		n := len(w.questions("7"))
		for range 3 { // a button is tapped three times
			if state, d := w.wish("a", "C-1"); state != "sent" || d.Rule != "asked by hand" || d.By != "" && d.By != invitation.Telegram || d.Evidence["asker"] != "maya" {
				t.Fatalf("asked: %s, %+v", state, d)
			}
		}
		if got := len(w.questions("7")) - n; got != 1 {
			t.Fatalf("asked %d times", got)
		}
		insist := func(x *asking.Wish) { x.Against = "they wrote that they want to tell us more" }
		if state, d := w.wish("b", "C-1", insist); state != "suppressed" || d.Reason != invitation.Pending {
			t.Errorf("while another question is open: %s, %+v", state, d)
		}
		w.answersAll("7")
		w.pass(time.Hour)
		if state, d := w.wish("c", "C-1"); state != "suppressed" || d.Reason == "" || d.Rule == "" {
			t.Errorf("an hour later: %s, %+v", state, d)
		}
		w.now = w.now.AddDate(0, 0, 4) // a case of a bad answer is closed by nobody: it is beside the point here
		if state, d := w.wish("d", "C-1", insist); state != "sent" || d.Evidence["against"] == "" || d.Evidence["why"] == "" {
			t.Errorf("with a reason: %s, %+v", state, d)
		}
		w.says("7", chat.Update{Kind: chat.Command, Command: "stop"})
		w.now = w.now.AddDate(0, 6, 0)
		if state, d := w.wish("e", "C-1", insist); state != "suppressed" || d.Reason != invitation.Stopped {
			t.Errorf("after a stop: %s, %+v", state, d)
		}
		// Nobody is known by that key: a link is handed out, and says whose it is.
		if state, _ := w.wish("f", "new"); state != "handed_out" {
			t.Errorf("somebody new: %s", state)
		}
		// At night nobody is asked in a chat, also not by hand.
		w.linked("C-2", "8")
		w.now = time.Date(2026, 12, 1, 22, 0, 0, 0, time.UTC)
		if state, d := w.wish("g", "C-2", insist); state != "scheduled" || d.Reason != invitation.QuietHours {
			t.Errorf("at night: %s, %+v", state, d)
		}
		w.passes(12 * time.Hour)
		all, err := w.store.AsksOf(t.Context(), "C-2", 5)
		if check(t, err); len(all) != 1 || all[0].State != "sent" {
			t.Errorf("in the morning: %+v", all)
		}
		if _, _, err := w.asking.Now(t.Context(), asking.Wish{Once: "h", Customer: "C-2", Flow: "none", Site: "main"}); !errors.Is(err, asking.ErrNoFlow) {
			t.Errorf("a survey that there is not: %v", err)
		}
	})
}

// What is known of a customer counts also where staff ask about no service: on what basis, in
// which language, and whether they are a colleague.
func TestStaffAskWhomAServiceTellsOf(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("contact: {consent: [contract]}\n")
		if state, d := w.wish("a", "C-1"); state != "suppressed" || d.Reason != invitation.NoConsent {
			t.Errorf("without a basis: %s, %+v", state, d)
		}
		w.told("1", "C-1", func(e *storage.Event) {
			e.Customer.Consent = &storage.EventConsent{Basis: "contract"}
			e.Customer.Reach = []storage.EventReach{{Kind: "slack_email", To: "anna@example.com"}}
			e.Customer.Language = "es"
		})
		w.people["anna@example.com"] = found("U1")
		w.now = w.now.Add(time.Second)
		if state, _ := w.wish("b", "C-1"); state != "sent" {
			t.Errorf("with one: %s", state)
		}
		all, err := w.store.AsksOf(t.Context(), "C-1", 1)
		if check(t, err); len(all) != 1 || all[0].By != "slack" || all[0].Language != "es" {
			t.Errorf("asked %+v", all)
		}
		w.told("2", "C-3", func(e *storage.Event) {
			e.Customer.Consent, e.Customer.Kind = &storage.EventConsent{Basis: "contract"}, "internal"
		})
		if state, d := w.wish("c", "C-3"); state != "suppressed" || d.Reason != invitation.IsStaff {
			t.Errorf("a colleague: %s, %+v", state, d)
		}
	})
}

// The process that asks by hand dies at each of its calls: said again, it is one question.
func TestACrashWhileStaffAskAsksNobodyTwice(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		inner, calls := w.store, 1
		for at := 0; at <= calls; at++ {
			for _, when := range deaths() {
				once, user := fmt.Sprintf("%d %v", at, when), fmt.Sprint(1000+2*at)
				if when == storagetest.AfterCall {
					user += "1"
				}
				w.linked(user, user)
				n := len(w.questions(user))
				mortal := storagetest.Crashing(inner, 1<<30, when)
				w.on(mortal)
				began := mortal.Calls()
				if at > 0 {
					mortal = storagetest.Crashing(inner, began+at, when)
					w.on(mortal)
				}
				_, _, _ = w.asking.Now(t.Context(), asking.Wish{Once: once, Customer: user, Flow: "one_tap_csat", Site: "main", By: "maya"})
				if at == 0 {
					calls = mortal.Calls() - began
				}
				w.on(inner)
				_, _ = w.wish(once, user)
				w.pass(30 * time.Second)
				if got := len(w.questions(user)) - n; got != 1 {
					t.Fatalf("dead at call %d of %d (%v): asked %d times", at, calls, when, got)
				}
			}
		}
		if calls < 10 {
			t.Errorf("only %d calls: the test shows little", calls)
		}
	}, "sqlite")
}

// staff makes somebody staff at a site, who writes from a chat in Telegram.
func (w *world) staff(id, user string, role access.Role) {
	w.t.Helper()
	check(w.t, w.store.PutStaff(w.t.Context(), storage.Staff{ID: id, Name: id, Roles: access.Grants{"main": role}, Created: w.now}))
	check(w.t, w.bot.Configuration().Refresh(w.t.Context()))
	code, _, err := w.bot.StaffCode(w.t.Context(), id)
	check(w.t, err)
	w.says(user, chat.Update{Kind: chat.Command, Command: "link", Text: code})
	check(w.t, w.bot.Configuration().Refresh(w.t.Context()))
}

// toldLast are the words that somebody was told last in Telegram.
func (w *world) toldLast(user string) string {
	w.t.Helper()
	last := storage.Delivery{}
	for b := range w.store.Buckets() {
		list, err := w.store.Transcript(w.t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Telegram, Account: "42", Chat: user})
		check(w.t, err)
		for _, d := range list {
			if d.Kind == storage.NoticeD && d.Ord > last.Ord {
				last = d
			}
		}
	}
	return last.Render.Text
}

// A lead writes in a chat whom to ask: the customer is asked, and the lead reads what became of
// it; an agent may not, and a customer's word means nothing to anybody.
func TestStaffAskByACommand(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		bot.StaffAsks{Bot: w.bot}.By(w.asking.ForStaff)
		w.linked("C-1", "7")
		w.staff("maya", "90", access.Lead)
		w.staff("ben", "91", access.Agent)
		asks := func(user, words, want string) {
			t.Helper()
			w.now = w.now.Add(time.Second)
			w.says(user, chat.Update{Kind: chat.Command, Command: "invite", Text: words})
			if got := w.toldLast(user); !strings.Contains(got, want) {
				t.Errorf("/invite %s: %q, not %q", words, got, want)
			}
		}
		n := len(w.questions("7"))
		asks("90", "", "Write /invite and behind it whom")
		asks("90", "C-1 one_tap_cast", "There is no survey one_tap_cast.")
		asks("90", "@nobody_at_all", "Nobody is known as @nobody_at_all.")
		asks("91", "C-1 one_tap_csat", "that is for leads")
		if got := len(w.questions("7")); got != n {
			t.Fatalf("asked %d times", got-n)
		}
		asks("90", "C-1 one_tap_csat", "C-1: asked in Telegram.")
		asks("90", "C-1 one_tap_csat", "They have not answered yet")
		if got := len(w.questions("7")); got != n+1 {
			t.Errorf("asked %d times", got-n)
		}
		asks("90", "C-77 one_tap_csat", "C-77: no bot gets there. Send them this link: https://care.example/")
		asks("7", "C-77", "")
		all, err := w.store.AsksOf(t.Context(), "C-77", 5)
		if check(t, err); len(all) != 1 || all[0].Asker != "maya" {
			t.Errorf("a customer's word: %+v", all)
		}
		w.says("7", chat.Update{Kind: chat.Command, Command: "stop"})
		asks("90", "C-1 one_tap_csat", "They want no surveys.")
	})
}
