// Package aftercare_test keeps the rules of the house: which package may know which.
package aftercare_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/aftercare/aftercare"

// room is one package, or a tree of packages, with what it may import.
type room struct {
	path    string   // relative to the module; a trailing /... means the tree
	imports []string // relative to the module, as path; "*" = everything
	pure    bool     // beyond imports the standard library only
}

// The dependency rule of README.md: arrows point inward, and no implementation knows
// another. The first room that matches a package is its room.
var rooms = []room{
	{path: "docs", pure: true}, // the pages themselves
	{path: "docs/guides"},      // a test only
	{path: "cmd/...", imports: []string{"*"}},
	{path: "internal/app", imports: []string{
		"internal/app/settings", "internal/signin", "internal/oidc", "internal/page", "web/...", "bot/...", "adapters/...", "storage", "storage/sqlite", "storage/postgres", "storage/archive",
		"recovery/...", "survey/...", "report", "access", "invitation/...",
	}},
	{path: "internal/app/settings", imports: []string{"adapters", "adapters/chat", "internal/oidc"}},
	{path: "internal/page", pure: true},
	{path: "internal/wording", pure: true},
	{path: "internal/qr"},                                         // beyond the standard library: the code's own
	{path: "internal/oidc", imports: []string{"internal/signin"}}, // beyond the standard library: OpenID Connect
	{path: "internal/oidc/oidctest"},                              // for tests only
	{path: "internal/signin"},                                     // beyond the standard library: argon2, and how Unicode writes one letter
	{path: "internal/bench/...", imports: []string{"*"}},          // harnesses: nothing that ships imports them
	{path: "internal/faults/...", imports: []string{"*"}},
	{path: "internal/table"}, // beyond the standard library: encodings, and workbooks
	{path: "internal/testdisk"},
	{path: "internal/sqlcount"},
	{path: "internal/browsertest"}, // for tests only
	{path: "web/...", imports: []string{
		"web/...", "docs", "internal/page", "internal/table", "internal/qr", "internal/signin", "internal/oidc", "bot", "bot/render", "bot/snapshot", "bot/voice", "bot/personal", "bot/asking", "bot/figures", "storage", "adapters/chat",
		"recovery/...", "survey/...", "report", "privacy", "access", "invitation/...",
	}},
	{path: "bot/outbox", imports: []string{"storage", "adapters/chat"}},
	{path: "bot/snapshot", imports: []string{"privacy", "storage", "recovery", "survey", "access", "adapters/chat"}},
	{path: "bot/voice", imports: []string{"bot/snapshot", "storage", "survey", "survey/words", "adapters/chat"}},
	{path: "bot/render", imports: []string{"privacy", "bot/voice", "bot/snapshot", "storage", "recovery", "survey", "survey/words", "access", "adapters/chat"}},
	{path: "bot/rounds", imports: []string{"storage"}},
	{path: "bot/figures", imports: []string{"bot/rounds", "storage", "recovery", "report", "survey", "invitation"}},
	{path: "bot/fold", imports: []string{"bot/rounds", "bot/voice", "bot/snapshot", "storage", "report", "survey"}},
	{path: "bot/personal", imports: []string{"bot/fold", "bot/voice", "privacy", "storage", "adapters/chat"}},
	{path: "bot/asking", imports: []string{"bot", "bot/rounds", "bot/snapshot", "bot/voice", "invitation/...", "privacy", "report", "storage", "recovery", "survey", "access", "adapters/chat"}},
	{path: "bot/...", imports: []string{"bot/...", "privacy", "storage", "recovery", "survey", "survey/words", "report", "access", "allowance", "adapters/chat"}},

	{path: "storage", imports: []string{"report", "privacy", "recovery", "survey", "survey/words", "access", "allowance", "adapters/chat"}},
	{path: "storage/archive", pure: true},
	{path: "storage/storagetest", imports: []string{"internal/sqlcount", "report", "privacy", "storage", "storage/internal/...", "recovery", "survey", "access", "allowance", "adapters/chat"}},
	{path: "storage/internal/...", imports: []string{"report", "privacy", "storage/internal/...", "storage", "recovery", "survey", "access", "allowance", "adapters/chat"}},
	{path: "storage/sqlite/...", imports: []string{"report", "privacy", "storage/sqlite/...", "storage/archive", "storage/internal/...", "storage", "recovery", "survey", "access", "allowance", "adapters/chat"}},
	{path: "storage/postgres/...", imports: []string{"internal/testdisk", "report", "privacy", "storage/postgres/...", "storage/archive", "storage/internal/...", "storage", "recovery", "survey", "access", "allowance", "adapters/chat"}},

	{path: "adapters", imports: []string{"adapters/chat"}, pure: true},
	{path: "adapters/chat", pure: true},
	{path: "adapters/chattest", imports: []string{"adapters/chat"}},
	{path: "adapters/webchat/...", imports: []string{"adapters/webchat/...", "adapters/chat", "internal/page"}},

	// adapters/NAME/... beside these is one platform each: see roomOf.

	{path: "recovery", imports: []string{"survey", "access"}, pure: true},
	{path: "invitation", imports: []string{"survey", "recovery"}, pure: true},
	{path: "invitation/triggerfile", imports: []string{"invitation", "survey", "recovery", "survey/strictyaml"}},
	{path: "invitation/inbound", imports: []string{"survey/strictyaml"}},
	{path: "invitation/sheet", imports: []string{"survey/words"}, pure: true},
	{path: "recovery/rulefile", imports: []string{"recovery", "survey/strictyaml"}},
	{path: "report", imports: []string{"survey"}}, // beyond the standard library: distributions and linear equations
	{path: "access", pure: true},
	{path: "allowance", pure: true},
	{path: "privacy", pure: true},
	{path: "survey", imports: []string{"survey/words"}, pure: true},
	{path: "survey/words"}, // beyond the standard library: how Unicode takes letters apart
	{path: "survey/strictyaml"},
	{path: "survey/flowfile", imports: []string{"survey", "survey/strictyaml"}},
	{path: "survey/draft", imports: []string{"survey/strictyaml", "survey/flowfile"}},
	{path: "survey/importing", imports: []string{"survey", "survey/words", "survey/flowfile"}},
	{path: "survey/trial", imports: []string{"survey", "recovery"}, pure: true},
	{path: "survey/flowmap", imports: []string{"survey"}, pure: true},
}

