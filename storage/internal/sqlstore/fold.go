package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

const (
	foldedAnswerColumns = "bucket, session, question, revision, newest, kind, value, choices, text, score, level, flag, skipped, dropped, test, at," +
		" flow, version, site, service, staff, language, channel, day"
	foldedSessionColumns = "bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag," +
		" unsatisfied, has_case, test"
)

// foldQueries keep the read model.
type foldQueries struct {
	putChange                                    *list
	changes, dropChanges, dropChange, amend      string
	lockFold, setMark, beginPass, setPass        string
	page                                         string
	foldedAnswers, foldedSessions                *keyed
	answersBetween, answersBehind                string
	sessionsBetween, sessionsBehind              string
	putAnswers, putFoldedSessions                *list
	addAnswers, addFoldedSessions                *list
	changeAnswers, changeFoldedSessions          *list
	dropAnswers, dropFoldedSession               string
	changedBuckets, oldestChange, folds, changed string
	hushAnswers                                  string
}

func newFoldQueries(t *texts) foldQueries {
	between, behind := " WHERE bucket = ? AND session > ? AND session <= ? ORDER BY session", " WHERE bucket = ? AND session > ? ORDER BY session"
	answers, sessions := "SELECT "+foldedAnswerColumns+" FROM answers", "SELECT "+foldedSessionColumns+" FROM read_sessions"
	return foldQueries{
		putChange:   t.insert("changes", "bucket, seq, at, sessions", ""),
		changes:     t.one("SELECT seq, sessions FROM changes WHERE bucket = ? AND seq > ? ORDER BY seq LIMIT ?"),
		dropChanges: t.one("DELETE FROM changes WHERE bucket = ? AND seq <= ?"),
		dropChange:  t.one("DELETE FROM changes WHERE bucket = ? AND seq = ?"),
		amend:       t.one("UPDATE changes SET sessions = ? WHERE bucket = ? AND seq = ?"),
		lockFold: t.one("INSERT INTO folds (bucket, mark, passed) VALUES (?, 0, 0) ON CONFLICT (bucket) DO UPDATE SET mark = folds.mark" +
			" RETURNING mark, pass, passed"),
		setMark:   t.one("UPDATE folds SET mark = ? WHERE bucket = ?"),
		beginPass: t.one("INSERT INTO folds (bucket, mark, pass, passed) VALUES (?, 0, '', 0) ON CONFLICT (bucket) DO UPDATE SET pass = excluded.pass, passed = 0"),
		setPass:   t.one("UPDATE folds SET pass = ?, passed = ? WHERE bucket = ?"),
		page:      t.one("SELECT id, body FROM sessions WHERE bucket = ? AND id > ? ORDER BY id LIMIT ?"),

		foldedAnswers:     t.keyed(foldedAnswerColumns, "answers", "session", ""),
		foldedSessions:    t.keyed(foldedSessionColumns, "read_sessions", "session", ""),
		answersBetween:    t.one(answers + between + ", question, revision"),
		answersBehind:     t.one(answers + behind + ", question, revision"),
		sessionsBetween:   t.one(sessions + between),
		sessionsBehind:    t.one(sessions + behind),
		putAnswers:        t.put("answers", foldedAnswerColumns, "bucket", "session", "question", "revision"),
		putFoldedSessions: t.put("read_sessions", foldedSessionColumns, "bucket", "session"),
		addAnswers:        t.insert("answers", foldedAnswerColumns, ""),
		addFoldedSessions: t.insert("read_sessions", foldedSessionColumns, ""),
		changeAnswers: t.change("answers", "session, question, revision",
			strings.TrimPrefix(foldedAnswerColumns, "bucket, session, question, revision, ")),
		changeFoldedSessions: t.change("read_sessions", "session", strings.TrimPrefix(foldedSessionColumns, "bucket, session, ")),
		dropAnswers:          t.one("DELETE FROM answers WHERE bucket = ? AND session = ?"),
		dropFoldedSession:    t.one("DELETE FROM read_sessions WHERE bucket = ? AND session = ?"),
		hushAnswers:          t.one("UPDATE answers SET text = '' WHERE bucket = ? AND session = ?"),

		changedBuckets: t.one("SELECT bucket, count(*) FROM changes GROUP BY bucket"),
		oldestChange:   t.one("SELECT at FROM changes ORDER BY at LIMIT 1"),
		changed:        t.one("SELECT sessions FROM changes WHERE bucket = ?"),
		folds:          t.one("SELECT bucket, pass, passed FROM folds"),
	}
}

