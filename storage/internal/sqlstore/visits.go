package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// isNamed says of a conversation s and what is read of it, r, that it has a level and staff know whose it is. A session
// keeps its pseudonym in its body, where quotes that somebody wrote are escaped. It fits no index of a part of the
// table, so that each table is asked by its key.
var isNamed = " AND s.body NOT LIKE '%\"Mark\":\"%' AND r.answered <> 0 AND r.level > 0 AND NOT r.test" +
	" AND r.class IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')"

// namedOf are the conversations of chat accounts of customers, by their keys.
func namedOf() Source {
	return Source{
		Columns: "i.customer, r.session, r.bucket, r.day, r.site, r.flow, r.level",
		Table:   "identities i JOIN sessions s ON s.bucket = i.bucket AND s.identity = i.id JOIN read_sessions r ON r.bucket = s.bucket AND r.session = s.id",
		Bucket:  "i.bucket", Key: "i.customer", Where: " AND i.customer > '' AND s.identity > ''" + isNamed,
	}
}

// namedBy are conversations by their ids, with the chat accounts that had them. One without a key has the account in
// its place.
func namedBy() Source {
	return Source{
		Columns: "r.session, r.bucket, r.day, r.site, r.flow, r.level, CASE WHEN s.customer <> s.identity THEN s.customer ELSE '' END," +
			" coalesce((SELECT i.body FROM identities i WHERE s.bucket = i.bucket AND s.identity = i.id" + perRow + "), '')",
		Table:  "sessions s JOIN read_sessions r ON r.bucket = s.bucket AND r.session = s.id",
		Bucket: "s.bucket", Key: "s.id", Where: isNamed,
	}
}

// Visits implements storage.Serving.
func (s *Store) Visits(ctx context.Context, customers []string) (map[string][]storage.Visit, error) {
	type visit struct {
		customer string
		storage.Visit
	}
	all := map[string][]storage.Visit{}
	for some := range slices.Chunk(customers, 1000) {
		found, err := ofBuckets(ctx, s, "visits", s.q.visitsOf, []any{s.dialect.Keys(texted(some))}, func(row scanner) (v visit, err error) {
			return v, row.Scan(&v.Bucket, &v.customer, &v.At, &v.Site)
		})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			v.At = v.At.UTC()
			all[v.customer] = append(all[v.customer], v.Visit)
		}
	}
	for _, visits := range all {
		slices.SortFunc(visits, func(a, b storage.Visit) int { return a.At.Compare(b.At) })
	}
	return all, nil
}

// ServedKeys implements storage.Serving.
func (s *Store) ServedKeys(ctx context.Context, b storage.Bucket, after string, limit int) ([]storage.ServedKey, error) {
	var places [][]any
	for at := b; int(at) < s.buckets; at++ {
		places, after = append(places, []any{int64(at), storage.Clean(after)}), ""
	}
	return firstRows(ctx, s, "customers who were served", s.q.servedKeys, places, limit, func(row scanner) (k storage.ServedKey, err error) {
		return k, row.Scan(&k.Bucket, &k.Customer)
	})
}

// NamedAnswers implements storage.Serving.
func (s *Store) NamedAnswers(ctx context.Context, customers []string) (map[string][]storage.NamedAnswer, error) {
	var all map[string][]storage.NamedAnswer
	err := s.readNamed(ctx, s.q.namedLevels, customers, func() { all = map[string][]storage.NamedAnswer{} }, func(row scanner) error {
		var who string
		var a storage.NamedAnswer
		err := row.Scan(&who, &a.Session, &a.Bucket, &a.Day, &a.Site, &a.Flow, &a.Level)
		all[who] = append(all[who], a)
		return err
	})
	return all, err
}

// NamedSessions implements storage.Serving.
func (s *Store) NamedSessions(ctx context.Context, sessions []string) (map[string]storage.NamedSession, error) {
	var all map[string]storage.NamedSession
	err := s.readNamed(ctx, s.q.namedBy, sessions, func() { all = map[string]storage.NamedSession{} }, func(row scanner) error {
		var a storage.NamedSession
		var body sql.RawBytes
		if err := row.Scan(&a.Session, &a.Bucket, &a.Day, &a.Site, &a.Flow, &a.Level, &a.Customer, &body); err != nil || len(body) == 0 {
			return err
		}
		of, err := decodeIdentity(a.Bucket, body)
		if err != nil {
			return err
		}
		a.Customer, a.Identity, a.Person, a.Name = cmp.Or(a.Customer, of.Customer), of.ID, of.Person, of.Name
		all[a.Session] = a
		return nil
	})
	return all, err
}

// readNamed has scan see answers of customers by keys, in whatever buckets; begin comes before each attempt.
func (s *Store) readNamed(ctx context.Context, q *across, keys []string, begin func(), scan func(scanner) error) error {
	return s.reading(ctx, func(db *sql.DB) error {
		begin()
		for some := range slices.Chunk(keys, 100) {
			if err := readAcross(ctx, db, s.dialect, q, s.everywhere(some), scan); err != nil {
				return fmt.Errorf("read answers of customers: %w", err)
			}
		}
		return nil
	})
}

// CustomersOf implements storage.Serving.
func (s *Store) CustomersOf(ctx context.Context, keys []string) (map[string]storage.Customer, error) {
	all := map[string]storage.Customer{}
	for some := range slices.Chunk(keys, 1000) {
		found, err := collect(ctx, s, "customers", s.q.theirNames, []any{s.dialect.Keys(texted(some))}, scanCustomer)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			all[c.ID] = c
		}
	}
	return all, nil
}

// Mystery implements storage.Serving.
func (s *Store) Mystery(ctx context.Context, f storage.FigureFilter) ([]storage.GivenSession, bool, error) {
	list, more, err := everywhere(s, f, func(b storage.Bucket, most int64) ([]storage.GivenSession, error) {
		args := slices.Concat([]any{int64(b), int64(b)}, s.inDays(b, f), []any{ofMystery}, conditions(f), []any{most})
		return collect(ctx, s, "what mystery guests gave", s.q.given.others, args, scanGiven)
	})
	slices.SortFunc(list, func(a, b storage.GivenSession) int { return strings.Compare(a.Customer, b.Customer) })
	return list, more, err
}
