package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// retainQueries find what is older than it is kept.
type retainQueries struct {
	retention, setRetention, unsetRetention string
	// old finds the ids of records of a class, the oldest first; oldCount counts them.
	old, oldCount                  map[privacy.Class]string
	silence, dropOldWords, muteOld string
	idleIdentities, idleCustomers  string
	redeemed                       string
}

func newRetainQueries(t *texts) retainQueries {
	resting := " AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.bucket = ? AND c.id = s.case_id AND c.state NOT IN " + restingStates() + perRow + ")"
	from := map[privacy.Class]string{
		privacy.Words:         "id FROM sessions s WHERE s.bucket = ? AND s.ended_at IS NOT NULL AND NOT s.silent AND s.ended_at < ?" + resting,
		privacy.Conversations: "id FROM sessions s WHERE s.bucket = ? AND s.ended_at IS NOT NULL AND s.identity > '' AND s.ended_at < ?" + resting,
		privacy.Cases:         "id FROM cases WHERE bucket = ? AND number > 0 AND identity > '' AND opened_at < ? AND state IN " + restingStates(),
		privacy.Invitations:   "id FROM invitations WHERE bucket = ? AND expires_at < ? AND body LIKE '%\"ClaimedBy\":\"\"%'",
		privacy.Parked:        "key FROM parked WHERE bucket = ? AND at < ?",
	}
	q := retainQueries{
		retention:      t.one("SELECT class, days FROM retention"),
		setRetention:   t.one("INSERT INTO retention (class, days) VALUES (?, ?) ON CONFLICT (class) DO UPDATE SET days = excluded.days"),
		unsetRetention: t.one("DELETE FROM retention WHERE class = ?"),
		old:            map[privacy.Class]string{}, oldCount: map[privacy.Class]string{},
		silence:      t.one("UPDATE sessions SET silent = TRUE, body = ? WHERE bucket = ? AND id = ?"),
		dropOldWords: t.one("DELETE FROM words WHERE bucket = ? AND session = ?"),
		muteOld:      t.one("UPDATE feedback SET text = '' WHERE bucket = ? AND session = ? AND identity = ? AND identity > ''"),
		// Somebody of whom nothing is left but the name.
		idleIdentities: t.one("SELECT i.body, i.bucket FROM identities i WHERE i.bucket = ? AND i.id > ?" +
			" AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.bucket = ? AND s.identity = i.id AND s.identity > ''" + perRow + ")" +
			" AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.bucket = ? AND c.identity = i.id AND c.identity > ''" + perRow + ")" +
			" ORDER BY i.id LIMIT ?"),
		redeemed:      t.one("SELECT body, bucket FROM invitations WHERE bucket = ? AND expires_at < ? AND body NOT LIKE '%\"ClaimedBy\":\"\"%' ORDER BY id LIMIT 10000"),
		idleCustomers: t.one("SELECT " + customerColumns + " FROM customers WHERE id > ? AND created < ? ORDER BY id LIMIT ?"),
	}
	order := map[privacy.Class]string{privacy.Words: "s.ended_at", privacy.Conversations: "s.ended_at", privacy.Cases: "opened_at", privacy.Invitations: "id", privacy.Parked: "key"}
	for _, c := range privacy.Classes() {
		if from[c] == "" {
			continue
		}
		q.old[c] = t.one("SELECT " + from[c] + " ORDER BY " + order[c] + " LIMIT ?")
		q.oldCount[c] = t.one("SELECT count(*) FROM (SELECT " + from[c] + ") AS old")
	}
	return q
}

// RetentionDays implements storage.Persons.
func (s *Store) RetentionDays(ctx context.Context) (privacy.Retention, error) {
	r := privacy.Retention{}
	_, err := collect(ctx, s, "for how long data is kept", s.q.retention, nil, func(row scanner) (none struct{}, err error) {
		var c privacy.Class
		var days int
		err = row.Scan(&c, &days)
		r[c] = days
		return none, err
	})
	return r, err
}

// SetRetentionDays implements storage.Persons.
func (s *Store) SetRetentionDays(ctx context.Context, c privacy.Class, days int) error {
	if days == 0 {
		return s.put(ctx, "for how long data is kept", s.q.unsetRetention, string(c))
	}
	return s.put(ctx, "for how long data is kept", s.q.setRetention, string(c), int64(days))
}

