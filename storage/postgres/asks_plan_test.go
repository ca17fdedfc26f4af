package postgres

import (
	"database/sql"
	"fmt"
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
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&plan_cache_mode=force_generic_plan")
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
		nulls := strings.Repeat(", NULL", 2+strings.Count(text, "$4"))
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
		if whole := plan.String(); !strings.Contains(whole, "asks_due") || !strings.Contains(whole, "Index Cond: ((bucket = $1) AND (due <= $2))") || strings.Contains(whole, "Sort") {
			t.Errorf("%s\n%s", text, whole)
		}
	}
	if seen != 2 {
		t.Errorf("%d statements look for who is due to be asked", seen)
	}
}
