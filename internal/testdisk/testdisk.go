// Package testdisk gives the tests of a package a place for their files in memory. A store that
// is tested waits for the disk at every commit, and no test cuts the power: what a process wrote
// before it was killed is there whether the disk has it or not.
package testdisk

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"go.uber.org/goleak"
)

const (
	// memory is where Linux keeps files in memory.
	memory = "/dev/shm"
	// room is how many bytes must be free there: more than all packages at once have taken.
	room = 4 << 30
	// prefix of the places; the process that made one follows.
	prefix = "aftercare-tests-"
	// chosen is what names the place for temporary files. Where it is set already, somebody has
	// chosen: the long forms run on the disk, whose waiting is a part of what they measure.
	chosen = "TMPDIR"
)

// Take makes a place in memory the one for temporary files, until giveBack is called. It changes
// nothing where somebody has chosen one, or where memory is not to be had: tests then take longer.
func Take() (giveBack func()) {
	dir := take(memory, room)
	if dir == "" {
		return func() {}
	}
	return func() {
		_ = os.Unsetenv(chosen)
		_ = os.RemoveAll(dir) // what is left goes with the next Take
	}
}

// InMemory is Take for a package that looks for leaks by goleak.VerifyTestMain.
func InMemory() goleak.Option {
	giveBack := Take()
	return goleak.Cleanup(func(code int) {
		giveBack()
		os.Exit(code)
	})
}

func take(parent string, least uint64) (dir string) {
	var fs syscall.Statfs_t
	if os.Getenv(chosen) != "" || syscall.Statfs(parent, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < least {
		return ""
	}
	sweep(parent)
	dir, err := os.MkdirTemp(parent, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return ""
	}
	// The user that Postgres runs as passes through.
	if os.Chmod(dir, 0o711) != nil || os.Setenv(chosen, dir) != nil { //nolint:gosec // its files have modes of their own
		_ = os.RemoveAll(dir)
		return ""
	}
	return dir
}

// sweep removes what processes that were killed left behind.
func sweep(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && syscall.Kill(n, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir) // another may be at it
		}
	}
}
