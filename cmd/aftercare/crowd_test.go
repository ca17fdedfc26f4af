package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Somebody opens thousands of connections and says nothing on any of them. Whoever asks
// something is answered all the same, the log says what happens, and it is counted.
func TestM8IdleConnectionsKeepNobodyOut(t *testing.T) {
	const sockets, limit = 10000, 256
	var mine syscall.Rlimit
	here(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &mine))
	held := min(sockets, int(mine.Cur)/2)
	m := newMachine(t, map[string]string{"DATABASE_URL": "sqlite:a.db"})
	cmd := m.command("serve")
	env, dir := cmd.Env, cmd.Dir
	cmd = exec.Command("sh", "-c", fmt.Sprintf("ulimit -n %d; exec %s serve", limit, binary(t)))
	cmd.Env, cmd.Dir = env, dir
	log := new(lockedBuffer)
	cmd.Stdout, cmd.Stderr = log, log
	p := launch(m, cmd, false)
	p.log = log
	p.awaitReady()

	var all []net.Conn
	var mu sync.Mutex
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			for range sockets / 8 {
				c, err := net.Dial("tcp", m.address)
				if err != nil {
					continue
				}
				mu.Lock()
				all = append(all, c)
				if len(all) > held { // as many as this process may have
					_ = all[0].Close()
					all = all[1:]
				}
				mu.Unlock()
			}
		})
	}
	var slowest time.Duration
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	asked, done := 0, make(chan struct{})
	go func() { opening.Wait(); close(done) }()
	for busy := true; busy || asked < 20; asked++ {
		began := time.Now()
		response, err := client.Get("http://" + m.address + "/readyz")
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("/readyz: %d", response.StatusCode)
			}
			slowest = max(slowest, time.Since(began))
		} else if !busy {
			t.Errorf("/readyz: %v", err) // while they open, the newest thousand may push this one out too
		}
		select {
		case <-done:
			busy = false
		default:
		}
	}
	_, body := status(m, "/metrics")
	if !strings.Contains(body, `aftercare_connections_closed_total{what="idle"}`) || strings.Contains(body, `aftercare_connections_closed_total{what="idle"} 0`) {
		t.Errorf("what was closed is not counted:\n%s", body)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "idle connections are closed to make room") {
		t.Errorf("the log does not say so:\n%.2000s", log)
	}
	for _, c := range all {
		_ = c.Close()
	}
	p.stop()
	if !t.Failed() {
		t.Attr("figure", fmt.Sprintf("%d idle sockets at a limit of %d open files: %d × /readyz answered, the slowest after %v", sockets, limit, asked, slowest.Round(time.Millisecond)))
	}
}
