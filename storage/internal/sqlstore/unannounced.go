package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/storage"
)

const (
	openedRead      = "site, minute, p1, p2, p3" // without the bucket
	openedColumns   = "bucket, " + openedRead
	feedbackRead    = "id, kind, session, identity, customer, site, owner, case_id, text, at, announced"
	feedbackColumns = "bucket, " + feedbackRead
)

// announcedQueries are about what staff hear of at once.
type announcedQueries struct {
	addOpened, insertFeedback                                                                          *list
	casesOpened, unannouncedCounts, unannouncedCases, feedback, unannouncedFeedback, feedbackAnnounced string
}

func newAnnouncedQueries(t *texts) announcedQueries {
	return announcedQueries{
		addOpened: t.insert("cases_opened", openedColumns, "ON CONFLICT (bucket, site, minute) DO UPDATE SET"+
			" p1 = cases_opened.p1 + excluded.p1, p2 = cases_opened.p2 + excluded.p2, p3 = cases_opened.p3 + excluded.p3"),
		casesOpened: t.one("SELECT " + openedRead + " FROM cases_opened WHERE bucket = ? AND minute >= ? ORDER BY minute, site"),
		unannouncedCounts: t.one("SELECT site, priority, count(*) FROM cases WHERE bucket = ? AND tell_at IS NOT NULL AND tell_at <= ?" +
			" GROUP BY site, priority ORDER BY site, priority"),
		unannouncedCases: t.one("SELECT body, bucket FROM cases WHERE bucket = ? AND site = ? AND tell_at IS NOT NULL AND tell_at <= ?" +
			" ORDER BY priority, opened_at, id LIMIT ?"),
		insertFeedback:      t.insert("feedback", feedbackColumns, "ON CONFLICT (bucket, id) DO NOTHING"),
		feedback:            t.one("SELECT " + feedbackRead + " FROM feedback" + t.by("feedback_at") + " WHERE bucket = ? AND id > '' ORDER BY at DESC, id DESC LIMIT ?"),
		unannouncedFeedback: t.one("SELECT " + feedbackRead + " FROM feedback WHERE bucket = ? AND announced IS NULL ORDER BY id LIMIT ?"),
		feedbackAnnounced:   t.one("UPDATE feedback SET announced = ? WHERE bucket = ? AND id = ?"),
	}
}

// minuteOf is a row of cases_opened.
type minuteOf struct {
	site   string
	minute time.Time
}

// countOpened counts a case that opens.
func (w *working) countOpened(v storage.Case) {
	if w.opened == nil {
		w.opened = map[minuteOf][4]int64{}
	}
	k := minuteOf{storage.Clean(v.Site), micro(v.OpenedAt).Truncate(time.Minute)}
	n := w.opened[k]
	if p := v.Decision.Priority; p >= recovery.P1 && p <= recovery.P3 {
		n[p]++
	}
	w.opened[k] = n
}

// openedRows are the counts to add, in the order of their keys.
func (w *working) openedRows() [][]any {
	keys := slices.SortedFunc(maps.Keys(w.opened), func(a, b minuteOf) int {
		return cmp.Or(cmp.Compare(a.site, b.site), a.minute.Compare(b.minute))
	})
	var rows [][]any
	for _, k := range keys {
		if n := w.opened[k]; n[1]+n[2]+n[3] > 0 { // the watch list makes no storm
			rows = append(rows, []any{int64(w.bucket), k.site, k.minute, n[1], n[2], n[3]})
		}
	}
	return rows
}

func feedbackRow(b storage.Bucket, v storage.Feedback) []any {
	return []any{
		int64(b), storage.Clean(v.ID), storage.Clean(string(v.Kind)), storage.Clean(v.Session), storage.Clean(v.Identity), storage.Clean(v.Customer),
		storage.Clean(v.Site), storage.Clean(v.Owner), storage.Clean(v.Case), storage.Clean(v.Text), micro(v.At), orNull(v.Announced),
	}
}

func scanFeedback(row scanner) (v storage.Feedback, err error) {
	var announced sql.NullTime
	if err := row.Scan(&v.ID, &v.Kind, &v.Session, &v.Identity, &v.Customer, &v.Site, &v.Owner, &v.Case, &v.Text, &v.At, &announced); err != nil {
		return v, err
	}
	v.At = v.At.UTC()
	if announced.Valid {
		v.Announced = announced.Time.UTC()
	}
	return v, nil
}

// CasesOpened implements storage.Announcements.
func (s *Store) CasesOpened(ctx context.Context, b storage.Bucket, since time.Time) ([]recovery.CasesOpened, error) {
	args := []any{int64(b), micro(since).Truncate(time.Minute)}
	return collect(ctx, s, "cases opened", s.q.casesOpened, args, func(row scanner) (t recovery.CasesOpened, err error) {
		err = row.Scan(&t.Site, &t.Minute, &t.P1, &t.P2, &t.P3)
		t.Minute = t.Minute.UTC()
		return t, err
	})
}

// UnannouncedCounts implements storage.Announcements.
func (s *Store) UnannouncedCounts(ctx context.Context, b storage.Bucket, now time.Time) ([]storage.Unannounced, error) {
	return collect(ctx, s, "unannounced cases", s.q.unannouncedCounts, []any{int64(b), micro(now)}, func(row scanner) (u storage.Unannounced, err error) {
		err = row.Scan(&u.Site, &u.Priority, &u.Cases)
		return u, err
	})
}

// UnannouncedCases implements storage.Announcements.
func (s *Store) UnannouncedCases(ctx context.Context, b storage.Bucket, site string, now time.Time, limit int) ([]storage.Case, error) {
	args := []any{int64(b), storage.Clean(site), micro(now), int64(limit)}
	return collect(ctx, s, "unannounced cases", s.q.unannouncedCases, args, scanBody(decodeCase))
}

// FeedbackList implements storage.Announcements.
func (s *Store) FeedbackList(ctx context.Context, limit int) ([]storage.Feedback, error) {
	return newest(s, limit, func(b storage.Bucket) ([]storage.Feedback, error) {
		return collect(ctx, s, "feedback", s.q.feedback, []any{int64(b), int64(limit)}, scanFeedback)
	}, func(f storage.Feedback) time.Time { return f.At })
}

// UnannouncedFeedback implements storage.Announcements.
func (s *Store) UnannouncedFeedback(ctx context.Context, b storage.Bucket, limit int) ([]storage.Feedback, error) {
	return collect(ctx, s, "feedback", s.q.unannouncedFeedback, []any{int64(b), int64(limit)}, scanFeedback)
}

// FeedbackAnnounced implements storage.Announcements.
func (s *Store) FeedbackAnnounced(ctx context.Context, b storage.Bucket, ids []string, at time.Time) error {
	err := s.transaction(ctx, func(tx *sql.Tx) error {
		if err := newWorking(ctx, s, tx, b).lock(); err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := tx.ExecContext(ctx, s.q.feedbackAnnounced, micro(at), int64(b), storage.Clean(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle feedback: %w", err)
	}
	return nil
}
