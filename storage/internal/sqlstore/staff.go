package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/storage"
)

const (
	staffColumns     = "id, name, roles, created, gone"
	staffLinkColumns = "platform, account, person, staff" // linked, when it was made, follows
)

// teamQueries are about members of staff.
type teamQueries struct {
	staff                                                       kept
	staffList, lockStaff, dropStaff, putStaffCode, useStaffCode string
	dropStaffCodes, putStaffLink, staffLinks                    string
	dropStaffLinks, staffOf                                     string
	acting, actingMember                                        *list
}

func newTeamQueries(t *texts) teamQueries {
	return teamQueries{
		staff: t.kept("INSERT INTO staff ("+staffColumns+") VALUES (?, ?, ?, ?, NULL)", "id",
			"name = excluded.name, roles = excluded.roles, gone = NULL", "SELECT "+staffColumns+" FROM staff"),
		staffList:      t.one("SELECT " + staffColumns + " FROM staff ORDER BY id"),
		lockStaff:      t.one("SELECT id FROM staff WHERE id = ? AND gone IS NULL{lock}"),
		dropStaff:      t.one("UPDATE staff SET gone = ? WHERE id = ? RETURNING id"),
		putStaffCode:   t.one("INSERT INTO staff_codes (hash, staff, expires, used) VALUES (?, ?, ?, '')"),
		useStaffCode:   t.one("UPDATE staff_codes SET used = ? WHERE hash = ? AND expires > ? AND (used = '' OR used = ?) RETURNING staff"),
		dropStaffCodes: t.one("DELETE FROM staff_codes WHERE staff = ?"),
		putStaffLink: t.one("INSERT INTO staff_links (" + staffLinkColumns + ", linked) VALUES (?, ?, ?, ?, ?)" +
			" ON CONFLICT (platform, account, person) DO UPDATE SET staff = excluded.staff, linked = excluded.linked"),
		staffLinks:     t.one("SELECT " + staffLinkColumns + " FROM staff_links"),
		dropStaffLinks: t.one("DELETE FROM staff_links WHERE staff = ?"),
		staffOf:        t.one(linkedStaff(func(string) string { return "?" })),
		// The row of a member of staff stays as it is until the commit: whoever takes rights away
		// waits for the acts under way, and the acts behind wait for them.
		acting: t.asked(columns("platform, account, person"), func(of func(string) string) string {
			return linkedStaff(of) + "{share}"
		}),
		actingMember: t.asked([]string{"id"}, func(of func(string) string) string {
			return "SELECT '', '', '', " + memberColumns + " FROM staff s WHERE s.id = " + of("id") + " AND s.gone IS NULL{share}"
		}),
	}
}

// memberColumns are those of a member of staff who is there.
const memberColumns = "s.id, s.name, s.roles, s.created"

// linkedStaff is the question to which member of staff a person is linked; of spells each
// part of the person.
func linkedStaff(of func(column string) string) string {
	return "SELECT l.platform, l.account, l.person, " + memberColumns + " FROM staff_links l JOIN staff s ON s.id = l.staff" +
		" WHERE l.platform = " + of("platform") + " AND l.account = " + of("account") + " AND l.person = " + of("person") + " AND s.gone IS NULL"
}

// scanLinked reads a row of acting, actingMember or staffOf.
func scanLinked(row scanner) (p storage.Person, v storage.Staff, err error) {
	var roles string
	if err := row.Scan(&p.Platform, &p.Account, &p.User, &v.ID, &v.Name, &roles, &v.Created); err != nil {
		return p, v, err
	}
	if err := json.Unmarshal([]byte(roles), &v.Roles); err != nil {
		return p, v, fmt.Errorf("decode roles: %w", err)
	}
	v.Created = v.Created.UTC()
	return p, v, nil
}

// staffValues are those of the row of somebody who is there.
func staffValues(v storage.Staff) []any {
	roles := make(access.Grants, len(v.Roles))
	for site, role := range v.Roles {
		roles[storage.Clean(site)] = access.Role(storage.Clean(string(role)))
	}
	return []any{storage.Clean(v.ID), storage.Clean(v.Name), asText(roles), micro(v.Created)}
}

// PutStaff implements storage.Team.
func (s *Store) PutStaff(ctx context.Context, v storage.Staff) error {
	return s.put(ctx, "staff", s.q.staff.put, staffValues(v)...)
}

// ReplaceStaff implements storage.Team.
func (s *Store) ReplaceStaff(ctx context.Context, was, now storage.Staff) error {
	now.Gone = time.Time{}
	return replacing[storage.Staff]{
		kept: s.q.staff, what: "a member of staff", scan: scanStaff, values: staffValues,
		same: func(v storage.Staff) []any { return append(staffValues(v), orNull(v.Gone)) },
	}.replace(ctx, s.configure, was, now)
}

