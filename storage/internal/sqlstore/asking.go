package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const askColumns = "bucket, id, customer, event, cause, flow, class, site, state, reason, invitation, test, made, due, sent, body, experiment, arm"

// askRead are these of the table called a.
var askRead = "a." + strings.Join(columns(askColumns), ", a.")

// askingQueries are about who is asked by itself.
type askingQueries struct {
	putAsks, putDecisions, planned, accountsOf, offersOf, asksNamed, decisionsOf *list

	accountsIn *keyed // of many customers in one bucket

	toPlan, told400, told400After, asksDue, asksSending, asksAfter, asksOf, asksMade, countAsks string
	dropAsksOf, dropDecisionsOf, pruneAsks, pruneDecisions                                      string
}

func newAskingQueries(t *texts) askingQueries {
	read := "SELECT " + askRead + " FROM asks a"
	const silent = "CASE WHEN a.cause > '' AND a.flow = '' THEN 1 ELSE 0 END"
	due := read + " WHERE a.bucket = ? AND a.due IS NOT NULL AND a.due <= ?"
	byBucket := func(text string) func(of func(string) string) string {
		return func(of func(string) string) string {
			return strings.NewReplacer("{bucket}", of("bucket"), "{key}", of("customer")).Replace(text)
		}
	}
	return askingQueries{
		putAsks:      t.put("asks", askColumns, "bucket", "id"),
		putDecisions: t.rows("decisions", columns("bucket, ask, seq, at, state, reason, rule, policy, evidence"), "ON CONFLICT (bucket, ask, seq) DO NOTHING"),
		planned:      t.planned(),
		accountsIn:   t.keyed("customer, body, bucket", "identities", "customer", " AND customer > ''"),
		accountsOf: t.asked(columns("bucket, customer"), byBucket(
			"SELECT i.customer, i.body, i.bucket FROM identities i"+t.by("identities_customer")+" WHERE i.bucket = {bucket} AND i.customer = {key} AND i.customer > '' ORDER BY i.id LIMIT 20")),
		offersOf: t.asked(columns("bucket, customer"), byBucket(
			read+" WHERE a.bucket = {bucket} AND a.customer = {key} AND a.sent IS NOT NULL ORDER BY a.sent DESC LIMIT "+fmt.Sprint(storage.MostOffers))),
		asksNamed: t.asked(columns("bucket, customer"), byBucket(read+" WHERE a.bucket = {bucket} AND a.id = {key}")),
		decisionsOf: t.asked(columns("bucket, customer"), byBucket(
			"SELECT d.ask, d.seq, d.at, d.state, d.reason, d.rule, d.policy, d.evidence FROM decisions d WHERE d.bucket = {bucket} AND d.ask = {key} ORDER BY d.seq")),
		toPlan:       t.one("SELECT " + eventRead + " FROM events e WHERE e.bucket = ? AND e.plan IS NOT NULL ORDER BY e.plan LIMIT ?"),
		told400:      t.one("SELECT " + eventRead + " FROM events e WHERE e.bucket = ? AND e.at >= ? ORDER BY e.at, e.name LIMIT ?"),
		told400After: t.one("SELECT " + eventRead + " FROM events e WHERE e.bucket = ? AND e.at >= ? AND (e.at > ? OR e.name > ?) ORDER BY e.at, e.name LIMIT ?"),
		asksDue:      t.one(due + " AND (a.state <> 'sending' OR a.flow = '') ORDER BY a.due LIMIT ?"),
		asksSending:  t.one(due + " AND a.state = 'sending' AND a.flow > '' AND a.due >= ? AND (a.due > ? OR a.id > ?) ORDER BY a.due, a.id LIMIT ?"),
		asksAfter:    t.one(read + t.by("asks_event") + " WHERE a.bucket = ? AND a.event = ? AND a.event > '' ORDER BY a.made, a.id"),
		asksOf:       t.one(read + " WHERE a.bucket = ? AND a.customer = ? AND a.customer > '' ORDER BY a.made DESC, a.id LIMIT ?"),
		asksMade: t.one(read + " WHERE a.bucket = ? AND a.made >= ? AND a.made < ? AND (" + t.dialect.Among("a.site") + " OR '' = ?) AND (a.state = ? OR '' = ?) AND (a.reason = ? OR '' = ?)" +
			" AND (a.cause = ? OR '' = ?) ORDER BY a.made DESC LIMIT ?"),
		countAsks: t.one("SELECT a.site, a.cause, a.state, a.reason, " + silent + ", count(*) FROM asks a WHERE a.bucket = ? AND a.made >= ? AND NOT a.test" +
			" GROUP BY a.site, a.cause, a.state, a.reason, " + silent),
		dropAsksOf: t.one("DELETE FROM asks WHERE bucket = ? AND customer = ? AND customer > ''"),
		dropDecisionsOf: t.one("DELETE FROM decisions WHERE bucket = ? AND ask IN" +
			" (SELECT a.id FROM asks a WHERE a.bucket = ? AND a.customer = ? AND a.customer > '')"),
		pruneDecisions: t.one("DELETE FROM decisions WHERE bucket = ? AND ask IN" +
			" (SELECT a.id FROM asks a WHERE a.bucket = ? AND a.made < ? ORDER BY a.made LIMIT ?)"),
		pruneAsks: t.one("DELETE FROM asks WHERE bucket = ? AND id IN" +
			" (SELECT a.id FROM asks a WHERE a.bucket = ? AND a.made < ? ORDER BY a.made LIMIT ?)"),
	}
}

