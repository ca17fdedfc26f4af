package sqlstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// aNumber is one that no mark had before, as far as chance goes.
func aNumber() int64 { return 1 + rand.Int64N(1<<62) } // not a secret

// CountCells implements storage.Cells.
func (s *Store) CountCells(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return s.countMarked(ctx, l, s.q.marked, limit, func(m cellMark, not never) (func(*cellWriting) error, error) {
		day, err := s.countDay(ctx, m)
		return func(w *cellWriting) error {
			w.sums(m)
			at := []any{int64(w.bucket), m.site, m.day, m.flow}
			if err := w.replace(s.q.cellsOf, s.q.dropCells, s.q.putCells, cellKeyed, at, day.cells); err != nil {
				return err
			}
			if err := w.replace(s.q.cellQuestionsOf, s.q.dropCellQuestions, s.q.putCellQuestions, cellQuestionKeyed, at, day.questions); err != nil {
				return err
			}
			if err := w.replace(s.q.choicesOf, s.q.dropCellChoices, s.q.putCellChoices, cellChoiceKeyed, at, day.choices); err != nil {
				return err
			}
			return w.markMonth(cellMark{m.day[:7], m.site, m.flow}, not)
		}, err
	})
}

// markMonth marks the month of a day that was counted. What was never counted of the day was not of the month either.
func (w *cellWriting) markMonth(m cellMark, not never) error {
	month := markRows(w.bucket, map[cellMark]bool{m: true})
	if not.counted {
		month[0][4] = -aNumber()
	}
	month[0][5] = not.chosen
	return w.s.q.putMarks.each(&w.buffer, month, func(text string, args []any) error {
		_, err := w.tx.ExecContext(w.ctx, text, args...)
		return err
	})
}

// CountMonths implements storage.Cells.
func (s *Store) CountMonths(ctx context.Context, l storage.Lease, limit int) (storage.CountedCells, error) {
	return s.countMarked(ctx, l, s.q.markedMonths, limit, func(m cellMark, _ never) (func(*cellWriting) error, error) {
		levels, choices, err := s.countMonth(ctx, m)
		return func(w *cellWriting) error {
			at := []any{int64(w.bucket), m.site, m.day, m.flow}
			if err := w.replace(s.q.monthsOf, s.q.dropMonths, s.q.putMonths, cellMonthKeyed, at, levels); err != nil {
				return err
			}
			return w.replace(s.q.choiceMonthsOf, s.q.dropChoiceMonth, s.q.putChoiceMonths, cellChoiceKeyed, at, choices)
		}, err
	})
}

// countedDay are the rows of a day.
type countedDay struct{ cells, questions, choices [][]any }

