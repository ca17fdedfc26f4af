package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// cellQueries keep the sums by day.
type cellQueries struct {
	putMarks                 *list
	marked, markedMonths     string
	dropMarks                *list
	markAll                  string
	marks                    string
	unready                  *list
	counting                 string
	ofDay, questionsOfDay    string
	ofMonth                  string
	cellsOf, monthsOf        string
	sumsOf, questionSumsOf   string
	cellQuestionsOf          string
	putCells, putMonths      *list
	putCellQuestions         *list
	dropCells, dropMonths    string
	dropCellQuestions        string
	cells                    map[storage.CellsBy]*list
	cellMonths               *list
	cellQuestions            *list
	dayKeys, cellKeys, mKeys string
}

// countedAnswer says of an answer a that it counts.
const countedAnswer = " AND a.newest AND NOT a.dropped AND NOT a.skipped"

// everything is the dimension of cells that have all the others at once.
const everything = "all"

const (
	cellColumns         = "bucket, dim, site, day, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7"
	cellQuestionColumns = "bucket, site, day, flow, question, n, score_sum, score_squares"
	cellMonthColumns    = "bucket, dim, site, month, flow, key, customers, most, pairs"
	// How many columns of each are its key.
	cellKeyed, cellQuestionKeyed, cellMonthKeyed = 9, 5, 6
)

// countedHere are the conversations that figures of customers are made of.
var countedHere = " AND s.answered > 0 AND NOT s.test AND s.level BETWEEN 1 AND 7 AND length(s.day) = 10 AND s.class IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')"

