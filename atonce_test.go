package aftercare_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// unread are the writes of whole rows that look at nothing that is there. Whoever read the row first, to show it or to
// change a part of it, replaces what they read instead, or undoes what another did in between.
var unread = map[string]bool{"PutStaff": true, "PutSite": true, "PutStandingLink": true, "PutStaffChat": true}

func TestNobodyWritesWhatOthersMayHaveChangedMeanwhile(t *testing.T) {
	files, replaced := 0, 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "storage" || path == filepath.Join("internal", "bench") || strings.HasPrefix(d.Name(), ".") && path != "."):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		case path == filepath.Join("cmd", "aftercare", "demo.go"): // fills a database that it has just made
			return nil
		}
		files++
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			to, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if unread[to.Sel.Name] {
				t.Errorf("%s: %s looks at nothing: take Replace%s", set.Position(to.Pos()), to.Sel.Name, strings.TrimPrefix(to.Sel.Name, "Put"))
			}
			if what, ok := strings.CutPrefix(to.Sel.Name, "Replace"); ok && unread["Put"+what] {
				replaced++
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 || replaced < 10 {
		t.Errorf("only %d files were read, and %d calls replace something", files, replaced)
	}
}
