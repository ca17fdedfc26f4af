package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/report"
	"github.com/aftercare/aftercare/storage"
)

// triggersCmd groups the commands about who is asked by itself.
type triggersCmd struct {
	Show  triggersShowCmd  `cmd:"" help:"Print the triggers that are in force, as a file."`
	Check triggersCheckCmd `cmd:"" help:"Say what is wrong with a file of triggers."`
	Try   triggersTryCmd   `cmd:"" help:"Say whom a file of triggers would and would not have asked."`
	Apply triggersApplyCmd `cmd:"" help:"Publish a file of triggers as a new version."`
	Links triggersLinksCmd `cmd:"" help:"Print the links that are to be handed out to customers, as CSV."`
}

// triggersShowCmd prints a version of the triggers.
type triggersShowCmd struct {
	outputFlags
	Version int `help:"Which version; the newest unless given."`
}

// Run prints the file.
func (c *triggersShowCmd) Run(a *terminal) error { return askingTriggers.show(a, c.Version, c.JSON) }

// withTriggers reads a file of triggers given on the command line, finds what it names, and runs f.
func (a *terminal) withTriggers(file string, f func(b *bot.Bot, store storage.Store, p invitation.Policy, read *checkedFile, err error) error) error {
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		known, err := asking.Known(a.ctx, store, b)
		if err != nil {
			return err
		}
		p, read, err := readVersioned(a, file, func(source []byte) (invitation.Policy, error) { return triggerfile.Check(source, known) })
		return f(b, store, p, read, err)
	})
}

// triggersCheckCmd reads a file of triggers and says what is wrong with it.
type triggersCheckCmd struct {
	outputFlags
	File string `arg:"" help:"A file of triggers; - reads standard input."`
}

// Run prints the findings. It fails when the file could not be published.
func (c *triggersCheckCmd) Run(a *terminal) error {
	return a.withTriggers(c.File, func(_ *bot.Bot, _ storage.Store, _ invitation.Policy, read *checkedFile, err error) error {
		return read.checked(a, err, c.JSON)
	})
}

// triggersApplyCmd publishes a file of triggers as a new version.
type triggersApplyCmd struct {
	outputFlags
	File string `arg:"" help:"A file of triggers; - reads standard input."`
}

// Run reads, checks and publishes. Errors refuse the file and change nothing.
func (c *triggersApplyCmd) Run(a *terminal) error {
	return a.withTriggers(c.File, func(_ *bot.Bot, store storage.Store, _ invitation.Policy, read *checkedFile, err error) error {
		if err != nil {
			return read.refused(a, err, c.JSON)
		}
		return askingTriggers.apply(a, store, read, c.JSON)
	})
}

// triggersTryCmd is the dry run of a file of triggers over past events.
type triggersTryCmd struct {
	outputFlags
	File  string        `arg:"" help:"A file of triggers; - reads standard input."`
	Since recovery.Span `default:"90d" help:"How far back to look, such as 30d or 12h."`
}

// Run says what the file would have done.
func (c *triggersTryCmd) Run(a *terminal) error {
	if c.Since <= 0 {
		return usagef("--since must be longer than nothing, such as 90d")
	}
	return a.withTriggers(c.File, func(b *bot.Bot, store storage.Store, p invitation.Policy, _ *checkedFile, err error) error {
		if err != nil {
			return err
		}
		asks := asking.New(asking.Config{Store: store, Bot: b, Clock: a.clock})
		t, err := asks.Try(a.ctx, p, a.clock().Add(-time.Duration(c.Since)), nil)
		if err != nil {
			return err
		}
		if c.JSON {
			return a.printJSON(t)
		}
		return a.printf("%s", triedText(t))
	})
}

// triedText is a dry run for people.
func triedText(t asking.Tried) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s looked at: %d would have been asked.\n", count(t.Events, "event"), t.WouldAsk)
	for _, r := range slices.Sorted(maps.Keys(t.NotAsked)) {
		fmt.Fprintf(&b, "  not asked, %-22s %d\n", r, t.NotAsked[r])
	}
	for _, x := range t.Triggers {
		if x.Silent {
			fmt.Fprintf(&b, "%s: %d matched, %s would have opened.\n", x.Name, x.Matched, count(x.WouldOpen, "case"))
			continue
		}
		fmt.Fprintf(&b, "%s: %d matched, %d would have been asked, %s a week.\n", x.Name, x.Matched, x.WouldAsk, report.Printed(x.PerWeek, 1))
		if x.Arms != nil {
			fmt.Fprintf(&b, "  of its experiment: %d as usual, %d the other way.\n", x.Arms[invitation.UsualArm], x.Arms[invitation.OtherArm])
		}
	}
	for i, d := range t.Differences {
		if i == 0 {
			fmt.Fprintf(&b, "\nWhat would have been different:\n")
		}
		if i == 30 {
			fmt.Fprintf(&b, "  … and %d more; --json lists them.\n", len(t.Differences)-i+t.More)
			break
		}
		was := d.Was
		if was == "" {
			was = "not looked at"
		}
		fmt.Fprintf(&b, "  %-24s %s → %s  %s\n", d.Event, was, d.Would, d.Words)
	}
	if t.Cut {
		b.WriteString("There are more events than are looked at in one go: choose a shorter --since.\n")
	}
	return b.String()
}

// triggersLinksCmd prints what is to be handed out.
type triggersLinksCmd struct {
	Since recovery.Span `default:"14d" help:"How far back to look, such as 30d or 12h."`
}

// mostLinks are printed in one go.
const mostLinks = 100_000

// Run prints the links that nobody has opened yet.
func (c *triggersLinksCmd) Run(a *terminal) error {
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		asks := asking.New(asking.Config{Store: store, Bot: b, Clock: a.clock})
		list, err := asks.HandOuts(a.ctx, nil, a.clock().Add(-time.Duration(c.Since)), mostLinks)
		if err != nil {
			return err
		}
		if len(list) > 0 && list[0].Link() == "" {
			return errors.New("the links lead nowhere: set PUBLIC_URL to the address at which customers reach this server, as the server has it")
		}
		w := csv.NewWriter(a.stdout)
		rows := [][]string{asking.HandOutColumns()}
		for i := range list {
			rows = append(rows, list[i].Row())
		}
		return w.WriteAll(rows)
	})
}
