package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

type siteRemoveCmd struct {
	outputFlags
	ID string `arg:"" help:"The site's id, see site list."`
}

// siteRemoval is what `site remove` did, as programs see it.
type siteRemoval struct {
	ID string `json:"id"`
	storage.SiteUse
	// Staff have rights there and nowhere else; Chats hear of nothing else; Rules says that
	// the site has recovery rules of its own.
	Staff   []string `json:"staff_left_without_a_site"`
	Chats   []string `json:"chats_left_without_a_site"`
	Rules   bool     `json:"has_recovery_rules"`
	InForce *inForce `json:"in_force"`
}

// Run removes a site at which no case is open. What goes on there goes on, and is said.
func (c *siteRemoveCmd) Run(a *terminal) error {
	return a.withStore(func(store storage.Store) error {
		var done siteRemoval
		var was storage.Site
		err := storage.Repeated(func() (err error) {
			done, was, err = c.remove(a, store)
			return err
		})
		if err != nil {
			return err
		}
		if err := a.audited(store, "site.remove", c.ID, was.Name, ""); err != nil {
			return err
		}
		done.InForce = a.inForce(store)
		if c.JSON {
			return a.printJSON(done)
		}
		return a.printf("%s", done.text())
	})
}

// remove takes the site away as it is now. storage.ErrChanged.
func (c *siteRemoveCmd) remove(a *terminal, store storage.Store) (done siteRemoval, was storage.Site, err error) {
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return done, was, fmt.Errorf("read the sites: %w", err)
	}
	sites = storage.Present(sites)
	i := slices.IndexFunc(sites, func(s storage.Site) bool { return s.ID == c.ID })
	if i < 0 {
		return done, was, fmt.Errorf("there is no site %q. See `aftercare site list`", c.ID)
	}
	if done, err = c.hangs(a, store); err != nil {
		return done, was, err
	}
	if done.Cases > 0 {
		return done, was, fmt.Errorf("%s at %s. Resolve or close what is open there first; then remove the site", counted(done.Cases, "case is open", "cases are open"), c.ID)
	}
	now := sites[i]
	now.Gone = a.clock()
	if err := store.ReplaceSite(a.ctx, sites[i], now); err != nil {
		return done, was, fmt.Errorf("remove the site: %w", err)
	}
	return done, sites[i], nil
}

// hangs finds what hangs on the site.
func (c *siteRemoveCmd) hangs(a *terminal, store storage.Store) (siteRemoval, error) {
	done := siteRemoval{ID: c.ID, Staff: []string{}, Chats: []string{}}
	var err error
	if done.SiteUse, err = store.AtSite(a.ctx, c.ID); err != nil {
		return done, err
	}
	staff, err := store.StaffList(a.ctx)
	if err != nil {
		return done, fmt.Errorf("read the staff: %w", err)
	}
	for _, s := range staff {
		if _, there := s.Roles[c.ID]; there && len(s.Roles) == 1 && s.Gone.IsZero() {
			done.Staff = append(done.Staff, s.ID)
		}
	}
	chats, err := store.StaffChatList(a.ctx)
	if err != nil {
		return done, fmt.Errorf("read the chats of staff: %w", err)
	}
	for _, s := range chats {
		if slices.Equal(s.Sites, []string{c.ID}) {
			done.Chats = append(done.Chats, s.Name)
		}
	}
	policy, err := policyInForce(a.ctx, store)
	if err != nil {
		return done, err
	}
	_, done.Rules = policy.Sites[c.ID]
	return done, nil
}

// text says what was done, and what is left.
func (d siteRemoval) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Site %s is removed: nobody is asked about it any more. What happened there keeps its name, and `aftercare site add %s` brings it back.\n", d.ID, d.ID)
	line := func(there bool, format string, args ...any) {
		if there {
			fmt.Fprintf(&b, "  "+format+"\n", args...)
		}
	}
	line(d.Surveys > 0, "%s there, and may be finished.", counted(d.Surveys, "survey runs", "surveys run"))
	line(d.Invitations > 0, "%s until they end.", counted(d.Invitations, "invitation may still be opened", "invitations may still be opened"))
	line(len(d.Staff) > 0, "Only there had rights: %s. Give others with `aftercare staff add`, or take them with `aftercare staff remove`.", strings.Join(d.Staff, ", "))
	line(len(d.Chats) > 0, "Only of it heard: %s. Have them hear of others with `aftercare staff chat add`, or forget them with `aftercare staff chat remove`.", strings.Join(d.Chats, ", "))
	line(d.Rules, "The recovery rules have some for it: take them out of the file before you apply it again.")
	b.WriteString(d.InForce.text())
	return b.String()
}

// counted is a number with its words.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
