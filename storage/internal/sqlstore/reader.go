package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// body reads one record as it is stored.
func (s *Store) body(ctx context.Context, l *keyed, b storage.Bucket, id string) ([]byte, error) {
	var body []byte
	err := s.reading(ctx, func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, l.one, int64(b), storage.Clean(id))
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			var id, link string
			return rows.Scan(&id, &link, &body)
		})
	})
	if err == nil && body == nil {
		err = storage.ErrNotFound
	}
	return body, err
}

// Invitation implements storage.Reader.
func (s *Store) Invitation(ctx context.Context, b storage.Bucket, id string) (storage.Invitation, error) {
	return record(ctx, s, s.q.invitations, b, id, "invitation", decodeInvitation)
}

// Identity implements storage.Reader.
func (s *Store) Identity(ctx context.Context, b storage.Bucket, id string) (storage.Identity, error) {
	return record(ctx, s, s.q.identities, b, id, "identity", decodeIdentity)
}

// Session implements storage.Reader.
func (s *Store) Session(ctx context.Context, b storage.Bucket, id string) (storage.Session, error) {
	return record(ctx, s, s.q.sessions, b, id, "session", decodeSession)
}

func record[T any](ctx context.Context, s *Store, l *keyed, b storage.Bucket, id, what string,
	decode func(storage.Bucket, []byte) (*T, error),
) (v T, err error) {
	body, err := s.body(ctx, l, b, id)
	if err != nil {
		return v, fmt.Errorf("read %s: %w", what, err)
	}
	p, err := decode(b, body)
	if err != nil {
		return v, err
	}
	return *p, nil
}

// collect runs one query and scans every row.
func collect[T any](ctx context.Context, s *Store, what, text string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	var list []T
	err := s.reading(ctx, func(db *sql.DB) error {
		list = nil
		rows, err := db.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			v, err := scan(rows)
			list = append(list, v)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return list, nil
}

// newest merges what each bucket has newest: every bucket's own index yields it.
func newest[T any](s *Store, limit int, of func(storage.Bucket) ([]T, error), at func(T) time.Time) ([]T, error) {
	var all []T
	for b := range storage.Bucket(s.buckets) {
		list, err := of(b)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b T) int { return at(b).Compare(at(a)) })
	return all[:min(limit, len(all))], nil
}

// SessionsOf implements storage.Reader.
func (s *Store) SessionsOf(ctx context.Context, b storage.Bucket, identity string, limit int) ([]storage.Session, error) {
	return collect(ctx, s, "sessions", s.q.sessionsOf, []any{int64(b), storage.Clean(identity), int64(limit)}, scanBody(decodeSession))
}

// Delivery implements storage.Reader.
func (s *Store) Delivery(ctx context.Context, b storage.Bucket, slot string) (d storage.Delivery, err error) {
	found := false
	err = s.reading(ctx, func(db *sql.DB) error {
		found = false
		rows, err := db.QueryContext(ctx, s.q.slots.one, int64(b), storage.Clean(slot))
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) (err error) {
			d, err = scanPlain(rows)
			found = true
			return err
		})
	})
	if err == nil && !found {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.Delivery{}, fmt.Errorf("read delivery: %w", err)
	}
	return d, nil
}

// Shown implements storage.Reader.
func (s *Store) Shown(ctx context.Context, in chat.Address, ref chat.Ref) (found storage.Delivery, err error) {
	if ref == "" {
		return found, fmt.Errorf("find a message: %w", storage.ErrNotFound)
	}
	in = cleanAddress(in)
	err = s.q.shown.chunks(s.buckets, func(text string, from, to int) error {
		var args []any
		for b := from; b < to; b++ {
			args = append(args, int64(b), in.Chat, storage.Clean(string(ref)), string(in.Platform), in.Account)
		}
		list, err := collect(ctx, s, "messages", text, args, scanPlain)
		for _, d := range list {
			found = d // a reference is a chat's own
		}
		return err
	})
	if err == nil && found.Slot == "" {
		err = fmt.Errorf("find a message: %w", storage.ErrNotFound)
	}
	return found, err
}