// tell leaves a note for the read model of which sessions the transaction changed. To be called once, under
// the bucket's lock: its version numbers the transactions that had it.
func (w *working) tell(sessions []string) error {
	if len(sessions) == 0 {
		return nil
	}
	list, _, err := encode(sessions)
	if err != nil {
		return err
	}
	return w.insert(w.s.q.putChange, [][]any{{int64(w.bucket), w.version, w.now, string(list)}})
}

// folding is one transaction that keeps the read model of a bucket.
type folding struct {
	s      *Store
	ctx    context.Context
	tx     *sql.Tx
	bucket storage.Bucket
	how    storage.Folding
	buffer []byte

	foldState
	did storage.Folded
}

// foldState is the row under which the read model of a bucket is kept.
type foldState struct {
	mark   int64   // up to which note it is folded
	pass   *string // behind which session a pass goes on; nil = none is under way
	passed int64   // conversations that it came to
}

// lock takes the rows of the bucket: whoever writes them, or removes a conversation, has it.
func (f *folding) lock() error {
	return f.tx.QueryRowContext(f.ctx, f.s.q.lockFold, int64(f.bucket)).Scan(&f.mark, &f.pass, &f.passed)
}

// Fold implements storage.ReadModel.
func (s *Store) Fold(ctx context.Context, b storage.Bucket, how storage.Folding, limit int) (storage.Folded, error) {
	var did storage.Folded
	passing := false
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		f := &folding{s: s, ctx: ctx, tx: tx, bucket: b, how: how}
		if err := s.outdated(ctx, tx, b); err != nil {
			return err
		}
		if err := f.lock(); err != nil {
			return err
		}
		passing = f.pass != nil
		err := f.changed(limit)
		did = f.did
		return err
	})
	if err == nil && passing {
		var more storage.Folded
		more, err = s.passOn(ctx, b, how, limit)
		did.Passed, did.Rows, did.Unread, did.More = more.Passed, did.Rows+more.Rows, did.Unread+more.Unread, did.More || more.More
	}
	if err != nil {
		return storage.Folded{}, fmt.Errorf("fold bucket %d: %w", b, err)
	}
	return did, nil
}

// mostNotes bounds the notes that are read at a time.
const mostNotes = 1024

// changed folds what changed since the mark. What is read here was committed, with its note,
// under the bucket's lock: its number is above those of all that were read before, and what is
// committed later has a number above the new mark.
func (f *folding) changed(limit int) error {
	notes, err := f.notes(limit)
	if err != nil || len(notes.sessions) == 0 && notes.last == f.mark {
		return err
	}
	q := f.s.q
	bodies := make(map[string][]byte, len(notes.sessions))
	if err := f.find(q.sessions, notes.sessions, func(rows *sql.Rows) error {
		var id, link string
		var body []byte
		err := rows.Scan(&id, &link, &body)
		bodies[id] = body
		return err
	}); err != nil {
		return err
	}
	there := newFoldedRows(f.bucket)
	if err := f.find(q.foldedSessions, notes.sessions, there.session); err != nil {
		return err
	}
	if err := f.find(q.foldedAnswers, notes.sessions, there.answer); err != nil {
		return err
	}
	wanted := newFoldedRows(f.bucket)
	for _, id := range notes.sessions {
		if body, ok := bodies[id]; ok {
			if err := f.fold(id, body, wanted, there); err != nil {
				return err
			}
		}
	}
	f.did.Conversations, f.did.More = len(notes.sessions), notes.more
	if err := f.write(there, wanted); err != nil {
		return err
	}
	if err := f.exec(q.setMark, notes.last, int64(f.bucket)); err != nil {
		return err
	}
	return f.exec(q.dropChanges, int64(f.bucket), notes.last)
}

// noted is what notes of changes say.
type noted struct {
	sessions []string // in order, each once
	last     int64
	more     bool
}

// notes reads notes above the mark until they name limit conversations.
func (f *folding) notes(limit int) (n noted, err error) {
	n.last = f.mark
	rows, err := f.tx.QueryContext(f.ctx, f.s.q.changes, int64(f.bucket), f.mark, int64(mostNotes))
	if err != nil {
		return n, err
	}
	count := 0
	seen := map[string]bool{}
	err = each(rows, func(rows *sql.Rows) error {
		if count++; len(seen) >= limit {
			n.more = true
			return nil
		}
		var list string
		if err := rows.Scan(&n.last, &list); err != nil {
			return err
		}
		ids, err := listed(list)
		for _, id := range ids {
			seen[id] = true
		}
		return err
	})
	for id := range seen {
		n.sessions = append(n.sessions, id)
	}
	slices.Sort(n.sessions)
	n.more = n.more || count == mostNotes
	return n, err
}

