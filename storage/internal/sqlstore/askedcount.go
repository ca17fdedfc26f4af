package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// CountAsked implements storage.AskedSums.
func (s *Store) CountAsked(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return s.countMarked(ctx, l, s.q.markedAsks, limit, func(m cellMark, not never) (func(*cellWriting) error, error) {
		of, _ := m.isAsk()
		cells, err := s.countAskedDay(ctx, of)
		return func(w *cellWriting) error {
			w.sumsAsked(of)
			at := []any{int64(w.bucket), of.site, of.day, of.flow}
			if err := w.replace(s.q.askedCellsOf, s.q.dropAskedCells, s.q.putAskedCells, askedKeyed, at, cells); err != nil {
				return err
			}
			return w.markMonth(cellMark{m.day[:len("a2026-03")], m.site, m.flow}, not)
		}, err
	})
}

// CountAskedMonths implements storage.AskedSums.
func (s *Store) CountAskedMonths(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return s.countMarked(ctx, l, s.q.markedAskMonths, limit, func(m cellMark, _ never) (func(*cellWriting) error, error) {
		of, _ := m.isAsk()
		rows, err := s.countAskedMonth(ctx, of)
		return func(w *cellWriting) error {
			return w.replace(s.q.askedMonthsOf, s.q.dropAskedMonths, s.q.putAskedMonths, askedKeyed, []any{int64(w.bucket), of.site, of.day, of.flow}, rows)
		}, err
	})
}

// countedAsk is what counting needs of the body of an invitation.
type countedAsk struct {
	ID, Flow, Case, Customer, Session, ClaimedBy string

	Facts     recovery.Facts
	ClaimedAt time.Time
	Test      bool
	Level     int
}

// anAsked is an invitation that is counted, and where its conversation is.
type anAsked struct {
	storage.AskedCustomer
	class string
	at    Place
}

// eachAsked calls put with the class, the customer and the outcome of every invitation that counts and was made between
// two moments, at a site and of a survey, in all buckets.
func (s *Store) eachAsked(ctx context.Context, m cellMark, from, to time.Time, put func(class, customer string, outcome int)) error {
	var list []storage.AskedCustomer
	var classes []string
	opened := map[Place][]int{}
	for b := range storage.Bucket(s.buckets) {
		args := []any{int64(b), m.site, micro(from), micro(to), m.flow}
		some, err := collect(ctx, s, "invitations to count", s.q.asksOfDays, args, func(row scanner) (a *anAsked, err error) {
			var i countedAsk
			var body sql.RawBytes
			if err := row.Scan(&body); err != nil {
				return nil, err
			}
			if err := json.Unmarshal(body, &i); err != nil {
				return nil, fmt.Errorf("decode invitation: %w", err)
			}
			if i.Test || i.Case != "" {
				return nil, nil //nolint:nilnil // it is left out
			}
			a = &anAsked{class: storage.Clean(classAsked(i.Flow, i.Facts))}
			a.Customer, a.Opened = customer(i.Customer, "", i.ID), !i.ClaimedAt.IsZero()
			if i.Session != "" {
				a.at = Place{s.openedIn(i.ClaimedBy, b), storage.Clean(i.Session)}
			} else {
				a.Level = i.Level
			}
			return a, nil
		})
		if err != nil {
			return err
		}
		for _, a := range some {
			if a == nil {
				continue
			}
			if a.at.Key != "" {
				opened[a.at] = append(opened[a.at], len(list))
			}
			list, classes = append(list, a.AskedCustomer), append(classes, a.class)
		}
	}
	if err := s.levelsAt(ctx, list, opened); err != nil {
		return err
	}
	for i := range list {
		put(classes[i], list[i].Customer, storage.OutcomeOfAsk(list[i].Opened, list[i].Level))
	}
	return nil
}

// countAskedDay counts the invitations of a day at a site and of a survey.
func (s *Store) countAskedDay(ctx context.Context, m cellMark) ([][]any, error) {
	from, to, err := span(storage.FigureFilter{From: m.day, To: m.day})
	if err != nil {
		return nil, err
	}
	sums := map[string]*[storage.Outcomes]int64{}
	err = s.eachAsked(ctx, m, from, to, func(class, _ string, outcome int) {
		if sums[class] == nil {
			sums[class] = &[storage.Outcomes]int64{}
		}
		sums[class][outcome]++
	})
	rows := make([][]any, 0, len(sums))
	for _, class := range slices.Sorted(maps.Keys(sums)) {
		row := []any{int64(s.bucketOfCells(m.site)), m.site, m.day, m.flow, class}
		for _, n := range sums[class] {
			row = append(row, n)
		}
		rows = append(rows, row)
	}
	return rows, err
}

