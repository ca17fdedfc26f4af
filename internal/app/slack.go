package app

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// slackApp is our app on Slack: one client for all workspaces, an account each.
type slackApp struct {
	*host
	spaces *Workspaces // nil while Slack is not set up
}

// The settings that Slack may refuse.
const (
	slackAppToken = "SLACK_APP_TOKEN"
	slackBotToken = "SLACK_BOT_TOKEN"
)

func newSlack(h *host) (platform, error) {
	a := &slackApp{host: h}
	if !h.settings.UsesSlack() {
		return a, nil
	}
	var err error
	a.spaces, err = NewWorkspaces(h.connections.life, h.settings, h.store, slack.Config{
		Clock: h.clock, Log: h.log, Sides: h.sides, Home: a.home, Trouble: a.trouble,
		Gone:      func(ctx context.Context, team string) error { return h.connections.removed(ctx, chat.Slack, team) },
		Connected: func() { h.refused.set(slackAppToken, false) },
	})
	return a, err
}

// trouble keeps what makes this instance deaf until an operator acts. The client has
// logged it, as it has what is less.
func (a *slackApp) trouble(err error) {
	if _, ok := errors.AsType[*slack.SocketRefusedError](err); ok {
		a.refused.set(slackAppToken, true)
	}
}

func (a *slackApp) name() chat.Platform { return chat.Slack }

func (a *slackApp) state() string {
	s := a.settings
	switch {
	case !s.UsesSlack():
		return "off"
	case s.SlackAppToken != "" && s.SlackSecret != "":
		return "socket and http"
	case s.SlackAppToken != "":
		return "socket"
	}
	return "http"
}

func (a *slackApp) given() []Installation {
	if a.spaces == nil || a.spaces.own == nil {
		return nil
	}
	return []Installation{{Platform: chat.Slack, Token: a.settings.SlackToken, Setting: slackBotToken}}
}

func (a *slackApp) keeps() error { return nil }

// pair is the two tokens of an app of the operator's own that is connected while the program
// runs: the bot's and, behind a space, the app's, with which Socket Mode is opened. ok is false
// for the token of a workspace that installed the app of SLACK_CLIENT_ID.
func pair(token settings.Secret) (bot, app string, ok bool) {
	return strings.Cut(string(token), " ")
}

func (a *slackApp) whose(ctx context.Context, token settings.Secret) (storage.Account, error) {
	bot, _, ok := pair(token)
	if !ok && a.settings.SlackClientID == "" {
		return storage.Account{}, errors.New("several workspaces need SLACK_CLIENT_ID and SLACK_CLIENT_SECRET; docs/slack.md says how")
	}
	client := slack.New(slack.Config{BotToken: bot, API: a.settings.SlackAPI, Clock: a.clock, Log: a.log})
	defer client.Close()
	w, err := client.Me(ctx)
	return storage.Account{Platform: chat.Slack, ID: w.Team, Name: w.Name}, err
}

// openOwn makes what serves a workspace by an app of its own.
func (a *slackApp) openOwn(bot, app string) link {
	client := slack.New(slack.Config{
		BotToken: bot, AppToken: app, API: a.settings.SlackAPI, EditsPerMinute: slackEdits,
		Clock: a.clock, Log: a.log, Sides: a.sides, Home: a.home,
		Gone: func(ctx context.Context, team string) error { return a.connections.removed(ctx, chat.Slack, team) },
	})
	return link{
		sender: client, intake: slack.NewSocket(client, a.bot.Handle).Run, close: client.Close, connected: a.connected,
		connect: func(ctx context.Context) (storage.Account, error) {
			w, err := client.Me(ctx)
			return storage.Account{Platform: chat.Slack, ID: w.Team, Name: w.Name}, err
		},
	}
}

