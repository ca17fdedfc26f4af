package postgres_test

import (
	"fmt"
	"testing"

	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

// BenchmarkAdvance uses a server of its own, as durable as in production.
func BenchmarkAdvance(b *testing.B) {
	server, err := pgtest.Run("")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := server.Stop(); err != nil {
			b.Error(err)
		}
	})
	for i, batch := range []int{1, 10, 100} {
		n := 0
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			n++
			name := fmt.Sprintf("bench_%d_%d", i, n)
			if err := server.Exec("postgres", "CREATE DATABASE "+name); err != nil {
				b.Fatal(err)
			}
			s, err := postgres.Open(b.Context(), server.DSN(name), postgres.Options{Migrate: true})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			storagetest.BenchmarkAdvance(b, s, batch)
		})
	}
}
