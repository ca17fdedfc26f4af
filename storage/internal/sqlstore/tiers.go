package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const tierColumns = "customer, at, tier, told, confirmed"

// tierQueries are about the classes of customers by value.
type tierQueries struct {
	putTiers, setTiers *list

	tiersNow, tiersOf, tiersAmong, tiersAfter, dropTiers string
}

func newTierQueries(t *texts) tierQueries {
	read := "SELECT " + tierColumns + " FROM customer_tiers WHERE "
	return tierQueries{
		putTiers:   t.rows("customer_tiers", columns(tierColumns), "ON CONFLICT (customer, at) DO UPDATE SET confirmed = excluded.confirmed"),
		setTiers:   t.setTiers(),
		tiersNow:   t.one("SELECT id, tier FROM customers WHERE " + t.dialect.Among("id") + " AND tier > ''"),
		tiersOf:    t.one(read + "customer = ? ORDER BY at"),
		tiersAmong: t.one(read + t.dialect.Among("customer") + " ORDER BY customer, at"),
		tiersAfter: t.one(read + "(customer, at) > (?, ?) ORDER BY customer, at LIMIT ?"),
		dropTiers:  t.one("DELETE FROM customer_tiers WHERE customer = ?"),
	}
}

// setTiers gives customers their classes.
func (t *texts) setTiers() *list {
	names := columns("tier, id")
	l := list{columns: names, column: t.dialect.Column}
	if t.dialect.Rows != nil {
		l.whole = t.one("UPDATE customers q SET tier = r.tier FROM (" + t.dialect.Rows(names) + ") AS r WHERE q.id = r.id")
		return &l
	}
	l.sized[len(sizes)-1] = t.one("UPDATE customers SET tier = ? WHERE id = ?")
	return &l
}

func scanTier(row scanner) (c storage.TierChange, err error) {
	var tier string
	var confirmed sql.NullTime
	err = row.Scan(&c.Customer, &c.At, &tier, &c.Told, &confirmed)
	c.At, c.Tier, c.Confirmed = c.At.UTC(), recovery.Tier(tier), momentOf(confirmed)
	return c, err
}

// SetTier implements storage.Tiers.
func (s *Store) SetTier(ctx context.Context, c storage.TierChange) (changed bool, err error) {
	c.Customer = storage.Clean(c.Customer)
	err = s.transaction(ctx, func(tx *sql.Tx) error {
		known, err := rowsOf(ctx, tx, scanCustomer, s.q.lockCustomer, c.Customer)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return storage.ErrNotFound
		}
		changed, err = s.changeTiers(ctx, tx, known, []storage.TierChange{c})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("change the class of a customer: %w", err)
	}
	return changed, nil
}

// changeTiers writes what was told of the classes of customers whose rows are locked, each where it is newer than what
// is known: it says something else from then on, or confirms what is known. changed: one of them said something else.
func (s *Store) changeTiers(ctx context.Context, tx *sql.Tx, locked []storage.Customer, told []storage.TierChange) (changed bool, _ error) {
	told = slices.DeleteFunc(slices.Clone(told), func(c storage.TierChange) bool { return c.Tier == "" })
	if len(told) == 0 {
		return false, nil
	}
	slices.SortStableFunc(told, func(a, b storage.TierChange) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), a.At.Compare(b.At))
	})
	var keys []string
	for _, c := range told {
		if n := len(keys); n == 0 || keys[n-1] != c.Customer {
			keys = append(keys, c.Customer)
		}
	}
	past, err := rowsOf(ctx, tx, scanTier, s.q.tiersAmong, s.dialect.Keys(keys))
	if err != nil {
		return false, err
	}
	newest, changes, changed := tiersAfter(past, told)
	var rows, set [][]any
	for _, c := range changes {
		rows = append(rows, []any{c.Customer, micro(c.At), string(c.Tier), storage.Clean(c.Told), orNull(c.Confirmed)})
	}
	for _, c := range locked {
		if now, told := newest[c.ID]; told && now.Tier != c.Tier {
			set = append(set, []any{string(now.Tier), c.ID})
		}
	}
	var buffer []byte
	put := func(text string, args []any) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	}
	return changed, errors.Join(s.q.putTiers.each(&buffer, rows, put), s.q.setTiers.each(&buffer, set, put))
}

