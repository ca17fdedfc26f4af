package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/storage"
)

const (
	eventColumns = "bucket, name, state, site, customer, test, at, created, changed, hash, body, plan"
	eventRead    = "e.name, e.created, e.changed, e.hash, e.body"
)

// eventQueries are about the services that other systems tell of.
type eventQueries struct {
	insertTold, insertServed, toldNamed *list

	told, putTold, dropTold, dropToldOf, pruneTold string
}

func newEventQueries(t *texts) eventQueries {
	return eventQueries{
		insertTold:   t.rows("events", columns(eventColumns), "ON CONFLICT (bucket, name) DO NOTHING"),
		insertServed: t.rows("customers", columns("id, name, tier, created"), "ON CONFLICT (id) DO NOTHING"),
		toldNamed: t.asked(columns("bucket, name"), func(of func(string) string) string {
			return "SELECT " + eventRead + " FROM events e WHERE e.bucket = " + of("bucket") + " AND e.name = " + of("name")
		}),
		told: t.one("SELECT " + eventRead + " FROM events e WHERE e.bucket = ? AND e.name = ?{lock}"),
		putTold: t.one("INSERT INTO events (" + eventColumns + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (bucket, name) DO UPDATE SET" +
			" state = excluded.state, site = excluded.site, customer = excluded.customer, test = excluded.test, at = excluded.at," +
			" changed = excluded.changed, hash = excluded.hash, body = excluded.body, plan = excluded.plan"),
		dropTold:   t.one("DELETE FROM events WHERE bucket = ? AND name = ?"),
		dropToldOf: t.one("DELETE FROM events WHERE bucket = ? AND customer = ? AND customer > ''"),
		pruneTold: t.one("DELETE FROM events WHERE bucket = ? AND name IN" +
			" (SELECT o.name FROM events o WHERE o.bucket = ? AND o.at < ? ORDER BY o.at LIMIT ?)"),
	}
}

// keptEvent is a row of events.
type keptEvent struct {
	storage.StoredEvent
	hash string
}

func scanTold(row scanner) (e keptEvent, err error) {
	var name, body string
	if err := row.Scan(&name, &e.Received, &e.Changed, &e.hash, &body); err != nil {
		return e, err
	}
	e.Received, e.Changed = e.Received.UTC(), e.Changed.UTC()
	return e, decode("event", []byte(body), &e.Event)
}

// eventRow is an event as a row has it. The moment of one that has none is that of its arrival.
func (s *Store) eventRow(e storage.Event, received, changed time.Time) ([]any, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	at := e.At()
	if at.IsZero() {
		at = received
	}
	var plan any // what nobody was served by is not looked at by the triggers
	if customerOf(e) != "" {
		plan = micro(changed)
	}
	return []any{
		int64(storage.EventBucket(e.Name(), s.buckets)), e.Name(), string(e.State), e.Site, customerOf(e), e.Test,
		micro(at), micro(received), micro(changed), e.Hash(), string(body), plan,
	}, nil
}

func customerOf(e storage.Event) string {
	if e.Customer == nil {
		return ""
	}
	return e.Customer.ID
}

// errEvents rolls back the transaction in which an event contradicts what is stored.
var errEvents = errChange{errors.New("an event contradicts what is stored")}