// olderThan are the parameters of the statements that find old records of a class.
func olderThan(b storage.Bucket, c privacy.Class, before time.Time) []any {
	args := []any{int64(b), micro(before)}
	if c == privacy.Words || c == privacy.Conversations {
		args = append(args, int64(b)) // of the case that may still be open
	}
	return args
}

// Retainable implements storage.Persons.
func (s *Store) Retainable(ctx context.Context, b storage.Bucket, c privacy.Class, before time.Time) (n int, err error) {
	text := s.q.oldCount[c]
	if text == "" {
		return 0, nil
	}
	return one(ctx, s, "old data", text, olderThan(b, c, before), func(row scanner) (n int, err error) {
		err = row.Scan(&n)
		return n, err
	})
}

// Retain implements storage.Persons.
func (s *Store) Retain(ctx context.Context, b storage.Bucket, c privacy.Class, before time.Time, limit int, as storage.Anonymous) (n int, err error) {
	text := s.q.old[c]
	if text == "" {
		return 0, nil
	}
	if c == privacy.Conversations {
		if err := s.part(ctx, b, before, limit, as); err != nil {
			return 0, fmt.Errorf("remove old data: %w", err)
		}
	}
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		w := newWorking(ctx, s, tx, b)
		if err := w.lockBoth(); err != nil {
			return err
		}
		ids, err := rowsOf(ctx, tx, scanText, text, append(olderThan(b, c, before), int64(limit))...)
		if err != nil {
			return err
		}
		n = len(ids)
		w.asked = map[cellMark]bool{}
		switch c {
		case privacy.Words:
			return errors.Join(each1(ids, w.silence), w.tell(w.noted))
		case privacy.Conversations:
			if len(ids) == 0 {
				n, err = w.unlink(before, as)
				return errors.Join(err, w.putAskMarks())
			}
			return errors.Join(each1(ids, func(id string) error { return w.depart(id, as) }), w.putAskMarks(), w.tell(w.noted))
		case privacy.Cases:
			return each1(ids, func(id string) error { return w.settle(id, as) })
		case privacy.Invitations:
			return errors.Join(w.dropInvitations(ids), w.putAskMarks())
		case privacy.Parked:
			return each1(ids, func(id string) error { return w.exec(s.q.dropUpdate, int64(b), id) })
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("remove old data: %w", err)
	}
	return n, nil
}

// dropInvitations removes invitations that nobody opened.
func (w *working) dropInvitations(ids []string) error {
	at := make([]Place, len(ids))
	for i, id := range ids {
		at[i] = Place{w.bucket, id}
	}
	if err := w.s.markInvited(w.ctx, w.tx, at, w.asked); err != nil {
		return err
	}
	return each1(ids, func(id string) error { return w.exec(w.s.q.dropInvitation, int64(w.bucket), id) })
}

func each1(ids []string, f func(string) error) error {
	for _, id := range ids {
		if err := f(id); err != nil {
			return err
		}
	}
	return nil
}

func (w *working) exec(text string, args ...any) error {
	_, err := w.tx.ExecContext(w.ctx, text, args...)
	return err
}

// silence takes the words out of a conversation that has ended.
func (w *working) silence(id string) error {
	f := w.s.newSearch(w.ctx, w.tx)
	body, err := f.body(w.s.q.sessions, w.bucket, id)
	if err != nil || body == nil {
		return err
	}
	v, err := decodeSession(w.bucket, body)
	if err != nil {
		return err
	}
	v.Said = nil
	for _, list := range [][]survey.Answer{v.Answers, v.Earlier} {
		for i := range list {
			list[i].Text, list[i].Files = "", nil
		}
	}
	if body, _, err = encode(v); err != nil {
		return err
	}
	q := w.s.q
	if err := w.exec(q.silence, string(body), int64(w.bucket), id); err != nil {
		return err
	}
	if err := w.exec(q.hushAnswers, int64(w.bucket), id); err != nil {
		return err
	}
	w.noted = append(w.noted, id)
	if err := w.exec(q.dropOldWords, int64(w.bucket), id); err != nil {
		return err
	}
	if v.Case != "" {
		if err := w.exec(q.dropCaseWords, int64(w.bucket), v.Case); err != nil {
			return err
		}
	}
	return w.exec(q.muteOld, int64(w.bucket), id, v.Identity)
}

