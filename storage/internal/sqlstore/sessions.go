package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
)

// sessionQueries look for sessions.
type sessionQueries struct {
	sessionsOf, expiring, past string
	earlier                    *sized
}

func newSessionQueries(t *texts) sessionQueries {
	return sessionQueries{
		sessionsOf: t.one("SELECT body, bucket FROM sessions WHERE bucket = ? AND identity = ? AND identity > '' ORDER BY started_at DESC, id DESC LIMIT ?"),
		// Sessions that are only tests never count.
		earlier: t.each("SELECT count(*) FROM sessions WHERE bucket = ? AND customer = ? AND started_at >= ? AND started_at < ?" +
			" AND unsatisfied AND NOT test"),
		expiring: t.one("SELECT body, bucket FROM sessions WHERE bucket = ? AND expires_at IS NOT NULL AND expires_at <= ?" +
			" ORDER BY expires_at, id LIMIT ?"),
		past: t.one("SELECT s.body, s.bucket, (SELECT c.body FROM cases c WHERE c.bucket = ? AND c.id = s.case_id AND c.session = s.id) FROM sessions s" +
			" WHERE s.bucket = ? AND s.version >= 0 AND (s.started_at, s.id) > (?, ?) ORDER BY s.started_at, s.id LIMIT ?"),
	}
}

// sessionBody is a session in the order in which it is stored: what every answer changes comes first and
// stands together, so that a body ends as the one before it, and Postgres' log holds what differs.
type sessionBody struct {
	Status    survey.Status    `json:"status"`
	Open      int              `json:"open"`
	Last      time.Time        `json:"last,omitzero"`
	Ended     time.Time        `json:"ended,omitzero"`
	Coverage  float64          `json:"coverage,omitempty"` // of the judgement; bodies from before have it there
	Newest    []survey.Answer  `json:"newest,omitempty"`   // the answers, the last one first; likewise
	Judgement survey.Judgement `json:"Judgement"`
	storage.Session
}

func bodyOf(v storage.Session) sessionBody {
	b := sessionBody{
		Status: v.Status, Open: v.Open, Last: v.Last, Ended: v.Ended, Coverage: v.Judgement.Coverage,
		Newest: slices.Clone(v.Answers), Judgement: v.Judgement, Session: v,
	}
	slices.Reverse(b.Newest)
	b.Judgement.Coverage, b.Answers = 0, nil
	return b
}

func (b *sessionBody) session() *storage.Session {
	v := &b.Session
	v.Status, v.Open, v.Last, v.Ended, v.Judgement = b.Status, b.Open, b.Last, b.Ended, b.Judgement
	if b.Coverage != 0 {
		v.Judgement.Coverage = b.Coverage
	}
	if len(b.Newest) > 0 {
		slices.Reverse(b.Newest)
		v.Answers = b.Newest
	}
	return v
}

func sessionCell(b storage.Bucket, v storage.Session, now time.Time) (cell, error) {
	body, cleaned, err := encode(bodyOf(v))
	if err != nil {
		return cell{}, fmt.Errorf("encode session: %w", err)
	}
	var kept *storage.Session
	if !cleaned { // else it is read as it is stored
		kept = v.Clone()
		kept.Bucket = b
	}
	var composite, ended, expires any
	if v.Judgement.Composite != nil {
		composite = *v.Judgement.Composite
	}
	if v.Status.Final() {
		if ended = orNull(v.Ended); ended == nil {
			ended = now
		}
	} else {
		expires = orNull(v.Expires)
	}
	link := storage.Clean(v.Case)
	known := cmp.Or(v.Customer, v.Identity)
	if v.Mark != "" {
		known = v.Identity
	}
	// The column finds somebody's earlier sessions: a person without a Customer is known
	// by the identity, and so is one who has a pseudonym: nothing named counts such a session.
	// The body keeps what is true.
	return cell{body: body, link: link, session: kept, row: []any{
		int64(b), storage.Clean(v.ID), storage.Clean(v.Identity), storage.Clean(v.Flow), int64(v.Version), string(v.Status),
		storage.Clean(v.Site), storage.Clean(known), storage.Clean(v.Invitation), link,
		micro(v.Started), ended, expires, composite, int64(v.Judgement.Level), v.Judgement.Unsatisfied, v.Test, string(body),
	}}, nil
}

func decodeSession(b storage.Bucket, body []byte) (*storage.Session, error) {
	var stored sessionBody
	if err := decode("session", body, &stored); err != nil {
		return nil, err
	}
	v := stored.session()
	v.Bucket = b
	return v, nil
}

// SessionsOf implements storage.Reader.
func (s *Store) SessionsOf(ctx context.Context, b storage.Bucket, identity string, limit int) ([]storage.Session, error) {
	return collect(ctx, s, "sessions", s.q.sessionsOf, []any{int64(b), storage.Clean(identity), int64(limit)}, scanBody(decodeSession))
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

// Past implements storage.Reader.
func (s *Store) Past(ctx context.Context, b storage.Bucket, since time.Time, after string, limit int) ([]storage.PastSession, error) {
	args := []any{int64(b), int64(b), micro(since), storage.Clean(after), int64(limit)}
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
