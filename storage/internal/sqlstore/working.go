package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// working is what one attempt at a batch knows and has changed. A nil cell says that
// there is no such record.
type working struct {
	s      *Store
	ctx    context.Context
	tx     *sql.Tx
	bucket storage.Bucket
	now    time.Time

	caseSeq, ord       int64 // of the bucket's row
	oldCaseSeq, oldOrd int64

	identities, sessions, invitations, cases table
	answers, events, words, feedback         [][]any
	tallies                                  map[minuteOf][4]int64 // of cases that open, by priority
	slotState
}

// table is one kind of record by id.
type table struct {
	load  *keyed
	cells map[string]*cell
}

func newWorking(ctx context.Context, s *Store, tx *sql.Tx, b storage.Bucket) *working {
	kind := func(load *keyed) table { return table{load: load, cells: map[string]*cell{}} }
	return &working{
		s: s, ctx: ctx, tx: tx, bucket: b, now: s.now(),
		identities: kind(s.q.identities), sessions: kind(s.q.sessions),
		invitations: kind(s.q.invitations), cases: kind(s.q.cases),
		slotState: newSlotState(),
	}
}

// lock takes the bucket: until the commit no other transaction writes to it.
func (w *working) lock() error {
	err := w.tx.QueryRowContext(w.ctx, w.s.q.lockBucket, int64(w.bucket)).Scan(&w.caseSeq, &w.ord)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("bucket %d: %w", w.bucket, storage.ErrNotFound)
	}
	w.oldCaseSeq, w.oldOrd = w.caseSeq, w.ord
	return err
}

// fetch loads the records with these ids that are not in the working set yet.
func (w *working) fetch(t *table, ids []string) error {
	ids = slices.DeleteFunc(ids, func(id string) bool {
		_, known := t.cells[id]
		return known || id == ""
	})
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		t.cells[id] = nil
	}
	return w.find(t.load, ids, func(rows *sql.Rows) error {
		var id string
		c := &cell{checked: true}
		if err := rows.Scan(&id, &c.link, &c.body); err != nil {
			return err
		}
		t.cells[id] = c
		return nil
	})
}

// find runs l for these keys of the bucket, each named once, and calls f for every row.
func (w *working) find(l *keyed, keys []string, f func(*sql.Rows) error) error {
	var rows *sql.Rows
	var err error
	switch len(keys) {
	case 0:
		return nil
	case 1:
		rows, err = w.tx.QueryContext(w.ctx, l.one, int64(w.bucket), keys[0])
	default:
		rows, err = w.tx.QueryContext(w.ctx, l.many, w.s.dialect.Keys(keys), int64(w.bucket))
	}
	if err != nil {
		return err
	}
	return each(rows, f)
}

