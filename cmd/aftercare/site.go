package main

import (
	"cmp"
	"fmt"
	"regexp"
	"time"

	"golang.org/x/text/language"

	"github.com/aftercare/aftercare/storage"
)

// siteCmd groups the commands that work with sites, the branches of a business.
type siteCmd struct {
	Add  siteAddCmd  `cmd:"" help:"Add a site, or change the one with this id."`
	List siteListCmd `cmd:"" help:"List the sites."`
}

type siteAddCmd struct {
	outputFlags
	ID       string `arg:"" help:"A short key for links and reports: small letters, digits and hyphens, such as main-street."`
	Name     string `required:"" help:"The name that customers and staff see."`
	Zone     string `default:"UTC" help:"The site's time zone, such as Europe/Berlin."`
	Language string `default:"en" help:"The language of its staff, such as en or zh-Hans."`
	Signs    string `name:"replies-as" enum:"first,full,team" default:"first" help:"How staff sign what they write to customers: first (Bob), full (Bob Miller), each with the site's name, or team (the site's name alone)."`
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

// Run stores the site.
func (c *siteAddCmd) Run(a *terminal) error {
	if !siteIDForm.MatchString(c.ID) {
		return usagef("%q cannot be a site's id. Use small letters, digits and hyphens, such as main-street", c.ID)
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
		return usagef("%q is not a time zone. Use a name such as Europe/Berlin", c.Zone)
	}
	if _, err := language.Parse(c.Language); err != nil {
		return usagef("%q is not a language. Use a tag such as en or zh-Hans", c.Language)
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	site := storage.Site{ID: c.ID, Name: c.Name, Zone: c.Zone, Language: c.Language, Signs: storage.Signature(c.Signs), Created: a.clock()}
	if err := store.PutSite(a.ctx, site); err != nil {
		return fmt.Errorf("store the site: %w", err)
	}
	if c.JSON {
		return a.printJSON(viewSite(site))
	}
	return a.printf("Site %s is %q.\n", site.ID, site.Name)
}

type siteListCmd struct{ outputFlags }

// Run lists the sites.
func (c *siteListCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return fmt.Errorf("read the sites: %w", err)
	}
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
}
