package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// inboxQueries are about the list of cases of staff.
type inboxQueries struct {
	standing      map[standingList]*list
	countStanding map[standingList]*list
	countHeld     string
	caseNumbered  string
	openings      *list // nil = each bucket is asked
}

// standingList is one way to find cases by where they stand.
type standingList struct {
	mine  bool // those of one person
	sites bool // of some sites only
	why   bool // for a reason only
}

func newInboxQueries(t *texts) inboxQueries {
	q := inboxQueries{
		standing: map[standingList]*list{}, countStanding: map[standingList]*list{},
		countHeld:    t.one("SELECT holder, count(*) FROM cases WHERE bucket = ? AND holder > '' AND state <> '" + string(recovery.Resolved) + "' GROUP BY holder"),
		caseNumbered: t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND number = ? AND id > ''"),
	}
	if t.dialect.Rows != nil {
		q.openings = t.asked(columns("bucket, session, identity"), func(of func(string) string) string {
			return "SELECT 0 AS kind, bucket, id, body FROM sessions WHERE bucket = " + of("bucket") + " AND id = " + of("session") +
				" UNION ALL SELECT 1, bucket, id, body FROM identities WHERE bucket = " + of("bucket") + " AND id = " + of("identity")
		})
	}
	for _, of := range []standingList{
		{false, false, false},
		{false, true, false},
		{true, false, false},
		{true, true, false},
		{false, false, true},
		{false, true, true},
		{true, false, true},
		{true, true, true},
	} {
		// The empty text finds whatever there is. Each names the index that is meant.
		where := " AND standing = ? AND standing > '' AND holder <> ?"
		if of.mine {
			where = " AND standing = ? AND holder = ? AND holder > '' AND id > ''"
		}
		where += " AND (priority = ? OR 0 = ?)"
		if of.sites {
			where += " AND " + t.dialect.Among("site")
		}
		if of.why {
			where += " AND " + t.dialect.Because
		}
		q.standing[of] = t.first([]string{"bucket"}, "clock, id", func(of func(string) string) string {
			return "SELECT body, bucket, clock, id FROM cases WHERE bucket = " + of("bucket") + where + " AND (clock, id) > (?, ?) ORDER BY clock, id"
		})
		if of.why { // a planner that is told nothing of the order would sort what a function has chosen
			where += " AND (clock, id) > (?, ?)"
		}
		q.countStanding[of] = t.inBuckets(func(bucket string) string {
			return "SELECT count(*) AS n FROM (SELECT id FROM cases WHERE bucket = " + bucket + where + " ORDER BY clock, id LIMIT ?) AS part"
		})
	}
	return q
}

// standingArgs are the list that a filter asks, and what it says behind the bucket.
func (s *Store) standingArgs(f storage.StandingFilter) (standingList, []any) {
	list := standingList{f.Holder != "", f.Sites != nil, f.Reason != ""}
	who := f.Without
	if list.mine {
		who = f.Holder
	} else if who == "" {
		who = "\uffff" // nobody's
	}
	args := []any{string(f.Standing), storage.Clean(who), int64(f.Priority), int64(f.Priority)}
	if list.sites {
		args = append(args, s.dialect.Keys(texted(f.Sites)))
	}
	if list.why {
		args = append(args, `%"`+storage.Clean(f.Reason)+"%")
	}
	return list, args
}

// Standing implements storage.Inbox. Where one statement is put for all buckets the database merges what each has, and
// answers with as many rows as are asked for, however many buckets there are.
func (s *Store) Standing(ctx context.Context, f storage.StandingFilter) ([]storage.Case, error) {
	list, args := s.standingArgs(f)
	args = append(args, micro(f.After.At), storage.Clean(f.After.ID), int64(f.Limit))
	of := s.q.standing[list]
	if of.whole != "" {
		args = append(args, int64(f.Limit))
	}
	all, err := ofBuckets(ctx, s, "standing cases", of, args, func(row scanner) (k storage.Case, err error) {
		return scanBody(decodeCase)(sortedRow{row})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b storage.Case) int { return a.Place().Compare(b.Place()) })
	return all[:min(f.Limit, len(all))], nil
}

// sortedRow is a row that has behind what is scanned its clock and its id, by which the database sorted it.
type sortedRow struct{ scanner }

func (p sortedRow) Scan(into ...any) error {
	var clock, id any
	return p.scanner.Scan(append(into, &clock, &id)...)
}

// CountStanding implements storage.Inbox.
func (s *Store) CountStanding(ctx context.Context, f storage.StandingFilter, most int) (n int, more bool, err error) {
	list, args := s.standingArgs(f)
	if list.why {
		args = append(args, micro(time.Time{}), "")
	}
	counts, err := ofBuckets(ctx, s, "how many cases stand", s.q.countStanding[list], append(args, int64(most)+1), func(row scanner) (n int, err error) {
		return n, row.Scan(&n)
	})
	if err != nil {
		return 0, false, err
	}
	for _, some := range counts {
		n, more = n+min(some, most), more || some > most
	}
	return n, more, nil
}