func matches(pattern, path string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == tree || strings.HasPrefix(path, tree+"/")
	}
	return pattern == "*" || pattern == path
}

// roomOf is the room of a package. What no other room has below adapters is a platform's:
// it knows what all platforms share, and no other platform.
func roomOf(path string) (room, bool) {
	if i := slices.IndexFunc(rooms, func(r room) bool { return matches(r.path, path) }); i >= 0 {
		return rooms[i], true
	}
	below, ok := strings.CutPrefix(path, "adapters/")
	if !ok {
		return room{}, false
	}
	name, _, _ := strings.Cut(below, "/")
	tree := "adapters/" + name + "/..."
	return room{path: tree, imports: []string{tree, "adapters", "adapters/chat"}}, true
}

func (r room) allows(imported string) bool {
	return slices.ContainsFunc(r.imports, func(p string) bool { return matches(p, imported) })
}

// harness reports whether a package only measures and tests the others.
func harness(path string) bool {
	return matches("internal/bench/...", path) || matches("internal/faults/...", path)
}

// listed is what `go list` says of a package.
type listed struct {
	ImportPath string
	Name       string
	Standard   bool
	Imports    []string
}

func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Name,Standard,Imports"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// broken returns the imports of the packages that the rule forbids.
func broken(packages []listed, standard map[string]bool) []string {
	var out []string
	for _, p := range packages {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if path == "" {
			continue // this test
		}
		r, ok := roomOf(path)
		if !ok {
			out = append(out, path+" has no room in the dependency rule")
			continue
		}
		for _, imported := range p.Imports {
			own, isOurs := strings.CutPrefix(imported, module+"/")
			switch {
			case isOurs && own != path && !r.allows(own):
				out = append(out, path+" may not import "+own)
			case isOurs && harness(own) && !strings.HasPrefix(path, "internal/"):
				out = append(out, path+" may not import the harness "+own)
			case !isOurs && r.pure && !standard[imported]:
				out = append(out, path+" may import the standard library only, not "+imported)
			}
		}
	}
	return out
}

