package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// theft is what somebody does to the file of a database that is in use.
type theft struct {
	name string
	// do is given what makes the file of another database. Where older is, it finds a copy of the file
	// beside it, old.db.
	do    func(t *testing.T, dir string, other func() string)
	older bool
	says  string // in the log
	// again is what a supervisor that starts the server again reads; "" = it starts.
	again string
	// mend makes a file of what is left, in which everything acknowledged must be; nil = the
	// trouble is one that destroys.
	mend func(t *testing.T, dir string) string
}

func here(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	here(t, err)
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // as cp does
	here(t, err)
	_, err = file.Write(content)
	here(t, err)
	here(t, file.Close())
}

// rescued is the one file in which a server saved what its removed file held.
func rescued(t *testing.T, dir string) string {
	t.Helper()
	saved, err := filepath.Glob(dir + "/a.db.rescued-*")
	if err != nil || len(saved) != 1 {
		t.Fatalf("saved: %v, %v", saved, err)
	}
	return saved[0]
}

func thefts() []theft {
	const gone = "was removed or renamed. Put it back"
	type maker = func() string
	return []theft{
		{
			name: "rm", do: func(t *testing.T, dir string, _ maker) { here(t, os.Remove(dir+"/a.db")) },
			says: gone, again: "there was a database at", mend: rescued,
		},
		{
			name: "mv", do: func(t *testing.T, dir string, _ maker) { here(t, os.Rename(dir+"/a.db", dir+"/b.db")) },
			says: gone, again: "there was a database at", mend: func(_ *testing.T, dir string) string { return dir + "/b.db" },
		},
		{
			name: "mv another over it", do: func(t *testing.T, dir string, other maker) { here(t, os.Rename(other(), dir+"/a.db")) },
			says: "another file was put in the place of a.db", mend: rescued,
		},
		{
			name: "cp another over it", do: func(t *testing.T, dir string, other maker) { copyFile(t, other(), dir+"/a.db") },
			says: "a.db was overwritten by another program", again: "belong to another file",
		},
		{
			name: "cp an older copy over it", older: true, do: func(t *testing.T, dir string, _ maker) { copyFile(t, dir+"/old.db", dir+"/a.db") },
			says: "a.db was overwritten by another program", again: "belong to another file",
		},
		{
			name: "rm of the log of changes", do: func(t *testing.T, dir string, _ maker) { here(t, os.Remove(dir+"/a.db-wal")) },
			says: "a.db-wal " + gone, mend: func(_ *testing.T, dir string) string { return dir + "/a.db" },
		},
		{
			name: "chmod 0", do: func(t *testing.T, dir string, _ maker) { here(t, os.Chmod(dir+"/a.db", 0)) },
			says: "may no longer be read and written", again: map[bool]string{true: "", false: "permission"}[os.Getuid() == 0],
			mend: func(t *testing.T, dir string) string {
				here(t, os.Chmod(dir+"/a.db", 0o600))
				return dir + "/a.db"
			},
		},
		{
			// A file system that has files open for writing cannot be made read-only: what can
			// be is the way to it.
			name: "mount read-only", do: func(t *testing.T, dir string, _ maker) {
				here(t, syscall.Mount(dir, dir, "", syscall.MS_BIND, ""))
				t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
				here(t, syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
			},
			says: "a.db may no longer be written", again: "read-only file system",
			mend: func(t *testing.T, dir string) string {
				here(t, syscall.Unmount(dir, syscall.MNT_DETACH))
				return dir + "/a.db"
			},
		},
	}
}

// Whatever is done to the file under a server that works: from then on it thanks nobody for
// what nobody would find, is not ready, says what happened and ends with 1.
func TestR2AServerWhoseFileIsTakenAwayAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	if !mounting(t) {
		return
	}
	var (
		mu      sync.Mutex
		kept    int
		slowest time.Duration
	)
	t.Run("by", func(t *testing.T) { // over when all are
		for _, what := range thefts() {
			t.Run(what.name, func(t *testing.T) {
				t.Parallel()
				n, unready := takeAway(t, what)
				mu.Lock()
				defer mu.Unlock()
				kept += n
				slowest = max(slowest, unready)
			})
		}
	})
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d ways to lose the file, under load: 0 acknowledged afterwards, not ready after %v at most, each ends with 1; %d acknowledged before are all there where the file is",
			len(thefts()), slowest.Round(10*time.Millisecond), kept))
	}
}

