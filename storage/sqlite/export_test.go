package sqlite

import "github.com/aftercare/aftercare/storage/internal/sqlstore"

// Texts are every statement of the store.
func Texts() []string { return sqlstore.Texts(dialect()) }

// CloseLeft closes what stays open until a process ends, of files that tests wrote over.
func CloseLeft() {
	left.Lock()
	defer left.Unlock()
	for _, f := range left.files {
		f.close()
	}
	left.files = nil
}