func (a *slackApp) open(i Installation) link {
	if bot, app, ok := pair(i.Token); ok {
		return a.openOwn(bot, app)
	}
	if i.Setting == "" && a.settings.SlackClientID == "" {
		return link{} // of an app that is not set up here any more
	}
	l := link{
		sender: a.spaces.all, forget: func() { a.spaces.all.Forget(i.Account) }, connected: a.connected,
		connect: func(context.Context) (storage.Account, error) {
			return storage.Account{Platform: chat.Slack, ID: i.Account, Name: i.Name}, nil
		},
	}
	if i.Setting != "" {
		l.forget = nil
		l.connect = func(ctx context.Context) (storage.Account, error) {
			w, err := a.spaces.askOwn(ctx)
			if err == nil {
				err = a.placeStaff(ctx, w.Team)
			}
			return storage.Account{Platform: chat.Slack, ID: w.Team, Name: w.Name}, err
		}
	}
	return l
}

// placeStaff makes SLACK_STAFF_CHANNEL a chat of staff, once the workspace of
// SLACK_BOT_TOKEN is known.
func (a *slackApp) placeStaff(ctx context.Context, team string) error {
	channel, ok := a.settings.SlackChannel(team)
	if !ok {
		return nil
	}
	news, err := placeStaffChat(ctx, a.store, slackStaffChannel, channel, a.clock())
	if err != nil || !news {
		return err
	}
	return a.bot.StaffChatsChanged(ctx)
}

func (a *slackApp) connected(account storage.Account) {
	a.log.Info("Slack answers", "workspace", account.ID)
}

func (a *slackApp) patience(i Installation) patience {
	if i.Setting != "" {
		return slackPatience(i.Setting)
	}
	p := slackPatience("")
	if _, _, own := pair(i.Token); own {
		p.refused = "copy the tokens again from your app's settings and connect Slack again, on the pages under Settings, Slack"
		return p
	}
	p.refused = "the workspace has to install the app again, with a link: aftercare slack invite --workspace " + i.Account +
		"; or forget it: aftercare slack remove " + i.Account
	return p
}

func slackPatience(setting string) patience {
	return patience{
		first: time.Second, most: 30 * time.Second, says: "Slack is not working; the rest goes on",
		refused: "copy the token again from your app's settings into " + setting + " and start again",
	}
}

// hooks adds the addresses that Slack and people's browsers call.
func (a *slackApp) hooks(mux *http.ServeMux) {
	s := a.settings
	if s.UsesSlack() && s.SlackSecret != "" {
		h := slack.NewHooks(a.spaces.all, a.bot.Handle)
		mux.Handle("/hooks/slack/events", h.Events)
		mux.Handle("/hooks/slack/interactive", h.Interactive)
		mux.Handle("/hooks/slack/command", h.Command)
	}
	if s.SlackClientID != "" {
		mux.Handle(slackOAuth, slack.NewOAuth(a.spaces.all, slack.OAuth{
			ClientID: s.SlackClientID, ClientSecret: string(s.SlackClientSecret), Key: a.key,
			Redirect: a.publicURL() + slackOAuth, Installed: a.installed, Once: a.store.UseInstallState,
		}))
	}
}

// run keeps Socket Mode connected, which belongs to the app and not to a workspace.
func (a *slackApp) run(ctx context.Context) {
	if a.settings.UsesSlack() && a.settings.SlackAppToken != "" {
		a.insist(ctx, slackPatience(slackAppToken), slack.NewSocket(a.spaces.all, a.bot.Handle).Run)
	}
}

func (a *slackApp) close() {
	if a.spaces != nil {
		a.spaces.Close()
	}
}

// home makes a person's App Home from the bot's page.
func (a *slackApp) home(ctx context.Context, team, user string) (slack.Home, error) {
	page, err := a.bot.Home(ctx, storage.Person{Platform: chat.Slack, Account: team, User: user})
	if err != nil {
		return slack.Home{}, err
	}
	home := slack.Home{Title: page.Title}
	for _, s := range page.Sections {
		n := slack.HomeSection{Title: s.Title, Text: s.Text, Rows: s.Rows}
		for _, i := range s.Items {
			n.Items = append(n.Items, slack.HomeItem{Text: i.Text, Detail: i.Detail, Buttons: i.Buttons})
		}
		home.Sections = append(home.Sections, n)
	}
	return home, nil
}
