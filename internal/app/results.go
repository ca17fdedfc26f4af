package app

import (
	"slices"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// keeping is what makes figures in the background.
func (a *App) keeping() *figures.Keeping {
	return figures.NewKeeping(a.store, a.figuresFrom, figures.Makers(), a.Clock, a.Log)
}

// figuresFrom is what figures are made from now.
func (a *App) figuresFrom() figures.Source {
	snap := a.bot.Configuration().Now()
	from := figures.Source{Store: a.store, Flows: map[string]*survey.Flow{}, Sites: snap.EverySite(), Today: snap.NewestDay(a.Clock()), Zone: func(site string) *time.Location { return snap.Site(site).Zone }}
	for key, f := range snap.Flows {
		if known := from.Flows[key.ID]; slices.Contains(storage.CustomerClasses, string(f.Class)) && (known == nil || known.Version < key.Version) {
			from.Flows[key.ID] = &f.Flow
		}
	}
	return from
}
