package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// FigureCases implements storage.Figuring. Days that are to be put together anew are read case by case meanwhile.
func (s *Store) FigureCases(ctx context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	from, to, err := span(f)
	if err != nil {
		return nil, false, err
	}
	first, last := from.Add(-farthest).Format(time.DateOnly), to.Add(farthest).Format(time.DateOnly)
	on := [2]string{storage.Clean(f.From), storage.Clean(f.To)}
	all := make([][]keptDay, s.buckets)
	together := brief(&f)
	if together && len(f.Sites) > 0 {
		kept, err := s.keptDaysOf(ctx, nil, texted(f.Sites), on, [2]string{first, last})
		if err != nil {
			return nil, false, err
		}
		for i := range kept {
			all[kept[i].bucket] = append(all[kept[i].bucket], kept[i])
		}
	}
	return everywhere(s, f, func(b storage.Bucket, most int64) (list []storage.FigureCase, err error) {
		add := func(c *storage.FigureCase) {
			if fitsCase(&f, c) {
				list = append(list, *c)
			}
		}
		kept := all[b]
		if !together {
			if kept, err = s.keptDaysOf(ctx, &b, texted(f.Sites), on, [2]string{first, last}); err != nil {
				return nil, err
			}
		}
		stale, n := map[caseDay]bool{}, 0
		for i := range kept {
			n += strings.Count(kept[i].facts, aRecord)
		}
		list = make([]storage.FigureCase, 0, min(n, int(most)))
		for i := range kept {
			d := &kept[i]
			if d.facts == "" {
				stale[d.caseDay] = true
			} else if list, err = readFacts(list, &f, d.site, d.facts); err != nil {
				return nil, fmt.Errorf("read the cases of %s: %w", d.day, err)
			}
		}
		for _, days := range daysTogether(stale) {
			full, err := s.casesOpened(ctx, b, f.Sites, days, most, func(c *storage.FigureCase) {
				if stale[caseDayOf(c.Site, c.OpenedAt)] {
					add(c)
				}
			})
			if err != nil {
				return nil, err
			}
			if full { // it is not known how many of the others fit
				return make([]storage.FigureCase, most), nil
			}
		}
		return list, nil
	})
}

// mostTogether is how many stretches of days are read one by one: of more, what lies between them is read as well.
const mostTogether = 8

// daysTogether are the stretches of days, first and last, that days lie in.
func daysTogether(of map[caseDay]bool) (all [][2]string) {
	for _, d := range slices.SortedFunc(maps.Keys(of), caseDay.compare) {
		if n := len(all); n > 0 && nextDay(all[n-1][1]) >= d.day {
			all[n-1][1] = d.day
			continue
		}
		all = append(all, [2]string{d.day, d.day})
	}
	if n := len(all); n > mostTogether {
		return [][2]string{{all[0][0], all[n-1][1]}}
	}
	return all
}

func nextDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, 1).Format(time.DateOnly)
}

// keptDay is a day with what it keeps; "" = it is to be put together anew.
type keptDay struct {
	caseDay
	bucket storage.Bucket
	facts  string
}

func scanKeptDay(row scanner) (d keptDay, err error) {
	return d, row.Scan(&d.bucket, &d.site, &d.day, &d.facts)
}

// keptDaysOf are the days at sites that cases were put together on which figures put on some days, and those that
// are to be put together anew and on which such cases may have opened: first and last, each. b: of one bucket.
func (s *Store) keptDaysOf(ctx context.Context, b *storage.Bucket, sites []string, on, opened [2]string) ([]keptDay, error) {
	at := s.dialect.Keys(sites)
	args := []any{at, on[0], on[1], at, opened[0], opened[1]}
	if b != nil {
		return ofBucket(ctx, s, "days of cases", s.q.keptDays, *b, args, scanKeptDay)
	}
	return ofBuckets(ctx, s, "days of cases", s.q.keptDays, args, scanKeptDay)
}
