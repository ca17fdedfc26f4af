package postgres

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// TestInvitationsAreCountedByTheirViewInOneGo counts them by month as a dashboard does: each record is read once,
// whatever columns are asked for, and what was answered is joined once and not looked up for each row.
func TestInvitationsAreCountedByTheirViewInOneGo(t *testing.T) {
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{
		`INSERT INTO read_sessions (bucket, session, flow, version, class, site, service, staff, language, channel, day, status, answered, composite, level, flag,
			unsatisfied, has_case, test)
		SELECT n % 4, 's' || n, 'f', 1, 'transactional', 'main', '', '', 'en', 'telegram', '2026-03-01', 'completed', 1, 50, 1 + n % 7, '', FALSE, FALSE, FALSE
		FROM generate_series(1, 3000) AS n`,
		`INSERT INTO invitations (bucket, id, flow, version, site, customer, created_at, expires_at, body)
		SELECT n % 4, 'i' || n, 'f', 1, 'main', '', now() - n % 90 * interval '1 day', NULL, json_build_object('Session', CASE WHEN n % 3 = 0 THEN 's' || n / 3 END,
			'Test', n % 10 = 0, 'Facts', json_build_object('class', 'transactional'), 'level', CASE WHEN n % 7 = 0 THEN 3 END)::text FROM generate_series(1, 9000) AS n`,
		"ANALYZE",
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	const count = "SELECT date_trunc('month', day), count(*), sum(CASE WHEN has_answer THEN 1 ELSE 0 END), sum(CASE WHEN redeemed THEN 1 ELSE 0 END)" +
		" FROM v_invitations WHERE NOT test AND class IN ('transactional', 'relationship') GROUP BY 1"
	rows, err := db.Query("EXPLAIN (VERBOSE, COSTS OFF) " + count)
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	text := plan.String()
	if n := strings.Count(text, "(v.body)::json"); n != 1 {
		t.Errorf("each record is read %d times:\n%s", n, text)
	}
	if !strings.Contains(text, "Hash Right Join") && !strings.Contains(text, "Hash Left Join") || strings.Contains(text, "SubPlan") {
		t.Errorf("what was answered is looked up for each row:\n%s", text)
	}
	var asked, answered int
	if err := db.QueryRow("SELECT sum(n), sum(a) FROM ("+count+") AS c (month, n, a, r)").Scan(&asked, &answered); err != nil {
		t.Fatal(err)
	}
	want := 0
	for n := 1; n <= 9000; n++ {
		if n%10 != 0 && (n%3 == 0 || n%7 == 0) {
			want++
		}
	}
	if asked != 8100 || answered != want {
		t.Errorf("%d were asked and %d answered, want 8100 and %d", asked, answered, want)
	}
}
