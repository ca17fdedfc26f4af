package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/storage"
)

// siteCmd groups the commands that work with sites, the branches of a business.
type siteCmd struct {
	Add    siteAddCmd    `cmd:"" help:"Add a site, or change what is given of the one with this id."`
	List   siteListCmd   `cmd:"" help:"List the sites."`
	Remove siteRemoveCmd `cmd:"" help:"Ask nobody about a site any more. What happened there keeps its name; site add brings it back."`
}

type siteAddCmd struct {
	outputFlags
	ID       string  `arg:"" help:"A short key for links and reports: small letters, digits and hyphens, such as main-street."`
	Name     *string `help:"The name that customers and staff see. A new site needs one."`
	Zone     *string `help:"The site's time zone, such as Europe/Berlin. A new site has UTC unless given."`
	Language *string `help:"The language of its staff, such as en or zh-Hans. A new site has en unless given."`
	Signs    *string `name:"replies-as" help:"How staff sign what they write to customers: first (Bob), full (Bob Miller), each with the site's name, or team (the site's name alone). A new site has first unless given."`
}

// siteView is a site as programs see it.
type siteView struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Zone     string `json:"zone"`
	Language string `json:"language"`
	Signs    string `json:"replies_as"`
}

func viewSite(s storage.Site) siteView {
	return siteView{ID: s.ID, Name: s.Name, Zone: s.Zone, Language: s.Language, Signs: string(cmp.Or(s.Signs, storage.ByFirstName))}
}

var siteIDForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

// siteChange is what `site add` did, as programs see it.
type siteChange struct {
	siteView
	New     bool    `json:"new"`
	Changed changes `json:"changed,omitempty"`

	InForce *inForce `json:"in_force,omitempty"` // nil = nothing was changed
}

// check finds what is wrong with the flags by themselves.
func (c *siteAddCmd) check() error {
	if !siteIDForm.MatchString(c.ID) {
		return usagef("%q cannot be a site's id. Use small letters, digits and hyphens, such as main-street", c.ID)
	}
	if c.Name != nil && strings.TrimSpace(*c.Name) == "" {
		return usagef("--name must say what the site is called")
	}
	if c.Zone != nil {
		if _, err := time.LoadLocation(*c.Zone); err != nil || *c.Zone == "Local" || *c.Zone == "" {
			return usagef("%q is not a time zone. Use a name such as Europe/Berlin", *c.Zone)
		}
	}
	if c.Language != nil {
		if _, err := language.Parse(*c.Language); err != nil {
			return usagef("%q is not a language. Use a tag such as en or zh-Hans", *c.Language)
		}
	}
	if c.Signs != nil && !slices.Contains(storage.Signatures(), storage.Signature(*c.Signs)) {
		return usagef("--replies-as must be one of %v, but got %q", storage.Signatures(), *c.Signs)
	}
	return nil
}

// Run stores the site: of one that is there it changes what was given, and no more.
func (c *siteAddCmd) Run(a *terminal) error {
	if err := c.check(); err != nil {
		return err
	}
	return a.withStore(func(store storage.Store) error {
		var done siteChange
		var site storage.Site
		err := storage.Repeated(func() (err error) {
			done, site, err = c.put(a, store)
			return err
		})
		if err != nil {
			return err
		}
		if done.New || len(done.Changed) > 0 {
			what, after := "site.edit", done.Changed.became()
			if done.New {
				what, after = "site.add", strings.Join([]string{site.Name, site.Zone, site.Language}, ", ")
			}
			if err := a.audited(store, what, site.ID, done.Changed.was(), after); err != nil {
				return err
			}
			done.InForce = a.inForce(store)
		}
		if c.JSON {
			return a.printJSON(done)
		}
		return a.printf("%s", done.text())
	})
}

// put stores the site in the place of what is there now. storage.ErrChanged.
func (c *siteAddCmd) put(a *terminal, store storage.Store) (done siteChange, now storage.Site, err error) {
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return done, now, fmt.Errorf("read the sites: %w", err)
	}
	var was storage.Site
	done.New = true
	now = storage.Site{ID: c.ID, Zone: "UTC", Language: "en", Signs: storage.ByFirstName, Created: a.clock()}
	if i := slices.IndexFunc(sites, func(s storage.Site) bool { return s.ID == c.ID }); i >= 0 {
		was, now, done.New = sites[i], sites[i], !sites[i].Gone.IsZero()
		now.Gone = time.Time{}
	} else if c.Name == nil {
		return done, now, usagef("there is no site %q yet. A new one needs --name; see `aftercare site list`", c.ID)
	}
	before := viewSite(now)
	given(c.Name, &now.Name)
	given(c.Zone, &now.Zone)
	given(c.Language, &now.Language)
	given(c.Signs, &now.Signs)
	done.siteView = viewSite(now)
	if !done.New {
		done.Changed.note("name", before.Name, done.Name)
		done.Changed.note("zone", before.Zone, done.Zone)
		done.Changed.note("language", before.Language, done.Language)
		done.Changed.note("replies-as", before.Signs, done.Signs)
		if len(done.Changed) == 0 {
			return done, now, nil
		}
	}
	if err := store.ReplaceSite(a.ctx, was, now); err != nil {
		return done, now, fmt.Errorf("store the site: %w", err)
	}
	return done, now, nil
}

// text says what was done: everything of a new site, what changed of another.
func (d siteChange) text() string {
	facts := fmt.Sprintf("%q, zone %s, language %s, replies-as %s", d.Name, d.Zone, d.Language, d.Signs)
	switch {
	case d.New:
		return fmt.Sprintf("Site %s is added: %s.\n%s", d.ID, facts, d.InForce.text())
	case len(d.Changed) == 0:
		return fmt.Sprintf("Site %s is as it was: %s.\n", d.ID, facts)
	}
	return fmt.Sprintf("Site %s is changed:\n%s%s", d.ID, d.Changed.text(), d.InForce.text())
}

type siteListCmd struct{ outputFlags }

// Run lists the sites.
func (c *siteListCmd) Run(a *terminal) error {
	return a.withStore(func(store storage.Store) error {
		sites, err := store.Sites(a.ctx)
		if err != nil {
			return fmt.Errorf("read the sites: %w", err)
		}
		sites = storage.Present(sites)
		if c.JSON {
			views := make([]siteView, len(sites))
			for i, s := range sites {
				views[i] = viewSite(s)
			}
			return a.printJSON(views)
		}
		if len(sites) == 0 {
			return a.printf("There are no sites yet. Add one: aftercare site add main-street --name \"Main Street\"\n")
		}
		rows := [][]string{{"ID", "NAME", "ZONE", "LANGUAGE"}}
		for _, s := range sites {
			rows = append(rows, []string{s.ID, s.Name, s.Zone, s.Language})
		}
		return a.printTable(rows)
	})
}
