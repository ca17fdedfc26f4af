package postgres

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// Who is due to be asked is read off an index in the order of time, however many wait for a later
// moment: nothing is sorted, and nobody is looked at who is not due. Once a second that is asked of
// every bucket.
func TestWhoIsDueToBeAskedIsReadOffAnIndex(t *testing.T) {
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&enable_sort=off&plan_cache_mode=force_generic_plan")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	seen := 0
	for _, text := range sqlstore.Texts(dialect()) {
		if !strings.Contains(text, "a.due <= $2") {
			continue
		}
		seen++
		if _, err := db.Exec(fmt.Sprintf("PREPARE due%d AS %s", seen, text)); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		nulls := strings.Repeat(", NULL", 2)
		if strings.Contains(text, "$6") { // it goes on behind one
			nulls = strings.Repeat(", NULL", 5)
		}
		rows, err := db.Query(fmt.Sprintf("EXPLAIN EXECUTE due%d(NULL%s)", seen, nulls))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var plan strings.Builder
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(line + "\n")
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		whole, within := plan.String(), "Index Cond: ((bucket = $1) AND (due <= $2))"
		if strings.Contains(text, "$6") {
			within = "Index Cond: ((bucket = $1) AND (due <= $2) AND (due >= $3))"
			// Those of one moment alone are put in the order of their ids.
			whole = strings.Replace(strings.Replace(whole, "Incremental Sort", "", 1), "Sort Key: due, id\n        Presorted Key: due", "", 1)
		}
		if !strings.Contains(whole, "asks_due") || !strings.Contains(whole, within) || strings.Contains(whole, "Sort") {
			t.Errorf("%s\n%s", text, plan.String())
		}
	}
	if seen != 2 {
		t.Errorf("%d statements look for who is due to be asked", seen)
	}
}

// Whether days of conversations are still to be counted is not looked for among those of invitations, however many
// these are, and the other way round: every page of figures asks.
func TestWhatWasNeverCountedIsLookedForAmongItsOwnDays(t *testing.T) {
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&plan_cache_mode=force_generic_plan&jit=off&max_parallel_workers_per_gather=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	by := map[string]string{
		"seq <= 0 AND day < 'a'": "(day < 'a'::text)", "seq <= 0 AND day >= 'a'": "(day >= 'a'::text)",
		"length(day) = 10": "(day < 'a'::text)", "length(day) = 7": "(day < 'a'::text)",
	}
	seen := 0
	for i, text := range sqlstore.Texts(dialect()) {
		for holds, want := range by {
			n := strings.Count(text, "$")
			if !strings.HasPrefix(text, "SELECT") || !strings.Contains(text, "FROM cell_marks") || !strings.Contains(text, holds) || strings.Contains(text, "UNION ALL") {
				continue
			}
			if !strings.Contains(text, "seq <= 0") && !strings.Contains(text, "ORDER BY") {
				continue
			}
			seen++
			if _, err := db.Exec(fmt.Sprintf("PREPARE never%d AS %s", i, text)); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			whole := planned(t, db, fmt.Sprintf("never%d(%s)", i, strings.TrimSuffix(strings.Repeat("NULL,", n), ",")))
			if !regexp.MustCompile(`Index Cond: .*`+regexp.QuoteMeta(want)).MatchString(whole) || strings.Contains(text, "seq <= 0") && !strings.Contains(whole, "cell_marks_first") {
				t.Errorf("%s\n%s", text, whole)
			}
		}
	}
	if seen < 4 {
		t.Errorf("%d statements look for what is to be counted", seen)
	}
}

// planned is how a prepared statement would be done.
func planned(t *testing.T, db *sql.DB, call string) string {
	t.Helper()
	rows, err := db.Query("EXPLAIN EXECUTE " + call)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
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
	return plan.String()
}
