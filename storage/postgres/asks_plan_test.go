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
