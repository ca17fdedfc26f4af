package settings

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/aftercare/aftercare/adapters/chat"
)

// SlackAPI is the base URL of Slack's own Web API.
const SlackAPI = "https://slack.com/api"

var slackClientForm = regexp.MustCompile(`^[0-9]+\.[0-9]+$`)

var slackChannelForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:(T[A-Z0-9]{2,20})/)?([CG][A-Z0-9]{2,20})$`) })

// UsesSlack reports whether Slack is set up at all.
func (s Settings) UsesSlack() bool { return s.SlackToken != "" || s.SlackClientID != "" }

// SlackStaffChannel is the channel of SLACK_STAFF_CHANNEL, and its workspace if it names one.
func (s Settings) SlackStaffChannel() (team, channel string) {
	m := slackChannelForm().FindStringSubmatch(s.SlackStaff)
	if m == nil {
		return "", ""
	}
	return m[1], m[2]
}

// SlackChannel is the staff's channel, if its workspace is known: the one that the
// setting names, else team.
func (s Settings) SlackChannel(team string) (chat.Address, bool) {
	named, channel := s.SlackStaffChannel()
	if named != "" {
		team = named
	}
	return chat.Address{Platform: chat.Slack, Account: team, Chat: channel}, channel != "" && team != ""
}

// slackProblems is the part of problems that is about Slack.
func (s Settings) slackProblems(add func(name, format string, args ...any)) {
	if s.SlackToken != "" && !strings.HasPrefix(string(s.SlackToken), "xoxb-") {
		add("SLACK_BOT_TOKEN", "it does not begin with xoxb-. Copy the Bot User OAuth Token from OAuth & Permissions in your app's settings")
	}
	if s.SlackAppToken != "" && !strings.HasPrefix(string(s.SlackAppToken), "xapp-") {
		add("SLACK_APP_TOKEN", "it does not begin with xapp-. Make an app-level token with connections:write under Basic Information")
	}
	if api, err := url.Parse(s.SlackAPI); s.SlackAPI != "" && (err != nil || (api.Scheme != "http" && api.Scheme != "https") || api.Host == "" || api.RawQuery != "") {
		add("SLACK_API", "it is not a web address. Leave it out to use Slack's own, or write https://host/api")
	}
	if s.SlackStaff != "" && !slackChannelForm().MatchString(s.SlackStaff) {
		add("SLACK_STAFF_CHANNEL", "%q is not a channel's id. Open the channel's details in Slack and copy the id at their end, such as C0123456789", s.SlackStaff)
	}
	for _, secret := range []struct {
		name  string
		value Secret
	}{{"SLACK_SIGNING_SECRET", s.SlackSecret}, {"SLACK_CLIENT_SECRET", s.SlackClientSecret}} {
		if strings.ContainsFunc(string(secret.value), unicode.IsSpace) {
			add(secret.name, "it has a space in it. Copy it again from Basic Information in your app's settings")
		}
	}
	if s.SlackClientID != "" && !slackClientForm.MatchString(s.SlackClientID) {
		add("SLACK_CLIENT_ID", "it is not two numbers with a point between them. Copy it from Basic Information in your app's settings")
	}
	if (s.SlackClientID == "") != (s.SlackClientSecret == "") {
		add("SLACK_CLIENT_ID", "it and SLACK_CLIENT_SECRET belong together. Copy both from Basic Information, or leave both out")
	}
	if s.SlackClientID != "" && s.PublicURL == "" {
		add("PUBLIC_URL", "it is needed because SLACK_CLIENT_ID is given: workspaces install the app at PUBLIC_URL/hooks/slack/oauth")
	}
	if !s.UsesSlack() {
		if s.SlackAppToken != "" || s.SlackSecret != "" || s.SlackStaff != "" {
			add("SLACK_BOT_TOKEN", "it is needed because other SLACK_ settings are given. Copy it from OAuth & Permissions, or leave all of them out")
		}
		return
	}
	if s.SlackAppToken == "" && s.SlackSecret == "" {
		add("SLACK_APP_TOKEN", "without it Slack cannot tell what people do. Give it for Socket Mode, or SLACK_SIGNING_SECRET for signed HTTP")
	}
	if s.SlackSecret != "" && s.PublicURL == "" {
		add("PUBLIC_URL", "it is needed because SLACK_SIGNING_SECRET is given: Slack calls PUBLIC_URL/hooks/slack/events. For Socket Mode leave the secret out")
	}
	if team, _ := s.SlackStaffChannel(); s.SlackStaff != "" && s.SlackToken == "" && team == "" {
		add("SLACK_STAFF_CHANNEL", "without SLACK_BOT_TOKEN it must name the workspace too. Write it as T0123456789/C0123456789")
	}
}