// PutEvents implements storage.Events.
func (s *Store) PutEvents(ctx context.Context, all []storage.Event, at time.Time, partial bool) ([]storage.EventOutcome, error) {
	outcomes := make([]storage.EventOutcome, len(all))
	rows, keys, customers := make([][]any, len(all)), make([][]any, len(all)), [][]any{}
	seen := map[string]bool{}
	for i, e := range all {
		row, err := s.eventRow(e, at, at)
		if err != nil {
			return nil, fmt.Errorf("write an event: %w", err)
		}
		rows[i], keys[i] = row, row[:2:2]
		if id := customerOf(e); id != "" && !seen[id] {
			seen[id] = true
			name := e.Customer.FirstName
			if name == "" {
				name = e.Customer.Name
			}
			customers = append(customers, []any{id, name, e.Customer.Tier, micro(at)})
		}
	}
	// Everybody takes rows in one order, so that two calls do not wait for each other.
	byName := func(a, b []any) int { return strings.Compare(a[1].(string), b[1].(string)) }
	sorted := slices.SortedFunc(slices.Values(rows), byName)
	slices.SortFunc(customers, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	named := make([]string, len(customers))
	for i, c := range customers {
		named[i] = c[0].(string)
	}
	refused := false
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		clear(outcomes)
		refused = false
		before, err := s.eventsBy(ctx, tx, keys)
		if err != nil {
			return err
		}
		var buffer []byte
		insert := func(l *list, rows [][]any) error {
			return l.each(&buffer, rows, func(text string, args []any) error {
				_, err := tx.ExecContext(ctx, text, args...)
				return err
			})
		}
		if err := insert(s.q.insertTold, sorted); err != nil {
			return err
		}
		after, err := s.eventsBy(ctx, tx, keys)
		if err != nil {
			return err
		}
		conflict := false
		told := map[string]bool{}
		for i, e := range all {
			_, known := before[e.Name()]
			now := after[e.Name()]
			switch {
			case now.hash != e.Hash():
				conflict = true
				outcomes[i].Conflict = &now.Event
			case !known && !told[e.Name()] && now.Received.Equal(at):
				outcomes[i].Stored = true
			}
			told[e.Name()] = true
		}
		if refused = conflict && !partial; refused {
			return errEvents
		}
		if err := insert(s.q.insertServed, customers); err != nil {
			return err
		}
		var tiers []storage.TierChange
		for i, e := range all {
			if c, ok := tierOf(e, at); ok && outcomes[i].Conflict == nil {
				tiers = append(tiers, c)
			}
		}
		return s.knowServed(ctx, tx, named, tiers)
	})
	if refused {
		for i := range outcomes {
			outcomes[i].Stored = false
		}
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("write events: %w", err)
	}
	return outcomes, nil
}

// eventsBy reads the events of these keys, by name.
func (s *Store) eventsBy(ctx context.Context, tx *sql.Tx, keys [][]any) (map[string]keptEvent, error) {
	found := make(map[string]keptEvent, len(keys))
	var buffer []byte
	err := s.q.toldNamed.each(&buffer, keys, func(text string, args []any) error {
		list, err := rowsOf(ctx, tx, scanTold, text, args...)
		for _, e := range list {
			found[e.Name()] = e
		}
		return err
	})
	return found, err
}

// Event implements storage.Events.
func (s *Store) Event(ctx context.Context, source, id string) (storage.StoredEvent, error) {
	name := storage.Event{Source: storage.Clean(source), ID: storage.Clean(id)}.Name()
	e, err := one(ctx, s, "event", s.q.told, []any{int64(storage.EventBucket(name, s.buckets)), name}, scanTold)
	return e.StoredEvent, err
}

// ChangeEvent implements storage.Events.
func (s *Store) ChangeEvent(ctx context.Context, source, id string, at time.Time, change func(*storage.Event) (*storage.Event, error)) (storage.StoredEvent, error) {
	name := storage.Event{Source: storage.Clean(source), ID: storage.Clean(id)}.Name()
	bucket := int64(storage.EventBucket(name, s.buckets))
	var now storage.StoredEvent
	var own error
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		own = nil
		list, err := rowsOf(ctx, tx, scanTold, s.q.told, bucket, name)
		if err != nil {
			return err
		}
		var was *storage.Event
		now = storage.StoredEvent{Received: at, Changed: at}
		if len(list) > 0 {
			was, now.Received = &list[0].Event, list[0].Received
		}
		next, err := change(was)
		if err != nil {
			own = err
			return errChange{err}
		}
		if next == nil {
			_, err := tx.ExecContext(ctx, s.q.dropTold, bucket, name)
			return err
		}
		now.Event = *next
		if len(list) > 0 && list[0].hash == next.Hash() {
			now = list[0].StoredEvent
			return nil
		}
		row, err := s.eventRow(*next, now.Received, at)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.q.putTold, row...); err != nil || next.Customer == nil {
			return err
		}
		var buffer []byte
		customer := [][]any{{next.Customer.ID, next.Customer.FirstName, next.Customer.Tier, micro(at)}}
		err = s.q.insertServed.each(&buffer, customer, func(text string, args []any) error {
			_, err := tx.ExecContext(ctx, text, args...)
			return err
		})
		if err != nil {
			return err
		}
		var tiers []storage.TierChange
		if c, ok := tierOf(*next, at); ok {
			tiers = append(tiers, c)
		}
		return s.knowServed(ctx, tx, []string{next.Customer.ID}, tiers)
	})
	if own != nil {
		return storage.StoredEvent{}, own
	}
	if err != nil {
		return storage.StoredEvent{}, fmt.Errorf("change an event: %w", err)
	}
	return now, nil
}
