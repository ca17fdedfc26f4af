package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const webColumns = "id, hash, login, created, seen, fresh, device, address"

// webSessionQueries are about who is signed in.
type webSessionQueries struct {
	putSession, signedIn, markSession, webSessionsOf, endSession, endSessions, endOthers, endByHash, endOld string
}

func newWebSessionQueries(t *texts) webSessionQueries {
	return webSessionQueries{
		putSession: t.one("INSERT INTO web_sessions (" + webColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		signedIn: t.one("SELECT " + prefixed("w", webColumns) + ", " + prefixed("l", loginColumns) +
			", coalesce(s.id, ''), coalesce(s.name, ''), coalesce(s.roles, '{}'), s.created FROM web_sessions w JOIN logins l ON l.id = w.login" +
			" LEFT JOIN staff s ON s.id = l.staff AND s.gone IS NULL WHERE w.hash = ? AND w.seen > ? AND w.created > ?"),
		markSession:   t.one("UPDATE web_sessions SET seen = ?, fresh = ?, address = ? WHERE id = ?"),
		webSessionsOf: t.one("SELECT " + webColumns + " FROM web_sessions WHERE login = ? AND seen > ? AND created > ? ORDER BY seen DESC, id"),
		endSession:    t.one("DELETE FROM web_sessions WHERE login = ? AND id = ? RETURNING id"),
		endSessions:   t.one("DELETE FROM web_sessions WHERE login = ?"),
		endOthers:     t.one("DELETE FROM web_sessions WHERE login = ? AND id <> ?"),
		endByHash:     t.one("DELETE FROM web_sessions WHERE hash = ?"),
		endOld:        t.one("DELETE FROM web_sessions WHERE seen <= ? OR created <= ?"),
	}
}

// sessionRow is a session as it is scanned.
type sessionRow struct {
	storage.WebSession
	fresh sql.NullTime
}

func (r *sessionRow) into() []any {
	return []any{&r.ID, &r.Hash, &r.Login, &r.Created, &r.Seen, &r.fresh, &r.Device, &r.Address}
}

func (r *sessionRow) value() storage.WebSession {
	r.Created, r.Seen = r.Created.UTC(), r.Seen.UTC()
	if r.fresh.Valid {
		r.Fresh = r.fresh.Time.UTC()
	}
	return r.WebSession
}

func (s *Store) beginSession(ctx context.Context, tx *sql.Tx, w storage.WebSession) error {
	_, err := tx.ExecContext(ctx, s.q.putSession, w.ID, w.Hash, w.Login, micro(w.Created), micro(w.Seen), orNull(w.Fresh),
		storage.Clean(w.Device), storage.Clean(w.Address))
	return err
}

// PutWebSession implements storage.Logins.
func (s *Store) PutWebSession(ctx context.Context, w storage.WebSession, instead string) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.q.endByHash, instead); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q.endOld, micro(w.Created.Add(-storage.SessionIdle)), micro(w.Created.Add(-storage.SessionLife))); err != nil {
			return err
		}
		if w.ID == "" {
			return nil
		}
		return s.beginSession(ctx, tx, w)
	})
	if err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	return nil
}

// SignedIn implements storage.Logins.
func (s *Store) SignedIn(ctx context.Context, hash string, now time.Time) (storage.SignedIn, error) {
	args := []any{hash, micro(now.Add(-storage.SessionIdle)), micro(now.Add(-storage.SessionLife))}
	in, err := one(ctx, s, "session", s.q.signedIn, args, scanSignedIn)
	if err == nil && in.Login.Staff != in.Staff.ID {
		return storage.SignedIn{}, fmt.Errorf("read session: %w", storage.ErrNotFound) // who left
	}
	return in, err
}

func scanSignedIn(row scanner) (in storage.SignedIn, err error) {
	var w sessionRow
	var l loginRow
	var roles string
	var since sql.NullTime
	into := append(append(w.into(), l.into()...), &in.Staff.ID, &in.Staff.Name, &roles, &since)
	if err := row.Scan(into...); err != nil {
		return in, err
	}
	if err := json.Unmarshal([]byte(roles), &in.Staff.Roles); err != nil {
		return in, fmt.Errorf("decode roles: %w", err)
	}
	if since.Valid {
		in.Staff.Created = since.Time.UTC()
	}
	in.Session = w.value()
	in.Login, err = l.value()
	return in, err
}

// MarkWebSession implements storage.Logins.
func (s *Store) MarkWebSession(ctx context.Context, w storage.WebSession) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.markSession, micro(w.Seen), orNull(w.Fresh), storage.Clean(w.Address), w.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("mark a session: %w", err)
	}
	return nil
}

// WebSessions implements storage.Logins.
func (s *Store) WebSessions(ctx context.Context, login string, now time.Time) ([]storage.WebSession, error) {
	args := []any{login, micro(now.Add(-storage.SessionIdle)), micro(now.Add(-storage.SessionLife))}
	return collect(ctx, s, "sessions", s.q.webSessionsOf, args, func(row scanner) (storage.WebSession, error) {
		var w sessionRow
		err := row.Scan(w.into()...)
		return w.value(), err
	})
}

// EndWebSession implements storage.Logins.
func (s *Store) EndWebSession(ctx context.Context, login, id string) error {
	found := false
	err := s.transaction(ctx, func(tx *sql.Tx) (err error) {
		ended, err := yields(ctx, tx, s.q.endSession, login, id)
		found = found || ended // by an attempt whose end nobody heard of
		return err
	})
	return s.used("end a session", found, err)
}
