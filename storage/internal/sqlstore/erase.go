package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

// eraseQueries rewrite and remove what is kept of one person.
type eraseQueries struct {
	dropWords, dropCaseWords, dropEvents, dropFeedback, dropInvitation, dropSession, dropCase, dropIdentity string
	dropDelivery, dropKey, dropUpdate                                                                       string
	praised                                                                                                 string
	putErasure, erasures, erasure, setErasure, dropErasure, dropCustomer, putForgotten, erasedSince, recall string
	forgets, raiseForgets, vacuumed, setVacuumed                                                            string
	forgotten                                                                                               *list
}

func newEraseQueries(t *texts) eraseQueries {
	drop := func(table, key string) string {
		return t.one("DELETE FROM " + table + " WHERE bucket = ? AND " + key + " = ?")
	}
	return eraseQueries{
		dropWords: drop("words", "session"), dropEvents: drop("case_events", "case_id"),
		dropCaseWords: t.one("DELETE FROM words WHERE bucket = ? AND case_id = ? AND case_id > ''"),
		dropFeedback:  drop("feedback", "id"), dropInvitation: drop("invitations", "id"), dropSession: drop("sessions", "id"),
		dropCase: drop("cases", "id"), dropIdentity: drop("identities", "id"), dropDelivery: drop("deliveries", "slot"),
		dropKey: drop("seen", "key"), dropUpdate: drop("parked", "key"),
		praised:      t.one("SELECT " + deliveryColumns + " FROM deliveries WHERE bucket = ? AND slot LIKE 'praise:%'"),
		putErasure:   t.one("INSERT INTO erasures (id, begun, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"),
		erasures:     t.one("SELECT id, begun, body FROM erasures ORDER BY begun, id"),
		erasure:      t.one("SELECT body FROM erasures WHERE id = ?" + t.dialect.Lock), // after the bucket and its fold,
		setErasure:   t.one("UPDATE erasures SET body = ? WHERE id = ?"),
		dropErasure:  t.one("DELETE FROM erasures WHERE id = ?"),
		dropCustomer: t.one("DELETE FROM customers WHERE id = ?"),
		putForgotten: t.one("INSERT INTO forgotten (hash, why, day) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET why = excluded.why, day = excluded.day"),
		forgotten: t.asked(columns("hash"), func(of func(string) string) string {
			return "SELECT f.hash, f.why, f.day FROM forgotten f WHERE f.hash = " + of("hash")
		}),
		erasedSince:  t.one("SELECT hash FROM forgotten WHERE day >= ? AND why = ? ORDER BY hash"),
		recall:       t.one("DELETE FROM forgotten WHERE hash = ?"),
		forgets:      t.one("SELECT number FROM revision WHERE name = 'erasures'"),
		raiseForgets: t.one("UPDATE revision SET number = number + 1 WHERE name = 'erasures'"),
		vacuumed:     t.one("SELECT number FROM revision WHERE name = 'scrubbed'"),
		setVacuumed:  t.one("UPDATE revision SET number = 1 WHERE name = 'scrubbed'"),
	}
}

// BeginErasure implements storage.Persons.
func (s *Store) BeginErasure(ctx context.Context, e storage.Erasure, marks []storage.Forgotten) error {
	body, _, err := encode(e)
	if err != nil {
		return fmt.Errorf("encode an erasure: %w", err)
	}
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		for _, m := range marks {
			if _, err := tx.ExecContext(ctx, s.q.putForgotten, m.Hash, string(m.Why), micro(m.Day)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, s.q.putErasure, e.ID, micro(e.Begun), string(body))
		return err
	})
	if err != nil {
		return fmt.Errorf("begin an erasure: %w", err)
	}
	return nil
}

// Erasures implements storage.Persons.
func (s *Store) Erasures(ctx context.Context) ([]storage.Erasure, error) {
	return collect(ctx, s, "erasures", s.q.erasures, nil, func(row scanner) (e storage.Erasure, err error) {
		var body []byte
		if err := row.Scan(&e.ID, &e.Begun, &body); err != nil {
			return e, err
		}
		e.Begun = e.Begun.UTC()
		return e, json.Unmarshal(body, &e)
	})
}