// depart makes one conversation nobody's, with the case that it opened.
func (w *working) depart(id string, as storage.Anonymous) error {
	f := w.s.newSearch(w.ctx, w.tx)
	f.alone = true
	body, err := f.body(w.s.q.sessions, w.bucket, id)
	if err != nil || body == nil {
		return err
	}
	v, err := decodeSession(w.bucket, body)
	if err != nil {
		return err
	}
	if err := f.files([]storage.Session{*v}, nil); err != nil {
		return err
	}
	if body, err = f.body(w.s.q.cases, w.bucket, v.Case); err != nil {
		return err
	}
	if body != nil {
		k, err := decodeCase(w.bucket, body)
		if err != nil {
			return err
		}
		if k.Session == id && slices.Contains(recovery.Resting(), k.State) {
			if err := f.files(nil, []storage.Case{*k}); err != nil {
				return err
			}
		}
	}
	said, err := rowsOf(w.ctx, w.tx, scanFeedback, w.s.q.feedbackFor, int64(w.bucket), v.Identity)
	if err != nil {
		return err
	}
	for _, s := range said {
		if s.Session == id {
			f.d.Feedback = append(f.d.Feedback, s)
		}
	}
	if f.d.Messages, err = rowsOf(w.ctx, w.tx, scanPlain, w.s.q.ownedBy, int64(w.bucket), w.s.dialect.Keys(f.owners())); err != nil {
		return err
	}
	if err := f.shownIn(w.bucket, map[string]bool{}, nil, f.owners()); err != nil {
		return err
	}
	if body, err = f.body(w.s.q.invitations, w.bucket, v.Invitation); err != nil {
		return err
	}
	if body != nil && v.Invitation != "" {
		i, err := decodeInvitation(w.bucket, body)
		if err != nil {
			return err
		}
		if i.RedeemedBy == v.Identity {
			f.d.Invitations = append(f.d.Invitations, *i)
		}
	}
	// The account may still point to what is going.
	who, err := f.identity(w.bucket, v.Identity)
	if err != nil {
		return err
	}
	as.Edit = nil
	if _, err := w.anonymise(f, as); err != nil || who == nil {
		return err
	}
	if who.Session != id && !f.cases[who.Case] {
		return nil
	}
	if who.Session == id {
		who.Session = ""
	}
	if f.cases[who.Case] {
		who.Case = ""
	}
	c, err := identityCell(w.bucket, *who)
	if err != nil {
		return err
	}
	return w.insert(w.s.q.putIdentities, [][]any{c.row})
}

