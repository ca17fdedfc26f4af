package sqlstore

import (
	"context"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// CellsReady implements storage.Cells.
func (s *Store) CellsReady(ctx context.Context) (bool, error) {
	left, err := ofBuckets(ctx, s, "whether all days are counted", s.q.unready, nil, func(row scanner) (n int, err error) {
		return n, row.Scan(&n)
	})
	return !slices.ContainsFunc(left, func(n int) bool { return n > 0 }), err
}

// Cells implements storage.Cells.
func (s *Store) Cells(ctx context.Context, f storage.FigureFilter, by storage.CellsBy) ([]storage.Cell, error) {
	dimension, sites := dimensionOf(f, by), s.dialect.Keys(texted(f.Sites))
	days := bySpan(f.From, f.To, dimension, sites)
	if by == storage.CellsDay {
		days = append([]any{dimension}, s.inDays(0, f)[1:]...)
	}
	args := append(days, conditions(f)...)
	return ofBuckets(ctx, s, "cells", s.q.cells[by], args, func(row scanner) (c storage.Cell, err error) {
		l := &c.Levels
		return c, row.Scan(&c.Site, &c.Month, &c.Flow, &c.Key, &l[0], &l[1], &l[2], &l[3], &l[4], &l[5], &l[6])
	})
}

// dimensionOf is which cells say what is asked for.
func dimensionOf(f storage.FigureFilter, by storage.CellsBy) string {
	dimension := ""
	for _, d := range storage.CellDimensions() {
		if d == by || d.Of(&f) != "" {
			if dimension != "" {
				return everything
			}
			dimension = string(d)
		}
	}
	return dimension
}

// CellMonths implements storage.Cells.
func (s *Store) CellMonths(ctx context.Context, f storage.FigureFilter, dimensions ...storage.CellsBy) ([]storage.CellMonth, error) {
	if len(f.From) < 7 || len(f.To) < 7 {
		return nil, nil
	}
	var all []storage.CellMonth
	for _, d := range dimensions {
		key := storage.Clean(d.Of(&f))
		args := []any{
			string(d), s.dialect.Keys(texted(f.Sites)), storage.Clean(f.From[:7]), storage.Clean(f.To[:7]),
			storage.Clean(f.Flow), storage.Clean(f.Flow), key, key,
		}
		list, err := ofBuckets(ctx, s, "months of cells", s.q.cellMonths, args, func(row scanner) (c storage.CellMonth, err error) {
			var pairs string
			c.Dimension = d
			if err := row.Scan(&c.Site, &c.Month, &c.Flow, &c.Key, &c.Customers, &c.Most, &pairs); err != nil {
				return c, err
			}
			return c, readSums(pairs, &c)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// CellQuestions implements storage.Cells.
func (s *Store) CellQuestions(ctx context.Context, f storage.FigureFilter) ([]storage.CellQuestion, error) {
	args := append(bySpan(f.From, f.To, s.dialect.Keys(texted(f.Sites))), storage.Clean(f.Flow), storage.Clean(f.Flow))
	return ofBuckets(ctx, s, "scores of cells", s.q.cellQuestions, args, func(row scanner) (c storage.CellQuestion, err error) {
		return c, row.Scan(&c.Site, &c.Month, &c.Flow, &c.Question, &c.N, &c.Sum, &c.Squares)
	})
}
