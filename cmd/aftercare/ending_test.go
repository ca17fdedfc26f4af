package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whatever happens to its output, a server goes on, and each of the three signals that ask
// for an end is followed in order.
func TestR7AServerOutlivesItsOutputAndEndsInOrder(t *testing.T) {
	outputs := map[string]string{
		"a reader that goes away": "", // a pipe, below
		"a full device":           "exec %s serve >/dev/full 2>/dev/full",
		"nothing at all":          "exec %s serve <&- >&- 2>&-",
	}
	ends := []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP}
	ended := 0
	for name, script := range outputs {
		for _, end := range ends {
			m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
			cmd := m.command("serve")
			if script != "" {
				env, dir := cmd.Env, cmd.Dir
				cmd = exec.Command("sh", "-c", fmt.Sprintf(script, binary(t)))
				cmd.Env, cmd.Dir = env, dir
			}
			p := launch(m, cmd, script == "")
			p.awaitReady()
			for _, harmless := range []syscall.Signal{syscall.SIGPIPE, syscall.SIGPIPE} {
				if err := cmd.Process.Signal(harmless); err != nil {
					t.Fatal(err)
				}
			}
			for range 5 { // each is a line of the log, at this level
				if code, text := status(m, "/chat/nobody"); code != http.StatusNotFound {
					t.Fatalf("%s: /chat/nobody: %d %s", name, code, text)
				}
			}
			if code, text := status(m, "/readyz"); code != http.StatusOK {
				t.Fatalf("%s: /readyz: %d %s", name, code, text)
			}
			if err := cmd.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			if end == syscall.SIGHUP { // a closing terminal may send two
				_ = cmd.Process.Signal(end) // it may be gone already
			}
			<-p.done
			if p.err != nil {
				t.Errorf("%s, %v: %v", name, end, p.err)
			}
			if left, err := filepath.Glob(filepath.Join(m.dir, "a.db-*")); err != nil || len(left) > 0 {
				t.Errorf("%s, %v: the database was not closed: %v, %v", name, end, left, err)
			}
			ended++
		}
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d outputs gone × %d signals: %d ends in order, 0 deaths by SIGPIPE", len(outputs), len(ends), ended))
	}
}

// launch starts a server; deaf has its output go into a pipe that nobody reads, and what it says of errors as well
// unless that has another place.
func launch(m *machine, cmd *exec.Cmd, deaf bool) *instance {
	m.t.Helper()
	p := &instance{m: m, cmd: cmd, log: new(lockedBuffer), done: make(chan struct{})}
	var ends [2]*os.File
	if deaf {
		var err error
		if ends[0], ends[1], err = os.Pipe(); err != nil {
			m.t.Fatal(err)
		}
		if cmd.Stdout = ends[1]; cmd.Stderr == nil {
			cmd.Stderr = ends[1]
		}
	}
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	if deaf {
		_, _ = ends[0].Close(), ends[1].Close()
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	m.t.Cleanup(p.kill)
	return p
}

// Who starts a server under nohup closes the terminal and wants it to go on.
func TestAHangUpThatIsIgnoredIsLeftAlone(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	cmd := m.command("serve")
	env, dir := cmd.Env, cmd.Dir
	cmd = exec.Command("nohup", binary(t), "serve")
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, io.Discard, io.Discard
	p := launch(m, cmd, false)
	p.awaitReady()
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if code, text := status(m, "/readyz"); code != http.StatusOK {
			t.Fatalf("/readyz: %d %s", code, text)
		}
	}
	p.stop()
}

// The demo's directory is thrown away however the demo is asked to end, also while its months
// are still played. One that serves is asked to end in TestTheDemoNeedsNothingAndLeavesNothing.
func TestTheDemoLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for _, end := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		m := newMachine(t, nil)
		cmd, said := m.command("demo", "--listen", m.address), new(lockedBuffer)
		cmd.Stderr = said
		p := launch(m, cmd, true)
		awaitStatus(t, m, "/readyz", http.StatusServiceUnavailable)
		eventually(t, "the demo has a directory with a database", func() bool {
			made, err := filepath.Glob(filepath.Join(m.dir, "aftercare-demo-*", "demo.db"))
			return err == nil && len(made) == 1
		})
		if err := p.cmd.Process.Signal(end); err != nil {
			t.Fatal(err)
		}
		<-p.done
		if p.err != nil {
			t.Errorf("%v: %v\n%s", end, p.err, said)
		}
		if left := leftIn(t, m.dir); len(left) > 0 {
			t.Errorf("%v: it left %v\n%s", end, left, said)
		}
	}
}

// A signal in the first moments finds either a program that has not begun, or one that ends
// in order: never one that calls it a failure.
func TestASignalInTheFirstMomentsIsNoFailure(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	orderly, early := 0, 0
	const tries = 60
	// Where starting takes longer than that, the pauses go on, twice as long each time, until one
	// had begun.
	pause := time.Duration(0)
	tried, began := 0, time.Now()
	for ; tried < tries || orderly == 0 && time.Since(began) < patience; tried++ {
		cmd := m.command("serve")
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(pause)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		exit, failed := errors.AsType[*exec.ExitError](err)
		switch {
		case err == nil:
			orderly++
		case failed && exit.Sys().(syscall.WaitStatus).Signaled() && said.Len() == 0:
			early++ // the runtime of the language did not listen yet
		default:
			t.Errorf("after %v: %v\n%s", pause, err, said.String())
		}
		if pause += time.Millisecond / 2; tried >= tries {
			pause *= 2
		}
	}
	if orderly == 0 {
		t.Error("none ended in order")
	}
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d × SIGTERM in the first %v: %d ended in order, %d before they had begun, 0 failures", tried, pause, orderly, early))
	}
}
