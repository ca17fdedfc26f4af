package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/adapters/chat"
)

func TestTheStaffsChannelMayNameItsWorkspace(t *testing.T) {
	for setting, want := range map[string]chat.Address{
		"C012345":        {Platform: chat.Slack, Account: "T9", Chat: "C012345"},
		"T777777/G01234": {Platform: chat.Slack, Account: "T777777", Chat: "G01234"},
	} {
		got, ok := Settings{SlackStaff: setting}.SlackChannel("T9")
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s, %t: %s", setting, ok, diff)
		}
	}
	if _, ok := (Settings{SlackStaff: "C012345"}).SlackChannel(""); ok {
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
