package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// secretQueries are about the operator's key.
type secretQueries struct {
	keyRecord, putKeyRecord, lockKeyRecord, replaceKeyRecord string
	allInstallations, reseal, newestSessions, everUsed       string
}

// tracesEach is how many of a bucket's newest sessions are looked at.
const tracesEach = 50

func newSecretQueries(t *texts) secretQueries {
	return secretQueries{
		keyRecord:        t.one("SELECT proof, naming, since FROM secret_key WHERE name = 'current'"),
		putKeyRecord:     t.one("INSERT INTO secret_key (name, proof, naming, since) VALUES ('current', ?, ?, ?) ON CONFLICT (name) DO NOTHING"),
		lockKeyRecord:    t.one("SELECT proof FROM secret_key WHERE name = 'current'" + t.dialect.Lock),
		replaceKeyRecord: t.one("UPDATE secret_key SET proof = ?, naming = ?, since = ? WHERE name = 'current' AND proof = ?"),
		allInstallations: t.one("SELECT " + installationColumns + " FROM installations ORDER BY platform, account"),
		reseal:           t.one("UPDATE installations SET sealed = ? WHERE platform = ? AND account = ?"),
		newestSessions:   t.one("SELECT id, invitation FROM sessions WHERE bucket = ? ORDER BY id DESC LIMIT ?"),
		everUsed: t.one("SELECT CASE WHEN EXISTS (SELECT 1 FROM installations) OR EXISTS (SELECT 1 FROM staff_codes) OR EXISTS (SELECT 1 FROM chat_codes)" +
			" OR EXISTS (SELECT 1 FROM invitations WHERE bucket = ?) OR EXISTS (SELECT 1 FROM sessions WHERE bucket = ?) THEN 1 ELSE 0 END"),
	}
}

// KeyRecord implements storage.Keys.
func (s *Store) KeyRecord(ctx context.Context) (storage.KeyRecord, error) {
	return one(ctx, s, "what is known of the key", s.q.keyRecord, nil, func(row scanner) (r storage.KeyRecord, err error) {
		err = row.Scan(&r.Proof, &r.Naming, &r.Since)
		r.Since = r.Since.UTC()
		return r, err
	})
}

// PutKeyRecord implements storage.Keys.
func (s *Store) PutKeyRecord(ctx context.Context, r storage.KeyRecord) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putKeyRecord, r.Proof, r.Naming, micro(r.Since))
		return err
	})
	if err != nil {
		return fmt.Errorf("note the key: %w", err)
	}
	return nil
}

// ReplaceKey implements storage.Keys.
func (s *Store) ReplaceKey(ctx context.Context, from string, to storage.KeyRecord, seal func(storage.Installation) (string, error)) error {
	var refused error // by seal, or for another record
	err := s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		refused = s.replaceKey(ctx, tx, from, to)
		if refused == nil {
			refused = s.reseal(ctx, tx, seal)
		}
		return true, refused
	})
	if errors.Is(refused, errSealing) || errors.Is(refused, storage.ErrNotFound) {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("replace the key: %w", err)
	}
	return nil
}

func (s *Store) replaceKey(ctx context.Context, tx *sql.Tx, from string, to storage.KeyRecord) error {
	if from == "" {
		r, err := tx.ExecContext(ctx, s.q.putKeyRecord, to.Proof, to.Naming, micro(to.Since))
		return changedOne(r, err)
	}
	var proof string
	err := tx.QueryRowContext(ctx, s.q.lockKeyRecord).Scan(&proof)
	if errors.Is(err, sql.ErrNoRows) {
		return storage.ErrNotFound
	}
	if err != nil {
		return err
	}
	r, err := tx.ExecContext(ctx, s.q.replaceKeyRecord, to.Proof, to.Naming, micro(to.Since), from)
	return changedOne(r, err)
}

// changedOne is ErrNotFound if a statement changed nothing.
func changedOne(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = storage.ErrNotFound
	}
	return err
}

// errSealing is an error of whoever seals, and none of the database.
var errSealing = errors.New("seal anew")

func (s *Store) reseal(ctx context.Context, tx *sql.Tx, seal func(storage.Installation) (string, error)) error {
	rows, err := tx.QueryContext(ctx, s.q.allInstallations)
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []storage.Installation
	for rows.Next() {
		i, err := scanInstallation(rows)
		if err != nil {
			return err
		}
		all = append(all, i)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, i := range all {
		sealed, err := seal(i)
		if err != nil {
			return fmt.Errorf("%w %s: %w", errSealing, i.Account, err)
		}
		if _, err := tx.ExecContext(ctx, s.q.reseal, sealed, string(i.Platform), i.Account); err != nil {
			return err
		}
	}
	return nil
}

// KeyTraces implements storage.Keys.
func (s *Store) KeyTraces(ctx context.Context) (opened []storage.OpenedLink, used bool, err error) {
	for b := range int64(s.buckets) {
		found, err := collect(ctx, s, "the newest sessions", s.q.newestSessions, []any{b, int64(tracesEach)}, func(row scanner) (o storage.OpenedLink, err error) {
			err = row.Scan(&o.Session, &o.Invitation)
			return o, err
		})
		if err != nil {
			return nil, false, err
		}
		for _, o := range found {
			if o.Invitation != "" {
				opened = append(opened, o)
			}
		}
		if used = used || len(found) > 0; used {
			continue
		}
		some, err := one(ctx, s, "whether a key was used", s.q.everUsed, []any{b, b}, func(row scanner) (n int64, err error) {
			err = row.Scan(&n)
			return n, err
		})
		if err != nil {
			return nil, false, err
		}
		used = some == 1
	}
	return opened, used, nil
}
