package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/adapters/slack"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage"
)

// slackCmd groups the commands about workspaces that install the app.
type slackCmd struct {
	Invite  slackInviteCmd  `cmd:"" help:"Make a link with which one workspace installs the app. It works once."`
	List    slackListCmd    `cmd:"" help:"List the workspaces that installed the app, and ask Slack whether their tokens work."`
	Approve slackApproveCmd `cmd:"" help:"Let a workspace be served that installed the app without a link."`
	Remove  slackRemoveCmd  `cmd:"" help:"Forget a workspace and its token. Nothing of it is heard any more."`
}

var teamForm = regexp.MustCompile(`^[TE][A-Z0-9]{2,20}$`)

// severalWorkspaces opens the database, if workspaces can install the app at all.
func (a *terminal) severalWorkspaces() (settings.Settings, storage.Store, error) {
	s, err := a.settings()
	if err != nil {
		return s, nil, err
	}
	if s.SlackClientID == "" {
		return s, nil, errors.New("no workspace can install the app. Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET; docs/slack.md says how")
	}
	store, err := app.OpenKeyed(a.ctx, s, a.clock, nil)
	return s, store, err
}

type slackInviteCmd struct {
	outputFlags
	Workspace string `help:"The one workspace that the link is for: its id, such as T0123456789. Whichever uses it first unless given."`
	Expires   span   `default:"7d" help:"How long the link can be used, such as 72h or 30d."`
}

// installLinkView is a link as programs see it.
type installLinkView struct {
	Link      string    `json:"link"`
	Workspace string    `json:"workspace,omitempty"`
	Expires   time.Time `json:"expires"`
}

// Run makes a link and prints it. It is shown once.
func (c *slackInviteCmd) Run(a *terminal) error {
	switch {
	case c.Workspace != "" && !teamForm.MatchString(c.Workspace):
		return usagef("%q is no id of a workspace. It begins with T, such as T0123456789", c.Workspace)
	case c.Expires <= 0:
		return usagef("--expires must be longer than nothing, such as 72h")
	}
	s, store, err := a.severalWorkspaces()
	if err != nil {
		return err
	}
	defer store.Close()
	expires := a.clock().Add(time.Duration(c.Expires))
	link, err := app.InstallLink(a.ctx, s, store, c.Workspace, expires)
	if err != nil {
		return fmt.Errorf("make a link: %w", err)
	}
	if err := a.audited(store, "slack.invite", cmp.Or(c.Workspace, "slack"), "", expires.UTC().Format("until 2006-01-02 15:04 UTC")); err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(installLinkView{Link: link, Workspace: c.Workspace, Expires: expires})
	}
	who := "an administrator of the workspace"
	if c.Workspace != "" {
		who += " " + c.Workspace
	}
	return a.printf("Send this to %s, who opens it in a browser:\n\n%s\n\nIt installs the app in one workspace, once, until %s.\n",
		who, link, expires.Format("2006-01-02 15:04 MST"))
}

type slackListCmd struct{ outputFlags }

// workspaceView is a workspace as programs see it.
type workspaceView struct {
	Workspace string     `json:"workspace"`
	Name      string     `json:"name"`
	Installed time.Time  `json:"installed"`
	Installer string     `json:"installer,omitempty"`
	Approved  *time.Time `json:"approved"`        // null = it waits for approval
	Token     string     `json:"token,omitempty"` // works, refused or unknown; "" = it is not used
	Why       string     `json:"why,omitempty"`   // it does not work
}

// What is known of a token.
const (
	tokenWorks   = "works"
	tokenRefused = "refused"
	tokenUnknown = "unknown"
)

// asksAtOnce is how many workspaces Slack is asked about at a time.
const asksAtOnce = 8

