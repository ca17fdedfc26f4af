// Package pgtest starts a private Postgres as a child of the test: on its own port of
// the loopback interface, with its own data and password, gone when the test is.
package pgtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "github.com/lib/pq" // how the server is asked whether it is ready
)

// ErrMissing means that there is no Postgres on this machine.
var ErrMissing = fmt.Errorf("PostgreSQL %d or newer is missing: run `make deps`", oldest)

// oldest is the oldest Postgres that the tests run with: they wait for its processes to end (see goodbye).
const oldest = 14

// superuser is the role that owns everything.
const superuser = "aftercare"

// patience is how long a server may take to start or to stop.
const patience = 30 * time.Second

// Server is one private Postgres. Its methods are not for concurrent use.
type Server struct {
	dir      string // holds data, the socket, the password file and the log
	own      bool   // dir was made here, and goes with the server
	bin      string
	as       *syscall.Credential // nil = as we are
	settings []string
	password string
	address  string // host:port
	cmd      *exec.Cmd
	exited   chan struct{} // closed when the postmaster was waited for
}

// Run starts a server with its data in dir, or in a temporary directory if dir is "".
// settings are like "fsync=off"; without any, it is as durable as in production.
func Run(dir string, settings ...string) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	address, err := Address()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, settings: settings, password: rand.Text(), address: address}
	if s.dir == "" {
		sweep()
		if s.dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid())); err != nil {
			return nil, fmt.Errorf("make a directory for postgres: %w", err)
		}
		s.own = true
	}
	if err := s.initialize(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// prefix of temporary directories; the process that made one follows.
const prefix = "aftercare-pg-"

// sweep removes what servers of processes that were killed left behind.
func sweep() {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		n, err := strconv.Atoi(pid)
		if err == nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			_ = os.RemoveAll(dir) // another test may be at it
		}
	}
}

// find returns the directory of the newest server's programs.
func find() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", fmt.Errorf("look for postgres: %w", err)
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		if v := version(dir); v > 0 && v < oldest {
			continue
		}
		_, err1 := os.Stat(filepath.Join(dir, "initdb"))
		_, err2 := os.Stat(filepath.Join(dir, "postgres"))
		if err1 == nil && err2 == nil {
			return dir, nil
		}
	}
	return "", ErrMissing
}

// version is the one of the programs in a directory as Debian names them; 0 of others.
func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func (s *Server) version() int { return version(s.bin) }

// initialize makes the data directory, as a user that is not root.
func (s *Server) initialize() error {
	if err := os.WriteFile(filepath.Join(s.dir, "password"), []byte(s.password), 0o600); err != nil {
		return fmt.Errorf("write the password file: %w", err)
	}
	if os.Getuid() == 0 {
		if err := s.drop(); err != nil {
			return err
		}
	}
	out, err := s.command("initdb", "-D", s.data(), "-U", superuser, "--pwfile", filepath.Join(s.dir, "password"),
		"-A", "scram-sha-256", "-E", "UTF8", "--locale", "C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// drop chooses whom to run as and gives them the directory: Postgres refuses root.
func (s *Server) drop() error {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("user %s: %w", name, err)
		}
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		for _, path := range []string{s.dir, filepath.Join(s.dir, "password")} {
			if err := os.Chown(path, int(uid), int(gid)); err != nil {
				return fmt.Errorf("give %s to %s: %w", path, name, err)
			}
		}
		return nil
	}
	return errors.New("postgres does not run as root, and there is no user postgres or nobody to run it as")
}

// Data is the directory in which the server keeps its databases.
func (s *Server) Data() string { return s.data() }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command runs one of Postgres's programs as the right user, in a place that this user
// may be in.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TZ=UTC"}
	// When this process dies, however it dies, so does the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// Start starts a server that was stopped or killed, on the same data and port.