// listed are the sessions that a note names.
func listed(note string) (ids []string, err error) {
	if err := json.Unmarshal([]byte(note), &ids); err != nil {
		return nil, fmt.Errorf("read a note of changes: %w", err)
	}
	return ids, nil
}

// fold adds the rows of one conversation to those that are wanted. One that cannot be read
// keeps those that are there.
func (f *folding) fold(id string, body []byte, wanted, there *foldedRows) error {
	v, err := decodeSession(f.bucket, body)
	if err != nil {
		f.did.Unread++
		f.s.log.Error("a conversation cannot be read, and is in no report", "session", id)
		wanted.keep(id, there)
		return nil
	}
	return f.foldOne(v, wanted)
}

func (f *folding) foldOne(v *storage.Session, wanted *foldedRows) error {
	f.how.Settle(v)
	session, answers, err := f.how.Rows(f.ctx, v)
	if err != nil {
		return err
	}
	return wanted.add(session, answers)
}

// passOn folds the conversations that the pass comes to next.
func (s *Store) passOn(ctx context.Context, b storage.Bucket, how storage.Folding, limit int) (storage.Folded, error) {
	var did storage.Folded
	settles, again := false, false
	step := func(tx *sql.Tx) error {
		did, again = storage.Folded{}, false
		w := newWorking(ctx, s, tx, b)
		if settles {
			if err := w.lock(); err != nil {
				return err
			}
		}
		f := &folding{s: s, ctx: ctx, tx: tx, bucket: b, how: how}
		if err := s.outdated(ctx, tx, b); err != nil {
			return err
		}
		if err := f.lock(); err != nil || f.pass == nil {
			return err
		}
		var err error
		again, err = f.page(w, limit, settles)
		did = f.did
		return err
	}
	err := s.transaction(ctx, step)
	if err == nil && again {
		settles = true
		err = s.transaction(ctx, step)
	}
	return did, err
}

// page is one page of the pass. It has conversations of an earlier release completed only where
// settles says that the bucket is locked; else it does nothing, and says so.
func (f *folding) page(w *working, limit int, settles bool) (again bool, err error) {
	q := f.s.q
	p, err := readPage(f.ctx, f.tx, q, f.bucket, *f.pass, limit)
	if err != nil {
		return false, err
	}
	wanted := newFoldedRows(f.bucket)
	var settled [][]any
	for _, c := range p.conversations {
		v, err := decodeSession(f.bucket, c.body)
		if err != nil {
			if err := f.fold(c.id, c.body, wanted, p.there); err != nil {
				return false, err
			}
			continue
		}
		if f.how.Settle(v) {
			if !settles {
				return true, nil
			}
			cell, err := sessionCell(f.bucket, *v, w.now)
			if err != nil {
				return false, err
			}
			settled = append(settled, cell.row)
		}
		if err := f.foldOne(v, wanted); err != nil {
			return false, err
		}
	}
	if err := w.insert(q.putSessions, settled); err != nil {
		return false, err
	}
	if err := f.write(p.there, wanted); err != nil {
		return false, err
	}
	f.did.Passed, f.did.More = len(p.conversations), p.next != ""
	var next any
	if p.next != "" {
		next = p.next
	}
	return false, f.exec(q.setPass, next, f.passed+int64(len(p.conversations)), int64(f.bucket))
}

// pageOf is conversations by id, with all rows from the first to the last of them.
type pageOf struct {
	conversations []stored
	there         *foldedRows
	next          string // "" = these were the last
}

type stored struct {
	id   string
	body []byte
}

func readPage(ctx context.Context, db querier, q *queries, b storage.Bucket, after string, limit int) (p pageOf, err error) {
	p.conversations, err = rowsOf(ctx, db, func(row scanner) (c stored, err error) {
		err = row.Scan(&c.id, &c.body)
		return c, err
	}, q.page, int64(b), after, int64(limit))
	if err != nil {
		return p, err
	}
	p.there = newFoldedRows(b)
	args := []any{int64(b), after}
	sessions, answers := q.sessionsBehind, q.answersBehind
	if len(p.conversations) == limit {
		p.next = p.conversations[limit-1].id
		args = append(args, p.next)
		sessions, answers = q.sessionsBetween, q.answersBetween
	}
	for _, k := range []struct {
		text string
		add  func(*sql.Rows) error
	}{{sessions, p.there.session}, {answers, p.there.answer}} {
		rows, err := db.QueryContext(ctx, k.text, args...)
		if err != nil {
			return p, err
		}
		if err := each(rows, k.add); err != nil {
			return p, err
		}
	}
	return p, nil
}

