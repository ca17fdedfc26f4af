package postgres

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

func TestAMigrationThatFailsIsRolledBack(t *testing.T) {
	a, err := parse(pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	db := a.pool(Options{}.withDefaults(), 4)
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

func TestAnAddressIsTakenInBothFormsAndSaysHowItIsEncrypted(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@db.example.com/x":                     "sslmode=require",
		"postgres://u:p@db.example.com/x?sslmode=verify-full": "sslmode=verify-full",
		"postgres://u:p@127.0.0.1/x":                          "sslmode=disable",
		"postgres://u:p@localhost:5433/x":                     "sslmode=disable",
		"host=db.example.com dbname=x":                        "sslmode='require'",
		"host=db.example.com sslmode=disable":                 "sslmode=disable",
		"host=/run/postgresql dbname=x":                       "sslmode='disable'",
		"host=db.example.com password='sslmode is nice'":      "sslmode='require'",
	} {
		a, err := parse(dsn)
		if err != nil || !strings.Contains(a.dsn, want) || strings.Count(strings.ReplaceAll(a.dsn, "sslmode is", ""), "sslmode") != 1 {
			t.Errorf("%s became %s, %v; want %s", dsn, a.dsn, err, want)
		}
	}
}

func TestAnAddressThatIsNotUnderstoodIsNotShown(t *testing.T) {
	for _, dsn := range []string{"postgres://u:canary4711@host:notaport/x", "postgres://u:canary4711@ho st/x", "password=canary4711 nonsense", "://canary4711", "host=x port=canary4711"} {
		_, err := parse(dsn)
		if err == nil {
			t.Errorf("%s was understood", dsn)
		} else if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "postgres://") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
