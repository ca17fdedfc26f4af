package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const (
	loginColumns = "id, staff, name, shown, password, owner, second, step, recovery, language, look, created, seen" // folded follows
	webColumns   = "id, hash, login, created, seen, fresh, device, address"
	linkColumns  = "hash, kind, who, made, expires" // used follows
	auditColumns = "id, at, who, role, origin, what, subject, was, became"
)

// loginQueries are about who may sign in.
type loginQueries struct {
	lockLogins, logins, loginNamed, login, putLogin, changeLogin, dropLogin, loginsOfStaff, countOwners, anyLogin string
	putLink, link, links, useLink, dropLinks, dropOldLinks, putStaffRow                                           string
	putSession, signedIn, markSession, webSessionsOf, endSession, endSessions, endOthers, endByHash, endOld       string
	beginTry, readTry, countTry, forgiveTry, pruneTries                                                           string
	putAudit, audits, auditsBy                                                                                    string
}

func newLoginQueries(t *texts) loginQueries {
	return loginQueries{
		lockLogins: t.one("UPDATE revision SET number = number + 1 WHERE name = 'logins'"),
		logins:     t.one("SELECT " + loginColumns + " FROM logins ORDER BY folded"),
		loginNamed: t.one("SELECT " + loginColumns + " FROM logins WHERE folded = ?"),
		login:      t.one("SELECT " + loginColumns + " FROM logins WHERE id = ?"),
		putLogin:   t.one("INSERT INTO logins (" + loginColumns + ", folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		changeLogin: t.one("UPDATE logins SET staff = ?, name = ?, shown = ?, password = ?, owner = ?, second = ?, step = ?, recovery = ?," +
			" language = ?, look = ?, seen = ?, folded = ? WHERE id = ?"),
		dropLogin:     t.one("DELETE FROM logins WHERE id = ?"),
		loginsOfStaff: t.one("SELECT " + loginColumns + " FROM logins WHERE staff = ?"),
		countOwners:   t.one("SELECT count(*) FROM logins WHERE owner AND password > ''"),
		anyLogin:      t.one("SELECT count(*) FROM logins"),

		putLink:      t.one("INSERT INTO one_time_links (" + linkColumns + ", used) VALUES (?, ?, ?, ?, ?, '') ON CONFLICT (hash) DO NOTHING"),
		link:         t.one("SELECT " + linkColumns + " FROM one_time_links WHERE hash = ? AND expires > ? AND used = ''"),
		links:        t.one("SELECT " + linkColumns + " FROM one_time_links WHERE expires > ? AND used = '' ORDER BY made DESC, hash"),
		useLink:      t.one("UPDATE one_time_links SET used = ? WHERE hash = ? AND kind = ? AND who = ? AND expires > ? AND used IN ('', ?) RETURNING hash"),
		dropLinks:    t.one("DELETE FROM one_time_links WHERE kind = ? AND who = ?"),
		dropOldLinks: t.one("DELETE FROM one_time_links WHERE expires <= ?"),
		putStaffRow: t.one("INSERT INTO staff (" + staffColumns + ") VALUES (?, ?, ?, ?, NULL)" +
			" ON CONFLICT (id) DO NOTHING"),

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

		beginTry:   t.one("INSERT INTO login_tries (key, tries, at, until) VALUES (?, 0, ?, ?) ON CONFLICT (key) DO NOTHING"),
		readTry:    t.one("SELECT tries, at, until FROM login_tries WHERE key = ?{lock}"),
		countTry:   t.one("UPDATE login_tries SET tries = ?, at = ?, until = ? WHERE key = ?"),
		forgiveTry: t.one("DELETE FROM login_tries WHERE key = ?"),
		pruneTries: t.one("DELETE FROM login_tries WHERE at < ?"),

		putAudit: t.one("INSERT INTO audit (" + auditColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		audits:   t.one("SELECT " + auditColumns + " FROM audit WHERE (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"),
		auditsBy: t.one("SELECT " + auditColumns + " FROM audit WHERE (? = '' OR id < ?) AND (? = '' OR who = ?) AND (? = '' OR what = ?)" +
			" AND (? = '' OR subject = ?) ORDER BY id DESC LIMIT ?"),
	}
}

// prefixed names columns of one of several tables.
func prefixed(table, names string) string {
	all := columns(names)
	for i, c := range all {
		all[i] = table + "." + c
	}
	return strings.Join(all, ", ")
}

// loginRow is a login as it is scanned.
type loginRow struct {
	storage.Login
	recovery string
	seen     sql.NullTime
}

func (r *loginRow) into() []any {
	return []any{&r.ID, &r.Staff, &r.Name, &r.Shown, &r.Password, &r.Owner, &r.Second, &r.Step, &r.recovery, &r.Language, &r.Look, &r.Created, &r.seen}
}

func (r *loginRow) value() (storage.Login, error) {
	if err := json.Unmarshal([]byte(r.recovery), &r.Recovery); err != nil {
		return storage.Login{}, fmt.Errorf("decode recovery codes: %w", err)
	}
	r.Created = r.Created.UTC()
	if r.seen.Valid {
		r.Seen = r.seen.Time.UTC()
	}
	return r.Login, nil
}

func scanLogin(row scanner) (storage.Login, error) {
	var r loginRow
	if err := row.Scan(r.into()...); err != nil {
		return storage.Login{}, err
	}
	return r.value()
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

func scanOneTimeLink(row scanner) (l storage.OneTimeLink, err error) {
	err = row.Scan(&l.Hash, &l.Kind, &l.Who, &l.Made, &l.Expires)
	l.Made, l.Expires = l.Made.UTC(), l.Expires.UTC()
	return l, err
}

// Logins implements storage.Logins.
func (s *Store) Logins(ctx context.Context) ([]storage.Login, error) {
	return collect(ctx, s, "logins", s.q.logins, nil, scanLogin)
}

// LoginNamed implements storage.Logins.
func (s *Store) LoginNamed(ctx context.Context, name string) (storage.Login, error) {
	return one(ctx, s, "login", s.q.loginNamed, []any{storage.FoldName(name)}, scanLogin)
}

// errChange is an error of whoever calls, or of a rule, and none of the database.
type errChange struct{ error }

func (e errChange) Unwrap() error { return e.error }

// aboutLogins runs f in a transaction that has all changes of logins to itself. f reports
// whether the configuration changed too.
func (s *Store) aboutLogins(ctx context.Context, what string, f func(*sql.Tx) (configured bool, err error)) error {
	var own errChange
	refused := false
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.q.lockLogins); err != nil {
			return err
		}
		configured, err := f(tx)
		if errors.Is(err, sql.ErrNoRows) {
			err = errChange{storage.ErrNotFound}
		}
		if refused = errors.As(err, &own); err != nil || !configured {
			return err
		}
		_, err = tx.ExecContext(ctx, s.q.raise)
		return err
	})
	if refused {
		err = own.error
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Enrol implements storage.Logins.
func (s *Store) Enrol(ctx context.Context, e storage.Enrolment) error {
	return s.aboutLogins(ctx, "make a login", func(tx *sql.Tx) (bool, error) {
		if _, err := scanLogin(tx.QueryRowContext(ctx, s.q.login, e.Login.ID)); err == nil {
			return false, nil // it was made already
		} else if !errors.Is(err, sql.ErrNoRows) {
			return false, err
		}
		if err := s.mayEnrol(ctx, tx, e); err != nil {
			return false, err
		}
		if err := s.enrolStaff(ctx, tx, e); err != nil {
			return false, err
		}
		if err := s.writeLogin(ctx, tx, s.q.putLogin, e.Login); err != nil {
			return false, err
		}
		return e.Staff != nil, s.follow(ctx, tx, e.Session, e.Audit)
	})
}

// mayEnrol spends the link of an enrolment, and says why it cannot be.
func (s *Store) mayEnrol(ctx context.Context, tx *sql.Tx, e storage.Enrolment) error {
	if e.First {
		n, err := number(ctx, tx, s.q.anyLogin)
		if err != nil {
			return err
		}
		if n > 0 {
			return errChange{storage.ErrNotFound}
		}
	}
	if e.Link != "" {
		who := e.Login.Staff
		if e.Kind == storage.SetupLink {
			who = ""
		}
		if err := s.spend(ctx, tx, e.Link, e.Kind, who, e.Login.ID, e.Now); err != nil {
			return err
		}
	}
	return s.nameIsFree(ctx, tx, e.Login)
}

// spend uses a link up for what by names. The same may spend it again.
func (s *Store) spend(ctx context.Context, tx *sql.Tx, hash string, kind storage.LinkKind, who, by string, now time.Time) error {
	found, err := yields(ctx, tx, s.q.useLink, by, hash, string(kind), who, micro(now), by)
	if err == nil && !found {
		err = errChange{storage.ErrNotFound}
	}
	return err
}

// nameIsFree is ErrTaken if another login has this name, or this member of staff.
func (s *Store) nameIsFree(ctx context.Context, tx *sql.Tx, l storage.Login) error {
	folded := storage.FoldName(l.Name)
	if folded == "" {
		return errChange{fmt.Errorf("%w: it is no name to sign in with", storage.ErrRefused)}
	}
	for text, key := range map[string]string{s.q.loginNamed: folded, s.q.loginsOfStaff: l.Staff} {
		if key == "" {
			continue
		}
		other, err := scanLogin(tx.QueryRowContext(ctx, text, key))
		if err == nil && other.ID != l.ID {
			return errChange{storage.ErrTaken}
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// enrolStaff writes the member of staff of a new login, or looks that they are there.
func (s *Store) enrolStaff(ctx context.Context, tx *sql.Tx, e storage.Enrolment) error {
	if e.Staff == nil {
		if e.Login.Staff == "" {
			return nil
		}
		var found string
		return tx.QueryRowContext(ctx, s.q.lockStaff, e.Login.Staff).Scan(&found)
	}
	v := *e.Staff
	body, err := json.Marshal(v.Roles)
	if err != nil {
		return errChange{fmt.Errorf("encode roles: %w", err)}
	}
	r, err := tx.ExecContext(ctx, s.q.putStaffRow, storage.Clean(v.ID), storage.Clean(v.Name), string(body), micro(v.Created))
	if err := changedOne(r, err); errors.Is(err, storage.ErrNotFound) {
		return errChange{storage.ErrTaken}
	} else if err != nil {
		return err
	}
	return nil
}

// writeLogin inserts or changes a row: both texts end with what finds it.
func (s *Store) writeLogin(ctx context.Context, tx *sql.Tx, text string, l storage.Login) error {
	if l.Recovery == nil {
		l.Recovery = []string{}
	}
	recovery, err := json.Marshal(l.Recovery)
	if err != nil {
		return errChange{fmt.Errorf("encode recovery codes: %w", err)}
	}
	args := []any{
		storage.Clean(l.Staff), storage.Clean(l.Name), storage.Clean(l.Shown), l.Password, l.Owner, l.Second, l.Step, string(recovery),
		storage.Clean(l.Language), storage.Clean(l.Look),
	}
	if text == s.q.putLogin {
		args = append(slices.Insert(args, 0, any(l.ID)), micro(l.Created), orNull(l.Seen), storage.FoldName(l.Name))
	} else {
		args = append(args, orNull(l.Seen), storage.FoldName(l.Name), l.ID)
	}
	_, err = tx.ExecContext(ctx, text, args...)
	return err
}

// follow writes what a change brings with it.
func (s *Store) follow(ctx context.Context, tx *sql.Tx, begins *storage.WebSession, a storage.Audit) error {
	if begins != nil {
		if err := s.beginSession(ctx, tx, *begins); err != nil {
			return err
		}
	}
	return s.writeAudit(ctx, tx, a)
}

func (s *Store) beginSession(ctx context.Context, tx *sql.Tx, w storage.WebSession) error {
	_, err := tx.ExecContext(ctx, s.q.putSession, w.ID, w.Hash, w.Login, micro(w.Created), micro(w.Seen), orNull(w.Fresh),
		storage.Clean(w.Device), storage.Clean(w.Address))
	return err
}

// writeAudit writes an entry; one without an id is none.
func (s *Store) writeAudit(ctx context.Context, tx *sql.Tx, a storage.Audit) error {
	if a.ID == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, s.q.putAudit, a.ID, micro(a.At), storage.Clean(a.Who), storage.Clean(a.Role), storage.Clean(a.From),
		storage.Clean(a.What), storage.Clean(a.Subject), storage.Clean(a.Before), storage.Clean(a.After))
	return err
}

// number reads one number.
func number(ctx context.Context, tx *sql.Tx, text string, args ...any) (n int64, err error) {
	err = tx.QueryRowContext(ctx, text, args...).Scan(&n)
	return n, err
}

// ownerStays is ErrLastOwner if a change leaves no owner who can sign in. there says that one
// was there before: an installation without any owner takes every change.
func (s *Store) ownerStays(ctx context.Context, tx *sql.Tx, there int64) error {
	n, err := number(ctx, tx, s.q.countOwners)
	if err == nil && n == 0 && there > 0 {
		err = errChange{storage.ErrLastOwner}
	}
	return err
}

// ChangeLogin implements storage.Logins.
func (s *Store) ChangeLogin(ctx context.Context, c storage.LoginChange) (changed storage.Login, err error) {
	err = s.aboutLogins(ctx, "change a login", func(tx *sql.Tx) (bool, error) {
		l, err := scanLogin(tx.QueryRowContext(ctx, s.q.login, c.ID))
		if err != nil {
			return false, err
		}
		if c.Link != "" {
			if err := s.spend(ctx, tx, c.Link, storage.ResetLink, c.ID, c.Audit.ID, c.Now); err != nil {
				return false, err
			}
		}
		if err := c.Change(&l); err != nil {
			return false, errChange{err}
		}
		l.ID = c.ID
		owners, err := number(ctx, tx, s.q.countOwners)
		if err != nil {
			return false, err
		}
		if err := s.nameIsFree(ctx, tx, l); err != nil {
			return false, err
		}
		if err := s.writeLogin(ctx, tx, s.q.changeLogin, l); err != nil {
			return false, err
		}
		if err := s.ownerStays(ctx, tx, owners); err != nil {
			return false, err
		}
		if c.Ends {
			if _, err := tx.ExecContext(ctx, s.q.endOthers, c.ID, c.Keep); err != nil {
				return false, err
			}
		}
		changed = l
		return false, s.follow(ctx, tx, c.Session, c.Audit)
	})
	if err != nil {
		return storage.Login{}, err
	}
	return changed, nil
}

// DropLogin implements storage.Logins.
func (s *Store) DropLogin(ctx context.Context, id string, a storage.Audit) error {
	return s.aboutLogins(ctx, "remove a login", func(tx *sql.Tx) (bool, error) {
		l, err := scanLogin(tx.QueryRowContext(ctx, s.q.login, id))
		if err != nil {
			return false, err
		}
		if err := s.removeLogin(ctx, tx, l); err != nil {
			return false, err
		}
		return false, s.writeAudit(ctx, tx, a)
	})
}

// removeLogin takes a login away with all that opens it.
func (s *Store) removeLogin(ctx context.Context, tx *sql.Tx, l storage.Login) error {
	owners, err := number(ctx, tx, s.q.countOwners)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.q.dropLogin, l.ID); err != nil {
		return err
	}
	if err := s.ownerStays(ctx, tx, owners); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, s.q.endSessions, l.ID); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, s.q.dropLinks, string(storage.ResetLink), l.ID)
	return err
}