// write makes the rows that are there those that are wanted.
func (f *folding) write(there, wanted *foldedRows) error {
	q := f.s.q
	d := unlike(there, wanted)
	for _, id := range d.strange {
		if err := errors.Join(f.exec(q.dropAnswers, int64(f.bucket), id), f.exec(q.dropFoldedSession, int64(f.bucket), id)); err != nil {
			return err
		}
	}
	f.did.Rows += len(d.sessions) + len(d.answers) + len(d.newSessions) + len(d.newAnswers) + d.extra
	// What was read under the lock is known to be there, or not: an upsert would find that out once more.
	if err := f.change(q.changeFoldedSessions, d.sessions); err != nil {
		return err
	}
	if err := f.insert(q.addFoldedSessions, d.newSessions); err != nil {
		return err
	}
	if err := f.change(q.changeAnswers, d.answers); err != nil {
		return err
	}
	return f.insert(q.addAnswers, d.newAnswers)
}

// change changes rows, which begin with the bucket.
func (f *folding) change(l *list, rows [][]any) error {
	keyed, changed := make([][]any, len(rows)), int64(0)
	for i, row := range rows {
		keyed[i] = row[1:]
	}
	err := l.each(&f.buffer, keyed, func(text string, args []any) error {
		r, err := f.tx.ExecContext(f.ctx, text, append(args, int64(f.bucket))...)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		changed += n
		return err
	})
	if err == nil && changed != int64(len(rows)) {
		err = errLost
	}
	return err
}

func (f *folding) exec(text string, args ...any) error {
	_, err := f.tx.ExecContext(f.ctx, text, args...)
	return err
}

func (f *folding) insert(l *list, rows [][]any) error {
	return l.each(&f.buffer, rows, func(text string, args []any) error { return f.exec(text, args...) })
}

func (f *folding) find(l *keyed, ids []string, each1 func(*sql.Rows) error) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := f.tx.QueryContext(f.ctx, l.many, f.s.dialect.Keys(ids), int64(f.bucket))
	if err != nil {
		return err
	}
	return each(rows, each1)
}

// FoldAll implements storage.ReadModel.
func (s *Store) FoldAll(ctx context.Context) (int, error) {
	for b := range storage.Bucket(s.buckets) {
		err := s.transaction(ctx, func(tx *sql.Tx) error {
			if err := s.outdated(ctx, tx, b); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, s.q.beginPass, int64(b))
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("begin to fold all of bucket %d: %w", b, err)
		}
	}
	c, err := s.Counts(ctx)
	return c.Sessions, err
}

// Behind implements storage.ReadModel.
func (s *Store) Behind(ctx context.Context) (storage.Behind, error) {
	var b storage.Behind
	err := s.reading(ctx, func(db *sql.DB) error {
		b = storage.Behind{}
		in := map[storage.Bucket]bool{}
		ask := func(text string, scan func(*sql.Rows) error) error {
			rows, err := db.QueryContext(ctx, text)
			if err != nil {
				return err
			}
			return each(rows, scan)
		}
		if err := ask(s.q.folds, func(rows *sql.Rows) error {
			var of storage.Bucket
			var pass *string
			var passed int
			err := rows.Scan(&of, &pass, &passed)
			b.Passed += passed
			if pass != nil {
				b.Passing++
				in[of] = true
			}
			return err
		}); err != nil {
			return err
		}
		if err := ask(s.q.changedBuckets, func(rows *sql.Rows) error {
			var of storage.Bucket
			var n int
			err := rows.Scan(&of, &n)
			b.Changes += n
			in[of] = true
			return err
		}); err != nil {
			return err
		}
		if b.Changes > 0 {
			if err := ask(s.q.oldestChange, func(rows *sql.Rows) error { return rows.Scan(&b.Since) }); err != nil {
				return err
			}
			b.Since = b.Since.UTC()
		}
		for of := range in {
			b.In = append(b.In, of)
		}
		slices.Sort(b.In)
		var sessions, cases int
		return db.QueryRowContext(ctx, s.q.sumBuckets).Scan(&sessions, &b.Answers, &cases)
	})
	if err != nil {
		return storage.Behind{}, fmt.Errorf("see how far reports are behind: %w", err)
	}
	return b, nil
}

