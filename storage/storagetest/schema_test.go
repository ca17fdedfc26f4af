package storagetest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/privacy"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// schema is what is compared: "table.column" → "type, null", and "table" → its keys.
type schema struct {
	columns map[string]string
	keys    map[string][]string // "table: name or kind" → columns
}

func query(t *testing.T, db *sql.DB, text string, f func(values []string)) {
	t.Helper()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]string, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		f(values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// ours leaves out what the engines and the migrations keep for themselves.
func ours(table string) bool {
	return !strings.HasPrefix(table, "goose_") && !strings.HasPrefix(table, "sqlite_") && table != "migration_lock"
}

func sqliteSchema(t *testing.T) schema {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	if _, err := sqlite.Migrate(t.Context(), path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := schema{columns: map[string]string{}, keys: map[string][]string{}}
	query(t, db, `SELECT m.name, c.name, lower(c.type), c."notnull" FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`, func(v []string) {
		if ours(v[0]) {
			s.columns[v[0]+"."+v[1]] = v[2] + map[string]string{"0": ", null", "1": ""}[v[3]]
		}
	})
	query(t, db, `SELECT m.name, i.name, i."unique", c.name FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
		WHERE m.type = 'table' ORDER BY m.name, i.name, c.seqno`, func(v []string) {
		if ours(v[0]) {
			key := v[0] + ": " + v[1]
			s.keys[key] = append(s.keys[key], v[3])
		}
	})
	return s
}

func postgresSchema(t *testing.T) schema {
	t.Helper()
	dsn := pgtest.Start(t)
	if _, err := postgres.Migrate(t.Context(), dsn, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := schema{columns: map[string]string{}, keys: map[string][]string{}}
	query(t, db, `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'
		AND table_name NOT IN (SELECT table_name FROM information_schema.views WHERE table_schema = 'public')`, func(v []string) {
		if ours(v[0]) {
			kind := strings.NewReplacer("timestamp with time zone", "timestamp", "bytea", "blob").Replace(v[2])
			s.columns[v[0]+"."+v[1]] = kind + map[string]string{"YES": ", null", "NO": ""}[v[3]]
		}
	})
	query(t, db, `SELECT t.relname, i.relname, a.attname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace JOIN LATERAL unnest(x.indkey) WITH ORDINALITY k(n, ord) ON true
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n WHERE n.nspname = 'public' ORDER BY 1, 2, k.ord`, func(v []string) {
		if ours(v[0]) {
			key := v[0] + ": " + v[1]
			s.keys[key] = append(s.keys[key], v[2])
		}
	})
	return s
}

func TestBothEnginesHaveTheSameTablesAndColumns(t *testing.T) {
	a, b := sqliteSchema(t), postgresSchema(t)
	if diff := cmp.Diff(a.columns, b.columns); diff != "" {
		t.Errorf("columns (-sqlite +postgres):\n%s", diff)
	}
	if len(a.columns) < 100 {
		t.Errorf("only %d columns were compared", len(a.columns))
	}
	// The engines name the indexes of keys differently, but have the same.
	lists := func(s schema) map[string]int {
		n := map[string]int{}
		for key, columns := range s.keys {
			table, _, _ := strings.Cut(key, ":")
			n[table+" ("+strings.Join(columns, ", ")+")"]++
		}
		return n
	}
	if diff := cmp.Diff(lists(a), lists(b)); diff != "" {
		t.Errorf("keys and indexes (-sqlite +postgres):\n%s", diff)
	}
}

func TestEveryKeyOfABucketedTableLeadsWithTheBucket(t *testing.T) {
	for engine, s := range map[string]schema{"sqlite": sqliteSchema(t), "postgres": postgresSchema(t)} {
		seen := 0
		for key, columns := range s.keys {
			table, _, _ := strings.Cut(key, ":")
			kind, bucketed := s.columns[table+".bucket"]
			if !bucketed {
				continue
			}
			seen++
			if columns[0] != "bucket" {
				t.Errorf("%s: %s is on %v", engine, key, columns)
			}
			if kind != "smallint" {
				t.Errorf("%s: the bucket of %s is a %s", engine, table, kind)
			}
		}
		if seen < 15 {
			t.Errorf("%s: only %d keys were looked at", engine, seen)
		}
	}
}

// A column that somebody adds must say what it holds of people, and what an erasure does to it.
func TestEveryColumnSaysWhatItHoldsOfPeople(t *testing.T) {
	listed := map[string]int{}
	for _, c := range privacy.Columns() {
		listed[c.Table+"."+c.Name]++
		if c.Why == "" {
			t.Errorf("%s.%s says nothing", c.Table, c.Name)
		}
		if c.Class != "" && !slices.Contains(privacy.Classes(), c.Class) {
			t.Errorf("%s.%s is of the class %q", c.Table, c.Name, c.Class)
		}
	}
	for engine, s := range map[string]schema{"sqlite": sqliteSchema(t), "postgres": postgresSchema(t)} {
		for column := range s.columns {
			if listed[column] != 1 {
				t.Errorf("%s: %s stands %d times in the list of package privacy", engine, column, listed[column])
			}
		}
		for column := range listed {
			if _, ok := s.columns[column]; !ok {
				t.Errorf("%s: there is no %s, which the list of package privacy names", engine, column)
			}
		}
	}
}
