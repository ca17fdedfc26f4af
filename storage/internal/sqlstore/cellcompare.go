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
		if len(m.day) == len("2026-03") {
			n.Months++
		} else {
			n.Days++
		}
		if err := s.compareMarked(ctx, &n, m, all[m], s.unlikeCells); err != nil {
			return n, err
		}
	}
	if err := s.compareAsked(ctx, &n); err != nil {
		return n, err
	}
	return n, s.compareCases(ctx, &n)
}

// compareMarked compares a day or a month, unless it is in a bucket where it should not be.
func (s *Store) compareMarked(ctx context.Context, n *storage.ComparedCells, m cellMark, elsewhere bool,
	unlike func(context.Context, cellMark) (string, error),
) (err error) {
	if elsewhere { // nobody writes one there, and nothing that is counted anew would remove it
		differs(n, m, "they are in the bucket of another site")
		return nil
	}
	what := ""
	for range 2 {
		if what, err = unlike(ctx, m); err != nil || what == "" {
			return err
		}
	}
	marked, err := s.isMarked(ctx, m)
	if err != nil {
		return err
	}
	if marked {
		n.Waiting++
	} else {
		differs(n, m, what)
	}
	return nil
}

func differs(n *storage.ComparedCells, m cellMark, what string) {
	n.Different++
	if n.First == "" {
		of, asks := m.isAsk()
		kind := "the sums"
		if asks {
			kind = "the sums of who was asked"
		}
		n.First = fmt.Sprintf("%s of %s at %q of %q: %s", kind, of.day, of.site, of.flow, what)
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
			found, err := s.marksBy(ctx, of.text, slices.Repeat([]any{int64(b)}, of.tables)...)
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
		found, err := s.marksBy(ctx, s.q.marks, int64(b))
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(found, func(o cellMark) bool { return o.site == m.site && o.flow == m.flow && strings.HasPrefix(o.day, m.day) }) {
			return true, nil
		}
	}
	return false, nil
}

// wantedRows are the rows that a statement is to find.
type wantedRows struct {
	of     string
	at     []any
	wanted [][]any
}

// unlikeCells says how the sums of a day or a month differ from what is counted now, "" where they do not.
func (s *Store) unlikeCells(ctx context.Context, m cellMark) (string, error) {
	b := s.bucketOfCells(m.site)
	at := []any{int64(b), m.site, m.day, m.flow}
	if len(m.day) == len("2026-03") {
		levels, choices, err := s.countMonth(ctx, m)
		if err != nil {
			return "", err
		}
		return s.unlikeMonth(ctx, m, b, []wantedRows{{s.q.monthsOf, at, levels}, {s.q.choiceMonthsOf, at, choices}}, s.sumTables())
	}
	day, err := s.countDay(ctx, m)
	if err != nil {
		return "", err
	}
	return s.unlikeTables(ctx, []wantedRows{{s.q.cellsOf, at, day.cells}, {s.q.cellQuestionsOf, at, day.questions}, {s.q.choicesOf, at, day.choices}})
}

// unlikeMonth is unlikeTables of a month, with what its days add up to in these tables.
func (s *Store) unlikeMonth(ctx context.Context, m cellMark, b storage.Bucket, all []wantedRows, sums []sumTable) (string, error) {
	for _, t := range sums {
		rows, err := t.rows(ctx, s.read, m, b)
		if err != nil {
			return "", fmt.Errorf("add up cells: %w", s.unavailable(err))
		}
		all = append(all, wantedRows{t.of, m.sumIn(b), rows})
	}
	return s.unlikeTables(ctx, all)
}

// unlikeTables says how the rows that are there differ from those that are wanted.
func (s *Store) unlikeTables(ctx context.Context, all []wantedRows) (string, error) {
	text := func(rows [][]any) (list []string) {
		for _, row := range rows {
			list = append(list, cellKey(row, len(row)))
		}
		slices.Sort(list)
		return list
	}
	for _, t := range all {
		there, err := cellRows(ctx, s.read, t.of, t.at)
		if err != nil {
			return "", fmt.Errorf("read cells: %w", s.unavailable(err))
		}
		if old, want := text(there), text(t.wanted); !slices.Equal(old, want) {
			return fmt.Sprintf("%d rows are there, %d are counted", len(old), len(want)), nil
		}
	}
	return "", nil
}
