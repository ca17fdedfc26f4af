package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/aftercare/aftercare/storage"
)

// seenDay is a day as it was before its cases were read.
type seenDay struct {
	caseDay
	seq int64
}

// CountCases implements storage.Cells. A day that is emptied again meanwhile has another number, and stays empty.
func (s *Store) CountCases(ctx context.Context, _ storage.Lease, limit int) (did storage.CountedCells, err error) {
	for b := range storage.Bucket(s.buckets) {
		days, err := collect(ctx, s, "days of cases", s.q.emptied, []any{int64(b), int64(limit) + 1}, func(row scanner) (d seenDay, err error) {
			return d, row.Scan(&d.site, &d.day, &d.seq)
		})
		if err != nil {
			return did, err
		}
		if len(days) > limit {
			days, did.More = days[:limit], true
		}
		slices.SortFunc(days, func(a, b seenDay) int { return a.compare(b.caseDay) }) // whoever locks several rows does so in one order
		rows := make([][]any, 0, len(days))
		for _, d := range days {
			first, last, text, err := s.factsNow(ctx, b, d.caseDay)
			if err != nil {
				return did, err
			}
			rows = append(rows, []any{first, last, text, int64(b), d.site, d.day, d.seq})
		}
		if len(rows) == 0 {
			continue
		}
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			for _, row := range rows {
				if _, err := tx.ExecContext(ctx, s.q.fillDay, row...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return did, fmt.Errorf("put days of cases together: %w", err)
		}
		did.Counted += len(rows)
	}
	return did, nil
}

// factsNow is what a day keeps of the cases as they are.
func (s *Store) factsNow(ctx context.Context, b storage.Bucket, d caseDay) (first, last, text string, err error) {
	var list []storage.FigureCase
	if _, err = s.casesOpened(ctx, b, []string{d.site}, [2]string{d.day, d.day}, 1<<30, func(c *storage.FigureCase) { list = append(list, *c) }); err != nil {
		return "", "", "", err
	}
	if first, last, text = factsOf(list); first == "" { // all are tests
		first, last = d.day, d.day
	}
	return first, last, text, nil
}