func TestTheDependencyRuleHolds(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range goList(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	packages := goList(t, "./...")
	if len(packages) < 5 {
		t.Fatalf("only %d packages found", len(packages))
	}
	for _, b := range broken(packages, standard) {
		t.Error(b)
	}
}

func TestTheDependencyRuleWouldNoticeABreach(t *testing.T) {
	standard := map[string]bool{"time": true}
	for _, tt := range []struct{ from, to, want string }{
		{"survey", "gopkg.in/yaml.v3", "survey may import the standard library only, not gopkg.in/yaml.v3"},
		{"survey", module + "/recovery", "survey may not import recovery"},
		{"survey", module + "/access", "survey may not import access"},
		{"access", module + "/survey", "access may not import survey"},
		{"access", "github.com/google/uuid", "access may import the standard library only, not github.com/google/uuid"},
		{"recovery", module + "/access", ""},
		{"bot", module + "/adapters/telegram", "bot may not import adapters/telegram"},
		{"bot/outbox", module + "/bot", "bot/outbox may not import bot"},
		{"bot/outbox", module + "/recovery", "bot/outbox may not import recovery"},
		{"bot/snapshot", module + "/bot", "bot/snapshot may not import bot"},
		{"bot/snapshot", module + "/bot/voice", "bot/snapshot may not import bot/voice"},
		{"bot/voice", module + "/bot", "bot/voice may not import bot"},
		{"bot/voice", module + "/bot/outbox", "bot/voice may not import bot/outbox"},
		{"bot/render", module + "/bot", "bot/render may not import bot"},
		{"bot/render", module + "/bot/outbox", "bot/render may not import bot/outbox"},
		{"adapters/webchat", module + "/adapters/telegram", "adapters/webchat may not import adapters/telegram"},
		{"storage/sqlite", module + "/storage/postgres", "storage/sqlite may not import storage/postgres"},
		{"web", module + "/storage/sqlite", "web may not import storage/sqlite"},
		{"cmd/aftercare", module + "/internal/bench", "cmd/aftercare may not import the harness internal/bench"},
		{"internal/page", module + "/storage", "internal/page may not import storage"},
		{"internal/page", "github.com/google/uuid", "internal/page may import the standard library only, not github.com/google/uuid"},
		{"bot", module + "/internal/app", "bot may not import internal/app"},
		{"web", module + "/internal/app/settings", "web may not import internal/app/settings"},
		{"internal/app/settings", module + "/storage", "internal/app/settings may not import storage"},
		{"adapters/telegram", module + "/adapters/slack", "adapters/telegram may not import adapters/slack"},
		{"adapters/telegram/telegramtest", module + "/storage", "adapters/telegram/telegramtest may not import storage"},
		{"adapters/newcomer", module + "/internal/app", "adapters/newcomer may not import internal/app"},
		{"adapters/newcomer/fake", module + "/adapters/newcomer", ""},
		{"adapters/newcomer", module + "/adapters", ""},
		{"adapters/webchat", module + "/web", "adapters/webchat may not import web"},
		{"adapters/webchat", module + "/internal/page", ""},
		{"attic", "time", "attic has no room in the dependency rule"},
		{"survey", "time", ""},
		{"survey/flowfile", "github.com/goccy/go-yaml", ""},
		{"cmd/aftercare", module + "/bot", ""},
	} {
		got := broken([]listed{{ImportPath: module + "/" + tt.from, Imports: []string{tt.to}}}, standard)
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%s importing %s: got %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
}

// The outbox sends what it is given: what that is about is the business of its Core.
func TestTheOutboxKnowsNoCases(t *testing.T) {
	files, err := filepath.Glob("bot/outbox/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of the outbox, %v", len(files), err)
	}
	word := regexp.MustCompile(`\bcases?\b|Case`)
	for _, f := range files {
		for _, w := range words(f, read(t, f)) {
			if found := word.FindString(w.text); found != "" && w.kind != token.CASE {
				t.Errorf("%s: the outbox speaks of %q: %s", w.at, found, w.text)
			}
		}
	}
	planted := 0
	for _, w := range words("planted.go", "package outbox\n// staff's case\nfunc f() { _ = c.Case; switch { case true: } }") {
		if word.MatchString(w.text) && w.kind != token.CASE {
			planted++
		}
	}
	if planted != 2 {
		t.Errorf("%d of 2 planted words are noticed", planted)
	}
}

// What a platform can do is said by its chat.Traits: the bot knows platforms by name only
// where it makes links to them.
func TestTheBotKnowsPlatformsByTheirTraits(t *testing.T) {
	linkMakers := []string{"bot/invite.go", "bot/links.go", "bot/staffchat.go", "bot/standinglink.go", "bot/visitor.go"}
	seen := 0
	err := filepath.WalkDir("bot", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, at := range platformNames(path, read(t, path)) {
			if seen++; !slices.Contains(linkMakers, path) {
				t.Errorf("%s names a platform: ask its chat.Traits instead", at)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no link maker names a platform")
	}
	if n := len(platformNames("planted.go", "package bot\nvar hasForms = p != chat.Telegram || q == chat.Web")); n != 2 {
		t.Errorf("%d of 2 planted names are noticed", n)
	}
}

// platformNames are the places where a file names a platform.
func platformNames(name, source string) []token.Position {
	var at []token.Position
	before := [2]string{}
	for _, w := range words(name, source) {
		if before == [2]string{"chat", "."} && slices.Contains([]string{"Telegram", "Slack", "Web"}, w.text) {
			at = append(at, w.at)
		}
		if before = [2]string{before[1], w.text}; w.kind == token.PERIOD {
			before[1] = "."
		}
	}
	return at
}

// written is a token of a Go file.
type written struct {
	at   token.Position
	kind token.Token
	text string
}

// words are the tokens of a Go file, comments among them.
func words(name, source string) []written {
	files := token.NewFileSet()
	file := files.AddFile(name, -1, len(source))
	var s scanner.Scanner
	s.Init(file, []byte(source), nil, scanner.ScanComments)
	var all []written
	for {
		pos, kind, text := s.Scan()
		if kind == token.EOF {
			return all
		}
		all = append(all, written{files.Position(pos), kind, text})
	}
}

// strangers returns those of the named packages that a package knows, directly or by
// others.
func strangers(packages []listed, from string, named []string) []string {
	imports := map[string][]string{}
	for _, p := range packages {
		imports[p.ImportPath] = p.Imports
	}
	var found []string
	seen := map[string]bool{}
	var visit func(string)
	visit = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		if slices.Contains(named, strings.TrimPrefix(path, module+"/")) && path != from {
			found = append(found, path)
		}
		for _, i := range imports[path] {
			visit(i)
		}
	}
	visit(from)
	return found
}

func TestWhatDrawsKnowsNoDatabaseAndNoNetwork(t *testing.T) {
	named := []string{"database/sql", "net/http", "bot", "bot/outbox", "storage/internal/sqlstore", "storage/sqlite", "storage/postgres"}
	if found := strangers(goList(t, "-deps", "./bot/render"), module+"/bot/render", named); len(found) > 0 {
		t.Errorf("bot/render knows %v", found)
	}
	planted := []listed{
		{ImportPath: module + "/bot/render", Imports: []string{module + "/bot/voice"}},
		{ImportPath: module + "/bot/voice", Imports: []string{"strings", module + "/storage/sqlite", "net/http"}},
	}
	if got := strings.Join(strangers(planted, module+"/bot/render", named), " "); got != module+"/storage/sqlite net/http" {
		t.Errorf("of what was planted, %q was noticed", got)
	}
}

// alone are modules that nobody mends any more: each stays behind one file, so that whoever
// replaces it writes that file anew.
var alone = map[string]string{
	"github.com/go-telegram-bot-api/telegram-bot-api/v5": "adapters/telegram/library.go",
	"github.com/skip2/go-qrcode":                         "internal/qr/qr.go",
}

func TestWhatNobodyMendsStaysBehindOneFile(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, mod := range importsOf(path, read(t, path)) {
			if file, ok := alone[mod]; ok && file != filepath.ToSlash(path) {
				t.Errorf("%s imports %s, which stays behind %s", path, mod, file)
			} else if ok {
				seen++
			}
		}
		return nil
	})
	if err != nil || seen != len(alone) {
		t.Errorf("%d of %d are used, %v", seen, len(alone), err)
	}
	if got := importsOf("planted.go", "package p\nimport q \"github.com/skip2/go-qrcode\"\nvar s = \"github.com/x\""); len(got) != 1 || alone[got[0]] == "" {
		t.Errorf("of what was planted, %q was noticed", got)
	}
}

