package admin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aftercare/aftercare/survey/flowfile"
	"github.com/aftercare/aftercare/survey/importing"
)

// TestFindingsAreSaidInTheReadersLanguage: each that survey.Check or survey.Diff can have.
func TestFindingsAreSaidInTheReadersLanguage(t *testing.T) {
	files, err := filepath.Glob("../../survey/*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`\b(?:fatal|warn|add|say)\([^"\n]*?"([a-z]+(?:_[a-z]+)+)"`)
	count := 0
	for _, name := range files {
		base := filepath.Base(name)
		kind := "finding_"
		if base == "diff.go" {
			kind = "diff_"
		}
		if kind == "finding_" && !strings.HasPrefix(base, "check") || strings.HasSuffix(base, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(source), -1) {
			count++
			for _, lang := range []string{"en", "zh-Hans"} {
				if tongues()[lang].by[kind+m[1]] == "" {
					t.Errorf("%s: %q has no words in %s", base, m[1], lang)
				}
			}
		}
	}
	for _, code := range importing.Codes() { // and what an import leaves out
		for _, lang := range []string{"en", "zh-Hans"} {
			if tongues()[lang].by["left_"+code] == "" {
				t.Errorf("%q has no words in %s", code, lang)
			}
		}
	}
	if count < 60 {
		t.Errorf("only %d were found", count)
	}
}

// TestWhatIsShippedHasNamesInMenus: scales and lists are called by words and not by their keys.
func TestWhatIsShippedHasNamesInMenus(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		for kind, names := range map[string][]string{"scale": flowfile.Scales(), "choice": flowfile.Lists()} {
			for _, name := range names {
				if tongues()[lang].by["fv_"+kind+"_"+name] == "" {
					t.Errorf("the %s %q has no name in %s", kind, name, lang)
				}
			}
		}
	}
}
