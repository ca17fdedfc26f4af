package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
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
	memory // what is known; taken from the batch before if nobody wrote since

	caseSeq, marks, ord          int64 // of the bucket's row
	oldCaseSeq, oldMarks, oldOrd int64

	tables                  [recordKinds]table
	answers                 int // revisions that are new
	events, words, feedback [][]any
	opened                  map[minuteOf][4]int64 // of cases that open, by priority
	touchedBlocks           []string              // blocks of keys to be written, once each
	slotState
	lists  changedLists
	acting acting

	fold  foldState
	noted []string          // sessions that were changed beside the tables
	asked map[cellMark]bool // days of invitations that are to be marked at the end
}

// table is one kind of record as a batch works on it.
type table struct {
	shelf *shelf[cell]
	load  *keyed
	put   *list
	dirty []string // ids of cells to be written, once each
}

// The kinds of records, in the order in which they are written.
const (
	identityTable = iota
	invitationTable
	sessionTable
	caseTable
	recordKinds // how many
)

func newWorking(ctx context.Context, s *Store, tx *sql.Tx, b storage.Bucket) *working {
	return &working{s: s, ctx: ctx, tx: tx, bucket: b, now: s.now(), slotState: newSlotState()}
}

// lock takes the bucket: until the commit no other transaction writes to it.
func (w *working) lock() error {
	last := w.s.memories.take(w.bucket)
	step := 1 + rand.Int64N(mostStep) // not a secret: it only tells histories apart
	err := w.tx.QueryRowContext(w.ctx, w.s.q.lockBucket, step, int64(w.bucket)).Scan(&w.caseSeq, &w.marks, &w.ord, &w.version)
	if errors.Is(err, sql.ErrNoRows) {
		return cmp.Or(w.s.outdated(w.ctx, w.tx, w.bucket), storage.ErrOutdated)
	}
	if last != nil && last.version == w.version-step {
		w.records = last.records
	}
	if last != nil {
		w.buffer = last.buffer
	}
	q := w.s.q
	w.tables = [...]table{
		identityTable:   {shelf: &w.identities, load: q.identities, put: q.putIdentities},
		invitationTable: {shelf: &w.invitations, load: q.invitations, put: q.putInvitations},
		sessionTable:    {shelf: &w.sessions, load: q.sessions, put: q.addSessions},
		caseTable:       {shelf: &w.cases, load: q.cases, put: q.putCases},
	}
	w.oldCaseSeq, w.oldMarks, w.oldOrd = w.caseSeq, w.marks, w.ord
	return err
}

// remember keeps what is known for the next batch. To be called after the commit.
func (w *working) remember() {
	for i := range w.tables {
		t := &w.tables[i]
		for _, id := range t.dirty {
			c, _ := t.shelf.get(id)
			c.row, c.created, c.checked = nil, false, true
			if c.identity != nil || c.session != nil {
				c.body = nil
			}
		}
	}
	for _, t := range w.dirtyTalks {
		t.dirty = false
	}
	for _, name := range w.touched {
		c, _ := w.slot(name)
		c.dirty, c.whole = false, false
		if c.talk != nil { // the talk has the render
			c.decoded, c.Render = false, chat.Message{}
			continue
		}
		if c.State == storage.Due && c.render != nil {
			w.keepRender(c) // whoever claims it shows it
		} else {
			c.forgetRender() // whoever shows it has it already
		}
	}
	for _, id := range w.touchedBlocks {
		b, _ := w.blocks.get(id)
		b.dirty = false
	}
	kept := w.memory
	if cap(kept.buffer) > mostBuffer {
		kept.buffer = nil
	}
	w.s.memories.keep(w.bucket, &kept, w.s.buckets)
}

// known reports whether nothing is left to ask about a record.
func known(t *table, id string) bool {
	if id == "" {
		return true
	}
	_, ok := t.shelf.get(id)
	return ok
}

// absent notes that there is no record with this id, so that the database is not asked.
func (w *working) absent(kind int, id string) {
	if t := &w.tables[kind]; !known(t, id) {
		t.shelf.put(id, nil)
	}
}

// fetch loads the records with these ids that are not in the working set yet.
func (w *working) fetch(kind int, ids ...string) error {
	t := &w.tables[kind]
	ids = slices.DeleteFunc(ids, func(id string) bool { return known(t, id) })
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		t.shelf.put(id, nil)
	}
	return w.find(t.load, ids, func(rows *sql.Rows) error {
		var id string
		c := &cell{checked: true}
		if err := rows.Scan(&id, &c.link, &c.body); err != nil {
			return err
		}
		t.shelf.put(id, c)
		return nil
	})
}

