package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/internal/page"
	"github.com/aftercare/aftercare/storage"
)

// slackRoutes connect Slack.
var slackRoutes = []route{
	{pattern: "GET /settings/slack", deed: access.ConnectChats, page: (*site).slack},
	{pattern: "POST /settings/slack", deed: access.ConnectChats, page: (*site).connectSlack},
	{pattern: "POST /settings/slack/channel", deed: access.ConnectChats, page: (*site).linkChannel},
	{pattern: "POST /settings/slack/drop", deed: access.ConnectChats, page: (*site).dropSlack},
}

// slackPage is how far Slack is connected.
type slackPage struct {
	form
	Make   string // address at which Slack makes the app
	Spaces []Account
	Group  groupState
	Code   string
	Until  string
	Waits  bool
	Setup  bool
}

// slackApps is where Slack makes an app of a manifest.
const slackApps = "https://api.slack.com/apps?new_app=1&manifest_json="

func (s *site) slackForm(words *words) form {
	return form{Fields: []field{
		{Name: "bot", Label: words.t("sl_bot"), Hint: words.t("sl_bot_hint"), Kind: "password", Fill: "off"},
		{Name: "app", Label: words.t("sl_app"), Hint: words.t("sl_app_hint"), Kind: "password", Fill: "off"},
	}}
}

func (s *site) slack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	return s.showSlack(w, r, v, http.StatusOK, slackPage{form: s.slackForm(s.words(r, v))})
}

func (s *site) showSlack(w http.ResponseWriter, r *http.Request, v Viewer, status int, p slackPage) error {
	p.Make = slackApps + url.QueryEscape(s.SlackManifest)
	for _, a := range s.Accounts.Accounts() {
		if a.Platform == chat.Slack {
			p.Spaces = append(p.Spaces, a)
		}
	}
	chats, err := s.Store.StaffChatList(r.Context())
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(chats, func(c storage.StaffChat) bool { return c.Address.Platform == chat.Slack }); i >= 0 {
		p.Group = groupState{Name: chats[i].Name, Linked: true, Gone: !chats[i].Gone.IsZero()}
	}
	p.Waits, p.Setup = r.URL.Query().Get("wait") != "" || p.Code != "", r.FormValue("from") == "setup"
	words := s.words(r, v)
	return s.show(w, r, v, status, "slack.html", channelFrame(words, words.t("sl_title"), p.Setup), p)
}

// connectSlack checks both tokens, says what is wrong with them by name, and connects.
func (s *site) connectSlack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	words := s.words(r, v)
	p := slackPage{form: s.slackForm(words)}
	if err := p.read(w, r); err != nil {
		return err
	}
	if !s.proved(w, r, v, "/settings/slack") {
		return nil
	}
	bot, app := p.field("bot"), p.field("app")
	token, socket := bot.Value, app.Value
	bot.Value, app.Value = "", ""
	again := func() error { return s.showSlack(w, r, v, http.StatusUnprocessableEntity, p) }
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
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "account.connect", string(chat.Slack)+" "+found.Name)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+"/settings/slack?done=sl_connected"+fromSetup(r), http.StatusSeeOther)
	return nil
}

func isSpace(r rune) bool { return r <= ' ' }

// linkChannel makes a code with which a channel becomes the first chat of staff.
func (s *site) linkChannel(w http.ResponseWriter, r *http.Request, v Viewer) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	l, err := s.firstChatLink(r.Context(), v)
	if err != nil {
		return err
	}
	return s.showSlack(w, r, v, http.StatusOK, slackPage{form: s.slackForm(s.words(r, v)), Code: l.Code, Until: l.Until})
}

func (s *site) dropSlack(w http.ResponseWriter, r *http.Request, v Viewer) error {
	return s.dropAccount(w, r, v, chat.Slack, "/settings/slack", "sl_dropped")
}

// dropAccount disconnects an account that was connected on these pages.
func (s *site) dropAccount(w http.ResponseWriter, r *http.Request, v Viewer, on chat.Platform, at, done string) error {
	if err := s.mayConnect(v); err != nil {
		return err
	}
	if err := page.ReadForm(w, r, maxForm); err != nil {
		return err
	}
	if !s.proved(w, r, v, at) {
		return nil
	}
	id := r.PostForm.Get("id")
	if !slices.ContainsFunc(s.Accounts.Accounts(), func(a Account) bool { return a.Platform == on && a.ID == id && a.Setting == "" }) {
		return &page.Error{Code: page.NotFound, Title: "tg_set", Text: "tg_set_text"}
	}
	if err := s.Accounts.Drop(r.Context(), on, id); err != nil {
		return err
	}
	if err := s.Store.PutAudit(r.Context(), s.audit(v, "account.drop", string(on)+" "+id)); err != nil {
		return err
	}
	http.Redirect(w, r, s.Prefix+at+"?done="+done, http.StatusSeeOther)
	return nil
}
