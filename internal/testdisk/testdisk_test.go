package testdisk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

func TestAPlaceIsTakenWhereThereIsRoomAndNobodyHasChosen(t *testing.T) {
	parent := t.TempDir()
	t.Setenv(chosen, "")
	if dir := take(parent, 1<<62); dir != "" {
		t.Errorf("without room it took %s", dir)
	}
	if dir := take(filepath.Join(parent, "nowhere"), 0); dir != "" {
		t.Errorf("where there is nothing it took %s", dir)
	}
	dir := take(parent, 0)
	if dir == "" || os.TempDir() != dir {
		t.Errorf("it took %q, and temporary files are at %s", dir, os.TempDir())
	}
	if again := take(parent, 0); again != "" {
		t.Errorf("what was chosen is not kept: %s", again)
	}
}

func TestWhatAKilledProcessLeftIsRemovedAndNothingElse(t *testing.T) {
	parent := t.TempDir()
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(parent, prefix+strconv.Itoa(dead.Process.Pid)+"-1")
	used := filepath.Join(parent, prefix+strconv.Itoa(os.Getpid())+"-1")
	strange := filepath.Join(parent, prefix+"of-somebody")
	for _, dir := range []string{left, used, strange} {
		if err := os.MkdirAll(filepath.Join(dir, "files"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent)
	for dir, want := range map[string]bool{left: false, used: true, strange: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: there: %v, want %v", dir, err == nil, want)
		}
	}
}
