package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

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
// the app, one after another. A workspace that fails keeps nobody from being found in another one;
// only where nobody is found does it say that it failed, so that they are looked for again.
func (a *slackApp) find(ctx context.Context, way storage.EventReach) (asking.Found, error) {
	teams, failed := a.teams(ctx)
	for _, team := range teams {
		found, err := a.findIn(ctx, team, way)
		switch {
		case err == nil:
			return found, nil
		case ctx.Err() != nil:
			return asking.Found{}, err
		case !errors.Is(err, asking.ErrNobody):
			failed = cmp.Or(failed, err)
		}
	}
	return asking.Found{}, cmp.Or(failed, asking.ErrNobody)
}

// findIn is find in one workspace. ErrNobody: there is no such person.
func (a *slackApp) findIn(ctx context.Context, team string, way storage.EventReach) (asking.Found, error) {
	look := a.spaces.All().Person
	if way.Kind == "slack_email" {
		look = a.spaces.All().PersonByEmail
	}
	who, err := look(ctx, team, way.To)
	switch {
	case nobodyThere(err) || err == nil && who.Bot:
		return asking.Found{}, asking.ErrNobody
	case err != nil:
		return asking.Found{}, fmt.Errorf("look for a person in Slack: %w", err)
	}
	at, err := a.spaces.All().Open(ctx, team, who.ID)
	if err != nil {
		return asking.Found{}, fmt.Errorf("open direct messages in Slack: %w", err)
	}
	return asking.Found{To: storage.Person{Platform: chat.Slack, Account: team, User: who.ID}, Address: at, Name: who.Name, Spoken: who.Language}, nil
}

// teams are the workspaces in which people can be looked for. With an error they are those that are known.
func (a *slackApp) teams(ctx context.Context) (all []string, err error) {
	if a.spaces.Own() != nil {
		own := a.spaces.ownTeam()
		if own == "" {
			var w slack.Workspace
			if w, err = a.spaces.askOwn(ctx); err != nil {
				err = fmt.Errorf("ask Slack for the workspace: %w", err)
			}
			own = w.Team
		}
		if own != "" {
			all = append(all, own)
		}
	}
	installed, unread := a.store.Installations(ctx, chat.Slack)
	if unread != nil {
		return all, fmt.Errorf("read the installations: %w", unread)
	}
	for _, i := range installed {
		if !i.Waits() && !slices.Contains(all, i.Account) {
			all = append(all, i.Account)
		}
	}
	return all, err
}

// nobodyThere reports whether Slack knows nobody of an address.
func nobodyThere(err error) bool {
	refused, ok := errors.AsType[*chat.Error](err)
	return errors.Is(err, slack.ErrUnknownWorkspace) || ok && refused.Kind == chat.Unreachable
}
