package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// found are the files of a directory that hold a word, in whatever letters.
func found(t *testing.T, dir, word string) []string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for _, f := range files {
		body, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(body), []byte(strings.ToLower(word))) {
			in = append(in, f.Name())
		}
	}
	return in
}

func TestL14NoByteOfTheFilesHoldsAnErasedPerson(t *testing.T) {
	for _, buckets := range []int{1, 3} {
		dir := t.TempDir()
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, "a.db"), sqlite.Options{Migrate: true, Buckets: buckets})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		gone, left := storagetest.ErasedOne(t, s)
		if len(found(t, dir, gone)) == 0 {
			t.Error("nothing is left to scrub: the test shows nothing")
		}
		r, err := s.Scrub(t.Context(), storage.ScrubFile)
		if err != nil || !r.Done {
			t.Fatalf("%+v, %v", r, err)
		}
		if in := found(t, dir, gone); len(in) > 0 {
			t.Errorf("%d buckets: something is left in %v", buckets, in)
		}
		if in := found(t, dir, left); len(in) != 1 {
			t.Errorf("another is in %v", in)
		}
	}
}

// Once the file was written anew, what is removed is overwritten by itself.
func TestWhatIsRemovedIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "a.db"), sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Scrub(t.Context(), storage.ScrubFile); err != nil || !r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
	gone, _ := storagetest.ErasedOne(t, s)
	if r, err := s.Scrub(t.Context(), storage.ScrubFile); err != nil || !r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
	if in := found(t, dir, gone); len(in) > 0 {
		t.Errorf("something is left in %v", in)
	}
}

func TestAReaderIsWaitedForAndNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Scrub(t.Context(), storage.ScrubFile); err != nil || !r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
	tx, err := raw(t, path).BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM sessions").Scan(&n); err != nil {
		t.Fatal(err)
	}
	storagetest.ErasedOne(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	r, err := s.Scrub(ctx, storage.ScrubFile)
	if err != nil || r.Done || !strings.Contains(r.Left, "-wal") {
		t.Fatalf("%+v, %v", r, err)
	}
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = tx.Rollback()
	}()
	if r, err := s.Scrub(t.Context(), storage.ScrubFile); err != nil || !r.Done {
		t.Fatalf("%+v, %v", r, err)
	}
}
