package app

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/bot/snapshot"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// keeping is what makes figures in the background.
func (a *App) keeping() *figures.Keeping {
	return figures.NewKeeping(a.store, func() figures.Source {
		return FiguresFrom(a.store, a.bot.Configuration().Now(), a.asking, a.Clock())
	}, figures.Makers(), a.Clock, a.Log)
}

// FiguresFrom is what figures are made from in the background: the newest version of each survey of customers, and the
// sites and standards that are in force.
func FiguresFrom(store storage.Store, snap *snapshot.Snapshot, asks *asking.Asking, now time.Time) figures.Source {
	from := figures.Source{
		Store: store, Flows: map[string]*survey.Flow{}, Sites: snap.EverySite(), Today: snap.NewestDay(now), Now: now,
		Zone: func(site string) *time.Location { return snap.Site(site).Zone },
		Standards: func(ctx context.Context) ([]invitation.Standard, error) {
			policy, err := asks.Policy(ctx)
			return policy.Standards, err
		},
	}
	for key, f := range snap.Flows {
		if known := from.Flows[key.ID]; slices.Contains(storage.CustomerClasses, string(f.Class)) && (known == nil || known.Version < key.Version) {
			from.Flows[key.ID] = &f.Flow
		}
	}
	return from
}
