package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/aftercare/aftercare/adapters/chat"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	siteColumns     = "id, name, zone, language, signs, created, gone"
	customerColumns = "id, name, tier, created"
	accountColumns  = "platform, id, name, seen"
	moveColumns     = placeColumns + ", to_platform, to_account, to_chat, to_thread"
)

// referenceQueries are about the small tables that every bucket may refer to.
type referenceQueries struct {
	flows, rules                             *versions
	site                                     kept
	flowsNewest, sites, customer, putAccount string
	accounts, putMove, moves                 string
	siteCases, siteSessions, siteInvitations string
}

func newReferenceQueries(t *texts) referenceQueries {
	return referenceQueries{
		flows: t.versions("flow", "flow_heads", "flows"),
		rules: t.versions("name", "rule_heads", "rules"),
		flowsNewest: t.one("SELECT f.flow, f.version, f.source, f.published FROM flows f" +
			" JOIN flow_heads h ON h.flow = f.flow AND h.version = f.version ORDER BY f.flow"),
		site: t.kept("INSERT INTO sites ("+siteColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)", "id",
			"name = excluded.name, zone = excluded.zone, language = excluded.language, signs = excluded.signs, gone = excluded.gone",
			"SELECT "+siteColumns+" FROM sites"),
		sites:           t.one("SELECT " + siteColumns + " FROM sites ORDER BY id"),
		siteCases:       t.one("SELECT count(*) FROM cases WHERE bucket = ? AND site = ? AND state IN " + activeStates()),
		siteSessions:    t.one("SELECT count(*) FROM sessions WHERE bucket = ? AND site = ? AND expires_at IS NOT NULL"),
		siteInvitations: t.one(`SELECT count(*) FROM invitations WHERE bucket = ? AND site = ? AND expires_at > ? AND body LIKE '%"ClaimedBy":""%'`),
		customer:        t.one("SELECT " + customerColumns + " FROM customers WHERE id = ?"),
		putAccount: t.one("INSERT INTO accounts (" + accountColumns + ") VALUES (?, ?, ?, ?)" +
			" ON CONFLICT (platform, id) DO UPDATE SET name = excluded.name, seen = excluded.seen"),
		accounts: t.one("SELECT " + accountColumns + " FROM accounts ORDER BY platform, id"),
		putMove: t.one("INSERT INTO moves (" + moveColumns + ")" +
			" VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (platform, account, chat, thread) DO UPDATE SET" +
			" to_platform = excluded.to_platform, to_account = excluded.to_account, to_chat = excluded.to_chat, to_thread = excluded.to_thread"),
		moves: t.one("SELECT " + moveColumns + " FROM moves"),
	}
}

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

// versionOf reads one version of a file; 0 is the newest. A number that no column holds is of no version.
func (s *Store) versionOf(ctx context.Context, what string, q *versions, name string, version int) (storage.FlowSource, error) {
	if version == 0 {
		return one(ctx, s, what, q.newest, []any{storage.Clean(name)}, scanFlow)
	}
	if version < 0 || version > math.MaxInt32 {
		return storage.FlowSource{}, storage.ErrNotFound
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

func siteValues(v storage.Site) []any {
	return []any{
		storage.Clean(v.ID), storage.Clean(v.Name), storage.Clean(v.Zone), storage.Clean(v.Language), storage.Clean(string(v.Signs)),
		micro(v.Created), orNull(v.Gone),
	}
}

// PutSite implements storage.Reference. Created is kept from the first time.
func (s *Store) PutSite(ctx context.Context, v storage.Site) error {
	return s.put(ctx, "site", s.q.site.put, siteValues(v)...)
}

// ReplaceSite implements storage.Reference.
func (s *Store) ReplaceSite(ctx context.Context, was, now storage.Site) error {
	return replacing[storage.Site]{
		kept: s.q.site, what: "a site", scan: scanSite, values: siteValues, same: siteValues,
	}.replace(ctx, s.configure, was, now)
}

// Sites implements storage.Reference.
func (s *Store) Sites(ctx context.Context) ([]storage.Site, error) {
	return collect(ctx, s, "sites", s.q.sites, nil, scanSite)
}

func scanSite(row scanner) (v storage.Site, err error) {
	var gone sql.NullTime
	err = row.Scan(&v.ID, &v.Name, &v.Zone, &v.Language, &v.Signs, &v.Created, &gone)
	v.Created = v.Created.UTC()
	if gone.Valid {
		v.Gone = gone.Time.UTC()
	}
	return v, err
}

// AtSite implements storage.Reference. An invitation that nobody opened names nobody in its
// body.
func (s *Store) AtSite(ctx context.Context, id string) (storage.SiteUse, error) {
	var use storage.SiteUse
	id = storage.Clean(id)
	for b := range int64(s.buckets) {
		for _, q := range []struct {
			text string
			args []any
			to   *int
		}{
			{s.q.siteCases, []any{b, id}, &use.Cases},
			{s.q.siteSessions, []any{b, id}, &use.Surveys},
			{s.q.siteInvitations, []any{b, id, micro(s.clock())}, &use.Invitations},
		} {
			n, err := one(ctx, s, "what goes on at a site", q.text, q.args, func(row scanner) (n int, err error) { return n, row.Scan(&n) })
			if err != nil {
				return storage.SiteUse{}, err
			}
			*q.to += n
		}
	}
	return use, nil
}

// PutCustomer implements storage.Reference. Created is kept from the first time. Customers
// are no configuration, and come with every invitation: they raise no revision.
func (s *Store) PutCustomer(ctx context.Context, v storage.Customer) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error { return s.putCustomer(ctx, tx, v) })
	if err != nil {
		return fmt.Errorf("write customer: %w", err)
	}
	return nil
}

// Customer implements storage.Reference.
func (s *Store) Customer(ctx context.Context, id string) (storage.Customer, error) {
	return one(ctx, s, "customer", s.q.customer, []any{storage.Clean(id)}, scanCustomer)
}

func scanCustomer(row scanner) (v storage.Customer, err error) {
	var tier string
	err = row.Scan(&v.ID, &v.Name, &tier, &v.Created)
	v.Tier, v.Created = recovery.Tier(tier), v.Created.UTC()
	return v, err
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
