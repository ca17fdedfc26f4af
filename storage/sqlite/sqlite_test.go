package sqlite_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/internal/testdisk"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
	"github.com/aftercare/aftercare/storage/sqlite/sqlitetest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testdisk.InMemory()) }

func engine() storagetest.Engine {
	return storagetest.Engine{Name: "sqlite", New: func(t testing.TB) storagetest.Opener {
		path := sqlitetest.New(t, 1)
		return func(t testing.TB, o storagetest.Options) storage.Store {
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{Clock: o.Clock, Wrap: o.Wrap, Unchecked: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		}
	}}
}

func TestSuite(t *testing.T) { storagetest.Run(t, engine()) }
