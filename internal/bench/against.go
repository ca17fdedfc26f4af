package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// comparedBy is what two builds are compared by, unless somebody says by what.
var comparedBy = []string{"throughput", "counters"}

// sources is where this benchmark stands in the tree that it measures.
const sources = "internal/bench"

// against measures this build and another in turns, a round of each at a time, and prints ratios: what
// slows both, a neighbour or a warm processor, is in both.
func against(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "aftercare-against-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ours, err := os.Executable()
	if err != nil {
		return err
	}
	theirs, err := buildOf(ctx, o.Against, dir)
	if err != nil {
		return err
	}
	what := comparedBy
	if o.Only != "" {
		what = []string{o.Only}
	}
	for _, only := range what {
		one := func(binary string) ([]row, error) {
			fmt.Fprintf(os.Stderr, "measuring %s with %s …\n", only, binary)
			return oneRound(ctx, binary, "-only", only, "-json", "-rounds", "1", "-answers", fmt.Sprint(o.Answers), "-in-flight", fmt.Sprint(o.InFlight))
		}
		compared, err := inTurns(o.Rounds, func() ([]row, error) { return one(ours) }, func() ([]row, error) { return one(theirs) })
		if errors.Is(err, errUnmeasured) && o.Only == "" {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", only, err)
			continue
		}
		if err != nil {
			return err
		}
		for _, c := range compared {
			fmt.Printf("%-72s %10.2f against %10.2f %-7s %6.2f ×\n", c.name, c.ours, c.theirs, c.unit, c.ratio)
		}
	}
	return nil
}

// buildOf is a benchmark of the build at a path: of an executable that file itself, of a tree its packages
// under the load of this one, or, where that does not fit them, under its own.
func buildOf(ctx context.Context, path, dir string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return path, nil
	}
	here, err := filepath.Abs(sources)
	if err != nil {
		return "", err
	}
	replaced, err := overlay(here, filepath.Join(path, sources))
	if err != nil {
		return "", fmt.Errorf("call it where the sources of this benchmark are: %w", err)
	}
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	file, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "bench")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", err
	}
	build := func(flags ...string) error {
		args := append([]string{"build", "-C", path, "-o", binary}, flags...)
		out, err := exec.CommandContext(ctx, "go", append(args, "./"+sources)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("build %s: %w\n%s", path, err, out)
		}
		return nil
	}
	first := build("-overlay", file)
	if first == nil {
		return binary, nil
	}
	fmt.Fprintf(os.Stderr, "the load of this build does not fit %s, and so that runs under its own, which may be another:\n%v\n", path, first)
	return binary, build()
}

// overlay says which files of a folder are replaced by those of another, and which are gone.
func overlay(by, folder string) (map[string]string, error) {
	own, err := os.ReadDir(by)
	if err != nil {
		return nil, err
	}
	replaced := map[string]string{}
	others, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	for _, f := range others {
		replaced[filepath.Join(folder, f.Name())] = ""
	}
	for _, f := range own {
		if f.Type().IsRegular() && !strings.HasSuffix(f.Name(), "_test.go") {
			replaced[filepath.Join(folder, f.Name())] = filepath.Join(by, f.Name())
		}
	}
	return replaced, nil
}

// noMeasurement is how every build says that it does not know a measurement.
const noMeasurement = "there is no measurement"

// errUnmeasured is a measurement that one of the builds does not know.
var errUnmeasured = errors.New("one of the builds does not measure it")

func oneRound(ctx context.Context, binary string, args ...string) ([]row, error) {
	out, err := exec.CommandContext(ctx, binary, args...).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && strings.Contains(string(exit.Stderr), noMeasurement) {
			return nil, errUnmeasured
		}
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("%s: %w", binary, err)
	}
	var result struct {
		Rows []row `json:"rows"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return nil, fmt.Errorf("%s prints what is not understood: %w", binary, err)
	}
	return result.Rows, nil
}

// comparison is a figure of two builds: medians, and that of the ratios of each round.
type comparison struct {
	name, unit          string
	ours, theirs, ratio float64
}

// inTurns measures both as often as there are rounds; who goes first takes turns as well. Figures that
// only one of them has are left out; parts are figures, too.
func inTurns(rounds int, ours, theirs func() ([]row, error)) ([]comparison, error) {
	var names []string
	units := map[string]string{}
	var values [2]map[string][]float64
	sides := [2]func() ([]row, error){ours, theirs}
	for i := range values {
		values[i] = map[string][]float64{}
	}
	for round := range rounds {
		for turn := range sides {
			i := (round + turn) % 2
			rows, err := sides[i]()
			if err != nil {
				return nil, err
			}
			add := func(name, unit string, v float64) {
				if units[name] == "" && !slices.Contains(names, name) {
					names = append(names, name)
				}
				units[name] = unit
				values[i][name] = append(values[i][name], v)
			}
			for _, r := range rows {
				add(r.Name, r.Unit, r.Value)
				for _, part := range slices.Sorted(maps.Keys(r.Parts)) {
					add("  "+part+" of: "+r.Name, "", r.Parts[part])
				}
			}
		}
	}
	var all []comparison
	for _, name := range names {
		a, b := values[0][name], values[1][name]
		if len(a) != rounds || len(b) != rounds || median(b) == 0 {
			continue
		}
		all = append(all, comparison{name: name, unit: units[name], ours: median(a), theirs: median(b), ratio: median(ratios(a, b))})
	}
	return all, nil
}
