package app

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asNobody does something as a user who may not everything. It is done by a thread of its own, which ends with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	const nobody = 65534
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
		_, _, wrong := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody)
		if wrong != 0 {
			failed <- wrong
			return
		}
		do()
		failed <- nil
	}()
	if err := <-failed; err != nil {
		t.Fatalf("become another user: %v", err)
	}
}

// A directory that may be read and written and not entered is closed all the same: nothing in it can be opened.
func TestADirectoryThatMayNotBeEnteredIsDenied(t *testing.T) {
	dir := t.TempDir()
	for at := dir; at != filepath.Dir(at) && at != filepath.Clean(os.TempDir()); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	modes := map[os.FileMode]bool{0o777: false, 0o666: true, 0o555: true, 0o333: true}
	got := map[os.FileMode]bool{}
	for mode := range modes {
		at := filepath.Join(dir, mode.String())
		if err := os.Mkdir(at, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, func() {
		for mode := range modes {
			got[mode] = denied(filepath.Join(dir, mode.String()))
		}
	})
	for mode, want := range modes {
		if got[mode] != want {
			t.Errorf("a directory of mode %v is denied: %v, want %v", mode, got[mode], want)
		}
	}
}