// planned takes events from those at which the triggers have not looked, unless they changed.
func (t *texts) planned() *list {
	names := columns("bucket, name, changed")
	l := list{columns: names, column: t.dialect.Column}
	if t.dialect.Rows != nil {
		l.whole = t.one("UPDATE events q SET plan = NULL FROM (" + t.dialect.Rows(names) + ") AS r" +
			" WHERE q.bucket = r.bucket AND q.name = r.name AND q.changed = r.changed")
		return &l
	}
	l.sized[len(sizes)-1] = t.one("UPDATE events SET plan = NULL WHERE bucket = ? AND name = ? AND changed = ?")
	return &l
}

func scanAsk(row scanner) (a storage.Ask, err error) {
	var body string
	var due, sent sql.NullTime
	if err := row.Scan(&a.Bucket, &a.ID, &a.Customer, &a.Event, &a.Trigger, &a.Flow, &a.Class, &a.Site, &a.State, &a.Reason, &a.Offer,
		&a.Test, &a.Made, &due, &sent, &body, &a.Experiment, &a.Arm); err != nil {
		return a, err
	}
	a.Made = a.Made.UTC()
	if due.Valid {
		a.Due = due.Time.UTC()
	}
	if sent.Valid {
		a.Sent = sent.Time.UTC()
	}
	return a, decode("ask", []byte(body), &a)
}

func maybe(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micro(t)
}

func askRow(a *storage.Ask) ([]any, error) {
	body, err := json.Marshal(a)
	return []any{
		int64(a.Bucket), a.ID, storage.Clean(a.Customer), a.Event, a.Trigger, a.Flow, a.Class, a.Site, a.State, a.Reason, a.Offer,
		a.Test, micro(a.Made), maybe(a.Due), maybe(a.Sent), string(body), a.Experiment, a.Arm,
	}, err
}

func scanAskDecision(row scanner) (d storage.AskDecision, err error) {
	var evidence string
	if err := row.Scan(&d.Ask, &d.Seq, &d.At, &d.State, &d.Reason, &d.Rule, &d.Policy, &evidence); err != nil {
		return d, err
	}
	d.At = d.At.UTC()
	return d, decode("decision", []byte(evidence), &d.Evidence)
}

// triggersName is the name of the one file of triggers.
const triggersName = "triggers"

// PublishTriggers implements storage.Asking.
func (s *Store) PublishTriggers(ctx context.Context, source string, at time.Time) (int, bool, error) {
	version, created, err := s.publish(ctx, s.q.rules, triggersName, source, at)
	if err != nil {
		return 0, false, fmt.Errorf("publish triggers: %w", err)
	}
	return version, created, nil
}

// Triggers implements storage.Asking.
func (s *Store) Triggers(ctx context.Context, version int) (storage.RulesSource, error) {
	f, err := s.versionOf(ctx, "triggers", s.q.rules, triggersName, version)
	return storage.RulesSource{Version: f.Version, Source: f.Source, Published: f.Published}, err
}

func scanStored(row scanner) (storage.StoredEvent, error) {
	e, err := scanTold(row)
	return e.StoredEvent, err
}

// ToPlan implements storage.Asking.
func (s *Store) ToPlan(ctx context.Context, b storage.Bucket, limit int) ([]storage.StoredEvent, error) {
	return readable(ctx, s, "events to plan", s.q.toPlan, []any{int64(b), int64(limit)}, scanStored)
}

