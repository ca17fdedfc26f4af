package main

import (
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

type customerTierCmd struct {
	outputFlags
	whom

	Tier string `arg:"" optional:"" help:"The class that they have from now on: MVC, MGC, normal or BZ. Without it, the classes that they have had are shown."`
}

// tierView is since when a customer has a class, as programs see it.
type tierView struct {
	Customer string        `json:"customer"`
	At       time.Time     `json:"at"`
	Tier     recovery.Tier `json:"tier"`
	Told     string        `json:"told,omitempty"`
}

// Run shows, or changes, the class by value.
func (c *customerTierCmd) Run(a *terminal) error {
	store, d, err := a.person(c.ID)
	if err != nil {
		return err
	}
	defer store.Close()
	if len(d.Customers) == 0 {
		return usagef("a class by value belongs to your own key of a customer, and %q has none", c.ID)
	}
	key := d.Customers[0].ID
	if c.Tier != "" {
		at := slices.IndexFunc(recovery.Tiers(), func(t recovery.Tier) bool { return strings.EqualFold(c.Tier, string(t)) })
		if at < 0 {
			return usagef("%q is no class: write MVC, MGC, normal or BZ", c.Tier)
		}
		told := storage.TierChange{Customer: key, At: a.clock().UTC(), Tier: recovery.Tiers()[at], Told: storage.TierByCommand}
		if _, err := store.SetTier(a.ctx, told); err != nil {
			return err
		}
		if d.Tiers, err = store.TiersOf(a.ctx, key); err != nil {
			return err
		}
	}
	all := []tierView{}
	rows := [][]string{{"SINCE", "CLASS", "TOLD BY"}}
	for _, t := range d.Tiers {
		all = append(all, tierView{t.Customer, t.At, t.Tier, t.Told})
		rows = append(rows, []string{t.At.Format(time.DateOnly), string(t.Tier), t.Told})
	}
	if c.JSON {
		return a.printJSON(all)
	}
	if len(all) == 0 {
		return a.printf("No class by value is known of %s.\n", key)
	}
	return a.printTableIfAny(rows)
}