// Answers implements storage.Reader.
func (s *Store) Answers(ctx context.Context, b storage.Bucket, session string) ([]survey.Answer, error) {
	return collect(ctx, s, "answers", s.q.answers, []any{int64(b), storage.Clean(session)}, scanAnswer)
}

// scanBody scans rows of body and bucket.
func scanBody[T any](decode func(storage.Bucket, []byte) (*T, error)) func(scanner) (T, error) {
	return func(row scanner) (v T, err error) {
		var body []byte
		var b storage.Bucket
		if err := row.Scan(&body, &b); err != nil {
			return v, err
		}
		p, err := decode(b, body)
		if err != nil {
			return v, err
		}
		return *p, nil
	}
}

// CaseEvents implements storage.Reader.
func (s *Store) CaseEvents(ctx context.Context, b storage.Bucket, caseID string) ([]storage.CaseEvent, error) {
	return collect(ctx, s, "case events", s.q.caseEvents, []any{int64(b), storage.Clean(caseID)},
		func(row scanner) (e storage.CaseEvent, err error) {
			err = row.Scan(&e.ID, &e.Case, &e.At, &e.Kind, &e.By, &e.Detail, &e.Note)
			e.At = e.At.UTC()
			return e, err
		})
}

// Earlier implements storage.Reader.
func (s *Store) Earlier(ctx context.Context, customer string, since, until time.Time) (int, error) {
	if customer == "" {
		return 0, nil
	}
	total := 0
	err := s.reading(ctx, func(db *sql.DB) error {
		total = 0
		return s.q.earlier.chunks(s.buckets, func(text string, from, to int) error {
			var args []any
			for b := from; b < to; b++ {
				args = append(args, int64(b), storage.Clean(customer), micro(since), micro(until))
			}
			rows, err := db.QueryContext(ctx, text, args...)
			if err != nil {
				return err
			}
			return each(rows, func(rows *sql.Rows) error {
				var n int
				err := rows.Scan(&n)
				total += n
				return err
			})
		})
	})
	if err != nil {
		return 0, fmt.Errorf("count earlier sessions: %w", err)
	}
	return total, nil
}

// Expiring implements storage.Reader.
func (s *Store) Expiring(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Session, error) {
	return collect(ctx, s, "expiring sessions", s.q.expiring, []any{int64(b), micro(now), int64(limit)}, scanBody(decodeSession))
}

// CasesDue implements storage.Reader.
func (s *Store) CasesDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "due cases", s.q.casesDue, []any{int64(b), micro(now), int64(limit)}, scanBody(decodeCase))
}

// CasesBefore implements storage.Reader.
func (s *Store) CasesBefore(ctx context.Context, b storage.Bucket, rules, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "cases of older rules", s.q.casesBefore, []any{int64(b), int64(rules), int64(limit)}, scanBody(decodeCase))
}

// CasesHeld implements storage.Reader.
func (s *Store) CasesHeld(ctx context.Context, b storage.Bucket, staff string, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "held cases", s.q.casesHeld, []any{int64(b), storage.Clean(staff), int64(limit)}, scanBody(decodeCase))
}

// CasesUnposted implements storage.Reader.
func (s *Store) CasesUnposted(ctx context.Context, b storage.Bucket, limit int) ([]storage.Case, error) {
	return collect(ctx, s, "cases without a card", s.q.casesUnposted, []any{int64(b), int64(limit)}, scanBody(decodeCase))
}

