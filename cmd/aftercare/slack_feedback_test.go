package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// Whoever has something to say says it anywhere in Slack, by a command, or begins on the
// App Home; staff read it in their channel, and nobody else in the channel where it was
// written.
func TestFeedbackOfOnesOwnOnSlack(t *testing.T) {
	t.Parallel()
	slack := slackfake.New(t)
	staff, general := slack.NewChannel("cases"), slack.NewChannel("general")
	ann, cid := slack.NewUser("Ann Lee", "en-GB"), slack.NewUser("Cid Moe", "en-GB")
	m := slackMachine(t, slack, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), bySocket)
	m.env["SLACK_STAFF_CHANNEL"] = staff.ID
	server := m.serve()

	if said := ann.Command(general, "complain The printer <!here> is broken").Response(); said == "" {
		t.Error("the complaint is answered with nothing")
	}
	card := staff.WaitText("The printer <!here> is broken")
	if !strings.Contains(card.Text, "Ann Lee") || len(card.Buttons) == 0 {
		t.Errorf("the card is %s", card)
	}
	ann.Direct().WaitText("Your message is with the team")

	cid.OpenHome().WaitAcked()
	home := cid.WaitHome(1)
	for _, b := range home.Buttons {
		if strings.HasPrefix(b.Text, "Sugg") {
			cid.Act(home, b).WaitAcked()
		}
	}
	cid.Direct().WaitText("What would you change?")
	cid.Say("Open at eight")
	staff.WaitText("Open at eight")
	if n := len(general.Messages()); n != 0 {
		t.Errorf("%d messages are in the channel where the command was written", n)
	}
	server.stop()
	counts, err := openStore(t, m).Counts(t.Context())
	if err != nil || counts.Parked != 0 || counts.Failed != 0 {
		t.Errorf("stored %+v, %v", counts, err)
	}
}