func (s *Server) Start() error {
	if s.cmd != nil {
		return errors.New("postgres runs already")
	}
	var err error
	for range 10 {
		// A killed server's processes take a moment to let go of its memory and its port.
		if err = s.try(); err == nil {
			return nil
		}
		if !strings.Contains(err.Error(), "shared memory") && !strings.Contains(err.Error(), "could not bind") &&
			!strings.Contains(err.Error(), "lock file") {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
	return err
}

// perTest is how many connections a test may have: those of the stores of a fleet, and those that are kept of a
// database that no test uses now.
const perTest = 50

// connections is how many a server lets in: those of all tests that run at once, which are as many as the machine has
// processors where nobody says otherwise.
func connections() int {
	parallel := 0
	if f := flag.Lookup("test.parallel"); f != nil { // else this is no test
		parallel, _ = strconv.Atoi(f.Value.String()) // the flag's own text
	}
	return perTest * max(parallel, 4)
}

func (s *Server) try() error {
	host, port, err := net.SplitHostPort(s.address)
	if err != nil {
		return fmt.Errorf("the server's address: %w", err)
	}
	args := []string{
		"-D", s.data(), "-p", port, "-k", s.dir, "-c", "listen_addresses=" + host,
		"-c", fmt.Sprint("max_connections=", connections()), "-c", "timezone=UTC",
	}
	for _, set := range s.settings {
		args = append(args, "-c", set)
	}
	cmd := s.command("postgres", args...)
	var log tail
	cmd.Stdout, cmd.Stderr = &log, &log
	started, exited := make(chan error, 1), make(chan struct{})
	go func() {
		// The death signal is sent when the thread that started the child ends, so that
		// thread stays with it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.cmd, s.exited = cmd, exited
	defer func() {
		select {
		case <-exited:
			s.cmd = nil
		default:
		}
	}()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := s.ping()
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("postgres did not start: %s", log.String())
		default:
		}
		if time.Now().After(end) {
			return fmt.Errorf("postgres is not ready: %w: %s", err, log.String())
		}
	}
}

// ping asks the server for a query, not only for a connection.
func (s *Server) ping() error {
	db, err := sql.Open("postgres", s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, "SELECT 1")
	return err
}

// tail keeps the end of what a server says.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.buf.Len() > 1<<16 {
		t.buf.Next(1 << 15)
	}
	return t.buf.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// DSN is the address of one database of the server.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", superuser, s.password, s.address, database)
}

// Address is where the server listens, as host:port, for whoever puts a proxy before it.
func (s *Server) Address() string { return s.address }

// Bin is the directory of the server's programs (pgbench, psql).
func (s *Server) Bin() string { return s.bin }

// Exec runs SQL in one database.
func (s *Server) Exec(database string, statements ...string) error {
	db, err := sql.Open("postgres", s.DSN(database))
	if err != nil {
		return fmt.Errorf("connect to %s: %w", database, err)
	}
	defer db.Close()
	for _, text := range statements {
		if _, err := db.Exec(text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// Kill ends the server as a power cut would, as far as its processes go.
func (s *Server) Kill() error { return s.signal(syscall.SIGKILL) }

// Restart stops the server in an orderly way, disconnecting everybody, and starts it.
func (s *Server) Restart() error {
	if err := s.signal(syscall.SIGINT); err != nil {
		return err
	}
	return s.Start()
}

// Stop ends the server and removes its data, unless the caller named the directory.
func (s *Server) Stop() error { return errors.Join(s.signal(syscall.SIGQUIT), s.remove()) }

// signal sends sig to the postmaster, by its id, and waits until it has ended.
func (s *Server) signal(sig syscall.Signal) error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	select {
	case <-s.exited:
		s.cmd = nil
		return nil
	case <-time.After(patience):
		return errors.New("postgres does not stop")
	}
}

func (s *Server) remove() error {
	if !s.own {
		return nil
	}
	var err error
	for range 20 { // its last processes may still be writing
		if err = os.RemoveAll(s.dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
