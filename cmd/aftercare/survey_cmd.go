package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/trial"
)

// surveyCmd groups the commands that work with survey flows.
type surveyCmd struct {
	Templates surveyTemplatesCmd `cmd:"" help:"List the shipped templates."`
	List      surveyListCmd      `cmd:"" help:"List the published flows."`
	Show      surveyShowCmd      `cmd:"" help:"Show a flow and which version it is."`
	Check     surveyCheckCmd     `cmd:"" help:"Say what is wrong with a flow."`
	Apply     surveyApplyCmd     `cmd:"" help:"Publish a flow file as a new version."`
	Pause     surveyPauseCmd     `cmd:"" help:"Let nobody be asked by a flow until it is resumed."`
	Resume    surveyResumeCmd    `cmd:"" help:"Let people be asked by a flow again that is paused or retired."`
	Export    surveyExportCmd    `cmd:"" help:"Print the file of a flow as it was published."`
	Graph     surveyGraphCmd     `cmd:"" help:"Draw a flow."`
	Try       surveyTryCmd       `cmd:"" help:"Run a flow in the terminal or over an answers file, without any chat or database."`
}

// surveyTemplatesCmd lists what is shipped.
type surveyTemplatesCmd struct{ outputFlags }

// templateRow is one shipped template, for programs.
type templateRow struct {
	Name      string       `json:"name"`
	Class     survey.Class `json:"class"`
	Title     survey.Text  `json:"title"`
	Questions int          `json:"questions"`
	Languages []string     `json:"languages"`
}

// Run prints the templates, most useful first.
func (c *surveyTemplatesCmd) Run(a *terminal) error {
	rows := [][]string{{"NAME", "CLASS", "QUESTIONS", "TITLE"}}
	var out []templateRow
	for _, f := range flowfile.Templates() {
		out = append(out, templateRow{f.ID, f.Class, f.Title, len(f.Questions), f.Languages})
		rows = append(rows, []string{f.ID, string(f.Class), fmt.Sprint(len(f.Questions)), f.Title.In(f.Languages...)})
	}
	if c.JSON {
		return a.printJSON(out)
	}
	return a.printTable(rows)
}

// surveyCheckCmd reads a flow and says what is wrong with it.
type surveyCheckCmd struct {
	outputFlags
	Flow string `arg:"" help:"A flow file, a template, or NAME or NAME@VERSION of a published flow."`
}

// checkReport is what `survey check` finds, for programs.
type checkReport struct {
	Flow     string            `json:"flow"`
	OK       bool              `json:"ok"` // it can be published
	Errors   []*flowfile.Error `json:"errors"`
	Problems []survey.Problem  `json:"problems"`
}

// Run prints the findings. It fails when the flow could not be published.
func (c *surveyCheckCmd) Run(a *terminal) error {
	p, err := a.anyFlow(c.Flow)
	report := checkReport{Flow: p.ID, Errors: []*flowfile.Error{}, Problems: []survey.Problem{}}
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		report.Errors = located
	} else if err != nil {
		return err
	} else {
		report.Problems = append(report.Problems, survey.Check(p.Flow)...)
		err = refusal(c.Flow, report.Problems)
	}
	report.OK = err == nil
	if c.JSON {
		return errors.Join(a.printJSON(report), err)
	}
	if printed := printProblems(a.stdout, report.Problems, flowfile.Lines(p.source)); printed != nil || err != nil {
		return errors.Join(printed, err)
	}
	return a.printf("%s: no errors.\n", c.Flow)
}