// Past implements storage.Reader.
func (s *Store) Past(ctx context.Context, b storage.Bucket, since time.Time, after string, limit int) ([]storage.PastSession, error) {
	args := []any{int64(b), int64(b), storage.Clean(after), micro(since), int64(limit)}
	return collect(ctx, s, "past sessions", s.q.past, args, func(row scanner) (p storage.PastSession, err error) {
		var body, opened []byte
		var b storage.Bucket
		if err := row.Scan(&body, &b, &opened); err != nil {
			return p, err
		}
		session, err := decodeSession(b, body)
		if err != nil {
			return p, err
		}
		p.Session = *session
		if opened != nil {
			p.Case, err = decodeCase(b, opened)
		}
		return p, err
	})
}

func scanPlain(row scanner) (storage.Delivery, error) {
	c, err := scanDelivery(row)
	if err == nil {
		err = c.load()
	}
	return c.Delivery, err
}

// Transcript implements storage.Reader.
func (s *Store) Transcript(ctx context.Context, b storage.Bucket, to chat.Address) ([]storage.Delivery, error) {
	to = cleanAddress(to)
	return collect(ctx, s, "transcript", s.q.transcript,
		[]any{int64(b), to.Chat, string(to.Platform), to.Account, to.Thread}, scanPlain)
}

// Heads implements storage.Reader.
func (s *Store) Heads(ctx context.Context, b storage.Bucket, of []storage.Served, now time.Time, limit int) ([]storage.Delivery, error) {
	keys := make([][]any, len(of))
	for i, a := range of {
		keys[i] = []any{string(a.Platform), storage.Clean(a.Account)}
	}
	return forAll(ctx, s, "due deliveries", s.q.heads, keys, []any{int64(b), micro(now), int64(b), int64(limit)}, scanBare)
}

// forAll collects what a statement finds for each of these keys.
func forAll[T any](ctx context.Context, s *Store, what string, l *list, keys [][]any, rest []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	var buffer []byte
	err := l.each(&buffer, keys, func(text string, args []any) error {
		found, err := collect(ctx, s, what, text, append(args, rest...), scan)
		all = append(all, found...)
		return err
	})
	return all, err
}

func scanBare(row scanner) (storage.Delivery, error) {
	c, err := scanDelivery(row)
	return c.Delivery, err
}

// Doubtful implements storage.Reader.
func (s *Store) Doubtful(ctx context.Context, b storage.Bucket, of []storage.Served, limit int) ([]storage.Delivery, error) {
	keys := make([][]any, len(of))
	for i, a := range of {
		keys[i] = []any{string(a.Platform), storage.Clean(a.Account), a.Epoch}
	}
	return forAll(ctx, s, "doubtful deliveries", s.q.doubtful, keys, []any{int64(b), int64(limit)}, scanPlain)
}

// Failed implements storage.Reader.
func (s *Store) Failed(ctx context.Context, limit int) ([]storage.Delivery, error) {
	return newest(s, limit, func(b storage.Bucket) ([]storage.Delivery, error) {
		return collect(ctx, s, "failed deliveries", s.q.failed, []any{int64(b), int64(limit)}, scanPlain)
	}, func(d storage.Delivery) time.Time { return d.Due })
}

// Counts implements storage.Reader. Sessions, answers and cases are counts kept in the
// buckets' rows, so that a large database answers as fast as a small one.
func (s *Store) Counts(ctx context.Context) (storage.Counts, error) {
	var c storage.Counts
	err := s.reading(ctx, func(db *sql.DB) error {
		if err := db.QueryRowContext(ctx, s.q.sumBuckets).Scan(&c.Sessions, &c.Answers, &c.Cases); err != nil {
			return err
		}
		c.Due, c.Failed = 0, 0
		for b := range int64(s.buckets) {
			var due, failed int
			if err := db.QueryRowContext(ctx, s.q.countDue, b).Scan(&due); err != nil {
				return err
			}
			if err := db.QueryRowContext(ctx, s.q.countFailed, b).Scan(&failed); err != nil {
				return err
			}
			c.Due, c.Failed = c.Due+due, c.Failed+failed
		}
		return db.QueryRowContext(ctx, s.q.countParked).Scan(&c.Parked)
	})
	if err != nil {
		return storage.Counts{}, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
