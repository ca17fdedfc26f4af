package pgtest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
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

// Main runs the tests of a package, stops the server that they started, and fails when
// a goroutine is left; ignored are those that a library never ends:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M, ignored ...goleak.Option) int {
	code := m.Run()
	var err error
	if binary.server != nil {
		err = binary.server.Stop()
	}
	if code == 0 { // a test that failed half-way leaves what it likes
		err = errors.Join(err, goleak.Find(ignored...))
	}
	if err != nil {
		fmt.Println("pgtest:", err)
		return max(code, 1)
	}
	return code
}
