package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aftercare/aftercare/bot"
	"github.com/aftercare/aftercare/recovery"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
)

// recoveryCmd groups the commands about the recovery rules.
type recoveryCmd struct {
	Show  recoveryShowCmd  `cmd:"" help:"Print the rules that are in force, as a file."`
	Check recoveryCheckCmd `cmd:"" help:"Say what is wrong with a rule file."`
	Apply recoveryApplyCmd `cmd:"" help:"Publish a rule file as a new version."`
	Try   recoveryTryCmd   `cmd:"" help:"Say which past cases a rule file would and would not have opened."`
}

// recoveryShowCmd prints a version of the rules.
type recoveryShowCmd struct {
	outputFlags
	Version int `help:"Which version; the newest unless given."`
}

// rulesView is a version of the rules, for programs.
type rulesView struct {
	Version   *int       `json:"version"`   // null = nothing is published: the shipped rules
	Published *time.Time `json:"published"` // null = the same
	Source    string     `json:"source"`
}

// Run prints the file below a comment that says which version it is.
func (c *recoveryShowCmd) Run(a *terminal) error {
	if c.Version < 0 {
		return usagef("versions are counted from 1")
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	view, heading := rulesView{Source: string(rulefile.Shipped())}, "# The shipped rules: nothing is published.\n"
	src, err := store.Rules(a.ctx, c.Version)
	switch {
	case errors.Is(err, storage.ErrNotFound) && c.Version > 0:
		return fmt.Errorf("there is no version %d of the recovery rules", c.Version)
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return err
	default:
		view = rulesView{&src.Version, &src.Published, src.Source}
		heading = fmt.Sprintf("# Recovery rules, version %d, published %s\n", src.Version, src.Published.Format(time.RFC3339))
	}
	if c.JSON {
		return a.printJSON(view)
	}
	return a.printf("%s%s", heading, view.Source)
}

// recoveryCheckCmd reads a rule file and says what is wrong with it.
type recoveryCheckCmd struct {
	outputFlags
	File string `arg:"" help:"A rule file; - reads standard input."`
}

// rulesReport is what `recovery check` and `recovery apply` find and do, for programs.
type rulesReport struct {
	OK      bool              `json:"ok"`
	Version *int              `json:"version"` // null = not published
	Created bool              `json:"created"` // false = the newest version is the same already
	InForce *inForce          `json:"in_force,omitempty"`
	Errors  []*rulefile.Error `json:"errors"`
}

// Run prints the findings. It fails when the file could not be published.
func (c *recoveryCheckCmd) Run(a *terminal) error {
	_, _, report, err := a.readRules(c.File)
	if c.JSON && (err == nil || len(report.Errors) > 0) {
		return errors.Join(a.printJSON(report), err)
	}
	if err != nil {
		return err
	}
	return a.printf("%s: no errors.\n", c.File)
}

// readRules reads a rule file given on the command line.
func (a *terminal) readRules(file string) (recovery.Policy, []byte, rulesReport, error) {
	report := rulesReport{Errors: []*rulefile.Error{}}
	source, err := a.readInput(file)
	if err != nil {
		return recovery.Policy{}, nil, report, err
	}
	p, err := rulefile.Parse(source)
	if located, ok := errors.AsType[rulefile.Errors](err); ok {
		report.Errors = located
	}
	if err != nil {
		return p, source, report, fmt.Errorf("%s cannot be used:\n%w", file, err)
	}
	report.OK = true
	return p, source, report, nil
}

// recoveryApplyCmd publishes a rule file as a new version.
type recoveryApplyCmd struct {
	outputFlags
	File string `arg:"" help:"A rule file; - reads standard input."`
}

// Run reads, checks and publishes. Errors refuse the file and change nothing.
func (c *recoveryApplyCmd) Run(a *terminal) error {
	p, source, report, err := a.readRules(c.File)
	if err != nil {
		if c.JSON && len(report.Errors) > 0 {
			return errors.Join(a.printJSON(report), err)
		}
		return err
	}
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	if err := knownSites(a.ctx, store, p); err != nil {
		return err
	}
	version, created, err := store.PublishRules(a.ctx, string(source), a.clock())
	if err != nil {
		return err
	}
	report.Version, report.Created = &version, created
	if created {
		if err := a.audited(store, "rules.publish", strconv.Itoa(version), "", ""); err != nil {
			return err
		}
		report.InForce = a.inForce(store)
	}
	if c.JSON {
		return a.printJSON(report)
	}
	if !created {
		return a.printf("These rules are in force already, as version %d.\n", version)
	}
	return a.printf("Published as version %d. Open cases keep the times that they were given.\n%s", version, report.InForce.text())
}

// knownSites makes sure that every site of the rules exists.
func knownSites(ctx context.Context, store storage.Store, p recovery.Policy) error {
	unknown, err := bot.UnknownSites(ctx, store, p)
	if err != nil || len(unknown) == 0 {
		return err
	}
	slices.Sort(unknown)
	return fmt.Errorf("there is no site %s. See `aftercare site list`, or add it first: aftercare site add", strings.Join(unknown, ", "))
}

// policyInForce is what the published rules say, or the shipped ones.
func policyInForce(ctx context.Context, store storage.Store) (recovery.Policy, error) {
	return bot.RulesInForce(ctx, store, rulefile.Parse)
}
