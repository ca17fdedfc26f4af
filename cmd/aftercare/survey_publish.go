package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	yaml "github.com/goccy/go-yaml"

	"github.com/aftercare/aftercare/invitation/triggerfile"
	"github.com/aftercare/aftercare/storage"
	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/flowmap"
)

// publisher is what the survey commands need of a database.
type publisher interface {
	Publish(ctx context.Context, flow, source string, at time.Time) (version int, created bool, err error)
	FlowSource(ctx context.Context, flow string, version int) (storage.FlowSource, error)
	FlowSources(ctx context.Context) ([]storage.FlowSource, error)
}

// published is a flow with its file and where it comes from.
type published struct {
	survey.Flow
	source []byte
	at     time.Time // of publication; zero = not published
}

// nameAndVersion splits NAME@VERSION; version 0 is the newest.
func nameAndVersion(arg string) (string, int, error) {
	name, number, given := strings.Cut(arg, "@")
	if !given {
		return name, 0, nil
	}
	version, err := strconv.Atoi(number)
	if err != nil || version < 1 {
		return "", 0, usagef("%q is not NAME or NAME@VERSION, where versions are counted from 1", arg)
	}
	return name, version, nil
}

// lookUp finds a published flow by NAME or NAME@VERSION, and a template that was never
// published by its name.
func lookUp(ctx context.Context, db publisher, arg string) (published, error) {
	name, version, err := nameAndVersion(arg)
	if err != nil {
		return published{}, err
	}
	stored, err := db.FlowSource(ctx, name, version)
	if errors.Is(err, storage.ErrNotFound) {
		f, source, shipped := flowfile.Template(name)
		switch {
		case shipped && version == 0:
			return published{Flow: f, source: source}, nil
		case version > 0:
			return published{}, usagef("there is no version %d of a flow %q. `aftercare survey list` lists what is published", version, name)
		}
		return published{}, usagef("there is no flow %q. `aftercare survey list` lists what is published, `aftercare survey templates` what is shipped", name)
	}
	if err != nil {
		return published{}, fmt.Errorf("read the flow %s: %w", name, err)
	}
	f, err := flowfile.Parse([]byte(stored.Source))
	if err != nil {
		return published{}, fmt.Errorf("%s version %d cannot be read:\n%w", stored.Flow, stored.Version, err)
	}
	f.Version = stored.Version
	return published{f, []byte(stored.Source), stored.Published}, nil
}

// surveyListCmd lists what is published.
type surveyListCmd struct{ outputFlags }

// flowRow is the newest version of a published flow, for programs.
type flowRow struct {
	Name      string       `json:"name"`
	Version   int          `json:"version"`
	Published time.Time    `json:"published"`
	Class     survey.Class `json:"class"`
	Title     survey.Text  `json:"title"`
	Questions int          `json:"questions"`
	State     string       `json:"state"` // asked, paused, retired
}

// Run lists the newest version of every flow.
func (c *surveyListCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	sources, err := store.FlowSources(a.ctx)
	if err != nil {
		return fmt.Errorf("read the flows: %w", err)
	}
	rows := [][]string{{"NAME", "VERSION", "PUBLISHED", "CLASS", "QUESTIONS", "STATE", "TITLE"}}
	states, err := stateOfFlows(a, store)
	if err != nil {
		return err
	}
	out := []flowRow{}
	for _, s := range sources {
		f, err := flowfile.Parse([]byte(s.Source))
		if err != nil {
			return fmt.Errorf("%s version %d cannot be read:\n%w", s.Flow, s.Version, err)
		}
		state := cmp.Or(states[s.Flow], flowAsked)
		out = append(out, flowRow{s.Flow, s.Version, s.Published, f.Class, f.Title, len(f.Questions), state})
		rows = append(rows, []string{s.Flow, strconv.Itoa(s.Version), s.Published.Format(time.DateTime), string(f.Class), strconv.Itoa(len(f.Questions)), state, f.Title.In(f.Languages...)})
	}
	if c.JSON {
		return a.printJSON(out)
	}
	if len(out) == 0 {
		return a.printf("No flow is published yet. A template is published when it is first used; `aftercare survey apply FILE` publishes a file.\n")
	}
	return a.printTable(rows)
}

// surveyShowCmd shows one flow: its file below a comment that says which version it is,
// or as JSON.
type surveyShowCmd struct {
	outputFlags
	Flow string `arg:"" help:"NAME or NAME@VERSION of a published flow, or a template."`
}

// flowView is one flow, for programs; File is the flow file as JSON.
type flowView struct {
	Name      string          `json:"name"`
	Version   *int            `json:"version"`   // null = not published
	Published *time.Time      `json:"published"` // null = not published
	File      json.RawMessage `json:"file"`
}

// Run prints the flow.
func (c *surveyShowCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	p, err := lookUp(a.ctx, store, c.Flow)
	if err != nil {
		return err
	}
	if c.JSON {
		file, err := yaml.YAMLToJSON(p.source)
		if err != nil {
			return fmt.Errorf("write %s as JSON: %w", p.ID, err)
		}
		view := flowView{Name: p.ID, File: file}
		if p.Version != 0 {
			view.Version = &p.Version
		}
		if !p.at.IsZero() {
			view.Published = &p.at
		}
		return a.printJSON(view)
	}
	state := "a template, not published yet"
	if p.Version > 0 {
		state = fmt.Sprintf("version %d, published %s UTC", p.Version, p.at.Format(time.DateTime))
	}
	return a.printf("# %s: %s.\n%s", p.ID, state, p.source)
}