// EndErasure implements storage.Persons.
func (s *Store) EndErasure(ctx context.Context, e storage.Erasure) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		for _, key := range e.Of.Customers {
			if err := s.forgetCustomer(ctx, tx, storage.Clean(key)); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, s.q.dropErasure, e.ID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.raiseForgets)
		return err
	})
	if err != nil {
		return fmt.Errorf("end an erasure: %w", err)
	}
	s.memories.clear()
	s.Hint(ctx)
	return nil
}

// Forgotten implements storage.Persons.
func (s *Store) Forgotten(ctx context.Context, hashes []string) ([]storage.Forgotten, error) {
	var all []storage.Forgotten
	var buffer []byte
	keys := make([][]any, len(hashes))
	for i, h := range hashes {
		keys[i] = []any{h}
	}
	err := s.q.forgotten.each(&buffer, keys, func(text string, args []any) error {
		found, err := collect(ctx, s, "who is forgotten", text, args, func(row scanner) (f storage.Forgotten, err error) {
			err = row.Scan(&f.Hash, &f.Why, &f.Day)
			f.Day = f.Day.UTC()
			return f, err
		})
		all = append(all, found...)
		return err
	})
	return all, err
}

// ErasedSince implements storage.Persons.
func (s *Store) ErasedSince(ctx context.Context, day time.Time) ([]string, error) {
	return collect(ctx, s, "who was erased", s.q.erasedSince, []any{micro(day), string(storage.ErasedOnRequest)}, func(row scanner) (hash string, err error) {
		return hash, row.Scan(&hash)
	})
}

// Recall implements storage.Persons.
func (s *Store) Recall(ctx context.Context, hashes []string) (n int, err error) {
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		n = 0
		for _, h := range hashes {
			r, err := tx.ExecContext(ctx, s.q.recall, h)
			if err != nil {
				return err
			}
			gone, err := r.RowsAffected()
			if err != nil {
				return err
			}
			n += int(gone)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("take back that somebody is forgotten: %w", err)
	}
	return n, nil
}

// EraseIn implements storage.Persons.
func (s *Store) EraseIn(ctx context.Context, b storage.Bucket, e storage.Erasure, as storage.Anonymous) (storage.Erased, error) {
	var n storage.Erased
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		w := newWorking(ctx, s, tx, b)
		if err := w.lockBoth(); err != nil {
			return err
		}
		e := e
		if err := s.learnt(ctx, tx, &e); err != nil {
			return err
		}
		f, err := s.within(ctx, tx, b, e)
		if err != nil {
			return err
		}
		if err := f.part(tx, e); err != nil {
			return err
		}
		if err := f.mentions(b, e.Named); err != nil {
			return err
		}
		for _, key := range e.Of.Customers {
			if storage.AskBucket(key, s.buckets) != b {
				continue
			}
			if err := f.ofAsks(b, storage.Clean(key)); err != nil {
				return err
			}
		}
		if n, err = w.anonymise(f, as); err != nil {
			return err
		}
		for _, key := range e.Of.Customers {
			gone, err := w.count(s.q.dropToldOf, int64(b), storage.Clean(key))
			if err != nil {
				return err
			}
			n.Events += gone
			if storage.AskBucket(key, s.buckets) != b {
				continue
			}
			asked, err := s.eraseAsks(ctx, tx, b, storage.Clean(key), as)
			if err != nil {
				return err
			}
			n.Asks += asked
		}
		if err := w.putAskMarks(); err != nil {
			return err
		}
		return w.tell(w.noted)
	})
	if err != nil {
		return storage.Erased{}, fmt.Errorf("erase in bucket %d: %w", b, err)
	}
	return n, nil
}

