package main

import (
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A server looks whether the database takes every statement before it serves. A command needs a few of them, and
// does not have its caller wait for all.
func TestACommandNeedsOnlyWhatItReads(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "UTC")
	db, err := sql.Open("sqlite", m.dir+"/a.db")
	here(t, err)
	_, err = db.Exec("ALTER TABLE improvements RENAME TO elsewhere")
	here(t, err)
	here(t, db.Close())
	if out := m.must("site", "list"); !strings.Contains(out, "Main Street") {
		t.Errorf("the sites are\n%s", out)
	}
	if code, _, stderr := m.run("improvement", "list"); code != 1 {
		t.Errorf("who needs what is gone: exit code %d: %s", code, stderr)
	}
	if code, _, stderr := m.run("serve"); code != 1 || !strings.Contains(stderr, "improvements") {
		t.Errorf("a server: exit code %d: %s", code, stderr)
	}
}

// A setting whose name is nearly right is named at the start, however little the log is to say.
func TestAServerNamesASettingThatIsNone(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"warn", "error"} {
		m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db", "LOG_LEVEL": level, "PUBLC_URL": "https://example.com"})
		p := m.serve()
		p.stop()
		if n := strings.Count(p.log.String(), "PUBLC_URL is not a setting, and is not read; do you mean PUBLIC_URL?"); n != 1 {
			t.Errorf("with LOG_LEVEL=%s it is said %d times:\n%s", level, n, p.log)
		}
	}
}

// mostAtStart is how many bytes one of our own packages may make before main begins: half as much again as the
// largest does, so that another version of Go or another way to build changes nothing. Every command pays for it:
// what a few of them need, as patterns and pages, is made when it is needed.
const mostAtStart = 300_000

func TestLittleIsMadeBeforeACommandBegins(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.env["GODEBUG"] = "inittrace=1" // "init PACKAGE @… ms, … ms clock, BYTES bytes, … allocs" (runtime, environment variables)
	_, _, said := m.run("version")
	traced := regexp.MustCompile(`(?m)^init (github\.com/aftercare/\S+) .* (\d+) bytes`).FindAllStringSubmatch(said, -1)
	if len(traced) == 0 {
		t.Fatalf("no package of ours is traced:\n%s", said)
	}
	for _, line := range traced {
		n, err := strconv.Atoi(line[2])
		here(t, err)
		if n > mostAtStart {
			t.Errorf("%s makes %d bytes before main begins, at most %d are wanted", line[1], n, mostAtStart)
		}
	}
}
