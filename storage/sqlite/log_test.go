package sqlite_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage/sqlite"
)

// R10: while somebody reads one moment for long, the log of changes grows beyond its limit.
// Once the reader has gone it shrinks to that.
func TestR10TheLogShrinksAfterALongReader(t *testing.T) {
	const limit = 64 << 20
	path := filepath.Join(t.TempDir(), "a.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	n := 0
	publish := func() {
		t.Helper()
		n++
		source := strings.Repeat(string(rune('a'+n%26)), 4<<20)
		if _, _, err := store.Publish(t.Context(), "f", source, time.Unix(int64(n), 0).UTC()); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := raw(t, path).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var sites int
	if err := reader.QueryRow("SELECT count(*) FROM sites").Scan(&sites); err != nil {
		t.Fatal(err)
	}
	for size() <= limit+(4<<20) {
		publish()
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range 3 { // one copies the log into the file, the next begins it anew
		publish()
	}
	if got := size(); got > limit {
		t.Errorf("the log has %d MiB after the reader went, and may have %d", got>>20, limit>>20)
	}
}
