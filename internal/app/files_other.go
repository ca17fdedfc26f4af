//go:build !unix

package app

// openFiles is how many files this process may have open: here no limit is known.
func openFiles() int { return 1 << 14 }
