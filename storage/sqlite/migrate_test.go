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
	if err == nil || !strings.Contains(err.Error(), "90002_bad.sql") {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.From != made.To || r.To != 90001 || len(r.Applied) != 1 {
		t.Fatalf("%+v", r)
	}
	if _, err := db.Exec("SELECT x FROM half"); err == nil {
		t.Fatal("half of it is there")
	}
	files["90002_bad.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE half (x integer);\n")}
	if r, err = m.Up(t.Context(), db, 2); err != nil || r.From != 90001 || r.To != 90002 || r.Buckets != 2 {
		t.Fatalf("mended: %+v, %v", r, err)
	}
}
