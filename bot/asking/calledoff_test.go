package asking_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// TestALinkOfACancelledVisitAsksNothing: whoever opens the link of a visit that was cancelled is told so, in a browser
// and in a chat, and it is recorded why nobody was asked; a conversation that was open before ends.
func TestALinkOfACancelledVisitAsksNothing(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		ids := []string{"browser", "chat", "opened"}
		links := map[string]string{}
		for _, id := range ids {
			w.told(id, id)
		}
		w.pass(time.Hour)
		for _, id := range ids {
			links[id] = w.token(w.asked(id, id))
		}
		w.opensPage(links["opened"], w.asked("opened", "opened").Offer, chat.Update{Kind: chat.Command, Command: "start"})
		for _, id := range ids {
			w.told(id, id, func(e *storage.Event) { e.Ended, e.State = noon, storage.EventCancelled })
		}
		w.pass(time.Minute)
		if _, err := w.bot.Visitor(t.Context(), links["browser"], "another"); !errors.Is(err, bot.ErrLinkOff) {
			t.Errorf("in a browser: %v", err)
		}
		w.says("777", chat.Update{Kind: chat.Command, Command: "start", Text: links["chat"]})
		said := ""
		for b := range w.store.Buckets() {
			list, err := w.store.Transcript(t.Context(), storage.Bucket(b), chat.Address{Platform: chat.Telegram, Account: "42", Chat: "777"})
			check(t, err)
			for _, d := range list {
				said += d.Render.Text
			}
		}
		if !strings.Contains(said, "was cancelled") || len(w.questions("777")) > 0 {
			t.Errorf("in a chat: %q, and %d questions", said, len(w.questions("777")))
		}
		for _, id := range ids[:2] {
			x := w.asked(id, id)
			decided, err := w.store.AskDecisions(t.Context(), x.Bucket, []string{x.ID})
			check(t, err)
			if last := decided[len(decided)-1]; x.State != "cancelled" || x.Reason != "event_cancelled" || last.State != "cancelled" || last.Reason != "event_cancelled" || !x.Due.IsZero() {
				t.Errorf("%s: it is %s %s, decided %+v", id, x.State, x.Reason, last)
			}
		}
		if x := w.asked("opened", "opened"); x.State != "expired" {
			t.Errorf("what was open is %s %s", x.State, x.Reason)
		}
		if _, err := w.bot.Visitor(t.Context(), links["opened"], "a browser"); err != nil {
			t.Errorf("what was open cannot be seen any more: %v", err)
		}
	})
}

// TestWhatCouldNotBeWithdrawnIsWithdrawnLater: a service is cancelled while the conversation about it cannot be read.
// At the next look it can, and nobody is asked about that service any more.
func TestWhatCouldNotBeWithdrawnIsWithdrawnLater(t *testing.T) {
	engines(t, func(t *testing.T, w *world) {
		w.linked("asked", "7")
		w.triggers("triggers:\n  - {name: visit, ask: one_tap_csat, after: 0m}\n")
		w.told("1", "asked")
		w.pass(time.Minute)
		broken := &lame{Store: w.store, session: w.asked("1", "asked").Session}
		w.on(broken)
		w.told("1", "asked", func(e *storage.Event) { e.Ended, e.State = noon, storage.EventCancelled })
		if got := w.state("1", "asked"); got != "sent" {
			t.Fatalf("it is %s", got)
		}
		broken.session = ""
		w.pass(time.Minute)
		if got := w.state("1", "asked"); got != "expired" {
			t.Errorf("it is %s", got)
		}
	})
}
