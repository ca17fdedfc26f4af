package sqlstore

import (
	"context"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// askedCellQueries keep the sums by day of who was asked.
type askedCellQueries struct {
	markedAsks, markedAskMonths        string
	markedAskDays                      string
	unreadyAsks, pendingAsks           *list
	invitedOn                          *across
	asksOfDays                         string
	askedCellsOf, askedSumsOf          string
	askedMonthsOf                      string
	putAskedCells, putAskedMonths      *list
	dropAskedCells, dropAskedMonths    string
	askedCells, askedDays, askedMonths *list
	askDays, askedNext                 string
	askedCellDays, askedMonthsIn       string
}

const (
	outcomeColumns    = "unopened, unsaid, l1, l2, l3, l4, l5, l6, l7"
	askedCellColumns  = "bucket, site, day, flow, class, " + outcomeColumns
	askedMonthColumns = "bucket, site, month, flow, class, customers, most, answerers, spoken, pairs"
	// How many columns of each are its key.
	askedKeyed = 5
	// anAsk begins what a mark of a day, or a month, of invitations says instead of the day: "a2026-03-05". It is
	// longer than that of conversations, and comes behind it.
	anAsk = "a"
)

func newAskedCellQueries(t *texts) askedCellQueries {
	of := " WHERE bucket = ? AND site = ? AND "
	sums, among := added(outcomeColumns), " AND "+t.dialect.Among("site")
	fits := " AND (flow = ? OR '' = ?) AND (class = ? OR '' = ?)"
	marked := func(letters string) string {
		return t.one("SELECT bucket, day, site, flow, seq, unchosen FROM cell_marks WHERE bucket = ? AND length(day) = " + letters +
			" AND (day, site, flow) > (?, ?, ?) ORDER BY day, site, flow LIMIT ?")
	}
	made := t.dialect.Day("i.created_at")
	q := askedCellQueries{
		markedAsks: marked("11"), markedAskMonths: marked("8"),
		markedAskDays: t.one("SELECT day, site, flow FROM cell_marks WHERE bucket = ? AND day >= '" + anAsk + "' AND length(day) = 11"),
		pendingAsks: t.inBuckets(func(bucket string) string {
			return "SELECT DISTINCT flow FROM cell_marks WHERE bucket = " + bucket + " AND day >= '" + anAsk + "'"
		}),
		unreadyAsks: t.inBuckets(func(bucket string) string {
			return "SELECT count(*) FROM (SELECT 1 AS one FROM cell_marks WHERE bucket = " + bucket + " AND seq <= 0 AND day >= '" + anAsk + "' LIMIT 1) AS first"
		}),
		invitedOn:  t.across(Source{Columns: "site, flow, created_at", Table: "invitations", Bucket: "bucket", Key: "id"}),
		asksOfDays: t.one("SELECT body FROM invitations" + of + "created_at >= ? AND created_at < ? AND flow = ?"),

		askedCellsOf: t.one("SELECT " + askedCellColumns + " FROM asked_cells" + of + "day = ? AND flow = ?"),
		askedSumsOf: t.one("SELECT bucket, site, '" + aMonth + "' || substr(day, 1, 7), flow, class" + sums + " FROM asked_cells" + of +
			"day >= ? AND day <= ? AND flow = ? GROUP BY 1, 2, 3, 4, 5"),
		askedMonthsOf:   t.one("SELECT " + askedMonthColumns + " FROM asked_months" + of + "month = ? AND flow = ?"),
		putAskedCells:   t.put("asked_cells", askedCellColumns, columns(askedCellColumns)[:askedKeyed]...),
		putAskedMonths:  t.put("asked_months", askedMonthColumns, columns(askedMonthColumns)[:askedKeyed]...),
		dropAskedCells:  t.one("DELETE FROM asked_cells" + of + "day = ? AND flow = ?"),
		dropAskedMonths: t.one("DELETE FROM asked_months" + of + "month = ? AND flow = ?"),

		askedCells: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, class, ''" + sums + " FROM (" +
				inSpans("site, flow, class, "+outcomeColumns, "asked_cells WHERE bucket = "+bucket+among) + ") AS part WHERE 1 = 1" + fits + " GROUP BY 1, 2, 3, 4"
		}),
		askedDays: t.inBuckets(func(bucket string) string {
			return "SELECT site, substr(day, 1, 7), flow, class, day" + sums + " FROM asked_cells WHERE bucket = " + bucket + among +
				" AND day >= ? AND day <= ?" + fits + " GROUP BY 1, 2, 3, 4, 5"
		}),
		askedMonths: t.inBuckets(func(bucket string) string {
			return "SELECT site, month, flow, class, customers, most, answerers, spoken, pairs FROM asked_months WHERE bucket = " + bucket + among +
				" AND month >= ? AND month <= ?" + fits
		}),

		askDays:       t.one("SELECT DISTINCT '" + anAsk + "' || " + made + ", i.site, i.flow FROM invitations i WHERE i.bucket = ? AND i.site = ? AND i.created_at >= ? AND i.created_at < ?"),
		askedNext:     t.one("SELECT site, created_at FROM invitations WHERE bucket = ? AND (site, created_at) >= (?, ?) ORDER BY site, created_at LIMIT 1"),
		askedCellDays: t.one("SELECT DISTINCT '" + anAsk + "' || CASE WHEN day < '" + aMonth + "' THEN day ELSE substr(day, 2) END, site, flow FROM asked_cells WHERE bucket = ?"),
		askedMonthsIn: t.one("SELECT DISTINCT '" + anAsk + "' || month, site, flow FROM asked_months WHERE bucket = ?"),
	}
	return q
}

