package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTwoBuildsAreComparedInTurns(t *testing.T) {
	order := ""
	side := func(name string, values ...float64) func() ([]row, error) {
		return func() ([]row, error) {
			order += name
			v := values[0]
			values = values[1:]
			rows := []row{{Name: "answers", Unit: "/s", Value: v, Parts: map[string]float64{"log bytes": 10 * v}}}
			if name == "a" {
				rows = append(rows, row{Name: "only here", Value: 1})
			}
			return rows, nil
		}
	}
	got, err := inTurns(3, side("a", 10, 40, 30), side("b", 5, 10, 30))
	if err != nil {
		t.Fatal(err)
	}
	want := []comparison{{"answers", "/s", 30, 10, 2}, {"  log bytes of: answers", "", 300, 100, 2}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(comparison{}), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Error(diff)
	}
	if order != "abbaab" {
		t.Errorf("they were measured in the order %s", order)
	}
}

func TestAnotherTreeRunsUnderThisLoad(t *testing.T) {
	by, folder := t.TempDir(), t.TempDir()
	for _, path := range []string{filepath.Join(by, "main.go"), filepath.Join(by, "main_test.go"), filepath.Join(by, "costs.md"), filepath.Join(folder, "main.go"), filepath.Join(folder, "old.go")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := overlay(by, folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{
		filepath.Join(folder, "main.go"): filepath.Join(by, "main.go"), filepath.Join(folder, "costs.md"): filepath.Join(by, "costs.md"), filepath.Join(folder, "old.go"): "",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAnotherBuildDoesNotMeasureIsLeftOut(t *testing.T) {
	other := filepath.Join(t.TempDir(), "bench")
	script := "#!/bin/sh\n[ \"$2\" = throughput ] && echo '{\"rows\":[{\"name\":\"answers\",\"value\":5}]}' && exit\n" +
		"echo \"bench: there is no measurement \\\"$2\\\"\" >&2\nexit 1\n"
	if err := os.WriteFile(other, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	if rows, err := oneRound(t.Context(), other, "-only", "throughput"); err != nil || len(rows) != 1 || rows[0].Value != 5 {
		t.Errorf("%+v, %v", rows, err)
	}
	if _, err := oneRound(t.Context(), other, "-only", "counters"); !errors.Is(err, errUnmeasured) {
		t.Errorf("it is said to fail with %v", err)
	}
}
