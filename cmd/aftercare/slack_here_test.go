package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// A channel hears of cases once a code was written in it, and only while it takes
// messages: then they go to the channel of the settings.
func TestAChannelIsLinkedByACodeWrittenInIt(t *testing.T) {
	t.Parallel()
	slack := slackfake.New(t)
	usual, desk, elsewhere := slack.NewChannel("cases"), slack.NewChannel("front-desk"), slack.NewChannel("elsewhere")
	bob := slack.NewUser("Bob Ray", "en-GB")
	m := slackMachine(t, slack, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), byHTTP)
	m.env["SLACK_STAFF_CHANNEL"] = usual.ID
	var link chatLinkView
	if err := json.Unmarshal([]byte(m.must("staff", "chat", "add", "front-desk", "--everywhere", "--json")), &link); err != nil {
		t.Fatal(err)
	}
	server := m.serve()
	low := func(name string) {
		t.Helper()
		who := slack.NewUser(name, "en-GB")
		m.invite("--slack-user", who.ID, "--flow", "one_tap_csat")
		who.Tap(who.Direct().WaitButton("1"), "1").WaitAcked()
	}
	onlyIn := func(name string, at *slackfake.Channel) {
		t.Helper()
		at.WaitText(name)
		for _, c := range []*slackfake.Channel{usual, desk, elsewhere} {
			if c != at && slices.ContainsFunc(c.FromApp(), func(m slackfake.Message) bool { return strings.Contains(m.Text, name) }) {
				t.Errorf("%s's case is in %s as well", name, c.Name)
			}
		}
	}

	if said := bob.Command(bob.Direct(), "here "+link.Code).Response(); !strings.Contains(said, "not here") {
		t.Errorf("in direct messages the code is answered with %q", said)
	}
	if said := bob.Command(desk, "here AAAAAAAAAAAAAAAA").Response(); !strings.Contains(said, "no longer works") {
		t.Errorf("a wrong code is answered with %q", said)
	}
	low("Ann One")
	onlyIn("Ann One", usual)

	said := bob.Command(desk, strings.TrimPrefix(link.Slack, "/feedback ")).Response()
	if !strings.Contains(said, "front-desk") || desk.WaitText("front-desk").Text != said {
		t.Errorf("the code is answered with %q", said)
	}
	if said := bob.Command(elsewhere, "here "+link.Code).Response(); !strings.Contains(said, "no longer works") {
		t.Errorf("a code that was used is answered with %q", said)
	}
	low("Ann Two")
	onlyIn("Ann Two", desk)

	if out := m.must("doctor", "slack"); !strings.Contains(out, "the app is in the channel front-desk") {
		t.Errorf("the doctor does not look at the linked channel:\n%s", out)
	}

	// The app is removed: new cases go where they went before, until it is back.
	desk.Kick()
	eventually(t, "the channel to be given up", func() bool { return strings.Contains(m.must("staff", "chat", "list"), "takes no messages") })
	if code, out, _ := m.run("doctor", "slack"); code != 1 || !strings.Contains(out, "the app is not in the channel front-desk") {
		t.Errorf("the doctor finds nothing: %d\n%s", code, out)
	}
	low("Ann Three")
	onlyIn("Ann Three", usual)
	desk.Invite(bob)
	eventually(t, "the channel to be back", func() bool { return !strings.Contains(m.must("staff", "chat", "list"), "takes no messages") })
	low("Ann Four")
	desk.WaitText("Ann Four")
	server.stop()
	counts, err := openStore(t, m).Counts(t.Context())
	if err != nil || counts.Cases != 4 || counts.Failed != 0 || counts.Parked != 0 {
		t.Errorf("stored %+v, %v", counts, err)
	}
	if log := server.log.String(); strings.Contains(log, link.Code) {
		t.Error("the log holds the code")
	}
}
