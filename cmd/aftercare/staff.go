package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/storage"
)

// staffCmd groups the commands about who may act on cases.
type staffCmd struct {
	Add    staffAddCmd    `cmd:"" help:"Add a member of staff, or change the one with this id."`
	List   staffListCmd   `cmd:"" help:"List the staff."`
	Remove staffRemoveCmd `cmd:"" help:"Take every right from a member of staff. Cases that they hold return to the queue."`
	Code   staffCodeCmd   `cmd:"" help:"Make a code with which a member of staff links their chat. It works once, for a day."`
	Chat   staffChatCmd   `cmd:"" help:"Link the groups and channels in which staff hear of cases."`
}

type staffAddCmd struct {
	outputFlags
	ID   string   `arg:"" help:"A short key: small letters, digits and hyphens, such as bob."`
	Name string   `required:"" help:"The name on cards."`
	Role string   `enum:"viewer,agent,lead,admin" default:"agent" help:"What they may do: viewer looks, agent acts, lead also acts on what others hold, admin does so everywhere."`
	Site []string `help:"A site where they have this role. Repeat it for more. Every site unless given." sep:"none"`
}

// staffView is a member of staff as programs see one.
type staffView struct {
	ID     string                 `json:"id"`
	Name   string                 `json:"name"`
	Roles  map[string]access.Role `json:"roles"` // by site; "*" = every other site
	Linked int                    `json:"linked"`
}

const everySite = "*"

func viewStaff(s storage.Staff, linked int) staffView {
	v := staffView{ID: s.ID, Name: s.Name, Roles: make(map[string]access.Role, len(s.Roles)), Linked: linked}
	for site, role := range s.Roles {
		if site == access.EverySite {
			site = everySite
		}
		v.Roles[site] = role
	}
	return v
}

// Run stores the member of staff.
func (c *staffAddCmd) Run(a *terminal) error {
	if !siteIDForm.MatchString(c.ID) {
		return usagef("%q cannot be the id of a member of staff. Use small letters, digits and hyphens, such as bob", c.ID)
	}
	if strings.TrimSpace(c.Name) == "" {
		return usagef("--name must say who it is")
	}
	role := access.Role(c.Role)
	if role == access.Admin && len(c.Site) > 0 {
		return usagef("an admin is one everywhere. Leave --site out, or use --role lead")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return fmt.Errorf("read the sites: %w", err)
	}
	roles := make(access.Grants)
	for _, id := range c.Site {
		if !slices.ContainsFunc(sites, func(s storage.Site) bool { return s.ID == id }) {
			return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
		}
		roles[id] = role
	}
	if len(c.Site) == 0 {
		roles[access.EverySite] = role
	}
	s := storage.Staff{ID: c.ID, Name: c.Name, Roles: roles, Created: a.clock()}
	if err := store.PutStaff(a.ctx, s); err != nil {
		return fmt.Errorf("store the member of staff: %w", err)
	}
	if c.JSON {
		links, err := linked(a, store)
		if err != nil {
			return err
		}
		return a.printJSON(viewStaff(s, links[s.ID]))
	}
	return a.printf("%s is %q, %s. Link their chat: aftercare staff code %s\n", s.ID, s.Name, rolesText(s), s.ID)
}

// linked counts the chat identities of each member of staff.
func linked(a *terminal, store storage.Store) (map[string]int, error) {
	links, err := store.StaffLinks(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("read the chat identities of staff: %w", err)
	}
	n := make(map[string]int)
	for _, id := range links {
		n[id]++
	}
	return n, nil
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
		return a.printf("There is no staff yet. Add somebody: aftercare staff add bob --name Bob\n")
	}
	rows := [][]string{{"ID", "NAME", "ROLE", "CHATS"}}
	for _, s := range list {
		rows = append(rows, []string{s.ID, s.Name, rolesText(s), fmt.Sprint(links[s.ID])})
	}
	return a.printTable(rows)
}

// team runs f with a bot and names an unknown member of staff.
func (a *terminal) team(id string, f func(*bot.Bot) error) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	store, err := app.OpenStore(a.ctx, s, a.clock, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	chats, err := app.StaffChats(a.ctx, s, store)
	if err != nil {
		return err
	}
	b, err := app.NewBot(a.ctx, s, store, chats, a.clock, nil)
	if err != nil {
		return err
	}
	err = f(b)
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
	return a.team(c.ID, func(b *bot.Bot) error {
		released, err := b.RemoveStaff(a.ctx, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(map[string]any{"id": c.ID, "released": released})
		}
		return a.printf("%s is removed. Cases returned to the queue: %d\n", c.ID, released)
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
	return a.team(c.ID, func(b *bot.Bot) error {
		code, expires, err := b.StaffCode(a.ctx, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(codeView{Staff: c.ID, Code: code, Expires: expires})
		}
		return a.printf("Send this to the bot in a private chat (in Slack: /feedback link %[1]s):\n\n/link %[1]s\n\nIt works once, until %[2]s.\n",
			code, expires.Format("2006-01-02 15:04 MST"))
	})
}
