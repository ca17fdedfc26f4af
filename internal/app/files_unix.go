//go:build unix

package app

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// denied reports whether the system says that this user may not read and write what is at a path, or enter it where it
// is a directory. What is not there is denied to nobody.
func denied(path string) bool {
	const read, write, enter = 4, 2, 1 // R_OK, W_OK, X_OK
	rights := uint32(read | write)
	if at, err := os.Stat(path); err == nil && at.IsDir() {
		rights |= enter
	}
	err := syscall.Access(path, rights)
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// openFiles is how many files this process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<20 {
		return 1 << 20
	}
	return int(limit.Cur)
}