// within finds what one bucket has of somebody whose names are all known.
func (s *Store) within(ctx context.Context, tx *sql.Tx, b storage.Bucket, e storage.Erasure) (*search, error) {
	f := s.newSearch(ctx, tx)
	f.alone, f.levels = true, map[opening]int{}
	for _, at := range e.Invitations {
		f.levels[opening{at.ID, at.Session}] = at.Level
	}
	for _, p := range e.Of.Identities {
		if storage.BucketOf(p.Hash16(), s.buckets) != b {
			continue
		}
		f.person(p)
		if err := f.ofPeople([]storage.Person{p}); err != nil {
			return nil, err
		}
	}
	for _, key := range e.Of.Customers {
		found, err := rowsOf(ctx, tx, scanBody(decodeInvitation), s.q.invitationsOf, int64(b), storage.Clean(key))
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			f.invitation(i)
		}
	}
	for _, at := range e.Invitations {
		if at.Bucket != b || f.invitations[at.ID] {
			continue
		}
		body, err := f.body(s.q.invitations, b, at.ID)
		if err != nil || body == nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		i, err := decodeInvitation(b, body)
		if err != nil {
			return nil, err
		}
		if at.Session == "" || at.Session == i.Session { // else it led somebody else elsewhere
			f.invitation(*i)
		}
	}
	return f, f.rest()
}

// mentions finds what others' matters tell of the person: praise that is passed on together,
// and updates of staff that could not be handled.
func (f *search) mentions(b storage.Bucket, named []string) error {
	says := func(text string) bool {
		return slices.ContainsFunc(named, func(n string) bool { return n != "" && strings.Contains(text, n) })
	}
	rows, err := rowsOf(f.ctx, f.db, scanPlain, f.s.q.praised, int64(b))
	if err != nil {
		return err
	}
	for _, m := range rows {
		known := slices.ContainsFunc(f.d.Messages, func(o storage.Delivery) bool { return o.Slot == m.Slot })
		body, err := json.Marshal(m.Render)
		if err != nil {
			return err
		}
		if !known && says(plainJSON(body)) {
			f.d.Messages = append(f.d.Messages, m)
		}
	}
	parked, err := rowsOf(f.ctx, f.db, scanParked, f.s.q.parkedFor, int64(b))
	if err != nil {
		return err
	}
	for _, p := range parked {
		known := slices.ContainsFunc(f.d.Parked, func(o storage.Parked) bool { return o.Key == p.Key })
		if !known && (says(plainJSON([]byte(p.Payload))) || says(p.Key)) {
			f.d.Parked = append(f.d.Parked, p)
		}
	}
	return nil
}

// plainJSON is all texts of a JSON value, as they were before they were escaped.
func plainJSON(body []byte) string {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return string(body)
	}
	var all strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			all.WriteString(v + "\n")
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(v)
	return all.String()
}

