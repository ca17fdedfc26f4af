//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A program that is just being started has every file open that the one has that starts it, for a
// moment. Whoever closes a database then, or asks whether it is in use, leaves no lock behind.
func TestAProgramThatIsBeingStartedKeepsNoLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := takeLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if !InUse(path) {
		t.Fatal("nobody uses a database that is locked")
	}
	child, err := syscall.Dup(int(l.file.Fd())) // as fork does
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(child)
	l.close()
	if InUse(path) {
		t.Error("it is in use after its only user closed it")
	}
}

// Where nobody has begun to write, looking makes no log: not even beside somebody who holds the
// lock, such as another who looks.
func TestLookingBesideSomebodyWhoLooksMakesNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	store, err := Open(t.Context(), path, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := takeLock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	before := files(t, path)
	looked, err := Look(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	during := files(t, path)
	if err := looked.Close(); err != nil {
		t.Fatal(err)
	}
	if after := files(t, path); len(during) != len(before) || len(after) != len(before) {
		t.Errorf("before %v, meanwhile %v, after %v", before, during, after)
	}
}

func files(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}
