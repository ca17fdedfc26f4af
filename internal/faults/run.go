package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// event is a line of `go test -json`.
type event struct {
	Action, Test, Output, Key, Value string
}

// fuzzed is how a fuzz target tells how far it came.
var fuzzed = regexp.MustCompile(`fuzz: elapsed: (\S+), execs: (\d+)`)

// command is the arguments of `go` for one check.
func (o options) command(c check) []string {
	args := []string{"test", "./" + c.dir, "-count=1", "-timeout", "5h"}
	if c.fuzz {
		return append(args, "-run=^$", "-fuzz=^"+c.test+"$", "-fuzztime="+o.sizes["fuzztime"], "-fuzzminimizetime=20x") // its minute for each input would be the whole time
	}
	args = append(args, "-run=^"+c.test+"$")
	if !o.short && len(c.long) > 0 {
		args = append(args, "-args")
		for _, a := range c.long {
			if a = os.Expand(a, func(name string) string { return o.sizes[name] }); !strings.HasSuffix(a, "=") {
				args = append(args, a)
			}
		}
	}
	return args
}

// whole reports whether a check runs as long as it ever does: a test of one length
// always does.
func (o options) whole(c check) bool { return c.fuzz || !o.short || len(c.long) == 0 }

// run runs one check and returns what it measured. An error means that it could not run.
func (o options) run(ctx context.Context, c check) (run, error) {
	args := o.command(c)
	r := run{
		Test: c.name(), Long: o.whole(c), Command: "go " + strings.Join(args, " "),
		At: time.Now().UTC().Truncate(time.Second), Machine: machine(),
	}
	fmt.Println("==", r.Command)
	cmd := exec.CommandContext(ctx, "go", append([]string{args[0], "-json"}, args[1:]...)...) //nolint:gosec // its own table names the tests
	cmd.Stderr = os.Stderr
	if r.Long { // on the disk, whose waiting is a part of the figures: see internal/testdisk
		cmd.Env = append(os.Environ(), "TMPDIR="+os.TempDir())
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, fmt.Errorf("run %s: %w", c.test, err)
	}
	if err := cmd.Start(); err != nil {
		return r, fmt.Errorf("run %s: %w", c.test, err)
	}
	began := time.Now()
	ran, err := r.read(out)
	if err != nil {
		return r, err
	}
	err = cmd.Wait()
	r.Took = time.Since(began).Round(100 * time.Millisecond)
	if ctx.Err() != nil {
		return r, ctx.Err()
	}
	r.Passed = err == nil && ran
	if err == nil && !ran {
		return r, fmt.Errorf("%s has no test %s", c.dir, c.test)
	}
	for _, f := range r.Figures {
		fmt.Printf("   %s %s\n", f.Of, f.Text)
	}
	fmt.Printf("   passed: %v, in %v\n", r.Passed, r.Took)
	return r, nil
}

// read takes figures and seeds out of a test's events, and prints what a test that fails
// says. It reports whether a test ran at all.
func (r *run) read(out io.Reader) (ran bool, err error) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 64<<20)
	said := map[string]*strings.Builder{}
	last, cases := "", 0
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // a build that failed
			continue
		}
		_, part, _ := strings.Cut(e.Test, "/")
		switch e.Action {
		case "run":
			ran = true
		case "attr":
			switch e.Key {
			case "figure":
				r.Figures = append(r.Figures, figure{part, e.Value})
			case "seed":
				r.Seeds = append(r.Seeds, e.Value)
			}
		case "output":
			if m := fuzzed.FindStringSubmatch(e.Output); m != nil {
				ran, last = true, m[2]+" inputs in "+m[1]
			}
			if said[e.Test] == nil {
				said[e.Test] = new(strings.Builder)
			}
			said[e.Test].WriteString(e.Output)
		case "pass":
			if part != "" {
				cases++
			}
		case "fail":
			if b := said[e.Test]; b != nil {
				fmt.Print(b.String())
			}
		case "build-output":
			fmt.Print(e.Output)
		}
	}
	if len(r.Figures) == 0 && cases > 0 {
		last = cmp.Or(last, fmt.Sprintf("%d cases", cases))
	}
	if last != "" {
		r.Figures = append(r.Figures, figure{"", last})
	}
	if err := lines.Err(); err != nil {
		return ran, fmt.Errorf("read what the test says: %w", err)
	}
	return ran, nil
}

func machine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