func newCellQueries(t *texts) cellQueries {
	at := sessionsOf(t, false) + " WHERE s.bucket = ? AND s.site = ? AND s.day = ? AND s.flow = ?" + countedHere
	of := " WHERE bucket = ? AND dim IN ('', 'service', 'staff', 'language', 'channel', '" + everything + "') AND site = ? AND "
	sums := added("l1, l2, l3, l4, l5, l6, l7")
	among := " AND " + t.dialect.Among("site")
	flow := " AND (flow = ? OR '' = ?)"
	fits := flow + " AND (service = ? OR '' = ?) AND (staff = ? OR '' = ?) AND (language = ? OR '' = ?) AND (channel = ? OR '' = ?)"
	q := cellQueries{
		putMarks: t.rows("cell_marks", columns("bucket, day, site, flow, seq, unchosen"), "ON CONFLICT (bucket, day, site, flow) DO UPDATE SET"+
			" seq = CASE WHEN cell_marks.seq <= 0 THEN -abs(excluded.seq) ELSE excluded.seq END, unchosen = cell_marks.unchosen OR excluded.unchosen"),
		marked:       t.one("SELECT bucket, day, site, flow, seq, unchosen FROM cell_marks WHERE bucket = ? AND day < '" + anAsk + "' AND length(day) = 10 AND (day, site, flow) > (?, ?, ?) ORDER BY day, site, flow LIMIT ?"),
		markedMonths: t.one("SELECT bucket, day, site, flow, seq, unchosen FROM cell_marks WHERE bucket = ? AND day < '" + anAsk + "' AND length(day) = 7 AND (day, site, flow) > (?, ?, ?) ORDER BY day, site, flow LIMIT ?"),
		markAll: t.one("INSERT INTO cell_marks (bucket, day, site, flow, seq) SELECT DISTINCT c.bucket, CASE WHEN c.day < '" + aMonth + "' THEN c.day ELSE substr(c.day, 2) || '-01' END," +
			" c.site, c.flow, CAST(? AS bigint) FROM cells c WHERE c.bucket = ? AND c.dim = '' ON CONFLICT (bucket, day, site, flow) DO UPDATE SET" +
			" seq = CASE WHEN cell_marks.seq <= 0 THEN -abs(excluded.seq) ELSE excluded.seq END"),
		marks:     t.one("SELECT day, site, flow FROM cell_marks WHERE bucket = ?"),
		dropMarks: t.drop("cell_marks", "day, site, flow, seq"),
		unready: t.inBuckets(func(bucket string) string {
			return "SELECT count(*) FROM (SELECT 1 AS one FROM cell_marks WHERE bucket = " + bucket + " AND seq <= 0 AND day < '" + anAsk + "' LIMIT 1) AS first"
		}),
		counting: t.one("SELECT s.epoch FROM leases s WHERE s.name = ? AND s.holder = ?{share}"),

		ofDay: t.one("SELECT s.service, s.staff, s.language, s.channel, s.level, count(*)" + at + " GROUP BY s.service, s.staff, s.language, s.channel, s.level"),
		// Whole numbers add up to the same in any order. What was chosen is told apart by level.
		questionsOfDay: t.one("SELECT a.question, CASE WHEN a.kind = 'choice' THEN s.level ELSE 0 END, CASE WHEN a.kind = 'choice' THEN a.choices ELSE '' END, count(*), count(a.score)," +
			" coalesce(CAST(sum(CAST(round(1000 * a.score) AS bigint)) AS bigint), 0)," +
			" coalesce(CAST(sum(CAST(round(1000 * a.score) AS bigint) * CAST(round(1000 * a.score) AS bigint)) AS bigint), 0)" +
			sessionsOf(t, false) + " JOIN answers a ON a.bucket = s.bucket AND a.session = s.session WHERE s.bucket = ? AND s.site = ? AND s.day = ? AND s.flow = ?" +
			countedHere + countedAnswer + " AND (a.score IS NOT NULL OR a.kind = 'choice') GROUP BY 1, 2, 3"),
		ofMonth: t.one("SELECT " + whoseSession + ", s.service, s.staff, s.language, s.channel, s.level" +
			sessionsOf(t, false) + " WHERE s.bucket = ? AND s.site = ? AND s.day >= ? AND s.day <= ? AND s.flow = ?" + countedHere),

		cellsOf:         t.one("SELECT " + cellColumns + " FROM cells" + of + "day = ? AND flow = ?"),
		cellQuestionsOf: t.one("SELECT " + cellQuestionColumns + " FROM cell_questions WHERE bucket = ? AND site = ? AND day = ? AND flow = ?"),
		sumsOf: t.one("SELECT bucket, dim, site, '" + aMonth + "' || substr(day, 1, 7), flow, service, staff, language, channel" + sums + " FROM cells" + of +
			"day >= ? AND day <= ? AND flow = ? GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"),
		questionSumsOf: t.one("SELECT bucket, site, '" + aMonth + "' || substr(day, 1, 7), flow, question" + added("n, score_sum, score_squares") +
			" FROM cell_questions WHERE bucket = ? AND site = ? AND day >= ? AND day <= ? AND flow = ? GROUP BY 1, 2, 3, 4, 5"),
		monthsOf:          t.one("SELECT " + cellMonthColumns + " FROM cell_months" + of + "month = ? AND flow = ?"),
		putCells:          t.put("cells", cellColumns, columns(cellColumns)[:cellKeyed]...),
		putCellQuestions:  t.put("cell_questions", cellQuestionColumns, columns(cellQuestionColumns)[:cellQuestionKeyed]...),
		putMonths:         t.put("cell_months", cellMonthColumns, columns(cellMonthColumns)[:cellMonthKeyed]...),
		dropCells:         t.one("DELETE FROM cells" + of + "day = ? AND flow = ?"),
		dropCellQuestions: t.one("DELETE FROM cell_questions WHERE bucket = ? AND site = ? AND day = ? AND flow = ?"),
		dropMonths:        t.one("DELETE FROM cell_months" + of + "month = ? AND flow = ?"),

		cells: map[storage.CellsBy]*list{},
		cellMonths: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, key, customers, most, pairs FROM cell_months WHERE bucket = " + bucket + " AND dim = ?" + among +
				" AND month >= ? AND month <= ?" + flow + " AND (key = ? OR '' = ?)"
		}),
		cellQuestions: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, question" + added("n, score_sum, score_squares") + " FROM (" +
				inSpans("site, flow, question, n, score_sum, score_squares", "cell_questions WHERE bucket = "+bucket+among) + ") AS part WHERE 1 = 1" + flow + " GROUP BY 1, 2, 3, 4"
		}),

		dayKeys: t.one("SELECT DISTINCT s.day, s.site, s.flow FROM read_sessions s WHERE s.bucket = ?" + countedHere),
		cellKeys: t.one("SELECT DISTINCT CASE WHEN day < '" + aMonth + "' THEN day ELSE substr(day, 2) END, site, flow FROM cells WHERE bucket = ?" +
			" UNION SELECT DISTINCT CASE WHEN day < '" + aMonth + "' THEN day ELSE substr(day, 2) END, site, flow FROM cell_questions WHERE bucket = ?" +
			" UNION SELECT DISTINCT CASE WHEN day < '" + aMonth + "' THEN day ELSE substr(day, 2) END, site, flow FROM cell_choices WHERE bucket = ?"),
		mKeys: t.one("SELECT DISTINCT month, site, flow FROM cell_months WHERE bucket = ? UNION SELECT DISTINCT month, site, flow FROM cell_choice_months WHERE bucket = ?"),
	}
	q.cells[storage.CellsDay] = t.inBuckets(func(bucket string) string {
		return "SELECT site, substr(day, 1, 7), flow, day" + sums + " FROM cells WHERE bucket = " + bucket + " AND dim = ?" + among +
			" AND day >= ? AND day <= ?" + fits + " GROUP BY 1, 2, 3, 4"
	})
	for _, by := range append(storage.CellDimensions(), storage.CellsWhole) {
		key := string(by)
		if by == storage.CellsWhole {
			key = "''"
		}
		q.cells[by] = t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, " + key + sums + " FROM (" +
				inSpans("site, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7", "cells WHERE bucket = "+bucket+" AND dim = ?"+among) +
				") AS part WHERE 1 = 1" + fits + " GROUP BY 1, 2, 3, 4"
		})
	}
	return q
}

