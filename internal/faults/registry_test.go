package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const root = "../.."

// functions are the tests and fuzz targets of a package.
func functions(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := goFiles(root, dir)
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	all := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				all[f.Name.Name] = true
			}
		}
	}
	return all
}

func TestEveryTestThatIsNamedExists(t *testing.T) {
	seen := map[int]bool{}
	for _, row := range registry() {
		if seen[row.n] || len(row.checks) == 0 || row.property == "" || row.figure == "" {
			t.Errorf("row %d stands twice, or says nothing", row.n)
		}
		seen[row.n] = true
		for _, c := range row.checks {
			if !functions(t, c.dir)[c.test] {
				t.Errorf("row %d names %s, which does not exist", row.n, c.name())
			}
			if c.fuzz != strings.HasPrefix(c.test, "Fuzz") || c.target == "" {
				t.Errorf("row %d, %s: what kind of test is it, and which target runs it?", row.n, c.name())
			}
		}
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 22, 23, 24, 32, 34} {
		if !seen[n] {
			t.Errorf("row %d is missing", n)
		}
	}
}

// A fuzz target that nobody runs finds nothing.
func TestEveryFuzzTargetIsRun(t *testing.T) {
	named := map[string]bool{}
	for _, row := range registry() {
		for _, c := range row.checks {
			named[c.name()] = true
		}
	}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == ".git" || d.Name() == "testdata" {
			return filepath.SkipDir
		}
		dir, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if _, err := goFiles(root, dir); err != nil {
			return nil
		}
		for name := range functions(t, dir) {
			if strings.HasPrefix(name, "Fuzz") && !named[filepath.ToSlash(dir)+"."+name] {
				t.Errorf("%s.%s is in no row", dir, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestThePageIsWhatWasMeasured(t *testing.T) {
	t.Chdir(root)
	r, err := load()
	if err != nil {
		t.Fatal(err)
	}
	want := page(registry(), r)
	got, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("write it anew with `go run ./internal/faults none` (-want +got):\n%s", diff)
	}
}

func TestFiguresAndSeedsAreReadFromATest(t *testing.T) {
	const said = `{"Action":"run","Test":"TestX"}
{"Action":"attr","Test":"TestX/postgres","Key":"figure","Value":"0 lost"}
{"Action":"attr","Test":"TestX","Key":"seed","Value":"42"}
{"Action":"attr","Test":"TestX","Key":"other","Value":"no"}
{"Action":"output","Test":"FuzzX","Output":"fuzz: elapsed: 3s, execs: 123 (41/sec)\n"}
{"Action":"output","Test":"FuzzX","Output":"fuzz: elapsed: 6s, execs: 456 (76/sec)\n"}
`
	var r run
	ran, err := r.read(strings.NewReader(said))
	if err != nil || !ran {
		t.Fatalf("%v, %v", ran, err)
	}
	var plain run
	if _, err := plain.read(strings.NewReader(`{"Action":"pass","Test":"TestX/one"}
{"Action":"pass","Test":"TestX/two"}
{"Action":"pass","Test":"TestX"}
`)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(run{Figures: []figure{{"", "2 cases"}}}, plain); diff != "" {
		t.Errorf("a test that tells no figure has as many cases as it has parts:\n%s", diff)
	}
	want := run{Seeds: []string{"42"}, Figures: []figure{{"postgres", "0 lost"}, {"", "456 inputs in 6s"}}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}
