package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const installationColumns = "platform, account, name, sealed, scopes, installer, installed, approved"

// installationQueries are about workspaces.
type installationQueries struct {
	installation                                                        kept
	installations, approveInstallation, dropInstallation                string
	putInstallLink, useInstallLink, useInstallState, pruneInstallStates string
}

func newInstallationQueries(t *texts) installationQueries {
	return installationQueries{
		installation: t.kept("INSERT INTO installations ("+installationColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "platform, account",
			"name = excluded.name, sealed = excluded.sealed, scopes = excluded.scopes, installer = excluded.installer,"+
				" installed = excluded.installed, approved = coalesce(installations.approved, excluded.approved)",
			"SELECT "+installationColumns+" FROM installations"),
		installations: t.one("SELECT " + installationColumns + " FROM installations WHERE platform = ? ORDER BY account"),
		approveInstallation: t.one("UPDATE installations SET approved = coalesce(approved, ?) WHERE platform = ? AND account = ?" +
			" RETURNING account"),
		dropInstallation: t.one("DELETE FROM installations WHERE platform = ? AND account = ?"),
		putInstallLink:   t.one("INSERT INTO install_links (hash, platform, account, expires, used) VALUES (?, ?, ?, ?, '')"),
		useInstallLink: t.one("UPDATE install_links SET used = ? WHERE hash = ? AND expires > ?" +
			" AND account IN ('', ?) AND used IN ('', ?) RETURNING hash"),
		useInstallState: t.one("INSERT INTO install_states (state, expires) VALUES (?, ?)" +
			" ON CONFLICT (state) DO NOTHING RETURNING state"),
		pruneInstallStates: t.one("DELETE FROM install_states WHERE expires <= ?"),
	}
}

// installationValues are those of a row.
func installationValues(i storage.Installation) []any {
	return []any{
		storage.Clean(string(i.Platform)), storage.Clean(i.Account), storage.Clean(i.Name), storage.Clean(i.Sealed),
		storage.Clean(i.Scopes), storage.Clean(i.Installer), micro(i.Installed), orNull(i.Approved),
	}
}

// PutInstallation implements storage.Reference.
func (s *Store) PutInstallation(ctx context.Context, i storage.Installation) error {
	return s.put(ctx, "installation", s.q.installation.put, installationValues(i)...)
}

// ReplaceInstallation implements storage.Reference. Whether it is approved is another matter.
func (s *Store) ReplaceInstallation(ctx context.Context, was, now storage.Installation) error {
	return replacing[storage.Installation]{
		kept: s.q.installation, what: "an installation", scan: scanInstallation, values: installationValues,
		same: func(i storage.Installation) []any { i.Approved = time.Time{}; return installationValues(i) },
	}.replace(ctx, s.configure, was, now)
}

// Installations implements storage.Reference.
func (s *Store) Installations(ctx context.Context, p chat.Platform) ([]storage.Installation, error) {
	return collect(ctx, s, "installations", s.q.installations, []any{storage.Clean(string(p))}, scanInstallation)
}

func scanInstallation(row scanner) (i storage.Installation, err error) {
	var approved sql.NullTime
	err = row.Scan(&i.Platform, &i.Account, &i.Name, &i.Sealed, &i.Scopes, &i.Installer, &i.Installed, &approved)
	i.Installed = i.Installed.UTC()
	if approved.Valid {
		i.Approved = approved.Time.UTC()
	}
	return i, err
}

// ApproveInstallation implements storage.Reference.
func (s *Store) ApproveInstallation(ctx context.Context, p chat.Platform, account string, at time.Time) error {
	found := false
	err := s.configure(ctx, func(tx *sql.Tx) (_ bool, err error) {
		found, err = yields(ctx, tx, s.q.approveInstallation, micro(at), storage.Clean(string(p)), storage.Clean(account))
		return found, err
	})
	return s.used("approve an installation", found, err)
}

// DropInstallation implements storage.Reference.
func (s *Store) DropInstallation(ctx context.Context, p chat.Platform, account string) error {
	return s.put(ctx, "installation", s.q.dropInstallation, storage.Clean(string(p)), storage.Clean(account))
}

// PutInstallLink implements storage.Installing.
func (s *Store) PutInstallLink(ctx context.Context, l storage.InstallLink) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putInstallLink, storage.Clean(l.Hash), storage.Clean(string(l.Platform)), storage.Clean(l.Account), micro(l.Expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("write a link: %w", err)
	}
	return nil
}

// UseInstallLink implements storage.Installing.
func (s *Store) UseInstallLink(ctx context.Context, hash, account string, now time.Time) error {
	account = storage.Clean(account)
	found := false
	err := s.transaction(ctx, func(tx *sql.Tx) (err error) {
		found, err = yields(ctx, tx, s.q.useInstallLink, account, storage.Clean(hash), micro(now), account, account)
		return err
	})
	return s.used("use a link", found, err)
}

// UseInstallState implements storage.Installing.
func (s *Store) UseInstallState(ctx context.Context, state string, expires, now time.Time) (bool, error) {
	first := false
	err := s.transaction(ctx, func(tx *sql.Tx) (err error) {
		if _, err := tx.ExecContext(ctx, s.q.pruneInstallStates, micro(now)); err != nil {
			return err
		}
		first, err = yields(ctx, tx, s.q.useInstallState, storage.Clean(state), micro(expires))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("use a state: %w", err)
	}
	return first, nil
}

// yields reports whether a statement yields a row.
func yields(ctx context.Context, tx *sql.Tx, text string, args ...any) (bool, error) {
	var found string
	err := tx.QueryRowContext(ctx, text, args...).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// used is the error of what must find a row: ErrNotFound if it found none.
func (s *Store) used(what string, found bool, err error) error {
	if err == nil && !found {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