// refusal says that a flow cannot be published, or is nil.
func refusal(name string, problems []survey.Problem) error {
	n := 0
	for _, p := range problems {
		if p.Severity == survey.Fatal {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%s has %s and cannot be published. Put them right and try again", name, count(n, "error"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printProblems prints what was found, each with its question and, where it is known,
// the line of the file.
func printProblems(w io.Writer, problems []survey.Problem, lines map[string]int) error {
	for _, p := range problems {
		where := ""
		if p.Question != "" {
			where = " in question " + p.Question
			if line := lines[p.Question]; line > 0 {
				where += fmt.Sprintf(" (line %d)", line)
			}
		}
		if _, err := fmt.Fprintf(w, "%s%s: %s\n", p.Severity, where, p.Message); err != nil {
			return fmt.Errorf("print the findings: %w", err)
		}
	}
	return nil
}

// surveyTryCmd runs a flow.
type surveyTryCmd struct {
	outputFlags
	Flow     string `arg:"" help:"A flow file, or the name of a template."`
	Answers  string `placeholder:"FILE" help:"Answers by question key; without it the questions are asked here."`
	Context  string `placeholder:"FILE" help:"What is known beside the answers: tier, unsatisfied_last_90_days, late, standard_broken, event."`
	Language string `placeholder:"TAG" help:"Ask in this language. Default: the flow's first."`
}

// Run prints what the answers mean. Answers that fit nothing are a wrong call.
func (c *surveyTryCmd) Run(a *terminal) error {
	p, err := a.flow(c.Flow)
	if err != nil {
		return err
	}
	f := p.Flow
	var known trial.Context
	if c.Context != "" {
		source, err := a.readInput(c.Context)
		if err != nil {
			return err
		}
		if known, err = readContext(source); err != nil {
			return usageError{err}
		}
	}
	var result trial.Result
	if c.Answers != "" {
		source, err := a.readInput(c.Answers)
		if err != nil {
			return err
		}
		answers, err := readAnswers(source)
		if err != nil {
			return usageError{err}
		}
		if result, err = trial.Run(f, answers, known); err != nil {
			return usageError{err}
		}
	} else {
		// With --json the result alone is on standard output.
		out := a.stdout
		if c.JSON {
			out = a.stderr
		}
		d := &dialog{Trial: trial.New(f, known), in: bufio.NewScanner(a.stdin), out: out, lang: c.Language}
		if result, err = d.run(); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.printJSON(result)
	}
	return printResult(a.stdout, result)
}

// flow finds a flow by the path of its file, else by the name of a template; it needs no
// database.
func (a *terminal) flow(name string) (published, error) {
	if name == "-" || a.isFile(name) {
		source, err := a.readInput(name)
		if err != nil {
			return published{}, err
		}
		f, err := flowfile.Parse(source)
		if err != nil {
			return published{}, fmt.Errorf("%s cannot be used:\n%w", name, err)
		}
		return published{Flow: f, source: source}, nil
	}
	if f, source, ok := flowfile.Template(name); ok {
		return published{Flow: f, source: source}, nil
	}
	return published{}, usageError{fmt.Errorf("%s is %w. `aftercare survey templates` lists the templates", name, errNoFlow)}
}

var errNoFlow = errors.New("neither a file nor a template")

// anyFlow is flow, and looks among the published flows for what is neither.
func (a *terminal) anyFlow(name string) (published, error) {
	p, err := a.flow(name)
	if !errors.Is(err, errNoFlow) || strings.ContainsAny(name, "/.") {
		return p, err
	}
	store, err := a.openStore()
	if err != nil {
		return published{}, err
	}
	defer store.Close()
	return lookUp(a.ctx, store, name)
}

func (a *terminal) isFile(name string) bool {
	info, err := os.Stat(a.path(name))
	return err == nil && !info.IsDir()
}

// path is a path given on the command line, from the working directory.
func (a *terminal) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.dir, name)
}

// maxInput is the most that is read of a file given on the command line.
const maxInput = 1 << 20

// readInput reads a file given on the command line; "-" is standard input.
func (a *terminal) readInput(name string) ([]byte, error) {
	in := a.stdin
	if name != "-" {
		file, err := os.Open(a.path(name))
		if err != nil {
			return nil, usagef("%s cannot be read. Check the path and the permissions: %w", name, err)
		}
		defer file.Close()
		in = file
	}
	source, err := io.ReadAll(io.LimitReader(in, maxInput))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return source, nil
}
