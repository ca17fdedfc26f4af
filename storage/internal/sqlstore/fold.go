package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
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
	rows, err := w.changes(sessions)
	if err != nil {
		return err
	}
	return w.insert(w.s.q.putChange, rows)
}

// changes is the row of such a note, nil if there is nothing to note.
func (w *working) changes(sessions []string) ([][]any, error) {
	if len(sessions) == 0 {
		return nil, nil
	}
	list, _, err := encode(sessions)
	if err != nil {
		return nil, err
	}
	return [][]any{{int64(w.bucket), w.version, w.now, string(list)}}, nil
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
	did     storage.Folded
	invited map[string]string // the invitations that led to conversations that were folded
	asked   map[cellMark]bool // days of invitations that are to be marked
	ended   bool              // the pass came to its last conversation
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
	if err := f.exec(q.dropChanges, int64(f.bucket), notes.last); err != nil {
		return err
	}
	return f.putAskMarks()
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
	if v.Invitation != "" {
		if f.invited == nil {
			f.invited = map[string]string{}
		}
		f.invited[storage.Clean(v.ID)] = storage.Clean(v.Invitation)
	}
	return wanted.add(session, answers)
}

// write makes the rows that are there those that are wanted.
func (f *folding) write(there, wanted *foldedRows) error {
	q := f.s.q
	marks := map[cellMark]bool{}
	markedBy(there.sessions, marks)
	markedBy(wanted.sessions, marks)
	if err := f.markAsked(there, wanted); err != nil {
		return err
	}
	if err := f.insert(q.putMarks, markRows(f.bucket, marks)); err != nil {
		return err
	}
	d := unlike(there, wanted)
	for _, id := range d.strange {
		if err := errors.Join(f.exec(q.dropAnswers, int64(f.bucket), id), f.exec(q.dropFoldedSession, int64(f.bucket), id)); err != nil {
			return err
		}
	}
	if err := f.emptyDays(&d); err != nil {
		return err
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

// emptyDays empties the days of the cases of conversations whose rows change: figures put a case where its
// conversation is.
func (f *folding) emptyDays(d *difference) error {
	ids := slices.Clone(d.strange)
	for _, row := range slices.Concat(d.sessions, d.newSessions) {
		ids = append(ids, row[1].(string))
	}
	slices.Sort(ids)
	var of []caseDay
	if err := f.find(f.s.q.casesIn, slices.Compact(ids), caseDays(&of)); err != nil {
		return err
	}
	return f.insert(f.s.q.emptyDays, emptiedDays(f.bucket, of))
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
