package sqlstore

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// FigureCases implements storage.Figuring. Days that are to be put together anew are read case by case meanwhile.
func (s *Store) FigureCases(ctx context.Context, f storage.FigureFilter) ([]storage.FigureCase, bool, error) {
	if len(f.Sites) == 0 {
		return nil, false, nil
	}
	all, err := s.casesKept(ctx, &f)
	if err != nil {
		return nil, false, err
	}
	list := placeCases(all, &f)
	most := f.Limit + 1
	err = s.inEach(func(b storage.Bucket) error {
		if err := all[b].read(&f, most); err != nil {
			return err
		}
		return s.addStale(ctx, b, &all[b], &f, int64(most))
	})
	if err != nil {
		return nil, false, err
	}
	for b := range all {
		if all[b].full { // it is not known how many of the others fit
			return nil, true, nil
		}
	}
	list, more := joinCases(list, all, f.Limit)
	return list, more, nil
}

// placeCases makes the one place in which the cases of all buckets are made, where a filter takes all of its days: no
// bucket has more of it than the limit and one. Where it takes some, each bucket has a place that grows.
func placeCases(all []bucketCases, f *storage.FigureFilter) []storage.FigureCase {
	if f.Flow != "" || f.Service != "" || f.Staff != "" || f.Language != "" || f.Channel != "" {
		return nil
	}
	sizes, n := make([]int, len(all)), 0
	for b := range all {
		sizes[b] = min(all[b].records(), f.Limit+1)
		n += sizes[b]
	}
	list, at := make([]storage.FigureCase, n), 0
	for b, size := range sizes {
		all[b].list, at = list[at:at:at+size], at+size
	}
	return list[:0]
}

// joinCases puts what buckets have together, up to a limit, and says whether there is more. Few cases do not keep a
// place that was made for many.
func joinCases(list []storage.FigureCase, all []bucketCases, limit int) ([]storage.FigureCase, bool) {
	n := 0
	for b := range all {
		n += len(all[b].list) + len(all[b].anew)
	}
	list = slices.Grow(list, n)
	for b := range all {
		list = append(list, all[b].list...) // in its place already, or moved to the front
	}
	for b := range all {
		list = append(list, all[b].anew...)
	}
	more := len(list) > limit
	list = list[:min(len(list), limit)]
	if len(list) < cap(list)/4 {
		list = slices.Clone(list)
	}
	return list, more
}

// bucketCases are the cases of figures in a bucket: as days keep them, and those of days that are to be put together
// anew.
type bucketCases struct {
	kept  []keptDay
	stale map[caseDay]bool
	list  []storage.FigureCase
	anew  []storage.FigureCase
	full  bool // there are more than the limit of these
}

// records is how many cases days keep, at least.
func (c *bucketCases) records() (n int) {
	for i := range c.kept {
		n += strings.Count(c.kept[i].facts, aRecord)
	}
	return n
}

// read reads the cases that days keep, up to so many: who asks takes no more from all buckets together.
func (c *bucketCases) read(f *storage.FigureFilter, most int) (err error) {
	for i := range c.kept {
		for site, facts := range siteDays(&c.kept[i]) {
			if c.list, err = readFacts(c.list, f, site, facts, most); err != nil {
				return fmt.Errorf("read the cases of a day at %q: %w", site, err)
			}
			if len(c.list) >= most {
				return nil
			}
		}
	}
	return nil
}

// siteDays are the sites of days, with what these keep: of one, or of many that the database put together.
func siteDays(of *keptDay) iter.Seq2[string, string] {
	return func(yield func(site, facts string) bool) {
		if of.day != "" {
			yield(of.site, of.facts)
			return
		}
		for day := range strings.SplitSeq(of.facts, dayEnd) {
			if site, facts, _ := strings.Cut(day, aUnit); !yield(site, facts) {
				return
			}
		}
	}
}

// casesKept reads what days keep that may have cases of a filter, by bucket: of few days by one statement.
func (s *Store) casesKept(ctx context.Context, f *storage.FigureFilter) ([]bucketCases, error) {
	from, to, err := span(*f)
	if err != nil {
		return nil, err
	}
	at := s.dialect.Keys(texted(f.Sites))
	args := []any{at, storage.Clean(f.From), storage.Clean(f.To), at, from.Add(-farthest).Format(time.DateOnly), to.Add(farthest).Format(time.DateOnly)}
	all := make([]bucketCases, s.buckets)
	put := func(rows []keptDay) {
		for _, d := range rows {
			in := &all[d.bucket]
			if d.facts != "" {
				in.kept = append(in.kept, d)
				continue
			}
			if in.stale == nil {
				in.stale = map[caseDay]bool{}
			}
			in.stale[d.caseDay] = true
		}
	}
	if brief(f) {
		rows, err := ofBuckets(ctx, s, "cases of days", s.q.keptCases, args, scanKeptDay)
		put(rows)
		return all, err
	}
	rows := make([][]keptDay, s.buckets)
	err = s.inEach(func(b storage.Bucket) (err error) {
		rows[b], err = ofBucket(ctx, s, "cases of days", s.q.keptCases, b, args, scanKeptDay)
		return err
	})
	for b := range rows {
		put(rows[b])
	}
	return all, err
}

// addStale reads the cases of days that are to be put together anew, one by one.
func (s *Store) addStale(ctx context.Context, b storage.Bucket, c *bucketCases, f *storage.FigureFilter, most int64) error {
	for _, days := range daysTogether(c.stale) {
		full, err := s.casesOpened(ctx, b, f.Sites, days, most, func(k *storage.FigureCase) {
			if c.stale[caseDayOf(k.Site, k.OpenedAt)] && fitsCase(f, k) {
				c.anew = append(c.anew, *k)
			}
		})
		if err != nil {
			return err
		}
		c.full = c.full || full
	}
	return nil
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

// keptDay is a day with what it keeps; "" = it is to be put together anew. Without a day it is many of them.
type keptDay struct {
	caseDay
	bucket storage.Bucket
	facts  string
}

func scanKeptDay(row scanner) (d keptDay, err error) {
	return d, row.Scan(&d.bucket, &d.site, &d.day, &d.facts)
}

// keptDaysOf are the days at sites of a bucket that cases were put together on which figures put on some days, and
// those that are to be put together anew and on which such cases may have opened: first and last, each.
func (s *Store) keptDaysOf(ctx context.Context, b storage.Bucket, sites []string, on, opened [2]string) ([]keptDay, error) {
	at := s.dialect.Keys(sites)
	return ofBucket(ctx, s, "days of cases", s.q.keptDays, b, []any{at, on[0], on[1], at, opened[0], opened[1]}, scanKeptDay)
}