// importsOf are the paths that a file imports.
func importsOf(name, source string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var all []string
	for _, i := range file.Imports {
		all = append(all, strings.Trim(i.Path.Value, "\""))
	}
	return all
}

// The first block of go.mod is what the program is made of, the second what only its tests
// and harnesses need, each with what it needs itself.
func TestWhatOnlyTestsNeedStandsApart(t *testing.T) {
	direct := map[string]string{} // block by module
	block := 0
	for line := range strings.Lines(read(t, "go.mod")) {
		switch f := strings.Fields(line); {
		case strings.HasPrefix(line, "require ("):
			block++
		case len(f) >= 2 && strings.HasPrefix(line, "\t") && !strings.Contains(line, "// indirect"):
			direct[f[0]] = map[int]string{1: "the program", 2: "tests"}[block]
		}
	}
	used := map[string]bool{}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "./cmd/aftercare")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		used[path] = true
	}
	seen := map[string]int{}
	for path, of := range direct {
		seen[of]++
		if want := map[bool]string{true: "the program", false: "tests"}[used[path]]; of != want {
			t.Errorf("go.mod has %s in the block of %q; it belongs to %s", path, of, want)
		}
	}
	if seen["the program"] < 10 || seen["tests"] < 5 {
		t.Errorf("looked at %v", seen)
	}
}

func TestNoPackageHasANameThatSaysNothing(t *testing.T) {
	for _, p := range goList(t, "./...") {
		for _, name := range []string{p.Name, filepath.Base(p.ImportPath)} {
			if slices.Contains([]string{"util", "utils", "common", "models", "helpers", "types"}, name) {
				t.Errorf("%s: say what it holds", p.ImportPath)
			}
		}
	}
}

// modernc.org/sqlite is generated together with one version of modernc.org/libc;
// another one compiles and then fails in ways of its own.
func TestLibcIsTheVersionThatSQLiteNames(t *testing.T) {
	want := libcIn(t, "modernc.org/sqlite")
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "modernc.org/libc").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("go.mod has modernc.org/libc %s, modernc.org/sqlite was made with %s", got, want)
	}
}

func libcIn(t *testing.T, mod string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", mod).Output()
	if err != nil {
		t.Fatal(err)
	}
	gomod := read(t, strings.TrimSpace(string(out)))
	m := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindStringSubmatch(gomod)
	if m == nil {
		t.Fatalf("%s names no libc", mod)
	}
	return m[1]
}