func takeAway(t *testing.T, what theft) (kept int, unready time.Duration) {
	m := newMachine(t, nil)
	m.dir = filepath.Join(m.dir, "here")
	here(t, os.Mkdir(m.dir, 0o700))
	m.env["DATABASE_URL"] = "sqlite:" + m.dir + "/a.db"
	other := func() string {
		m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
		m.serve().stop() // so that it has a mark of its own
		return m.dir + "/a.db"
	}
	m.env["PUBLIC_URL"] = "http://" + m.address
	if what.older {
		m.serve().stop()
		copyFile(t, m.dir+"/a.db", m.dir+"/old.db")
	}
	server := m.serve()

	customers := atLength(2, 4)
	pause := time.Duration(atLength(25, 15)) * time.Millisecond // between two of one customer
	enough := int64(atLength(30, 60))                           // are acknowledged before
	var took atomic.Bool                                        // the trouble is over
	var before, after atomic.Int64
	var running sync.WaitGroup
	stop := make(chan struct{})
	for range customers {
		link := m.invite("--flow", "one_tap_csat", "--channel", "web")
		running.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name, value := "text", "It was late."
				if n == 0 {
					name, value = "start", "1"
				}
				time.Sleep(pause)
				late := took.Load()
				response, err := postForm("http://"+m.address+"/chat/"+link.Token, url.Values{"nonce": {strconv.Itoa(n)}, name: {value}})
				if err != nil {
					continue
				}
				_ = response.Body.Close()
				switch {
				case response.StatusCode >= 400: // no thanks
				case late:
					after.Add(1)
				case name == "text":
					before.Add(1)
				}
			}
		})
	}
	for deadline := time.Now().Add(patience); before.Load() < enough; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is acknowledged")
		}
	}
	if what.older {
		// A copy is older once a newer pulse is in the file itself, and the server has looked since.
		eventually(t, "a newer pulse in the file itself", func() bool { return pulse(t, m.dir+"/a.db") > pulse(t, m.dir+"/old.db") })
		seen := before.Load()
		eventually(t, "what was written after it", func() bool { return before.Load() > seen+int64(customers) })
	}
	what.do(t, m.dir, other)
	took.Store(true)
	began := time.Now()
	for {
		if code, _ := status(m, "/readyz"); code != http.StatusOK {
			unready = time.Since(began)
			break
		}
		if time.Since(began) > patience {
			t.Fatal("it is ready all the same")
		}
		time.Sleep(5 * time.Millisecond)
	}
	select {
	case <-server.done:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	close(stop)
	running.Wait()
	if n := after.Load(); n > 0 {
		t.Errorf("%d were acknowledged afterwards", n)
	}
	if code := server.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(server.log.String(), what.says) {
		t.Errorf("exit code %d, and no %q", code, what.says)
	}
	again := m.start("serve")
	if what.again == "" || what.mend == nil && again.isReadyBeforeItEnds() {
		// What was written into the file may have been made whole again from the log of changes
		// before the server saw it.
		again.awaitReady()
		again.stop()
	} else {
		<-again.done
		if code := again.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(again.log.String(), what.again) {
			t.Errorf("started again: exit code %d, and no %q in %s", code, what.again, again.log)
		}
	}
	if what.mend == nil {
		return 0, unready
	}
	path := what.mend(t, m.dir)
	if path != m.dir+"/a.db" {
		for _, beside := range []string{"-wal", "-shm"} { // the file is whole without them
			_ = os.Remove(m.dir + "/a.db" + beside)
		}
		here(t, os.Rename(path, m.dir+"/a.db"))
	}
	m.serve().stop()
	stored, err := strconv.Atoi(strings.TrimSpace(columns(t, "sqlite:"+m.dir+"/a.db", "SELECT count(*) FROM words WHERE inbound")))
	here(t, err)
	if n := int(before.Load()); stored < n {
		t.Errorf("%d are stored, and %d were acknowledged", stored, n)
	}
	return int(before.Load()), unready
}