// leave takes the ways in away that a member of staff has.
func (s *Store) leave(ctx context.Context, tx *sql.Tx, staff string) error {
	if _, err := tx.ExecContext(ctx, s.q.dropLinks, string(storage.JoinLink), staff); err != nil {
		return err
	}
	l, err := scanLogin(tx.QueryRowContext(ctx, s.q.loginsOfStaff, staff))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.removeLogin(ctx, tx, l)
}

// PutOneTimeLink implements storage.Logins.
func (s *Store) PutOneTimeLink(ctx context.Context, l storage.OneTimeLink, a storage.Audit) error {
	return s.aboutLogins(ctx, "write a link", func(tx *sql.Tx) (bool, error) {
		if _, err := tx.ExecContext(ctx, s.q.dropOldLinks, micro(l.Made)); err != nil {
			return false, err
		}
		if l.Who != "" {
			if _, err := tx.ExecContext(ctx, s.q.dropLinks, string(l.Kind), l.Who); err != nil {
				return false, err
			}
		}
		if _, err := tx.ExecContext(ctx, s.q.putLink, l.Hash, string(l.Kind), storage.Clean(l.Who), micro(l.Made), micro(l.Expires)); err != nil {
			return false, err
		}
		return false, s.writeAudit(ctx, tx, a)
	})
}

