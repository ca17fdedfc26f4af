package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/storage/sqlite"
)

// long is how long a test waits for what must come.
const long = 2 * time.Minute

// moments calls a function before each commit of a store's connections, and may answer queries with an error.
type moments struct {
	commit atomic.Pointer[func()]
	fail   atomic.Pointer[error]
}

func (m *moments) wrap(in driver.Connector) driver.Connector { return momentary{in, m} }

type momentary struct {
	driver.Connector
	of *moments
}

func (k momentary) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &momentaryConn{conn.(wholeConn), k.of}, nil
}

type momentaryConn struct {
	wholeConn
	of *moments
}

func (k *momentaryConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if err := k.of.fail.Load(); err != nil && strings.HasPrefix(q, "SELECT") {
		return nil, *err
	}
	return k.wholeConn.QueryContext(ctx, q, args)
}

func (k *momentaryConn) PrepareContext(ctx context.Context, q string) (driver.Stmt, error) {
	if err := k.of.fail.Load(); err != nil && strings.HasPrefix(q, "SELECT") {
		return nil, *err
	}
	return k.wholeConn.PrepareContext(ctx, q)
}

func (k *momentaryConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := k.wholeConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return momentaryTx{tx, k.of}, nil
}

type momentaryTx struct {
	driver.Tx
	of *moments
}

func (x momentaryTx) Commit() error {
	if f := x.of.commit.Swap(nil); f != nil {
		(*f)()
	}
	return x.Tx.Commit()
}

// served is a store on a new file that has its mark, with something in it.
func served(t *testing.T, o sqlite.Options) (path string, s storage.Store) {
	t.Helper()
	t.Cleanup(sqlite.CloseLeft)
	path = filepath.Join(t.TempDir(), "a.db")
	o.Migrate = true
	s, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, s, "first")
	return path, s
}

// publish writes more pages than may wait in the log of changes.
func publish(t *testing.T, s storage.Store, flow string) {
	t.Helper()
	if err := published(t, s, flow); err != nil {
		t.Fatal(err)
	}
}

func published(t *testing.T, s storage.Store, flow string) error {
	t.Helper()
	_, _, err := s.Publish(t.Context(), flow, strings.Repeat(flow, 1<<20), time.Unix(1, 0).UTC())
	return err
}

// another is what the file of another database holds.
func another(t *testing.T) []byte {
	t.Helper()
	path, s := served(t, sqlite.Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return contentOf(t, path)
}

func contentOf(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// over writes over a file as cp does.
func over(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Error(err)
	}
}

// A commit that makes the log of changes long enough to be written into the file does not write it into a file
// that came while it was under way: the mark would be whole again, and the rest of the file another one's.
func TestAFileThatIsWrittenOverWithinACommitIsNotOursAgain(t *testing.T) {
	for _, what := range []string{"another", "an older copy"} {
		t.Run(what, func(t *testing.T) {
			var at moments
			path, s := served(t, sqlite.Options{Wrap: at.wrap})
			content := another(t)
			if what == "an older copy" {
				content = contentOf(t, path)
				for string(contentOf(t, path)) == string(content) { // until a newer pulse is in the file itself
					for range 100 {
						if err := s.Pulse(t.Context(), storage.Process{ID: "1"}); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			cp := func() { over(t, path, content) }
			at.commit.Store(&cp)
			if err := published(t, s, "last"); !errors.Is(err, storage.ErrGone) || !strings.Contains(err.Error(), "was overwritten") {
				t.Errorf("it is acknowledged: %v", err)
			}
			if err := s.Ping(t.Context()); !errors.Is(err, storage.ErrGone) {
				t.Errorf("it is ready: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if string(contentOf(t, path)) != string(content) {
				t.Error("the other file is mixed with ours")
			}
		})
	}
}

// What was written over is left alone also by a store that finds it when it is closed.
func TestAFileThatIsWrittenOverBeforeItIsClosedIsLeftAlone(t *testing.T) {
	path, s := served(t, sqlite.Options{})
	if err := s.Pulse(t.Context(), storage.Process{ID: "1"}); err != nil { // waits in the log
		t.Fatal(err)
	}
	content := another(t)
	over(t, path, content)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if string(contentOf(t, path)) != string(content) {
		t.Error("the other file is mixed with ours")
	}
}

// A file of which only the first page is ours is found by whoever meets another page.
func TestAFileThatIsMixedIsGone(t *testing.T) {
	path, s := served(t, sqlite.Options{})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	content := contentOf(t, path)
	const page = 4096
	clear(content[page:])
	over(t, path, content)
	if err := s.Ping(t.Context()); err != nil && !errors.Is(err, storage.ErrUnavailable) {
		t.Fatal(err)
	}
	_, err := s.Running(t.Context())
	if err == nil {
		t.Fatal("a page of zeros is read")
	}
	if err := published(t, s, "more"); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("it is acknowledged: %v", err)
	}
	for end := time.Now().Add(long); ; time.Sleep(time.Millisecond) {
		err := s.Ping(t.Context())
		if errors.Is(err, storage.ErrGone) {
			if !strings.Contains(err.Error(), "a.db was overwritten by another program, or is damaged") {
				t.Errorf("it says %v", err)
			}
			return
		}
		if err == nil || time.Now().After(end) {
			t.Fatalf("it goes on: %v", err)
		}
	}
}

// A file that is whole is ours, whatever a statement met.
func TestAFileThatIsWholeIsNotGone(t *testing.T) {
	var at moments
	_, s := served(t, sqlite.Options{Wrap: at.wrap})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	bad := filepath.Join(t.TempDir(), "bad.db")
	over(t, bad, []byte(strings.Repeat("no database ", 1000)))
	_, malformed := raw(t, bad).ExecContext(t.Context(), "SELECT count(*) FROM sqlite_schema")
	if malformed == nil {
		t.Fatal("there is no such error")
	}
	at.fail.Store(&malformed)
	if _, err := s.Running(t.Context()); err == nil {
		t.Error("the error is not told")
	}
	at.fail.Store(nil)
	for end := time.Now().Add(long); ; time.Sleep(time.Millisecond) {
		err := s.Ping(t.Context())
		if err == nil {
			break
		}
		if errors.Is(err, storage.ErrGone) || time.Now().After(end) {
			t.Fatalf("it is not ours again: %v", err)
		}
	}
	publish(t, s, "after")
}
