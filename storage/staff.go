package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/access"
	"github.com/aftercare/aftercare/survey/words"
)

// Staff is a member of staff: who may act on cases, and where.
type Staff struct {
	ID      string // the admin's own short key
	Name    string // as shown on cards
	Roles   access.Grants
	Created time.Time
	Gone    time.Time // may do nothing any more since then; zero = still there
}

// RoleAt is the person's role at a site, as long as they are there.
func (s Staff) RoleAt(site string) access.Role {
	if !s.Gone.IsZero() {
		return access.Outsider
	}
	return s.Roles.At(site)
}

// longestMadeID is how long an id is that is made from a name, in bytes, without a number that tells it apart.
const longestMadeID = 40

// unmade is an id that is made from no name: addresses of pages have it where the page makes a new one.
const unmade = "new"

// StaffID is a short key for a new member of staff, made from a name, that nobody has: small
// letters, digits and hyphens.
func StaffID(name string, taken []Staff) string {
	base := cmp.Or(words.Key(name, '-', longestMadeID), "staff")
	for id, n := base, 2; ; id, n = fmt.Sprint(base, "-", n), n+1 {
		if id != unmade && !slices.ContainsFunc(taken, func(s Staff) bool { return s.ID == id }) {
			return id
		}
	}
}

// SiteID is a short key for the first site, made from its name: small letters, digits and hyphens; "main" where no
// letter of the name can stand in one.
func SiteID(name string) string {
	if id := words.Key(name, '-', longestMadeID); id != "" && id != unmade {
		return id
	}
	return "main"
}

// StaffCode lets whoever sends it first link a chat identity to a member of staff.
type StaffCode struct {
	Hash    string // keyed: the database holds no code that works
	Staff   string
	Expires time.Time
}

// Team is the reference tables of staff and of the chat identities they use.
type Team interface {
	// PutStaff inserts or updates a member of staff by id, whatever is there; one who was gone is
	// back, without the chat identities of before. Created is kept from the first time. Whoever
	// read somebody first takes ReplaceStaff.
	PutStaff(ctx context.Context, s Staff) error
	// ReplaceStaff writes now in the place of was, who is as StaffList returned them; without an ID
	// in was, now is new. Now is there, also where was is gone. ErrChanged if was is not there any
	// more as they were, unless now is there already: the same may be repeated.
	ReplaceStaff(ctx context.Context, was, now Staff) error
	// StaffList returns everybody by id, also who is gone: histories name them.
	StaffList(ctx context.Context) ([]Staff, error)
	// DropStaff takes everything away from a member of staff: role, links, codes and the login
	// with its sessions. ErrNotFound if there is nobody of this id, ErrLastOwner.
	DropStaff(ctx context.Context, id string, at time.Time) error
	// PutStaffCode stores a code in place of older ones for the same person. ErrNotFound
	// if that person is not there or gone.
	PutStaffCode(ctx context.Context, c StaffCode) error
	// LinkStaff uses a code up: the person behind p is that member of staff from now on. It
	// returns the member's id. ErrNotFound if the code is unknown, expired at now, or used
	// by another; the same person may repeat it.
	LinkStaff(ctx context.Context, hash string, p Person, now time.Time) (string, error)
	// SpendStaffCode makes a code useless that others have seen, and returns whose it was.
	// seen names where: the same may be repeated. ErrNotFound if the code is unknown, expired
	// at now, or used.
	SpendStaffCode(ctx context.Context, hash, seen string, now time.Time) (string, error)
	// StaffOf returns the member of staff to whom a person is linked. ErrNotFound if there
	// is none, or they are gone. It may be one commit old: turns ask by Load.Staff.
	StaffOf(ctx context.Context, p Person) (Staff, error)
	// StaffLinks returns which member of staff each linked person is.
	StaffLinks(ctx context.Context) (map[Person]string, error)
}
