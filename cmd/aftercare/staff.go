package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/storage"
)

// staffCmd groups the commands about who may act on cases.
type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Add a member of staff, or change what is given of the one with this id."`
	List   staffListCmd   `cmd:"" help:"List the staff."`
	Remove staffRemoveCmd `cmd:"" help:"Take every right from a member of staff. Cases that they hold return to the queue."`
	Code   staffCodeCmd   `cmd:"" help:"Make a code with which a member of staff links their chat. It works once, for a day."`
	Chat   staffChatCmd   `cmd:"" help:"Link the groups and channels in which staff hear of cases."`
}

type staffAddCmd struct {
	outputFlags
	ID   string  `arg:"" help:"A short key: small letters, digits and hyphens, such as bob."`
	Name *string `help:"The name on cards. Whoever is new needs one."`
	Role *string `help:"What they may do: viewer looks, agent acts, lead also acts on what others hold, admin does so everywhere. Whoever is new is an agent unless given."`
	places
}

// places is embedded by commands that ask for which sites something is: there is no
// answer that is right unless given.
type places struct {
	Site       []string `help:"A site that this is for. Repeat it for more." sep:"none" xor:"places"`
	Everywhere bool     `help:"This is for every site, also those that are added later." xor:"places"`
}

// given reports whether either flag was.
func (p places) given() bool { return p.Everywhere || len(p.Site) > 0 }

// known makes sure that the sites exist.
func (p places) known(a *terminal, store storage.Store) error {
	if len(p.Site) == 0 {
		return nil
	}
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return fmt.Errorf("read the sites: %w", err)
	}
	sites = storage.Present(sites)
	for _, id := range p.Site {
		if !slices.ContainsFunc(sites, func(s storage.Site) bool { return s.ID == id }) {
			return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
		}
	}
	return nil
}

// staffView is a member of staff as programs see one.
type staffView struct {
	ID     string                 `json:"id"`
	Name   string                 `json:"name"`
	Roles  map[string]access.Role `json:"roles"` // by site; "*" = every other site
	Linked int                    `json:"linked"`
	Chats  []staffIdentity        `json:"chats"`
}

// staffIdentity is who a member of staff is in a chat, as programs see it.
type staffIdentity struct {
	Platform string `json:"platform"`
	Account  string `json:"account,omitempty"`
	Person   string `json:"person"`
	Name     string `json:"name,omitempty"` // as the platform last said
}

// text is "telegram 42 (Bob Ray)".
func (i staffIdentity) text() string {
	s := i.Platform + " " + i.Person
	if i.Platform == string(chat.Slack) {
		s = i.Platform + " " + i.Account + "/" + i.Person
	}
	if i.Name != "" {
		s += " (" + i.Name + ")"
	}
	return s
}

const everySite = "*"

func viewStaff(s storage.Staff, chats []staffIdentity) staffView {
	v := staffView{ID: s.ID, Name: s.Name, Roles: make(map[string]access.Role, len(s.Roles)), Linked: len(chats), Chats: append([]staffIdentity{}, chats...)}
	for site, role := range s.Roles {
		if site == access.EverySite {
			site = everySite
		}
		v.Roles[site] = role
	}
	return v
}

// staffChange is what `staff add` did, as programs see it.
type staffChange struct {
	staffView
	New     bool    `json:"new"`
	Changed changes `json:"changed,omitempty"`
	rights  string

	InForce *inForce `json:"in_force,omitempty"` // nil = nothing was changed
}

// check finds what is wrong with the flags by themselves.
func (c *staffAddCmd) check() error {
	switch {
	case !siteIDForm.MatchString(c.ID):
		return usagef("%q cannot be the id of a member of staff. Use small letters, digits and hyphens, such as bob", c.ID)
	case c.Name != nil && strings.TrimSpace(*c.Name) == "":
		return usagef("--name must say who it is")
	case c.Role != nil && (*c.Role == "" || !slices.Contains(access.Roles(), access.Role(*c.Role))):
		return usagef("--role must be one of viewer, agent, lead, admin, but got %q", *c.Role)
	case c.Role != nil && access.Role(*c.Role) == access.Admin && len(c.Site) > 0:
		return usagef("an admin is one everywhere. Leave --site out, or use --role lead")
	}
	return nil
}

