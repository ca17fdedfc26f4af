package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/storagetest"
)

func BenchmarkAdvance(b *testing.B) {
	for _, batch := range []int{1, 10, 100} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			storagetest.BenchmarkAdvance(b, engine().New(b)(b, storagetest.Options{}), batch)
		})
	}
}

// BenchmarkOpen is what opening an existing file costs, every statement checked.
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
