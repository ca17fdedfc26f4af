package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// processQueries are about the servers that run.
type processQueries struct{ pulse, depart, running string }

func newProcessQueries(t *texts) processQueries {
	return processQueries{
		// Only VALUES asks the clock, as with leases.
		pulse: t.one("INSERT INTO processes (id, name, revision, lacks, seen) VALUES (?, ?, ?, ?, {now})" +
			" ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision, lacks = excluded.lacks, seen = excluded.seen"),
		depart:  t.one("DELETE FROM processes WHERE id = ?"),
		running: t.one("SELECT id, name, revision, lacks, {now} - seen FROM processes ORDER BY name, id"),
	}
}

// Pulse implements storage.Processes.
func (s *Store) Pulse(ctx context.Context, p storage.Process) error {
	return s.transaction(ctx, func(tx *sql.Tx) error {
		if err := s.outdated(ctx, tx, 0); err != nil {
			return err
		}
		if s.dialect.Pulse != nil {
			if err := s.dialect.Pulse(ctx, tx); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, s.q.pulse, storage.Clean(p.ID), storage.Clean(p.Name), p.Revision, storage.Clean(p.Lacks))
		return err
	})
}

// Depart implements storage.Processes.
func (s *Store) Depart(ctx context.Context, id string) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.depart, storage.Clean(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("forget a process that ends: %w", err)
	}
	return nil
}

// Running implements storage.Processes.
func (s *Store) Running(ctx context.Context) ([]storage.Process, error) {
	return collect(ctx, s, "the servers that run", s.q.running, nil, scanProcess)
}

func scanProcess(row scanner) (p storage.Process, err error) {
	var age int64
	err = row.Scan(&p.ID, &p.Name, &p.Revision, &p.Lacks, &age)
	p.Age = max(0, time.Duration(age)*time.Microsecond)
	return p, err
}
