package figures

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/storage"
)

// KindStandards is the kind of the result that says how services kept to the standards in force when it was made.
const KindStandards = "standards"

// servedBatch is how many services are held in memory at a time.
const servedBatch = 20_000

// shortest is the shortest time that is divided no further.
const shortest = time.Second

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
	for at := first; at.Before(last); at = at.AddDate(0, 0, 1) {
		err := divided(at, at.AddDate(0, 0, 1), shortest, func(a, b time.Time) (bool, error) {
			list, more, err := from.Served(ctx, storage.ServedFilter{Sites: f.Sites, From: a, To: b, Limit: servedBatch})
			if err == nil && !more {
				for i := range list {
					c.Add(&list[i])
				}
			}
			return more, err
		})
		if err != nil {
			return nil, fmt.Errorf("read services: %w", err)
		}
	}
	if err := from.hear(ctx, f, c); err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return json.Marshal(c.Figures())
}

// hear notes whose cases opened since the first day of a filter: one at another site, or of another service, is one as
// well.
func (s *Source) hear(ctx context.Context, f storage.FigureFilter, c *StandardCount) error {
	sites, err := s.Store.Sites(ctx)
	if err != nil {
		return err
	}
	f = storage.FigureFilter{From: f.From, To: f.To, Limit: Most}
	for i := range sites {
		f.Sites = append(f.Sites, sites[i].ID)
	}
	first, err := time.Parse(time.DateOnly, f.From)
	if err != nil {
		return err
	}
	return divided(first, s.Today.AddDate(0, 0, 1), 24*time.Hour, func(a, b time.Time) (bool, error) {
		f.From, f.To = a.Format(time.DateOnly), b.AddDate(0, 0, -1).Format(time.DateOnly)
		list, more, err := s.FigureCases(ctx, f)
		if err == nil && !more {
			for i := range list {
				c.Hear(list[i].Customer)
			}
		}
		return more, err
	})
}

// divided reads what lies between two moments: at once, or, while that is more than is read at once, in halves of whole
// parts. ErrTooMany: a part has more.
func divided(from, to time.Time, part time.Duration, read func(from, to time.Time) (more bool, err error)) error {
	more, err := read(from, to)
	if err != nil || !more {
		return err
	}
	half := (to.Sub(from) / 2).Truncate(part)
	if half <= 0 {
		return ErrTooMany
	}
	if err := divided(from, from.Add(half), part, read); err != nil {
		return err
	}
	return divided(from.Add(half), to, part, read)
}

// StandardsIn reads what a result of KindStandards holds, of the standards that are still in force.
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
