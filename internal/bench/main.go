// Command bench measures what Aftercare costs (docs/performance.md). Everything is
// measured in one run on one machine: what is compared takes turns, each figure is the
// median of at least five rounds, and what is printed are ratios, which survive a
// change of machine better than seconds do.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/aftercare/aftercare/cmd/aftercare/garbage"
)

// options are the flags.
type options struct {
	Rounds   int
	Answers  int           // a round of the batched store
	InFlight int           // answers under way at once
	Rate     int           // answers a second, for latency
	Period   time.Duration // one round of latency
	Only     string
	JSON     bool
	Profile  string
	Page     string // where the results are written as a page, beside what was measured before
	Against  string // another build, that is measured in turns with this one
	Imported int    // rows of a sheet
	Invited  int    // customers who are asked at the limit of a platform
	Stored   int    // answers that are stored before throughput is measured again
	Cases    int    // that are stored while pages are measured
}

// measurement is one part of the benchmark.
type measurement struct {
	name string
	run  func(context.Context, *bench) ([]row, error)
	also string // another name, of several that are measured together
}

// named reports whether a measurement is one of those that a flag asks for; "" = all.
func (m measurement) named(only string) bool { return only == "" || only == m.name || only == m.also }

var measurements = []measurement{
	{name: "throughput", run: throughput},
	{name: "latency", run: latency},
	{name: "counters", run: counters},
	{name: "processor", run: processor},
	{name: "broadcast", run: broadcast},
	{name: "process", run: process},
	{name: "sessions", run: sessions},
	{name: "stored", run: stored},
	{name: "asking", run: askingCosts},
	{name: "invitations", run: invitations},
	{name: "pages_postgres", also: "pages", run: pagesOn(func(b *bench) engine { return onPostgres{b} })},
	{name: "pages_sqlite", also: "pages", run: pagesOn(func(b *bench) engine { return onSQLite{b} })},
	{name: "watching", run: crowd},
	{name: "editor", run: editor},
	{name: "export", run: exporting},
}

// alone are the measurements that take so long that they are made only where they are named.
var alone = map[string]bool{"asking": true, "invitations": true}

func main() {
	var o options
	flag.IntVar(&o.Rounds, "rounds", 5, "rounds of each measurement; the median counts")
	flag.IntVar(&o.Answers, "answers", 6000, "answers in a round of throughput")
	flag.IntVar(&o.InFlight, "in-flight", 400, "answers under way at once")
	flag.IntVar(&o.Rate, "rate", 200, "answers a second while latency is measured")
	flag.DurationVar(&o.Period, "period", 3*time.Second, "length of a round of latency")
	flag.StringVar(&o.Only, "only", "", "one of throughput, latency, counters, processor, broadcast, process, sessions, stored, pages (or pages_postgres, or pages_sqlite), watching, editor, export, asking, invitations (the last two are measured only when they are named: a million rows and a broadcast take long); or none, to write the page anew of its record")
	flag.BoolVar(&o.JSON, "json", false, "print JSON")
	flag.StringVar(&o.Profile, "profile", "", "write a processor profile of the measurements into this file")
	flag.StringVar(&o.Page, "page", "", "take the results into this page: what is not measured now stays as it was measured before")
	flag.IntVar(&o.Stored, "stored", 0, "measure throughput with this many stored answers as well (10000000 takes a quarter of an hour of a calm machine, and 20 GB of disk)")
	flag.IntVar(&o.Cases, "cases", 20_000, "cases that are stored while pages are measured, 10,000 of them open; beside -stored answers (10000000 take some 12 GB on each engine, one after the other)")
	flag.IntVar(&o.Imported, "imported", 1_000_000, "rows of the sheet that is imported")
	flag.IntVar(&o.Invited, "invited", 10_000, "customers who are asked in Telegram, 30 a second (100000 take an hour)")
	flag.StringVar(&o.Against, "against", "", "measure another build, a tree or its benchmark, in turns with this one, and print ratios")
	flag.Parse()
	if at := os.Getenv(watchAt); at != "" { // this process is the browsers of the one that started it
		if err := watch(at); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage.Percent) // as serve does
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	known := func(m measurement) bool { return m.named(o.Only) }
	if o.Only == "none" {
		return rewrite(o.Page)
	}
	if o.Only != "" && !slices.ContainsFunc(measurements, known) {
		return fmt.Errorf("%s %q", noMeasurement, o.Only)
	}
	if o.Rounds < 1 || o.Answers < o.InFlight || o.InFlight < 1 || o.Rate < 1 || o.Imported < 1 || o.Invited < 2 {
		return fmt.Errorf("the numbers must be positive, and -answers at least -in-flight")
	}
	if o.Against != "" {
		return against(ctx, o)
	}
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, b.close()) }()

	if o.Profile != "" {
		file, err := os.Create(o.Profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}

	var rows []row
	var failed []error
	for _, m := range measurements {
		if !m.named(o.Only) || m.name == "stored" && o.Stored < few || alone[m.name] && o.Only == "" {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", m.name)
		began := time.Now()
		found, err := m.run(ctx, b)
		if rows = append(rows, found...); err != nil { // what was measured before it failed counts
			failed = append(failed, fmt.Errorf("measure %s: %w", m.name, err))
			if ctx.Err() != nil {
				break
			}
			continue // the others are worth their time
		}
		if o.Page == "" {
			continue
		}
		before, err := readResults(recordOf(o.Page))
		if err != nil {
			return err
		}
		now := b.circumstances(ctx, measured{Name: m.name, Rounds: o.Rounds, Rows: found}, began)
		if err := before.merge(results{now}).write(o.Page); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(append(failed, err)...) }()
	if o.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"rounds": o.Rounds, "rows": rows})
	}
	print(rows)
	return nil
}

// rewrite makes the page anew of what was measured before.
func rewrite(page string) error {
	before, err := readResults(recordOf(page))
	if err != nil {
		return err
	}
	return before.merge(nil).write(page)
}

func print(rows []row) {
	for _, r := range rows {
		fmt.Printf("%-72s %8.2f %-3s (target %s: %s)\n", r.Name, r.Value, r.Unit, r.Target, r.Target.verdict(r.Value))
		if parts := r.parts(); parts != "" {
			fmt.Printf("    %s\n", parts)
		}
		for _, p := range r.Pages {
			fmt.Printf("    %-44s %3d %8.2f ms, p99 %8.2f %4d queries %6d rows %7d bytes, again %6d%s\n", p.At, p.Status, p.Median, p.P99, p.Queries, p.Rows, p.First, p.Part, p.said())
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
