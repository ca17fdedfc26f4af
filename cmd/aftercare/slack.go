package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/outbox"
	"github.com/aftercare/aftercare/storage"
)

// slackEdits is how many edits a minute Slack allows in a workspace (tier 3).
const slackEdits = 50

// slackApp is the app's life on Slack: one client for all workspaces, an account each.
type slackApp struct {
	settings settings
	store    storage.Store
	bot      *bot.Bot
	clock    func() time.Time
	log      *slog.Logger
	refused  *refusals
	staff    []chat.Address // of other platforms
	seal     sealer
	client   *slack.Client
	own      *slack.Client // for the workspace of SLACK_BOT_TOKEN; nil without one
	changed  chan struct{} // has a value after an installation came or went

	mu   sync.Mutex
	team string             // of SLACK_BOT_TOKEN; "" until Slack answered
	gone context.CancelFunc // ends serving that workspace; nil while it is not served
}

func newSlack(s *server, key []byte, staff []chat.Address) (*slackApp, error) {
	a := &slackApp{
		settings: s.Settings, store: s.store, bot: s.bot, clock: s.Clock, log: s.Log, refused: &s.refused, staff: staff,
		changed: make(chan struct{}, 1),
	}
	if err := a.connect(key); err != nil {
		return nil, err
	}
	return a, nil
}

// connect makes the clients. They ask nothing of Slack yet.
func (a *slackApp) connect(key []byte) (err error) {
	if a.seal, err = newSealer(key); err != nil {
		return err
	}
	c := slack.Config{
		BotToken: string(a.settings.SlackToken), AppToken: string(a.settings.SlackAppToken), SigningSecret: string(a.settings.SlackSecret),
		API: a.settings.SlackAPI, Clock: a.clock, Log: a.log, Home: a.home, Gone: a.removed,
		Trouble: a.trouble, Connected: func() { a.refused.set(slackAppToken, false) },
		EditsPerMinute: slackEdits,
	}
	if a.settings.SlackClientID != "" {
		c.Tokens = a.token
	}
	a.client = slack.New(c)
	if a.settings.SlackToken != "" {
		a.own = a.client
		if c.Tokens != nil {
			c.Tokens = nil
			a.own = slack.New(c)
		}
	}
	return nil
}

// The settings that Slack may refuse.
const (
	slackAppToken = "SLACK_APP_TOKEN"
	slackBotToken = "SLACK_BOT_TOKEN"
)

// trouble keeps what makes this instance deaf until an operator acts. The client has
// logged it, as it has what is less.
func (a *slackApp) trouble(err error) {
	if _, ok := errors.AsType[*slack.SocketRefusedError](err); ok {
		a.refused.set(slackAppToken, true)
	}
}

// token is the bot token of a workspace, where there may be several.
func (a *slackApp) token(ctx context.Context, team string) (string, error) {
	if a.own != nil && team == a.ownTeam() {
		return string(a.settings.SlackToken), nil
	}
	all, err := a.store.Installations(ctx, chat.Slack)
	if err != nil {
		return "", fmt.Errorf("read the installations: %w", err)
	}
	for _, i := range all {
		if i.Account == team {
			return a.seal.open(place(team), i.Sealed)
		}
	}
	return "", slack.ErrUnknownWorkspace
}

// place is what the token of a workspace is sealed for.
func place(team string) string { return "slack:" + team }

func (a *slackApp) ownTeam() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.team
}

// installed keeps a workspace that installed the app.
func (a *slackApp) installed(ctx context.Context, i slack.Installation) error {
	err := a.store.PutInstallation(ctx, storage.Installation{
		Platform: chat.Slack, Account: i.Team, Name: i.TeamName, Sealed: a.seal.seal(place(i.Team), i.Token),
		Scopes: strings.Join(i.Scopes, ","), Installer: i.Installer, Installed: a.clock(),
	})
	if err != nil {
		return fmt.Errorf("keep an installation: %w", err)
	}
	a.look()
	return nil
}

// removed forgets a workspace that removed the app, with its token.
func (a *slackApp) removed(ctx context.Context, team string) error {
	if err := a.store.DropInstallation(ctx, chat.Slack, team); err != nil {
		return fmt.Errorf("forget an installation: %w", err)
	}
	a.mu.Lock()
	if team == a.team && a.gone != nil {
		a.gone()
	}
	a.mu.Unlock()
	a.look()
	return nil
}

func (a *slackApp) look() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// hooks adds the addresses that Slack and people's browsers call.
func (a *slackApp) hooks(mux *http.ServeMux, key []byte) {
	if a.settings.SlackSecret != "" {
		h := slack.NewHooks(a.client, a.bot.Handle)
		mux.Handle("/hooks/slack/events", h.Events)
		mux.Handle("/hooks/slack/interactive", h.Interactive)
		mux.Handle("/hooks/slack/command", h.Command)
	}
	if a.settings.SlackClientID != "" {
		mux.Handle("/hooks/slack/oauth", slack.NewOAuth(a.client, slack.OAuth{
			ClientID: a.settings.SlackClientID, ClientSecret: string(a.settings.SlackClientSecret), Key: key,
			Redirect: a.settings.PublicURL + "/hooks/slack/oauth", Installed: a.installed,
		}))
	}
}

