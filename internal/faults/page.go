package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const introduction = `# What must hold, and what shows it

This page is written by ` + "`make crash`, `make faults`, `make soak` and `make fuzz`" + `, from what they measured
([reliability.json](reliability.json)); nobody writes it by hand, and a test fails when it differs from what would be written.
` + "`make test`" + ` runs every test named here, in the length that is called short; the targets run them long and note the
figures; a test that has one length counts as long. A seed repeats a schedule: it is given to the test with ` + "`-seed`" + `. Figures of time were taken on machines that did
other work as well, and are no promise; the zeros are.

The promise of the outbox: *in order per conversation in each chat, never lost, possibly shown twice.*

| # | property | proved by | last long run | result |
|---|---|---|---|---|
`

// page is docs/reliability.md.
func page(rows []row, r record) string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, row := range rows {
		var names []string
		for _, c := range row.checks {
			if c.fuzz {
				continue
			}
			names = append(names, "`"+c.test+"`")
		}
		if n := len(slices.DeleteFunc(slices.Clone(row.checks), func(c check) bool { return !c.fuzz })); n > 0 {
			names = append(names, fmt.Sprintf("%d fuzz targets", n))
		}
		when, result := summary(row, r)
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s |\n", row.n, row.property, strings.Join(names, ", "), when, result)
	}
	b.WriteString("\n## What was measured\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "\n### %d. %s\n\nWanted: %s\n\n", row.n, capital(row.property), row.figure)
		runs := of(row, r)
		for _, one := range runs {
			one.write(&b)
		}
		if len(runs) == 0 {
			b.WriteString("Runs in `make test`; no longer run was noted.\n")
		}
	}
	return b.String()
}

// of is the noted runs of a row: those of its present checks, in the checks' order, the
// long ones first.
func of(row row, r record) []run {
	var runs []run
	for _, c := range row.checks {
		var own []run
		for _, one := range r {
			if one.Row == row.n && one.Test == c.name() {
				own = append(own, one)
			}
		}
		slices.SortFunc(own, func(a, b run) int { return cmp.Compare(length(a), length(b)) })
		runs = append(runs, own...)
	}
	return runs
}

func length(r run) int {
	if r.Long {
		return 0
	}
	return 1
}

// summary is the newest date and the verdict of a row: of its long runs, if there are any.
func summary(row row, r record) (when, result string) {
	var newest time.Time
	passed, total, long := 0, 0, false
	noted := map[string]bool{}
	for _, one := range of(row, r) {
		noted[one.Test] = true
		if one.Long && !long {
			long, passed, total, newest = true, 0, 0, time.Time{}
		}
		if one.Long != long {
			continue
		}
		total++
		if one.Passed {
			passed++
		}
		if one.At.After(newest) {
			newest = one.At
		}
	}
	switch {
	case total == 0:
		return "–", "in `make test` only"
	case passed < total:
		result = fmt.Sprintf("**%d of %d fail**", total-passed, total)
	default:
		result = "holds"
	}
	if missing := len(row.checks) - len(noted); missing > 0 {
		result += fmt.Sprintf(", %d of %d not noted", missing, len(row.checks))
	}
	if !long {
		return "–", result + " (short run of " + newest.Format(time.DateOnly) + ")"
	}
	return newest.Format(time.DateOnly), result
}

func (r run) write(b *strings.Builder) {
	verdict, length := "holds", "short"
	if !r.Passed {
		verdict = "**fails**"
	}
	if r.Long {
		length = "long"
	}
	fmt.Fprintf(b, "- `%s` (%s, %s, %v; %s): %s\n", r.Test, length, r.At.Format("2006-01-02 15:04"), r.Took, r.Machine, verdict)
	fmt.Fprintf(b, "  - `%s`", strings.ReplaceAll(r.Command, "|", `\|`))
	if len(r.Seeds) > 0 {
		fmt.Fprintf(b, ", seeds %s", strings.Join(r.Seeds, ", "))
	}
	b.WriteString("\n")
	for _, f := range r.Figures {
		b.WriteString("  - ")
		if f.Of != "" {
			b.WriteString(f.Of + ": ")
		}
		b.WriteString(f.Text + "\n")
	}
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
