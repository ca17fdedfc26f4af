package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

const introduction = `# What it costs

This page is written by ` + "`make bench`" + ` from what it measured ([performance.json](performance.json)). Figures in seconds say
more about a machine than about a program, so what is compared is measured in one run, takes turns, and is given as a ratio. Each
figure is the median of several rounds after one that warms up. A private Postgres with its usual settings (every commit reaches the
disk) is started for the run.

| what | value | target | |
|---|---|---|---|
`

// page is docs/performance.md: what was measured, where, and whether it is enough.
func (r results) page() string {
	var p strings.Builder
	p.WriteString(introduction)
	count, missed := 0, 0
	for _, m := range r {
		for _, row := range m.Rows {
			count++
			if !row.Target.met(row.Value) {
				missed++
			}
			row.write(&p)
		}
	}
	fmt.Fprintf(&p, "\n%d of %d targets are met.\n\n## Where and when\n\n", count-missed, count)
	var machines []string
	for _, m := range r {
		fmt.Fprintf(&p, "- **%s**, %d rounds: %s; load averages at its end, with itself: %s\n", m.Name, m.Rounds, m.When, m.Load)
		if !slices.Contains(machines, m.Where) {
			machines = append(machines, m.Where)
		}
	}
	fmt.Fprintf(&p, "- %s\n", strings.Join(machines, "\n- "))
	p.WriteString("\n")
	p.WriteString(r.described(costs))
	for _, m := range r {
		for _, row := range m.Rows {
			row.writePages(&p)
		}
	}
	return p.String()
}

// The line that tells how pages are measured, and what it begins with in costs.md.
var (
	pagesLine   = regexp.MustCompile(`(?m)^\| pages of staff \| (.*) \|$`)
	pagesBefore = "pages_"
)

// howPages is how pages are measured by this program.
func howPages() string { return pagesLine.FindStringSubmatch(costs)[1] }

// described is the text of a person, where pages are told to be measured as they were in the run that made the figures:
// a line for each of the runs that were made in another way.
func (r results) described(text string) string {
	var lines, told []string
	for _, m := range r {
		if !strings.HasPrefix(m.Name, pagesBefore) || m.How == "" || slices.Contains(told, m.How) {
			continue
		}
		lines, told = append(lines, "| pages of staff ("+m.Name+") | "+m.How+" |"), append(told, m.How)
	}
	switch len(told) {
	case 0:
		return text
	case 1:
		lines[0] = "| pages of staff | " + told[0] + " |"
	}
	return pagesLine.ReplaceAllLiteralString(text, strings.Join(lines, "\n"))
}

// write is a line of the page's table.
func (r row) write(p *strings.Builder) {
	verdict := r.Target.verdict(r.Value)
	if r.Target.met(r.Value) && r.Stretch != 0 && (target{r.Stretch, r.Target.Least}).met(r.Value) {
		verdict += ", and the stretch of " + strconv.FormatFloat(r.Stretch, 'f', -1, 64)
	}
	if !r.Target.met(r.Value) {
		verdict = "**" + verdict + "**"
	}
	name := r.Name
	if parts := r.parts(); parts != "" {
		name += "<br><small>" + parts + "</small>"
	}
	fmt.Fprintf(p, "| %s | %s %s | %s | %s |\n", name, strconv.FormatFloat(r.Value, 'f', 2, 64), r.Unit, r.Target, verdict)
}

// writePages is a table of every page that was measured.
func (r row) writePages(p *strings.Builder) {
	if len(r.Pages) == 0 {
		return
	}
	p.WriteString("\n## " + r.Title + "\n\n| page | median ms | p99 ms | queries | rows | bytes at the first visit | fetched again |\n|---|---|---|---|---|---|---|\n")
	for _, c := range r.Pages {
		at := "`" + c.At + "`"
		if c.Status != http.StatusOK {
			at += " (" + strconv.Itoa(c.Status) + ")"
		}
		at += c.said()
		fmt.Fprintf(p, "| %s | %.1f | %.1f | %d | %d | %d | %d |\n", at, c.Median, c.P99, c.Queries, c.Rows, c.First, c.Part)
	}
}

// said says of a page that it shows no figures, and why.
func (c pageCost) said() string {
	switch c.Not {
	case "":
		return ""
	case refused:
		return " **refused: too much to read**"
	}
	return " (nothing to show)"
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

// circumstances are what the figures of a measurement depend on that began then.
func (b *bench) circumstances(ctx context.Context, m measured, began time.Time) measured {
	run := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil {
			return "unknown"
		}
		return strings.TrimSpace(string(out))
	}
	commit := run("git", "rev-parse", "--short", "HEAD")
	if changed := run("git", "status", "--porcelain", "--untracked-files=no", "--", "*.go", "go.mod"); changed != "" && changed != "unknown" {
		commit += " with changes that are not committed"
	}
	m.When = began.UTC().Format("2006-01-02 15:04") + " UTC, commit " + commit + ", in " + time.Since(began).Round(time.Second).String()
	m.Where = fmt.Sprintf("%d processors (%s), %s of memory; %s, %s, Linux %s", runtime.NumCPU(), field("/proc/cpuinfo", "model name"),
		field("/proc/meminfo", "MemTotal"), runtime.Version(), run(filepath.Join(b.postgres.Bin(), "postgres"), "--version"), run("uname", "-r"))
	m.Load = load()
	if strings.HasPrefix(m.Name, pagesBefore) {
		m.How = howPages()
	}
	return m
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
