package sqlstore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// CompareCells implements storage.Cells. What differs is looked at once more: it may have been counted meanwhile.
func (s *Store) CompareCells(ctx context.Context) (n storage.ComparedCells, err error) {
	all, err := s.cellsThere(ctx)
	if err != nil {
		return n, err
	}
	for _, m := range slices.SortedFunc(maps.Keys(all), cellMark.compare) {
		what := ""
		if len(m.day) == len("2026-03") {
			n.Months++
		} else {
			n.Days++
		}
		if all[m] { // nobody writes one there, and nothing that is counted anew would remove it
			differs(&n, m, "they are in the bucket of another site")
			continue
		}
		for range 2 {
			if what, err = s.unlikeCells(ctx, m); err != nil {
				return n, err
			}
			if what == "" {
				break
			}
		}
		if what == "" {
			continue
		}
		marked, err := s.isMarked(ctx, m)
		if err != nil {
			return n, err
		}
		if marked {
			n.Waiting++
			continue
		}
		differs(&n, m, what)
	}
	return n, s.compareCases(ctx, &n)
}

func differs(n *storage.ComparedCells, m cellMark, what string) {
	n.Different++
	if n.First == "" {
		n.First = fmt.Sprintf("the sums of %s at %q of %q: %s", m.day, m.site, m.flow, what)
	}
}

// cellsThere are the days and months that there are cells of, or should be, and whether some are in a bucket where
// those of their site are not.
func (s *Store) cellsThere(ctx context.Context) (map[cellMark]bool, error) {
	all := map[cellMark]bool{}
	for b := range storage.Bucket(s.buckets) {
		for i, of := range []struct {
			text   string
			tables int
		}{{s.q.dayKeys, 1}, {s.q.cellKeys, 3}, {s.q.mKeys, 2}} {
			found, err := collect(ctx, s, "cells", of.text, slices.Repeat([]any{int64(b)}, of.tables), func(row scanner) (m cellMark, err error) {
				return m, row.Scan(&m.day, &m.site, &m.flow)
			})
			if err != nil {
				return nil, err
			}
			for _, m := range found {
				all[m] = all[m] || i > 0 && b != s.bucketOfCells(m.site)
				if month := (cellMark{m.day[:min(len("2026-03"), len(m.day))], m.site, m.flow}); !all[month] {
					all[month] = false // it is looked at, too
				}
			}
		}
	}
	return all, nil
}

// isMarked reports whether something waits to be counted: of a month, one of its days as well.
func (s *Store) isMarked(ctx context.Context, m cellMark) (bool, error) {
	for b := range storage.Bucket(s.buckets) {
		found, err := collect(ctx, s, "days to count", s.q.marks, []any{int64(b)}, func(row scanner) (m cellMark, err error) {
			return m, row.Scan(&m.day, &m.site, &m.flow)
		})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(found, func(o cellMark) bool { return o.site == m.site && o.flow == m.flow && strings.HasPrefix(o.day, m.day) }) {
			return true, nil
		}
	}
	return false, nil
}

// unlikeCells says how the sums of a day or a month differ from what is counted now, "" where they do not.
func (s *Store) unlikeCells(ctx context.Context, m cellMark) (string, error) {
	b := s.bucketOfCells(m.site)
	at := []any{int64(b), m.site, m.day, m.flow}
	type table struct {
		of     string
		at     []any
		wanted [][]any
	}
	var tables []table
	if len(m.day) == len("2026-03") {
		levels, choices, err := s.countMonth(ctx, m)
		if err != nil {
			return "", err
		}
		tables = []table{{s.q.monthsOf, at, levels}, {s.q.choiceMonthsOf, at, choices}}
		for _, t := range s.sumTables() {
			rows, err := t.rows(ctx, s.read, m, b)
			if err != nil {
				return "", fmt.Errorf("add up cells: %w", s.unavailable(err))
			}
			tables = append(tables, table{t.of, m.sumIn(b), rows})
		}
	} else {
		day, err := s.countDay(ctx, m)
		if err != nil {
			return "", err
		}
		tables = []table{{s.q.cellsOf, at, day.cells}, {s.q.cellQuestionsOf, at, day.questions}, {s.q.choicesOf, at, day.choices}}
	}
	for _, t := range tables {
		there, err := cellRows(ctx, s.read, t.of, t.at)
		if err != nil {
			return "", fmt.Errorf("read cells: %w", s.unavailable(err))
		}
		text := func(rows [][]any) (list []string) {
			for _, row := range rows {
				list = append(list, cellKey(row, len(row)))
			}
			slices.Sort(list)
			return list
		}
		old, want := text(there), text(t.wanted)
		if !slices.Equal(old, want) {
			return fmt.Sprintf("%d rows are there, %d are counted", len(old), len(want)), nil
		}
	}
	return "", nil
}