// Run lists the workspaces. The token of one that waits is not used.
func (c *slackListCmd) Run(a *terminal) error {
	s, store, err := a.severalWorkspaces()
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.Installations(a.ctx, chat.Slack)
	if err != nil {
		return fmt.Errorf("read the workspaces: %w", err)
	}
	spaces, err := app.NewWorkspaces(a.ctx, s, store, slack.Config{Clock: a.clock})
	if err != nil {
		return err
	}
	defer spaces.Close()
	views := make([]workspaceView, len(list))
	ctx, cancel := context.WithTimeout(a.ctx, time.Minute)
	defer cancel()
	var asking sync.WaitGroup
	room := make(chan struct{}, asksAtOnce)
	for i, known := range list {
		views[i] = workspaceView{Workspace: known.Account, Name: known.Name, Installed: known.Installed, Installer: known.Installer}
		if known.Waits() {
			continue
		}
		views[i].Approved = &list[i].Approved
		asking.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			views[i].Token, views[i].Why = tokenOf(ctx, spaces.All(), known.Account)
		})
	}
	asking.Wait()
	if c.JSON {
		return a.printJSON(views)
	}
	if len(views) == 0 {
		return a.printf("No workspace has installed the app. Make a link: aftercare slack invite\n")
	}
	rows := [][]string{{"WORKSPACE", "NAME", "INSTALLED", "STATE"}}
	for _, v := range views {
		rows = append(rows, []string{v.Workspace, v.Name, v.Installed.Format(time.DateOnly), v.state()})
	}
	return a.printTable(rows)
}

// tokenOf asks Slack whether a workspace's token works.
func tokenOf(ctx context.Context, client *slack.Client, team string) (state, why string) {
	_, err := client.Identify(ctx, team)
	switch {
	case err == nil:
		return tokenWorks, ""
	case chat.AsError(err).Kind == chat.Revoked:
		return tokenRefused, err.Error()
	}
	return tokenUnknown, err.Error()
}

// state says how a workspace is, and what helps.
func (v workspaceView) state() string {
	switch {
	case v.Approved == nil:
		return "waits: aftercare slack approve " + v.Workspace
	case v.Token == tokenRefused:
		return "Slack refuses its token: the workspace has to install the app again (aftercare slack invite --workspace " + v.Workspace + ")"
	case v.Token == tokenUnknown:
		return "approved; whether its token works is not known: " + v.Why
	}
	return "approved, and its token works"
}

type slackApproveCmd struct {
	outputFlags
	Workspace string `arg:"" help:"The workspace's id, such as T0123456789."`
}

// Run approves a workspace.
func (c *slackApproveCmd) Run(a *terminal) error {
	_, store, err := a.severalWorkspaces()
	if err != nil {
		return err
	}
	defer store.Close()
	err = store.ApproveInstallation(a.ctx, chat.Slack, c.Workspace, a.clock())
	if errors.Is(err, storage.ErrNotFound) {
		return noWorkspace(c.Workspace)
	}
	if err != nil {
		return err
	}
	if err := a.audited(store, "account.connect", "slack "+c.Workspace, "", ""); err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(map[string]any{"workspace": c.Workspace, "approved": true})
	}
	return a.printf("%s is approved. The server serves it within seconds.\n", c.Workspace)
}

type slackRemoveCmd struct {
	outputFlags
	Workspace string `arg:"" help:"The workspace's id, such as T0123456789."`
}

// Run forgets a workspace.
func (c *slackRemoveCmd) Run(a *terminal) error {
	_, store, err := a.severalWorkspaces()
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.Installations(a.ctx, chat.Slack)
	if err != nil {
		return fmt.Errorf("read the workspaces: %w", err)
	}
	if !slices.ContainsFunc(list, func(i storage.Installation) bool { return i.Account == c.Workspace }) {
		return noWorkspace(c.Workspace)
	}
	if err := store.DropInstallation(a.ctx, chat.Slack, c.Workspace); err != nil {
		return fmt.Errorf("forget the workspace: %w", err)
	}
	if err := a.audited(store, "account.drop", "slack "+c.Workspace, "", ""); err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(map[string]any{"workspace": c.Workspace, "removed": true})
	}
	return a.printf("%s is forgotten, with its token. The server stops serving it within seconds. The app stays in the workspace until somebody removes it there.\n", c.Workspace)
}

func noWorkspace(id string) error {
	return fmt.Errorf("no workspace %q has installed the app. See `aftercare slack list`", id)
}
