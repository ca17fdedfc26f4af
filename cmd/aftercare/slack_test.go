package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

// holds reports whether any file of a directory holds the bytes.
func holds(t *testing.T, dir, canary string) bool {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(dir + "/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(canary)) {
			return true
		}
	}
	return false
}

func TestTheDoctorLooksCloselyAtSlack(t *testing.T) {
	slack := slackfake.New(t)
	staff, ann := slack.NewChannel("cases"), slack.NewUser("Ann Lee", "en-GB")
	c := newConsole(t, map[string]string{
		"SLACK_BOT_TOKEN": slack.BotToken, "SLACK_APP_TOKEN": slack.AppToken, "SLACK_API": slack.URL, "SLACK_STAFF_CHANNEL": staff.ID,
	})
	if out := c.must("doctor", "slack", "--probe", ann.ID); !strings.Contains(out, "the app is in the channel cases") || !strings.Contains(out, "Messages tab is on") {
		t.Errorf("all is well:\n%s", out)
	}
	if c.call("doctor"); !strings.Contains(c.stdout.String(), "the bot token works") {
		t.Errorf("among others:\n%s", c.stdout.String())
	}
	staff.Kick()
	slack.SwitchMessagesTab(false)
	slack.SwitchSocketMode(false)
	slack.SetScopes("chat:write")
	c.refuses(1, "4 of", "doctor", "slack", "--probe", ann.ID)
	for _, want := range []string{"im:write", "Socket Mode does not work", "/invite", "Messages Tab"} {
		if out := c.stdout.String(); !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	slack.Revoke()
	c.refuses(1, "checks failed", "doctor", "slack")
	if out := c.stdout.String(); !strings.Contains(out, "SLACK_BOT_TOKEN") || strings.Contains(out, slack.BotToken) {
		t.Errorf("with a revoked token:\n%s", out)
	}
}