// StaffList implements storage.Team.
func (s *Store) StaffList(ctx context.Context) ([]storage.Staff, error) {
	return collect(ctx, s, "staff", s.q.staffList, nil, scanStaff)
}

func scanStaff(row scanner) (v storage.Staff, err error) {
	var roles string
	var gone sql.NullTime
	if err := row.Scan(&v.ID, &v.Name, &roles, &v.Created, &gone); err != nil {
		return v, err
	}
	if err := json.Unmarshal([]byte(roles), &v.Roles); err != nil {
		return v, fmt.Errorf("decode roles: %w", err)
	}
	v.Created = v.Created.UTC()
	if gone.Valid {
		v.Gone = gone.Time.UTC()
	}
	return v, nil
}

// DropStaff implements storage.Team.
func (s *Store) DropStaff(ctx context.Context, id string, at time.Time) error {
	id = storage.Clean(id)
	return s.aboutLogins(ctx, "remove staff", func(tx *sql.Tx) (bool, error) {
		var found string
		if err := tx.QueryRowContext(ctx, s.q.dropStaff, micro(at), id).Scan(&found); err != nil {
			return false, err
		}
		if err := s.leave(ctx, tx, id); err != nil {
			return false, err
		}
		if _, err := tx.ExecContext(ctx, s.q.dropStaffLinks, id); err != nil {
			return false, err
		}
		_, err := tx.ExecContext(ctx, s.q.dropStaffCodes, id)
		return true, err
	})
}

// aboutStaff runs f in a transaction that changes the configuration. A statement of f that
// must yield a row and yields none makes it ErrNotFound: what was written before it stays.
func (s *Store) aboutStaff(ctx context.Context, what string, f func(*sql.Tx) error) error {
	missing := false
	err := s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		err := f(tx)
		if missing = errors.Is(err, sql.ErrNoRows); missing {
			return true, nil // no fault of the database
		}
		return true, err
	})
	if err == nil && missing {
		err = storage.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// PutStaffCode implements storage.Team.
func (s *Store) PutStaffCode(ctx context.Context, c storage.StaffCode) error {
	id := storage.Clean(c.Staff)
	return s.aboutStaff(ctx, "write staff code", func(tx *sql.Tx) error {
		// The row is the lock under which a person's codes change.
		var found string
		if err := tx.QueryRowContext(ctx, s.q.lockStaff, id).Scan(&found); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q.dropStaffCodes, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.putStaffCode, storage.Clean(c.Hash), id, micro(c.Expires))
		return err
	})
}

// LinkStaff implements storage.Team.
func (s *Store) LinkStaff(ctx context.Context, hash string, p storage.Person, now time.Time) (string, error) {
	id, staff := p.ID(), ""
	err := s.aboutStaff(ctx, "link staff", func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, s.q.useStaffCode, id, storage.Clean(hash), micro(now), id).Scan(&staff); err != nil {
			return err
		}
		var found string
		if err := tx.QueryRowContext(ctx, s.q.lockStaff, staff).Scan(&found); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.q.putStaffLink, storage.Clean(string(p.Platform)), storage.Clean(p.Account), storage.Clean(p.User), staff, micro(now))
		return err
	})
	if err != nil {
		return "", err
	}
	return staff, nil
}

// SpendStaffCode implements storage.Team.
func (s *Store) SpendStaffCode(ctx context.Context, hash, seen string, now time.Time) (string, error) {
	// No person's id looks like it.
	by, staff := "seen "+seenKey(seen), ""
	err := s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		staff = ""
		err := tx.QueryRowContext(ctx, s.q.useStaffCode, by, storage.Clean(hash), micro(now), by).Scan(&staff)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return true, err
	})
	if err == nil && staff == "" {
		err = storage.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("spend a staff code: %w", err)
	}
	return staff, nil
}

// StaffOf implements storage.Team.
func (s *Store) StaffOf(ctx context.Context, p storage.Person) (storage.Staff, error) {
	args := []any{storage.Clean(string(p.Platform)), storage.Clean(p.Account), storage.Clean(p.User)}
	return one(ctx, s, "staff", s.q.staffOf, args, func(row scanner) (storage.Staff, error) {
		_, v, err := scanLinked(row)
		return v, err
	})
}

// StaffLinks implements storage.Team.
func (s *Store) StaffLinks(ctx context.Context) (map[storage.Person]string, error) {
	type link struct {
		person storage.Person
		staff  string
	}
	list, err := collect(ctx, s, "staff links", s.q.staffLinks, nil, func(row scanner) (l link, err error) {
		err = row.Scan(&l.person.Platform, &l.person.Account, &l.person.User, &l.staff)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	links := make(map[storage.Person]string, len(list))
	for _, l := range list {
		links[l.person] = l.staff
	}
	return links, nil
}