// cell returns a record of the working set, or nil.
func (w *working) cell(kind int, id string) *cell {
	c, _ := w.tables[kind].shelf.get(id)
	return c
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
func (w *working) prefetch(loads ...storage.Load) error {
	for kind := range w.tables {
		if kind == invitationTable {
			continue
		}
		var ids []string
		for i := range loads {
			id := ""
			switch kind {
			case identityTable:
				id = personID(loads[i].Person)
			case sessionTable:
				id = w.sessionOf(loads[i])
			case caseTable:
				id = w.caseOf(loads[i])
			}
			if !known(&w.tables[kind], id) {
				ids = append(ids, id)
			}
		}
		if err := w.fetch(kind, ids...); err != nil {
			return err
		}
	}
	var invitations, slots []string
	for i := range loads {
		if l := &loads[i]; l.Invitation != "" {
			invitations = append(invitations, l.Invitation)
		}
		slots = append(slots, loads[i].Slots...)
	}
	if err := w.fetch(invitationTable, invitations...); err != nil {
		return err
	}
	if err := w.readActing(loads); err != nil {
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
	if c := w.cell(identityTable, personID(l.Person)); c != nil {
		return c.link
	}
	return ""
}

// caseOf is the case that a turn wants: the one it names, or its session's.
func (w *working) caseOf(l storage.Load) string {
	if l.Case != "" {
		return l.Case
	}
	if c := w.cell(sessionTable, w.sessionOf(l)); c != nil {
		return c.link
	}
	return ""
}

// loaded gathers what one turn sees: copies of its own. A record that cannot be read is
// the turn's own error, and no reason to stop the others.
func (w *working) loaded(l storage.Load) (in storage.Loaded, err error) {
	// The turns before may have pointed to records that were not fetched with the rest.
	if err := w.prefetch(l); err != nil {
		return in, err
	}
	in.Now, in.NextCase, in.NextMark, in.Staff = w.now, int(w.caseSeq)+1, int(w.marks)+1, w.actor(l)
	if in.Identity, err = w.identity(personID(l.Person)); err != nil {
		return in, err
	}
	if in.Session, err = w.session(w.sessionOf(l)); err != nil {
		return in, err
	}
	if c := w.cell(caseTable, w.caseOf(l)); c != nil {
		if in.Case, err = decodeCase(w.bucket, c.body); err != nil {
			return in, errOwn{err}
		}
		if err := w.origin(&in); err != nil {
			return in, err
		}
	}
	if c := w.cell(invitationTable, l.Invitation); c != nil {
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
		if c, _ := w.slot(name); c != nil {
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
	if err := w.fetch(sessionTable, id); err != nil {
		return err
	}
	if in.Origin, err = w.session(id); err != nil || in.Origin == nil {
		return err
	}
	if err := w.fetch(identityTable, in.Origin.Identity); err != nil {
		return err
	}
	in.Owner, err = w.identity(in.Origin.Identity)
	return err
}

// identity is a copy of an identity of the working set, nil if there is none. An error
// is the turn's own.
func (w *working) identity(id string) (*storage.Identity, error) {
	c := w.cell(identityTable, id)
	if c == nil {
		return nil, nil //nolint:nilnil // as the contract of Loaded has it
	}
	if c.identity == nil {
		v, err := decodeIdentity(w.bucket, c.body)
		if err != nil {
			return nil, errOwn{err}
		}
		c.identity = v
	}
	v := *c.identity
	return &v, nil
}

// session is a copy of a session of the working set, nil if there is none. An error is
// the turn's own.
func (w *working) session(id string) (*storage.Session, error) {
	c := w.cell(sessionTable, id)
	if c == nil {
		return nil, nil //nolint:nilnil // as the contract of Loaded has it
	}
	if c.session == nil {
		v, err := decodeSession(w.bucket, c.body)
		if err != nil {
			return nil, errOwn{err}
		}
		c.session = v
	}
	return c.session.Clone(), nil
}

// merge takes over what a turn did, or nothing of it. Its error is the turn's own
// unless it comes from the database.
func (w *working) merge(turn int, l storage.Load, c storage.Change) error {
	var identity, invitation, session, opened *cell
	var words [][]any
	invalid := func(err error) error { return errOwn{err} } // the change contradicts itself
	if v := c.Identity; v != nil {
		n, err := identityCell(w.bucket, *v)
		if err != nil {
			return invalid(err)
		}
		if n.was, err = w.storedAs(storage.Clean(v.ID)); err != nil {
			return err
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
	stays, err := w.revised(l, c)
	if err != nil {
		return err
	}
	if stays != nil {
		n, err := sessionCell(w.bucket, *stays, w.now)
		if err != nil {
			return invalid(err)
		}
		session = &n
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
		if v.Number > int(w.caseSeq) {
			w.absent(caseTable, id) // no case of the bucket has a number that was not given yet
		}
		if err := w.fetch(caseTable, id); err != nil {
			return err
		}
		if w.cell(caseTable, id) == nil {
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

	put := func(kind int, id string, n *cell) {
		if n == nil {
			return
		}
		t := &w.tables[kind]
		id = storage.Clean(id)
		old, known := t.shelf.get(id)
		if known {
			n.checked, n.created = old == nil || old.checked, old == nil || old.created
		}
		if old == nil || old.row == nil {
			t.dirty = append(t.dirty, id)
		}
		t.shelf.put(id, n)
	}
	if c.Marked {
		w.marks++
	}
	if identity != nil {
		put(identityTable, c.Identity.ID, identity)
	}
	if invitation != nil {
		put(invitationTable, c.Invitation.ID, invitation)
	}
	if session != nil {
		put(sessionTable, stays.ID, session)
	}
	if opened != nil {
		if opened.created {
			w.caseSeq++
			w.countOpened(*c.Case)
			w.bare(c.Case.ID, c.Slots)
		}
		put(caseTable, c.Case.ID, opened)
	}
	w.answers, w.words = w.answers+len(c.Answers), append(w.words, words...)
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
