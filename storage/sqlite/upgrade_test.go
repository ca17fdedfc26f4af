package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"io/fs"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/archive"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// before is the migrations below one of this name.
func before(t *testing.T, files fs.FS, name string) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	all, err := fs.Glob(files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if path >= name {
			continue
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = &fstest.MapFile{Data: data}
	}
	return out
}

// Cases of a database from before the clocks are looked at once, and their holders known.
func TestCasesFromBeforeTheClocksAreScheduled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 4})
	// As a program of that time did: this one's Up would make buckets as they are now.
	p, err := goose.NewProvider(goose.DialectSQLite3, db, before(t, schema(Options{}.withDefaults()).Files, "00006"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, state := range map[string]string{"open": "open", "held": "taken", "shut": "closed"} {
		body := `{"id":"` + id + `","state":"` + state + `","opened_at":"2026-03-02T09:00:00Z","holder":{"id":"bob","name":"Bob"}}`
		if state == "open" {
			body = `{"id":"open","state":"open","opened_at":"2026-03-02T09:00:00Z"}`
		}
		if _, err := db.Exec("INSERT INTO cases (bucket, id, number, session, identity, site, customer, state, priority, opened_at, body)"+
			" VALUES (0, ?, ?, '', '', '', '', ?, 1, 0, ?)", id, len(state)*10+len(id), state, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	old, err := s.CasesBefore(t.Context(), 0, 0, 9)
	if err != nil {
		t.Fatal(err)
	}
	if len(old) != 2 {
		t.Fatalf("len(old) is %v, want 2: %+v", len(old), old)
	}
	if old[0].ID != "held" {
		t.Errorf("old[0].ID is %q, want held", old[0].ID)
	}
	if old[1].ID != "open" {
		t.Errorf("old[1].ID is %q, want open", old[1].ID)
	}
	held, err := s.CasesHeld(t.Context(), 0, "bob", 9)
	if err != nil {
		t.Fatal(err)
	}
	if len(held) != 1 {
		t.Fatalf("len(held) is %v, want 1: %+v", len(held), held)
	}
	if held[0].ID != "held" {
		t.Errorf("held[0].ID is %q, want held", held[0].ID)
	}
}

func TestRevisionsOfAnOlderDatabaseAreCarriedIntoTheirConversations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 4})
	p, err := goose.NewProvider(goose.DialectSQLite3, db, before(t, schema(Options{}.withDefaults()).Files, "00025"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec := func(text string) {
		if _, err := db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	storagetest.Carried(t, exec, func(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) }, func() storage.Store {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), path, Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
}

func TestAMigrationThatDiesAtAnyStepLeavesWhatItWouldHaveMade(t *testing.T) {
	t.Parallel() // it mostly waits for the disk
	storagetest.MigratedWhileDying(t, func(t *testing.T) storagetest.Older {
		path := filepath.Join(t.TempDir(), "a.db")
		db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 4})
		t.Cleanup(func() { _ = db.Close() })
		p, err := goose.NewProvider(goose.DialectSQLite3, db, before(t, schema(Options{}.withDefaults()).Files, "00023"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		return olderAt(t, path, db)
	})
}

func TestADayThatIsCountedDuringTheUpgradeKeepsWhatIsUncountedOfIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 4})
	t.Cleanup(func() { _ = db.Close() })
	storagetest.MarkedBeforeChoices(t, olderAt(t, path, db))
}

func olderAt(t *testing.T, path string, db *sql.DB) storagetest.Older {
	return storagetest.Older{
		DB: db, Moment: func(at time.Time) string { return strconv.FormatInt(at.UnixMicro(), 10) },
		Tables: "SELECT name FROM sqlite_master WHERE type = 'table'",
		Migrate: func(ctx context.Context, name string, wrap func(driver.Connector) driver.Connector) (int64, error) {
			own := pool(path, Options{Wrap: wrap}.withDefaults(), use{wait: patient, size: 4})
			defer own.Close()
			m := schema(Options{}.withDefaults())
			m.Files = before(t, m.Files, cmp.Or(name, "99999"))
			r, err := m.Up(ctx, own, 1)
			return r.To, err
		},
		Open: func(t testing.TB, o storagetest.Options) storage.Store {
			s, err := Open(t.Context(), path, Options{Clock: o.Clock, Wrap: o.Wrap, Unchecked: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
		Backup: func(t *testing.T) func(*testing.T) storagetest.Older {
			b, err := Backup(t.Context(), path, filepath.Join(t.TempDir(), "backup"), archive.Info{Clock: time.Now, Key: func(string) ([]byte, error) { return nil, nil }})
			if err != nil {
				t.Fatal(err)
			}
			return func(t *testing.T) storagetest.Older {
				path := filepath.Join(t.TempDir(), "b.db")
				if _, err := Restore(t.Context(), path, b, Options{}, nil, nil); err != nil {
					t.Fatal(err)
				}
				db := pool(path, Options{}.withDefaults(), use{wait: patient, size: 4})
				t.Cleanup(func() { _ = db.Close() })
				return olderAt(t, path, db)
			}
		},
	}
}
