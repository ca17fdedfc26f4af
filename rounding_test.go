package aftercare_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// roundedElsewhere round what is no figure of a report.
var roundedElsewhere = map[string]string{
	"bot/figures/care.go":             "counts whole seconds between taps",
	"bot/render/caseform.go":          "reads an amount that staff typed",
	"cmd/aftercare/backup.go":         "sizes of files",
	"cmd/aftercare/doctor_files.go":   "disks and ages of files",
	"cmd/aftercare/demo_customers.go": "draws what sample customers do",
	"cmd/aftercare/demo_past.go":      "draws what sample customers do",
	"web/admin/reportcompare.go":      "how many answers a test of chance takes",
}

// TestFiguresAreRoundedInOnePlace: what people read in pages, tables, answers of the API, commands and messages is
// rounded by report.Printed and its kin, so that the same figure has the same digits everywhere (decision 0117).
func TestFiguresAreRoundedInOnePlace(t *testing.T) {
	used := map[string]bool{}
	for _, dir := range []string{"bot", "web/admin", "web/api", "cmd/aftercare"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			path = filepath.ToSlash(path)
			for _, found := range roundings(path, read(t, path)) {
				if used[path] = true; roundedElsewhere[path] == "" {
					t.Errorf("%s: %s; figures are rounded by package report", path, found)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for path := range roundedElsewhere {
		if !used[path] {
			t.Errorf("%s rounds nothing any more", path)
		}
	}
	planted := "package p\nvar _ = []any{strconv.FormatFloat(x, 'f', 1, 64), strconv.FormatFloat(x, 'f', -1, 64), \"%.1f\", \"%+5.0f%%\", \"100 %\", int(math.Round(x)), int(100*x+0.5), `round(%s)`}"
	if got := roundings("planted.go", planted); len(got) != 5 {
		t.Errorf("of what was planted, %q was noticed", got)
	}
}

// verbOfDecimals is a verb that rounds.
var verbOfDecimals = regexp.MustCompile(`%[-+ #0]*\d*\.\d+[eEfFgG]`)

// roundings are where a file rounds.
func roundings(name, source string) (all []string) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		return []string{err.Error()}
	}
	called := func(e ast.Expr, of, what string) bool {
		s, ok := e.(*ast.SelectorExpr)
		if !ok || s.Sel.Name != what {
			return false
		}
		x, ok := s.X.(*ast.Ident)
		return ok && x.Name == of
	}
	found := func(n ast.Node, what string) {
		all = append(all, fmt.Sprintf("line %d has %s", files.Position(n.Pos()).Line, what))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING && verbOfDecimals.MatchString(n.Value) {
				found(n, n.Value)
			}
		case *ast.CallExpr:
			if to, ok := n.Fun.(*ast.Ident); ok && to.Name == "int" && len(n.Args) == 1 {
				if x, ok := n.Args[0].(*ast.BinaryExpr); ok && x.Op == token.ADD {
					if y, ok := x.Y.(*ast.BasicLit); ok && y.Value == "0.5" {
						found(n, "int(… + 0.5)")
					}
				}
			}
			if called(n.Fun, "math", "Round") {
				found(n, "math.Round")
			}
			if called(n.Fun, "strconv", "FormatFloat") && len(n.Args) == 4 {
				if _, ok := n.Args[2].(*ast.BasicLit); ok { // −1 is an expression
					found(n, "strconv.FormatFloat with so many decimals")
				}
			}
		}
		return true
	})
	return all
}
