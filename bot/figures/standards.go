package figures

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Served reads the services of a filter's days, where a day is that of the site at which they ended, in no order: more
// reports that more than the limit lie in these days.
func Served(ctx context.Context, from storage.Serving, f storage.FigureFilter, zone func(site string) *time.Location) (list []storage.ServedEvent, more bool, err error) {
	zones := map[string][]string{} // sites by the name of their zone
	for _, site := range f.Sites {
		name := zone(site).String()
		zones[name] = append(zones[name], site)
	}
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		of := storage.ServedFilter{
			Sites: zones[name], Service: f.Service, Staff: f.Staff, Flow: f.Flow, Language: f.Language, Channel: f.Channel, Limit: f.Limit - len(list),
		}
		if of.From, of.To, err = endsAt(f, zone(of.Sites[0])); err != nil {
			return nil, false, err
		}
		some, more, err := from.Served(ctx, of)
		if err != nil || more {
			return nil, more, err
		}
		list = append(list, some...)
	}
	return list, false, nil
}

// endsAt are the moments at which the days of a filter begin, and at which the day behind them does, in a zone.
func endsAt(f storage.FigureFilter, zone *time.Location) (first, last time.Time, err error) {
	from, to, err := endsOf(f)
	if err != nil {
		return first, last, err
	}
	// The days of a zone need not begin at midnight, and one may be left out: its clock says where they do.
	from, seconds := from.AddDate(0, 0, -1), int(to.AddDate(0, 0, 1).Sub(from.AddDate(0, 0, -1))/time.Second)
	begins := func(is func(day string) bool) time.Time {
		at := func(i int) time.Time { return from.Add(time.Duration(i) * time.Second) }
		return at(sort.Search(seconds, func(i int) bool { return is(at(i).In(zone).Format(time.DateOnly)) }))
	}
	return begins(func(day string) bool { return day >= f.From }), begins(func(day string) bool { return day > f.To }), nil
}

// endsOf are moments before and behind the days of a filter, wherever a site is: nowhere is it another day by more.
func endsOf(f storage.FigureFilter) (first, last time.Time, err error) {
	if first, err = time.Parse(time.DateOnly, f.From); err != nil {
		return first, last, err
	}
	last, err = time.Parse(time.DateOnly, f.To)
	return first.AddDate(0, 0, -1), last.AddDate(0, 0, 2), err
}

// DayOf is the day of a service at its site.
func DayOf(e *storage.ServedEvent, zone func(site string) *time.Location) string {
	return e.At().In(zone(e.Site)).Format(time.DateOnly)
}

// Standard is how a standard was kept, and what that has to do with how customers felt. What too few services say is
// hidden, and what that would follow from.
type Standard struct {
	Of          *invitation.Standard // nil = that what was promised is kept
	N           int                  // services in which it was measured
	Kept        report.Clustered     // of these
	Broken, Met report.Clustered     // unsatisfied of who answered where it was broken, and where it was kept
	// Kept of the services of each space of time, by its first day, of each site, and of each kind of service.
	Over, Sites, Services map[string]report.Clustered
}

// Key tells a standard from others.
func (s *Standard) Key() string {
	if s.Of == nil {
		return "promise"
	}
	return strings.Join(append([]string{s.Of.Measure, s.Of.Limit()}, s.Of.Service...), " ")
}

// measured is what a standard measures of a service, of a promise how many minutes it was late; known is false where
// that is not known.
func measured(of *invitation.Standard, e *storage.ServedEvent) (got float64, broken, known bool) {
	if of == nil {
		if e.Promised == nil || e.Promised.By.IsZero() || e.Ended.IsZero() {
			return 0, false, false
		}
		got = e.Ended.Sub(e.Promised.By).Minutes()
		return got, got > 0, true
	}
	if got, known = e.Measures[of.Measure]; !known || !of.Of(e.Service) {
		return 0, false, false
	}
	return got, of.Breaks(got), true
}

// StandardFigures is how services of some days were held against standards and against what was promised.
type StandardFigures struct {
	From, To string
	Days     map[string]int // services on each day
	// All are the standards; the one that was measured most often stands first, and one that never was is left out.
	All []Standard
	// Silent are, of the services of known customers that broke a standard two days ago or longer, those of which
	// nothing was heard: no answer, and no case of the customer.
	Silent report.Clustered
	// Against are the keys of the standards that it was made of, in their order. Changed: others are in force now, so
	// Silent, which is of those, is hidden.
	Against []string
	Changed bool `json:"-"`
}

// Unheard is how long a broken standard is followed by nothing before that is a failure in silence.
const Unheard = 48 * time.Hour

// Held is a service that broke a standard.
type Held struct {
	*storage.ServedEvent
	Broke    *Standard
	Measured float64 // of a promise: how many minutes late
}

// Silent are the services of known customers that broke a standard and of which nothing was heard, as StandardFigures
// counts them. The first of a service's broken standards stands for it. heard are who had a case.
func Silent(list []storage.ServedEvent, all []Standard, heard map[string]bool, now time.Time) (silent []Held) {
	for i := range list {
		e := &list[i]
		if e.Customer == "" || e.Answered || heard[e.Customer] || now.Sub(e.At()) < Unheard {
			continue
		}
		for k := range all {
			if got, broken, known := measured(all[k].Of, e); known && broken {
				silent = append(silent, Held{e, &all[k], got})
				break
			}
		}
	}
	return silent
}
