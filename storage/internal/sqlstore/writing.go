package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const pendingRead = "bucket, id, case_id, person, text, due, sending, refused"

// writingQueries are about what staff are writing.
type writingQueries struct {
	putPending, takeBack, pendingOf, pendingDue, sendPending, endPending, refusePending string
	putDraft, dropDraft, drafts                                                         string
	putView, dropView, views                                                            string
	dropCasePending, dropCaseDrafts                                                     string
}

func newWritingQueries(t *texts) writingQueries {
	return writingQueries{
		putPending:    t.one("INSERT INTO pending_replies (" + pendingRead + ") VALUES (?, ?, ?, ?, ?, ?, FALSE, '') ON CONFLICT (bucket, id) DO NOTHING"),
		takeBack:      t.one("DELETE FROM pending_replies WHERE bucket = ? AND id = ? AND NOT sending RETURNING " + pendingRead),
		pendingOf:     t.one("SELECT " + pendingRead + " FROM pending_replies WHERE bucket = ? AND case_id = ? AND id > '' ORDER BY due, id"),
		pendingDue:    t.one("SELECT " + pendingRead + " FROM pending_replies WHERE bucket = ? AND due <= ? AND refused = '' ORDER BY due, id LIMIT ?"),
		sendPending:   t.one("UPDATE pending_replies SET sending = TRUE WHERE bucket = ? AND id = ?"),
		endPending:    t.one("DELETE FROM pending_replies WHERE bucket = ? AND id = ?"),
		refusePending: t.one("UPDATE pending_replies SET refused = ?, sending = FALSE WHERE bucket = ? AND id = ?"),
		putDraft: t.one("INSERT INTO drafts (bucket, case_id, person, box, text, at) VALUES (?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (bucket, case_id, person, box) DO UPDATE SET text = excluded.text, at = excluded.at"),
		dropDraft: t.one("DELETE FROM drafts WHERE bucket = ? AND case_id = ? AND person = ? AND box = ?"),
		drafts:    t.one("SELECT case_id, person, box, text, at FROM drafts WHERE bucket = ? AND case_id = ? ORDER BY person, box"),
		putView: t.one("INSERT INTO saved_views (person, name, query, created) VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (person, name) DO UPDATE SET query = excluded.query"),
		dropView:        t.one("DELETE FROM saved_views WHERE person = ? AND name = ?"),
		views:           t.one("SELECT person, name, query, created FROM saved_views WHERE person = ? ORDER BY created, name"),
		dropCasePending: t.one("DELETE FROM pending_replies WHERE bucket = ? AND case_id = ? AND id > ''"),
		dropCaseDrafts:  t.one("DELETE FROM drafts WHERE bucket = ? AND case_id = ?"),
	}
}

// wrote runs one statement and reports whether it changed a row.
func (s *Store) wrote(ctx context.Context, what, text string, args ...any) (news bool, err error) {
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		news = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write %s: %w", what, err)
	}
	return news, nil
}

// PutPending implements storage.Writing.
func (s *Store) PutPending(ctx context.Context, p storage.PendingReply) (fresh bool, err error) {
	return s.wrote(ctx, "a reply that waits", s.q.putPending, int64(p.Bucket), storage.Clean(p.ID), storage.Clean(p.Case), storage.Clean(p.Person),
		storage.Clean(p.Text), micro(p.Due))
}

func scanPending(row scanner) (p storage.PendingReply, err error) {
	err = row.Scan(&p.Bucket, &p.ID, &p.Case, &p.Person, &p.Text, &p.Due, &p.Sending, &p.Refused)
	p.Due = p.Due.UTC()
	return p, err
}

// TakeBackPending implements storage.Writing.
func (s *Store) TakeBackPending(ctx context.Context, b storage.Bucket, id string) (p storage.PendingReply, err error) {
	gone := false
	err = s.transaction(ctx, func(tx *sql.Tx) (err error) {
		p, err = scanPending(tx.QueryRowContext(ctx, s.q.takeBack, int64(b), storage.Clean(id)))
		if gone = errors.Is(err, sql.ErrNoRows); gone {
			return nil
		}
		return err
	})
	if err == nil && gone {
		err = storage.ErrNotFound
	}
	if err != nil {
		return storage.PendingReply{}, fmt.Errorf("take back a reply: %w", err)
	}
	return p, nil
}

// PendingOf implements storage.Writing.
func (s *Store) PendingOf(ctx context.Context, b storage.Bucket, caseID string) ([]storage.PendingReply, error) {
	return collect(ctx, s, "replies that wait", s.q.pendingOf, []any{int64(b), storage.Clean(caseID)}, scanPending)
}

// PendingDue implements storage.Writing.
func (s *Store) PendingDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.PendingReply, error) {
	return collect(ctx, s, "replies that are due", s.q.pendingDue, []any{int64(b), micro(now), int64(limit)}, scanPending)
}

// SendPending implements storage.Writing.
func (s *Store) SendPending(ctx context.Context, b storage.Bucket, id string) error {
	there, err := s.wrote(ctx, "that a reply is being sent", s.q.sendPending, int64(b), storage.Clean(id))
	if err == nil && !there {
		err = fmt.Errorf("send a reply: %w", storage.ErrNotFound)
	}
	return err
}

// EndPending implements storage.Writing.
func (s *Store) EndPending(ctx context.Context, b storage.Bucket, id, refused string) (err error) {
	if refused == "" {
		_, err = s.wrote(ctx, "that a reply was sent", s.q.endPending, int64(b), storage.Clean(id))
	} else {
		_, err = s.wrote(ctx, "that a reply was refused", s.q.refusePending, storage.Clean(refused), int64(b), storage.Clean(id))
	}
	return err
}

// PutDraft implements storage.Writing.
func (s *Store) PutDraft(ctx context.Context, b storage.Bucket, d storage.Draft) (err error) {
	key := []any{int64(b), storage.Clean(d.Case), storage.Clean(d.Person), storage.Clean(d.Box)}
	if d.Text == "" {
		_, err = s.wrote(ctx, "a draft", s.q.dropDraft, key...)
	} else {
		_, err = s.wrote(ctx, "a draft", s.q.putDraft, append(key, storage.Clean(d.Text), micro(d.At))...)
	}
	return err
}

// Drafts implements storage.Writing.
func (s *Store) Drafts(ctx context.Context, b storage.Bucket, caseID string) ([]storage.Draft, error) {
	return collect(ctx, s, "drafts", s.q.drafts, []any{int64(b), storage.Clean(caseID)}, func(row scanner) (d storage.Draft, err error) {
		err = row.Scan(&d.Case, &d.Person, &d.Box, &d.Text, &d.At)
		d.At = d.At.UTC()
		return d, err
	})
}

// PutView implements storage.Writing.
func (s *Store) PutView(ctx context.Context, v storage.SavedView) (err error) {
	if v.Query == "" {
		_, err = s.wrote(ctx, "a view", s.q.dropView, storage.Clean(v.Person), storage.Clean(v.Name))
	} else {
		_, err = s.wrote(ctx, "a view", s.q.putView, storage.Clean(v.Person), storage.Clean(v.Name), storage.Clean(v.Query), micro(v.Created))
	}
	return err
}

// Views implements storage.Writing.
func (s *Store) Views(ctx context.Context, person string) ([]storage.SavedView, error) {
	return collect(ctx, s, "views", s.q.views, []any{storage.Clean(person)}, func(row scanner) (v storage.SavedView, err error) {
		err = row.Scan(&v.Person, &v.Name, &v.Query, &v.Created)
		v.Created = v.Created.UTC()
		return v, err
	})
}
