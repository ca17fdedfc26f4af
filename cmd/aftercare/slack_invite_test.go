package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// Staff ask a customer by /feedback invite, through the real binary and a Slack of our own: the customer is
// asked in their own chat, once; whoever is no staff asks nobody; and what became of it is said to the asker alone.
func TestStaffAskACustomerOnSlack(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{bySocket, byHTTP} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			askOnSlack(t, transport)
		})
	}
}

func askOnSlack(t *testing.T, transport string) {
	slack := slackfake.New(t)
	cases := slack.NewChannel("cases")
	ann, bob, eve := slack.NewUser("Ann Lee", "en-GB"), slack.NewUser("Bob Ray", "en-GB"), slack.NewUser("Eve Far", "en-GB")
	m := slackMachine(t, slack, databases[0].url(t), transport)
	m.env["SLACK_STAFF_CHANNEL"] = cases.ID
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "Europe/Berlin")
	m.must("staff", "add", "bob", "--name", "Bob Ray", "--role", "admin")
	file := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(file, []byte("contact: {quiet: none}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.must("triggers", "apply", file)
	m.serve()
	linkOnSlack(t, m, bob, "bob")
	m.invite("--email", ann.Email, "--customer", "C-881", "--flow", "one_tap_csat", "--site", "main-street", "--test") // known from now on
	dm := ann.Direct()
	dm.WaitText("How satisfied or dissatisfied were you with our service")

	if said := eve.Command(cases, "invite C-881").Response(); strings.Contains(said, "C-881") {
		t.Errorf("somebody who is no staff is told %q", said)
	}
	for words, want := range map[string]string{
		"invite": "/feedback invite C-881", "invite C-881 nothing": "nothing", "invite telegram:404": "telegram:404",
	} {
		if said := bob.Command(cases, words).Response(); !strings.Contains(said, want) {
			t.Errorf("%s is answered with %q", words, said)
		}
	}
	if said := bob.Command(cases, "invite C-881 post_service_3").Response(); !strings.Contains(said, "C-881") || !strings.Contains(said, "Slack") {
		t.Fatalf("it is answered with %q", said)
	}
	dm.WaitText("Overall, how satisfied or dissatisfied were you")
	if said := bob.Command(cases, "invite C-881 post_service_3").Response(); !strings.Contains(said, "C-881") || strings.Contains(said, "Slack") {
		t.Errorf("asked once more: %q", said)
	}
	asked := 0
	for _, x := range dm.FromApp() {
		if strings.Contains(x.Text, "Overall, how satisfied") {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("the customer is asked %d times", asked)
	}
	for _, seen := range cases.FromApp() {
		if strings.Contains(seen.Text, "C-881") {
			t.Errorf("the channel reads of it: %s", seen.Text)
		}
	}
}