// cellMark says that a day, or a month, of a site and a survey is to be counted anew.
type cellMark struct{ day, site, flow string }

func (m cellMark) compare(o cellMark) int {
	return strings.Compare(m.day+"\x00"+m.site+"\x00"+m.flow, o.day+"\x00"+o.site+"\x00"+o.flow)
}

// bucketOfCells is where the cells of a site are: one writes them, and a question for a site asks one bucket.
func (s *Store) bucketOfCells(site string) storage.Bucket {
	return storage.AskBucket("cells "+site, s.buckets)
}

// markedBy adds the days of conversations that figures of customers are made of.
func markedBy(rows map[string][]any, marks map[cellMark]bool) {
	for _, row := range rows {
		day, answered, level, test := row[10].(string), row[12].(int64), row[14].(int64), row[18].(bool)
		if len(day) == len(time.DateOnly) && answered > 0 && level >= 1 && level <= 7 && !test && slices.Contains(storage.CustomerClasses, row[4].(string)) {
			marks[cellMark{day, row[5].(string), row[2].(string)}] = true
		}
	}
}

// markRows are the rows of marks, in their order: whoever locks several does so in one. A number that is never
// used again tells a new mark from the one that somebody counts just now.
func markRows(b storage.Bucket, marks map[cellMark]bool) [][]any {
	all := make([]cellMark, 0, len(marks))
	for m := range marks {
		all = append(all, m)
	}
	slices.SortFunc(all, cellMark.compare)
	rows := make([][]any, len(all))
	for i, m := range all {
		rows[i] = []any{int64(b), m.day, m.site, m.flow, aNumber(), false}
	}
	return rows
}

// seenMark is a mark as it was before its day was counted.
type seenMark struct {
	cellMark
	bucket, seq int64
	unchosen    bool // it was never counted what was chosen
}

// never says what of a day or a month was never counted.
type never struct{ counted, chosen bool }

func neverOf(marks []seenMark) (n never) {
	for _, m := range marks {
		n.counted, n.chosen = n.counted || m.seq <= 0, n.chosen || m.unchosen
	}
	return n
}

// countedTo is how far counting has come on its way through the marks. Where it begins anew, after a start, costs
// only time.
type countedTo struct {
	mu sync.Mutex
	at map[string]cellMark // by statement, guarded by mu
}

func (c *countedTo) get(text string) cellMark {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[text]
}

func (c *countedTo) set(text string, m cellMark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[string]cellMark{}
	}
	c.at[text] = m
}

