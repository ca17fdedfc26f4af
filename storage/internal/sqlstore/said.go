package sqlstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// saidQueries read what customers wanted said.
type saidQueries struct{ said string }

func newSaidQueries(t *texts) saidQueries {
	return saidQueries{
		said: t.one("SELECT f.id, f.kind, f.at, f.site, f.text, f.session, coalesce(s.flow, ''), coalesce(s.service, ''), coalesce(s.staff, ''), coalesce(s.level, 0)," +
			" coalesce((SELECT c.number FROM cases c WHERE c.bucket = ? AND c.id = f.case_id" + perRow + "), 0)" +
			" FROM feedback f LEFT JOIN read_sessions s ON s.bucket = f.bucket AND s.session = f.session" +
			" WHERE f.bucket = ? AND f.id > '' AND f.at >= ? AND f.at < ? AND " + t.dialect.Among("f.site") + " AND NOT coalesce(s.test, FALSE)" + fitsSession +
			notOfOwn + " AND f.kind = ? AND f.text > '' AND (s.level >= ? OR 0 = ?) AND (s.level BETWEEN 1 AND ? OR 0 = ?)" +
			" AND (f.at, f.id) < (?, ?) ORDER BY f.at DESC, f.id DESC LIMIT ?"),
	}
}

// Said implements storage.Saying: it merges what each bucket has.
func (s *Store) Said(ctx context.Context, f storage.SaidFilter) ([]storage.SaidWords, error) {
	from, to, err := span(f.FigureFilter)
	if err != nil {
		return nil, err
	}
	before := f.Before
	if before.At.IsZero() {
		before = storage.Place{At: to, ID: beyond}
	}
	wide := f.FigureFilter
	wide.Limit *= s.buckets // the newest of all may be any bucket's
	list, _, err := everywhere(s, wide, func(b storage.Bucket, _ int64) ([]storage.SaidWords, error) {
		args := slices.Concat([]any{int64(b), int64(b), micro(from), micro(to), s.dialect.Keys(texted(f.Sites))}, conditions(f.FigureFilter), []any{
			storage.Clean(string(f.Kind)), int64(f.Worst), int64(f.Worst), int64(f.Best), int64(f.Best), micro(before.At), storage.Clean(before.ID), int64(f.Limit),
		})
		return collect(ctx, s, "words that were said", s.q.said, args, func(row scanner) (w storage.SaidWords, err error) {
			err = row.Scan(&w.ID, &w.Kind, &w.At, &w.Site, &w.Text, &w.Session, &w.Flow, &w.Service, &w.Staff, &w.Level, &w.Case)
			w.Bucket, w.At = b, w.At.UTC()
			return w, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read what was said: %w", err)
	}
	slices.SortFunc(list, func(a, b storage.SaidWords) int { return b.Place().Compare(a.Place()) })
	return list[:min(f.Limit, len(list))], nil
}
