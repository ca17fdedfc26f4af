package aftercare_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A package that starts goroutines, in its code or its tests, looks after its last test
// whether one is left.
func TestEveryPackageThatStartsGoroutinesLooksForLeaks(t *testing.T) {
	packages := map[string][]string{} // the Go files of each directory
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".go"):
			dir := filepath.Dir(path)
			packages[dir] = append(packages[dir], read(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	starters := 0
	for dir, sources := range packages {
		starts, looks := goroutines(t, sources)
		if starts {
			starters++
		}
		if starts && !looks {
			t.Errorf("%s starts goroutines: let its TestMain call goleak.VerifyTestMain, or pgtest.Main", dir)
		}
	}
	if starters < 10 {
		t.Errorf("only %d packages start goroutines", starters)
	}
}

func TestALeakCheckThatIsMissingWouldBeNoticed(t *testing.T) {
	for _, tt := range []struct {
		source        string
		starts, looks bool
	}{
		{`func f() { go f() }`, true, false},
		{`func f() { var w sync.WaitGroup; w.Go(f) }`, true, false},
		{`func f() { httptest.NewServer(nil) }`, true, false},
		{`func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }`, false, true},
		{`func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }`, false, true},
		{`func TestMain(m *testing.M) { m.Run() }; func f() { goleak.VerifyTestMain(nil); pgtest.Main(nil) }`, false, false},
		{`// go f()`, false, false},
	} {
		starts, looks := goroutines(t, []string{"package p\n" + tt.source})
		if starts != tt.starts || looks != tt.looks {
			t.Errorf("%s: starts %v, looks %v", tt.source, starts, looks)
		}
	}
}

// goroutines says whether sources start goroutines, and whether their TestMain looks for
// those that are left.
func goroutines(t *testing.T, sources []string) (starts, looks bool) {
	t.Helper()
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			main := ok && f.Recv == nil && f.Name.Name == "TestMain"
			ast.Inspect(d, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					starts = true
				case *ast.CallExpr:
					called := selected(n.Fun)
					starts = starts || strings.HasSuffix(called, ".Go") ||
						slices.Contains([]string{"httptest.NewServer", "httptest.NewTLSServer", "httptest.NewUnstartedServer"}, called)
					looks = looks || main && slices.Contains([]string{"goleak.VerifyTestMain", "pgtest.Main", "Main"}, called)
				}
				return true
			})
		}
	}
	return starts, looks
}

// selected is what is called, such as "goleak.VerifyTestMain".
func selected(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return selected(e.X) + "." + e.Sel.Name
	}
	return ""
}