// CountHeld implements storage.Inbox.
func (s *Store) CountHeld(ctx context.Context) (map[string]int, error) {
	type has struct {
		who string
		n   int
	}
	all := map[string]int{}
	for b := range int64(s.buckets) {
		list, err := collect(ctx, s, "who holds how many cases", s.q.countHeld, []any{b}, func(row scanner) (h has, err error) { return h, row.Scan(&h.who, &h.n) })
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			all[h.who] += h.n
		}
	}
	return all, nil
}

// CaseNumbered implements storage.Inbox.
func (s *Store) CaseNumbered(ctx context.Context, b storage.Bucket, number int) (storage.Case, error) {
	list, err := collect(ctx, s, "case by its number", s.q.caseNumbered, []any{int64(b), int64(number)}, scanBody(decodeCase))
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("read case by its number: %w", storage.ErrNotFound)
	}
	if err != nil {
		return storage.Case{}, err
	}
	return list[0], nil
}

// Case implements storage.Inbox.
func (s *Store) Case(ctx context.Context, b storage.Bucket, id string) (storage.Case, error) {
	return record(ctx, s, s.q.cases, b, id, "case", decodeCase)
}

// CasesNamed implements storage.Inbox.
func (s *Store) CasesNamed(ctx context.Context, b storage.Bucket, ids []string) (all []storage.Case, _ error) {
	for some := range slices.Chunk(slices.Clone(ids), 1000) {
		err := s.bodies(ctx, s.q.cases, b, some, func(_ string, body []byte) error {
			c, err := decodeCase(b, body)
			if err == nil {
				all = append(all, *c)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read cases: %w", err)
		}
	}
	return all, nil
}

// Openings implements storage.Inbox.
func (s *Store) Openings(ctx context.Context, cases []storage.Case) (map[string]storage.Opening, error) {
	if len(cases) == 0 {
		return map[string]storage.Opening{}, nil
	}
	began := openings{map[string]*storage.Session{}, map[string]*storage.Identity{}}
	read := s.openingsApart
	if s.q.openings != nil {
		read = s.openingsAtOnce
	}
	if err := read(ctx, cases, began); err != nil {
		return nil, fmt.Errorf("read what cases began with: %w", err)
	}
	all := make(map[string]storage.Opening, len(cases))
	for i := range cases {
		c := &cases[i]
		all[c.ID] = storage.Opening{Session: began.sessions[c.Session], Identity: began.identities[c.Identity]}
	}
	return all, nil
}

// openings are what cases began with, by their ids.
type openings struct {
	sessions   map[string]*storage.Session
	identities map[string]*storage.Identity
}

func (o openings) session(b storage.Bucket, id string, body []byte) (err error) {
	o.sessions[id], err = decodeSession(b, body)
	return err
}

func (o openings) identity(b storage.Bucket, id string, body []byte) (err error) {
	o.identities[id], err = decodeIdentity(b, body)
	return err
}

// openingsAtOnce asks in one statement, whatever buckets they are in.
func (s *Store) openingsAtOnce(ctx context.Context, cases []storage.Case, into openings) error {
	asked := map[[2]string]bool{} // the same case may be there twice
	var rows [][]any
	for i := range cases {
		c := &cases[i]
		session, identity := storage.Clean(c.Session), storage.Clean(c.Identity)
		if pair := [2]string{session, identity}; !asked[pair] {
			asked[pair] = true
			rows = append(rows, []any{int64(c.Bucket), session, identity})
		}
	}
	var buffer []byte
	return s.q.openings.each(&buffer, rows, func(text string, args []any) error {
		_, err := collect(ctx, s, "what cases began with", text, args, func(row scanner) (none struct{}, err error) {
			var kind int
			var bucket storage.Bucket
			var id string
			var body []byte
			if err = row.Scan(&kind, &bucket, &id, &body); err != nil {
				return none, err
			}
			if kind == 0 {
				return none, into.session(bucket, id, body)
			}
			return none, into.identity(bucket, id, body)
		})
		return err
	})
}

// openingsApart asks each bucket for its own.
func (s *Store) openingsApart(ctx context.Context, cases []storage.Case, into openings) error {
	sessions, identities := map[storage.Bucket][]string{}, map[storage.Bucket][]string{}
	for i := range cases {
		c := &cases[i]
		sessions[c.Bucket] = append(sessions[c.Bucket], storage.Clean(c.Session))
		identities[c.Bucket] = append(identities[c.Bucket], storage.Clean(c.Identity))
	}
	for b := range sessions {
		if err := s.bodies(ctx, s.q.sessions, b, sessions[b], func(id string, body []byte) error { return into.session(b, id, body) }); err != nil {
			return err
		}
		if err := s.bodies(ctx, s.q.identities, b, identities[b], func(id string, body []byte) error { return into.identity(b, id, body) }); err != nil {
			return err
		}
	}
	return nil
}

// bodies reads many records of a bucket in one go.
func (s *Store) bodies(ctx context.Context, l *keyed, b storage.Bucket, ids []string, f func(id string, body []byte) error) error {
	slices.Sort(ids)
	return s.reading(ctx, func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, l.many, s.dialect.Keys(slices.Compact(ids)), int64(b))
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			var id, link string
			var body []byte
			if err := rows.Scan(&id, &link, &body); err != nil {
				return err
			}
			return f(id, body)
		})
	})
}
