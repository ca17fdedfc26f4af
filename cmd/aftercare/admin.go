package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/signin"
	"github.com/aftercare/aftercare/storage"
)

// adminCmd groups the commands about who may sign in to the pages.
type adminCmd struct {
	Link     adminLinkCmd     `cmd:"" help:"Make a link with which the first person sets everything up in the browser. It works once, for an hour."`
	Create   adminCreateCmd   `cmd:"" help:"Make an owner who can sign in, without a browser, and print the password."`
	Reset    adminResetCmd    `cmd:"" name:"reset-password" help:"Make a link with which somebody who is locked out chooses another password."`
	List     adminListCmd     `cmd:"" help:"List who can sign in."`
	Sessions adminSessionsCmd `cmd:"" help:"List the browsers in which somebody is signed in, and end sessions."`
}

type adminLinkCmd struct{}

// Run prints the link.
func (c *adminLinkCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	public, err := app.PublicURL(a.ctx, s, store)
	if err != nil {
		return err
	}
	words, err := app.SetupWords(a.ctx, store, app.PagesURL(public, s.Listen), a.clock())
	if err != nil {
		return err
	}
	if words == "" {
		return errors.New("somebody can sign in already, and can invite others under People. Who is locked out: `aftercare admin reset-password NAME`; see `aftercare admin list`")
	}
	return a.printf("%s\n", words)
}

type adminCreateCmd struct {
	Name    string `arg:"" help:"What they type to sign in, such as robin."`
	Display string `help:"Their name as colleagues read it. The sign-in name unless given."`
	Staff   string `help:"The id of the member of staff who it is, if they are one already. See aftercare staff list."`
}

// Run makes the owner.
func (c *adminCreateCmd) Run(a *terminal) error {
	if storage.FoldName(c.Name) == "" {
		return usagef("%q cannot be a name to sign in with. Use letters, digits, dots and hyphens, such as robin", c.Name)
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	team, err := store.StaffList(a.ctx)
	if err != nil {
		return fmt.Errorf("read the staff: %w", err)
	}
	password, now := signin.NewPassword(), a.clock()
	hash, err := signin.NewHasher().Hash(a.ctx, password)
	if err != nil {
		return err
	}
	l := storage.Login{ID: uuid.Must(uuid.NewV7()).String(), Name: c.Name, Shown: c.Display, Staff: c.Staff, Password: hash, Owner: true, Created: now}
	if l.Shown == "" {
		l.Shown = c.Name
	}
	var staff *storage.Staff
	if l.Staff == "" {
		l.Staff = storage.StaffID(c.Name, team)
		staff = &storage.Staff{ID: l.Staff, Name: l.Shown, Roles: access.Grants{access.EverySite: access.Admin}, Created: now}
	}
	err = store.Enrol(a.ctx, storage.Enrolment{Login: l, Staff: staff, Now: now, Audit: cliAudit(now, "login.make", c.Name, "", "owner")})
	switch {
	case errors.Is(err, storage.ErrTaken):
		return fmt.Errorf("somebody has the name %q, or that member of staff can sign in already. See `aftercare admin list`", c.Name)
	case errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("there is no member of staff %q. See `aftercare staff list`", c.Staff)
	case err != nil:
		return err
	}
	return a.printf("%s can sign in, as an owner. The password, which is shown only here: %s\n", c.Name, password)
}

type adminResetCmd struct {
	Name string `arg:"" help:"What they type to sign in."`
}

// Run prints the link.
func (c *adminResetCmd) Run(a *terminal) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	l, err := store.LoginNamed(a.ctx, c.Name)
	if errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("nobody signs in as %q. See `aftercare admin list`", c.Name)
	}
	if err != nil {
		return err
	}
	public, err := app.PublicURL(a.ctx, s, store)
	if err != nil {
		return err
	}
	now := a.clock()
	until := now.Add(time.Hour)
	link, err := app.NewLink(a.ctx, store, app.PagesURL(public, s.Listen),
		storage.OneTimeLink{Kind: storage.ResetLink, Who: l.ID, Made: now, Expires: until}, cliAudit(now, "login.reset_link", l.Name, "", ""))
	if err != nil {
		return err
	}
	return a.printf("%s chooses another password at %s (works once, until %s)\n", l.Name, link, until.Local().Format("15:04"))
}

type adminListCmd struct{ outputFlags }

// loginView is who can sign in, as programs see it.
type loginView struct {
	Name    string     `json:"name"`
	Display string     `json:"display"`
	Staff   string     `json:"staff,omitempty"`
	Owner   bool       `json:"owner"`
	Seen    *time.Time `json:"seen,omitempty"` // signed in last
}

// Run lists them.
func (c *adminListCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	all, err := store.Logins(a.ctx)
	if err != nil {
		return err
	}
	views := make([]loginView, len(all))
	for i, l := range all {
		views[i] = loginView{Name: l.Name, Display: l.Shown, Staff: l.Staff, Owner: l.Owner}
		if !l.Seen.IsZero() {
			views[i].Seen = &all[i].Seen
		}
	}
	if c.JSON {
		return a.printJSON(views)
	}
	if len(all) == 0 {
		return a.printf("Nobody can sign in yet. `aftercare admin link` makes a link to set up in the browser.\n")
	}
	rows := [][]string{{"NAME", "DISPLAY", "STAFF", "OWNER", "SEEN"}}
	for _, v := range views {
		owner, seen := "", "never"
		if v.Owner {
			owner = "owner"
		}
		if v.Seen != nil {
			seen = v.Seen.Format(time.DateTime)
		}
		rows = append(rows, []string{v.Name, v.Display, v.Staff, owner, seen})
	}
	return a.printTable(rows)
}

// audited notes for who asks later what a command has changed.
func (a *terminal) audited(store storage.Store, what, subject, before, after string) error {
	if err := store.PutAudit(a.ctx, cliAudit(a.clock(), what, subject, before, after)); err != nil {
		return fmt.Errorf("it is done, and could not be noted in the list of changes: %w", err)
	}
	return nil
}

// was and became are the two sides of changes, as the list of changes has them.
func (c changes) was() string { return c.side(func(x change) string { return x.From }) }

func (c changes) became() string { return c.side(func(x change) string { return x.To }) }

func (c changes) side(of func(change) string) string {
	all := make([]string, len(c))
	for i, x := range c {
		all[i] = x.What + ": " + of(x)
	}
	return strings.Join(all, "; ")
}

// cliAudit is an entry for what a command changed: whoever may run it is the server's own.
func cliAudit(at time.Time, what, subject, before, after string) storage.Audit {
	return storage.Audit{ID: uuid.Must(uuid.NewV7()).String(), At: at, From: "cli", What: what, Subject: subject, Before: before, After: after}
}
