package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The copy that a program which was killed had made to look at goes with the next one, after a day: whoever was erased
// since stands in it.
func TestACopyThatNobodyLooksAtGoes(t *testing.T) {
	places := t.TempDir()
	t.Setenv("TMPDIR", places)
	path := filepath.Join(t.TempDir(), "a.db")
	store, err := Open(t.Context(), path, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	log, err2 := os.ReadFile(path + "-wal")
	if err := errors.Join(err, err2, store.Close(), os.WriteFile(path, whole, 0o600), os.WriteFile(path+"-wal", log, 0o600)); err != nil {
		t.Fatal(err) // as a server leaves it that is killed
	}
	old, fresh := filepath.Join(places, "aftercare-look-1"), filepath.Join(places, "aftercare-look-2")
	for _, dir := range []string{old, fresh} {
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "copy.db"), []byte("C-2"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, day, day); err != nil {
		t.Fatal(err)
	}
	looked, err := Look(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if made, _ := filepath.Glob(filepath.Join(places, copies)); len(made) != 2 {
		t.Errorf("beside the copy of another there should be the one that is looked at: %q", made)
	}
	if err := looked.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(places, "*")); len(left) != 1 || left[0] != fresh {
		t.Errorf("left: %q", left)
	}
}