// anonymise rewrites what was found in the bucket, and removes what cannot stay.
func (w *working) anonymise(f *search, as storage.Anonymous) (n storage.Erased, err error) {
	d := &f.d
	renamed := map[string]string{} // sessions and cases, by their old ids
	for i, c := range d.Conversations {
		renamed[c.Session.ID] = storage.NewID(as.Day(c.Session.Site, c.Session.Started), i)
	}
	for i, k := range d.Cases {
		renamed[k.Case.ID] = storage.NewID(as.Day(k.Case.Site, k.Case.OpenedAt), i)
	}
	if err := w.refold(d.Conversations, renamed, as); err != nil {
		return n, err
	}
	if err := w.drop(d, &n); err != nil {
		return n, err
	}
	var sessions, cases, events, feedback, invitations, edits [][]any
	var queue changedQueue
	for _, c := range d.Conversations {
		v := as.Session(c.Session, renamed[c.Session.ID], renamed[c.Session.Case])
		row, err := sessionCell(w.bucket, v, w.now)
		if err != nil {
			return n, err
		}
		sessions = append(sessions, row.row)
		n.Answers += len(c.Answers)
	}
	var emptied []caseDay
	for _, k := range d.Cases {
		emptied = append(emptied, caseDayOf(storage.Clean(k.Case.Site), k.Case.OpenedAt))
		v := as.Case(k.Case, renamed[k.Case.ID], renamed[k.Case.Session])
		row, err := caseCell(w.bucket, v)
		if err != nil {
			return n, err
		}
		cases = append(cases, row.row)
		for i, e := range k.Events {
			events = append(events, eventRow(w.bucket, as.Event(v.Site, e, storage.NewID(as.Day(v.Site, e.At), i), v.ID)))
		}
	}
	for i, v := range d.Feedback {
		feedback = append(feedback, feedbackRow(w.bucket, as.Feedback(v, storage.NewID(as.Day(v.Site, v.At), i), renamed[v.Session], renamed[v.Case])))
	}
	for i, v := range d.Invitations {
		level := cmp.Or(f.levels[opening{v.ID, v.Session}], f.levels[opening{v.ID, ""}]) // erasures of before say none
		row, err := w.nobodys(v, i, renamed[v.Session], level, as)
		if err != nil {
			return n, err
		}
		invitations = append(invitations, row.row)
		markAsk(storage.Clean(v.Site), storage.Clean(v.Flow), v.Created, w.asked)
	}
	markAsks(invitations, w.asked)
	for _, m := range d.Messages {
		c, err := w.overwrite(m, d.Cases, renamed, as)
		if err != nil {
			return n, err
		}
		if c != nil {
			edits = append(edits, c.row())
			queue.become(w.bucket, queued{}, queueOf(&c.Delivery))
		}
	}
	n.Conversations, n.Cases, n.Feedback = len(sessions), len(cases), len(feedback)
	n.Invitations, n.Edits = len(invitations), len(edits)
	q := w.s.q
	for _, k := range []struct {
		put  *list
		rows [][]any
	}{
		{q.putInvitations, invitations},
		{q.putSessions, sessions},
		{q.putCases, cases},
		{q.emptyDays, emptiedDays(w.bucket, append(emptied, daysOfCases(cases)...))},
		{q.insertEvents, events},
		{q.insertFeedback, feedback},
		{q.putDeliveries, edits},
	} {
		if err := w.insert(k.put, k.rows); err != nil {
			return n, err
		}
	}
	if err := w.saveQueue(&queue); err != nil {
		return n, err
	}
	if w.ord == w.oldOrd {
		return n, nil
	}
	_, err = w.alter(q.updateBucket, [][]any{{w.caseSeq, w.marks, w.ord, int64(0), int64(0)}})
	return n, err
}

// nobodys is the n-th of some invitations as one of nobody. Where its conversation has no new name it keeps the level
// of what was answered.
func (w *working) nobodys(i storage.Invitation, n int, session string, level int, as storage.Anonymous) (cell, error) {
	anew := as.Invitation(i, storage.NewID(as.Day(i.Site, i.Created), n), session)
	if session == "" {
		anew.Level = cmp.Or(anew.Level, level)
	}
	return invitationCell(w.bucket, anew)
}

// drop removes everything as it was.
func (w *working) drop(d *storage.Dossier, n *storage.Erased) error {
	q := w.s.q
	remove := func(text, id string) (int, error) {
		r, err := w.tx.ExecContext(w.ctx, text, int64(w.bucket), id)
		if err != nil {
			return 0, err
		}
		gone, err := r.RowsAffected()
		return int(gone), err
	}
	var all []struct {
		text, id string
		count    *int
	}
	of := func(count *int, id string, texts ...string) {
		for _, text := range texts {
			all = append(all, struct {
				text, id string
				count    *int
			}{text, id, count})
			count = nil
		}
	}
	for _, c := range d.Conversations {
		of(&n.Words, c.Session.ID, q.dropWords)
		of(nil, c.Session.ID, q.dropSession)
	}
	for _, k := range d.Cases {
		of(&n.Words, k.Case.ID, q.dropCaseWords)
		of(nil, k.Case.ID, q.dropEvents, q.dropCasePending, q.dropCaseDrafts, q.dropCase)
	}
	for _, v := range d.Feedback {
		of(nil, v.ID, q.dropFeedback)
	}
	for _, v := range d.Invitations {
		of(nil, v.ID, q.dropInvitation)
	}
	if err := w.dropMessages(d.Messages, n); err != nil {
		return err
	}
	for _, v := range d.Parked {
		of(&n.Parked, v.Key, q.dropUpdate)
		of(&n.Handled, v.Key, q.dropKey)
	}
	for _, key := range d.Handled {
		of(&n.Handled, key, q.dropKey)
	}
	for _, v := range d.Identities {
		if err := w.forgetNames(&v); err != nil {
			return err
		}
		of(&n.Accounts, v.ID, q.dropIdentity)
	}
	for _, r := range all {
		gone, err := remove(r.text, r.id)
		if err != nil {
			return err
		}
		if r.count != nil {
			*r.count += gone
		}
	}
	return nil
}

