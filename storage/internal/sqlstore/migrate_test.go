package sqlstore

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// migrationFiles are the names of an engine's migrations, in order.
func migrationFiles(t *testing.T, engine string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", engine, "migrations", "*.sql"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d migrations of %s, %v", len(paths), engine, err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	slices.Sort(paths)
	return paths
}

// TestMigrationsAreNumberedWithoutGaps, and alike for all engines: a number that came
// late, below one that a database has already, would never be applied there. Numbers that were
// kept for work which needed no migration are in no database, and stay unused.
func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	files := migrationFiles(t, "sqlite")
	if diff := cmp.Diff(files, migrationFiles(t, "postgres")); diff != "" {
		t.Errorf("-sqlite +postgres:\n%s", diff)
	}
	unused, next := []int{9, 24, 26, 27, 28, 30, 31, 33, 35, 36, 37, 38, 39, 40, 41, 43, 44, 45, 49, 51, 52, 54, 55, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 68, 69, 70, 71, 72, 74, 75, 76, 90, 91, 92, 93, 95}, 1
	for _, name := range files {
		for slices.Contains(unused, next) {
			next++
		}
		if got := name[:5]; got != fmt.Sprintf("%05d", next) {
			t.Fatalf("%s is where %05d should be", name, next)
		}
		next++
	}
}

// TestEveryMigrationSaysWhetherOlderProgramsMayWriteOn is decision 0009: a migration raises
// the protocol, or says why those who run while it is applied do no harm.
func TestEveryMigrationSaysWhetherOlderProgramsMayWriteOn(t *testing.T) {
	raises := regexp.MustCompile(`(?m)^UPDATE buckets SET protocol = (\d+);$`)
	first := regexp.MustCompile(`^(--[^\n]*\n|\n|UPDATE leases [^\n]*;\n)*UPDATE buckets SET protocol = `)
	says := regexp.MustCompile(`(?m)^-- Older programs may write on: \S.{10}`)
	for _, engine := range []string{"sqlite", "postgres"} {
		now := 1 // since 00011
		for _, name := range migrationFiles(t, engine) {
			if name < "00012" {
				continue
			}
			source, err := os.ReadFile(filepath.Join("..", "..", engine, "migrations", name))
			if err != nil {
				t.Fatal(err)
			}
			raised := raises.FindAllSubmatch(source, -1)
			if name > "00105" && len(raised) == 1 && !first.Match(source) {
				t.Errorf("%s/%s has other locks than those of leases before it raises the protocol: whoever writes has the bucket first", engine, name)
			}
			switch {
			case len(raised) == 1 && !says.Match(source):
				now++
				if n, err := strconv.Atoi(string(raised[0][1])); err != nil || n != now {
					t.Errorf("%s/%s raises the protocol to %s; the next one is %d, %v", engine, name, raised[0][1], now, err)
				}
			case len(raised) == 0 && says.Match(source):
			default:
				t.Errorf("%s/%s has to say, once, either\n\tUPDATE buckets SET protocol = %d;\nor\n\t-- Older programs may write on: WHY", engine, name, now+1)
			}
		}
		if strconv.Itoa(now) != protocol {
			t.Errorf("the migrations of %s end in protocol %d, and the program writes by %s", engine, now, protocol)
		}
	}
}