// Planned implements storage.Asking.
func (s *Store) Planned(ctx context.Context, events []storage.StoredEvent) error {
	rows := make([][]any, len(events))
	for i, e := range events {
		rows[i] = []any{int64(storage.EventBucket(e.Name(), s.buckets)), e.Name(), micro(e.Changed)}
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[1].(string), b[1].(string)) })
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		var buffer []byte
		return s.q.planned.each(&buffer, rows, func(text string, args []any) error {
			_, err := tx.ExecContext(ctx, text, args...)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("mark events as planned: %w", err)
	}
	return nil
}

// ToldSince implements storage.Asking.
func (s *Store) ToldSince(ctx context.Context, b storage.Bucket, since time.Time, after string, limit int) ([]storage.StoredEvent, error) {
	if after == "" {
		return collect(ctx, s, "events", s.q.told400, []any{int64(b), micro(since), int64(limit)}, scanStored)
	}
	return collect(ctx, s, "events", s.q.told400After, []any{int64(b), micro(since), micro(since), after, int64(limit)}, scanStored)
}

// EventsOf implements storage.Asking.
func (s *Store) EventsOf(ctx context.Context, names []string) (map[string]storage.StoredEvent, error) {
	keys := make([][]any, len(names))
	for i, n := range names {
		keys[i] = []any{int64(storage.EventBucket(n, s.buckets)), n}
	}
	found := map[string]storage.StoredEvent{}
	err := s.reading(ctx, func(db *sql.DB) error {
		clear(found)
		var buffer []byte
		return s.q.toldNamed.each(&buffer, keys, func(text string, args []any) error {
			list, err := rowsOf(ctx, db, scanStored, text, args...)
			for _, e := range list {
				found[e.Name()] = e
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return found, nil
}

// AsksDue implements storage.Asking.
func (s *Store) AsksDue(ctx context.Context, b storage.Bucket, now time.Time, limit int) ([]storage.Ask, error) {
	return readable(ctx, s, "asks that are due", s.q.asksDue, []any{int64(b), micro(now), int64(limit)}, scanAsk)
}

// AsksSending implements storage.Asking.
func (s *Store) AsksSending(ctx context.Context, b storage.Bucket, now time.Time, behind storage.AskPlace, limit int) ([]storage.Ask, error) {
	from := micro(behind.Due)
	return readable(ctx, s, "asks that are sent", s.q.asksSending, []any{int64(b), micro(now), from, from, storage.Clean(behind.ID), int64(limit)}, scanAsk)
}

// AsksAfter implements storage.Asking.
func (s *Store) AsksAfter(ctx context.Context, customer, event string) ([]storage.Ask, error) {
	return collect(ctx, s, "asks of an event", s.q.asksAfter, []any{int64(storage.AskBucket(customer, s.buckets)), event}, scanAsk)
}

// AsksOf implements storage.Asking.
func (s *Store) AsksOf(ctx context.Context, customer string, limit int) ([]storage.Ask, error) {
	customer = storage.Clean(customer)
	return collect(ctx, s, "asks of a customer", s.q.asksOf, []any{int64(storage.AskBucket(customer, s.buckets)), customer, int64(limit)}, scanAsk)
}

// AsksNamed implements storage.Asking.
func (s *Store) AsksNamed(ctx context.Context, b storage.Bucket, ids []string) (all []storage.Ask, _ error) {
	err := s.reading(ctx, func(db *sql.DB) error {
		all = nil
		return s.asksBy(ctx, db, s.q.asksNamed, b, ids, func(a storage.Ask) { all = append(all, a) })
	})
	if err != nil {
		return nil, fmt.Errorf("read asks: %w", err)
	}
	return all, nil
}

// AskDecisions implements storage.Asking.
func (s *Store) AskDecisions(ctx context.Context, b storage.Bucket, asks []string) (all []storage.AskDecision, _ error) {
	err := s.reading(ctx, func(db *sql.DB) (err error) {
		all, err = s.decisions(ctx, db, b, asks)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was decided: %w", err)
	}
	return all, nil
}

func (s *Store) decisions(ctx context.Context, db querier, b storage.Bucket, asks []string) (all []storage.AskDecision, err error) {
	keys := make([][]any, len(asks))
	for i, id := range asks {
		keys[i] = []any{int64(b), id}
	}
	var buffer []byte
	err = s.q.decisionsOf.each(&buffer, keys, func(text string, args []any) error {
		list, err := rowsOf(ctx, db, scanAskDecision, text, args...)
		all = append(all, list...)
		return err
	})
	return all, err
}

// asksBy reads asks by a list of keys.
func (s *Store) asksBy(ctx context.Context, db querier, l *list, b storage.Bucket, keys []string, f func(storage.Ask)) error {
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{int64(b), k}
	}
	return s.asksKeyed(ctx, db, l, rows, f)
}

// asksKeyed reads asks by a list of buckets and keys.
func (s *Store) asksKeyed(ctx context.Context, db querier, l *list, rows [][]any, f func(storage.Ask)) error {
	var buffer []byte
	return l.each(&buffer, rows, func(text string, args []any) error {
		list, err := rowsOf(ctx, db, scanAsk, text, args...)
		for _, a := range list {
			f(a)
		}
		return err
	})
}

// ChangeAsks implements storage.Asking.
func (s *Store) ChangeAsks(ctx context.Context, b storage.Bucket, asks, customers []string,
	change func(asks map[string]storage.Ask, offers map[string][]storage.Ask) ([]storage.AskChange, error),
) error {
	var own error
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		own = nil
		if err := newWorking(ctx, s, tx, b).lock(); err != nil {
			return err
		}
		now, offers := map[string]storage.Ask{}, map[string][]storage.Ask{}
		if err := s.asksBy(ctx, tx, s.q.asksNamed, b, asks, func(a storage.Ask) { now[a.ID] = a }); err != nil {
			return err
		}
		if err := s.asksBy(ctx, tx, s.q.offersOf, b, customers, func(a storage.Ask) { offers[a.Customer] = append(offers[a.Customer], a) }); err != nil {
			return err
		}
		changes, err := change(now, offers)
		if err != nil {
			own = err
			return errChange{err}
		}
		return s.writeAsks(ctx, tx, b, changes)
	})
	if own != nil {
		return own
	}
	if err != nil {
		return fmt.Errorf("change asks: %w", err)
	}
	return nil
}

func (s *Store) writeAsks(ctx context.Context, tx *sql.Tx, b storage.Bucket, changes []storage.AskChange) error {
	rows, decided := make([][]any, 0, len(changes)), [][]any{}
	last := map[string]int{} // of rows: one statement writes an ask once
	for i := range changes {
		a := changes[i].Ask
		a.Bucket = b
		if d := changes[i].Decision; d != nil {
			a.Decided++
			if j, twice := last[a.ID]; twice && j >= 0 {
				return fmt.Errorf("ask %s is changed twice", a.ID)
			}
			evidence, err := json.Marshal(d.Evidence)
			if err != nil {
				return err
			}
			decided = append(decided, []any{int64(b), a.ID, int64(a.Decided), micro(d.At), d.State, d.Reason, d.Rule, int64(d.Policy), string(evidence)})
		}
		row, err := askRow(&a)
		if err != nil {
			return err
		}
		last[a.ID] = len(rows)
		rows = append(rows, row)
	}
	var buffer []byte
	put := func(text string, args []any) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	}
	if err := s.q.putAsks.each(&buffer, rows, put); err != nil {
		return err
	}
	return s.q.putDecisions.each(&buffer, decided, put)
}

// Offers implements storage.Asking.
func (s *Store) Offers(ctx context.Context, customers []string) (map[string][]storage.Ask, error) {
	found := map[string][]storage.Ask{}
	keys := make([][]any, len(customers))
	for i, c := range customers {
		keys[i] = []any{int64(storage.AskBucket(c, s.buckets)), storage.Clean(c)}
	}
	err := s.reading(ctx, func(db *sql.DB) error {
		clear(found)
		return s.asksKeyed(ctx, db, s.q.offersOf, keys, func(a storage.Ask) { found[a.Customer] = append(found[a.Customer], a) })
	})
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return found, nil
}

// What is read of the accounts of customers.
const (
	mostAccounts = 20 // of one customer in one bucket
	// fewCustomers are looked for in all buckets by one statement, which is told each pair; of more
	// each bucket is asked by itself, which is told each customer.
	fewCustomers = 20
)

// CustomerAccounts implements storage.Asking.
func (s *Store) CustomerAccounts(ctx context.Context, customers []string) (map[string][]storage.Identity, error) {
	cleaned := make([]string, len(customers))
	for i, c := range customers {
		cleaned[i] = storage.Clean(c)
	}
	scan := func(row scanner) (*storage.Identity, error) {
		var customer string
		var body []byte
		var b storage.Bucket
		if err := row.Scan(&customer, &body, &b); err != nil {
			return nil, err
		}
		return decodeIdentity(b, body)
	}
	found := map[string][]storage.Identity{}
	err := s.reading(ctx, func(db *sql.DB) error {
		clear(found)
		take := func(text string, args []any) error {
			list, err := rowsOf(ctx, db, scan, text, args...)
			if err != nil {
				return err
			}
			for _, i := range list {
				found[i.Customer] = append(found[i.Customer], *i)
			}
			return nil
		}
		if len(cleaned) > fewCustomers {
			for b := range int64(s.buckets) {
				if err := take(s.q.accountsIn.many, []any{s.dialect.Keys(cleaned), b}); err != nil {
					return err
				}
			}
			return nil
		}
		keys := make([][]any, 0, len(cleaned)*s.buckets)
		for b := range int64(s.buckets) {
			for _, c := range cleaned {
				keys = append(keys, []any{b, c})
			}
		}
		var buffer []byte
		return s.q.accountsOf.each(&buffer, keys, take)
	})
	if err != nil {
		return nil, fmt.Errorf("read the chat accounts of customers: %w", err)
	}
	for c, list := range found {
		slices.SortFunc(list, func(a, b storage.Identity) int {
			return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), strings.Compare(a.ID, b.ID))
		})
		seen := map[storage.Bucket]int{}
		found[c] = slices.DeleteFunc(list, func(i storage.Identity) bool {
			seen[i.Bucket]++
			return seen[i.Bucket] > mostAccounts
		})
	}
	return found, nil
}

