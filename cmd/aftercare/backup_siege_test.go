package main

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"hash/maphash"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aftercare/aftercare/storage/archive"
)

var backupsFlag = flag.Int("backups", 1, "how many backups are taken and restored under load, on each database")

// kept are the rows that are only ever added, by their keys.
var kept = []string{
	"SELECT 'session ' || id FROM sessions",
	"SELECT 'case ' || id FROM cases",
	"SELECT 'event ' || id FROM case_events",
	"SELECT 'invitation ' || id FROM invitations",
}

// revisions are the answers of conversations, likewise, by driver.
var revisions = map[string][]string{
	"sqlite": {
		"SELECT 'answer ' || s.id || ' ' || (a.value ->> 'q') || ' ' || (a.value ->> 'r') FROM sessions s, json_each(s.body, '$.answers') a",
		"SELECT 'answer ' || s.id || ' ' || (a.value ->> 'q') || ' ' || (a.value ->> 'r') FROM sessions s, json_each(s.body, '$.Earlier') a",
	},
	"postgres": {
		"SELECT 'answer ' || s.id || ' ' || (a ->> 'q') || ' ' || (a ->> 'r') FROM sessions s, json_array_elements(CAST(s.body AS json) -> 'answers') a",
		"SELECT 'answer ' || s.id || ' ' || (a ->> 'q') || ' ' || (a ->> 'r') FROM sessions s, json_array_elements(CAST(s.body AS json) -> 'Earlier') a",
	},
}

// added is what a database holds of that. Whatever was acknowledged is among it.
func added(t *testing.T, url string) map[string]bool {
	t.Helper()
	driver, at := "postgres", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, at = "sqlite", path
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(strings.Join(slices.Concat(revisions[driver], kept), " UNION ALL "))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]bool{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		all[key] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// taken is a backup that was taken under load.
type taken struct {
	dir    string
	before []uint64 // what was stored when it began, as hashed
}

var addedSeed = maphash.MakeSeed()

// Backups are taken while customers answer, and the server is killed after each. Each holds all
// that was stored, and so all that was acknowledged, before it began. Once nobody answers any
// more, each is restored into one engine or the other, and what is there then is backed up
// again: the two are equal, the key included.
func TestBackupsUnderLoadAreWholeAndComeBackEqual(t *testing.T) {
	t.Parallel()
	for i, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			if *thinkFlag > 0 {
				t.Parallel()
			}
			s := newSiege(t, siegePlan{database: db.url(t), inFlight: crowd(32), lows: true})
			server := s.serve()
			s.begin()
			all, took := []taken{}, time.Duration(0)
			for n := range *backupsFlag {
				time.Sleep(time.Duration(s.random.IntN(300)) * time.Millisecond)
				one := taken{dir: filepath.Join(s.dir, fmt.Sprintf("backup-%d", n))}
				for key := range added(t, s.env["DATABASE_URL"]) {
					one.before = append(one.before, maphash.String(addedSeed, key))
				}
				began := time.Now()
				s.must("backup", one.dir)
				took += time.Since(began)
				all = append(all, one)
				server.kill()
				s.hit()
				server = s.serve()
				s.awaitRecovery()
			}
			s.end()
			server.stop()
			s.verify()
			rows, engines := int64(0), []string{}
			t.Run("restored", func(t *testing.T) {
				for n, one := range all {
					first, err := archive.Open(one.dir)
					if err != nil {
						t.Fatal(err)
					}
					rows += first.Rows()
					into := databases[(i+n+1)%len(databases)] // the other one first
					if !slices.Contains(engines, into.name) {
						engines = append(engines, into.name)
					}
					t.Run(fmt.Sprintf("%d into %s", n, into.name), func(t *testing.T) {
						t.Parallel()
						one.restoredAsItWas(t, first, into.url(t))
					})
				}
			})
			s.figure("%d × backed up under load, killed and restored into %s: 0 stored before the beginning missing, every table and the key equal; %.0f rows on average in %.1f s; %s",
				*backupsFlag, strings.Join(engines, " and "), float64(rows)/float64(*backupsFlag), took.Seconds()/float64(*backupsFlag), s.counted())
		})
	}
}

// restoredAsItWas restores a backup and compares.
func (b taken) restoredAsItWas(t *testing.T, first *archive.Backup, into string) {
	to := newMachine(t, map[string]string{"DATABASE_URL": into, "SECRET_KEY_FILE": filepath.Join(first.Dir, archive.KeyFile)})
	delete(to.env, "SECRET_KEY")
	to.made = true // by the restore
	to.must("restore", first.Dir)
	after, missing := map[uint64]bool{}, 0
	for key := range added(t, to.env["DATABASE_URL"]) {
		after[maphash.String(addedSeed, key)] = true
	}
	for _, key := range b.before {
		if !after[key] {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("of %d rows that were stored before it began %d are not restored", len(b.before), missing)
	}
	to.must("backup", "again")
	second, err := archive.Open(filepath.Join(to.dir, "again"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(held(first), held(second)); diff != "" {
		t.Errorf("it, and a backup of what was restored:\n%s", diff)
	}
	ours, err := first.Secret()
	theirs, again := second.Secret()
	if err != nil || again != nil || !bytes.Equal(ours, theirs) || string(ours) != someKey {
		t.Errorf("the keys differ (%t, %t), %v, %v", !bytes.Equal(ours, theirs), string(ours) != someKey, err, again)
	}
}
