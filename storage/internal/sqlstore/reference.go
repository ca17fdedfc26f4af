package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

// Publish implements storage.Reference.
func (s *Store) Publish(ctx context.Context, flow, source string, at time.Time) (int, bool, error) {
	version, created, err := s.publish(ctx, s.q.flows, flow, source, at)
	if err != nil {
		return 0, false, fmt.Errorf("publish flow: %w", err)
	}
	return version, created, nil
}

// publish stores source as the next version under this name, unless it is the newest one.
func (s *Store) publish(ctx context.Context, q *versions, name, source string, at time.Time) (version int, created bool, err error) {
	name, source = storage.Clean(name), storage.Clean(source)
	err = s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		created = false
		if _, err := tx.ExecContext(ctx, q.insertHead, name); err != nil {
			return false, err
		}
		if err := tx.QueryRowContext(ctx, q.lockHead, name).Scan(&version); err != nil {
			return false, err
		}
		if version > 0 {
			newest, err := scanFlow(tx.QueryRowContext(ctx, q.version, name, int64(version)))
			if err != nil || newest.Source == source {
				return false, err
			}
		}
		version, created = version+1, true
		if _, err := tx.ExecContext(ctx, q.insert, name, int64(version), source, micro(at)); err != nil {
			return false, err
		}
		_, err := tx.ExecContext(ctx, q.updateHead, int64(version), name)
		return true, err
	})
	return version, created, err
}

// rulesName is the name of the one file of recovery rules.
const rulesName = "recovery"

// PublishRules implements storage.Reference.
func (s *Store) PublishRules(ctx context.Context, source string, at time.Time) (int, bool, error) {
	version, created, err := s.publish(ctx, s.q.rules, rulesName, source, at)
	if err != nil {
		return 0, false, fmt.Errorf("publish rules: %w", err)
	}
	return version, created, nil
}

// Rules implements storage.Reference.
func (s *Store) Rules(ctx context.Context, version int) (storage.RulesSource, error) {
	f, err := s.versionOf(ctx, "rules", s.q.rules, rulesName, version)
	return storage.RulesSource{Version: f.Version, Source: f.Source, Published: f.Published}, err
}

func scanFlow(row scanner) (f storage.FlowSource, err error) {
	err = row.Scan(&f.Flow, &f.Version, &f.Source, &f.Published)
	f.Published = f.Published.UTC()
	return f, err
}

// one reads one row; none is ErrNotFound.
func one[T any](ctx context.Context, s *Store, what, text string, args []any, scan func(scanner) (T, error)) (T, error) {
	list, err := collect(ctx, s, what, text, args, scan)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("read %s: %w", what, storage.ErrNotFound)
	}
	if err != nil {
		var none T
		return none, err
	}
	return list[0], nil
}

// FlowSource implements storage.Reference.
func (s *Store) FlowSource(ctx context.Context, flow string, version int) (storage.FlowSource, error) {
	return s.versionOf(ctx, "flow", s.q.flows, flow, version)
}

// versionOf reads one version of a file; 0 is the newest.
func (s *Store) versionOf(ctx context.Context, what string, q *versions, name string, version int) (storage.FlowSource, error) {
	if version == 0 {
		return one(ctx, s, what, q.newest, []any{storage.Clean(name)}, scanFlow)
	}
	return one(ctx, s, what, q.version, []any{storage.Clean(name), int64(version)}, scanFlow)
}

// FlowSources implements storage.Reference.
func (s *Store) FlowSources(ctx context.Context) ([]storage.FlowSource, error) {
	return collect(ctx, s, "flows", s.q.flowsNewest, nil, scanFlow)
}

// put changes the configuration by one idempotent statement.
func (s *Store) put(ctx context.Context, what, text string, args ...any) error {
	err := s.configure(ctx, func(tx *sql.Tx) (bool, error) {
		_, err := tx.ExecContext(ctx, text, args...)
		return true, err
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// PutSite implements storage.Reference. Created is kept from the first time.
func (s *Store) PutSite(ctx context.Context, v storage.Site) error {
	return s.put(ctx, "site", s.q.putSite, storage.Clean(v.ID), storage.Clean(v.Name), storage.Clean(v.Zone), storage.Clean(v.Language), storage.Clean(string(v.Signs)), micro(v.Created))
}

// Sites implements storage.Reference.
func (s *Store) Sites(ctx context.Context) ([]storage.Site, error) {
	return collect(ctx, s, "sites", s.q.sites, nil, func(row scanner) (v storage.Site, err error) {
		err = row.Scan(&v.ID, &v.Name, &v.Zone, &v.Language, &v.Signs, &v.Created)
		v.Created = v.Created.UTC()
		return v, err
	})
}

// PutCustomer implements storage.Reference. Created is kept from the first time. Customers
// are no configuration, and come with every invitation: they raise no revision.
func (s *Store) PutCustomer(ctx context.Context, v storage.Customer) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.q.putCustomer, storage.Clean(v.ID), storage.Clean(v.Name), storage.Clean(string(v.Tier)), micro(v.Created))
		return err
	})
	if err != nil {
		return fmt.Errorf("write customer: %w", err)
	}
	return nil
}

