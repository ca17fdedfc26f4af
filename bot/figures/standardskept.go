package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// KindStandards is the kind of the result that says how services kept to the standards in force when it was made.
const KindStandards = "standards"

// servedBatch is how many services are held in memory at a time.
const servedBatch = 20_000

// mostServedHeld is how many records of a customer and a rate are held at once: some 40 bytes each.
const mostServedHeld = 3_000_000

// makeStandards holds the services of a year against the standards: JSON.
func makeStandards(ctx context.Context, from *Source, of ResultKey) ([]byte, error) {
	f := from.Filter(of)
	first, last, err := endsOf(f)
	if err != nil {
		return nil, err
	}
	var standards []invitation.Standard
	if from.Standards != nil {
		if standards, err = from.Standards(ctx); err != nil {
			return nil, fmt.Errorf("read the standards: %w", err)
		}
	}
	c := NewStandardCount(standards, from.zone, f.From, f.To, from.Now)
	err = inParts(c.whom, from.most(mostServedHeld), func(full func() bool) error {
		if err := from.servedUntil(ctx, storage.ServedFilter{Sites: f.Sites, From: first, To: last, Limit: servedBatch}, func(e *storage.ServedEvent) bool {
			c.Add(e)
			return full()
		}); err != nil || full() {
			return err
		}
		if err := from.hear(ctx, f, c); err != nil {
			return fmt.Errorf("read cases: %w", err)
		}
		return nil
	}, c)
	if err != nil {
		return nil, err
	}
	return json.Marshal(c.Figures())
}

// servedUntil calls enough for every service of a filter, in the order of their places in each bucket, until it says
// so.
func (s *Source) servedUntil(ctx context.Context, f storage.ServedFilter, enough func(*storage.ServedEvent) bool) error {
	for b, after := storage.Bucket(0), (storage.ServedPlace{}); ; {
		list, err := s.ServedOn(ctx, b, after, f)
		if err != nil {
			return fmt.Errorf("read services: %w", err)
		}
		for i := range list {
			if enough(&list[i]) {
				return nil
			}
		}
		if len(list) < f.Limit {
			return nil
		}
		last := &list[len(list)-1]
		after, b = last.Place(), storage.EventBucket(last.Name(), s.Buckets())
	}
}

// hear notes whose cases opened since the first day of a filter: one at another site, or of another service, is one as
// well.
func (s *Source) hear(ctx context.Context, f storage.FigureFilter, c *StandardCount) error {
	sites, err := s.Store.Sites(ctx)
	if err != nil {
		return err
	}
	f = storage.FigureFilter{From: f.From, To: s.Today.Format(time.DateOnly), Limit: Most}
	for i := range sites {
		f.Sites = append(f.Sites, sites[i].ID)
	}
	return EachCase(ctx, s.Store, f, func(k *storage.FigureCase) { c.Hear(k.Customer) })
}

// EachCase calls each for every case of a filter, however many they are: where they are more than its limit, half of
// the days is read at a time, and of a day that has more by itself twice as many as the limit, until all are read.
func EachCase(ctx context.Context, from storage.Figuring, f storage.FigureFilter, each func(*storage.FigureCase)) error {
	list, more, err := from.FigureCases(ctx, f)
	if err != nil {
		return err
	}
	if !more {
		for i := range list {
			each(&list[i])
		}
		return nil
	}
	first, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return err
	}
	last, err := time.Parse(time.DateOnly, f.To)
	if err != nil {
		return err
	}
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	if days <= 1 {
		f.Limit *= 2
		return EachCase(ctx, from, f, each)
	}
	one, other := f, f
	one.To = first.AddDate(0, 0, days/2-1).Format(time.DateOnly)
	other.From = first.AddDate(0, 0, days/2).Format(time.DateOnly)
	if err := EachCase(ctx, from, one, each); err != nil {
		return err
	}
	return EachCase(ctx, from, other, each)
}

// StandardsIn reads what a result of KindStandards holds, of the standards that are still in force. Where
// these are not those that it was made of, the figures say that they changed.
func StandardsIn(body []byte, standards []invitation.Standard) (f StandardFigures, err error) {
	if err := json.Unmarshal(body, &f); err != nil {
		return f, err
	}
	now := map[string]*invitation.Standard{(&Standard{}).Key(): nil}
	for i := range standards {
		now[(&Standard{Of: &standards[i]}).Key()] = &standards[i]
	}
	all := f.All[:0]
	for _, one := range f.All {
		of, known := now[one.Key()]
		if one.Of = of; known {
			all = append(all, one)
		}
	}
	f.All = all
	if f.Changed = !slices.Equal(slices.Compact(f.Against), slices.Sorted(maps.Keys(now))); f.Changed {
		f.Silent = report.Clustered{Rate: report.Rate{}.Hide()}
	}
	return f, nil
}

// Among is how many services there are on the days from one to another.
func (f *StandardFigures) Among(from, to string) (n int) {
	for day, k := range f.Days {
		if from <= day && day <= to {
			n += k
		}
	}
	return n
}
