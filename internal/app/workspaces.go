package app

import (
	"context"
	"fmt"
	"sync"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// Workspaces are Slack's workspaces as this app may use them: one client for all, whose
// tokens come from the settings and from the database.
type Workspaces struct {
	settings settings.Settings
	store    storage.Store
	seal     sealer
	all      *slack.Client
	own      *slack.Client // for the workspace of SLACK_BOT_TOKEN; nil without one

	mu   sync.Mutex
	team string // of SLACK_BOT_TOKEN; "" until Slack answered
}

// NewWorkspaces makes the clients under these settings; config says who is to be told of
// what, and its tokens are filled in here. Nothing is asked of Slack yet.
func NewWorkspaces(ctx context.Context, s settings.Settings, store storage.Store, config slack.Config) (*Workspaces, error) {
	keys, err := ReadKeys(ctx, s, store)
	if err != nil {
		return nil, err
	}
	w := &Workspaces{settings: s, store: store}
	if w.seal, err = newSealer(keys.Secret); err != nil {
		return nil, err
	}
	config.BotToken, config.AppToken, config.SigningSecret = string(s.SlackToken), string(s.SlackAppToken), string(s.SlackSecret)
	config.API, config.EditsPerMinute, config.Selves = s.SlackAPI, slackEdits, &slack.Selves{}
	if s.SlackClientID != "" {
		config.Tokens = w.token
	}
	w.all = slack.New(config)
	if s.SlackToken != "" {
		w.own = w.all
		if config.Tokens != nil {
			config.Tokens = nil
			w.own = slack.New(config)
		}
	}
	return w, nil
}

// slackEdits is how many edits a minute Slack allows in a workspace (tier 3).
const slackEdits = 50

// All is the client for every workspace.
func (w *Workspaces) All() *slack.Client { return w.all }

// Own is the client for the workspace of SLACK_BOT_TOKEN, nil without one.
func (w *Workspaces) Own() *slack.Client { return w.own }

// Close waits for what is under way beside the updates.
func (w *Workspaces) Close() {
	w.all.Close()
	if w.own != nil {
		w.own.Close()
	}
}

// token is the bot token of a workspace, where there may be several.
func (w *Workspaces) token(ctx context.Context, team string) (string, error) {
	if w.own != nil && team == w.ownTeam() {
		return string(w.settings.SlackToken), nil
	}
	all, err := w.store.Installations(ctx, chat.Slack)
	if err != nil {
		return "", fmt.Errorf("read the installations: %w", err)
	}
	for _, i := range all {
		if i.Account == team && !i.Waits() {
			token, err := w.seal.open(place(chat.Slack, team), i.Sealed)
			bot, _, _ := pair(settings.Secret(token))
			return bot, err
		}
	}
	return "", slack.ErrUnknownWorkspace
}

func (w *Workspaces) ownTeam() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.team
}

// askOwn asks Slack for the workspace of SLACK_BOT_TOKEN and remembers it.
func (w *Workspaces) askOwn(ctx context.Context) (slack.Workspace, error) {
	me, err := w.own.Me(ctx)
	if err == nil {
		w.mu.Lock()
		w.team = me.Team
		w.mu.Unlock()
	}
	return me, err
}

// rememberedTeam is the workspace of SLACK_BOT_TOKEN as an earlier run learned it, so
// that cases find their channel before Slack answers.
func rememberedTeam(ctx context.Context, store storage.Store) (string, error) {
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
