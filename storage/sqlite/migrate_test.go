package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAMigrationThatFailsIsRolledBack(t *testing.T) {
	db := pool(filepath.Join(t.TempDir(), "a.db"), Options{}.withDefaults(), use{wait: patient, size: 4})
	t.Cleanup(func() { _ = db.Close() })
	m := schema(Options{}.withDefaults())
	made, err := m.Up(t.Context(), db, 2)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"90001_good.sql": {Data: []byte("-- +goose Up\nCREATE TABLE good (x integer);\n")},
		"90002_bad.sql":  {Data: []byte("-- +goose Up\nCREATE TABLE half (x integer);\nINSERT INTO half VALUES (1);\nINSERT INTO nowhere VALUES (1);\n")},
	}
	m.Files = files
	r, err := m.Up(t.Context(), db, 2)
	if err == nil {
		t.Fatalf("it did not fail: %+v", r)
	}
	if !strings.Contains(err.Error(), "90002_bad.sql") {
		t.Fatalf("the error does not name the file: %v", err)
	}
	if r.From != made.To {
		t.Fatalf("r.From is %v, want %v", r.From, made.To)
	}
	if r.To != 90001 {
		t.Fatalf("r.To is %v, want 90001", r.To)
	}
	if len(r.Applied) != 1 {
		t.Fatalf("len(r.Applied) is %v, want 1: %+v", len(r.Applied), r.Applied)
	}
	if _, err := db.Exec("SELECT x FROM half"); err == nil {
		t.Fatal("half of it is there")
	}
	files["90002_bad.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE half (x integer);\n")}
	if r, err = m.Up(t.Context(), db, 2); err != nil || r.From != 90001 || r.To != 90002 || r.Buckets != 2 {
		t.Fatalf("mended: %+v, %v", r, err)
	}
}
