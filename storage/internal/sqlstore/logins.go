package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

const loginColumns = "id, staff, name, shown, password, owner, second, step, recovery, passkeys, outside, language, look, created, seen" // folded follows

// loginQueries are about who may sign in.
type loginQueries struct {
	lockLogins, logins, loginNamed, loginOutside, login, putLogin, changeLogin, dropLogin, loginsOfStaff, countOwners, anyLogin string
}

func newLoginQueries(t *texts) loginQueries {
	return loginQueries{
		lockLogins: t.one("UPDATE revision SET number = number + 1 WHERE name = 'logins'"),
		logins:     t.one("SELECT " + loginColumns + " FROM logins ORDER BY folded"),
		loginNamed: t.one("SELECT " + loginColumns + " FROM logins WHERE folded = ?"),
		// The planner takes an index of some rows only where the text says that the row is one of them.
		loginOutside: t.one("SELECT " + loginColumns + " FROM logins WHERE outside = ? AND outside > ''"),
		login:        t.one("SELECT " + loginColumns + " FROM logins WHERE id = ?"),
		putLogin:     t.one("INSERT INTO logins (" + loginColumns + ", folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
		changeLogin: t.one("UPDATE logins SET staff = ?, name = ?, shown = ?, password = ?, owner = ?, second = ?, step = ?, recovery = ?, passkeys = ?, outside = ?," +
			" language = ?, look = ?, seen = ?, folded = ? WHERE id = ?"),
		dropLogin:     t.one("DELETE FROM logins WHERE id = ?"),
		loginsOfStaff: t.one("SELECT " + loginColumns + " FROM logins WHERE staff = ?"),
		countOwners:   t.one("SELECT count(*) FROM logins WHERE owner AND password > ''"),
		anyLogin:      t.one("SELECT count(*) FROM logins"),
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
	passkeys string
	seen     sql.NullTime
}

func (r *loginRow) into() []any {
	return []any{&r.ID, &r.Staff, &r.Name, &r.Shown, &r.Password, &r.Owner, &r.Second, &r.Step, &r.recovery, &r.passkeys, &r.Outside, &r.Language, &r.Look, &r.Created, &r.seen}
}

func (r *loginRow) value() (storage.Login, error) {
	if err := json.Unmarshal([]byte(r.recovery), &r.Recovery); err != nil {
		return storage.Login{}, fmt.Errorf("decode recovery codes: %w", err)
	}
	if r.passkeys != "" {
		if err := json.Unmarshal([]byte(r.passkeys), &r.Passkeys); err != nil {
			return storage.Login{}, fmt.Errorf("decode passkeys: %w", err)
		}
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

// Logins implements storage.Logins.
func (s *Store) Logins(ctx context.Context) ([]storage.Login, error) {
	return collect(ctx, s, "logins", s.q.logins, nil, scanLogin)
}

// LoginNamed implements storage.Logins.
func (s *Store) LoginNamed(ctx context.Context, name string) (storage.Login, error) {
	return one(ctx, s, "login", s.q.loginNamed, []any{storage.FoldName(name)}, scanLogin)
}

// LoginOutside implements storage.Logins.
func (s *Store) LoginOutside(ctx context.Context, outside string) (storage.Login, error) {
	return one(ctx, s, "login", s.q.loginOutside, []any{storage.Clean(outside)}, scanLogin)
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

// writeLogin inserts or changes a row: both texts end with what finds it.
func (s *Store) writeLogin(ctx context.Context, tx *sql.Tx, text string, l storage.Login) error {
	if l.Recovery == nil {
		l.Recovery = []string{}
	}
	recovery, err := json.Marshal(l.Recovery)
	if err != nil {
		return errChange{fmt.Errorf("encode recovery codes: %w", err)}
	}
	passkeys := []byte{}
	if len(l.Passkeys) > 0 {
		if passkeys, err = json.Marshal(l.Passkeys); err != nil {
			return errChange{fmt.Errorf("encode passkeys: %w", err)}
		}
	}
	args := []any{
		storage.Clean(l.Staff), storage.Clean(l.Name), storage.Clean(l.Shown), l.Password, l.Owner, l.Second, l.Step, string(recovery), string(passkeys),
		storage.Clean(l.Outside), storage.Clean(l.Language), storage.Clean(l.Look),
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
		before := l
		if err := c.Change(&l); err != nil {
			return false, errChange{err}
		}
		l.ID = c.ID
		sees := l.Owner != before.Owner || l.Staff != before.Staff
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
		return sees, s.follow(ctx, tx, c.Session, c.Audit)
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
		return true, s.writeAudit(ctx, tx, a)
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
