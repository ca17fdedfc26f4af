package main

import (
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// slackPerson is embedded by commands that name a person in Slack.
type slackPerson struct {
	SlackUser string `name:"slack-user" help:"Ask this person in Slack at once: a member's id, such as U0123456789." xor:"person"`
	Email     string `help:"Ask the person in Slack with this e-mail address at once." xor:"person"`
	SlackTeam string `name:"slack-team" help:"The workspace, where several installed the app: its id, such as T0123456789."`
}

func (p slackPerson) named() bool { return p.SlackUser != "" || p.Email != "" }

// address asks Slack who the person is and opens their direct messages, and puts both
// into r.
func (p slackPerson) address(a *terminal, s settings.Settings, store storage.Store, r *bot.InviteRequest) error {
	if !s.UsesSlack() {
		return errors.New("nobody can be asked in Slack, because it is not set up. Set SLACK_BOT_TOKEN; docs/slack.md says how")
	}
	spaces, err := app.NewWorkspaces(a.ctx, s, store, slack.Config{Clock: a.clock, Log: s.Logger(a.stderr)})
	if err != nil {
		return err
	}
	defer spaces.All().Close()
	team, client := p.SlackTeam, spaces.All()
	switch own := spaces.Own(); {
	case own != nil && team == "":
		w, err := own.Me(a.ctx)
		if err != nil {
			return err
		}
		team, client = w.Team, own
	case team == "":
		return usagef("--slack-team must say in which workspace, because SLACK_BOT_TOKEN is not set")
	}
	var who chat.User
	if p.Email != "" {
		who, err = client.PersonByEmail(a.ctx, team, p.Email)
	} else {
		who, err = client.Person(a.ctx, team, p.SlackUser)
	}
	if errors.Is(err, slack.ErrUnknownWorkspace) {
		return fmt.Errorf("the app is not installed in the workspace %s, or waits there for approval. `aftercare slack list` says which; `aftercare slack invite` makes a link that installs it", team)
	}
	if err != nil {
		return err
	}
	if who.Bot {
		return errors.New("that is an app, not a person")
	}
	to, err := client.Open(a.ctx, team, who.ID)
	if err != nil {
		return err
	}
	r.To = storage.Person{Platform: chat.Slack, Account: team, User: who.ID}
	r.Address, r.Name, r.Spoken, r.Channel = to, who.Name, who.Language, string(chat.Slack)
	return nil
}
