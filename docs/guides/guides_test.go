// Package guides_test carries out the guides beside it: it applies the change of each to a
// copy of the tree, builds it, runs the tests that the guide names, and counts the places.
package guides_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const root = "../.."

// limits says how much the change of a guide may touch. A place is a file; the files that
// say the same sentences in each language are one place together.
type limits struct {
	places int    // most places; 0 = not counted
	folder string // a new folder, with all that is in it: it is no place
	lines  int    // most lines added to places, where folder is set
}

var guides = map[string]limits{
	"add-a-kind-of-question": {places: 9},
	"add-a-clock":            {places: 7},
	"add-an-adapter":         {folder: "adapters/pigeon", lines: 3},
}

// TestEveryGuideCanBeFollowed applies each change to a copy of the tree as it is, then all of
// them, one on top of the other, so that what they have in common is built once, and runs
// what the guides name there.
func TestEveryGuideCanBeFollowed(t *testing.T) {
	patches, err := filepath.Glob("*.patch")
	if err != nil {
		t.Fatal(err)
	}
	tree := place(t)
	copyTree(t, tree)
	var found, named []string
	for _, patch := range patches {
		name := strings.TrimSuffix(patch, ".patch")
		found = append(found, name)
		most, known := guides[name]
		if !known {
			t.Errorf("nothing says how many places %s may touch", patch)
			continue
		}
		t.Run(name, func(t *testing.T) {
			change, page := read(t, patch), read(t, name+".md")
			places, lines := touched(change, most.folder)
			for _, problem := range most.exceeded(places, lines) {
				t.Error(problem)
			}
			for _, place := range places {
				if !strings.Contains(page, place) {
					t.Errorf("%s.md does not say what is to be done in %s", name, place)
				}
			}
			t.Attr("figure", fmt.Sprintf("%d places", len(places)))
			fits(t, tree, patch)
			named = append(named, commands(t, page)...)
		})
	}
	for name := range guides {
		if !slices.Contains(found, name) {
			t.Errorf("the guide %s has no patch", name)
		}
	}
	if t.Failed() {
		return
	}
	for _, patch := range patches {
		if out, err := git(tree, "apply", "-C1", absolute(t, patch)); err != nil {
			t.Fatalf("%s does not fit a tree that has the changes of the guides before it:\n%s", patch, out)
		}
	}
	follow(t, tree, named)
}

// place is an empty folder for the tree, the same for each run of this checkout: what was built there once is
// taken from Go's cache the next time, as long as it has not changed. A second run waits for the first.
func place(t *testing.T) string {
	t.Helper()
	sum := sha256.Sum256([]byte(absolute(t, root)))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("aftercare-guides-%d-%x", os.Getuid(), sum[:6]))
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Close() })
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil { // of a run that was killed
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN)
	})
	return dir
}

// exceeded says in words which limits a change goes beyond.
func (m limits) exceeded(places []string, lines int) []string {
	var out []string
	if m.places > 0 && len(places) > m.places {
		out = append(out, fmt.Sprintf("it touches %d places, at most %d are allowed: %s", len(places), m.places, strings.Join(places, ", ")))
	}
	if m.folder != "" && lines > m.lines {
		out = append(out, fmt.Sprintf("it adds %d lines outside %s, at most %d are allowed: in %s", lines, m.folder, m.lines, strings.Join(places, ", ")))
	}
	return out
}

var (
	aFile   = regexp.MustCompile(`^diff --git a/(\S+) b/\S+$`)
	locales = regexp.MustCompile(`/locales/[^/]+\.json$`)
)

// touched lists the places of a change outside a folder, and counts the lines that it adds
// to them.
func touched(change, folder string) (places []string, lines int) {
	inFolder := false
	for _, line := range strings.Split(change, "\n") {
		if m := aFile.FindStringSubmatch(line); m != nil {
			place := m[1]
			if locales.MatchString(place) {
				place = path.Dir(place)
			}
			inFolder = folder != "" && strings.HasPrefix(place, folder+"/")
			if !inFolder && !slices.Contains(places, place) {
				places = append(places, place)
			}
		} else if !inFolder && strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++ ") {
			lines++
		}
	}
	return places, lines
}

// commands are the lines of a guide that run tests.
func commands(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "go test ") {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		t.Fatal("the guide names no test")
	}
	return out
}

// fits reports a change that the tree does not take any more. One line of context is enough,
// so that changes nearby do not make the patch old.
func fits(t *testing.T, tree, patch string) {
	t.Helper()
	if out, err := git(tree, "apply", "--check", "-C1", absolute(t, patch)); err != nil {
		t.Errorf("the patch does not fit the tree any more: docs/guides/README.md says how to renew it\n%s", out)
	}
}

func git(dir string, args ...string) (string, error) { return run(dir, "git", args...) }

func absolute(t *testing.T, patch string) string {
	t.Helper()
	path, err := filepath.Abs(patch)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// follow compiles the program of the changed tree and runs the commands there, each once. Nothing is linked of several
// packages that are built together; the tests of the adapter link what a server is.
func follow(t *testing.T, tree string, commands []string) {
	slices.Sort(commands)
	for _, command := range append([]string{"go build ./cmd/..."}, slices.Compact(commands)...) {
		out, err := run(tree, "bash", "-c", command)
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
		if strings.Contains(out, "no tests to run") {
			t.Errorf("%s: a package has no such test\n%s", command, out)
		}
	}
}

// copyTree copies what belongs to the project, without what was built or is ignored.
func copyTree(t *testing.T, to string) {
	t.Helper()
	out, err := git(root, "ls-files", "--cached", "--others", "--exclude-standard")
	if err != nil {
		t.Fatalf("list the files: %v\n%s", err, out)
	}
	count := 0
	for name := range strings.Lines(out) {
		name = strings.TrimSuffix(name, "\n")
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, but not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count < 100 {
		t.Fatalf("only %d files were copied", count)
	}
}

// quick leaves out of our own packages what only makes programs fast or easy to debug, and
// checks that the tree itself has passed: compiling is most of what this test costs. The compiler lives for
// seconds, and collects garbage seldom.
const quick = "-vet=off -ldflags=-w '-toolexec=env GOGC=800' '-gcflags=github.com/aftercare/aftercare/...=-N -l -dwarf=false'"

// run runs a command in a folder.
func run(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+quick, "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestPlacesAreCounted(t *testing.T) {
	const change = `diff --git a/a.go b/a.go
--- a/a.go
+++ b/a.go
+one
+two
-three
diff --git a/bot/locales/en.json b/bot/locales/en.json
+++ b/bot/locales/en.json
+  "x": "x"
diff --git a/bot/locales/es.json b/bot/locales/es.json
+++ b/bot/locales/es.json
+  "x": "x"
diff --git a/adapters/new/a.go b/adapters/new/a.go
+++ b/adapters/new/a.go
+package new
`
	places, lines := touched(change, "adapters/new")
	if want := []string{"a.go", "bot/locales"}; !slices.Equal(places, want) || lines != 4 {
		t.Errorf("%q with %d lines, want %q with 4", places, lines, want)
	}
	if got := (limits{places: 1}).exceeded(places, lines); len(got) != 1 {
		t.Errorf("two places of one are: %q", got)
	}
	if got := (limits{folder: "adapters/new", lines: 3}).exceeded(places, lines); len(got) != 1 {
		t.Errorf("four lines of three are: %q", got)
	}
	if got := (limits{places: 2, folder: "adapters/new", lines: 4}).exceeded(places, lines); len(got) != 0 {
		t.Errorf("within the limits: %q", got)
	}
}
