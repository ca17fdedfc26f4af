package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aftercare/aftercare/cmd/aftercare/signals"
	"github.com/aftercare/aftercare/internal/app"
	"github.com/aftercare/aftercare/internal/app/settings"
	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// patience is how long tests wait for something that must happen. It bounds a test
// that fails; nothing is judged by it.
const patience = 2 * time.Minute

// someKey is a SECRET_KEY.
const someKey = "0123456789abcdef0123456789abcdef"

// built is where the real binary is, built once for all tests.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	flag.Parse()
	signals.Leave() // it is the program that hears them, not its tests
	if signal.Ignored(syscall.SIGHUP) {
		// Whoever runs the tests ignores hang-ups, as nohup does. What is ignored is inherited by
		// the processes that they start, and what is caught is not.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	if n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String()); err == nil && n < 6 {
		// These tests mostly wait: for processes, leases and the pace of platforms.
		_ = flag.Set("test.parallel", "6") // a number that it takes
	}
	code := pgtest.Main(m,
		// slack-go's test server never closes the channel that these read.
		goleak.IgnoreTopFunction("github.com/slack-go/slack/slacktest.handlePendingMessages"),
		// A toxic whose other end was cut off may wait for it for ever.
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"))
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "aftercare-test-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-ldflags=-w", "-o", built.dir+"/", ".").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "aftercare")
}

// machine is a place where the binary runs: a directory and an environment.
type machine struct {
	t       *testing.T
	dir     string
	env     map[string]string
	address string          // of the web server, the same over restarts
	program string          // "" = the binary of this tree
	logs    []*lockedBuffer // of all that was started
	made    bool            // its database
}

func newMachine(t *testing.T, env map[string]string) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), address: freeAddress(t), env: map[string]string{"LOG_LEVEL": "debug", "SECRET_KEY": someKey}}
	m.env["LISTEN"] = m.address
	for name, value := range env {
		m.env[name] = value
	}
	return m
}

func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(cmp.Or(m.program, binary(m.t)), args...)
	cmd.Dir = m.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + m.dir, "TMPDIR=" + m.dir}
	for name, value := range m.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// run runs a command to its end and returns its exit code, output and errors.
func (m *machine) run(args ...string) (int, string, string) {
	m.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := m.command(args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		m.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// makeDatabase has the database made, unless something did it before: `aftercare migrate` would do the same.
func (m *machine) makeDatabase() {
	m.t.Helper()
	if m.made {
		return
	}
	m.made = true
	path, ok := strings.CutPrefix(m.env["DATABASE_URL"], "sqlite:")
	if !ok || m.program != "" {
		m.run("migrate")
		return
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(m.dir, path)
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) > 0 {
		m.run("migrate") // there is something: a database of an older program, or what is left of one
		return
	}
	makeDatabase(m.t, "sqlite:"+path)
}

// must runs a command that has to succeed and returns its output. The first one has the
// database made, unless a server did it before.
func (m *machine) must(args ...string) string {
	m.t.Helper()
	if args[0] != "migrate" {
		m.makeDatabase()
	}
	code, stdout, stderr := m.run(args...)
	if code != 0 {
		m.t.Fatalf("aftercare %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
	}
	return stdout
}

// invite makes an invitation through the binary.
func (m *machine) invite(args ...string) inviteView {
	m.t.Helper()
	var v inviteView
	out := m.must(append([]string{"invite", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		m.t.Fatalf("%v in %s", err, out)
	}
	return v
}

// instance is one running server.
type instance struct {
	m    *machine
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when the process has ended
	err  error         // of Wait; read after done
}

// serve starts `aftercare serve` and waits until it is ready. It is killed at the end
// of the test if nobody stopped it.
func (m *machine) serve(args ...string) *instance {
	m.t.Helper()
	p := m.start(append([]string{"serve"}, args...)...)
	p.awaitReady()
	m.made = true
	return p
}

// start starts a command that goes on.
func (m *machine) start(args ...string) *instance {
	m.t.Helper()
	p := &instance{m: m, cmd: m.command(args...), log: new(lockedBuffer), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	m.logs = append(m.logs, p.log)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func() {
		// The death signal comes when the thread ends that started the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		p.kill()
		if m.t.Failed() {
			m.t.Logf("the server said:\n%s", p.log)
		}
	})
	return p
}

func (p *instance) awaitReady() {
	p.m.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.done:
			p.m.t.Fatalf("the server ended by itself: %v\n%s", p.err, p.log)
		default:
		}
		if response, err := http.Get("http://" + p.m.address + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			p.m.t.Fatalf("the server is not ready:\n%s", p.log)
		}
	}
}

// kill is kill -9: no time for a last word.
func (p *instance) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop asks the server to stop and checks that it does so in order.
func (p *instance) stop() {
	p.m.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.m.t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		p.m.t.Fatalf("the server does not stop:\n%s", p.log)
	}
	if p.err != nil {
		p.m.t.Fatalf("stopping: %v\n%s", p.err, p.log)
	}
}

// lockedBuffer is written by the process and read by the test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := pgtest.Address()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// databases are the engines that everything is tested on, made by whoever uses them first.
var databases = []struct {
	name string
	url  func(*testing.T) string
}{
	{"sqlite", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "a.db") }},
	{"postgres", migrated},
}

// migrated is a database in Postgres that is up to date, without the cost of its migrations.
func migrated(t *testing.T) string {
	return pgtest.From(t, "migrated", func(dsn string) error {
		_, err := app.Migrate(context.Background(), app.Migrating{Settings: settings.Settings{DatabaseURL: settings.Secret(dsn)}, Clock: app.Now, BackedUp: true})
		return err
	})
}

// emptyDatabases are the same, with nothing in them.
var emptyDatabases = []struct {
	name string
	url  func(*testing.T) string
}{
	databases[0],
	{"postgres", func(t *testing.T) string { return pgtest.Start(t) }},
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
