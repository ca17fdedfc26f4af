package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

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

// Run prints the file.
func (c *recoveryShowCmd) Run(a *terminal) error { return recoveryRules.show(a, c.Version, c.JSON) }

// recoveryCheckCmd reads a rule file and says what is wrong with it.
type recoveryCheckCmd struct {
	outputFlags
	File string `arg:"" help:"A rule file; - reads standard input."`
}

// Run prints the findings. It fails when the file could not be published.
func (c *recoveryCheckCmd) Run(a *terminal) error {
	_, read, err := readVersioned(a, c.File, rulefile.Parse)
	return read.checked(a, err, c.JSON)
}

// recoveryApplyCmd publishes a rule file as a new version.
type recoveryApplyCmd struct {
	outputFlags
	File string `arg:"" help:"A rule file; - reads standard input."`
}

// Run reads, checks and publishes. Errors refuse the file and change nothing.
func (c *recoveryApplyCmd) Run(a *terminal) error {
	p, read, err := readVersioned(a, c.File, rulefile.Parse)
	if err != nil {
		return read.refused(a, err, c.JSON)
	}
	return a.withStore(func(store storage.Store) error {
		if err := knownSites(a.ctx, store, p); err != nil {
			return err
		}
		return recoveryRules.apply(a, store, read, c.JSON)
	})
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
