package postgres

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/internal/sqlstore"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

var crowd = flag.Int("crowd", 5_000, "how many people and customers have names to be filled in and found")

// Names that were stored before they had a place are filled in, and found by an index alone. The pages
// that each statement touches are counted.
func TestNamesOfACrowdAreFilledInAndFound(t *testing.T) {
	const buckets = 2
	dsn := pgtest.Start(t)
	if _, err := Migrate(t.Context(), dsn, Options{Buckets: buckets}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn+"&enable_seqscan=off&plan_cache_mode=force_generic_plan&jit=off&max_parallel_workers_per_gather=0")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	storagetest.FillCrowd(t, db, buckets, *crowd, "'1970-01-01'")
	if _, err := Open(t.Context(), dsn, Options{}); err == nil || !strings.Contains(err.Error(), "not finished") {
		t.Fatalf("opened before it was filled in: %v", err)
	}
	if _, err := Migrate(t.Context(), dsn, Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storagetest.FindCrowd(t, s, *crowd)

	if _, err := db.Exec("VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		name, holds, args string
		rows              int
	}{
		{"chat accounts by the beginning of a name", "FROM names WHERE", "0, 'ann', '', 'ann\U0010ffff', 64, 0", 64},
		{"the next page of these", "FROM names WHERE", "0, 'anna', '8', 'ann\U0010ffff', 64, 0", 64},
		{"a name that nobody has", "FROM names WHERE", "0, 'zzz', '', 'zzz\U0010ffff', 64, 0", 0},
		{"customers by the beginning of a name", "FROM customer_names WHERE", "'ann', '', 'ann\U0010ffff', 64", 64},
	} {
		text := ""
		for _, of := range sqlstore.Texts(dialect()) {
			if strings.HasPrefix(of, "SELECT n.word, n.id") && strings.Contains(of, c.holds) {
				text = of
			}
		}
		if _, err := db.Exec(fmt.Sprintf("PREPARE n%d AS %s", i, text)); err != nil {
			t.Fatalf("%s: %v\n%s", c.name, err, text)
		}
		var plan []byte
		for range 2 { // the first look at a page writes hints to it
			if err := db.QueryRow(fmt.Sprintf("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE n%d(%s)", i, c.args)).Scan(&plan); err != nil {
				t.Fatalf("%s: %v\n%s", c.name, err, text)
			}
		}
		var of []struct {
			Plan struct {
				Hit  int `json:"Shared Hit Blocks"`
				Read int `json:"Shared Read Blocks"`
				Rows int `json:"Actual Rows"`
			}
		}
		if err := json.Unmarshal(plan, &of); err != nil {
			t.Fatal(err)
		}
		p := of[0].Plan
		t.Logf("%-45s %5d buffers, %d rows", c.name, p.Hit+p.Read, p.Rows)
		// An entry of names, and the way to the row that it leads to: three pages of an index and the row.
		if most := 10 + 5*p.Rows; p.Hit+p.Read > most || p.Rows != c.rows {
			t.Errorf("%s: %d buffers for %d rows of %d\n%s", c.name, p.Hit+p.Read, p.Rows, c.rows, plan)
		}
	}
}
