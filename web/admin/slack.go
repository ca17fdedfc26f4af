package admin

import (
	"net/http"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
)

// slackRoutes connect Slack.
var slackRoutes = []route{
	{pattern: "GET /settings/slack", deed: access.ConnectChats, page: slackKind.look},
	{pattern: "POST /settings/slack", deed: access.ConnectChats, page: in(chatPages.connectSlack)},
	{pattern: "POST /settings/slack/channel", deed: access.ConnectChats, page: slackKind.link},
	{pattern: "POST /settings/slack/drop", deed: access.ConnectChats, page: slackKind.drop},
}

// slackApps is where Slack makes an app of a manifest.
const slackApps = "https://api.slack.com/apps?new_app=1&manifest_json="

var slackKind = channelKind{on: chat.Slack, at: "/settings/slack", template: "slack.html", title: "sl_title", dropped: "sl_dropped", form: slackForm}

func slackForm(words *words) form {
	return form{Fields: []field{
		{Name: "bot", Label: words.t("sl_bot"), Hint: words.t("sl_bot_hint"), Kind: "password", Fill: "off"},
		{Name: "app", Label: words.t("sl_app"), Hint: words.t("sl_app_hint"), Kind: "password", Fill: "off"},
	}}
}

// connectSlack checks both tokens, says what is wrong with them by name, and connects.
func (s chatPages) connectSlack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	words := s.words(r, v)
	p := channelPage{form: slackForm(words)}
	if err := p.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/slack") {
		return nil
	}
	bot, app := p.field("bot"), p.field("app")
	token, socket := bot.Value, app.Value
	bot.Value, app.Value = "", ""
	again := func() error { return slackKind.show(s.site, w, r, v, http.StatusUnprocessableEntity, p) }
	if !strings.HasPrefix(token, "xoxb-") || strings.ContainsFunc(token, isSpace) {
		bot.Fault = words.t("sl_no_bot")
	}
	if !strings.HasPrefix(socket, "xapp-") || strings.ContainsFunc(socket, isSpace) {
		app.Fault = words.t("sl_no_app")
	}
	if len(p.Faults()) > 0 {
		return again()
	}
	both := token + " " + socket
	found, err := s.Accounts.Examine(r.Context(), chat.Slack, both)
	switch {
	case err != nil:
		if bot.Fault = why(words, "sl", err); bot.Fault == "" {
			return err
		}
	case len(found.Missing) > 0:
		bot.Fault = words.t("sl_scopes", strings.Join(found.Missing, ", "))
	}
	if found.Socket != nil {
		if app.Fault = why(words, "sl_app", found.Socket); app.Fault == "" {
			app.Fault = words.t("sl_app_refused")
		}
	}
	if len(p.Faults()) > 0 {
		return again()
	}
	if err := s.Accounts.Connect(r.Context(), chat.Slack, both); err != nil {
		if bot.Fault = why(words, "sl", err); bot.Fault == "" {
			return err
		}
		return again()
	}
	return slackKind.connected(s.site, w, r, v, string(chat.Slack)+" "+found.Name, "sl_connected")
}

func isSpace(r rune) bool { return r <= ' ' }
