package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const linkColumns = "hash, kind, who, made, expires" // used follows

// oneTimeQueries are about links that open something once.
type oneTimeQueries struct {
	putLink, link, links, useLink, dropLinks, dropOldLinks string
}

func newOneTimeQueries(t *texts) oneTimeQueries {
	return oneTimeQueries{
		putLink:      t.one("INSERT INTO one_time_links (" + linkColumns + ", used) VALUES (?, ?, ?, ?, ?, '') ON CONFLICT (hash) DO NOTHING"),
		link:         t.one("SELECT " + linkColumns + " FROM one_time_links WHERE hash = ? AND expires > ? AND used = ''"),
		links:        t.one("SELECT " + linkColumns + " FROM one_time_links WHERE expires > ? AND used = '' ORDER BY made DESC, hash"),
		useLink:      t.one("UPDATE one_time_links SET used = ? WHERE hash = ? AND kind = ? AND who = ? AND expires > ? AND used IN ('', ?) RETURNING hash"),
		dropLinks:    t.one("DELETE FROM one_time_links WHERE kind = ? AND who = ?"),
		dropOldLinks: t.one("DELETE FROM one_time_links WHERE expires <= ?"),
	}
}

func scanOneTimeLink(row scanner) (l storage.OneTimeLink, err error) {
	err = row.Scan(&l.Hash, &l.Kind, &l.Who, &l.Made, &l.Expires)
	l.Made, l.Expires = l.Made.UTC(), l.Expires.UTC()
	return l, err
}

// spend uses a link up for what by names. The same may spend it again.
func (s *Store) spend(ctx context.Context, tx *sql.Tx, hash string, kind storage.LinkKind, who, by string, now time.Time) error {
	found, err := yields(ctx, tx, s.q.useLink, by, hash, string(kind), who, micro(now), by)
	if err == nil && !found {
		err = errChange{storage.ErrNotFound}
	}
	return err
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
