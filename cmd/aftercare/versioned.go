package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/recovery/rulefile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey/strictyaml"
)

// versioned is a kind of file of which the newest version that was published is in force: the
// recovery rules, the triggers. Each is shown, checked and published by the same steps.
type versioned struct {
	called  string // in a sentence
	heading string // of a version that is shown
	nothing string // is shown above what is shipped
	shipped func() []byte
	version func(storage.Store, context.Context, int) (storage.RulesSource, error)
	publish func(storage.Store, context.Context, string, time.Time) (int, bool, error)
	audit   string // what publishing is called in the list of changes
	these   string // what is in force already
	then    string // is said once it is published
	// later says that the servers that run take it by and by; else they read it each time that they
	// decide by it.
	later bool
}

var recoveryRules = versioned{
	called: "the recovery rules", heading: "Recovery rules", nothing: "# The shipped rules: nothing is published.\n",
	shipped: rulefile.Shipped, version: storage.Store.Rules, publish: storage.Store.PublishRules,
	audit: "rules.publish", these: "These rules are", then: "Open cases keep the times that they were given.",
	later: true,
}

var askingTriggers = versioned{
	called: "the triggers", heading: "Triggers", nothing: "# Nothing is published: nobody is asked by itself.\n",
	shipped: triggerfile.Shipped, version: storage.Store.Triggers, publish: storage.Store.PublishTriggers,
	audit: "triggers.publish", these: "These triggers are", then: "What is scheduled is decided by it when its time has come.",
}

// versionView is a version of such a file, for programs.
type versionView struct {
	Version   *int       `json:"version"`   // null = nothing is published: what is shipped
	Published *time.Time `json:"published"` // null = the same
	Source    string     `json:"source"`
}

// show prints the file below a comment that says which version it is; 0 = the newest.
func (k versioned) show(a *terminal, version int, asJSON bool) error {
	if version < 0 {
		return usagef("versions are counted from 1")
	}
	return a.withStore(func(store storage.Store) error {
		view, heading := versionView{Source: string(k.shipped())}, k.nothing
		src, err := k.version(store, a.ctx, version)
		switch {
		case errors.Is(err, storage.ErrNotFound) && version > 0:
			return fmt.Errorf("there is no version %d of %s", version, k.called)
		case errors.Is(err, storage.ErrNotFound):
		case err != nil:
			return err
		default:
			view = versionView{&src.Version, &src.Published, src.Source}
			heading = fmt.Sprintf("# %s, version %d, published %s\n", k.heading, src.Version, src.Published.Format(time.RFC3339))
		}
		if asJSON {
			return a.printJSON(view)
		}
		return a.printf("%s%s", heading, view.Source)
	})
}

// checkedFile is what checking and publishing such a file find and do, for programs.
type checkedFile struct {
	OK      bool                `json:"ok"`
	Version *int                `json:"version"` // null = not published
	Created bool                `json:"created"` // false = the newest version is the same already
	InForce *inForce            `json:"in_force,omitempty"`
	Errors  []*strictyaml.Error `json:"errors"`

	name, source string
}

// readVersioned reads a file given on the command line and has it parsed. What parse finds wrong
// with it is in the error and in what is returned.
func readVersioned[P any](a *terminal, name string, parse func([]byte) (P, error)) (P, *checkedFile, error) {
	f := &checkedFile{name: name, Errors: []*strictyaml.Error{}}
	var p P
	source, err := a.readInput(name)
	if err != nil {
		return p, f, err
	}
	f.source = string(source)
	p, err = parse(source)
	if located, ok := errors.AsType[strictyaml.Errors](err); ok {
		f.Errors = located
	}
	if err != nil {
		err = fmt.Errorf("%s cannot be used:\n%w", name, err)
	}
	f.OK = err == nil
	return p, f, err
}

// refused is an error of reading, with what programs are told of it.
func (f *checkedFile) refused(a *terminal, err error, asJSON bool) error {
	if asJSON && len(f.Errors) > 0 {
		return errors.Join(a.printJSON(f), err)
	}
	return err
}

// checked prints what was found. It fails when the file could not be published.
func (f *checkedFile) checked(a *terminal, err error, asJSON bool) error {
	switch {
	case err != nil:
		return f.refused(a, err, asJSON)
	case asJSON:
		return a.printJSON(f)
	}
	return a.printf("%s: no errors.\n", f.name)
}

// apply publishes a file without errors as a new version, unless the newest one is the same.
func (k versioned) apply(a *terminal, store storage.Store, f *checkedFile, asJSON bool) error {
	version, created, err := k.publish(store, a.ctx, f.source, a.clock())
	if err != nil {
		return err
	}
	f.Version, f.Created = &version, created
	if created {
		if err := a.audited(store, k.audit, strconv.Itoa(version), "", ""); err != nil {
			return err
		}
		if k.later {
			f.InForce = a.inForce(store)
		}
	}
	if asJSON {
		return a.printJSON(f)
	}
	if !created {
		return a.printf("%s in force already, as version %d.\n", k.these, version)
	}
	said := fmt.Sprintf("Published as version %d. %s\n", version, k.then)
	if f.InForce != nil {
		said += f.InForce.text()
	}
	return a.printf("%s", said)
}