// Compare implements storage.ReadModel.
func (s *Store) Compare(ctx context.Context, b storage.Bucket, after string, limit int, how storage.Folding) (storage.Compared, error) {
	var n storage.Compared
	err := s.snapshot(ctx, func(tx *sql.Tx) error {
		n = storage.Compared{}
		waiting := map[string]bool{}
		notes, err := rowsOf(ctx, tx, scanText, s.q.changed, int64(b))
		if err != nil {
			return err
		}
		for _, note := range notes {
			ids, err := listed(note)
			if err != nil {
				return err
			}
			for _, id := range ids {
				waiting[id] = true
			}
		}
		p, err := readPage(ctx, tx, s.q, b, after, limit)
		if err != nil {
			return err
		}
		f := &folding{s: s, ctx: ctx, bucket: b, how: how}
		wanted := newFoldedRows(b)
		for _, c := range p.conversations {
			if waiting[c.id] {
				continue
			}
			if err := f.fold(c.id, c.body, wanted, p.there); err != nil {
				return err
			}
			n.Conversations++
		}
		for id := range waiting {
			p.there.forget(id)
		}
		n.Waiting = len(p.conversations) - n.Conversations
		n.Answers, n.Unread, n.Next = wanted.count(), f.did.Unread, p.next
		d := unlike(p.there, wanted)
		n.Missing, n.Extra, n.Different, n.First = d.missing, d.extra, d.different, d.first
		return nil
	})
	if err != nil {
		return storage.Compared{}, fmt.Errorf("compare what reports read in bucket %d: %w", b, err)
	}
	return n, nil
}

// scanFoldedAnswer is a row of answers.
func scanFoldedAnswer(row scanner) (a report.Answer, err error) {
	var bucket int64
	var choices string
	var at time.Time
	err = row.Scan(&bucket, &a.Session, &a.Question, &a.Revision, &a.Newest, &a.Kind, &a.Value, &choices, &a.Text, &a.Score, &a.Level, &a.Flag,
		&a.Skipped, &a.Dropped, &a.Test, &at, &a.Flow, &a.Version, &a.Site, &a.Service, &a.Staff, &a.Language, &a.Channel, &a.Day)
	if err != nil {
		return a, err
	}
	a.AtMicro = at.UnixMicro()
	if choices != "" {
		err = json.Unmarshal([]byte(choices), &a.Choices)
	}
	return a, err
}

func foldedAnswerRow(b storage.Bucket, a *report.Answer) ([]any, error) {
	choices, err := listText(a.Choices)
	if err != nil {
		return nil, fmt.Errorf("encode choices: %w", err)
	}
	return []any{
		int64(b), storage.Clean(a.Session), storage.Clean(a.Question), int64(a.Revision), a.Newest, a.Kind, real8(a.Value), choices, storage.Clean(a.Text),
		real8(a.Score), int64(a.Level), a.Flag, a.Skipped, a.Dropped, a.Test, timeOf(a.AtMicro), storage.Clean(a.Flow), int64(a.Version),
		storage.Clean(a.Site), storage.Clean(a.Service), storage.Clean(a.Staff), storage.Clean(a.Language), storage.Clean(a.Channel), a.Day,
	}, nil
}

func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// real8 is a number for a column that may be NULL.
func real8(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// scanFoldedSession is a row of read_sessions.
func scanFoldedSession(row scanner) (s report.Session, err error) {
	var bucket int64
	err = row.Scan(&bucket, &s.ID, &s.Flow, &s.Version, &s.Class, &s.Site, &s.Service, &s.Staff, &s.Language, &s.Channel, &s.Day, &s.Status, &s.Answered,
		&s.Composite, &s.Level, &s.Flag, &s.Unsatisfied, &s.Case, &s.Test)
	return s, err
}

func foldedSessionRow(b storage.Bucket, s *report.Session) []any {
	return []any{
		int64(b), storage.Clean(s.ID), storage.Clean(s.Flow), int64(s.Version), s.Class, storage.Clean(s.Site), storage.Clean(s.Service), storage.Clean(s.Staff),
		storage.Clean(s.Language), storage.Clean(s.Channel), s.Day, s.Status, int64(s.Answered), real8(s.Composite), int64(s.Level), s.Flag, s.Unsatisfied,
		s.Case, s.Test,
	}
}
