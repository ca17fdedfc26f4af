package postgres_test

import (
	"context"
	"database/sql/driver"
	"os"
	"testing"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/postgres"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
	"github.com/aftercare/aftercare/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func engine(values bool) storagetest.Engine {
	return storagetest.Engine{Name: "postgres", Joins: !values, New: func(t testing.TB) storagetest.Opener {
		dsn := upToDate(t)
		return func(t testing.TB, o storagetest.Options) storage.Store {
			s, err := postgres.Open(t.Context(), dsn, postgres.Options{Clock: o.Clock, Wrap: kept(dsn, o.Wrap), Values: values, Unchecked: true})
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

// kept has connections outlive their store, below what a test wraps them with.
func kept(dsn string, wrap func(driver.Connector) driver.Connector) func(driver.Connector) driver.Connector {
	keep := pgtest.Kept(dsn)
	if wrap == nil {
		return keep
	}
	return func(c driver.Connector) driver.Connector { return wrap(keep(c)) }
}

// upToDate is a new database that is up to date.
func upToDate(t testing.TB) string {
	t.Helper()
	return pgtest.From(t, "migrated", func(dsn string) error {
		_, err := postgres.Migrate(context.Background(), dsn, postgres.Options{})
		return err
	})
}

func TestSuite(t *testing.T) { storagetest.Run(t, engine(false)) }

func TestManyMayMigrateAtOnce(t *testing.T) {
	dsn := pgtest.Start(t)
	storagetest.OpenAtOnce(t, 8, func(ctx context.Context) (storage.Store, error) {
		return postgres.Open(ctx, dsn, postgres.Options{Migrate: true})
	})
}
