//go:build unix

package app

import (
	"errors"
	"io/fs"
	"syscall"
)

// denied reports whether the system says that this user may not read and write what is at a path. What is not there is
// denied to nobody.
func denied(path string) bool {
	const readAndWrite = 4 | 2 // R_OK, W_OK
	err := syscall.Access(path, readAndWrite)
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
