package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// Visits implements storage.Serving.
func (s *Store) Visits(ctx context.Context, customers []string) (map[string][]time.Time, error) {
	type visit struct {
		customer string
		at       time.Time
	}
	all := map[string][]time.Time{}
	for b := range storage.Bucket(s.buckets) {
		for some := range slices.Chunk(customers, 1000) {
			found, err := collect(ctx, s, "visits", s.q.visitsOf.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (v visit, err error) {
				return v, row.Scan(&v.customer, &v.at)
			})
			if err != nil {
				return nil, err
			}
			for _, v := range found {
				all[v.customer] = append(all[v.customer], v.at.UTC())
			}
		}
	}
	for _, visits := range all {
		slices.SortFunc(visits, time.Time.Compare)
	}
	return all, nil
}

// Mystery implements storage.Serving.
func (s *Store) Mystery(ctx context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.GivenSession, error) {
		args := slices.Concat([]any{int64(b), int64(b)}, s.inDays(b, f), []any{ofMystery}, conditions(f), []any{most})
		return collect(ctx, s, "what mystery guests gave", s.q.given.others, args, scanGiven)
	})
	slices.SortFunc(list, func(a, b storage.GivenSession) int { return strings.Compare(a.Customer, b.Customer) })
	return list, more, err
}
