package archive_test

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/sqlite"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// place is a database of one engine, and what is asked behind the store's back.
type place struct {
	engine, at string
	db         *sql.DB
}

const (
	sqliteColumns   = `SELECT m.name, c.name, lower(c.type), 1 - c."notnull" FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`
	postgresColumns = `SELECT table_name, column_name, data_type, CASE is_nullable WHEN 'YES' THEN 1 ELSE 0 END FROM information_schema.columns
		JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position`
)

// newPlace is an empty place: nothing is in it, no table either.
func newPlace(t *testing.T, engine string) place {
	t.Helper()
	p := place{engine: engine, at: filepath.Join(t.TempDir(), "a.db")}
	if engine == "postgres" {
		p.at = pgtest.Start(t)
	}
	driver := map[string]string{"sqlite": "sqlite", "postgres": "postgres"}[engine]
	db, err := sql.Open(driver, p.at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	p.db = db
	return p
}

func (p place) migrate(t *testing.T) {
	t.Helper()
	var err error
	if p.engine == "sqlite" {
		_, err = sqlite.Migrate(t.Context(), p.at, sqlite.Options{})
	} else {
		_, err = postgres.Migrate(t.Context(), p.at, postgres.Options{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (p place) backup(t *testing.T, key string) *archive.Backup {
	t.Helper()
	b, err := p.tryBackup(t.Context(), filepath.Join(t.TempDir(), "backup"), key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p place) tryBackup(ctx context.Context, dir, key string) (*archive.Backup, error) {
	info := archive.Info{Program: "test", Key: func(string) ([]byte, error) { return []byte(key), nil }, Clock: func() time.Time { return time.Now().UTC() }}
	if p.engine == "sqlite" {
		return sqlite.Backup(ctx, p.at, dir, info)
	}
	return postgres.Backup(ctx, p.at, dir, info)
}

func (p place) restore(ctx context.Context, b *archive.Backup) (err error) {
	if p.engine == "sqlite" {
		_, err = sqlite.Restore(ctx, p.at, b, sqlite.Options{}, nil, nil)
	} else {
		_, err = postgres.Restore(ctx, p.at, b, postgres.Options{}, nil)
	}
	return err
}

func (p place) exec(t *testing.T, text string, args ...any) {
	t.Helper()
	if _, err := p.db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// column is one column of a database, as it says itself.
type column struct {
	table, name, kind string
	null              bool
}

func (p place) columns(t *testing.T) []column {
	t.Helper()
	text := sqliteColumns
	if p.engine == "postgres" {
		text = postgresColumns
	}
	rows, err := p.db.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name, &c.kind, &c.null); err != nil {
			t.Fatal(err)
		}
		if archive.Ours(c.table) {
			all = append(all, c)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// texts are what must come back as it was.
var texts = []string{
	"plain", "", "\"quoted\" \\ back\\slash", "line\nbreak\r\n\ttab", "<b>&amp;</b>", "ümläut 你好 🙂", "\u2028\u2029\ufeff", "{\"base64\":\"eA==\"}",
	"null", "[1,2]", "\x01\x1f\x7f", "\ufffd", strings.Repeat("long ", 3000), "'; DROP TABLE answers; --", "1e400", "\u202eright to left",
}

var moments = []time.Time{
	{},
	time.Unix(0, 0), time.Unix(0, -1000), time.Date(2026, 11, 28, 12, 30, 0, 123456000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
	time.Date(2026, 3, 29, 2, 30, 0, 0, time.FixedZone("", 5*3600+1800)), time.Date(1969, 7, 20, 20, 17, 40, 1000, time.UTC),
}

var reals = []float64{0, 1.0 / 3, -1e-300, 5e-324, math.MaxFloat64, 42, 1e21, 0.1 + 0.2}

// value is what row i holds in every column of a kind: so what refers to another row does.
func (p place) value(t *testing.T, c column, i int) any {
	if c.null && i%3 == 2 {
		return nil
	}
	switch c.kind {
	case "smallint":
		return i
	case "integer":
		return math.MaxInt32 - i
	case "bigint":
		return int64(math.MaxInt64 - i*2)
	case "double precision":
		return reals[i%len(reals)]
	case "boolean":
		if p.engine == "sqlite" {
			return i % 2
		}
		return i%2 == 1
	case "timestamp", "timestamp with time zone":
		if p.engine == "sqlite" {
			return moments[i%len(moments)].UnixMicro()
		}
		return moments[i%len(moments)].UTC()
	case "text":
		if c.table == "deliveries" && c.name == "state" {
			return []string{"due", "sending", "sent", "failed"}[i%4]
		}
		return texts[i%len(texts)] + fmt.Sprint(i)
	case "blob", "bytea":
		return []byte{0, 255, byte(i), '\n'}
	}
	t.Fatalf("no value for %+v", c)
	return nil
}

// fill puts rows into every table, those included that nobody has thought of yet.
func (p place) fill(t *testing.T, rows int) {
	t.Helper()
	byTable := map[string][]column{}
	for _, c := range p.columns(t) {
		byTable[c.table] = append(byTable[c.table], c)
	}
	tables := []string{"sessions", "cases"} // what others refer to
	for table := range byTable {
		if table != "sessions" && table != "cases" {
			tables = append(tables, table)
		}
	}
	tx, err := p.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, table := range tables {
		if _, err := tx.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
		names, marks := []string{}, []string{}
		for i, c := range byTable[table] {
			names, marks = append(names, c.name), append(marks, fmt.Sprint("$", i+1))
		}
		text := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
		for i := range rows {
			var args []any
			for _, c := range byTable[table] {
				args = append(args, p.value(t, c, i))
			}
			if _, err := tx.ExecContext(t.Context(), text, args...); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// dump is every row of every table, in the engine's own words.
func (p place) dump(t *testing.T) []string {
	t.Helper()
	byTable := map[string][]string{}
	for _, c := range p.columns(t) {
		word := "coalesce(" + c.name + "::text, 'NULL')"
		if p.engine == "sqlite" {
			word = "typeof(" + c.name + ") || quote(" + c.name + ")"
		}
		byTable[c.table] = append(byTable[c.table], word)
	}
	var all []string
	for table, words := range byTable {
		rows, err := p.db.QueryContext(t.Context(), "SELECT "+strings.Join(words, " || ' | ' || ")+" FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all = append(all, table+": "+row)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	slices.Sort(all)
	return all
}

// contents is what every table of a backup holds.
func contents(b *archive.Backup) map[string]string {
	all := map[string]string{}
	for _, t := range b.Tables {
		all[t.Name] = fmt.Sprintf("%d rows %s %v", t.Rows, t.Content, t.Columns)
	}
	return all
}

var engines = []string{"sqlite", "postgres"}

// A value of every kind, the odd ones too, in every column of every table comes back as it was,
// also by way of the other engine.
func TestEveryTableComesBackAsItWasOnBothEnginesAndAcrossThem(t *testing.T) {
	for i, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			from := newPlace(t, engine)
			from.migrate(t)
			from.fill(t, 40)
			before := slices.DeleteFunc(from.dump(t), func(row string) bool {
				table, _, _ := strings.Cut(row, ":")
				return slices.Contains(archive.Passing, table)
			})
			first := from.backup(t, "the key")
			across := newPlace(t, engines[1-i])
			if err := across.restore(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			second := across.backup(t, "the key")
			if diff := cmp.Diff(contents(first), contents(second)); diff != "" {
				t.Errorf("what the backups hold (-%s +%s):\n%s", engine, across.engine, diff)
			}
			home := newPlace(t, engine)
			if err := home.restore(t.Context(), second); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, home.dump(t)); diff != "" {
				t.Errorf("before and after:\n%s", diff)
			}
			if n := len(before); n < 40*(len(first.Tables)-len(archive.Passing)) || len(first.Tables) < 25 {
				t.Errorf("only %d rows of %d tables were compared", n, len(first.Tables))
			}
			key, err := second.Secret()
			if err != nil || string(key) != "the key" {
				t.Errorf("the key is %q, %v", key, err)
			}
		})
	}
}

// A table or a column that a migration adds is in the backup, whether anybody thought of it
// or not; one of a type that the archive does not know stops the backup.
func TestNoTableAndNoColumnIsForgotten(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			p := newPlace(t, engine)
			p.migrate(t)
			want := map[string]bool{}
			for _, c := range p.columns(t) {
				want[c.table+"."+c.name] = true
			}
			check := func() {
				t.Helper()
				got := map[string]bool{}
				for _, table := range p.backup(t, "").Tables {
					for _, c := range table.Columns {
						got[table.Name+"."+c.Name] = true
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("columns (-database +backup):\n%s", diff)
				}
			}
			check()
			p.exec(t, "CREATE TABLE later (id bigint NOT NULL PRIMARY KEY)")
			p.exec(t, "ALTER TABLE sites ADD COLUMN later text NOT NULL DEFAULT 'x'")
			want["later.id"], want["sites.later"] = true, true
			check()
			p.exec(t, "ALTER TABLE later ADD COLUMN odd numeric(3)")
			if _, err := p.tryBackup(t.Context(), filepath.Join(t.TempDir(), "b"), ""); err == nil || !strings.Contains(err.Error(), `"odd" of "later"`) {
				t.Errorf("an unknown type: %v", err)
			}
		})
	}
}

// The servers that ran when a backup was made do not run where it is restored: neither its
// tables nor the copy of the file tell of them.
func TestABackupHoldsNothingOfTheMoment(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			p := newPlace(t, engine)
			p.migrate(t)
			p.fill(t, 3)
			b := p.backup(t, "")
			for _, table := range b.Tables {
				if passing := slices.Contains(archive.Passing, table.Name); (table.Rows == 0) != passing {
					t.Errorf("%s has %d rows in the backup", table.Name, table.Rows)
				}
			}
			if engine != "sqlite" {
				return
			}
			copied, err := sql.Open("sqlite", filepath.Join(b.Dir, archive.CopyFile))
			if err != nil {
				t.Fatal(err)
			}
			defer copied.Close()
			for _, table := range append([]string{"sites"}, archive.Passing...) {
				var n int
				if err := copied.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil || (n == 0) == (table == "sites") {
					t.Errorf("the copy of the file has %d rows of %s, %v", n, table, err)
				}
			}
		})
	}
}

// What a migration puts into tables by itself is replaced, and nothing else: these are all
// the tables in which a new database has rows.
func TestANewDatabaseHasRowsOnlyWhereTheyAreReplaced(t *testing.T) {
	for _, engine := range engines {
		p := newPlace(t, engine)
		p.migrate(t)
		var some []string
		for _, table := range p.backup(t, "").Tables {
			if table.Rows > 0 {
				some = append(some, table.Name)
			}
		}
		slices.Sort(some)
		if diff := cmp.Diff(archive.Seeded, some); diff != "" {
			t.Errorf("%s: -known +found:\n%s", engine, diff)
		}
	}
}

// Bytes, and text that is no UTF-8, come back too where an engine can hold them, and numbers
// given by a sequence go on after the greatest.
func TestBytesAndSequencesComeBack(t *testing.T) {
	ids := map[string]string{"sqlite": "integer NOT NULL PRIMARY KEY, b blob", "postgres": "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, b bytea"}
	make := func(engine string) place {
		p := newPlace(t, engine)
		p.migrate(t)
		p.exec(t, "CREATE TABLE numbered (id "+ids[engine]+")")
		return p
	}
	from := make("sqlite")
	from.exec(t, "INSERT INTO numbered VALUES (1, x'00ff80'), (41, NULL)")
	b := from.backup(t, "")
	to := make("postgres")
	if err := to.restore(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	to.exec(t, "INSERT INTO numbered (b) VALUES (NULL)")
	var id int
	var bytes []byte
	if err := to.db.QueryRow("SELECT max(id), (SELECT b FROM numbered WHERE id = 1) FROM numbered").Scan(&id, &bytes); err != nil {
		t.Fatal(err)
	}
	if id != 42 || string(bytes) != "\x00\xff\x80" {
		t.Errorf("the next number is %d, the bytes are %q", id, bytes)
	}
	odd := newPlace(t, "sqlite")
	odd.migrate(t)
	odd.exec(t, "INSERT INTO moves VALUES ('p', 'a', 'c', 't', 'P', 'A', 'C', CAST(x'61ff00' AS text))")
	before := odd.dump(t)
	home := newPlace(t, "sqlite")
	if err := home.restore(t.Context(), odd.backup(t, "")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, home.dump(t)); diff != "" {
		t.Error(diff)
	}
	// Postgres cannot hold it: it says so, and holds nothing of the rest.
	there := newPlace(t, "postgres")
	if err := there.restore(t.Context(), odd.backup(t, "")); err == nil || !strings.Contains(err.Error(), "moves") {
		t.Errorf("restored what cannot be held: %v", err)
	}
}

// Whatever is wrong with a file of a backup, it is refused by the file's name, and nothing
// is written.
func TestADamagedBackupIsRefusedByName(t *testing.T) {
	from := newPlace(t, "sqlite")
	from.migrate(t)
	from.fill(t, 5)
	b := from.backup(t, "the key")
	files := []string{archive.ManifestFile, archive.KeyFile, archive.CopyFile}
	for _, table := range b.Tables {
		files = append(files, table.File.Name)
	}
	try := func(what, name string) {
		t.Helper()
		to := newPlace(t, "sqlite")
		again, err := archive.Open(b.Dir)
		if err == nil {
			err = to.restore(t.Context(), again)
		}
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(to.at); err == nil {
			t.Errorf("%s: something was written", what)
		}
	}
	for _, name := range files {
		path := filepath.Join(b.Dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put := func(content []byte) {
			t.Helper()
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for at := 0; at < len(whole); at += max(len(whole)/4, 1) {
			flipped := slices.Clone(whole)
			flipped[at] ^= 1
			put(flipped)
			try(fmt.Sprintf("byte %d of %s flipped", at, name), name)
			put(whole[:at])
			try(fmt.Sprintf("%s cut after %d bytes", name, at), name)
		}
		put(append(slices.Clone(whole), '\n'))
		try("something after the end of "+name, name)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		try(name+" removed", name)
		put(whole)
	}
	if err := b.Check(); err != nil {
		t.Errorf("the whole one: %v", err)
	}
}

func TestNothingIsRestoredOverSomething(t *testing.T) {
	from := newPlace(t, "sqlite")
	from.migrate(t)
	from.fill(t, 3)
	b := from.backup(t, "")
	for _, engine := range engines {
		to := newPlace(t, engine)
		to.migrate(t) // that alone is nothing
		to.exec(t, "INSERT INTO sites (id, name, zone, language, created) VALUES ('s', 's', 'UTC', 'en', $1)", map[string]any{"sqlite": 0, "postgres": time.Unix(0, 0)}[engine])
		before := to.dump(t)
		if err := to.restore(t.Context(), b); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("%s: %v", engine, err)
		}
		if diff := cmp.Diff(before, to.dump(t)); diff != "" {
			t.Errorf("%s was changed:\n%s", engine, diff)
		}
		to.exec(t, "DELETE FROM sites")
		if err := to.restore(t.Context(), b); err != nil {
			t.Errorf("%s, now empty: %v", engine, err)
		}
	}
	if _, err := from.tryBackup(t.Context(), b.Dir, ""); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a directory that holds a backup: %v", err)
	}
}

// What a new or an old program wrote is said in words.
func TestABackupOfANewerSchemaIsRefused(t *testing.T) {
	from := newPlace(t, "sqlite")
	from.migrate(t)
	from.exec(t, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
	b := from.backup(t, "")
	for _, engine := range engines {
		if err := newPlace(t, engine).restore(t.Context(), b); err == nil || !strings.Contains(err.Error(), "schema 9999, made by a newer program") {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

// Nobody but the user who made it reads a backup.
func TestABackupIsForItsUserAlone(t *testing.T) {
	from := newPlace(t, "sqlite")
	from.migrate(t)
	b := from.backup(t, "the key")
	entries, err := os.ReadDir(b.Dir)
	if err != nil || len(entries) < 20 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(b.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
}

func TestWhereThereIsNoRoomNothingIsBegun(t *testing.T) {
	err := archive.NeedRoom(filepath.Join(t.TempDir(), "not", "yet", "there"), math.MaxInt64/2)
	if err == nil || !strings.Contains(err.Error(), "Make room") {
		t.Errorf("%v", err)
	}
	if err := archive.NeedRoom(t.TempDir(), 1); err != nil {
		t.Error(err)
	}
}
