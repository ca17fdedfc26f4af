package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to look at files from outside

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
	"github.com/aftercare/aftercare/survey"
)

// raw opens a file behind the store's back.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestMigrateSaysWhatItDid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	r, err := sqlite.Migrate(t.Context(), path, sqlite.Options{Buckets: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.From != 0 {
		t.Fatalf("r.From is %v, want 0", r.From)
	}
	if len(r.Applied) < 1 {
		t.Fatalf("nothing was applied: %+v", r)
	}
	if int(r.To) < len(r.Applied) {
		t.Fatalf("version %d, with %d files applied", r.To, len(r.Applied))
	}
	if r.Buckets != 3 {
		t.Fatalf("r.Buckets is %v, want 3", r.Buckets)
	}
	// The number of buckets is a property of the database.
	again, err := sqlite.Migrate(t.Context(), path, sqlite.Options{Buckets: 9})
	if err != nil {
		t.Fatal(err)
	}
	if again.From != r.To {
		t.Fatalf("again.From is %v, want %v", again.From, r.To)
	}
	if again.To != r.To {
		t.Fatalf("again.To is %v, want %v", again.To, r.To)
	}
	if len(again.Applied) != 0 {
		t.Fatalf("len(again.Applied) is %v, want 0: %+v", len(again.Applied), again.Applied)
	}
	if again.Buckets != 3 {
		t.Fatalf("again.Buckets is %v, want 3", again.Buckets)
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil || s.Buckets() != 3 {
		t.Fatalf("%v, %v", err, s)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFileWithoutASchemaIsRefusedUnlessToldToMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if !errors.Is(err, sqlite.ErrSchema) || !strings.Contains(err.Error(), "aftercare migrate") {
		t.Fatalf("%v", err)
	}
}

func TestAFileOfANewerProgramIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	for _, migrate := range []bool{false, true} {
		_, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: migrate})
		if !errors.Is(err, sqlite.ErrSchema) || !strings.Contains(err.Error(), "newer program") {
			t.Fatalf("migrate %v: %v", migrate, err)
		}
	}
}

func TestAMissingTableStopsTheBoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec("ALTER TABLE words RENAME COLUMN inbound TO outbound"); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil {
		_ = s.Close()
		t.Fatal("it opened")
	}
}

func TestARecordThatCannotBeReadStopsOnlyItsOwnTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // whichever it is then
	session := storage.Session{Session: survey.Session{ID: "s", Status: survey.Active}}
	put := storage.Turn{Apply: func(storage.Loaded) (storage.Change, error) { return storage.Change{Session: &session}, nil }}
	if err := s.Advance(t.Context(), 0, []storage.Turn{put})[0]; err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec("UPDATE sessions SET body = '{'"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The store that wrote it would remember it.
	if s, err = sqlite.Open(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	nothing := func(storage.Loaded) (storage.Change, error) { return storage.Change{}, nil }
	errs := s.Advance(t.Context(), 0, []storage.Turn{
		{Key: "k1", Load: storage.Load{Session: "s"}, Apply: nothing}, {Key: "k2", Apply: nothing},
	})
	if errs[0] == nil || errors.Is(errs[0], storage.ErrUnavailable) || errs[1] != nil {
		t.Fatalf("%v", errs)
	}
}

func TestManyMayMigrateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	storagetest.OpenAtOnce(t, 8, func(ctx context.Context) (storage.Store, error) {
		return sqlite.Open(ctx, path, sqlite.Options{Migrate: true})
	})
}

// A migration makes the buckets last. Who opens the database before that migrates it.
func TestADatabaseWithoutItsBucketsIsNotMigrated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec("DELETE FROM buckets"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); !errors.Is(err, sqlite.ErrSchema) {
		t.Errorf("without leave to migrate: %v, want ErrSchema", err)
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true, Buckets: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if s.Buckets() != 3 {
		t.Errorf("%d buckets, want 3", s.Buckets())
	}
}

func TestAFileMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"a b.db", "a?b=c.db", "a#b.db", "100%.db", "ä🙂.db", "%41.db"} {
		dir := t.TempDir()
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, name), sqlite.Options{Migrate: true})
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAFileThatIsNoDatabaseIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true}); err == nil {
		t.Fatal("it opened")
	}
	if _, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "no", "such", "place.db"), sqlite.Options{Migrate: true}); err == nil {
		t.Fatal("it opened nothing")
	}
}