// serve connects the app, whenever Slack answers, and serves its workspaces until ctx
// ends. The rest of the program does not depend on it.
func (a *slackApp) serve(ctx context.Context) {
	var parts group
	if a.settings.SlackAppToken != "" {
		parts.start(func() {
			a.insist(ctx, slackAppToken, slack.NewSocket(a.client, a.bot.Handle).Run)
		})
	}
	if a.own != nil {
		parts.start(func() { a.insist(ctx, slackBotToken, a.serveOwn) })
	}
	if a.settings.SlackClientID != "" {
		parts.start(func() { a.serveInstalled(ctx) })
	}
	_ = parts.wait(context.WithoutCancel(ctx)) // its parts end with ctx
	a.client.Close()
	if a.own != nil {
		a.own.Close()
	}
}

// The pauses before Slack is asked again.
const (
	slackFirstPause = time.Second
	slackMostPause  = 30 * time.Second
)

// insist does f again whenever it ends, until ctx does.
func (a *slackApp) insist(ctx context.Context, setting string, f func(context.Context) error) {
	pause := slackFirstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := f(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > slackMostPause {
			pause = slackFirstPause
		}
		wait, advice := pause, "see the error"
		if err != nil && chat.AsError(err).Kind == chat.Revoked {
			wait, advice = refusedPause, "copy the token again from your app's settings into "+setting+" and start again"
		}
		a.log.Error("Slack is not working; the rest goes on", "err", err, "do", advice, "next_try", wait)
		pause = min(2*pause, slackMostPause)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

var errRemoved = errors.New("the app was removed from the workspace")

// serveOwn serves the workspace of SLACK_BOT_TOKEN until the app is removed from it.
func (a *slackApp) serveOwn(ctx context.Context) error {
	w, err := a.own.Me(ctx)
	if err != nil {
		a.refused.set(slackBotToken, chat.AsError(err).Kind == chat.Revoked)
		return err
	}
	a.refused.set(slackBotToken, false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.mu.Lock()
	a.team, a.gone = w.Team, cancel
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.gone = nil
	}()
	if err := a.serveTeam(ctx, w.Team, w.Name); err != nil {
		return err
	}
	return errRemoved
}

// serveTeam serves one workspace until ctx ends.
func (a *slackApp) serveTeam(ctx context.Context, team, name string) error {
	if err := a.store.PutAccount(ctx, storage.Account{Platform: chat.Slack, ID: team, Name: name, Seen: a.clock()}); err != nil {
		return err
	}
	if own := a.ownTeam(); own != "" {
		a.hearOfCases(own)
	}
	a.log.Info("Slack answers", "workspace", team)
	return a.bot.ServeAccount(ctx, outbox.Account{Platform: chat.Slack, ID: team, Name: name, Sender: a.client})
}

// hearOfCases tells the bot the staff's channel in Slack, now that its workspace is known.
func (a *slackApp) hearOfCases(team string) {
	if channel, ok := a.settings.slackChannel(team); ok {
		a.bot.SetStaff(append(a.staff[:len(a.staff):len(a.staff)], channel))
	}
}

// rememberedTeam is the workspace of SLACK_BOT_TOKEN as an earlier run learned it, so
// that cases find their channel before Slack answers.
func (s settings) rememberedTeam(ctx context.Context, store storage.Store) (string, error) {
	accounts, err := store.Accounts(ctx)
	if err != nil {
		return "", fmt.Errorf("read the accounts: %w", err)
	}
	installed, err := store.Installations(ctx, chat.Slack)
	if err != nil {
		return "", fmt.Errorf("read the installations: %w", err)
	}
	elsewhere := map[string]bool{}
	for _, i := range installed {
		elsewhere[i.Account] = true
	}
	var newest storage.Account
	for _, acc := range accounts {
		if acc.Platform == chat.Slack && !elsewhere[acc.ID] && acc.Seen.After(newest.Seen) {
			newest = acc
		}
	}
	return newest.ID, nil
}

// lookEvery is how often installations are looked for that another instance stored.
const lookEvery = 5 * time.Second

// serveInstalled serves the workspaces that installed the app, as they come and go.
func (a *slackApp) serveInstalled(ctx context.Context) {
	type served struct {
		sealed string
		stop   context.CancelFunc
		done   chan struct{}
	}
	all := map[string]*served{}
	var parts group
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		list, err := a.store.Installations(ctx, chat.Slack)
		if err != nil && ctx.Err() == nil {
			a.log.Warn("cannot look for installations", "err", err)
		}
		still := map[string]bool{}
		for _, i := range list {
			still[i.Account] = true
			old := all[i.Account]
			if i.Account == a.ownTeam() || old != nil && old.sealed == i.Sealed {
				continue
			}
			if old != nil { // installed again, with another token
				old.stop()
				a.client.Forget(i.Account)
			}
			own, cancel := context.WithCancel(ctx)
			n := &served{sealed: i.Sealed, stop: cancel, done: make(chan struct{})}
			all[i.Account] = n
			parts.start(func() {
				defer close(n.done)
				if old != nil {
					<-old.done
				}
				a.insist(own, "SLACK_CLIENT_ID", func(ctx context.Context) error { return a.serveTeam(ctx, i.Account, i.Name) })
			})
		}
		for team, s := range all {
			if err == nil && !still[team] {
				s.stop()
				a.client.Forget(team)
				delete(all, team)
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-a.changed:
		}
	}
	for _, s := range all {
		s.stop()
	}
	_ = parts.wait(context.WithoutCancel(ctx))
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