// grants are the rights of somebody who had others: only what was given differs.
func (c *staffAddCmd) grants(had access.Grants) (access.Grants, error) {
	if c.Role == nil && !c.given() {
		return had, nil
	}
	role := access.Agent
	switch has := slices.Compact(slices.Sorted(maps.Values(had))); {
	case c.Role != nil:
		role = access.Role(*c.Role)
	case len(has) > 1:
		return nil, usagef("%s has more roles than one: %s. Say with --role which it is there", c.ID, rolesText(storage.Staff{Roles: had}))
	case len(has) == 1:
		role = has[0]
	}
	if role == access.Admin && len(c.Site) > 0 {
		return nil, usagef("%s is an admin, and an admin is one everywhere. Say with --role what they are at that site", c.ID)
	}
	to := make(access.Grants)
	switch {
	case role == access.Admin || c.Everywhere:
		to[access.EverySite] = role
	case len(c.Site) > 0:
		for _, id := range c.Site {
			to[id] = role
		}
	case len(had) > 0:
		for id := range had {
			to[id] = role
		}
	default:
		return nil, usagef("say where %s has this role: --site ID, once for each site, or --everywhere", c.ID)
	}
	return to, nil
}

// Run stores the member of staff: of one who is there it changes what was given, and no
// more. Whoever was removed comes back without what they might do before.
func (c *staffAddCmd) Run(a *terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	if err := c.known(a, store); err != nil {
		return err
	}
	var done staffChange
	var s storage.Staff
	err = storage.Repeated(func() (err error) {
		done, s, err = c.put(a, store)
		return err
	})
	if err != nil {
		return err
	}
	if done.New || len(done.Changed) > 0 {
		what, after := "staff.roles", done.Changed.became()
		if done.New {
			what, after = "staff.add", rolesText(s)
		}
		if err := a.audited(store, what, s.ID, done.Changed.was(), after); err != nil {
			return err
		}
		done.InForce = a.inForce(store)
	}
	links, err := linked(a, store)
	if err != nil {
		return err
	}
	done.staffView, done.rights = viewStaff(s, links[s.ID]), rolesText(s)
	if c.JSON {
		return a.printJSON(done)
	}
	return a.printf("%s", done.text())
}

// put stores the member of staff in the place of what is there now. storage.ErrChanged.
func (c *staffAddCmd) put(a *terminal, store storage.Store) (done staffChange, now storage.Staff, err error) {
	list, err := store.StaffList(a.ctx)
	if err != nil {
		return done, now, fmt.Errorf("read the staff: %w", err)
	}
	var was storage.Staff
	done.New, now = true, storage.Staff{ID: c.ID, Created: a.clock()}
	if i := slices.IndexFunc(list, func(s storage.Staff) bool { return s.ID == c.ID }); i >= 0 {
		was, now, done.New = list[i], list[i], !list[i].Gone.IsZero()
	} else if c.Name == nil {
		return done, now, usagef("there is no member of staff %q yet. Whoever is new needs --name; see `aftercare staff list`", c.ID)
	}
	if done.New {
		now.Roles, now.Gone = nil, time.Time{}
		if c.Role == nil && !c.given() {
			return done, now, usagef("say where %s may act: --site ID, once for each site, or --everywhere", c.ID)
		}
	}
	given(c.Name, &now.Name)
	if now.Roles, err = c.grants(now.Roles); err != nil {
		return done, now, err
	}
	if !done.New {
		done.Changed.note("name", was.Name, now.Name)
		done.Changed.note("rights", rolesText(was), rolesText(now))
		if len(done.Changed) == 0 {
			return done, now, nil
		}
	}
	if err := store.ReplaceStaff(a.ctx, was, now); err != nil {
		return done, now, fmt.Errorf("store the member of staff: %w", err)
	}
	return done, now, nil
}

// text says what was done, and what is to be done next.
func (d staffChange) text() string {
	facts := fmt.Sprintf("%q, %s", d.Name, d.rights)
	var text string
	switch {
	case d.New:
		text = fmt.Sprintf("%s is added: %s.\n", d.ID, facts)
	case len(d.Changed) == 0:
		text = fmt.Sprintf("%s is as before: %s.\n", d.ID, facts)
	default:
		text = fmt.Sprintf("%s is changed:\n%s", d.ID, d.Changed.text())
	}
	if d.InForce != nil {
		text += d.InForce.text()
	}
	if d.Linked == 0 {
		text += fmt.Sprintf("Link their chat: aftercare staff code %s\n", d.ID)
	}
	return text
}

