package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/aftercare/aftercare/storage"
)

// namedOf are the conversations with a level of chat accounts by a column; who they are stands first, and whether that
// is a key.
func namedOf(who, key, where string) Source {
	return Source{
		Columns: who + ", " + key + ", r.session, r.bucket, r.day, r.site, r.flow, r.level",
		Table:   "identities i JOIN sessions s ON s.bucket = i.bucket AND s.identity = i.id JOIN read_sessions r ON r.bucket = s.bucket AND r.session = s.id",
		Bucket:  "i.bucket", Key: who,
		// A session keeps its pseudonym in its body, where quotes that somebody wrote are escaped.
		Where: where + " AND s.identity > '' AND s.body NOT LIKE '%\"Mark\":\"%' AND r.answered > 0 AND r.level > 0 AND NOT r.test" +
			" AND r.class IN ('" + strings.Join(storage.CustomerClasses, "', '") + "')",
	}
}

// Visits implements storage.Serving.
func (s *Store) Visits(ctx context.Context, customers []string) (map[string][]storage.Visit, error) {
	type visit struct {
		customer string
		storage.Visit
	}
	all := map[string][]storage.Visit{}
	for b := range storage.Bucket(s.buckets) {
		for some := range slices.Chunk(customers, 1000) {
			found, err := collect(ctx, s, "visits", s.q.visitsOf.many, []any{s.dialect.Keys(some), int64(b)}, func(row scanner) (v visit, err error) {
				v.Bucket = b
				return v, row.Scan(&v.customer, &v.At, &v.Site)
			})
			if err != nil {
				return nil, err
			}
			for _, v := range found {
				v.At = v.At.UTC()
				all[v.customer] = append(all[v.customer], v.Visit)
			}
		}
	}
	for _, visits := range all {
		slices.SortFunc(visits, func(a, b storage.Visit) int { return a.At.Compare(b.At) })
	}
	return all, nil
}

// ServedKeys implements storage.Serving.
func (s *Store) ServedKeys(ctx context.Context, b storage.Bucket, after string, limit int) ([]string, error) {
	return collect(ctx, s, "customers who were served", s.q.servedKeys, []any{int64(b), storage.Clean(after), int64(limit)}, func(row scanner) (key string, err error) {
		return key, row.Scan(&key)
	})
}

// NamedAnswers implements storage.Serving.
func (s *Store) NamedAnswers(ctx context.Context, customers []string) (map[string][]storage.NamedAnswer, error) {
	var all map[string][]storage.NamedAnswer
	err := s.reading(ctx, func(db *sql.DB) error {
		all = map[string][]storage.NamedAnswer{}
		for some := range slices.Chunk(customers, 100) {
			err := readAcross(ctx, db, s.dialect, s.q.namedLevels, s.everywhere(some), func(row scanner) error {
				var who string
				var a storage.NamedAnswer
				key := 0
				err := row.Scan(&who, &key, &a.Session, &a.Bucket, &a.Day, &a.Site, &a.Flow, &a.Level)
				a.Key = key == 1
				all[who] = append(all[who], a)
				return err
			})
			if err != nil {
				return fmt.Errorf("read answers of customers: %w", err)
			}
		}
		return nil
	})
	return all, err
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