// isAsk reports whether a mark is one of invitations, and says of what day or month.
func (m cellMark) isAsk() (of cellMark, ok bool) {
	if len(m.day) != len("a2026-03-05") && len(m.day) != len("a2026-03") {
		return m, false
	}
	return cellMark{m.day[len(anAsk):], m.site, m.flow}, true
}

// markAsk adds the day on which an invitation was made.
func markAsk(site, flow string, made time.Time, marks map[cellMark]bool) {
	marks[cellMark{anAsk + made.UTC().Format(time.DateOnly), site, flow}] = true
}

// markAsks adds the days of rows of invitations.
func markAsks(rows [][]any, marks map[cellMark]bool) {
	for _, row := range rows {
		markAsk(row[4].(string), row[2].(string), row[6].(time.Time), marks)
	}
}

// markInvited adds the days of invitations, in whatever buckets these are: what was answered to them changes. One that
// is written meanwhile marks its day itself.
func (s *Store) markInvited(ctx context.Context, db querier, at []Place, marks map[cellMark]bool) error {
	for some := range slices.Chunk(at, 1000) {
		err := readAcross(ctx, db, s.dialect, s.q.invitedOn, some, func(row scanner) error {
			var site, flow string
			var made time.Time
			err := row.Scan(&site, &flow, &made)
			markAsk(site, flow, made, marks)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putAskMarks writes the marks of invitations that the transaction has come by: at its end, in one order.
func (w *working) putAskMarks() error {
	marks := w.asked
	w.asked = nil
	return w.insert(w.s.q.putMarks, markRows(w.bucket, marks))
}

// markedAsk notes that the days of rows of invitations are to be marked; of conversations, those of the invitations
// that led to them.
func (w *working) markedAsk(rows [][]any, of []storage.Conversation) error {
	if w.asked == nil {
		w.asked = map[cellMark]bool{}
	}
	markAsks(rows, w.asked)
	var ids []string
	for i := range of {
		if id := of[i].Session.Invitation; id != "" {
			ids = append(ids, id)
		}
	}
	return w.s.markInvited(w.ctx, w.tx, w.s.everywhere(ids), w.asked)
}

// answeredLevel is the level that a row of the read model says of the invitation that led to it; 0 = none.
func answeredLevel(row []any) int64 {
	if row == nil || row[12].(int64) <= 0 {
		return 0
	}
	return max(row[14].(int64), 0)
}

// markAsked adds the days of the invitations that led to conversations whose level is another one now.
func (f *folding) markAsked(there, wanted *foldedRows) error {
	var ids []string
	for id, invitation := range f.invited {
		if answeredLevel(there.sessions[id]) != answeredLevel(wanted.sessions[id]) {
			ids = append(ids, invitation)
		}
	}
	slices.Sort(ids)
	if f.asked == nil {
		f.asked = map[cellMark]bool{}
	}
	return f.s.markInvited(f.ctx, f.tx, f.s.everywhere(slices.Compact(ids)), f.asked)
}

// putAskMarks writes the marks of invitations, last of all: whoever is asked on such a day, or opens a link of it,
// waits with the bucket locked until the transaction ends.
func (f *folding) putAskMarks() error {
	marks := f.asked
	f.asked = nil
	return f.insert(f.s.q.putMarks, markRows(f.bucket, marks))
}

// classAsked is whom an invitation asks, as its cells say it. Those of the first releases have no class; they were
// customers'.
func classAsked(flow string, f recovery.Facts) string {
	class := string(storage.CountedAs(f.Class, flow, f))
	if class == "" || slices.Contains(storage.CustomerClasses, class) {
		return ofCustomers
	}
	return class
}

// ofClasses is the class that a filter of invitations asks for, "" = any.
func ofClasses(f storage.FigureFilter) string {
	if f.Of == storage.OfAnybody {
		return ""
	}
	return classOf(f.Of)
}

// AskedReady implements storage.AskedSums.
func (s *Store) AskedReady(ctx context.Context) (bool, error) {
	left, err := ofBuckets(ctx, s, "whether all days of invitations are counted", s.q.unreadyAsks, nil, func(row scanner) (n int, err error) {
		return n, row.Scan(&n)
	})
	return !slices.ContainsFunc(left, func(n int) bool { return n > 0 }), err
}

// AskedPending implements storage.AskedSums.
func (s *Store) AskedPending(ctx context.Context) ([]string, error) {
	flows, err := ofBuckets(ctx, s, "surveys of which days of invitations are to be counted", s.q.pendingAsks, nil, func(row scanner) (flow string, err error) {
		return flow, row.Scan(&flow)
	})
	slices.Sort(flows)
	return slices.Compact(flows), err
}

// AskedCells implements storage.AskedSums.
func (s *Store) AskedCells(ctx context.Context, f storage.FigureFilter, byDay bool) ([]storage.AskedCell, error) {
	of, args := s.q.askedCells, bySpan(f.From, f.To, s.dialect.Keys(texted(f.Sites)))
	if byDay {
		of, args = s.q.askedDays, s.inDays(0, f)[1:]
	}
	flow, class := storage.Clean(f.Flow), ofClasses(f)
	return ofBuckets(ctx, s, "cells of invitations", of, append(args, flow, flow, class, class), func(row scanner) (c storage.AskedCell, err error) {
		o := &c.Outcomes
		return c, row.Scan(&c.Site, &c.Month, &c.Flow, &c.Class, &c.Day, &o[0], &o[1], &o[2], &o[3], &o[4], &o[5], &o[6], &o[7], &o[8])
	})
}

// AskedMonths implements storage.AskedSums.
func (s *Store) AskedMonths(ctx context.Context, f storage.FigureFilter) ([]storage.AskedMonth, error) {
	if len(f.From) < 7 || len(f.To) < 7 {
		return nil, nil
	}
	flow, class := storage.Clean(f.Flow), ofClasses(f)
	args := []any{s.dialect.Keys(texted(f.Sites)), storage.Clean(f.From[:7]), storage.Clean(f.To[:7]), flow, flow, class, class}
	return ofBuckets(ctx, s, "months of invitations", s.q.askedMonths, args, func(row scanner) (m storage.AskedMonth, err error) {
		var pairs string
		if err := row.Scan(&m.Site, &m.Month, &m.Flow, &m.Class, &m.Customers, &m.Most, &m.Answerers, &m.Spoken, &pairs); err != nil {
			return m, err
		}
		return m, readNumbers(pairs, m.Outcomes[:], m.Pairs[:])
	})
}
