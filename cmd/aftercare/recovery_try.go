package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

// recoveryTryCmd is the dry run of a rule file over past sessions.
type recoveryTryCmd struct {
	outputFlags
	File  string        `arg:"" help:"A rule file; - reads standard input."`
	Since recovery.Span `default:"90d" help:"How far back to look, such as 30d or 12h."`
}

// triedSession is one past session that the rules would have treated otherwise.
type triedSession struct {
	Session string            `json:"session"`
	Site    string            `json:"site"`
	Started time.Time         `json:"started"`
	Change  recovery.Change   `json:"change"`
	Case    *string           `json:"case"` // its name; null = none was opened
	Was     recovery.Decision `json:"was"`
	Would   recovery.Decision `json:"would"`
}

// Run reads the past page by page and prints what would have been different as it is
// found.
func (c *recoveryTryCmd) Run(a *terminal) error {
	if c.Since <= 0 {
		return usagef("--since must be longer than nothing, such as 90d")
	}
	p, _, err := readVersioned(a, c.File, rulefile.Parse)
	if err != nil {
		return err
	}
	return a.withStore(func(store storage.Store) error {
		now, err := policyInForce(a.ctx, store)
		if err != nil {
			return err
		}
		counts, err := store.Counts(a.ctx)
		if err != nil {
			return err
		}
		since := a.clock().Add(-time.Duration(c.Since))
		out := tryPrinter{terminal: a, json: c.JSON, changes: map[recovery.Change]int{}}
		if err := out.begin(since); err != nil {
			return err
		}
		out.sessions, err = bot.TryRules(a.ctx, store, now, p, since, nil, out.one, func(n int) { out.progress(n, counts.Sessions) })
		if err != nil {
			return err
		}
		return out.end()
	})
}

// tryPrinter prints differences one by one, so that none has to be kept.
type tryPrinter struct {
	*terminal
	json     bool
	read     int // sessions, also those that do not count
	sessions int
	found    int
	changes  map[recovery.Change]int
	shown    time.Time // when progress was last said
}

func (p *tryPrinter) begin(since time.Time) error {
	if p.json {
		return p.printf("{\n  \"since\": %q,\n  \"differences\": [", since.Format(time.RFC3339))
	}
	return nil
}

// changeWords are the changes for people.
var changeWords = map[recovery.Change]string{
	recovery.WouldOpen: "would open", recovery.WouldNot: "would not open", recovery.MoreUrgent: "more urgent",
	recovery.LessUrgent: "less urgent", recovery.WouldWatch: "would be watched", recovery.WouldIgnore: "would not be watched",
}

func (p *tryPrinter) one(s *storage.PastSession, d recovery.Difference) error {
	p.found++
	p.changes[d.Change]++
	var name *string
	shown := "-"
	if s.Case != nil {
		shown = s.Case.Name()
		name = &shown
	}
	if p.json {
		line, err := json.Marshal(triedSession{s.ID, s.Site, s.Started, d.Change, name, d.Was, d.Would})
		if err != nil {
			return err
		}
		comma := ","
		if p.found == 1 {
			comma = ""
		}
		return p.printf("%s\n    %s", comma, line)
	}
	if p.found == 1 {
		if err := p.printf("%-16s  %-20s  %-6s  %-8s  %s\n", "STARTED", "CHANGE", "CASE", "PRIORITY", "WHY"); err != nil {
			return err
		}
	}
	priority := strings.Trim(d.Was.Priority.String()+" → "+d.Would.Priority.String(), " →")
	if d.Was.Opens && d.Would.Opens {
		priority = d.Was.Priority.String() + " → " + d.Would.Priority.String()
	}
	why := d.Would.Reasons
	if len(why) == 0 {
		why = d.Was.Reasons
	}
	words := make([]string, len(why))
	for i, r := range why {
		words[i] = string(r)
	}
	return p.printf("%-16s  %-20s  %-6s  %-8s  %s\n", s.Started.UTC().Format("2006-01-02 15:04"), changeWords[d.Change], shown, priority, strings.Join(words, ", "))
}

// progress says on standard error how far it is, now and then.
func (p *tryPrinter) progress(n, of int) {
	p.read += n
	if p.shown.IsZero() {
		p.shown = time.Now()
	}
	if time.Since(p.shown) < time.Second {
		return
	}
	p.shown = time.Now()
	_, _ = io.WriteString(p.stderr, fmt.Sprintf("%d sessions read, of at most %d …\n", p.read, of))
}

func (p *tryPrinter) end() error {
	if p.json {
		counts := make(map[recovery.Change]int, len(changeWords))
		for _, c := range recovery.Changes() {
			counts[c] = p.changes[c]
		}
		body, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		last := "\n  "
		if p.found == 0 {
			last = ""
		}
		return p.printf("%s],\n  \"sessions\": %d,\n  \"changes\": %s\n}\n", last, p.sessions, body)
	}
	if p.found == 0 {
		return p.printf("%s looked at. Nothing would have been different.\n", count(p.sessions, "session"))
	}
	var parts []string
	for _, c := range recovery.Changes() {
		if n := p.changes[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, changeWords[c]))
		}
	}
	return p.printf("\n%s looked at: %s.\n", count(p.sessions, "session"), strings.Join(parts, ", "))
}