// countDay counts a day of a site and a survey, over all buckets.
func (s *Store) countDay(ctx context.Context, m cellMark) (day countedDay, err error) {
	type sum struct {
		of     [4]string // service, staff, language, channel
		level  int
		number int64
	}
	type score struct {
		question        string
		level           int    // of a choice, 0 = it is none
		choices         string // of a choice
		answered        int64
		n, sum, squares int64 // of those that have a score
	}
	b := int64(s.bucketOfCells(m.site))
	levels, scores := map[[5]string]*[7]int64{}, map[string]*score{}
	taken := chosen{}
	for at := range storage.Bucket(s.buckets) {
		args := []any{int64(at), m.site, m.day, m.flow}
		found, err := collect(ctx, s, "a day to count", s.q.ofDay, args, func(row scanner) (v sum, err error) {
			return v, row.Scan(&v.of[0], &v.of[1], &v.of[2], &v.of[3], &v.level, &v.number)
		})
		if err != nil {
			return day, err
		}
		for _, v := range found {
			add := func(key [5]string) {
				if levels[key] == nil {
					levels[key] = &[7]int64{}
				}
				levels[key][v.level-1] += v.number
			}
			add([5]string{})
			add([5]string{everything, v.of[0], v.of[1], v.of[2], v.of[3]})
			for i, by := range storage.CellDimensions() {
				key := [5]string{string(by)}
				key[i+1] = v.of[i]
				add(key)
			}
		}
		given, err := collect(ctx, s, "a day to count", s.q.questionsOfDay, args, func(row scanner) (v score, err error) {
			return v, row.Scan(&v.question, &v.level, &v.choices, &v.answered, &v.n, &v.sum, &v.squares)
		})
		if err != nil {
			return day, err
		}
		for _, v := range given {
			if v.level > 0 {
				if err := taken.add(v.question, v.choices, v.level, v.answered); err != nil {
					return day, err
				}
			}
			if v.n == 0 {
				continue
			}
			if of := scores[v.question]; of != nil {
				of.n, of.sum, of.squares = of.n+v.n, of.sum+v.sum, of.squares+v.squares
			} else {
				scores[v.question] = &v
			}
		}
	}
	for key, of := range levels {
		row := []any{b, key[0], m.site, m.day, m.flow, key[1], key[2], key[3], key[4]}
		for _, n := range of {
			row = append(row, n)
		}
		day.cells = append(day.cells, row)
	}
	for _, v := range scores {
		day.questions = append(day.questions, []any{b, m.site, m.day, m.flow, v.question, v.n, v.sum, v.squares})
	}
	byKey := func(keyed int) func(a, b []any) int {
		return func(a, b []any) int { return strings.Compare(cellKey(a, keyed), cellKey(b, keyed)) }
	}
	slices.SortFunc(day.cells, byKey(cellKeyed))
	slices.SortFunc(day.questions, byKey(cellQuestionKeyed))
	if len(taken.list) > 0 {
		day.choices = [][]any{{b, m.site, m.day, m.flow, taken.text()}}
	}
	return day, nil
}

// dictionary gives texts numbers, so that a month of many conversations takes little memory.
type dictionary struct {
	of   map[string]int32
	list []string
}

func (n *dictionary) number(text string) int32 {
	i, ok := n.of[text]
	if !ok {
		i = int32(len(n.list))
		n.of[text], n.list = i, append(n.list, text)
	}
	return i
}

// readAtOnce is about how many conversations one statement reads: a database ends one that takes long.
const readAtOnce = 20_000

// partsOf divides a month into parts of days, first and last, so that none has many more conversations than one
// statement reads. How many there are the sums of its days say; of days that are not counted yet it does not know,
// and they mark the month anew.
func (s *Store) partsOf(ctx context.Context, m cellMark) ([][2]string, error) {
	first, err := time.Parse("2006-01", m.day)
	if err != nil {
		return nil, fmt.Errorf("read the month of a mark: %w", err)
	}
	last := first.AddDate(0, 1, -1)
	sums, err := s.Cells(ctx, storage.FigureFilter{
		Sites: []string{m.site}, Flow: m.flow, From: first.Format(time.DateOnly), To: last.Format(time.DateOnly),
	}, storage.CellsWhole)
	if err != nil {
		return nil, err
	}
	conversations := 0
	for i := range sums {
		for _, n := range sums[i].Levels {
			conversations += n
		}
	}
	return parts(first, last, conversations), nil
}

// parts divides the days from first to last into parts of as many days each, so that readAtOnce conversations are
// in each of them if every day has as many. A part has one day at least.
func parts(first, last time.Time, conversations int) (list [][2]string) {
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	each := max(1, days/(conversations/readAtOnce+1))
	for from := first; !from.After(last); from = from.AddDate(0, 0, each) {
		to := from.AddDate(0, 0, each-1)
		if to.After(last) {
			to = last
		}
		list = append(list, [2]string{from.Format(time.DateOnly), to.Format(time.DateOnly)})
	}
	return list
}

// countMonth counts how alike the answers of customers are in a month of a site and a survey, over all buckets: their
// levels, and what they chose.
func (s *Store) countMonth(ctx context.Context, m cellMark) (levels, choices [][]any, err error) {
	parts, err := s.partsOf(ctx, m)
	if err == nil {
		levels, err = s.countLevels(ctx, m, parts)
	}
	if err == nil {
		choices, err = s.countAlike(ctx, m, parts)
	}
	return levels, choices, err
}

