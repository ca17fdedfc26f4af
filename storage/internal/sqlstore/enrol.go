package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

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
		return true, s.follow(ctx, tx, e.Session, e.Audit)
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

// nameIsFree is ErrTaken if another login has this name, or this member of staff, and ErrOutsideTaken if
// it has this account of the identity provider.
func (s *Store) nameIsFree(ctx context.Context, tx *sql.Tx, l storage.Login) error {
	folded := storage.FoldName(l.Name)
	if folded == "" {
		return errChange{fmt.Errorf("%w: it is no name to sign in with", storage.ErrRefused)}
	}
	for _, of := range []struct {
		text, key string
		taken     error
	}{
		{s.q.loginNamed, folded, storage.ErrTaken},
		{s.q.loginsOfStaff, l.Staff, storage.ErrTaken},
		{s.q.loginOutside, storage.Clean(l.Outside), storage.ErrOutsideTaken},
	} {
		if of.key == "" {
			continue
		}
		other, err := scanLogin(tx.QueryRowContext(ctx, of.text, of.key))
		if err == nil && other.ID != l.ID {
			return errChange{of.taken}
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
	fresh, err := yields(ctx, tx, s.q.staff.add, staffValues(*e.Staff)...)
	if err == nil && !fresh {
		err = errChange{storage.ErrTaken}
	}
	return err
}
