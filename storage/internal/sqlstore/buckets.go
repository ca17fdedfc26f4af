package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/aftercare/aftercare/storage"
)

// bucketQueries are about the rows of buckets, each the lock under which everything of its bucket is
// written, and about numbers of rows.
type bucketQueries struct {
	lockBucket, insertBucket, countBuckets, protocol, sumBuckets string
	countFailed, countParked                                     string
	updateBucket                                                 *list
}

func newBucketQueries(t *texts) bucketQueries {
	return bucketQueries{
		lockBucket:   t.one("UPDATE buckets SET version = version + ? WHERE bucket = ? AND protocol = " + protocol + " RETURNING cases, marks, ord, version"),
		updateBucket: t.counts(),
		insertBucket: t.one("INSERT INTO buckets (bucket, cases, ord, sessions, answers, protocol) VALUES (?, 0, 0, 0, 0, " + protocol + ") ON CONFLICT (bucket) DO NOTHING"),
		countBuckets: t.one("SELECT count(*) FROM buckets"),
		protocol:     t.one("SELECT protocol FROM buckets WHERE bucket = ?"),
		sumBuckets:   t.one("SELECT sum(sessions), sum(answers), sum(cases) FROM buckets"),
		countFailed:  t.one("SELECT count(*) FROM deliveries WHERE bucket = ? AND state = 'failed'"),
		countParked:  t.one("SELECT count(*) FROM parked"),
	}
}

// counts is the UPDATE of a bucket's numbers: those that its records get, and how many were added; the
// last parameter is the bucket.
func (t *texts) counts() *list {
	l := list{columns: []string{"to_cases", "to_marks", "ord", "more_sessions", "more_answers"}, column: t.dialect.Column, within: true}
	if t.dialect.Rows != nil {
		l.all(t, "UPDATE buckets q SET cases = r.to_cases, marks = r.to_marks, ord = r.ord, sessions = q.sessions + r.more_sessions, answers = q.answers + r.more_answers"+
			" FROM ("+t.dialect.Rows(l.columns)+") AS r WHERE q.bucket = ?")
		return &l
	}
	l.sized[len(sizes)-1] = t.one("UPDATE buckets SET cases = ?, marks = ?, ord = ?, sessions = sessions + ?, answers = answers + ? WHERE bucket = ?")
	return &l
}

// Counts implements storage.Reader. Sessions, answers and cases are counts kept in the
// buckets' rows, so that a large database answers as fast as a small one.
func (s *Store) Counts(ctx context.Context) (storage.Counts, error) {
	var c storage.Counts
	err := s.reading(ctx, func(db *sql.DB) error {
		if err := db.QueryRowContext(ctx, s.q.sumBuckets).Scan(&c.Sessions, &c.Answers, &c.Cases); err != nil {
			return err
		}
		c.Failed = 0
		for b := range int64(s.buckets) {
			var n int
			if err := db.QueryRowContext(ctx, s.q.countFailed, b).Scan(&n); err != nil {
				return err
			}
			c.Failed += n
		}
		return db.QueryRowContext(ctx, s.q.countParked).Scan(&c.Parked)
	})
	for b := range storage.Bucket(s.buckets) {
		if err != nil {
			break
		}
		var n int
		n, err = s.countUnsettled(ctx, b)
		c.Due += n
	}
	if err != nil {
		return storage.Counts{}, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
