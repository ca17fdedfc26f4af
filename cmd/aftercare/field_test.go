package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The answers files of the cases from the field mean what stands beside them: each line of
// answers.txt is part of what `survey try --json` prints, or of why it refuses the answers.
func TestAnswersFromTheFieldMeanWhatIsRight(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../bot/testdata/field/*/answers.yaml")
	if err != nil || len(paths) < 9 {
		t.Fatalf("%d answers files were found: %v", len(paths), err)
	}
	file := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, path := range paths {
		dir := filepath.Dir(path)
		flow := "one_tap_csat"
		if _, err := os.Stat(filepath.Join(dir, "flow.yaml")); err == nil {
			flow = file(filepath.Join(dir, "flow.yaml"))
		}
		result, err := try(t, flow, file(path), "")
		said := ""
		if err != nil {
			said = "refused: " + err.Error()
		} else if b, err := json.Marshal(result); err == nil {
			said = string(b)
		}
		for line := range strings.Lines(file(filepath.Join(dir, "answers.txt"))) {
			line = strings.TrimSpace(line)
			prefix, words, _ := strings.Cut(line, ": ")
			if !strings.Contains(said, line) && !(prefix == "refused" && strings.HasPrefix(said, "refused: ") && strings.Contains(said, words)) {
				t.Errorf("%s: %s is not what comes of it:\n%s", dir, line, said)
			}
		}
	}
}

// Commands that people missed are there.
func TestCommandsFromTheFieldAreThere(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../bot/testdata/field/*/command.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no commands were found: %v", err)
	}
	parser, err := kong.New(new(commands), kong.Name("aftercare"), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if _, err := parser.Parse(strings.Fields(line)); err != nil {
				t.Errorf("%s: %s: %v", path, strings.TrimSpace(line), err)
			}
		}
	}
}

// Whoever calls the program as other programs are called is understood, and a wrong call names the
// help of the command that was meant.
func TestACallAsOtherProgramsTakeItIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"", "Usage: aftercare <command>", 2},
		{"help", "Usage: aftercare <command>", 0},
		{"help site add", "Usage: aftercare site add <id>", 0},
		{"--version", "aftercare", 0},
		{"site add", "expected \"<id>\". Run `aftercare site add --help` to see how", 2},
		{"surve", "? Run `aftercare --help` to see how", 2},
	} {
		var out strings.Builder
		code := call(&terminal{ctx: t.Context(), stdin: strings.NewReader(""), stdout: &out, stderr: &out, dir: t.TempDir()}, strings.Fields(c.args))
		if code != c.code || !strings.Contains(out.String(), c.says) || strings.Contains(out.String(), "?.") {
			t.Errorf("aftercare %s: code %d\n%.400s", c.args, code, out.String())
		}
	}
}
