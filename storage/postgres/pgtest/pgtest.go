package pgtest

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/internal/testdisk"
)

// shared is the one server of a test binary, started by the first test that asks.
type shared struct {
	once   sync.Once
	server *Server
	err    error
	names  atomic.Int64
	// templates are databases that others are copied from: functions that make one, by its name.
	templates sync.Map
}

// A test binary has one server, and no place of its own to keep it in.
var binary shared //nolint:gochecknoglobals // see above

// Start returns the DSN of a new, empty database, dropped when the test ends. The
// server is started by the first call in a test binary, without fsync (it is never
// unplugged), and ends with the binary; Main also removes its files. A machine without
// Postgres fails the test: it is never skipped.
func Start(t testing.TB) string {
	t.Helper()
	return start(t, "template0")
}

// From is Start with a copy of what fill made of an empty database. It is called once in a
// test binary for each name, and closes what it opened.
func From(t testing.TB, name string, fill func(dsn string) error) string {
	t.Helper()
	s := Shared(t)
	made, _ := binary.templates.LoadOrStore(name, sync.OnceValue(func() error {
		if err := s.Exec("postgres", "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
			return err
		}
		return fill(s.DSN(name))
	}))
	if err := made.(func() error)(); err != nil {
		t.Fatal(err)
	}
	return start(t, name)
}

func start(t testing.TB, template string) string {
	t.Helper()
	s := Shared(t)
	name := fmt.Sprintf("test_%d", binary.names.Add(1))
	how := ""
	if s.version() >= 15 {
		how = " STRATEGY file_copy" // half the cost of writing each page to the log as well
	}
	if err := s.Exec("postgres", "CREATE DATABASE "+name+" TEMPLATE "+template+how); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.DSN(name)
}

// unplugged are the settings of a server whose machine never loses its power and that nobody replicates: a process
// that is killed loses nothing by them.
var unplugged = []string{"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"}

// Shared is the test binary's one server.
func Shared(t testing.TB) *Server {
	t.Helper()
	binary.once.Do(func() { binary.server, binary.err = Run("", unplugged...) })
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.server
}

// garbage is how much more than what is in use the tests of a package may hold, in per cent:
// as much as a server may (cmd/aftercare). Collecting it more often costs a sixth more.
const garbage = 400

// Main runs the tests of a package, stops the server that they started, and fails when
// a goroutine is left; ignored are those that a library never ends. Temporary files are in
// memory meanwhile, where testdisk finds room, and garbage is collected as a server does:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M, ignored ...goleak.Option) int {
	defer testdisk.Take()()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
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
