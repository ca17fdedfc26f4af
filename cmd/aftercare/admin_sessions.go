package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

type adminSessionsCmd struct {
	outputFlags
	Name   string `arg:"" help:"What they type to sign in."`
	End    string `placeholder:"ID" help:"End this session: its browser has to sign in again."`
	EndAll bool   `help:"End every session of theirs."`
}

// webSessionView is a browser in which somebody is signed in, as programs see it.
type webSessionView struct {
	ID      string    `json:"id"`
	Device  string    `json:"device"`
	Address string    `json:"address"` // from which it came last
	Since   time.Time `json:"since"`
	Seen    time.Time `json:"seen"`
}

// Run lists the sessions of somebody, or ends one or all of them.
func (c *adminSessionsCmd) Run(a *terminal) error {
	if c.End != "" && c.EndAll {
		return usagef("--end ends one session, --end-all every one: give one of them")
	}
	return a.withStore(func(store storage.Store) error {
		l, err := store.LoginNamed(a.ctx, c.Name)
		if errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("nobody signs in as %q. See `aftercare admin list`", c.Name)
		}
		if err != nil {
			return err
		}
		now := a.clock()
		list, err := store.WebSessions(a.ctx, l.ID, now)
		if err != nil {
			return err
		}
		if c.End == "" && !c.EndAll {
			return a.listSessions(l, list, c.JSON)
		}
		ended := 0
		for _, s := range list {
			if c.End != "" && s.ID != c.End {
				continue
			}
			if err := store.EndWebSession(a.ctx, l.ID, s.ID); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			ended++
		}
		if ended == 0 && c.End != "" {
			return fmt.Errorf("%s has no session %q. See `aftercare admin sessions %s`", l.Name, c.End, l.Name)
		}
		if ended > 0 {
			if err := a.audited(store, "login.sessions_end", l.Name, count(ended, "session"), ""); err != nil {
				return err
			}
		}
		if c.JSON {
			return a.printJSON(map[string]int{"ended": ended})
		}
		return a.printf("%s of %s ended. They sign in again wherever they go on.\n", count(ended, "session"), l.Name)
	})
}

// listSessions prints where somebody is signed in, the browser used last first.
func (a *terminal) listSessions(l storage.Login, list []storage.WebSession, asJSON bool) error {
	views := make([]webSessionView, len(list))
	for i, s := range list {
		views[i] = webSessionView{s.ID, s.Device, s.Address, s.Created, s.Seen}
	}
	if asJSON {
		return a.printJSON(views)
	}
	if len(views) == 0 {
		return a.printf("%s is signed in nowhere.\n", l.Name)
	}
	rows := [][]string{{"ID", "DEVICE", "ADDRESS", "SINCE", "SEEN"}}
	for _, v := range views {
		rows = append(rows, []string{v.ID, v.Device, v.Address, v.Since.Format(time.DateTime), v.Seen.Format(time.DateTime)})
	}
	return a.printTable(rows)
}