// countLevels counts it of their levels, read in parts.
func (s *Store) countLevels(ctx context.Context, m cellMark, parts [][2]string) ([][]any, error) {
	type one struct {
		customer int32
		of       [4]int32
		level    int8
	}
	customers, keys := dictionary{of: map[string]int32{}}, dictionary{of: map[string]int32{}}
	var all []one
	for b := range storage.Bucket(s.buckets) {
		for _, days := range parts {
			args := []any{int64(b), int64(b), m.site, days[0], days[1], m.flow}
			some, err := collect(ctx, s, "a month to count", s.q.ofMonth, args, func(row scanner) (v one, err error) {
				var customer string
				var of [4]string
				if err := row.Scan(&customer, &of[0], &of[1], &of[2], &of[3], &v.level); err != nil {
					return v, err
				}
				v.customer = customers.number(customer)
				for i := range of {
					v.of[i] = keys.number(of[i])
				}
				return v, nil
			})
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
	}
	slices.SortFunc(all, func(a, b one) int { return int(a.customer) - int(b.customer) })
	type at struct{ dimension, key int32 } // dimension 0 = of all
	sums := map[at]*storage.CellMonth{}
	given := map[at]*[7]int64{} // of one customer
	for i := 0; i < len(all); {
		clear(given)
		for of := all[i].customer; i < len(all) && all[i].customer == of; i++ {
			add := func(at at) {
				if given[at] == nil {
					given[at] = &[7]int64{}
				}
				given[at][all[i].level-1]++
			}
			add(at{})
			for d, key := range all[i].of {
				add(at{int32(d + 1), key})
			}
		}
		for at, levels := range given {
			sum := sums[at]
			if sum == nil {
				sum = &storage.CellMonth{}
				sums[at] = sum
			}
			n := int64(0)
			for i, k := range levels {
				n += k
				sum.Levels[i] += k
			}
			sum.Customers, sum.Most = sum.Customers+1, max(sum.Most, int(n))
			sum.Pairs.Add(levels)
		}
	}
	b := int64(s.bucketOfCells(m.site))
	rows := make([][]any, 0, len(sums))
	for at, sum := range sums {
		dimension, key := "", ""
		if at.dimension > 0 {
			dimension, key = string(storage.CellDimensions()[at.dimension-1]), keys.list[at.key]
		}
		rows = append(rows, []any{b, dimension, m.site, m.day, m.flow, key, int64(sum.Customers), int64(sum.Most), sumsText(sum)})
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(cellKey(a, cellMonthKeyed), cellKey(b, cellMonthKeyed)) })
	return rows, nil
}

// sumsText are the sums of a month as they are stored: those of the levels, then of their pairs.
func sumsText(m *storage.CellMonth) string { return numbersText(m.Levels[:], m.Pairs[:]) }

// readSums reads them.
func readSums(text string, m *storage.CellMonth) error {
	return readNumbers(text, m.Levels[:], m.Pairs[:])
}

// numbersText are numbers side by side.
func numbersText(lists ...[]int64) string {
	text := make([]byte, 0, 128)
	for i, n := range slices.Concat(lists...) {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, n, 10)
	}
	return string(text)
}

// readNumbers reads them.
func readNumbers(text string, lists ...[]int64) error {
	all, n := strings.Split(text, " "), 0
	for _, list := range lists {
		n += len(list)
	}
	if len(all) != n {
		return fmt.Errorf("a month has %d sums", len(all))
	}
	for _, list := range lists {
		for i := range list {
			n, err := strconv.ParseInt(all[0], 10, 64)
			if err != nil {
				return fmt.Errorf("read the sums of a month: %w", err)
			}
			list[i], all = n, all[1:]
		}
	}
	return nil
}
