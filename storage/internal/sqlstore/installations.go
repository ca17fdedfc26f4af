package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/storage"
)

const installationColumns = "platform, account, name, sealed, scopes, installer, installed, approved"

// installationIs finds an installation that is still as it was read, approved or not.
const installationIs = "platform = ? AND account = ? AND name = ? AND sealed = ? AND scopes = ? AND installer = ? AND installed = ?"

// installationQueries are about workspaces.
type installationQueries struct {
	putInstallation, installations, approveInstallation, dropInstallation string
	addInstallation, replaceInstallation, sameInstallation                string
	putInstallLink, useInstallLink, useInstallState, pruneInstallStates   string
}

func newInstallationQueries(t *texts) installationQueries {
	return installationQueries{
		putInstallation: t.one("INSERT INTO installations (" + installationColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account) DO UPDATE SET name = excluded.name, sealed = excluded.sealed," +
			" scopes = excluded.scopes, installer = excluded.installer, installed = excluded.installed," +
			" approved = coalesce(installations.approved, excluded.approved)"),
		addInstallation: t.one("INSERT INTO installations (" + installationColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account) DO NOTHING RETURNING account"),
		replaceInstallation: t.one("UPDATE installations SET name = ?, sealed = ?, scopes = ?, installer = ?, installed = ?" +
			" WHERE " + installationIs + " RETURNING account"),
		sameInstallation: t.one("SELECT account FROM installations WHERE " + installationIs),
		installations:    t.one("SELECT " + installationColumns + " FROM installations WHERE platform = ? ORDER BY account"),
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

// installationValues are those of installationIs.
func installationValues(i storage.Installation) []any {
	return []any{
		storage.Clean(string(i.Platform)), storage.Clean(i.Account), storage.Clean(i.Name), storage.Clean(i.Sealed),
		storage.Clean(i.Scopes), storage.Clean(i.Installer), micro(i.Installed),
	}
}

// PutInstallation implements storage.Reference.
func (s *Store) PutInstallation(ctx context.Context, i storage.Installation) error {
	return s.put(ctx, "installation", s.q.putInstallation, append(installationValues(i), orNull(i.Approved))...)
}

// ReplaceInstallation implements storage.Reference.
func (s *Store) ReplaceInstallation(ctx context.Context, was, now storage.Installation) error {
	values := installationValues(now)
	text, args := s.q.addInstallation, append(slices.Clone(values), orNull(now.Approved))
	if was.Account != "" {
		text, args = s.q.replaceInstallation, slices.Concat(values[2:], installationValues(was))
	}
	done := false
	err := s.configure(ctx, func(tx *sql.Tx) (_ bool, err error) {
		if done, err = yields(ctx, tx, text, args...); err == nil && !done {
			done, err = yields(ctx, tx, s.q.sameInstallation, values...) // a commit of which nobody heard
		}
		return done, err
	})
	if err == nil && !done {
		err = storage.ErrChanged
	}
	if err != nil {
		return fmt.Errorf("replace an installation: %w", err)
	}
	return nil
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
