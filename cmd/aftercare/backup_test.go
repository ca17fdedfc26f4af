package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

func TestABackupIsMadeCheckedAndRestored(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	c.must("site", "add", "main-street", "--name", "Main Street")
	var invited inviteView
	if err := json.Unmarshal([]byte(c.must("invite", "--json")), &invited); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(c.dir, "saved")
	out := c.must("backup", dir)
	for _, want := range []string{"The backup is whole", dir, "aftercare.db", "secret.key", "Keep it private"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if !strings.Contains(c.stderr.String(), "1 rows of sites") {
		t.Errorf("no progress: %s", c.stderr.String())
	}
	c.refuses(1, "not empty", "backup", dir)
	if out := c.must("restore", "--check", dir); !strings.Contains(out, "Every file is as it was written") {
		t.Errorf("--check says %s", out)
	}
	c.refuses(1, "nothing is restored over what it holds", "restore", dir)
	c.refuses(2, "expected", "restore")
	c.refuses(1, "there is no backup in", "restore", filepath.Join(c.dir, "nowhere"))

	again := bareConsole(t, map[string]string{"PUBLIC_URL": "https://care.example"})
	if out := again.must("restore", dir); !strings.Contains(out, "Restored and compared") || !strings.Contains(out, again.dir+"/a.db.key") {
		t.Errorf("restore says %s", out)
	}
	if out := again.must("site", "list"); !strings.Contains(out, "Main Street") {
		t.Errorf("the site is not there: %s", out)
	}
	for _, file := range []string{"a.db", "a.db.key"} {
		if info, err := os.Stat(filepath.Join(again.dir, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	ours, theirs := c.holds("a.db.key"), again.holds("a.db.key")
	if ours != theirs {
		t.Error("the key is another one")
	}

	var made, restored backupView
	if err := json.Unmarshal([]byte(again.must("backup", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(made.Dir) != filepath.Join(again.dir, "backups") || made.Tables["sites"] != 1 || made.Key != archive.KeyFile || made.Copy != archive.CopyFile {
		t.Errorf("got %+v", made)
	}
	third := bareConsole(t, nil)
	var v restoreView
	if err := json.Unmarshal([]byte(third.must("restore", "--json", made.Dir)), &v); err != nil {
		t.Fatal(err)
	}
	if restored = v.Backup; restored.Rows != made.Rows || v.Schema == nil || v.Schema.To != made.Schema || v.Schema.Buckets != 1 {
		t.Errorf("restored %+v, %+v", restored, v.Schema)
	}
}

// holds is what a file in the console's directory holds.
func (c *console) holds(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

// A key that is there already is never replaced, and one that is not the backup's is not
// used.
func TestARestoreBringsItsKeyAndTakesNoOther(t *testing.T) {
	c := newConsole(t, map[string]string{"SECRET_KEY": someKey})
	dir := filepath.Join(c.dir, "saved")
	c.must("backup", dir)
	other := bareConsole(t, map[string]string{"SECRET_KEY": strings.Repeat("other", 8)})
	other.refuses(1, "SECRET_KEY is not the key of this backup: set SECRET_KEY_FILE="+dir+"/secret.key", "restore", dir)
	if left := leftIn(t, other.dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
	delete(other.env, "SECRET_KEY")
	write(t, filepath.Join(other.dir, "a.db.key"), strings.Repeat("other", 8)+"\n")
	other.refuses(1, "another key is kept in "+other.dir+"/a.db.key", "restore", dir)
	if err := os.Remove(filepath.Join(other.dir, "a.db.key")); err != nil {
		t.Fatal(err)
	}
	other.env["SECRET_KEY_FILE"] = filepath.Join(dir, "secret.key")
	other.must("restore", dir)
	if left := leftIn(t, other.dir); len(left) != 2 || left[1] != left[0]+".lock" {
		t.Errorf("in its directory: %v", left)
	}
}

// TestPlainCopyBesideAServer is attack R1 of the documented backup: the file alone holds none
// of what the server acknowledged last, and the program's own backup all of it.
func TestR1ABackupBesideAServerHoldsWhatACopyOfTheFileDoesNot(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.env["PUBLIC_URL"] = "http://" + m.address
	p := m.serve()
	invite := m.invite()
	v := newVisitor(t, "http://"+m.address)
	if _, err := v.send("/chat/"+invite.Token, v.form("start", "1")); err != nil {
		t.Fatal(err)
	}
	m.made = true
	m.must("backup", "saved")
	content, err := os.ReadFile(filepath.Join(m.dir, "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "a.db")
	write(t, copied, string(content))
	p.stop()
	if n := sessionsIn(t, copied); n != 0 {
		t.Logf("the copy holds %d sessions: SQLite had moved them already", n)
	}
	if n := sessionsIn(t, filepath.Join(m.dir, "saved", archive.CopyFile)); n != 1 {
		t.Errorf("the backup's copy holds %d sessions", n)
	}
	m.env["DATABASE_URL"] = "sqlite:b.db"
	m.must("restore", "saved")
	if n := sessionsIn(t, filepath.Join(m.dir, "b.db")); n != 1 {
		t.Errorf("restored: %d sessions", n)
	}
	// The link that is out goes on where it was.
	m.serve()
	if page, err := v.send("/chat/"+invite.Token, v.form("start", "1")); err != nil || !strings.Contains(page, "data") {
		t.Errorf("the conversation: %v\n%s", err, page)
	}
}

// sessionsIn counts the sessions in a SQLite file; none if it has no such table.
func sessionsIn(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT count(*) FROM sessions").Scan(&n); err != nil && !strings.Contains(err.Error(), "no such table") {
		t.Fatal(err)
	}
	return n
}

// makeOld makes a database of an old schema with a site, after which come migrations that older
// programs cannot live with.
func makeOld(t *testing.T, url string, schema int64) {
	t.Helper()
	driver, at, dialect := "postgres", url, goose.DialectPostgres
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, at, dialect = "sqlite", path, goose.DialectSQLite3
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := goose.NewProvider(dialect, db, os.DirFS(filepath.Join("..", "..", "storage", driver, "migrations")), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	created := map[string]any{"sqlite": 0, "postgres": time.Unix(0, 0)}[driver]
	if _, err := db.Exec("INSERT INTO buckets (bucket, cases, ord, sessions, answers) VALUES (0, 0, 0, 0, 0)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO sites (id, name, zone, language, created) VALUES ('main-street', 'Main Street', 'UTC', 'en', $1)", created); err != nil {
		t.Fatal(err)
	}
}

// Before a migration after which older programs cannot go on, a SQLite file is backed up; without
// that nothing is changed. What was backed up is restored as it was, and migrated.
func TestASQLiteFileIsBackedUpBeforeOlderProgramsCannotGoOn(t *testing.T) {
	t.Parallel()
	for command, old := range map[string]struct {
		schema int64
		first  string // of the migrations that older programs cannot live with
	}{"migrate": {11, "00012_words.sql"}, "serve": {50, "00053_packed.sql"}} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
			m.must("migrate")
			if _, err := os.Stat(filepath.Join(m.dir, "backups")); err == nil {
				t.Error("a new database was backed up")
			}
			m.env["DATABASE_URL"] = "sqlite:old.db"
			makeOld(t, "sqlite:"+filepath.Join(m.dir, "old.db"), old.schema)
			before := columns(t, "sqlite:"+filepath.Join(m.dir, "old.db"), "SELECT coalesce(sql, name) FROM sqlite_master WHERE name NOT LIKE 'migration%' ORDER BY name")

			write(t, filepath.Join(m.dir, "file"), "")
			m.env["BACKUP_DIR"] = "file/backups"
			code, _, stderr := m.run(command)
			if code != 1 || !strings.Contains(stderr, "nothing was changed") {
				t.Errorf("without a place for it: exit code %d: %s", code, stderr)
			}
			if diff := cmp.Diff(before, columns(t, "sqlite:"+filepath.Join(m.dir, "old.db"), "SELECT coalesce(sql, name) FROM sqlite_master WHERE name NOT LIKE 'migration%' ORDER BY name")); diff != "" {
				t.Errorf("it was changed:\n%s", diff)
			}

			delete(m.env, "BACKUP_DIR")
			var says string
			if command == "serve" {
				p := m.serve()
				p.stop()
				says = p.log.String()
			} else {
				says = m.must("migrate")
			}
			b, err := archive.Newest(filepath.Join(m.dir, "backups"))
			if err != nil || b == nil || b.Schema != old.schema || !strings.Contains(b.Dir, "-before-schema-") {
				t.Fatalf("the backup before schema %d: %v, %v", old.schema, b, err)
			}
			if !strings.Contains(says, filepath.Base(b.Dir)) {
				t.Errorf("the backup is not named: %s", says)
			}
			m.env["DATABASE_URL"] = "sqlite:b.db"
			if code, _, stderr := m.run("migrate"); code != 0 {
				t.Fatal(stderr)
			}
			if code, _, stderr := m.run("restore", b.Dir); code != 1 || !strings.Contains(stderr, "Name a new one in DATABASE_URL") {
				t.Errorf("into a newer schema: exit code %d: %s", code, stderr)
			}
			m.made = true // for what comes is a file that is not there yet
			m.env["DATABASE_URL"] = "sqlite:c.db"
			if out := m.must("restore", b.Dir); !strings.Contains(out, "Applied "+old.first) {
				t.Errorf("restore says %s", out)
			}
			if out := m.must("site", "list"); !strings.Contains(out, "Main Street") {
				t.Errorf("restored: %s", out)
			}
		})
	}
}

// Of a Postgres somebody has to say that it is backed up.
func TestAPostgresIsMigratedOnceSomebodySaysThatItIsBackedUp(t *testing.T) {
	t.Parallel()
	for command, schema := range map[string]int64{"migrate": 50, "serve": 11} {
		m := newMachine(t, map[string]string{"DATABASE_URL": pgtest.Start(t)})
		makeOld(t, m.env["DATABASE_URL"], schema)
		code, _, stderr := m.run(command)
		if code != 1 || !strings.Contains(stderr, "`aftercare migrate --backed-up`") {
			t.Errorf("%s: exit code %d: %s", command, code, stderr)
		}
		if command == "serve" {
			m.serve("--backed-up").stop()
		} else {
			m.must("migrate", "--backed-up")
		}
		if out := m.must("site", "list"); !strings.Contains(out, "Main Street") {
			t.Errorf("after %s: %s", command, out)
		}
	}
}

// A backup that is killed at any moment leaves the database as it was and no directory that
// is taken for a backup; the next one is whole.
func TestABackupThatIsKilledIsNoBackup(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			m.must("migrate")
			fillSites(t, m, atLength(1500, 3000))
			began := time.Now()
			m.must("backup", "whole")
			took := time.Since(began)
			kills := atLength(4, 8)
			half := 0 // how many were killed in the middle: one at least, however fast a backup is
			for kill := 0; kill < kills || half == 0 && time.Since(began) < patience; kill++ {
				dir := filepath.Join(m.dir, "killed", time.Duration(kill).String())
				p := m.start("backup", dir)
				select {
				case <-p.done:
				case <-time.After(took * time.Duration(kill%kills+1) / time.Duration(kills+1)):
					p.kill()
				}
				b, err := archive.Open(dir)
				if err == nil {
					err = b.Check()
				} else if _, there := os.Stat(dir); there == nil {
					half++
					restored := m.env["DATABASE_URL"]
					m.env["DATABASE_URL"] = "sqlite:" + filepath.Join(t.TempDir(), "b.db")
					if code, _, stderr := m.run("restore", dir); code != 1 || !strings.Contains(stderr, "no whole backup") {
						t.Errorf("half a backup: exit code %d: %s", code, stderr)
					}
					m.env["DATABASE_URL"] = restored
					continue
				}
				if err != nil && !strings.Contains(err.Error(), "there is no backup") {
					t.Error(err)
				}
			}
			first, err := archive.Open(filepath.Join(m.dir, "whole"))
			if err != nil {
				t.Fatal(err)
			}
			m.must("backup", "again")
			again, err := archive.Open(filepath.Join(m.dir, "again"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(held(first), held(again)); diff != "" {
				t.Errorf("before and after:\n%s", diff)
			}
			if half == 0 {
				t.Error("none was killed in the middle: the test shows little")
			}
		})
	}
}

// held is what a backup holds, a line a table.
func held(b *archive.Backup) map[string]string {
	all := map[string]string{}
	for _, t := range b.Tables {
		all[t.Name] = t.Content
	}
	return all
}

// fillSites stores so many sites behind the program's back.
func fillSites(t *testing.T, m *machine, n int) {
	t.Helper()
	driver, at, created := "postgres", m.env["DATABASE_URL"], any(time.Unix(0, 0))
	if path, ok := strings.CutPrefix(at, "sqlite:"); ok {
		driver, at, created = "sqlite", path, 0
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var name bytes.Buffer
	for i := range n {
		name.WriteString("site ")
		name.WriteByte(byte('a' + i%26))
		if _, err := tx.Exec("INSERT INTO sites (id, name, zone, language, created, signs) VALUES ($1, $2, 'UTC', 'en', $3, '')", time.Duration(i).String(), name.String(), created); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