// Customer implements storage.Reference.
func (s *Store) Customer(ctx context.Context, id string) (storage.Customer, error) {
	return one(ctx, s, "customer", s.q.customer, []any{storage.Clean(id)}, func(row scanner) (v storage.Customer, err error) {
		var tier string
		err = row.Scan(&v.ID, &v.Name, &tier, &v.Created)
		v.Tier, v.Created = recovery.Tier(tier), v.Created.UTC()
		return v, err
	})
}

// PutAccount implements storage.Reference.
func (s *Store) PutAccount(ctx context.Context, v storage.Account) error {
	return s.put(ctx, "account", s.q.putAccount, storage.Clean(string(v.Platform)), storage.Clean(v.ID), storage.Clean(v.Name), micro(v.Seen))
}

// Accounts implements storage.Reference.
func (s *Store) Accounts(ctx context.Context) ([]storage.Account, error) {
	return collect(ctx, s, "accounts", s.q.accounts, nil, func(row scanner) (v storage.Account, err error) {
		err = row.Scan(&v.Platform, &v.ID, &v.Name, &v.Seen)
		v.Seen = v.Seen.UTC()
		return v, err
	})
}

// PutMove implements storage.Reference.
func (s *Store) PutMove(ctx context.Context, from, to chat.Address) error {
	from, to = cleanAddress(from), cleanAddress(to)
	return s.put(ctx, "move", s.q.putMove, string(from.Platform), from.Account, from.Chat, from.Thread,
		string(to.Platform), to.Account, to.Chat, to.Thread)
}

// Moves implements storage.Reference.
func (s *Store) Moves(ctx context.Context) (map[chat.Address]chat.Address, error) {
	type move struct{ from, to chat.Address }
	list, err := collect(ctx, s, "moves", s.q.moves, nil, func(row scanner) (m move, err error) {
		err = row.Scan(&m.from.Platform, &m.from.Account, &m.from.Chat, &m.from.Thread, &m.to.Platform, &m.to.Account, &m.to.Chat, &m.to.Thread)
		return m, err
	})
	if err != nil {
		return nil, err
	}
	moves := make(map[chat.Address]chat.Address, len(list))
	for _, m := range list {
		moves[m.from] = m.to
	}
	return moves, nil
}

// Acquire implements storage.Leases.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (storage.Lease, bool, error) {
	name, holder = storage.Clean(name), storage.Clean(holder)
	l := storage.Lease{Name: name, Holder: holder}
	err := s.retry(ctx, func() error {
		return s.lease.QueryRowContext(ctx, s.q.acquire, name, holder, ttl.Microseconds(), ttl.Microseconds()).Scan(&l.Epoch)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return storage.Lease{}, false, nil
	}
	if err != nil {
		return storage.Lease{}, false, fmt.Errorf("acquire lease: %w", s.unavailable(err))
	}
	return l, true, nil
}

// Release implements storage.Leases.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	err := s.retry(ctx, func() error {
		_, err := s.lease.ExecContext(ctx, s.q.release, storage.Clean(name), storage.Clean(holder))
		return err
	})
	if err != nil {
		return fmt.Errorf("release lease: %w", s.unavailable(err))
	}
	return nil
}

// Prune implements storage.Store.
func (s *Store) Prune(ctx context.Context, b storage.Bucket, before storage.Retention, limit int) (int, error) {
	total := 0
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		total = 0
		if err := newWorking(ctx, s, tx, b).lock(); err != nil {
			return err
		}
		for _, k := range []struct {
			before time.Time
			text   string
			args   []any
		}{
			{before.Keys, s.q.pruneKeys, []any{int64(b), int64(b), micro(before.Keys), int64(limit)}},
			{before.Deliveries, s.q.pruneDeliveries, []any{int64(b), int64(b), micro(before.Deliveries), int64(b), int64(b), int64(limit)}},
			{before.CasesOpened, s.q.pruneOpened, []any{int64(b), micro(before.CasesOpened)}},
		} {
			if k.before.IsZero() {
				continue
			}
			r, err := tx.ExecContext(ctx, k.text, k.args...)
			if err != nil {
				return err
			}
			n, err := r.RowsAffected()
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	return total, nil
}