// markedNext are the next marks that a statement finds, of at most so many days, behind those that were counted last:
// days that are marked again and again keep no others waiting. more: there are others before the way begins anew.
func (s *Store) markedNext(ctx context.Context, text string, limit int) (of []cellMark, marks map[cellMark][]seenMark, more bool, err error) {
	from, first := s.countedTo.get(text), s.firstMark(text)
	if from.compare(first) < 0 {
		from = first
	}
	of, marks, more, err = s.markedCells(ctx, text, from, limit)
	if err == nil && len(of) == 0 && from != first {
		of, marks, more, err = s.markedCells(ctx, text, first, limit)
	}
	return of, marks, more, err
}

// firstMark is behind which mark those begin that a statement finds.
func (s *Store) firstMark(text string) (m cellMark) {
	if text == s.q.markedAsks || text == s.q.markedAskMonths {
		m.day = anAsk
	}
	return m
}

// markedCells are the marks that a statement finds behind one, of at most so many days.
func (s *Store) markedCells(ctx context.Context, text string, after cellMark, limit int) (of []cellMark, marks map[cellMark][]seenMark, more bool, err error) {
	marks = map[cellMark][]seenMark{}
	for b := range storage.Bucket(s.buckets) {
		found, err := collect(ctx, s, "days to count", text, []any{int64(b), after.day, after.site, after.flow, int64(limit) + 1}, func(row scanner) (m seenMark, err error) {
			return m, row.Scan(&m.bucket, &m.day, &m.site, &m.flow, &m.seq, &m.unchosen)
		})
		if err != nil {
			return nil, nil, false, err
		}
		for _, m := range found {
			marks[m.cellMark] = append(marks[m.cellMark], m)
		}
	}
	for m := range marks {
		of = append(of, m)
	}
	slices.SortFunc(of, cellMark.compare)
	if len(of) > limit {
		return of[:limit], marks, true, nil
	}
	return of, marks, false, nil
}

// countMarked counts what is marked, writes it, and takes the marks away that are as they were before.
func (s *Store) countMarked(ctx context.Context, l storage.Lease, text string, limit int,
	count func(m cellMark, not never) (func(*cellWriting) error, error),
) (did storage.CountedCells, err error) {
	of, marks, more, err := s.markedNext(ctx, text, limit)
	if err != nil || len(of) == 0 {
		return did, err
	}
	by := map[storage.Bucket][]func(*cellWriting) error{}
	for _, m := range of {
		write, err := count(m, neverOf(marks[m]))
		if err != nil {
			return did, err
		}
		b := s.bucketOfCells(m.site)
		by[b] = append(by[b], write)
	}
	for b, all := range by {
		leads := false
		err := s.transaction(ctx, func(tx *sql.Tx) error {
			w := &cellWriting{s: s, ctx: ctx, tx: tx, bucket: b}
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			if leads, err = w.leads(l); err != nil || !leads {
				return err
			}
			for _, write := range all {
				if err := write(w); err != nil {
					return err
				}
			}
			return w.sumUp()
		})
		if err != nil {
			return did, fmt.Errorf("write cells: %w", err)
		}
		if !leads {
			return storage.CountedCells{Lost: true}, nil
		}
	}
	if err := s.unmark(ctx, of, marks); err != nil {
		return did, err
	}
	next := cellMark{}
	if more {
		next = of[len(of)-1]
	}
	s.countedTo.set(text, next)
	return storage.CountedCells{Counted: len(of), More: more}, nil
}

// unmark takes away the marks of what was counted, unless it was marked anew.
func (s *Store) unmark(ctx context.Context, of []cellMark, marks map[cellMark][]seenMark) error {
	by := map[int64][][]any{}
	for _, m := range of {
		for _, seen := range marks[m] {
			by[seen.bucket] = append(by[seen.bucket], []any{seen.day, seen.site, seen.flow, seen.seq})
		}
	}
	for b, rows := range by {
		err := s.transaction(ctx, func(tx *sql.Tx) error {
			var buffer []byte
			return s.q.dropMarks.each(&buffer, rows, func(text string, args []any) error {
				_, err := tx.ExecContext(ctx, text, append(args, b)...)
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("take marks of cells away: %w", err)
		}
	}
	return nil
}
