package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// knownSites refuses names of which there is no site. One that was removed is known: its rows are there.
func (a *terminal) knownSites(store storage.Store, named ...string) error {
	if len(named) == 0 {
		return nil
	}
	sites, err := store.Sites(a.ctx)
	if err != nil {
		return fmt.Errorf("read the sites: %w", err)
	}
	for _, id := range named {
		if !slices.ContainsFunc(sites, func(s storage.Site) bool { return s.ID == id }) {
			return fmt.Errorf("there is no site %q. See `aftercare site list`", id)
		}
	}
	return nil
}

// knownFlow refuses a name of no survey, published or shipped; "" is none. Rows are of every version.
func (a *terminal) knownFlow(store storage.Store, named string) error {
	if named == "" {
		return nil
	}
	if strings.Contains(named, "@") {
		return usagef("rows are of every version of a survey. Write --flow without the @")
	}
	_, err := lookUp(a.ctx, store, named)
	return err
}