// TestEveryStatementUsesAnIndex asks SQLite for its plans: a query that walks through a
// whole table gets slower with every answer stored.
func TestEveryStatementUsesAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	seen := 0
	asked := map[string]int{}
	for _, text := range sqlite.Texts() {
		rows, err := db.Query("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			seen++
			for _, h := range hotReads() {
				if strings.HasPrefix(text, h.begins) && strings.Contains(text, h.holds) && strings.HasPrefix(detail, "SEARCH "+h.table+" ") {
					asked[h.by]++
					if !strings.HasSuffix(detail, " "+h.by) {
						t.Errorf("%s, and not by %s: %.200s", detail, h.by, text)
					}
				}
			}
			if strings.Contains(text, "(opened_at, id) <") && strings.Contains(detail, " cases ") && !strings.Contains(detail, caseIndex(text)) {
				t.Errorf("%s: %.200s", detail, text) // else it reads what is closed, or looks through all for what somebody has
			}
			if strings.Contains(text, "standing = ?") && (strings.Contains(detail, "B-TREE") ||
				strings.Contains(detail, " cases ") && !strings.Contains(detail, map[bool]string{true: "cases_mine", false: "cases_standing"}[strings.Contains(text, "holder = ?")])) {
				t.Errorf("%s: %.200s", detail, text) // else a full house costs more than a page
			}
			if strings.Contains(text, "session = ") && strings.HasSuffix(detail, "(bucket=? AND number>?)") {
				t.Errorf("%s: %.200s", detail, text) // all cases of a bucket, however many there are
			}
			if strings.HasPrefix(text, "SELECT count(*) FROM deliveries WHERE") && !strings.Contains(detail, "deliveries_failed") {
				t.Errorf("%s: %.200s", detail, text) // else it counts what is settled as well
			}
			for _, table := range []string{"seen", "keyblocks", "identities", "invitations", "sessions", "answers", "read_sessions", "cases", "case_events", "words", "deliveries", "talks", "queue", "underway", "d", "e", "s", "c"} {
				if detail == "SCAN "+table || strings.HasPrefix(detail, "SCAN "+table+" ") {
					t.Errorf("%s: %.200s", detail, text)
				}
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if seen < 50 {
		t.Fatalf("only %d steps were looked at", seen)
	}
	for _, h := range hotReads() {
		if asked[h.by] == 0 {
			t.Errorf("nothing is asked by %s", h.by)
		}
	}
}

// TestNoStatementLooksThroughABucket: SQLite makes no statistics here, and so takes a bucket for ten rows: it would
// look through all of one rather than ask an index that needs a sort, or a second look.
func TestNoStatementLooksThroughABucket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	// Indexes that have what waits, and nothing else.
	few := regexp.MustCompile(`INDEX (deliveries_failed|queue_waiting|cases_unposted|cases_active|cases_unannounced|feedback_unannounced|case_days_stale) `)
	// What asks for a whole bucket, or is asked by nobody who waits: an export or an erasure of a person, and what is
	// removed by the hour.
	whole := []string{
		"FROM parked", "FROM names", "FROM cell", "FROM asked_", "UPDATE case_days", "SELECT sessions FROM changes", "SELECT DISTINCT s.day, s.site, s.flow FROM read_sessions",
		"FROM talks WHERE bucket = ? AND (identity IN", "FROM deliveries WHERE bucket = ? AND identity IN", "FROM deliveries WHERE bucket = ? AND owner IN", "slot LIKE 'praise:%'",
		"FROM seen WHERE bucket = ? AND (key LIKE", "FROM invitations WHERE bucket = ? AND expires_at < ?", "ORDER BY id DESC LIMIT ?", "EXISTS (SELECT 1 FROM invitations WHERE bucket = ?)",
		"FROM feedback INDEXED BY feedback_at", "UPDATE folds", "buckets",
	}
	seen := 0
	for _, text := range sqlite.Texts() {
		rows, err := db.Query("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if seen++; strings.HasSuffix(detail, " (bucket=?)") && !few.MatchString(detail) && !slices.ContainsFunc(whole, func(of string) bool { return strings.Contains(text, of) }) {
				t.Errorf("%s: %.300s", detail, text)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if seen < 50 {
		t.Fatalf("only %d steps were looked at", seen)
	}
}

// hotReads are what a turn, a send or a look asks, each with the index that finds nothing else:
// what is settled, or waits for others, grows with use.
func hotReads() []hotRead {
	return []hotRead{
		{"SELECT bucket, platform", "chat = ?", "queue", "PRIMARY KEY (bucket=? AND chat=?)"},
		{"SELECT bucket, platform", "(rank, ord, item) >", "queue", "queue_waiting (bucket=? AND platform=? AND account=? AND (rank,ord,item)>(?,?,?))"},
		{"SELECT bucket, platform", "epoch IS NOT NULL", "queue", "queue_sending (bucket=? AND platform=? AND account=? AND epoch>? AND epoch<?)"},
		{"DELETE FROM queue", "item = ?", "queue", "PRIMARY KEY (bucket=? AND chat=? AND item=?)"},
		{"SELECT batch, talks", "batch > 0", "underway", "PRIMARY KEY (bucket=? AND batch>?)"},
		{"DELETE FROM underway", "batch = ?", "underway", "PRIMARY KEY (bucket=? AND batch=?)"},
		{"SELECT bucket, id, identity", "chat = ?", "talks", "talks_chat (bucket=? AND chat=?)"},
		{"SELECT s.body", "(s.started_at, s.id) >", "s", "sessions_started (bucket=? AND (started_at,id)>(?,?))"},
		{"SELECT body", "expires_at <= ?", "sessions", "sessions_expiring (bucket=? AND expires_at>? AND expires_at<?)"},
		{"SELECT s.session, s.day", "(s.day, s.session) > (?, ?) AND s.day <= ? AND s.answered > 0 AND NOT s.test AND s.level > 0 AND CASE", "s", "read_sessions_day (bucket=? AND site=? AND (day,session)>(?,?) AND day<?)"},
		{"SELECT s.service, s.staff, s.language, s.channel, s.level, count(*)", "GROUP BY", "s", "read_sessions_day (bucket=? AND site=? AND day=?)"},
		{"SELECT e.body FROM events", "(e.at, e.name) >", "e", "events_old (bucket=? AND at>? AND at<?)"},
		{"SELECT body", "identity = ?", "sessions", "sessions_identity (bucket=? AND identity=?)"},
		{"SELECT count(*)", "unsatisfied", "sessions", "sessions_unsatisfied (bucket=? AND customer=? AND started_at>? AND started_at<?)"},
		{"SELECT bucket, slot", "ord < ?", "deliveries", "deliveries_chat (bucket=? AND chat=? AND ord>? AND ord<?)"},
		{"SELECT bucket, slot", "shown_ref = ?", "deliveries", "deliveries_shown (bucket=? AND chat=? AND shown_ref=?)"},
		{"SELECT bucket, slot", "state = 'failed'", "deliveries", "deliveries_failed (bucket=?)"},
		{"SELECT body FROM invitations", "flow = ?", "invitations", "invitations_made (bucket=? AND site=? AND created_at>? AND created_at<?)"},
		{"SELECT DISTINCT 'a' ||", "i.created_at", "i", "invitations_made (bucket=? AND site=? AND created_at>? AND created_at<?)"},
		{"SELECT site, created_at", "LIMIT 1", "invitations", "invitations_made (bucket=? AND (site,created_at)>(?,?))"},
		{"SELECT site, month, flow, class, ''", "asked_cells", "asked_cells", "PRIMARY KEY (bucket=? AND site=? AND day>? AND day<?)"},
		{"SELECT site, month, flow, class, customers", "asked_months", "asked_months", "PRIMARY KEY (bucket=? AND site=? AND month>? AND month<?)"},
		{"SELECT bucket, day, site, flow, seq", "length(day) = 11", "cell_marks", "PRIMARY KEY (bucket=? AND (day,site,flow)>(?,?,?))"},
		{"SELECT bucket, day, site, flow, seq", "length(day) = 10", "cell_marks", "PRIMARY KEY (bucket=? AND (day,site,flow)>(?,?,?) AND day<?)"},
		{"SELECT bucket, day, site, flow, seq", "length(day) = 7", "cell_marks", "PRIMARY KEY (bucket=? AND (day,site,flow)>(?,?,?) AND day<?)"},
		{"SELECT count(*) FROM (SELECT 1 AS one FROM cell_marks", "day < 'a'", "cell_marks", "PRIMARY KEY (bucket=? AND day<?)"},
		{"SELECT count(*) FROM (SELECT 1 AS one FROM cell_marks", "day >= 'a'", "cell_marks", "PRIMARY KEY (bucket=? AND day>?)"},
	}
}

type hotRead struct{ begins, holds, table, by string }

// TestTheLibraryBeneathIsTheOneThatTheDriverNames: another one crashes.
func TestTheLibraryBeneathIsTheOneThatTheDriverNames(t *testing.T) {
	want := required(t, driverModule(t), "modernc.org/libc")
	if got := required(t, filepath.Join("..", "..", "go.mod"), "modernc.org/libc"); got != want {
		t.Fatalf("go.mod requires modernc.org/libc %s and its sqlite was made with %s", got, want)
	}
}

// caseIndex is the index that a statement for a page of cases is made for.
func caseIndex(text string) string {
	switch {
	case strings.Contains(text, "holder ="):
		return "cases_holder"
	case strings.Contains(text, "state IN ('open'"):
		return "cases_active"
	}
	return "cases_opened"
}
