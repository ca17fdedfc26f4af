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

// drawing are the methods by which math/rand draws.
var drawing = []string{"IntN", "Int32N", "Int64N", "UintN", "Uint32", "Uint64", "Int", "Int64", "Float64", "NormFloat64", "ExpFloat64", "Perm", "Shuffle"}

// TestChanceIsTheSameInEachRun refuses tests that draw while they go through a map: it is gone through in no order, so
// that a seed makes another world in each run, and what a test counts in it falls short by chance.
func TestChanceIsTheSameInEachRun(t *testing.T) {
	files, draws := 0, 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		files++
		maps, chances := declared(f)
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && draw(call, chances) {
				draws++
			}
			r, ok := n.(*ast.RangeStmt)
			if !ok || !isMap(r.X, maps) {
				return true
			}
			ast.Inspect(r.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && draw(call, chances) {
					t.Errorf("%s draws while it goes through a map", set.Position(call.Pos()))
				}
				return true
			})
			return true
		})
		return nil
	})
	if err != nil || files < 300 || draws < 300 {
		t.Errorf("%d files with %d draws were read: %v", files, draws, err)
	}
}

// declared are the names of a file that stand for maps, and those that stand for chance.
func declared(f *ast.File) (maps, chances map[string]bool) {
	maps, chances = map[string]bool{}, map[string]bool{}
	name := func(id ast.Expr, value ast.Expr) {
		of, ok := id.(*ast.Ident)
		if !ok {
			return
		}
		switch v := value.(type) {
		case *ast.CompositeLit:
			if isMap(v, nil) {
				maps[of.Name] = true
			}
		case *ast.CallExpr:
			if s, ok := v.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "New" && isPackage(s.X, "rand") {
				chances[of.Name] = true
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				name(n.Lhs[i], n.Rhs[i])
			}
		case *ast.ValueSpec:
			for i := range n.Values {
				name(n.Names[i], n.Values[i])
			}
		case *ast.Field:
			for _, x := range n.Names {
				if _, ok := n.Type.(*ast.MapType); ok {
					maps[x.Name] = true
				}
				if p, ok := n.Type.(*ast.StarExpr); ok {
					if s, ok := p.X.(*ast.SelectorExpr); ok && s.Sel.Name == "Rand" {
						chances[x.Name] = true
					}
				}
			}
		}
		return true
	})
	return maps, chances
}

func isPackage(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// nameOf is what a variable or a field is called; "" = it is none.
func nameOf(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

func isMap(x ast.Expr, named map[string]bool) bool {
	if lit, ok := x.(*ast.CompositeLit); ok {
		_, ok := lit.Type.(*ast.MapType)
		return ok
	}
	return named[nameOf(x)]
}

// draw reports whether a call draws, or hands on what draws.
func draw(call *ast.CallExpr, chances map[string]bool) bool {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains(drawing, s.Sel.Name) && (chances[nameOf(s.X)] || isPackage(s.X, "rand")) {
		return true
	}
	return slices.ContainsFunc(call.Args, func(x ast.Expr) bool { return chances[nameOf(x)] })
}
