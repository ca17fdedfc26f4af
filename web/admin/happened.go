package admin

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/bot/figures"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/web/chart"
)

// happened is something that a line over time shows at its day: a version of a survey, a change, a note.
type happened struct {
	N         int
	Day, Text string
	URL       string // "" = there is none
}

// mostHappened is how many of them a line shows, the newest; mostVersioned of how many surveys it looks for versions.
const mostHappened, mostVersioned = 12, 6

// happenedIn is what happened on the days of a filter at its sites: changes and notes, alarms, and where they are
// of few surveys, their versions.
func (s *site) happenedIn(ctx context.Context, w *words, f *reportFilter) (all []happened, err error) {
	list, err := s.Store.ImprovementList(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list {
		x := &list[i]
		if x.Day < f.From || x.Day > f.To || x.Site != "" && !slices.Contains(f.Sites, x.Site) {
			continue
		}
		one := happened{Day: x.Day, Text: x.Change, URL: "/improvements/" + x.ID}
		if x.Site != "" && len(f.Sites) > 1 {
			one.Text = s.siteName(w, x.Site) + ": " + one.Text
		}
		all = append(all, one)
	}
	versions, err := casePages{s}.versionsIn(ctx, w, f)
	if err != nil {
		return nil, err
	}
	all = append(all, versions...)
	alarms, err := s.alarmsIn(ctx, w, f)
	if err != nil {
		return nil, err
	}
	all = append(all, alarms...)
	slices.SortStableFunc(all, func(a, b happened) int { return cmp.Compare(a.Day, b.Day) })
	all = all[max(0, len(all)-mostHappened):]
	for i := range all {
		all[i].N = i + 1
	}
	return all, nil
}

// versionsIn are the versions of customers' surveys that were published on those days. The first one changes nothing.
func (s casePages) versionsIn(ctx context.Context, w *words, f *reportFilter) (all []happened, err error) {
	titles, zone := s.customerFlows(w), s.houseZone()
	newest, err := s.Store.FlowSources(ctx)
	if err != nil {
		return nil, err
	}
	newest = slices.DeleteFunc(newest, func(x storage.FlowSource) bool {
		return titles[x.Flow] == "" || f.Flow != "" && x.Flow != f.Flow || x.Version < 2 || x.Published.In(zone).Format(time.DateOnly) < f.From
	})
	if len(newest) > mostVersioned {
		return nil, nil
	}
	for _, x := range newest {
		versions, err := s.Store.FlowVersions(ctx, x.Flow)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if day := v.Published.In(zone).Format(time.DateOnly); v.Version > 1 && day >= f.From && day <= f.To {
				all = append(all, happened{Day: day, Text: w.t("happened_version", titles[x.Flow], v.Version)})
			}
		}
	}
	return all, nil
}

// placed puts what happened onto a line over the filter's days.
func (f *reportFilter) placed(over []figures.Space, all []happened) (marks []chart.At) {
	if len(over) < 2 {
		return nil
	}
	for _, x := range all {
		i, ok := figures.At(over, x.Day)
		if !ok {
			continue
		}
		first, _ := time.Parse(time.DateOnly, over[i].First)
		last, _ := time.Parse(time.DateOnly, over[i].Last)
		day, _ := time.Parse(time.DateOnly, x.Day)
		// A point stands for its whole space: the first day lies half a space before it.
		within := (day.Sub(first).Hours()/24+0.5)/(last.Sub(first).Hours()/24+1) - 0.5
		marks = append(marks, chart.At{X: (float64(i) + within) / float64(len(over)-1), N: x.N, Words: strconv.Itoa(x.N) + ". " + x.Day + ": " + x.Text})
	}
	return marks
}
