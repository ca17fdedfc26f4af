package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/aftercare/aftercare/storage"
)

// body reads one record as it is stored.
func (s *Store) body(ctx context.Context, l *keyed, b storage.Bucket, id string) ([]byte, error) {
	var body []byte
	err := s.reading(ctx, func(db *sql.DB) error {
		rows, err := db.QueryContext(ctx, l.one, int64(b), storage.Clean(id))
		if err != nil {
			return err
		}
		return each(rows, func(rows *sql.Rows) error {
			var id, link string
			return rows.Scan(&id, &link, &body)
		})
	})
	if err == nil && body == nil {
		err = storage.ErrNotFound
	}
	return body, err
}

// Invitation implements storage.Reader.
func (s *Store) Invitation(ctx context.Context, b storage.Bucket, id string) (storage.Invitation, error) {
	return record(ctx, s, s.q.invitations, b, id, "invitation", decodeInvitation)
}

// Identity implements storage.Reader.
func (s *Store) Identity(ctx context.Context, b storage.Bucket, id string) (storage.Identity, error) {
	return record(ctx, s, s.q.identities, b, id, "identity", decodeIdentity)
}

// Session implements storage.Reader.
func (s *Store) Session(ctx context.Context, b storage.Bucket, id string) (storage.Session, error) {
	return record(ctx, s, s.q.sessions, b, id, "session", decodeSession)
}

func record[T any](ctx context.Context, s *Store, l *keyed, b storage.Bucket, id, what string,
	decode func(storage.Bucket, []byte) (*T, error),
) (v T, err error) {
	body, err := s.body(ctx, l, b, id)
	if err != nil {
		return v, fmt.Errorf("read %s: %w", what, err)
	}
	p, err := decode(b, body)
	if err != nil {
		return v, err
	}
	return *p, nil
}

// collect runs one query and scans every row.
func collect[T any](ctx context.Context, s *Store, what, text string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	var list []T
	err := s.reading(ctx, func(db *sql.DB) (err error) {
		list, err = rowsOf(ctx, db, scan, text, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return list, nil
}

// ofBuckets runs a query that is put for each bucket and scans every row.
func ofBuckets[T any](ctx context.Context, s *Store, what string, l *list, args []any, scan func(scanner) (T, error)) ([]T, error) {
	return ofThese(ctx, s, what, l, s.eachBucket(), args, scan)
}

// firstRows are the first rows, at most so many, of a question that is put for each of these keys, which stand in the
// order of the rows: by one statement, or one by one until there are enough.
func firstRows[T any](ctx context.Context, s *Store, what string, l *list, keys [][]any, most int, scan func(scanner) (T, error)) (all []T, err error) {
	if l.whole != "" {
		return ofThese(ctx, s, what, l, keys, []any{int64(most), int64(most)}, scan)
	}
	for i := 0; i < len(keys) && len(all) < most; i++ {
		some, err := ofThese(ctx, s, what, l, keys[i:i+1], []any{int64(most - len(all))}, scan)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// eachBucket are all buckets, as parameters of a statement that is put for each.
func (s *Store) eachBucket() [][]any {
	rows := make([][]any, s.buckets)
	for b := range rows {
		rows[b] = []any{int64(b)}
	}
	return rows
}

// ofBucket is ofBuckets of one.
func ofBucket[T any](ctx context.Context, s *Store, what string, l *list, b storage.Bucket, args []any, scan func(scanner) (T, error)) ([]T, error) {
	return ofThese(ctx, s, what, l, [][]any{{int64(b)}}, args, scan)
}

func ofThese[T any](ctx context.Context, s *Store, what string, l *list, buckets [][]any, args []any, scan func(scanner) (T, error)) ([]T, error) {
	parts, err := gather(ctx, s, what, l, buckets, args, func(list *[]T, row scanner) error {
		v, err := scan(row)
		if err == nil {
			*list = append(*list, v)
		}
		return err
	})
	return slices.Concat(parts...), err
}

// gather runs a query that is put for each of these buckets and has add put every row to what is made of its
// statement. Where a statement is tried again, so is that.
func gather[A any](ctx context.Context, s *Store, what string, l *list, buckets [][]any, args []any, add func(*A, scanner) error) ([]A, error) {
	var all []A
	var buffer []byte
	err := l.each(&buffer, buckets, func(text string, bucket []any) error {
		var made A
		err := s.reading(ctx, func(db *sql.DB) error {
			made = *new(A)
			rows, err := db.QueryContext(ctx, text, slices.Concat(bucket, args)...)
			if err != nil {
				return err
			}
			return each(rows, func(rows *sql.Rows) error { return add(&made, rows) })
		})
		if err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
		all = append(all, made)
		return nil
	})
	return all, err
}

// snapshot has f see one moment of the database.
func (s *Store) snapshot(ctx context.Context, f func(*sql.Tx) error) error {
	return s.reading(ctx, func(db *sql.DB) error {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.dialect.Snapshot})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // it only read
		return f(tx)
	})
}

// newest merges what each bucket has newest: every bucket's own index yields it.
func newest[T any](s *Store, limit int, of func(storage.Bucket) ([]T, error), at func(T) time.Time) ([]T, error) {
	var all []T
	for b := range storage.Bucket(s.buckets) {
		list, err := of(b)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b T) int { return at(b).Compare(at(a)) })
	return all[:min(limit, len(all))], nil
}

// scanBody scans rows of body and bucket.
func scanBody[T any](decode func(storage.Bucket, []byte) (*T, error)) func(scanner) (T, error) {
	return func(row scanner) (v T, err error) {
		var body []byte
		var b storage.Bucket
		if err := row.Scan(&body, &b); err != nil {
			return v, err
		}
		p, err := decode(b, body)
		if err != nil {
			return v, err
		}
		return *p, nil
	}
}

// forAll collects what a statement finds for each of these keys.
func forAll[T any](ctx context.Context, s *Store, what string, l *list, keys [][]any, rest []any, scan func(scanner) (T, error)) ([]T, error) {
	var all []T
	var buffer []byte
	err := l.each(&buffer, keys, func(text string, args []any) error {
		found, err := collect(ctx, s, what, text, append(args, rest...), scan)
		all = append(all, found...)
		return err
	})
	return all, err
}
