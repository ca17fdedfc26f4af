package survey

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	var all strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(source)
	}
	return all.String()
}

func named(t *testing.T, source, pattern string, atLeast int) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(source, -1) {
		names = append(names, m[1])
	}
	if len(names) < atLeast {
		t.Fatalf("%s: found only %v", pattern, names)
	}
	return names
}

// Inputs, effects and notices are closed sets. A new one cannot be forgotten: the
// engine handles it, the state chart's test knows it, and a transcript shows it.
func TestClosedSetsAreCovered(t *testing.T) {
	contract := read(t, "step.go")
	engine, states := read(t, "transition.go"), read(t, "states_test.go")
	player, transcripts := read(t, "golden_test.go"), read(t, "testdata/*.txt")
	for _, input := range named(t, contract, `func \((\w+)\) +input\(\)`, 16) {
		if !strings.Contains(engine, "case "+input+":") {
			t.Errorf("Step does not handle the input %s", input)
		}
		if !regexp.MustCompile(`case (\w+, )*` + input + `[,:]`).MatchString(states) {
			t.Errorf("the state chart's test does not know the input %s", input)
		}
		if !regexp.MustCompile(`(?m)^> ` + strings.ToLower(input)).MatchString(transcripts) {
			t.Errorf("no transcript shows the input %s", input)
		}
	}
	for _, effect := range named(t, contract, `func \((\w+)\) +effect\(\)`, 8) {
		if !strings.Contains(player, "case survey."+effect+":") {
			t.Errorf("the transcripts cannot show the effect %s", effect)
		}
	}
	for _, verb := range []string{"asks", "asks overall again", "tells", "shows", "withdraws", "says", "passes on", "judges", "closes"} {
		if !strings.Contains(transcripts, "\n  "+verb) {
			t.Errorf("no transcript has a line %q", verb)
		}
	}
	for _, code := range named(t, contract, `Notice\w+ +NoticeCode = "(\w+)"`, 23) {
		if !strings.Contains(transcripts, "\n  says "+code) {
			t.Errorf("no transcript shows the notice %s", code)
		}
	}
	if strings.Contains(transcripts, "unknown effect") {
		t.Error("a transcript has an unknown effect")
	}
}
