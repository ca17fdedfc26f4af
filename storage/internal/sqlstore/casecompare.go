package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// compareCases compares the days of cases that are not to be put together anew with what they would be now. What
// differs is looked at once more.
func (s *Store) compareCases(ctx context.Context, n *storage.ComparedCells) error {
	for b := range storage.Bucket(s.buckets) {
		missing := map[caseDay]bool{}
		opened, err := collect(ctx, s, "days of cases", s.q.openedOn, []any{int64(b)}, func(row scanner) (d caseDay, err error) {
			var at time.Time
			err = row.Scan(&d.site, &at)
			return caseDayOf(d.site, at), err
		})
		if err != nil {
			return err
		}
		for _, d := range opened {
			missing[d] = true
		}
		sites := map[string]bool{}
		for d := range missing {
			sites[d.site] = true
		}
		kept, err := s.keptFacts(ctx, b, slices.Sorted(maps.Keys(sites)), "0", "9")
		if err != nil {
			return err
		}
		for _, d := range slices.SortedFunc(maps.Keys(kept), caseDay.compare) {
			delete(missing, d)
			n.CaseDays++
			if kept[d] == "" {
				n.Waiting++
				continue
			}
			if err := s.compareCaseDay(ctx, b, d, kept[d], n); err != nil {
				return err
			}
		}
		for _, d := range slices.SortedFunc(maps.Keys(missing), caseDay.compare) {
			differsIn(n, d, "there are none")
		}
	}
	return nil
}

func (s *Store) compareCaseDay(ctx context.Context, b storage.Bucket, d caseDay, was string, n *storage.ComparedCells) error {
	for range 2 {
		_, _, now, err := s.factsNow(ctx, b, d)
		if err != nil || was == now {
			return err
		}
		again, err := s.keptFacts(ctx, b, []string{d.site}, d.day, d.day)
		if err != nil {
			return err
		}
		if was = again[d]; was == "" {
			n.Waiting++
			return nil
		}
	}
	differsIn(n, d, "they are not what the cases say")
	return nil
}

// keptFacts is what days at sites keep, first and last.
func (s *Store) keptFacts(ctx context.Context, b storage.Bucket, sites []string, first, last string) (map[caseDay]string, error) {
	list, err := s.keptDaysOf(ctx, b, sites, [2]string{"0", "9"}, [2]string{first, last})
	kept := make(map[caseDay]string, len(list))
	for i := range list {
		if d := list[i].caseDay; first <= d.day && d.day <= last {
			kept[d] = list[i].facts
		}
	}
	return kept, err
}

func differsIn(n *storage.ComparedCells, d caseDay, what string) {
	n.Different++
	if n.First == "" {
		n.First = fmt.Sprintf("the facts of the cases of %s at %q: %s", d.day, d.site, what)
	}
}
