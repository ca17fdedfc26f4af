package figures

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// Served reads the services of a filter's days, where a day is that of the site at which they ended.
func Served(ctx context.Context, from storage.Serving, f storage.FigureFilter, zone func(site string) *time.Location) ([]storage.ServedEvent, bool, error) {
	first, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return nil, false, err
	}
	last, err := time.Parse(time.DateOnly, f.To)
	if err != nil {
		return nil, false, err
	}
	list, more, err := from.Served(ctx, storage.ServedFilter{
		Sites: f.Sites, From: first.AddDate(0, 0, -1), To: last.AddDate(0, 0, 2), Service: f.Service, Staff: f.Staff, // nowhere is it another day by more
		Flow: f.Flow, Language: f.Language, Channel: f.Channel, Limit: Most,
	})
	return slices.DeleteFunc(list, func(e storage.ServedEvent) bool {
		day := DayOf(&e, zone)
		return day < f.From || day > f.To
	}), more, err
}

// DayOf is the day of a service at its site.
func DayOf(e *storage.ServedEvent, zone func(site string) *time.Location) string {
	return e.At().In(zone(e.Site)).Format(time.DateOnly)
}

// Held is a service, held against a standard.
type Held struct {
	*storage.ServedEvent
	Measured float64 // of a promise: how many minutes late, 0 or less = in time
	Broken   bool
}

// Standard is how a standard was kept, and what that has to do with how customers felt.
type Standard struct {
	Of          *invitation.Standard // nil = that what was promised is kept
	Held        []Held
	Kept        report.Clustered // of the services in which it was measured
	Broken, Met report.Clustered // unsatisfied of who answered where it was broken, and where it was kept
}

// Key tells a standard from others.
func (s *Standard) Key() string {
	if s.Of == nil {
		return "promise"
	}
	return strings.Join(append([]string{s.Of.Measure, s.Of.Limit()}, s.Of.Service...), " ")
}

// promised is by how many minutes a service ended after what was promised.
func promised(e *storage.ServedEvent) (late float64, known bool) {
	if e.Promised == nil || e.Promised.By.IsZero() || e.Ended.IsZero() {
		return 0, false
	}
	return e.Ended.Sub(e.Promised.By).Minutes(), true
}

// Standards holds services against standards and against what was promised. The one that was measured most often
// stands first; one that never was is left out. Services of a customer stand side by side.
func Standards(list []storage.ServedEvent, standards []invitation.Standard) (all []Standard) {
	promise := Standard{}
	for i := range list {
		if late, known := promised(&list[i]); known {
			promise.Held = append(promise.Held, Held{&list[i], late, late > 0})
		}
	}
	all = append(all, promise)
	for i := range standards {
		one := Standard{Of: &standards[i]}
		for k := range list {
			if got, known := list[k].Measures[one.Of.Measure]; known && one.Of.Of(list[k].Service) {
				one.Held = append(one.Held, Held{&list[k], got, one.Of.Breaks(got)})
			}
		}
		all = append(all, one)
	}
	all = slices.DeleteFunc(all, func(s Standard) bool { return len(s.Held) == 0 })
	for i := range all {
		s := &all[i]
		s.Kept = KeptOf(s.Held)
		s.Broken, s.Met = unsatisfiedOf(s.Held, true), unsatisfiedOf(s.Held, false)
	}
	slices.SortStableFunc(all, func(a, b Standard) int { return cmp.Compare(len(b.Held), len(a.Held)) })
	return all
}

// KeptOf is the share of services that kept to a standard.
func KeptOf(held []Held) report.Clustered {
	var t report.Run
	for _, h := range held {
		t.Add(whose(h.ServedEvent), !h.Broken)
	}
	return t.Rate()
}

func unsatisfiedOf(held []Held, broken bool) report.Clustered {
	worst, best := Unsatisfied.Levels()
	var t report.Run
	for _, h := range held {
		if h.Answered && h.Broken == broken {
			t.Add(whose(h.ServedEvent), worst <= h.Level && h.Level <= best)
		}
	}
	return t.Rate()
}

// whose is whose services belong together: one of nobody is alone.
func whose(e *storage.ServedEvent) string {
	if e.Customer == "" {
		return "s:" + e.Name()
	}
	return "p:" + e.Customer
}

// Unheard is how long a broken standard is followed by nothing before that is a failure in silence.
const Unheard = 48 * time.Hour

// Silent are the services of known customers that broke a standard and of which nothing was heard: no answer, and no
// case of the customer. The first of a service's broken standards stands for it. heard are who had a case.
func Silent(all []Standard, heard map[string]bool, now time.Time) (silent []Held, broke []*Standard, rate report.Clustered) {
	t, seen := report.Tally{}, map[string]bool{}
	for i := range all {
		s := &all[i]
		for _, h := range s.Held {
			if !h.Broken || h.Customer == "" || now.Sub(h.At()) < Unheard || seen[h.Name()] {
				continue
			}
			seen[h.Name()] = true
			quiet := !h.Answered && !heard[h.Customer]
			if t.Add(whose(h.ServedEvent), quiet); quiet {
				silent, broke = append(silent, h), append(broke, s)
			}
		}
	}
	return silent, broke, t.Rate()
}