// linked finds the chat identities of each member of staff. Those of a web link give no
// rights, and are left out.
func linked(a *terminal, store storage.Store) (map[string][]staffIdentity, error) {
	links, err := store.StaffLinks(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("read the chat identities of staff: %w", err)
	}
	all := make(map[string][]staffIdentity)
	for p, id := range links {
		if p.ByLink() {
			continue
		}
		i := staffIdentity{Platform: string(p.Platform), Account: p.Account, Person: p.User}
		known, err := store.Identity(a.ctx, storage.BucketOf(p.Hash16(), store.Buckets()), p.ID())
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("read the name of a chat identity: %w", err)
		}
		i.Name = known.Name
		all[id] = append(all[id], i)
	}
	for _, list := range all {
		slices.SortFunc(list, func(a, b staffIdentity) int { return cmp.Compare(a.text(), b.text()) })
	}
	return all, nil
}

// rolesText says what somebody may do where, "agent at main-street".
func rolesText(s storage.Staff) string {
	var parts []string
	for _, site := range slices.Sorted(maps.Keys(s.Roles)) {
		where := "at " + site
		if site == access.EverySite {
			where = "everywhere"
		}
		parts = append(parts, string(s.Roles[site])+" "+where)
	}
	return strings.Join(parts, ", ")
}

type staffListCmd struct{ outputFlags }

// Run lists who is staff now.
func (c *staffListCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	list, err := store.StaffList(a.ctx)
	if err != nil {
		return fmt.Errorf("read the staff: %w", err)
	}
	list = slices.DeleteFunc(list, func(s storage.Staff) bool { return !s.Gone.IsZero() })
	links, err := linked(a, store)
	if err != nil {
		return err
	}
	if c.JSON {
		views := make([]staffView, len(list))
		for i, s := range list {
			views[i] = viewStaff(s, links[s.ID])
		}
		return a.printJSON(views)
	}
	if len(list) == 0 {
		return a.printf("There is no staff yet. Add somebody: aftercare staff add bob --name Bob --everywhere\n")
	}
	rows := [][]string{{"ID", "NAME", "ROLE", "CHATS"}}
	for _, s := range list {
		chats := "none: aftercare staff code " + s.ID
		for i, identity := range links[s.ID] {
			if i == 0 {
				chats = identity.text()
			} else {
				chats += ", " + identity.text()
			}
		}
		rows = append(rows, []string{s.ID, s.Name, rolesText(s), chats})
	}
	return a.printTable(rows)
}

// team runs f with a bot and its store and names an unknown member of staff.
func (a *terminal) team(id string, f func(*bot.Bot, storage.Store) error) error {
	err := a.withBot(f)
	if errors.Is(err, bot.ErrNoStaff) {
		return fmt.Errorf("there is no member of staff %q. See `aftercare staff list`", id)
	}
	return err
}

type staffRemoveCmd struct {
	outputFlags
	ID string `arg:"" help:"The id of the member of staff."`
}

// Run removes somebody.
func (c *staffRemoveCmd) Run(a *terminal) error {
	return a.team(c.ID, func(b *bot.Bot, store storage.Store) error {
		released, err := b.RemoveStaff(a.ctx, c.ID)
		if err != nil {
			return err
		}
		if err := a.audited(store, "staff.remove", c.ID, "", ""); err != nil {
			return err
		}
		at := a.inForce(store)
		if c.JSON {
			return a.printJSON(map[string]any{"id": c.ID, "released": released, "in_force": at})
		}
		return a.printf("%s is removed: they can do nothing any more. Cases returned to the queue: %d\n%s", c.ID, released, at.text())
	})
}

type staffCodeCmd struct {
	outputFlags
	ID string `arg:"" help:"The id of the member of staff."`
}

// codeView is a code as programs see it.
type codeView struct {
	Staff   string    `json:"staff"`
	Code    string    `json:"code"`
	Expires time.Time `json:"expires"`
}

// Run makes a code and prints it. It is shown once.
func (c *staffCodeCmd) Run(a *terminal) error {
	return a.team(c.ID, func(b *bot.Bot, store storage.Store) error {
		code, expires, err := b.StaffCode(a.ctx, c.ID)
		if err != nil {
			return err
		}
		if err := a.audited(store, "staff.code", c.ID, "", ""); err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(codeView{Staff: c.ID, Code: code, Expires: expires})
		}
		return a.printf("Send this to the bot in a private chat (in Slack: /feedback link %[1]s):\n\n/link %[1]s\n\nIt works once, until %[2]s.\n",
			code, expires.Format("2006-01-02 15:04 MST"))
	})
}