// countAskedMonth counts how alike what became of the invitations of customers is in a month, at a site and of a
// survey.
func (s *Store) countAskedMonth(ctx context.Context, m cellMark) ([][]any, error) {
	first, err := time.Parse("2006-01", m.day)
	if err != nil {
		return nil, fmt.Errorf("read the month of a mark: %w", err)
	}
	last, n := first.AddDate(0, 1, -1), 0
	known, err := s.AskedCells(ctx, storage.FigureFilter{
		Sites: []string{m.site}, Flow: m.flow, From: first.Format(time.DateOnly), To: last.Format(time.DateOnly), Of: storage.OfAnybody,
	}, false)
	if err != nil {
		return nil, err
	}
	for i := range known {
		for _, k := range known[i].Outcomes {
			n += k
		}
	}
	type one struct {
		class, customer int32
		outcome         int8
	}
	var all []one
	customers, classes := dictionary{of: map[string]int32{}}, dictionary{of: map[string]int32{}}
	for _, days := range parts(first, last, n) {
		from, to, err := span(storage.FigureFilter{From: days[0], To: days[1]})
		if err != nil {
			return nil, err
		}
		if err := s.eachAsked(ctx, m, from, to, func(class, customer string, outcome int) {
			all = append(all, one{classes.number(class), customers.number(customer), int8(outcome)})
		}); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b one) int {
		if a.class != b.class {
			return int(a.class) - int(b.class)
		}
		return int(a.customer) - int(b.customer)
	})
	sums := make([]storage.AskedMonth, len(classes.list))
	for i := 0; i < len(all); {
		of, had := all[i], [storage.Outcomes]int64{}
		for ; i < len(all) && all[i].class == of.class && all[i].customer == of.customer; i++ {
			had[all[i].outcome]++
		}
		addAskedCustomer(&sums[of.class], &had)
	}
	rows := make([][]any, len(sums))
	for i := range sums {
		sum := &sums[i]
		rows[i] = []any{
			int64(s.bucketOfCells(m.site)), m.site, m.day, m.flow, classes.list[i], int64(sum.Customers), int64(sum.Most), int64(sum.Answerers), int64(sum.Spoken),
			numbersText(sum.Outcomes[:], sum.Pairs[:]),
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(cellKey(a, askedKeyed), cellKey(b, askedKeyed)) })
	return rows, nil
}

// addAskedCustomer adds a customer who had each outcome so often.
func addAskedCustomer(m *storage.AskedMonth, had *[storage.Outcomes]int64) {
	n, said := int64(0), int64(0)
	for outcome, k := range had {
		n += k
		if outcome > storage.Unsaid {
			said += k
		}
		m.Outcomes[outcome] += k
	}
	m.Customers, m.Most, m.Spoken = m.Customers+1, max(m.Most, int(n)), max(m.Spoken, int(said))
	if said > 0 {
		m.Answerers++
	}
	m.Pairs.Add(had)
}

// compareAsked compares the sums of invitations as CompareCells does those of conversations.
func (s *Store) compareAsked(ctx context.Context, n *storage.ComparedCells) error {
	all, err := s.askedThere(ctx)
	if err != nil {
		return err
	}
	for _, m := range slices.SortedFunc(maps.Keys(all), cellMark.compare) {
		if len(m.day) == len("a2026-03") {
			n.AskedMonths++
		} else {
			n.AskedDays++
		}
		if err := s.compareMarked(ctx, n, m, all[m], s.unlikeAsked); err != nil {
			return err
		}
	}
	return nil
}

// askedThere is cellsThere of invitations.
func (s *Store) askedThere(ctx context.Context) (map[cellMark]bool, error) {
	all := map[cellMark]bool{}
	for b := range storage.Bucket(s.buckets) {
		asks, err := s.daysAsked(ctx, b)
		if err != nil {
			return nil, err
		}
		cells, err := s.marksBy(ctx, s.q.askedCellDays, int64(b))
		if err != nil {
			return nil, err
		}
		months, err := s.marksBy(ctx, s.q.askedMonthsIn, int64(b))
		if err != nil {
			return nil, err
		}
		for i, found := range [][]cellMark{asks, cells, months} {
			for _, m := range found {
				all[m] = all[m] || i > 0 && b != s.bucketOfCells(m.site)
				if month := (cellMark{m.day[:len("a2026-03")], m.site, m.flow}); !all[month] {
					all[month] = false // it is looked at, too
				}
			}
		}
	}
	return all, nil
}

// daysAsked are the days of the invitations of a bucket, as marks. They are read a month of a site at a time, each off
// the index by which they were made: all at once take longer than a statement may where there are millions.
func (s *Store) daysAsked(ctx context.Context, b storage.Bucket) (all []cellMark, err error) {
	type asked struct {
		site string
		made time.Time
	}
	for at := (asked{}); ; {
		next, err := collect(ctx, s, "days of invitations", s.q.askedNext, []any{int64(b), at.site, micro(at.made)}, func(row scanner) (a asked, err error) {
			return a, row.Scan(&a.site, &a.made)
		})
		if err != nil || len(next) == 0 {
			return all, err
		}
		made := next[0].made.UTC()
		first := time.Date(made.Year(), made.Month(), 1, 0, 0, 0, 0, time.UTC)
		at = asked{next[0].site, first.AddDate(0, 1, 0)}
		found, err := s.marksBy(ctx, s.q.askDays, int64(b), at.site, first, at.made)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
}

// marksBy are days, sites and surveys that a statement finds.
func (s *Store) marksBy(ctx context.Context, text string, args ...any) ([]cellMark, error) {
	return collect(ctx, s, "cells", text, args, func(row scanner) (m cellMark, err error) {
		return m, row.Scan(&m.day, &m.site, &m.flow)
	})
}

// unlikeAsked is unlikeCells of invitations.
func (s *Store) unlikeAsked(ctx context.Context, marked cellMark) (string, error) {
	m, _ := marked.isAsk()
	b := s.bucketOfCells(m.site)
	at := []any{int64(b), m.site, m.day, m.flow}
	if len(m.day) == len(time.DateOnly) {
		rows, err := s.countAskedDay(ctx, m)
		if err != nil {
			return "", err
		}
		return s.unlikeTables(ctx, []wantedRows{{s.q.askedCellsOf, at, rows}})
	}
	rows, err := s.countAskedMonth(ctx, m)
	if err != nil {
		return "", err
	}
	return s.unlikeMonth(ctx, m, b, []wantedRows{{s.q.askedMonthsOf, at, rows}}, s.askedTables())
}
