// Command faults runs the tests that show what docs/reliability.md promises, in the
// lengths that a person asks for, and writes that page from what they measured. Nothing
// in the page is written by hand.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Where the measurements are kept, and the page that is made of them.
const (
	recordFile = "docs/reliability.json"
	pageFile   = "docs/reliability.md"
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

// options are what a person may ask for.
type options struct {
	short bool
	tests *regexp.Regexp    // only those whose names match
	sizes map[string]string // by the names of the placeholders in registry
}

func start(args []string) error {
	set := flag.NewFlagSet("faults", flag.ContinueOnError)
	o := options{sizes: map[string]string{}}
	set.BoolVar(&o.short, "short", false, "run each test as short as `make test` does")
	only := set.String("rows", "", "only these rows, such as 1,2,10")
	tests := set.String("tests", "", "only the tests whose names match this, such as TestBackup")
	for name, size := range sizes() {
		set.Func(name, size.help+" ("+size.usual+")", func(v string) error { o.sizes[name] = v; return nil })
		o.sizes[name] = size.usual
	}
	if err := set.Parse(args); err != nil {
		return err
	}
	var err error
	if o.tests, err = regexp.Compile(*tests); err != nil {
		return fmt.Errorf("-tests: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	rows, err := numbers(*only)
	if err != nil {
		return err
	}
	record, err := load()
	if err != nil {
		return err
	}
	failed, err := o.measure(ctx, record, set.Args(), rows)
	// Also after an interruption: what was measured was measured.
	if e := os.WriteFile(pageFile, []byte(page(registry(), record)), 0o644); e != nil { //nolint:gosec // a page for everybody
		return errors.Join(err, fmt.Errorf("write the page: %w", e))
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%d tests failed", failed)
	}
	return err
}

// measure runs the checks of the targets and rows, all rows if none is named, and notes
// each as soon as it is done, those that mostly wait at the end. A test that shows two
// properties in the same length runs once. It returns how many failed.
func (o options) measure(ctx context.Context, record record, targets []string, rows []int) (failed int, err error) {
	var done []run // each with a row that it shows
	note := func(row int, one run) error {
		if !one.Passed {
			failed++
		}
		record.put(row, one)
		done = append(done, one)
		return record.save()
	}
	type result struct {
		row int
		run run
		err error
	}
	waiting, results := 0, make(chan result)
	ctx, cancel := context.WithCancel(ctx)
	var errs []error
	for _, row := range registry() {
		if len(rows) > 0 && !slices.Contains(rows, row.n) {
			continue
		}
		for _, check := range row.checks {
			if errs != nil || !slices.Contains(targets, check.target) && !slices.Contains(targets, "all") || !o.tests.MatchString(check.test) {
				continue
			}
			if check.waits {
				waiting++
				go func() {
					one, err := o.run(ctx, check)
					results <- result{row.n, one, err}
				}()
				continue
			}
			command := "go " + strings.Join(o.command(check), " ")
			same := slices.IndexFunc(done, func(r run) bool { return r.Command == command })
			if same >= 0 {
				record.put(row.n, done[same])
				continue
			}
			one, err := o.run(ctx, check)
			if err == nil {
				err = note(row.n, one)
			}
			if err != nil {
				errs = append(errs, err)
				cancel()
			}
		}
	}
	for range waiting {
		r := <-results
		if r.err == nil {
			r.err = note(r.row, r.run)
		}
		if r.err != nil {
			errs = append(errs, r.err)
		}
	}
	cancel()
	return failed, errors.Join(append(errs, record.save())...)
}

func numbers(list string) ([]int, error) {
	var all []int
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("-rows: %q is not a number", word)
		}
		all = append(all, n)
	}
	return all, nil
}

// record is every row's newest run of each of its tests, long and short apart.
type record map[string]run

// run is one run of one test.
type run struct {
	Row     int
	Test    string
	Long    bool
	Command string
	Seeds   []string `json:",omitempty"`
	At      time.Time
	Took    time.Duration
	Machine string
	Passed  bool
	Figures []figure `json:",omitempty"`
}

// figure is what a test, or a part of it, measured.
type figure struct {
	Of   string `json:",omitempty"` // the part of the test, "" = all of it
	Text string
}

func (r record) put(row int, one run) {
	one.Row = row
	length := "short"
	if one.Long {
		length = "long"
	}
	name := fmt.Sprintf("%02d %s ", row, one.Test)
	if one.Long { // which says all that a short one did
		delete(r, name+"short")
	}
	r[name+length] = one
}

func load() (record, error) {
	r := record{}
	body, err := os.ReadFile(recordFile)
	if os.IsNotExist(err) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was measured: %w", err)
	}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("read %s: %w", recordFile, err)
	}
	return r, nil
}

// save writes the record as a whole, or not at all.
func (r record) save() error {
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write what was measured: %w", err)
	}
	temporary := recordFile + ".new"
	if err := os.WriteFile(temporary, append(body, '\n'), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("write what was measured: %w", err)
	}
	return os.Rename(temporary, recordFile)
}

// goFiles are the test files of a directory.
func goFiles(root, dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
	if err == nil && len(files) == 0 {
		err = fs.ErrNotExist
	}
	return files, err
}
