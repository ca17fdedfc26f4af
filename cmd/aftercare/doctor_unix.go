//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// strangeOwner reports whether a file belongs to somebody else than its directory does, or, to
// somebody who is not root, than who asks.
func strangeOwner(name string, info fs.FileInfo) (owner, wanted string, strange bool) {
	file, ok := info.Sys().(*syscall.Stat_t)
	dir, err := os.Stat(filepath.Dir(name))
	if !ok || err != nil {
		return "", "", false
	}
	of, ok := dir.Sys().(*syscall.Stat_t)
	if !ok {
		return "", "", false
	}
	owner, wanted = strconv.Itoa(int(file.Uid)), strconv.Itoa(int(of.Uid))
	return owner, wanted, file.Uid != of.Uid
}

// freeShare is the part of a disk that is free for this user.
func freeShare(dir string) (float64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, false
	}
	return float64(s.Bavail) / float64(s.Blocks), true
}

// mayWrite reports whether this user may make files in a directory.
func mayWrite(dir string) bool {
	const write = 2 // W_OK
	return syscall.Access(dir, write) == nil
}
