package sqlite

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage/storagetest"
)

// The usual number is several pages of those who are filled in.
var crowd = flag.Int("crowd", 5_000, "how many people and customers have names to be filled in and found")

// Names that were stored before they had a place are filled in, and found by an index alone: counted in
// the database, not scanned by the program.
func TestNamesOfACrowdAreFilledInAndFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := Migrate(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 2})
	storagetest.FillCrowd(t, db, 1, *crowd, "1")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), "not finished") {
		t.Fatalf("opened before it was filled in: %v", err)
	}
	if _, err := Migrate(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storagetest.FindCrowd(t, s, *crowd)
}

// TestNamesAreReadByTheirIndexAlone: a page of those who are called so is a step into the index and on,
// without a sort and without looking through anything.
func TestNamesAreReadByTheirIndexAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := Migrate(t.Context(), path, Options{}); err != nil {
		t.Fatal(err)
	}
	db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 2})
	defer db.Close()
	seen := 0
	for _, text := range Texts() {
		by := map[bool]string{true: "SEARCH names USING PRIMARY KEY (bucket=? AND (word,id)>(?,?) AND word<?)", false: "SEARCH customer_names USING PRIMARY KEY ((word,id)>(?,?) AND word<?)"}[strings.Contains(text, "FROM names WHERE")]
		if !strings.HasPrefix(text, "SELECT n.word, n.id") {
			continue
		}
		seen++
		rows, err := db.Query("EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		whole := strings.Join(plan, "\n")
		if !strings.Contains(whole, by) || strings.Contains(strings.ReplaceAll(whole, "SCAN n\n", ""), "SCAN") || strings.Contains(whole, "B-TREE") {
			t.Errorf("%s\n%s", text, whole)
		}
	}
	if seen != 2 {
		t.Errorf("%d statements read a page of names", seen)
	}
}
