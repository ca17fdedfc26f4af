package aftercare_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// eachGoFile parses every Go file of the module and hands it to f.
func eachGoFile(t *testing.T, f func(*token.FileSet, *ast.File)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		n++
		f(set, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 100 {
		t.Fatalf("only %d Go files found", n)
	}
}

// firstKey is the place of the first key among the arguments of a logger's methods.
var firstKey = map[string]int{
	"With": 0, "Debug": 1, "Info": 1, "Warn": 1, "Error": 1,
	"DebugContext": 2, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2,
}

// errorKeys returns where a log line names its error by another key than err.
func errorKeys(set *token.FileSet, file *ast.File) []string {
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		first, ok := firstKey[method.Sel.Name]
		if !ok {
			return true
		}
		for i := first; i < len(call.Args); i += 2 {
			if key, ok := call.Args[i].(*ast.BasicLit); ok && key.Value == `"error"` {
				out = append(out, set.Position(key.Pos()).String())
			}
		}
		return true
	})
	return out
}

func TestLogLinesNameTheirErrorErr(t *testing.T) {
	eachGoFile(t, func(set *token.FileSet, file *ast.File) {
		for _, at := range errorKeys(set, file) {
			t.Errorf(`%s: the key of an error in a log line is "err"`, at)
		}
	})
	for args, want := range map[string]int{
		`log.Warn("no", "error", err)`:                 1,
		`s.log.Error("no", "chat", to, "error", err)`:  1,
		`log.InfoContext(ctx, "no", "error", err)`:     1,
		`log.With("error", err)`:                       1,
		`log.Warn("error", "err", err)`:                0,
		`d.refused(1, "error", "apply")`:               0,
		`log.Info("no", "what", "error", "err", nil)`:  0,
		`log.Debug("no", "err", err, "what", "error")`: 0,
	} {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, "x.go", "package x\nvar _ = "+args, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := errorKeys(set, file); len(got) != want {
			t.Errorf("%s: found %v, want %d of them", args, got, want)
		}
	}
}

// longestComment is how many columns a line of a comment may have, with tabs of four.
const longestComment = 120

// longComments returns where a line of a comment is too long to be read at a glance.
// Comments behind code, and directives, are left alone.
func longComments(path, source string) []string {
	var out []string
	n := 0
	for line := range strings.Lines(source) {
		n++
		text := strings.TrimSpace(line)
		if !strings.HasPrefix(text, "// ") {
			continue
		}
		columns := utf8.RuneCountInString(strings.ReplaceAll(strings.TrimRight(line, "\n"), "\t", "    "))
		if columns > longestComment {
			out = append(out, fmt.Sprintf("%s:%d has %d columns", path, n, columns))
		}
	}
	return out
}

func TestCommentsAreNoLongerThanALine(t *testing.T) {
	eachGoFile(t, func(set *token.FileSet, file *ast.File) {
		path := set.Position(file.FileStart).Filename
		for _, long := range longComments(path, read(t, path)) {
			t.Errorf("%s; a comment has at most %d, better 100", long, longestComment)
		}
	})
	planted := "package x\n\n\t// " + strings.Repeat("é", longestComment-7) + "\n\t// " + strings.Repeat("é", longestComment-6) + "\n"
	if got := fmt.Sprint(longComments("x.go", planted)); got != "[x.go:4 has 121 columns]" {
		t.Errorf("of two planted lines it finds %s", got)
	}
}
