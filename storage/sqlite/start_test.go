package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/aftercare/aftercare/storage/sqlite"
)

// BenchmarkOpen is what opening an existing file costs, statements checked.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "aftercare.db")
	for b.Loop() {
		s, err := sqlite.Open(context.Background(), path, sqlite.Options{Migrate: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
