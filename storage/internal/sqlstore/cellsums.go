package sqlstore

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// aMonth begins what stands in the column of the day of what the days of a month add up to: "m2026-03". It comes
// behind every day, so that a stretch of days holds no month, and a stretch of months no day.
const aMonth = "m"

// added are these columns, each added up.
func added(names string) string {
	all := ""
	for _, name := range columns(names) {
		all += ", CAST(sum(" + name + ") AS bigint)"
	}
	return all
}

// inSpans are rows of three stretches, as spans gives them, with their month: of days that make no whole month,
// before and behind, and of months. where ends in what is known of rows of all three.
func inSpans(names, where string) string {
	days := "SELECT substr(day, 1, 7) AS month, " + names + " FROM " + where + " AND day >= ? AND day <= ?"
	months := strings.Replace(days, "substr(day, 1, 7)", "substr(day, 2)", 1)
	return days + " UNION ALL " + months + " UNION ALL " + days
}

// spans are the days and months, first and last, that the days between two are made of: the days before the first
// whole month, the whole months, and the days behind the last of them. A stretch without any ends before it begins.
func spans(first, last string) [3][2]string {
	none := [2]string{"1", "0"}
	from, err1 := time.Parse(time.DateOnly, first)
	to, err2 := time.Parse(time.DateOnly, last)
	if err1 != nil || err2 != nil {
		return [3][2]string{{first, last}, none, none}
	}
	firstOf := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }
	begin := firstOf(from.AddDate(0, 0, -1)).AddDate(0, 1, 0) // of the first whole month
	end := firstOf(to.AddDate(0, 0, 1))                       // behind the last
	if !begin.Before(end) {
		return [3][2]string{{first, last}, none, none}
	}
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	month := func(t time.Time) string { return aMonth + t.Format("2006-01") }
	return [3][2]string{{first, day(begin.AddDate(0, 0, -1))}, {month(begin), month(end.AddDate(0, 0, -1))}, {day(end), last}}
}

// bySpan are the parameters of inSpans: each time those of where, and the stretch.
func bySpan(first, last string, where ...any) (args []any) {
	for _, span := range spans(storage.Clean(first), storage.Clean(last)) {
		args = append(append(args, where...), span[0], span[1])
	}
	return args
}

// sums has a month added up anew before the transaction ends: one of its days was written.
func (w *cellWriting) sums(day cellMark) {
	if w.months == nil {
		w.months = map[cellMark]bool{}
	}
	w.months[monthOf(day)] = true
}

// sumsAsked is sums for a day of invitations.
func (w *cellWriting) sumsAsked(day cellMark) {
	if w.asked == nil {
		w.asked = map[cellMark]bool{}
	}
	w.asked[monthOf(day)] = true
}

func monthOf(day cellMark) cellMark {
	return cellMark{day.day[:len("2026-03")], day.site, day.flow}
}

// sumUp adds up the months of which days were written: they are never other than their days.
func (w *cellWriting) sumUp() error {
	for _, all := range []struct {
		months map[cellMark]bool
		tables []sumTable
	}{{w.months, w.s.sumTables()}, {w.asked, w.s.askedTables()}} {
		for _, m := range slices.SortedFunc(maps.Keys(all.months), cellMark.compare) {
			for _, t := range all.tables {
				wanted, err := t.rows(w.ctx, w.tx, m, w.bucket)
				if err != nil {
					return err
				}
				if err := w.replace(t.of, t.drop, t.put, t.keyed, m.sumIn(w.bucket), wanted); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sumTable is a table that holds sums by day, and by month of these.
type sumTable struct {
	sums     string                              // of the days of a month
	added    func(days [][]any) ([][]any, error) // of rows that sums does not add up; nil = it does
	of, drop string
	put      *list
	keyed    int
}

func (s *Store) sumTables() []sumTable {
	return []sumTable{
		{s.q.sumsOf, nil, s.q.cellsOf, s.q.dropCells, s.q.putCells, cellKeyed},
		{s.q.questionSumsOf, nil, s.q.cellQuestionsOf, s.q.dropCellQuestions, s.q.putCellQuestions, cellQuestionKeyed},
		{s.q.choiceSumsOf, sumChosen, s.q.choicesOf, s.q.dropCellChoices, s.q.putCellChoices, cellChoiceKeyed},
	}
}

func (s *Store) askedTables() []sumTable {
	return []sumTable{{s.q.askedSumsOf, nil, s.q.askedCellsOf, s.q.dropAskedCells, s.q.putAskedCells, askedKeyed}}
}

// rows are what a month should be: the sums of its days.
func (t *sumTable) rows(ctx context.Context, db querier, m cellMark, b storage.Bucket) ([][]any, error) {
	rows, err := cellRows(ctx, db, t.sums, m.daysIn(b))
	if err != nil || t.added == nil {
		return rows, err
	}
	return t.added(rows)
}

// daysIn are the parameters of the days of a month.
func (m cellMark) daysIn(b storage.Bucket) []any {
	return []any{int64(b), m.site, m.day + "-01", m.day + "-31", m.flow}
}

// sumIn are the parameters of what stands for a month.
func (m cellMark) sumIn(b storage.Bucket) []any {
	return []any{int64(b), m.site, aMonth + m.day, m.flow}
}