// surveyExportCmd prints a flow file.
type surveyExportCmd struct {
	Flow string `arg:"" help:"NAME or NAME@VERSION of a published flow, or a template."`
}

// Run prints the file as it was published.
func (c *surveyExportCmd) Run(a *terminal) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	p, err := lookUp(a.ctx, store, c.Flow)
	if err != nil {
		return err
	}
	return a.printf("%s", p.source)
}

// surveyApplyCmd publishes a flow file as a new version.
type surveyApplyCmd struct {
	outputFlags
	File string `arg:"" help:"A flow file; - reads standard input."`
}

// applied is what `survey apply` did, for programs.
type applied struct {
	Flow     string            `json:"flow"`
	Version  *int              `json:"version"` // null = refused
	Created  bool              `json:"created"` // false = the newest version is the same already
	Errors   []*flowfile.Error `json:"errors"`
	Problems []survey.Problem  `json:"problems"`
	Spoils   []string          `json:"spoils,omitempty"`   // experiments that compare it
	InForce  *inForce          `json:"in_force,omitempty"` // nil = nothing was published
}

// Run reads, checks and publishes. Errors refuse the file and change nothing.
func (c *surveyApplyCmd) Run(a *terminal) error {
	source, err := a.readInput(c.File)
	if err != nil {
		return err
	}
	report := applied{Errors: []*flowfile.Error{}, Problems: []survey.Problem{}}
	f, err := flowfile.Parse(source)
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		report.Errors = located
	}
	if err != nil {
		return c.report(a, report, nil, fmt.Errorf("%s cannot be published:\n%w", c.File, err))
	}
	report.Flow = f.ID
	store, err := a.openStore()
	if err != nil {
		return err
	}
	defer store.Close()
	report, err = apply(a.ctx, store, f, source, a.clock())
	if report.Created {
		if err := a.audited(store, "flow.publish", fmt.Sprint(f.ID, " ", *report.Version), "", ""); err != nil {
			return err
		}
		report.InForce = a.inForce(store)
		compared, unread := comparing(a.ctx, store, f.ID)
		if report.Spoils = compared; unread != nil {
			return unread
		}
	}
	return c.report(a, report, flowfile.Lines(source), err)
}

// apply publishes a flow unless survey.Check, or the comparison with the newest version,
// finds an error in it.
func apply(ctx context.Context, db publisher, f survey.Flow, source []byte, at time.Time) (applied, error) {
	report := applied{Flow: f.ID, Errors: []*flowfile.Error{}, Problems: append([]survey.Problem{}, survey.Check(f)...)}
	newest, err := db.FlowSource(ctx, f.ID, 0)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return report, fmt.Errorf("read the flow %s: %w", f.ID, err)
	default:
		old, err := flowfile.Parse([]byte(newest.Source))
		if err != nil {
			return report, fmt.Errorf("%s version %d cannot be read:\n%w", newest.Flow, newest.Version, err)
		}
		report.Problems = append(report.Problems, survey.Diff(old, f)...)
	}
	if err := refusal(f.ID, report.Problems); err != nil {
		return report, err
	}
	version, created, err := db.Publish(ctx, f.ID, string(source), at)
	if err != nil {
		return report, fmt.Errorf("publish %s: %w", f.ID, err)
	}
	report.Version, report.Created = &version, created
	return report, nil
}

// comparing are the experiments in force that hold a survey against another one: a new version spoils them.
func comparing(ctx context.Context, store storage.Store, flow string) (names []string, err error) {
	src, err := store.Triggers(ctx, 0)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the triggers: %w", err)
	}
	p, err := triggerfile.Parse([]byte(src.Source))
	if err != nil {
		return nil, fmt.Errorf("read version %d of the triggers: %w", src.Version, err)
	}
	for i := range p.Triggers {
		if c, ok := p.Triggers[i].Compares(); ok && c.Holds(flow) {
			names = append(names, c.Name)
		}
	}
	return names, nil
}

// report prints what was found and done, and passes err on.
func (c *surveyApplyCmd) report(a *terminal, r applied, lines map[string]int, err error) error {
	if c.JSON {
		return errors.Join(a.printJSON(r), err)
	}
	if printed := printProblems(a.stdout, r.Problems, lines); printed != nil || err != nil {
		return errors.Join(printed, err)
	}
	if !r.Created {
		return a.printf("%s is unchanged: version %d.\n", r.Flow, *r.Version)
	}
	spoils := ""
	if len(r.Spoils) > 0 {
		spoils = fmt.Sprintf("An experiment compares this survey: %s. The new version spoils it: nothing is said of a difference any more. Give it another name, and it begins anew.\n",
			strings.Join(r.Spoils, ", "))
	}
	return a.printf("Published %s version %d. Sessions that are open keep their version.\n%s%s", r.Flow, *r.Version, spoils, r.InForce.text())
}

// surveyGraphCmd draws a flow.
type surveyGraphCmd struct {
	Flow     string `arg:"" help:"A flow file, a template, or NAME@VERSION of a published flow."`
	Format   string `enum:"svg,mermaid,text" default:"text" help:"svg, mermaid or text."`
	Language string `placeholder:"TAG" help:"Draw the words in this language. Default: the flow's first."`
}

// Run prints the drawing.
func (c *surveyGraphCmd) Run(a *terminal) error {
	p, err := a.anyFlow(c.Flow)
	if err != nil {
		return err
	}
	m := flowmap.Draw(p.Flow, c.Language)
	switch c.Format {
	case "svg":
		return a.printf("%s", m.SVG(true))
	case "mermaid":
		return a.printf("%s", m.Mermaid())
	}
	return a.printf("%s", m.Text())
}
