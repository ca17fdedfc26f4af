package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// costs is the part of the page that a person wrote who read the profiles.
//
//go:embed costs.md
var costs string

// page is docs/performance.md: what was measured, where, and whether it is enough.
func (b *bench) page(ctx context.Context, rows []row, took time.Duration) string {
	var p strings.Builder
	p.WriteString("# What it costs\n\nThis page is written by `make bench`. Figures in seconds say more about a machine than about a program, so what is\n" +
		"compared is measured in one run, takes turns, and is given as a ratio. Each figure is the median of " + strconv.Itoa(b.Rounds) + " rounds after one\n" +
		"that warms up. A private Postgres with its usual settings (every commit reaches the disk) is started for the run.\n\n" +
		"| what | value | target | |\n|---|---|---|---|\n")
	missed := 0
	for _, r := range rows {
		verdict := r.Target.verdict(r.Value)
		if r.Target.met(r.Value) && r.Stretch != 0 && (target{r.Stretch, r.Target.Least}).met(r.Value) {
			verdict += ", and the stretch of " + strconv.FormatFloat(r.Stretch, 'f', -1, 64)
		}
		if !r.Target.met(r.Value) {
			missed++
			verdict = "**" + verdict + "**"
		}
		name := r.Name
		if parts := r.parts(); parts != "" {
			name += "<br><small>" + parts + "</small>"
		}
		fmt.Fprintf(&p, "| %s | %s %s | %s | %s |\n", name, strconv.FormatFloat(r.Value, 'f', 2, 64), r.Unit, r.Target, verdict)
	}
	fmt.Fprintf(&p, "\n%d of %d targets are met.\n\n## Where and when\n\n", len(rows)-missed, len(rows))
	for _, line := range b.circumstances(ctx, took) {
		p.WriteString("- " + line + "\n")
	}
	p.WriteString("\n" + costs)
	return p.String()
}

// parts are what a row was made of, in the order of their names.
func (r row) parts() string {
	var parts []string
	for name, v := range r.Parts {
		parts = append(parts, fmt.Sprintf("%s %.4g", name, v))
	}
	slices.Sort(parts)
	return strings.Join(parts, " · ")
}

// circumstances are what the figures depend on.
func (b *bench) circumstances(ctx context.Context, took time.Duration) []string {
	run := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(out))
	}
	commit := run("git", "rev-parse", "--short", "HEAD")
	if changed := run("git", "status", "--porcelain", "--untracked-files=no"); changed != "" && changed != "unknown" {
		commit += " with changes that are not committed"
	}
	return []string{
		time.Now().UTC().Format("2006-01-02 15:04") + " UTC, commit " + commit + ", in " + took.Round(time.Second).String(),
		fmt.Sprintf("%d processors (%s), %s of memory", runtime.NumCPU(), field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal")),
		runtime.Version() + ", " + run(filepath.Join(b.postgres.Bin(), "postgres"), "--version") + ", Linux " + run("uname", "-r"),
		"Others at work on the machine (load averages at the end, this run included): " + load(),
	}
}

// field is the first value of a name in a file of "name : value" lines.
func field(path, name string) string {
	text, _ := os.ReadFile(path) // a line that is missing is no reason to lose the figures
	for line := range bytes.Lines(text) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if ok && string(bytes.TrimSpace(key)) == name {
			return string(bytes.TrimSpace(value))
		}
	}
	return "unknown"
}

func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	return strings.Join(strings.Fields(string(text))[:min(3, len(strings.Fields(string(text))))], " ")
}
