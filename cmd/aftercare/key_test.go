package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage/archive"
)

const otherKey = "fedcba9876543210fedcba9876543210"

// keyless are the commands that go on with any key, and why.
var keyless = map[string]string{
	"demo": "it has a database of its own", "version": "it opens no database", "healthcheck": "it asks a server",
	"survey templates": "it opens no database", "survey export": "it opens no database", "survey check": "it opens no database",
	"survey try": "it opens no database", "recovery check": "it opens no database", "recovery try": "it opens no database",
	"survey graph": "it draws what is shipped without a database",
	"migrate":      "it names and reads nothing by the key", "restore": "it compares the key with the backup's",
	"inbound check": "it opens no database",
	"key new":       "it is the way out", "serve": "see TestAServerRefusesAnotherKey",
}

// Attack R3: another key, or none where there was one, goes unnoticed no more, and no command
// makes a new one in its place.
func TestR3EveryCommandRefusesAnotherKeyAndALostOne(t *testing.T) {
	c := newConsole(t, map[string]string{"PUBLIC_URL": "https://care.example", "SECRET_KEY": someKey, "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": someKey, "SLACK_SIGNING_SECRET": someKey})
	c.must("invite")
	mapping := filepath.Join(c.dir, "mapping")
	write(t, mapping, crmMapping)
	rules, flow, event, visits := filepath.Join(c.dir, "rules"), filepath.Join(c.dir, "flow"), filepath.Join(c.dir, "event"), filepath.Join(c.dir, "visits.csv")
	write(t, visits, "customer,date,service\nC-1,2026-03-02,haircut\n")
	write(t, event, `{"source": "till", "id": "1", "site": "main-street"}`)
	write(t, rules, "rules:\n  storm: {cases: 0}\n")
	write(t, flow, c.must("survey", "export", "post_service_3"))
	// What commands are given that look at their arguments first.
	given := map[string][]string{
		"backup": {filepath.Join(c.dir, "saved")}, "survey apply": {flow}, "recovery apply": {rules},
		"site add": {"main-street"}, "staff add": {"bob", "--everywhere"}, "staff chat add": {"desk", "--everywhere"},
		"retention set": {"words", "30"}, "slack approve": {"T01"}, "slack remove": {"T01"}, "outbox retry": {"--all"}, "outbox drop": {"id", "--yes"}, "export": {"words"},
		"token create": {"till", "--scope", "events:write"}, "event post": {event}, "import": {visits},
		"inbound add": {"till", "--map", mapping}, "inbound set": {"till", "--map", mapping},
	}
	for says, key := range map[string]string{"SECRET_KEY is not the one of this database": otherKey, "the SECRET_KEY of this database is not there": ""} {
		c.env["SECRET_KEY"] = key
		refused := 0
		for _, args := range everyCommand(t) {
			named := args
			for i, arg := range args {
				if arg == "post_service_3" || strings.HasPrefix(arg, "-") {
					named = args[:i]
					break
				}
			}
			name := strings.Join(named, " ")
			if more, ok := given[name]; ok {
				args = append(slices.Clone(named), more...)
			}
			if keyless[name] != "" || key == "" && name == "backup" { // what is left is worth keeping
				continue
			}
			began := time.Now()
			code := c.call(args...)
			if !strings.Contains(c.stderr.String()+c.stdout.String(), says) || code != 1 {
				t.Errorf("%v: exit code %d after %v: %s%s", args, code, time.Since(began), c.stdout.String(), c.stderr.String())
				continue
			}
			refused++
		}
		if refused < 15 {
			t.Errorf("only %d commands refuse it", refused)
		}
	}
	if _, err := os.Stat(filepath.Join(c.dir, "a.db.key")); err == nil {
		t.Error("a new key was made")
	}
	c.env["SECRET_KEY"] = someKey
	c.must("invite")
}

func TestAServerRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, map[string]string{"DATABASE_URL": db.url(t)})
			m.serve().stop()
			m.env["SECRET_KEY"] = otherKey
			if code, _, stderr := m.run("serve"); code != 1 || !strings.Contains(stderr, app.ErrWrongKey.Error()) {
				t.Errorf("another key: exit code %d: %s", code, stderr)
			}
			m.env["SECRET_KEY"] = someKey
			m.serve().stop()
		})
	}
	t.Run("a lost file", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
		delete(m.env, "SECRET_KEY")
		m.env["PUBLIC_URL"] = "https://care.example"
		m.serve().stop()
		m.invite()
		if err := os.Remove(filepath.Join(m.dir, "a.db.key")); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := m.run("serve"); code != 1 || !strings.Contains(stderr, app.ErrLostKey.Error()) || !strings.Contains(stderr, "aftercare key new") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		if code, _, stderr := m.run("key", "new"); code != 2 || !strings.Contains(stderr, "--yes") {
			t.Errorf("key new: exit code %d: %s", code, stderr)
		}
		m.must("key", "new", "--yes")
		m.serve().stop()
		if code, _, stderr := m.run("key", "new", "--yes"); code != 1 || !strings.Contains(stderr, "not lost") {
			t.Errorf("a key that is there: exit code %d: %s", code, stderr)
		}
	})
}

// A database of a time before its key was noted goes on with any, until a link that was opened has
// proved the key: from then on it takes no other.
func TestTheKeyOfAnOlderDatabaseIsNotedOnceALinkHasProvedIt(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.env["PUBLIC_URL"] = "http://" + m.address
	p := m.serve()
	invite := m.invite()
	forget := func() {
		t.Helper()
		p.stop()
		columns(t, "sqlite:"+filepath.Join(m.dir, "a.db"), "DELETE FROM secret_key RETURNING proof")
		p = m.serve()
	}
	state := func(want app.KeyState) {
		t.Helper()
		_, out, _ := m.run("key", "check", "--json")
		var got struct{ State app.KeyState }
		if err := json.Unmarshal([]byte(out), &got); err != nil || got.State != want {
			t.Errorf("the key is %q, want %q: %v", got.State, want, err)
		}
	}
	forget()
	m.env["SECRET_KEY"] = otherKey
	state(app.KeyUnproved)
	m.must("site", "list")
	if code, _, stderr := m.run("key", "rotate", "--new-key-file", "new"); code != 1 || !strings.Contains(stderr, "nothing shows yet") {
		t.Errorf("replaced what may be another key: exit code %d: %s", code, stderr)
	}
	m.env["SECRET_KEY"] = someKey
	v := newVisitor(t, "http://"+m.address)
	if _, err := v.send("/chat/"+invite.Token, v.form("start", "1")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key is noted", func() bool {
		return columns(t, "sqlite:"+filepath.Join(m.dir, "a.db"), "SELECT 'proof ' || proof FROM secret_key") != ""
	})
	forget() // what is stored proves it at once
	state(app.KeyOK)
	m.env["SECRET_KEY"] = otherKey
	state(app.KeyWrong)
}

// keeper is a machine whose key is in a file, as each engine has it.
func keeper(t *testing.T, url string) (m *machine, rotate func() []string, turn func()) {
	t.Helper()
	m = newMachine(t, map[string]string{"DATABASE_URL": url})
	m.env["PUBLIC_URL"] = "http://" + m.address
	delete(m.env, "SECRET_KEY")
	if strings.HasPrefix(url, "sqlite:") {
		return m, func() []string { return []string{"key", "rotate"} }, func() {}
	}
	n := 0
	file := func(n int) string { return filepath.Join(m.dir, "key-"+string(rune('a'+n))) }
	write(t, file(0), someKey+"\n")
	m.env["SECRET_KEY_FILE"] = file(0)
	return m, func() []string { return []string{"key", "rotate", "--new-key-file", file(n + 1)} }, func() {
		n++
		m.env["SECRET_KEY_FILE"] = file(n)
	}
}

// knows reports whether a link that is out is found under the machine's key.
func knows(t *testing.T, m *machine, token string) bool {
	t.Helper()
	of := settings.Settings{DatabaseURL: settings.Secret(m.env["DATABASE_URL"])}
	if file := m.env["SECRET_KEY_FILE"]; file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		of.SecretKey = settings.Secret(strings.TrimSpace(string(content)))
	}
	store := openStore(t, m)
	keys, err := app.ReadKeys(t.Context(), of, store)
	if err != nil {
		t.Error(err)
		return false
	}
	bucket, id, _ := bot.InvitationOf(keys.Naming, token, store.Buckets())
	_, err = store.Invitation(t.Context(), bucket, id)
	return err == nil
}

