//go:build linux || darwin

package archive

import "syscall"

// free is how many bytes this user may still write on the disk of a directory.
func free(dir string) (bytes int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // it has another type on other systems
}
