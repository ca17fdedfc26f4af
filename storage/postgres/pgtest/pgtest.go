package pgtest

import (
	"database/sql"
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
	admin  *sql.DB // of the server's own database
	err    error
	names  atomic.Int64
	// templates are databases that others are copied from: functions that make one, by its name.
	templates sync.Map
	byDSN     sync.Map // *database of tests that run

	mu   sync.Mutex
	free map[string][]*database // guarded by mu: those that no test uses, by their template
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
	d, err := binary.copied("template0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		name := d.name
		if err := errors.Join(d.close(), binary.drop(name)); err != nil {
			t.Error(err)
		}
	})
	return s.DSN(d.name)
}

// From is Start with a copy of what fill made of an empty database. It is called once in a
// test binary for each name, and closes what it opened. A test may get the database of one that has
// passed: it holds what fill made, in the order of its rows if not in the same places, and has another name, so that
// nothing that the earlier test left behind finds it. It is dropped if the test failed, changed the schema, rights or
// bounds of the database, or left somebody there who cannot be ended. Pages and statistics are not as new: a test that
// looks at plans takes Start.
func From(t testing.TB, name string, fill func(dsn string) error) string {
	t.Helper()
	s := Shared(t)
	made, _ := binary.templates.LoadOrStore(name, sync.OnceValues(func() (contents, error) { return template(s, name, fill) }))
	as, err := made.(func() (contents, error))()
	if err != nil {
		t.Fatal(err)
	}
	d := binary.take(name)
	if d == nil {
		if d, err = binary.copied(name); err != nil {
			t.Fatal(err)
		}
		d.as = as
	}
	dsn := s.DSN(d.name)
	binary.byDSN.Store(dsn, d)
	t.Cleanup(func() {
		binary.byDSN.Delete(dsn)
		if err := binary.give(name, d, t.Failed()); err != nil {
			t.Error(err)
		}
	})
	return dsn
}

// template makes the database that others are copied from.
func template(s *Server, name string, fill func(dsn string) error) (contents, error) {
	if _, err := binary.admin.Exec("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		return contents{}, err
	}
	if err := fill(s.DSN(name)); err != nil {
		return contents{}, err
	}
	db, err := sql.Open("postgres", s.DSN(name))
	if err != nil {
		return contents{}, err
	}
	as, err := contentsOf(db)
	return as, errors.Join(err, db.Close())
}

// take is a database of a template that no test uses; nil = there is none.
func (b *shared) take(template string) *database {
	b.mu.Lock()
	defer b.mu.Unlock()
	free := b.free[template]
	if len(free) == 0 {
		return nil
	}
	b.free[template] = free[:len(free)-1]
	return free[len(free)-1]
}

// give makes a database ready for the next test, under another name; one whose test failed is dropped.
func (b *shared) give(template string, d *database, failed bool) error {
	err := errUnfit
	if !failed {
		err = d.reset(fmt.Sprintf("test_%d", b.names.Add(1)))
	}
	if err == nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.free == nil {
			b.free = map[string][]*database{}
		}
		b.free[template] = append(b.free[template], d)
		return nil
	}
	if errors.Is(err, errUnfit) {
		err = nil
	}
	name := d.name
	return errors.Join(err, d.close(), b.drop(name))
}

// close leaves all databases.
func (b *shared) close() (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, free := range b.free {
		for _, d := range free {
			err = errors.Join(err, d.close())
		}
	}
	return errors.Join(err, b.admin.Close())
}

// copied is a new database.
func (b *shared) copied(template string) (*database, error) {
	name := fmt.Sprintf("test_%d", b.names.Add(1))
	how := ""
	if b.server.version() >= 15 {
		how = " STRATEGY file_copy" // half the cost of writing each page to the log as well
	}
	if _, err := b.admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + template + how); err != nil {
		return nil, fmt.Errorf("make a database: %w", err)
	}
	admin, err := sql.Open("postgres", b.server.DSN(name))
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(1)
	return &database{name: name, admin: admin}, nil
}

func (b *shared) drop(name string) error {
	_, err := b.admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
	return err
}

// unplugged are the settings of a server whose machine never loses its power and that nobody replicates: a process
// that is killed loses nothing by them.
var unplugged = []string{"fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"}

// Shared is the test binary's one server.
func Shared(t testing.TB) *Server {
	t.Helper()
	binary.once.Do(func() {
		if binary.server, binary.err = Run("", unplugged...); binary.err == nil {
			binary.admin, binary.err = sql.Open("postgres", binary.server.DSN("postgres"))
		}
	})
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
		err = errors.Join(binary.close(), binary.server.Stop())
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