// dropMessages removes messages, and what waits of them.
func (w *working) dropMessages(all []storage.Delivery, n *storage.Erased) error {
	var items []string
	talks := map[string]bool{}
	for _, d := range all {
		gone, err := w.count(w.s.q.dropDelivery, int64(w.bucket), d.Slot)
		if err != nil {
			return err
		}
		id, ok := talkOf(d.Slot)
		if ok && !talks[id] {
			talks[id] = true
			items = append(items, id)
			if err := w.exec(w.s.q.dropTalk, int64(w.bucket), id); err != nil {
				return err
			}
		}
		if ok && gone == 0 {
			gone = 1 // it went with its talk
		}
		n.Messages += gone
		items = append(items, d.Slot)
	}
	if len(items) == 0 {
		return nil
	}
	if err := w.strike(talks); err != nil {
		return err
	}
	return w.exec(w.s.q.dropQueued, int64(w.bucket), w.s.dialect.Keys(items))
}

// overwrite is the row by which a message that a staff chat shows is edited a last time.
func (w *working) overwrite(m storage.Delivery, cases []storage.CaseFile, renamed map[string]string, as storage.Anonymous) (*deliveryCell, error) {
	slot, ok := storage.ParseSlot(m.Slot)
	if as.Edit == nil || !ok || m.ShownRef == "" || m.Address.Platform == chat.Web || renamed[slot.Owner] == "" {
		return nil, nil //nolint:nilnil // nobody sees it
	}
	var of storage.Case
	for _, k := range cases {
		if k.Case.ID == slot.Owner {
			of = k.Case
		}
	}
	text, ok := as.Edit(m, of)
	if !ok {
		return nil, nil //nolint:nilnil // likewise
	}
	w.ord = max(w.ord+1, w.now.UnixMicro())
	d := storage.Delivery{
		Bucket: w.bucket, Slot: storage.Slot{Kind: storage.EventSlot, Owner: renamed[slot.Owner], At: m.Address, Part: storage.NewID(w.now, 0)}.String(),
		Address: m.Address, Kind: storage.NoticeD, Ord: w.ord, Rank: storage.Plain, Render: text, Hash: "erased", Wanted: 2, Shown: 1, ShownRef: m.ShownRef,
		State: storage.Due, Due: w.now, Created: w.now,
	}
	c, err := seal(d, nil)
	return &c, err
}

// Forget implements storage.Persons.
func (s *Store) Forget(ctx context.Context) (bool, error) {
	n, err := one(ctx, s, "number of erasures", s.q.forgets, nil, func(row scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	})
	if err != nil {
		return false, err
	}
	if last := s.forgets.Swap(n + 1); last == n+1 || last == 0 { // a new process remembers nothing
		return false, nil
	}
	s.memories.clear()
	return true, nil
}

// Scrub implements storage.Persons.
func (s *Store) Scrub(ctx context.Context, how storage.Scrubbing) (storage.Scrubbed, error) {
	once := false
	if s.dialect.WholeOnce && how == storage.ScrubFile {
		n, err := one(ctx, s, "whether the file was written anew", s.q.vacuumed, nil, func(row scanner) (n int64, err error) {
			err = row.Scan(&n)
			return n, err
		})
		if err != nil {
			return storage.Scrubbed{}, err
		}
		once = n == 0
	}
	r, err := s.dialect.Scrub(ctx, s.write, once || how == storage.ScrubWhole)
	if err != nil {
		return storage.Scrubbed{}, fmt.Errorf("have the database's files lose what was removed: %w", s.unavailable(err))
	}
	if once && r.Done {
		err = s.transaction(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, s.q.setVacuumed)
			return err
		})
	}
	return r, err
}
