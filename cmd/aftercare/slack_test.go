package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack/slackfake"
)

func TestATokenIsSealedForItsPlaceAndKey(t *testing.T) {
	s, err := newSealer([]byte(someKey))
	if err != nil {
		t.Fatal(err)
	}
	const token = "xoxb" + "-canary-4711"
	one, two := s.seal("slack:T1", token), s.seal("slack:T1", token)
	if one == two || strings.Contains(one, "canary") {
		t.Errorf("sealed as %s and %s", one, two)
	}
	if got, err := s.open("slack:T1", one); err != nil || got != token {
		t.Errorf("opened as %q, %v", got, err)
	}
	other, err := newSealer([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	tampered := []byte(one)
	tampered[len(tampered)-2] ^= 1
	for what, try := range map[string]func() (string, error){
		"another place": func() (string, error) { return s.open("slack:T2", one) },
		"another key":   func() (string, error) { return other.open("slack:T1", one) },
		"a changed bit": func() (string, error) { return s.open("slack:T1", string(tampered)) },
		"the token":     func() (string, error) { return s.open("slack:T1", token) },
		"nothing":       func() (string, error) { return s.open("slack:T1", "") },
	} {
		if got, err := try(); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func TestTheStaffsChannelMayNameItsWorkspace(t *testing.T) {
	for setting, want := range map[string]chat.Address{
		"C012345":        {Platform: chat.Slack, Account: "T9", Chat: "C012345"},
		"T777777/G01234": {Platform: chat.Slack, Account: "T777777", Chat: "G01234"},
	} {
		got, ok := settings{SlackStaff: setting}.slackChannel("T9")
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: %s", setting, diff)
		}
	}
	if _, ok := (settings{SlackStaff: "C012345"}).slackChannel(""); ok {
		t.Error("the channel of an unknown workspace is known")
	}
}

func TestSlackSettingsThatDoNotFitTogetherAreNamed(t *testing.T) {
	const bot, app = "xoxb" + "-1-hunter2", "xapp" + "-1-hunter2"
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"SLACK_BOT_TOKEN": "hunter2", "SLACK_APP_TOKEN": app}, "SLACK_BOT_TOKEN: it does not begin with xoxb-"},
		{map[string]string{"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": "hunter2"}, "SLACK_APP_TOKEN: it does not begin with xapp-"},
		{map[string]string{"SLACK_BOT_TOKEN": bot}, "SLACK_APP_TOKEN: without it"},
		{map[string]string{"SLACK_APP_TOKEN": app}, "SLACK_BOT_TOKEN: it is needed"},
		{map[string]string{"SLACK_STAFF_CHANNEL": "C012345"}, "SLACK_BOT_TOKEN: it is needed"},
		{map[string]string{"SLACK_BOT_TOKEN": bot, "SLACK_SIGNING_SECRET": "hunter2"}, "PUBLIC_URL: it is needed"},
		{map[string]string{"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app, "SLACK_STAFF_CHANNEL": "#staff"}, "SLACK_STAFF_CHANNEL: \"#staff\" is not"},
		{map[string]string{"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app, "SLACK_API": "slack.com"}, "SLACK_API: it is not a web address"},
		{map[string]string{"SLACK_CLIENT_ID": "1.2", "SLACK_APP_TOKEN": app, "PUBLIC_URL": "https://x.example"}, "SLACK_CLIENT_ID: it and SLACK_CLIENT_SECRET"},
		{map[string]string{"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hunter2", "SLACK_APP_TOKEN": app}, "PUBLIC_URL: it is needed"},
		{map[string]string{"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "hunter2", "SLACK_APP_TOKEN": app, "PUBLIC_URL": "https://x.example", "SLACK_STAFF_CHANNEL": "C012345"}, "SLACK_STAFF_CHANNEL: without SLACK_BOT_TOKEN"},
	} {
		_, err := settingsOf(t, c.env)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "1 setting") {
			t.Errorf("%v: %v; want %q", c.env, err, c.want)
		}
	}
	for _, env := range []map[string]string{
		{"SLACK_BOT_TOKEN": bot, "SLACK_APP_TOKEN": app, "SLACK_STAFF_CHANNEL": "C012345"},
		{"SLACK_BOT_TOKEN": bot, "SLACK_SIGNING_SECRET": "s", "PUBLIC_URL": "https://x.example"},
		{"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "SLACK_SIGNING_SECRET": "s", "PUBLIC_URL": "https://x.example", "SLACK_STAFF_CHANNEL": "T012345/C012345"},
	} {
		if _, err := settingsOf(t, env); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
}

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
	if out := c.must("doctor"); !strings.Contains(out, "the bot token works") {
		t.Errorf("among others:\n%s", out)
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