// pulse is the number in a database's first page that grows while it is served.
func pulse(t *testing.T, path string) uint32 {
	t.Helper()
	file, err := os.Open(path)
	here(t, err)
	defer file.Close()
	number := make([]byte, 4) // the highest byte first
	_, err = file.ReadAt(number, 60)
	here(t, err)
	return uint32(number[0])<<24 | uint32(number[1])<<16 | uint32(number[2])<<8 | uint32(number[3])
}

// isReadyBeforeItEnds waits for either.
func (p *instance) isReadyBeforeItEnds() bool {
	for {
		select {
		case <-p.done:
			return false
		case <-time.After(20 * time.Millisecond):
		}
		response, err := http.Get("http://" + p.m.address + "/readyz")
		if err != nil {
			continue // nobody listens yet, or no longer
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return true
		}
	}
}

// stands waits until every thread of a process that was told to stop has: one that is within a call of the
// system ends it first, and may write.
func stands(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		here(t, err)
		going := len(threads) == 0
		for _, name := range threads {
			stat, err := os.ReadFile(name)
			if err != nil {
				continue // it has ended
			}
			// "PID (NAME) STATE …" (proc_pid_stat(5)); a name may hold a parenthesis
			if _, state, ok := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " "); !ok || !strings.HasPrefix(state, "T") {
				going = true
			}
		}
		if !going {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a process that was told to stop goes on")
		}
	}
}

// While a server has the database open, no command takes what is at its path for the same
// one: SQLite would empty the log of changes that the server uses.
func TestNoCommandEmptiesTheLogOfARunningServer(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	m.env["PUBLIC_URL"] = "http://" + m.address
	server := m.serve()
	m.must("site", "add", "main-street", "--name", "Main Street", "--zone", "UTC", "--language", "en")
	log := func() string {
		content, err := os.ReadFile(m.dir + "/a.db-wal")
		here(t, err)
		return string(content)
	}
	here(t, server.cmd.Process.Signal(syscall.SIGSTOP)) // it must not notice, and end
	stands(t, server.cmd.Process.Pid)
	before := log()
	if before == "" {
		t.Fatal("the log is empty")
	}
	other := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	other.must("migrate")
	commands := [][]string{{"site", "list"}, {"invite"}, {"migrate"}, {"serve", "--listen", "127.0.0.1:0"}}
	here(t, os.Rename(m.dir+"/a.db", m.dir+"/b.db"))
	for _, put := range []bool{false, true} {
		if put {
			copyFile(t, other.dir+"/a.db", m.dir+"/a.db")
		}
		for _, args := range commands {
			if code, _, says := m.run(args...); code != 1 || !strings.Contains(says, "database") {
				t.Errorf("%v: exit code %d: %s", args, code, says)
			}
			if log() != before {
				t.Fatalf("%v changed the log", args)
			}
		}
	}
	here(t, os.Rename(m.dir+"/b.db", m.dir+"/a.db"))
	m.must("site", "list")
	here(t, server.cmd.Process.Signal(syscall.SIGCONT))
	awaitStatus(t, m, "/readyz", http.StatusOK)
	server.stop()
	if out := m.must("site", "list"); !strings.Contains(out, "Main Street") {
		t.Errorf("what was stored is gone: %s", out)
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d commands beside a server whose file was moved, or replaced: all refuse, and the log of changes is what it was", 2*len(commands)))
	}
}
