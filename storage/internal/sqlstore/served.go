package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// servedQueries read services with what became of them.
type servedQueries struct {
	served      string
	servedAfter string
	servedOn    string
	askedAbout  *keyed // offers by the names of their events
	levelsFor   *keyed // levels of conversations, with what a filter looks at
	visitsOf    *list  // when customers were served
	servedKeys  *list
	namedLevels *across // conversations of customers whom staff know
	namedBy     *across // conversations by their ids, of people whom staff know
	theirNames  string
}

func newServedQueries(t *texts) servedQueries {
	done := " AND customer > '' AND state = '" + string(storage.EventDone) + "' AND NOT test"
	// In the order of the index by which they are found: in any other, each page would sort all that is left.
	inOrder := "SELECT e.body FROM events e WHERE e.bucket = ? AND (e.at, e.name) > (?, ?) AND e.at < ? AND NOT e.test AND " + t.dialect.Among("e.site")
	return servedQueries{
		visitsOf: t.inBuckets(func(bucket string) string {
			return "SELECT bucket, customer, at, site FROM events WHERE bucket = " + bucket + " AND " + t.dialect.Among("customer") + done
		}),
		servedKeys: t.first([]string{"bucket", "customer"}, "bucket, customer", func(of func(string) string) string {
			return "SELECT DISTINCT bucket, customer FROM events WHERE bucket = " + of("bucket") + " AND customer > " + of("customer") + done + " ORDER BY customer"
		}),
		namedLevels: t.across(namedOf()),
		namedBy:     t.across(namedBy()),
		theirNames:  t.one("SELECT " + customerColumns + " FROM customers WHERE " + t.dialect.Among("id")),
		served: t.one("SELECT e.body FROM events e WHERE e.bucket = ? AND e.at >= ? AND e.at < ? AND e.state = '" + string(storage.EventDone) +
			"' AND NOT e.test AND " + t.dialect.Among("e.site") + " LIMIT ?"),
		servedAfter: t.one(inOrder + " AND e.customer > '' ORDER BY e.at, e.name LIMIT ?"),
		servedOn:    t.one(inOrder + " AND e.state = '" + string(storage.EventDone) + "' ORDER BY e.at, e.name LIMIT ?"),
		askedAbout:  t.keyed("event, body", "asks", "event", " AND event > '' AND NOT test AND sent IS NOT NULL"),
		levelsFor: t.keyed("session, level, flow, language, channel", "read_sessions", "session", " AND answered > 0 AND level > 0 AND NOT test"+
			" AND class IN ('"+strings.Join(storage.CustomerClasses, "', '")+"')"),
	}
}

// Served implements storage.Serving.
func (s *Store) Served(ctx context.Context, f storage.ServedFilter) ([]storage.ServedEvent, bool, error) {
	is := func(want, got string) bool { return want == "" || want == got }
	list, more, err := everywhere(s, storage.FigureFilter{Sites: f.Sites, Limit: f.Limit}, func(b storage.Bucket, most int64) ([]storage.ServedEvent, error) {
		args := []any{int64(b), micro(f.From), micro(f.To), s.dialect.Keys(texted(f.Sites)), most}
		return collect(ctx, s, "services", s.q.served, args, scanServed)
	})
	if err != nil || more {
		return nil, more, err
	}
	list = slices.DeleteFunc(list, func(e storage.ServedEvent) bool { return !is(f.Service, e.Service) || !is(f.Staff, e.Staff) })
	slices.SortFunc(list, func(a, b storage.ServedEvent) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), a.At().Compare(b.At()), cmp.Compare(a.Name(), b.Name()))
	})
	return list, false, s.answersAbout(ctx, f, list)
}

// ServedAfter implements storage.Serving.
func (s *Store) ServedAfter(ctx context.Context, b storage.Bucket, after storage.ServedPlace, f storage.ServedFilter) ([]storage.ServedEvent, error) {
	if len(f.Sites) == 0 {
		return nil, nil
	}
	return collect(ctx, s, "services of customers", s.q.servedAfter, s.servedBehind(b, after, &f, f.Limit), scanServed)
}

// servedBehind are the parameters of the services of a bucket behind a place, at most limit.
func (s *Store) servedBehind(b storage.Bucket, after storage.ServedPlace, f *storage.ServedFilter, limit int) []any {
	if after.Name == "" {
		after.At = f.From
	}
	return []any{int64(b), micro(after.At), storage.Clean(after.Name), micro(f.To), s.dialect.Keys(texted(f.Sites)), int64(limit)}
}

// ServedOn implements storage.Serving.
func (s *Store) ServedOn(ctx context.Context, b storage.Bucket, after storage.ServedPlace, f storage.ServedFilter) (list []storage.ServedEvent, err error) {
	if len(f.Sites) == 0 {
		return nil, nil
	}
	for ; int(b) < s.buckets && len(list) < f.Limit; b, after = b+1, (storage.ServedPlace{}) {
		some, err := collect(ctx, s, "services one after the other", s.q.servedOn, s.servedBehind(b, after, &f, f.Limit-len(list)), scanServed)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, s.answersAbout(ctx, f, list)
}

// scanServed is a service with the key of its customer, and nothing else that was told of them.
func scanServed(row scanner) (e storage.ServedEvent, err error) {
	var body sql.RawBytes
	if err := row.Scan(&body); err != nil {
		return e, err
	}
	if err := json.Unmarshal(body, &e.Event); err != nil {
		return e, fmt.Errorf("decode an event: %w", err)
	}
	e.Customer, e.Event.Customer, e.Attributes = customerOf(e.Event), nil, nil
	return e, nil
}

// answersAbout puts in what was asked about services, where their customers are, and what was answered.
func (s *Store) answersAbout(ctx context.Context, f storage.ServedFilter, list []storage.ServedEvent) error {
	at := map[storage.Bucket]map[string]int{} // by the bucket of the customer and the name of the event
	for i := range list {
		if c := list[i].Customer; c != "" {
			b := storage.AskBucket(c, s.buckets)
			if at[b] == nil {
				at[b] = map[string]int{}
			}
			at[b][list[i].Name()] = i
		}
	}
	gave := map[storage.Bucket]map[string]int{} // by the bucket and the name of the conversation
	for b, events := range at {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(events)), 1000) {
			_, err := collect(ctx, s, "what was asked about services", s.q.askedAbout.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (event string, err error) {
				var body string
				if err := row.Scan(&event, &body); err != nil {
					return event, err
				}
				var ask storage.Ask
				if err := json.Unmarshal([]byte(body), &ask); err != nil {
					return event, fmt.Errorf("decode an offer: %w", err)
				}
				i := events[event]
				if list[i].Asked = true; ask.Session != "" {
					if gave[ask.At] == nil {
						gave[ask.At] = map[string]int{}
					}
					gave[ask.At][ask.Session] = i
				}
				return event, nil
			})
			if err != nil {
				return err
			}
		}
	}
	is := func(want, got string) bool { return want == "" || want == got }
	for b, sessions := range gave {
		for some := range slices.Chunk(slices.Sorted(maps.Keys(sessions)), 1000) {
			_, err := collect(ctx, s, "answers about services", s.q.levelsFor.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (level int, err error) {
				var session, flow, language, channel string
				if err := row.Scan(&session, &level, &flow, &language, &channel); err != nil {
					return 0, err
				}
				if is(f.Flow, flow) && is(f.Language, language) && is(f.Channel, channel) {
					e := &list[sessions[session]]
					e.Answered, e.Level = true, level
				}
				return level, nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
