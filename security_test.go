package aftercare_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/security.md says which test holds what: each of them exists.
func TestTheTestsThatThePageOnSecurityNamesExist(t *testing.T) {
	named := regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(read(t, "docs/security.md"), -1)
	if len(named) < 60 {
		t.Errorf("it names only %d tests", len(named))
	}
	there := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, f := range declared.FindAllStringSubmatch(read(t, path), -1) {
			there[f[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatalf("look for tests: %v", err)
	}
	for _, n := range named {
		if !there[n[1]] {
			t.Errorf("there is no %s", n[1])
		}
	}
}
