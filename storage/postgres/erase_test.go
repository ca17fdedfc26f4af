package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// columnsWith are the columns of all tables that hold a word, in whatever letters.
func columnsWith(t *testing.T, dsn, word string) []string {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var in []string
	seen := 0
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		seen++
		var n int
		text := `SELECT count(*) FROM "` + table + `" WHERE "` + column + `"::text ILIKE '%' || $1 || '%'`
		if err := db.QueryRow(text, word).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			in = append(in, table+"."+column)
		}
	}
	if err := rows.Err(); err != nil || seen < 100 {
		t.Fatalf("%d columns, %v", seen, err)
	}
	return in
}

// filesWith are the files of tables that hold a word.
func filesWith(t *testing.T, dir, word string) []string {
	t.Helper()
	var in []string
	seen := 0
	err := filepath.WalkDir(filepath.Join(dir, "base"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if bytes.Contains(bytes.ToLower(body), []byte(strings.ToLower(word))) {
			in = append(in, path)
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d files, %v", seen, err)
	}
	return in
}

func TestNoColumnAndNoFileHoldsAnErasedPerson(t *testing.T) {
	server, err := pgtest.Run("", "autovacuum=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := server.DSN("postgres")
	s, err := postgres.Open(t.Context(), dsn, postgres.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	gone, left := storagetest.ErasedOne(t, s)
	if in := columnsWith(t, dsn, gone); len(in) > 0 {
		t.Errorf("something is left in %v", in)
	}
	if in := columnsWith(t, dsn, left); len(in) < 20 {
		t.Errorf("another is only in %v", in)
	}
	r, err := s.Scrub(context.Background(), storage.ScrubFile)
	if err != nil || r.Done || !strings.Contains(r.Left, "--vacuum") {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := server.Exec("postgres", "CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	if in := filesWith(t, server.Data(), gone); len(in) == 0 {
		t.Error("nothing is left to scrub: the test shows nothing")
	}
	if r, err := s.Scrub(context.Background(), storage.ScrubWhole); err != nil || !r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
	if in := filesWith(t, server.Data(), gone); len(in) > 0 {
		t.Errorf("something is left in %v", in)
	}
	if in := filesWith(t, server.Data(), left); len(in) == 0 {
		t.Error("another is gone as well")
	}
}
