package app

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// keeping is what makes figures in the background.
func (a *App) keeping() *figures.Keeping {
	return figures.NewKeeping(a.store, a.figuresFrom, figures.Makers(), a.Clock, a.Log)
}

// standards are those of services that are in force.
func (a *App) standards(ctx context.Context) ([]invitation.Standard, error) {
	policy, err := a.asking.Policy(ctx)
	return policy.Standards, err
}

// figuresFrom is what figures are made from now.
func (a *App) figuresFrom() figures.Source {
	snap := a.bot.Configuration().Now()
	now := a.Clock()
	from := figures.Source{
		Store: a.store, Flows: map[string]*survey.Flow{}, Sites: snap.EverySite(), Today: snap.NewestDay(now), Now: now,
		Zone: func(site string) *time.Location { return snap.Site(site).Zone }, Standards: a.standards,
	}
	for key, f := range snap.Flows {
		if known := from.Flows[key.ID]; slices.Contains(storage.CustomerClasses, string(f.Class)) && (known == nil || known.Version < key.Version) {
			from.Flows[key.ID] = &f.Flow
		}
	}
	return from
}