// tiersAfter is what is known of customers' classes after something was told of them, in the order of its moments:
// the newest by customer, and the rows to be written, each once. What is older than the newest, or than when that
// was confirmed, is no news.
func tiersAfter(past, told []storage.TierChange) (newest map[string]storage.TierChange, rows []storage.TierChange, changed bool) {
	newest = map[string]storage.TierChange{}
	for _, c := range past {
		newest[c.Customer] = c
	}
	row := map[string]int{} // of the newest of a customer, among rows
	for _, c := range told {
		c.At, c.Confirmed = c.At.UTC().Truncate(time.Microsecond), time.Time{}
		last, known := newest[c.Customer]
		if known && (!c.At.After(last.At) || c.At.Before(last.Confirmed) || c.Tier == last.Tier && c.At.Equal(last.Confirmed)) {
			continue
		}
		at, written := row[c.Customer]
		if known && c.Tier == last.Tier {
			last.Confirmed = c.At
			c = last
		} else {
			written, changed = false, true
		}
		if newest[c.Customer] = c; written {
			rows[at] = c
			continue
		}
		row[c.Customer] = len(rows)
		rows = append(rows, c)
	}
	return newest, rows, changed
}

// tierOf is what an event tells of its customer's class; false where it tells nothing. A service that is still to
// come, or of which no moment is known, tells it when it arrives.
func tierOf(e storage.Event, arrived time.Time) (c storage.TierChange, ok bool) {
	if e.Customer == nil || e.Customer.Tier == "" {
		return c, false
	}
	at := e.At()
	if at.IsZero() || at.After(arrived) {
		at = arrived
	}
	return storage.TierChange{Customer: e.Customer.ID, At: at, Tier: recovery.Tier(e.Customer.Tier), Told: e.Source}, true
}

// TiersOf implements storage.Tiers.
func (s *Store) TiersOf(ctx context.Context, customer string) ([]storage.TierChange, error) {
	return collect(ctx, s, "the classes of a customer", s.q.tiersOf, []any{storage.Clean(customer)}, scanTier)
}

// TiersNow implements storage.Tiers.
func (s *Store) TiersNow(ctx context.Context, customers []string) (map[string]recovery.Tier, error) {
	now := map[string]recovery.Tier{}
	for some := range slices.Chunk(customers, 1000) {
		found, err := collect(ctx, s, "the classes of customers", s.q.tiersNow, []any{s.dialect.Keys(texted(some))}, func(row scanner) (c storage.TierChange, err error) {
			var tier string
			err = row.Scan(&c.Customer, &tier)
			c.Tier = recovery.Tier(tier)
			return c, err
		})
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			now[c.Customer] = c.Tier
		}
	}
	return now, nil
}

// TiersAmong implements storage.Tiers.
func (s *Store) TiersAmong(ctx context.Context, customers []string) (all []storage.TierChange, err error) {
	for some := range slices.Chunk(slices.Sorted(slices.Values(customers)), 1000) {
		found, err := collect(ctx, s, "the classes of customers", s.q.tiersAmong, []any{s.dialect.Keys(texted(some))}, scanTier)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// TiersAfter implements storage.Tiers.
func (s *Store) TiersAfter(ctx context.Context, after storage.TierChange, limit int) ([]storage.TierChange, error) {
	args := []any{storage.Clean(after.Customer), micro(after.At), int64(limit)}
	return collect(ctx, s, "the classes of customers", s.q.tiersAfter, args, scanTier)
}
