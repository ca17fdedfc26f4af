package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const inboundColumns = "source, message, at, status, result, body"

// inboundQueries are about what other systems called us with.
type inboundQueries struct {
	putInbound, pruneInbound, emptyInbound, inbound, inboundCalls, forgetInbound string
}

func newInboundQueries(t *texts) inboundQueries {
	return inboundQueries{
		putInbound: t.one("INSERT INTO inbound_calls (" + inboundColumns + ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source, message) DO UPDATE" +
			" SET at = excluded.at, status = excluded.status, result = excluded.result, body = excluded.body"),
		pruneInbound: t.one("DELETE FROM inbound_calls WHERE source = ? AND at < ?"),
		emptyInbound: t.one("UPDATE inbound_calls SET body = '' WHERE source = ? AND body <> '' AND (at < ? OR message NOT IN" +
			" (SELECT message FROM inbound_calls WHERE source = ? ORDER BY at DESC, message LIMIT ?))"),
		inbound:       t.one("SELECT source, message, at, status, result, '' FROM inbound_calls WHERE source = ? AND message = ?"),
		inboundCalls:  t.one("SELECT " + inboundColumns + " FROM inbound_calls WHERE source = ? AND at >= ? ORDER BY at DESC, message LIMIT ?"),
		forgetInbound: t.one("UPDATE inbound_calls SET body = '' WHERE body <> ''"),
	}
}

func scanInbound(row scanner) (c storage.InboundCall, err error) {
	err = row.Scan(&c.Source, &c.Message, &c.At, &c.Status, &c.Result, &c.Body)
	c.At = c.At.UTC()
	return c, err
}

// PutInbound implements storage.Inbounds.
func (s *Store) PutInbound(ctx context.Context, c storage.InboundCall) error {
	source, message := storage.Clean(c.Source), storage.Clean(c.Message)
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putInbound, source, message, micro(c.At), int64(c.Status), storage.Clean(c.Result), storage.Clean(c.Body))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q.pruneInbound, source, micro(c.At.AddDate(0, 0, -storage.InboundDays))); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, s.q.emptyInbound, source, micro(c.At.Add(-storage.InboundHours*time.Hour)), source, int64(storage.InboundKept))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the call of a system: %w", err)
	}
	return nil
}

// Inbound implements storage.Inbounds.
func (s *Store) Inbound(ctx context.Context, source, message string) (storage.InboundCall, error) {
	return one(ctx, s, "the call of a system", s.q.inbound, []any{storage.Clean(source), storage.Clean(message)}, scanInbound)
}

// InboundCalls implements storage.Inbounds.
func (s *Store) InboundCalls(ctx context.Context, source string, since time.Time, limit int) ([]storage.InboundCall, error) {
	return collect(ctx, s, "calls of a system", s.q.inboundCalls, []any{storage.Clean(source), micro(since), int64(limit)}, scanInbound)
}

// ForgetInbound implements storage.Inbounds.
func (s *Store) ForgetInbound(ctx context.Context) error {
	return s.put(ctx, "the bodies of calls", s.q.forgetInbound)
}