// After a new key the links that are out go on where they were, and codes work; a server that
// ran says what to do and ends. A backup of that is restored with all of it.
func TestANewKeyKeepsOldLinksGood(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			m, rotate, turn := keeper(t, db.url(t))
			p := m.serve()
			begun, waiting := m.invite(), m.invite()
			v := newVisitor(t, "http://"+m.address)
			if _, err := v.send("/chat/"+begun.Token, v.form("start", "1")); err != nil {
				t.Fatal(err)
			}
			out := m.must(rotate()...)
			if !strings.Contains(out, "SECRET_KEY is now the one in") {
				t.Errorf("rotate says %s", out)
			}
			<-p.done
			if !strings.Contains(p.log.String(), app.ErrKeyReplaced.Error()) {
				t.Errorf("the server ended with %v:\n%s", p.err, p.log)
			}
			if db.name == "postgres" {
				if code, _, stderr := m.run("serve"); code != 1 || !strings.Contains(stderr, app.ErrWrongKey.Error()) {
					t.Errorf("with the old key: exit code %d: %s", code, stderr)
				}
			}
			turn()
			for range 2 { // and once more, so that the oldest key is two away
				p := m.serve()
				for _, invite := range []inviteView{begun, waiting, m.invite()} {
					if page, err := v.send("/chat/"+invite.Token, v.form("start", "1")); err != nil || !strings.Contains(page, `name="data"`) {
						t.Errorf("a link: %v\n%s", err, page)
					}
				}
				m.must(rotate()...)
				<-p.done // it has its port until it has noticed
				turn()
			}
			m.must("backup", "saved")
			b, err := archive.Open(filepath.Join(m.dir, "saved"))
			if err != nil {
				t.Fatal(err)
			}
			to := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "b.db")})
			delete(to.env, "SECRET_KEY")
			to.made = true // by the restore
			to.must("restore", b.Dir)
			if !knows(t, to, begun.Token) || !knows(t, to, waiting.Token) {
				t.Error("the restored database knows no link that is out")
			}
		})
	}
}

// Whenever the change of the key is killed, the database has the old key or the new one, that
// key is there, and links that are out are known; the next try goes through.
func TestAChangeOfTheKeyThatIsKilledHeals(t *testing.T) {
	t.Parallel()
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			m, rotate, turn := keeper(t, db.url(t))
			m.must("migrate")
			invite := m.invite()
			began := time.Now()
			m.must(rotate()...)
			took := time.Since(began)
			turn()
			changed := 0
			const kills = 8
			for kill := range kills {
				before := columns(t, m.env["DATABASE_URL"], "SELECT proof FROM secret_key")
				p := m.start(rotate()...)
				select {
				case <-p.done:
				case <-time.After(took * time.Duration(kill+1) / kills):
					p.kill()
				}
				if columns(t, m.env["DATABASE_URL"], "SELECT proof FROM secret_key") != before {
					changed++
					m.must(rotate()...) // which finds that it is done already where a file is named
					turn()
				}
				m.must("key", "check")
				if !knows(t, m, invite.Token) {
					t.Errorf("kill %d: the link that is out is not known", kill)
				}
			}
			if db.name == "sqlite" { // one that died before its key took its place
				write(t, strings.TrimPrefix(m.env["DATABASE_URL"], "sqlite:")+".key.0123456789ab", otherKey)
			}
			m.must(rotate()...)
			turn()
			m.must("key", "check")
			if !knows(t, m, invite.Token) {
				t.Error("the link that is out is not known")
			}
			if db.name == "sqlite" {
				if kept, err := filepath.Glob(strings.TrimPrefix(m.env["DATABASE_URL"], "sqlite:") + ".key*"); err != nil || len(kept) != 1 {
					t.Errorf("left beside the database: %v, %v", kept, err)
				}
			}
			t.Logf("%d of %d changed the key before they were killed", changed, kills)
		})
	}
}
