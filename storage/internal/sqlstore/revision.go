package sqlstore

import (
	"context"
	"database/sql"
	"time"
)

// revisionQueries are about the number that every change of the configuration raises.
type revisionQueries struct{ revision, raise, moment string }

func newRevisionQueries(t *texts) revisionQueries {
	return revisionQueries{
		revision: t.one("SELECT number FROM revision WHERE name = 'configuration'"),
		moment:   t.one("SELECT at FROM moments WHERE name = ?"),
		raise:    t.one("UPDATE revision SET number = number + 1 WHERE name = 'configuration'"),
	}
}

// Revision implements storage.Reference.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	return one(ctx, s, "revision", s.q.revision, nil, func(row scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	})
}

// Moment implements storage.Reader.
func (s *Store) Moment(ctx context.Context, name string) (time.Time, error) {
	return one(ctx, s, "moment", s.q.moment, []any{name}, func(row scanner) (at time.Time, err error) {
		err = row.Scan(&at)
		return at.UTC(), err
	})
}

// configure is a transaction that changes the configuration: it raises the revision, unless
// f says that nothing changed. The revision's row is the last that it locks, so that
// writers who wait for it hold up nobody else, and its numbers come in the order of the
// commits.
func (s *Store) configure(ctx context.Context, f func(tx *sql.Tx) (changed bool, err error)) error {
	return s.transaction(ctx, func(tx *sql.Tx) error {
		changed, err := f(tx)
		if err != nil || !changed {
			return err
		}
		_, err = tx.ExecContext(ctx, s.q.raise)
		return err
	})
}
