package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

const auditColumns = "id, at, who, role, origin, what, subject, was, became"

// auditQueries are about who changed what.
type auditQueries struct {
	putAudit, audits, auditsBy string
}

func newAuditQueries(t *texts) auditQueries {
	return auditQueries{
		putAudit: t.one("INSERT INTO audit (" + auditColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"),
		audits:   t.one("SELECT " + auditColumns + " FROM audit WHERE (? = '' OR id < ?) ORDER BY id DESC LIMIT ?"),
		auditsBy: t.one("SELECT " + auditColumns + " FROM audit WHERE (? = '' OR id < ?) AND (? = '' OR who = ?) AND (? = '' OR what = ?)" +
			" AND (? = '' OR subject = ?) ORDER BY id DESC LIMIT ?"),
	}
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
	for _, at := range []*string{&f.Before, &f.Who, &f.What, &f.Subject} {
		*at = storage.Clean(*at)
	}
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
