package figures

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Received returns what customers wanted said on the days of a filter, each by the day at its site; more reports that
// there is more than its limit. Where no zone of a site is known it is UTC. The database knows days of UTC: it is asked
// for a day more at either end, and what came on other days of its site is left out.
func Received(ctx context.Context, from storage.Figuring, f storage.FigureFilter, zones func(site string) *time.Location) (list []storage.ReceivedWords, more bool, err error) {
	wide := f
	if wide.From, err = beside(f.From, -1); err == nil {
		wide.To, err = beside(f.To, 1)
	}
	if err != nil {
		return nil, false, err
	}
	if list, more, err = from.Received(ctx, wide); err != nil {
		return nil, false, err
	}
	return slices.DeleteFunc(list, func(r storage.ReceivedWords) bool {
		day := r.At.In(zoneIn(zones, r.Site)).Format(time.DateOnly)
		return day < f.From || day > f.To
	}), more, nil
}

// beside is the day that lies some days after another.
func beside(day string, days int) (string, error) {
	t, err := time.Parse(time.DateOnly, day)
	return t.AddDate(0, 0, days).Format(time.DateOnly), err
}
