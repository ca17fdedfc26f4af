package bot

import (
	"strings"
	"testing"

	"github.com/aftercare/aftercare/access"
)

// Who will be in touch is named once they have the case, and never the one who served the
// customer, whoever took it and however the business writes their name: until then, and then, it
// is the team.
func TestThePersonComplainedAboutIsNeverAnnounced(t *testing.T) {
	for _, c := range []struct{ name, served, taken, want string }{
		{"nobody has it", "Maya", "", "Our team will contact you"},
		{"the one who served has it", "Maya", "Maya", "Our team will contact you"},
		{"written otherwise", " maya ", "Maya", "Our team will contact you"},
		{"somebody else has it", "Maya", "Bob", "Bob"},
		{"served by somebody who is no staff", "Zoe", "Bob", "Bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorldOf(t, 1)
			setStaff(w.bot, staffTG)
			team := map[string]customer{"Maya": w.member(1, "Maya", access.Agent), "Bob": w.member(2, "Bob", access.Agent)}
			ann := telegramUser("7001", "Ann", "en")
			w.started(ann, InviteRequest{Flow: "one_tap_csat", Site: "main-street", Event: map[string]string{"agent_name": c.served}})
			w.press(ann, "1")
			w.settle(staffTG)
			if c.taken != "" {
				w.onCard(team[c.taken], staffTG, w.button(staffTG, "Take"))
				w.settle(staffTG)
			}
			w.press(ann, "Skip")
			w.say(ann, c.served+" was rude.")
			before := w.sums(ann.address)
			w.press(ann, "Yes, in this chat")
			said := w.news(ann.address, before)
			_, thanks, _ := strings.Cut(said, "Thank you for telling us.")
			if !strings.Contains(thanks, c.want) || strings.Contains(thanks, strings.TrimSpace(c.served)) {
				t.Errorf("Ann is told %q, want of %s", said, c.want)
			}
		})
	}
}