// Asks implements storage.Asking.
func (s *Store) Asks(ctx context.Context, f storage.AskFilter) ([]storage.Ask, error) {
	before := f.Before
	if before.IsZero() {
		before = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	these := "these" // "" = of any site
	if f.Sites == nil {
		these = ""
	}
	sites := s.dialect.Keys(texted(f.Sites))
	for _, at := range []*string{&f.State, &f.Reason, &f.Trigger} {
		*at = storage.Clean(*at)
	}
	return newest(s, f.Limit, func(b storage.Bucket) ([]storage.Ask, error) {
		return collect(ctx, s, "asks", s.q.asksMade, []any{
			int64(b), micro(f.Since), micro(before), sites, these, f.State, f.State, f.Reason, f.Reason, f.Trigger, f.Trigger, int64(f.Limit),
		}, scanAsk)
	}, func(a storage.Ask) time.Time { return a.Made })
}

// eraseAsks leaves of what a customer was asked what figures are made of.
func (s *Store) eraseAsks(ctx context.Context, tx *sql.Tx, b storage.Bucket, customer string, as storage.Anonymous) (int, error) {
	all, err := rowsOf(ctx, tx, scanAsk, s.q.asksOf, int64(b), customer, int64(1<<30))
	if err != nil || len(all) == 0 {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, s.q.dropDecisionsOf, int64(b), int64(b), customer); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, s.q.dropAsksOf, int64(b), customer); err != nil {
		return 0, err
	}
	left := make([]storage.AskChange, len(all))
	for i, a := range all {
		left[i].Ask = as.Ask(a, len(all)-i)
	}
	return len(all), s.writeAsks(ctx, tx, b, left)
}

// CountAsks implements storage.Asking.
func (s *Store) CountAsks(ctx context.Context, since time.Time) ([]storage.AskCount, error) {
	sums, counts := map[storage.AskCount]int{}, make([][]storage.AskCount, s.buckets)
	err := s.inEach(func(b storage.Bucket) (err error) {
		counts[b], err = collect(ctx, s, "how many are asked", s.q.countAsks, []any{int64(b), micro(since)}, func(row scanner) (c storage.AskCount, err error) {
			return c, row.Scan(&c.Site, &c.Trigger, &c.State, &c.Reason, &c.Silent, &c.N)
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, list := range counts {
		for _, c := range list {
			n := c.N
			c.N = 0
			sums[c] += n
		}
	}
	all := make([]storage.AskCount, 0, len(sums))
	for c, n := range sums {
		c.N = n
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b storage.AskCount) int {
		return strings.Compare(a.Site+"\x00"+a.Trigger+"\x00"+a.State+"\x00"+a.Reason, b.Site+"\x00"+b.Trigger+"\x00"+b.State+"\x00"+b.Reason)
	})
	return all, nil
}