// OneTimeLink implements storage.Logins.
func (s *Store) OneTimeLink(ctx context.Context, hash string, now time.Time) (storage.OneTimeLink, error) {
	return one(ctx, s, "link", s.q.link, []any{hash, micro(now)}, scanOneTimeLink)
}

// OneTimeLinks implements storage.Logins.
func (s *Store) OneTimeLinks(ctx context.Context, now time.Time) ([]storage.OneTimeLink, error) {
	return collect(ctx, s, "links", s.q.links, []any{micro(now)}, scanOneTimeLink)
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

// Try implements storage.Logins.
func (s *Store) Try(ctx context.Context, of []storage.Try, now time.Time) (until time.Time, err error) {
	now = micro(now)
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b storage.Try) int { return strings.Compare(a.Key, b.Key) }) // the order of the locks
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		until = time.Time{}
		if _, err := tx.ExecContext(ctx, s.q.pruneTries, now.Add(-storage.TryMemory)); err != nil {
			return err
		}
		counts := make([]int, len(of))
		for i, t := range of {
			if _, err := tx.ExecContext(ctx, s.q.beginTry, t.Key, now, now); err != nil {
				return err
			}
			var at, wait time.Time
			if err := tx.QueryRowContext(ctx, s.q.readTry, t.Key).Scan(&counts[i], &at, &wait); err != nil {
				return err
			}
			if wait = wait.UTC(); wait.After(now) && wait.After(until) {
				until = wait
			}
		}
		if !until.IsZero() {
			return nil
		}
		for i, t := range of {
			n := counts[i] + 1
			if _, err := tx.ExecContext(ctx, s.q.countTry, n, now, now.Add(storage.WaitAfter(n, t.Free)), t.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("count a try: %w", err)
	}
	return until, nil
}

// Forgive implements storage.Logins.
func (s *Store) Forgive(ctx context.Context, key string) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.forgiveTry, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("forgive tries: %w", err)
	}
	return nil
}

// PutAudit implements storage.Logins.
func (s *Store) PutAudit(ctx context.Context, a storage.Audit) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error { return s.writeAudit(ctx, tx, a) })
	if err != nil {
		return fmt.Errorf("write what was changed: %w", err)
	}
	return nil
}

// Audits implements storage.Logins.
func (s *Store) Audits(ctx context.Context, f storage.AuditFilter) ([]storage.Audit, error) {
	text, args := s.q.audits, []any{f.Before, f.Before, int64(f.Limit)}
	if f.Who+f.What+f.Subject != "" {
		text, args = s.q.auditsBy, []any{f.Before, f.Before, f.Who, f.Who, f.What, f.What, f.Subject, f.Subject, int64(f.Limit)}
	}
	return collect(ctx, s, "audit", text, args, func(row scanner) (a storage.Audit, err error) {
		err = row.Scan(&a.ID, &a.At, &a.Who, &a.Role, &a.From, &a.What, &a.Subject, &a.Before, &a.After)
		a.At = a.At.UTC()
		return a, err
	})
}
