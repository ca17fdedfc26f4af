package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Whatever a document says to type can be typed.
func TestEveryCommandInTheDocumentsExists(t *testing.T) {
	var documents []string
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/*/*.md", "../../deploy/*.*", "../../deploy/Dockerfile", "../../deploy/*/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, paths...)
	}
	line := regexp.MustCompile("(?m)(?:^ *(?:/usr/local/bin/)?|`|ExecStart=/usr/local/bin/|go run \\./cmd/)aftercare ([a-z][^`\n|]*)")
	found := 0
	for _, path := range documents {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(content), -1) {
			found++
			if problem := wrongCommand(t, m[1]); problem != "" {
				t.Errorf("%s: `aftercare %s`: %s", path, m[1], problem)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands were found in %v", found, documents)
	}
}

func TestTheCheckOfDocumentsWouldNoticeAMistake(t *testing.T) {
	for _, typed := range []string{"server", "survey tyr", "invite --flwo x", "site add", "staff add bob --site a --everywhere"} {
		if wrongCommand(t, typed) == "" {
			t.Errorf("`aftercare %s` passes", typed)
		}
	}
	for _, typed := range []string{"serve", "survey", "invite --flow x --event a=b", `site add main-street --name "Main Street"`, "survey show x > y.yaml", "invite -h"} {
		if problem := wrongCommand(t, typed); problem != "" {
			t.Errorf("`aftercare %s`: %s", typed, problem)
		}
	}
}

// wrongCommand says why a command line would not be understood, "" if it would. The
// name of a group of commands alone is understood: documents speak of groups.
func wrongCommand(t *testing.T, typed string) string {
	t.Helper()
	typed, _, _ = strings.Cut(typed, " >")
	typed, _, _ = strings.Cut(typed, " #")
	args := words(typed)
	help := false
	parser, err := kong.New(new(commands), kong.Name("aftercare"), kong.Exit(func(int) { help = true }), kong.Writers(discard{}, discard{}))
	if err != nil {
		t.Fatal(err)
	}
	if len(args) == 1 {
		for _, node := range parser.Model.Children {
			if node.Name == args[0] {
				return ""
			}
		}
	}
	if _, err := parser.Parse(args); err != nil && !help {
		return err.Error()
	}
	return ""
}

// words splits a command line as a shell does, as far as the documents need it.
func words(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
