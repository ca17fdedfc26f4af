package aftercare_test

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// How large what stands below bot may grow. What is larger is more than one idea.
const (
	mostLines   = 400 // of a file
	mostMethods = 60  // of a type, with those of what it embeds and functions whose first argument it is
	turnFields  = 18  // of a turn, with those of what it embeds

	// siteMethods are those of the type that all rooms of the admin's pages hold. It was 495 before there
	// were rooms; what a page alone needs belongs to its room.
	siteMethods = 100
)

// size is what a type has by itself, and what it embeds.
type size struct {
	fields   int
	methods  map[string]bool
	embedded []string
}

// sizes are the types of the packages below a folder, by package and name.
type sizes map[string]*size

func (s sizes) of(name string) *size {
	if s[name] == nil {
		s[name] = &size{methods: map[string]bool{}}
	}
	return s[name]
}

// named is the name of a type, without the star, in the package that writes it; "" for
// what has none.
func named(pkg string, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return named(pkg, e.X)
	case *ast.Ident:
		return pkg + "." + e.Name
	case *ast.SelectorExpr:
		if of, ok := e.X.(*ast.Ident); ok {
			return of.Name + "." + e.Sel.Name
		}
	}
	return ""
}

// add counts what a file declares.
func (s sizes) add(f *ast.File) {
	pkg := f.Name.Name
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			of := d.Type.Params
			if d.Recv != nil {
				of = d.Recv
			}
			if len(of.List) > 0 {
				if name := named(pkg, of.List[0].Type); strings.HasPrefix(name, pkg+".") {
					s.of(name).methods[d.Name.Name] = true
				}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				t, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				it := s.of(pkg + "." + t.Name.Name)
				if fields, ok := t.Type.(*ast.StructType); ok {
					for _, field := range fields.Fields.List {
						it.fields += max(1, len(field.Names))
						if len(field.Names) == 0 {
							it.embedded = append(it.embedded, named(pkg, field.Type))
						}
					}
				}
			}
		}
	}
}

// whole is a type with everything that it embeds.
func (s sizes) whole(name string) (fields int, methods map[string]bool) {
	it := s.of(name)
	fields, methods = it.fields, maps.Clone(it.methods)
	for _, e := range it.embedded {
		n, more := s.whole(e)
		fields += n
		maps.Copy(methods, more)
		if n > 0 {
			fields-- // its own name is no field beside those that it brings
		}
	}
	return fields, methods
}

// sourcesBelow are the Go files of a folder and of those in it, tests left out.
func sourcesBelow(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func measure(t *testing.T, sources map[string][]byte) sizes {
	t.Helper()
	s := sizes{}
	for path, source := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		s.add(f)
	}
	return s
}

func TestWhatStandsBelowBotStaysSmall(t *testing.T) {
	sources := sourcesBelow(t, "bot")
	for path, source := range sources {
		if n := bytes.Count(source, []byte("\n")); n > mostLines {
			t.Errorf("%s has %d lines; divide what is more than %d", path, n, mostLines)
		}
	}
	s := measure(t, sources)
	for name := range maps.Clone(s) {
		if _, methods := s.whole(name); len(methods) > mostMethods {
			t.Errorf("%s has %d methods; divide what has more than %d", name, len(methods), mostMethods)
		}
	}
	if n, _ := s.whole("bot.turn"); n == 0 || n > turnFields {
		t.Errorf("a turn has %d fields; at most %d are meant", n, turnFields)
	}
}

// What several rooms of the admin's pages need are methods of site; what one needs alone is the room's.
func TestTheRoomsOfTheAdminStaySmall(t *testing.T) {
	s := measure(t, sourcesBelow(t, "web/admin"))
	rooms := 0
	for name, it := range s {
		if !slices.Contains(it.embedded, "admin.site") {
			continue
		}
		rooms++
		if n := len(it.methods); n > mostMethods {
			t.Errorf("%s has %d methods; divide what has more than %d", name, n, mostMethods)
		}
	}
	if n := len(s.of("admin.site").methods); n > siteMethods {
		t.Errorf("site has %d methods, more than %d: give what one kind of pages needs alone to its room (web/admin/routes.go)", n, siteMethods)
	}
	if rooms < 17 {
		t.Errorf("%d rooms hold the site", rooms)
	}
}

func TestGrowthBelowBotWouldBeNoticed(t *testing.T) {
	var b strings.Builder
	b.WriteString("package bot\ntype frame struct{ a, b int }\ntype turn struct { *frame; c int }\n")
	for i := range 30 {
		fmt.Fprintf(&b, "func (f *frame) m%d() {}\nfunc (t *turn) n%d() {}\nfunc f%d(t *turn, n int) {}\nfunc g%d(n int, t *turn) {}\n", i, i, i, i)
	}
	fields, methods := measure(t, map[string][]byte{"turn.go": []byte(b.String())}).whole("bot.turn")
	if fields != 3 || len(methods) != 90 {
		t.Errorf("%d fields and %d methods were counted; want 3 and 90", fields, len(methods))
	}
}

// TestSizes prints the largest types with -v.
func TestSizes(t *testing.T) {
	s := measure(t, sourcesBelow(t, "bot"))
	names := slices.Collect(maps.Keys(s))
	count := func(name string) int { _, methods := s.whole(name); return len(methods) }
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(count(b)-count(a), cmp.Compare(a, b)) })
	for _, name := range names[:min(len(names), 12)] {
		fields, _ := s.whole(name)
		t.Logf("%3d methods %3d fields  %s", count(name), fields, name)
	}
}
