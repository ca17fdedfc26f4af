package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aftercare/aftercare/survey"
	"github.com/aftercare/aftercare/survey/flowfile"
)

// surveyCmd groups the commands that work with survey flows.
type surveyCmd struct {
	Templates surveyTemplatesCmd `cmd:"" help:"List the shipped templates."`
	Check     surveyCheckCmd     `cmd:"" help:"Say what is wrong with a flow."`
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
func (c *surveyTemplatesCmd) Run(a *app) error {
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
	Flow string `arg:"" help:"A flow file, or the name of a template."`
}

// checkReport is what `survey check` finds, for programs.
type checkReport struct {
	Flow     string            `json:"flow"`
	OK       bool              `json:"ok"` // it can be published
	Errors   []*flowfile.Error `json:"errors"`
	Problems []survey.Problem  `json:"problems"`
}

// Run prints the findings. It fails when the flow could not be published.
func (c *surveyCheckCmd) Run(a *app) error {
	f, _, err := a.flow(c.Flow)
	report := checkReport{Flow: f.ID, Errors: []*flowfile.Error{}, Problems: []survey.Problem{}}
	if located, ok := errors.AsType[flowfile.Errors](err); ok {
		report.Errors = located
	} else if err != nil {
		return err
	} else {
		report.Problems = append(report.Problems, survey.Check(f)...)
	}
	refused := refusal(c.Flow, report.Problems, err)
	report.OK = refused == nil
	if c.JSON {
		if err := a.printJSON(report); err != nil {
			return err
		}
		return refused
	}
	if err := printProblems(a.stdout, report.Problems); err != nil || refused != nil {
		return errors.Join(err, refused)
	}
	return a.printf("%s: no errors.\n", c.Flow)
}

// refusal says why a flow cannot be published, or nil.
func refusal(name string, problems []survey.Problem, err error) error {
	if err != nil {
		return err
	}
	n := 0
	for _, p := range problems {
		if p.Severity == survey.Fatal {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%s has %s; it cannot be published before that is put right", name, count(n, "error"))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func printProblems(w io.Writer, problems []survey.Problem) error {
	for _, p := range problems {
		where := ""
		if p.Question != "" {
			where = " in question " + p.Question
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
func (c *surveyTryCmd) Run(a *app) error {
	f, _, err := a.flow(c.Flow)
	if err != nil {
		return err
	}
	var known tryContext
	if c.Context != "" {
		source, err := a.readInput(c.Context)
		if err != nil {
			return err
		}
		if known, err = readContext(source); err != nil {
			return usageError{err}
		}
	}
	var result tryResult
	if c.Answers != "" {
		source, err := a.readInput(c.Answers)
		if err != nil {
			return err
		}
		answers, err := readAnswers(source)
		if err != nil {
			return usageError{err}
		}
		if result, err = tryFlow(f, answers, known); err != nil {
			return usageError{err}
		}
	} else {
		// With --json the result alone is on standard output.
		out := a.stdout
		if c.JSON {
			out = a.stderr
		}
		d := &dialog{trial: newTrial(f, known), in: bufio.NewScanner(a.stdin), out: out, lang: c.Language}
		if result, err = d.run(); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.printJSON(result)
	}
	return printResult(a.stdout, result)
}

// flow finds a flow by the path of its file, else by the name of a template. A file that
// is there but wrong is an error of type flowfile.Errors, wrapped.
func (a *app) flow(name string) (survey.Flow, []byte, error) {
	path := a.path(name)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		source, err := a.readInput(name)
		if err != nil {
			return survey.Flow{}, nil, err
		}
		f, err := flowfile.Parse(source)
		if err != nil {
			return survey.Flow{}, nil, fmt.Errorf("%s cannot be used:\n%w", name, err)
		}
		return f, source, nil
	}
	if f, source, ok := flowfile.Template(name); ok {
		return f, source, nil
	}
	return survey.Flow{}, nil, usagef("%s is neither a file nor a template. `aftercare survey templates` lists the templates", name)
}

// path is a path given on the command line, from the working directory.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.dir, name)
}

// maxInput is the most that is read of a file given on the command line.
const maxInput = 1 << 20

// readInput reads a file given on the command line; "-" is standard input.
func (a *app) readInput(name string) ([]byte, error) {
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