// each calls f for every row and closes rows.
func each(rows *sql.Rows, f func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// prefetch loads what the turns ask for, each kind in one go.
func (w *working) prefetch(loads []storage.Load) error {
	var identities, sessions, invitations, cases, slots []string
	for _, l := range loads {
		identities = append(identities, personID(l.Person))
		invitations = append(invitations, l.Invitation)
		slots = append(slots, l.Slots...)
	}
	if err := w.fetch(&w.identities, identities); err != nil {
		return err
	}
	for _, l := range loads {
		sessions = append(sessions, w.sessionOf(l))
	}
	if err := w.fetch(&w.sessions, sessions); err != nil {
		return err
	}
	for _, l := range loads {
		cases = append(cases, w.caseOf(l))
	}
	if err := w.fetch(&w.cases, cases); err != nil {
		return err
	}
	if err := w.fetch(&w.invitations, invitations); err != nil {
		return err
	}
	return w.fetchSlots(slots, true)
}

func personID(p storage.Person) string {
	if p.IsZero() {
		return ""
	}
	return p.ID()
}

// sessionOf is the session that a turn wants: the one it names, or the person's newest.
func (w *working) sessionOf(l storage.Load) string {
	if l.Session != "" {
		return l.Session
	}
	if c := w.identities.cells[personID(l.Person)]; c != nil {
		return c.link
	}
	return ""
}

// caseOf is the case that a turn wants: the one it names, or its session's.
func (w *working) caseOf(l storage.Load) string {
	if l.Case != "" {
		return l.Case
	}
	if c := w.sessions.cells[w.sessionOf(l)]; c != nil {
		return c.link
	}
	return ""
}

// loaded gathers what one turn sees: copies of its own. A record that cannot be read is
// the turn's own error, and no reason to stop the others.
func (w *working) loaded(l storage.Load) (in storage.Loaded, err error) {
	// The turns before may have pointed to records that were not fetched with the rest.
	if err := w.prefetch([]storage.Load{l}); err != nil {
		return in, err
	}
	in.Now, in.NextCase = w.now, int(w.caseSeq)+1
	if c := w.identities.cells[personID(l.Person)]; c != nil {
		if in.Identity, err = decodeIdentity(w.bucket, c.body); err != nil {
			return in, errOwn{err}
		}
	}
	if c := w.sessions.cells[w.sessionOf(l)]; c != nil {
		if in.Session, err = decodeSession(w.bucket, c.body); err != nil {
			return in, errOwn{err}
		}
	}
	if c := w.cases.cells[w.caseOf(l)]; c != nil {
		if in.Case, err = decodeCase(w.bucket, c.body); err != nil {
			return in, errOwn{err}
		}
		if err := w.origin(&in); err != nil {
			return in, err
		}
	}
	if c := w.invitations.cells[l.Invitation]; c != nil {
		if in.Invitation, err = decodeInvitation(w.bucket, c.body); err != nil {
			return in, errOwn{err}
		}
	}
	if len(l.Slots) == 0 {
		return in, nil
	}
	if err := w.flush(); err != nil {
		return in, err
	}
	if err := w.fetchSlots(l.Slots, true); err != nil {
		return in, err
	}
	in.Slots = make(map[string]storage.Delivery, len(l.Slots))
	for _, name := range l.Slots {
		if c := w.slots[name]; c != nil {
			if in.Slots[name], err = c.copied(); err != nil {
				return in, err
			}
		}
	}
	return in, nil
}

// origin adds the session that opened the loaded case, and whose it is, unless that is
// the loaded session itself.
func (w *working) origin(in *storage.Loaded) (err error) {
	id := in.Case.Session
	if id == "" || in.Session != nil && in.Session.ID == id {
		return nil
	}
	if err := w.fetch(&w.sessions, []string{id}); err != nil {
		return err
	}
	c := w.sessions.cells[id]
	if c == nil {
		return nil
	}
	if in.Origin, err = decodeSession(w.bucket, c.body); err != nil {
		return errOwn{err}
	}
	if err := w.fetch(&w.identities, []string{in.Origin.Identity}); err != nil {
		return err
	}
	if c := w.identities.cells[in.Origin.Identity]; c != nil {
		if in.Owner, err = decodeIdentity(w.bucket, c.body); err != nil {
			return errOwn{err}
		}
	}
	return nil
}

// merge takes over what a turn did, or nothing of it. Its error is the turn's own
// unless it comes from the database.
func (w *working) merge(turn int, l storage.Load, c storage.Change) error {
	var identity, invitation, session, opened *cell
	var answers, words [][]any
	invalid := func(err error) error { return errOwn{err} } // the change contradicts itself
	if v := c.Identity; v != nil {
		n, err := identityCell(w.bucket, *v)
		if err != nil {
			return invalid(err)
		}
		identity = &n
	}
	if v := c.Invitation; v != nil {
		n, err := invitationCell(w.bucket, *v)
		if err != nil {
			return invalid(err)
		}
		invitation = &n
	}
	of := w.sessionOf(l)
	if v := c.Session; v != nil {
		n, err := sessionCell(w.bucket, *v, w.now)
		if err != nil {
			return invalid(err)
		}
		session, of = &n, v.ID
	}
	for _, a := range c.Answers {
		row, err := answerRow(w.bucket, of, a)
		if err != nil {
			return invalid(err)
		}
		if of == "" {
			return invalid(errors.New("an answer without a session"))
		}
		answers = append(answers, row)
	}
	for _, v := range c.Words {
		row, err := wordsRow(w.bucket, v)
		if err != nil {
			return invalid(err)
		}
		words = append(words, row)
	}
	if v := c.Case; v != nil {
		n, err := caseCell(w.bucket, *v)
		if err != nil {
			return invalid(err)
		}
		id := storage.Clean(v.ID)
		if err := w.fetch(&w.cases, []string{id}); err != nil {
			return err
		}
		if w.cases.cells[id] == nil {
			if err := numbered(v.Case, int(w.caseSeq)+1); err != nil {
				return invalid(err)
			}
			n.created = true
		}
		opened = &n
	}
	if err := checkOps(c.Slots); err != nil {
		return invalid(err)
	}

	put := func(t *table, id string, n *cell) {
		if n == nil {
			return
		}
		id = storage.Clean(id)
		if old, known := t.cells[id]; known {
			n.checked, n.created = old == nil || old.checked, old == nil || old.created
		}
		t.cells[id] = n
	}
	if identity != nil {
		put(&w.identities, c.Identity.ID, identity)
	}
	if invitation != nil {
		put(&w.invitations, c.Invitation.ID, invitation)
	}
	if session != nil {
		put(&w.sessions, c.Session.ID, session)
	}
	if opened != nil {
		if opened.created {
			w.caseSeq++
			w.tally(*c.Case)
		}
		put(&w.cases, c.Case.ID, opened)
	}
	w.answers, w.words = append(w.answers, answers...), append(w.words, words...)
	for _, e := range c.Events {
		w.events = append(w.events, eventRow(w.bucket, e))
	}
	for _, f := range c.Feedback {
		w.feedback = append(w.feedback, feedbackRow(w.bucket, f))
	}
	for _, op := range c.Slots {
		w.pending = append(w.pending, pendingOp{turn: turn, op: op})
	}
	return nil
}

// save writes every change, one statement a kind (and size).
func (w *working) save() error {
	q := w.s.q
	created, err := w.createdSessions()
	if err != nil {
		return err
	}
	for _, k := range []struct {
		t   *table
		put *list
	}{{&w.identities, q.putIdentities}, {&w.invitations, q.putInvitations}, {&w.sessions, q.putSessions}, {&w.cases, q.putCases}} {
		var rows [][]any
		for _, id := range slices.Sorted(maps.Keys(k.t.cells)) {
			if c := k.t.cells[id]; c != nil && c.row != nil {
				rows = append(rows, c.row)
			}
		}
		if err := w.insert(k.put, rows); err != nil {
			return err
		}
	}
	whole, states := w.dirtySlots()
	for _, k := range []struct {
		put  *list
		rows [][]any
	}{
		{q.insertAnswers, w.answers}, {q.insertEvents, w.events}, {q.insertWords, w.words},
		{q.insertFeedback, w.feedback}, {q.addTallies, w.tallyRows()},
		{q.putDeliveries, whole}, {q.putStates, states},
	} {
		if err := w.insert(k.put, k.rows); err != nil {
			return err
		}
	}
	if w.caseSeq == w.oldCaseSeq && w.ord == w.oldOrd && created == 0 && len(w.answers) == 0 {
		return nil
	}
	_, err = w.tx.ExecContext(w.ctx, q.updateBucket, w.caseSeq, w.ord, int64(created), int64(len(w.answers)), int64(w.bucket))
	return err
}

// createdSessions counts the sessions that the database does not have yet, for the
// tally in the bucket's row.
func (w *working) createdSessions() (int, error) {
	n := 0
	unknown := map[string]bool{}
	for id, c := range w.sessions.cells {
		switch {
		case c == nil || c.row == nil:
		case c.checked && c.created:
			n++
		case !c.checked:
			unknown[id] = true
		}
	}
	ids := slices.Sorted(maps.Keys(unknown))
	err := w.find(w.s.q.sessionIDs, ids, func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		delete(unknown, id)
		return nil
	})
	return n + len(unknown), err
}

// insert writes rows with the statements of l.
func (w *working) insert(l *list, rows [][]any) error {
	return l.chunks(len(rows), func(text string, from, to int) error {
		args := make([]any, 0, (to-from)*len(rows[from]))
		for _, row := range rows[from:to] {
			args = append(args, row...)
		}
		_, err := w.tx.ExecContext(w.ctx, text, args...)
		return err
	})
}

// changed reports whether there is anything to write.
func (w *working) changed() bool {
	for _, t := range []*table{&w.identities, &w.sessions, &w.invitations, &w.cases} {
		for _, c := range t.cells {
			if c != nil && c.row != nil {
				return true
			}
		}
	}
	return len(w.answers)+len(w.events)+len(w.words)+len(w.feedback) > 0 || w.slotsChanged()
}
