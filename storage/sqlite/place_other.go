//go:build !unix

package sqlite

import (
	"os"
	"path/filepath"
)

func identity(path string) (string, error) {
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

func writable(string) bool { return true }

func nameless(*os.File) bool { return false }

// lockFile locks nothing: here an open file can be neither removed nor replaced.
func lockFile(*os.File, bool) (bool, error) { return false, nil }

func unlockFile(*os.File) {}

// GiveToOwner does nothing: a file here belongs to whoever may write its directory.
func GiveToOwner(string) error { return nil }
