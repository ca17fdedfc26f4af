// Package sqlitetest gives tests a SQLite database of their own without the cost of its
// migrations: they are done once for all tests of a process.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aftercare/aftercare/storage/sqlite"
)

// templates are what the file of an empty database holds, by its number of buckets.
var templates sync.Map //nolint:gochecknoglobals // made once for a test binary

type template struct {
	content []byte
	err     error
}

// New returns the path of a new database that is up to date, gone when the test ends.
func New(t testing.TB, buckets int) (path string) {
	t.Helper()
	made, _ := templates.LoadOrStore(buckets, sync.OnceValue(func() template {
		dir, err := os.MkdirTemp("", "aftercare-template-")
		if err != nil {
			return template{err: err}
		}
		defer func() { _ = os.RemoveAll(dir) }()
		path := filepath.Join(dir, "a.db")
		if _, err := sqlite.Migrate(context.Background(), path, sqlite.Options{Buckets: buckets}); err != nil {
			return template{err: err}
		}
		content, err := os.ReadFile(path)
		return template{content, err}
	}))
	from := made.(func() template)()
	if from.err != nil {
		t.Fatal(from.err)
	}
	path = filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, from.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
