package admin

import (
	"os"
	"testing"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

func TestMain(m *testing.M) {
	watchRoutes()
	os.Exit(pgtest.Main(m))
}
