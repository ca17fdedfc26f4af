package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/bot/asking"
	"github.com/aftercare/aftercare/invitation"
	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery"
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

// Run prints the file below a comment that says which version it is.
func (c *triggersShowCmd) Run(a *terminal) error {
	if c.Version < 0 {
		return usagef("versions are counted from 1")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	view, heading := rulesView{Source: string(triggerfile.Shipped())}, "# Nothing is published: nobody is asked by itself.\n"
	src, err := store.Triggers(a.ctx, c.Version)
	switch {
	case errors.Is(err, storage.ErrNotFound) && c.Version > 0:
		return fmt.Errorf("there is no version %d of the triggers", c.Version)
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return err
	default:
		view = rulesView{&src.Version, &src.Published, src.Source}
		heading = fmt.Sprintf("# Triggers, version %d, published %s\n", src.Version, src.Published.Format(time.RFC3339))
	}
	if c.JSON {
		return a.printJSON(view)
	}
	return a.printf("%s%s", heading, view.Source)
}

// readTriggers reads a file of triggers given on the command line, and finds what it names.
func (a *terminal) readTriggers(file string, b *bot.Bot, store storage.Store) (invitation.Policy, []byte, rulesReport, error) {
	report := rulesReport{Errors: []*triggerfile.Error{}}
	source, err := a.readInput(file)
	if err != nil {
		return invitation.Policy{}, nil, report, err
	}
	known, err := asking.Known(a.ctx, store, b)
	if err != nil {
		return invitation.Policy{}, nil, report, err
	}
	p, err := triggerfile.Check(source, known)
	if located, ok := errors.AsType[triggerfile.Errors](err); ok {
		report.Errors = located
	}
	if err != nil {
		return p, source, report, fmt.Errorf("%s cannot be used:\n%w", file, err)
	}
	report.OK = true
	return p, source, report, nil
}

// triggersCheckCmd reads a file of triggers and says what is wrong with it.
type triggersCheckCmd struct {
	outputFlags
	File string `arg:"" help:"A file of triggers; - reads standard input."`
}

// Run prints the findings. It fails when the file could not be published.
func (c *triggersCheckCmd) Run(a *terminal) error {
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		_, _, report, err := a.readTriggers(c.File, b, store)
		if c.JSON && (err == nil || len(report.Errors) > 0) {
			return errors.Join(a.printJSON(report), err)
		}
		if err != nil {
			return err
		}
		return a.printf("%s: no errors.\n", c.File)
	})
}

// triggersApplyCmd publishes a file of triggers as a new version.
type triggersApplyCmd struct {
	outputFlags
	File string `arg:"" help:"A file of triggers; - reads standard input."`
}

// Run reads, checks and publishes. Errors refuse the file and change nothing.
func (c *triggersApplyCmd) Run(a *terminal) error {
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		_, source, report, err := a.readTriggers(c.File, b, store)
		if err != nil {
			if c.JSON && len(report.Errors) > 0 {
				return errors.Join(a.printJSON(report), err)
			}
			return err
		}
		version, created, err := store.PublishTriggers(a.ctx, string(source), a.clock())
		if err != nil {
			return err
		}
		report.Version, report.Created = &version, created
		if created {
			if err := a.audited(store, "triggers.publish", strconv.Itoa(version), "", ""); err != nil {
				return err
			}
		}
		if c.JSON {
			return a.printJSON(report)
		}
		if !created {
			return a.printf("These triggers are in force already, as version %d.\n", version)
		}
		return a.printf("Published as version %d. What is scheduled is decided by it when its time has come.\n", version)
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
	return a.withBot(func(b *bot.Bot, store storage.Store) error {
		p, _, _, err := a.readTriggers(c.File, b, store)
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
		fmt.Fprintf(&b, "%s: %d matched, %d would have been asked, %.1f a week.\n", x.Name, x.Matched, x.WouldAsk, x.PerWeek)
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
