//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// identity is which file is at path: the same under every name.
func identity(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return filepath.Abs(path)
	}
	return fmt.Sprintf("%d:%d", s.Dev, s.Ino), nil
}

// writable reports whether this process might open the file again for writing.
func writable(path string) bool {
	const readWrite = 4 | 2
	err := syscall.Access(path, readWrite)
	return err == nil || errors.Is(err, syscall.ENOSYS)
}

// nameless reports whether an open file was removed.
func nameless(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}

// lockFile takes the lock of an open file for as long as it is open: alone, or with others.
// It does not wait.
func lockFile(f *os.File, alone bool) (bool, error) {
	how := syscall.LOCK_SH
	if alone {
		how = syscall.LOCK_EX
	}
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// unlockFile gives the lock of an open file back, whoever else has the file open through us.
func unlockFile(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

// GiveToOwner gives a file that root made to the owner of its directory: the server that runs
// as that user could not open it otherwise.
func GiveToOwner(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	s, ok := dir.Sys().(*syscall.Stat_t)
	if !ok || s.Uid == 0 {
		return nil
	}
	if err := os.Lchown(path, int(s.Uid), int(s.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}
