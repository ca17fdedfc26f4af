package aftercare_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents are the files for people that the following tests check.
func documents(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "deploy/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			docs[p] = read(t, p)
		}
	}
	if docs["README.md"] == "" {
		t.Fatal("there is no README.md")
	}
	return docs
}

func TestEveryMakeTargetThatIsNamedExists(t *testing.T) {
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		targets[m[1]] = true
	}
	found := 0
	for path, text := range documents(t) {
		for _, m := range regexp.MustCompile("(?:`|(?m)^)make ([a-z]+)").FindAllStringSubmatch(text, -1) {
			found++
			if !targets[m[1]] {
				t.Errorf("%s names `make %s`, which does not exist", path, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no document names a target")
	}
	for _, needed := range []string{"help", "run", "test", "browser", "lint", "bench", "fuzz", "crash", "deps", "cover"} {
		if !targets[needed] {
			t.Errorf("the Makefile has no target %s", needed)
		}
	}
	for _, target := range []string{"test", "browser", "lint"} {
		if !regexp.MustCompile(`(?m)^time make ` + target + `$`).MatchString(read(t, ".ci/run")) {
			t.Errorf(".ci/run does not run what a person runs: make %s", target)
		}
	}
}

func TestEveryLinkedFileExists(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	for path, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", path, m[1])
			}
		}
	}
}

func TestTheReadmeTellsEverySetting(t *testing.T) {
	readme := read(t, "README.md")
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z][A-Z_]+)=`).FindAllStringSubmatch(read(t, ".env.example"), -1) {
		if !strings.Contains(readme, "`"+m[1]+"`") {
			t.Errorf("README.md does not explain %s", m[1])
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The README's guide to the code names packages.
func TestTheReadmeNamesOnlyRoomsThatExist(t *testing.T) {
	room := regexp.MustCompile("`([a-z]+(?:/[a-z*]+)*)`")
	found := 0
	for _, path := range []string{"README.md"} {
		for line := range strings.Lines(read(t, path)) {
			where, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
			if !strings.HasPrefix(line, "| `") || !isRow {
				continue
			}
			for _, m := range room.FindAllStringSubmatch(where, -1) {
				found++
				if files, err := filepath.Glob(m[1]); err != nil || len(files) == 0 {
					t.Errorf("%s names the room %s, which does not exist: %v, %v", path, m[1], files, err)
				}
			}
		}
	}
	if found < 6 {
		t.Errorf("only %d rooms are named: this test looks at the wrong lines", found)
	}
}

func TestTheArchitectureTellsEveryRoom(t *testing.T) {
	architecture := read(t, "ARCHITECTURE.md")
	for _, p := range goList(t, "./...") {
		path := strings.TrimPrefix(p.ImportPath, module+"/")
		if path != module && !strings.Contains(architecture, "| `"+path+"` |") {
			t.Errorf("ARCHITECTURE.md says nothing of %s", path)
		}
	}
}

// What ARCHITECTURE.md says of where things are names files and folders.
func TestTheArchitectureNamesOnlyFilesThatExist(t *testing.T) {
	found := 0
	for _, m := range regexp.MustCompile("`([a-z]+/[a-z/]+(?:\\.go)?)`").FindAllStringSubmatch(read(t, "ARCHITECTURE.md"), -1) {
		found++
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("ARCHITECTURE.md names %s, which does not exist", m[1])
		}
	}
	if found < 30 {
		t.Errorf("only %d names were found: this test looks for the wrong ones", found)
	}
}