// part makes invitations nobody's that lie in other buckets and whose conversations, in this one, are about to be: as
// long as these are there it is known what was answered.
func (s *Store) part(ctx context.Context, b storage.Bucket, before time.Time, limit int, as storage.Anonymous) error {
	if s.buckets == 1 {
		return nil
	}
	ids, err := collect(ctx, s, "old conversations", s.q.old[privacy.Conversations], append(olderThan(b, privacy.Conversations, before), int64(limit)), scanText)
	if err != nil {
		return err
	}
	opened := map[string]*storage.Session{} // by their ids
	var links []string
	for _, id := range ids {
		v, err := s.Session(ctx, b, id)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err == nil && v.Invitation != "" {
			opened[v.ID], links = &v, append(links, v.Invitation)
		}
	}
	slices.Sort(links)
	links = slices.Compact(links)
	in := map[storage.Bucket][]string{}
	err = s.reading(ctx, func(db *sql.DB) error {
		clear(in)
		return readAcross(ctx, db, s.dialect, s.q.invited, s.everywhere(links), func(row scanner) error {
			i, err := scanBody(decodeInvitation)(row)
			if err == nil && i.Bucket != b {
				in[i.Bucket] = append(in[i.Bucket], i.ID)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	for of, links := range in {
		err := s.transaction(ctx, func(tx *sql.Tx) error {
			w := newWorking(ctx, s, tx, of)
			if err := w.lockBoth(); err != nil {
				return err
			}
			return errors.Join(w.releaseAll(links, opened, as), w.putAskMarks())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseAll makes these invitations of the bucket nobody's that whoever has one of the conversations opened.
func (w *working) releaseAll(links []string, opened map[string]*storage.Session, as storage.Anonymous) error {
	f := w.s.newSearch(w.ctx, w.tx)
	for n, id := range links {
		body, err := f.body(w.s.q.invitations, w.bucket, id)
		if err != nil {
			return err
		}
		if body == nil {
			continue
		}
		i, err := decodeInvitation(w.bucket, body)
		if err != nil {
			return err
		}
		if v := opened[i.Session]; v == nil || i.RedeemedBy != v.Identity {
			continue
		}
		if err := w.release(*i, n, opened[i.Session].AnsweredLevel(), as); err != nil {
			return err
		}
	}
	return nil
}

// release makes the n-th of some invitations nobody's.
func (w *working) release(i storage.Invitation, n, level int, as storage.Anonymous) error {
	c, err := w.nobodys(i, n, "", level, as)
	if err != nil {
		return err
	}
	if w.asked == nil {
		w.asked = map[cellMark]bool{}
	}
	markAsk(storage.Clean(i.Site), storage.Clean(i.Flow), i.Created, w.asked)
	markAsks([][]any{c.row}, w.asked)
	return errors.Join(w.exec(w.s.q.dropInvitation, int64(w.bucket), i.ID), w.insert(w.s.q.putInvitations, [][]any{c.row}))
}

// unlink makes invitations nobody's whose conversation, in another bucket, is nobody's.
func (w *working) unlink(before time.Time, as storage.Anonymous) (n int, err error) {
	q := w.s.q
	list, err := rowsOf(w.ctx, w.tx, scanBody(decodeInvitation), q.redeemed, int64(w.bucket), micro(before))
	if err != nil {
		return 0, err
	}
	f := w.s.newSearch(w.ctx, w.tx)
	for _, i := range list {
		lives := false
		for b := range storage.Bucket(w.s.buckets) {
			body, err := f.body(q.sessions, b, i.Session)
			if err != nil {
				return n, err
			}
			lives = lives || body != nil
		}
		if lives {
			continue
		}
		if err := w.release(i, n, 0, as); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// settle takes out of a case that has ended whose it was, and what was noted.
func (w *working) settle(id string, as storage.Anonymous) error {
	f := w.s.newSearch(w.ctx, w.tx)
	body, err := f.body(w.s.q.cases, w.bucket, id)
	if err != nil || body == nil {
		return err
	}
	k, err := decodeCase(w.bucket, body)
	if err != nil {
		return err
	}
	f.alone = true
	if err := f.files(nil, []storage.Case{*k}); err != nil {
		return err
	}
	v := as.Case(*k, k.ID, k.Session)
	c, err := caseCell(w.bucket, v)
	if err != nil {
		return err
	}
	var events [][]any
	for i, e := range f.d.Cases[0].Events {
		events = append(events, eventRow(w.bucket, as.Event(v.Site, e, storage.NewID(as.Day(v.Site, e.At), i), v.ID)))
	}
	q := w.s.q
	if err := errors.Join(w.exec(q.dropEvents, int64(w.bucket), id), w.exec(q.dropCaseWords, int64(w.bucket), id),
		w.exec(q.dropCasePending, int64(w.bucket), id), w.exec(q.dropCaseDrafts, int64(w.bucket), id)); err != nil {
		return err
	}
	if err := w.insert(q.putCases, [][]any{c.row}); err != nil {
		return err
	}
	if err := w.insert(q.emptyDays, emptiedDays(w.bucket, []caseDay{caseDayOf(storage.Clean(k.Site), k.OpenedAt), caseDayOf(storage.Clean(v.Site), v.OpenedAt)})); err != nil {
		return err
	}
	return w.insert(q.insertEvents, events)
}

// Idle implements storage.Persons.
func (s *Store) Idle(ctx context.Context, b storage.Bucket, before time.Time, after string, limit int) ([]storage.Anchor, error) {
	ids, err := collect(ctx, s, "idle chat accounts", s.q.idleIdentities, []any{int64(b), after, int64(b), int64(b), int64(limit)}, scanBody(decodeIdentity))
	if err != nil {
		return nil, err
	}
	var all []storage.Anchor
	for _, i := range ids {
		if i.Seen.Before(before) {
			all = append(all, storage.Anchor{Identities: []storage.Person{i.Person}})
		}
	}
	if b != 0 || after != "" {
		return all, nil
	}
	customers, err := collect(ctx, s, "customers", s.q.idleCustomers, []any{"", micro(before), int64(limit)}, scanCustomer)
	for _, c := range customers {
		all = append(all, storage.Anchor{Customers: []string{c.ID}})
	}
	return all, err
}
