package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/storage"
)

// finder looks for people whom events name, on the platform where they can be looked for; nil =
// it is not set up.
func (c *Connections) finder() func(context.Context, storage.EventReach) (asking.Found, error) {
	for _, p := range c.platforms {
		if s, ok := p.(*slackApp); ok && s.spaces != nil {
			return s.find
		}
	}
	return nil
}

// find asks Slack who the person is and opens their direct messages, in the workspaces that have
// the app, one after another.
func (a *slackApp) find(ctx context.Context, way storage.EventReach) (asking.Found, error) {
	teams, err := a.teams(ctx)
	if err != nil {
		return asking.Found{}, err
	}
	for _, team := range teams {
		var who chat.User
		if way.Kind == "slack_email" {
			who, err = a.spaces.All().PersonByEmail(ctx, team, way.To)
		} else {
			who, err = a.spaces.All().Person(ctx, team, way.To)
		}
		if nobodyThere(err) || err == nil && who.Bot {
			continue
		}
		if err != nil {
			return asking.Found{}, fmt.Errorf("look for a person in Slack: %w", err)
		}
		at, err := a.spaces.All().Open(ctx, team, who.ID)
		if err != nil {
			return asking.Found{}, fmt.Errorf("open direct messages in Slack: %w", err)
		}
		return asking.Found{To: storage.Person{Platform: chat.Slack, Account: team, User: who.ID}, Address: at, Name: who.Name, Spoken: who.Language}, nil
	}
	return asking.Found{}, asking.ErrNobody
}

// teams are the workspaces in which people can be looked for.
func (a *slackApp) teams(ctx context.Context) ([]string, error) {
	var all []string
	if a.spaces.Own() != nil {
		w, err := a.spaces.askOwn(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask Slack for the workspace: %w", err)
		}
		all = append(all, w.Team)
	}
	installed, err := a.store.Installations(ctx, chat.Slack)
	if err != nil {
		return nil, fmt.Errorf("read the installations: %w", err)
	}
	for _, i := range installed {
		if !i.Waits() && (len(all) == 0 || i.Account != all[0]) {
			all = append(all, i.Account)
		}
	}
	return all, nil
}

// nobodyThere reports whether Slack knows nobody of an address.
func nobodyThere(err error) bool {
	refused, ok := errors.AsType[*chat.Error](err)
	return errors.Is(err, slack.ErrUnknownWorkspace) || ok && refused.Kind == chat.Unreachable
}
