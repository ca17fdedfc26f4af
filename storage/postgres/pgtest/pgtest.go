package pgtest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the one server of a test binary, started by the first test that asks.
type shared struct {
	once   sync.Once
	server *Server
	err    error
	names  atomic.Int64
}

// A test binary has one server, and no place of its own to keep it in.
var binary shared //nolint:gochecknoglobals // see above

// Start returns the DSN of a new, empty database, dropped when the test ends. The
// server is started by the first call in a test binary, without fsync (it is never
// unplugged), and ends with the binary; Main also removes its files. A machine without
// Postgres fails the test: it is never skipped.
func Start(t testing.TB) string {
	t.Helper()
	s := Shared(t)
	name := fmt.Sprintf("test_%d", binary.names.Add(1))
	if err := s.Exec("postgres", "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.DSN(name)
}

// Shared is the test binary's one server.
func Shared(t testing.TB) *Server {
	t.Helper()
	binary.once.Do(func() { binary.server, binary.err = Run("", "fsync=off") })
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.server
}

// Main runs the tests of a package and stops the server that they started:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	if binary.server != nil {
		if err := binary.server.Stop(); err != nil {
			fmt.Println("pgtest:", err)
			return max(code, 1)
		}
	}
	return code
}
