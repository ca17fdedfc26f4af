package bot

import (
	"testing"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
)

// heardMoment is a moment of somebody's way through the program; reach takes them there.
type heardMoment struct {
	name  string
	reach func(*world, customer)
}

func heardMoments(on chat.Platform) []heardMoment {
	survey := InviteRequest{Flow: "post_service_3", Site: "main-street"}
	rated := func(w *world, c customer, marks ...string) {
		w.begun(c, survey)
		for _, m := range marks {
			w.press(c, m)
		}
	}
	good := func(w *world, c customer) {
		rated(w, c, "5", "5", "5")
		w.say(c, "Lovely.")
	}
	open := func(w *world, c customer) {
		rated(w, c, "1", "1", "1", "Skip")
		w.say(c, "I waited.")
		w.press(c, "No, thanks")
	}
	moments := []heardMoment{
		{"a rating open", func(w *world, c customer) { rated(w, c) }},
		{"a text open", func(w *world, c customer) { rated(w, c, "5", "5", "5") }},
		{"put off by Later", func(w *world, c customer) { rated(w, c, "Later") }},
		{"declined", func(w *world, c customer) { rated(w, c, "Not now") }},
		{"within two minutes after the end", good},
		{"a day after", func(w *world, c customer) { good(w, c); w.now = w.now.Add(24 * time.Hour) }},
		{"after /stop", func(w *world, c customer) { rated(w, c); w.command(c, "stop", "") }},
		{"a case open", func(w *world, c customer) {
			open(w, c)
			w.now = w.now.Add(11 * time.Minute) // what was said just before is not said again
		}},
		{"a case closed", func(w *world, c customer) {
			open(w, c)
			w.acted(w.newestCase(c), recovery.NoAction{Reason: "known"})
			w.now = w.now.Add(time.Hour)
		}},
		{"a case resolved", func(w *world, c customer) {
			open(w, c)
			w.acted(w.newestCase(c), recovery.Resolve{Cause: "responsiveness", Actions: []recovery.Action{{Kind: "apology"}}})
			w.now = w.now.Add(time.Hour)
		}},
	}
	if on != chat.Web { // a link of the web chat is an invitation
		again := func(w *world, c customer) { // a good survey later than the case
			open(w, c)
			w.now = w.now.Add(time.Hour)
			good(w, c)
		}
		moments = append(moments,
			heardMoment{"never asked", func(*world, customer) {}},
			heardMoment{"a rating open beside an earlier case", func(w *world, c customer) {
				open(w, c)
				w.now = w.now.Add(time.Hour)
				rated(w, c)
			}},
			heardMoment{"a day after another survey, an earlier case open", func(w *world, c customer) {
				again(w, c)
				w.now = w.now.Add(24 * time.Hour)
			}},
			heardMoment{"within two minutes after another survey, an earlier case open", again},
		)
	}
	return append(moments, heardMoment{"invited, not begun", func(w *world, c customer) {
		if on != chat.Web {
			w.invite(survey)
		}
	}})
}

// The moments are in the table for each chat: only a page knows nobody whom it never asked, since its
// link is the invitation. Whoever asks for a link of their own there is TestWhoAsksForALinkIsHeard.
func TestEachMomentIsHeardInThreeChats(t *testing.T) {
	t.Parallel()
	for _, on := range []chat.Platform{chat.Telegram, chat.Slack, chat.Web} {
		there := map[string]bool{}
		for _, m := range heardMoments(on) {
			there[m.name] = true
		}
		for _, name := range []string{
			"never asked", "invited, not begun", "a rating open", "a text open", "put off by Later", "declined", "within two minutes after the end",
			"a day after", "after /stop", "a case open", "a case closed",
		} {
			if want := on != chat.Web || name != "never asked"; there[name] != want {
				t.Errorf("%s, %s: in the table %v, want %v", on, name, there[name], want)
			}
		}
	}
}
