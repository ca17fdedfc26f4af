package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/aftercare/aftercare/storage/postgres/pgtest"
)

// process measures the real binary: how soon it is ready on an existing SQLite file,
// and the memory that it holds when idle.
func process(ctx context.Context, b *bench) ([]row, error) {
	p, size, err := b.build(ctx)
	if err != nil {
		return nil, err
	}
	var ready, bare, memory []float64
	for range b.Rounds + 1 { // the first start makes the file and does not count
		began := time.Now()
		if out, err := exec.CommandContext(ctx, p.binary, "version").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("version: %w\n%s", err, out)
		}
		bare = append(bare, milliseconds(time.Since(began)))
		took, resident, err := p.start(ctx)
		if err != nil {
			return nil, err
		}
		ready, memory = append(ready, milliseconds(took)), append(memory, resident)
	}
	return []row{
		{
			Name: "memory resident, idle", Unit: "MiB", Target: atMost(40), Stretch: 30,
			Value: median(memory[1:]), Parts: map[string]float64{"binary MiB": size},
		},
		{
			Name: "start on an existing SQLite file until ready", Unit: "ms", Target: atMost(200), Stretch: 80,
			Value: median(ready[1:]), Parts: map[string]float64{"`version` ms": median(bare[1:])},
		},
	}, nil
}

// program is the built binary and where it runs.
type program struct{ binary, dir, file string }

// build makes the binary, once, and tells its size in MiB.
func (b *bench) build(ctx context.Context) (program, float64, error) {
	p := program{binary: filepath.Join(b.dir, "aftercare"), dir: b.dir, file: filepath.Join(b.dir, "process.db")}
	info, err := os.Stat(p.binary)
	if err != nil {
		out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", p.binary, "github.com/aftercare/aftercare/cmd/aftercare").CombinedOutput()
		if err != nil {
			return p, 0, fmt.Errorf("build: %w\n%s", err, out)
		}
		if info, err = os.Stat(p.binary); err != nil {
			return p, 0, err
		}
	}
	return p, float64(info.Size()) / (1 << 20), nil
}

// settle is how long a started server is left alone before its memory is read: its
// sweeps and refreshes have run by then.
const settle = 5 * time.Second

// start runs `serve` and returns how long it took to be ready and, later, how much
// memory it holds, in MiB.
func (p program) start(ctx context.Context) (took time.Duration, resident float64, err error) {
	address, err := pgtest.Address()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, p.binary, "serve")
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "DATABASE_URL=sqlite:"+p.file, "LISTEN="+address, "LOG_LEVEL=warn")
	var log bytes.Buffer
	cmd.Stderr = &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if stopped := cmd.Wait(); stopped != nil && err == nil {
			err = fmt.Errorf("serve: %w\n%s", stopped, log.String())
		}
	}()
	for {
		response, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(began) > 30*time.Second {
			return 0, 0, fmt.Errorf("serve is not ready after 30 s: %s", log.String())
		}
		time.Sleep(time.Millisecond)
	}
	took = time.Since(began)
	time.Sleep(settle)
	resident, err = residentMiB(cmd.Process.Pid)
	return took, resident, err
}

var rssLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

func residentMiB(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	m := rssLine.FindSubmatch(status)
	if m == nil {
		return 0, fmt.Errorf("process %d has no VmRSS", pid)
	}
	kib, err := strconv.ParseFloat(string(m[1]), 64)
	return kib / 1024, err
}
