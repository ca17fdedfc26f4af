package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file that is taken away between two looks at it is gone, and not merely read-only: what is open
// is still ours, and is saved.
func TestAFileThatGoesBetweenTwoLooksIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &place{path: path, opened: []os.FileInfo{info, nil, nil}, may: func(at string) bool {
		if err := os.Remove(at); err != nil {
			t.Error(err)
		}
		return false
	}}
	if err := p.check(); err == nil || !strings.Contains(err.Error(), "was removed or renamed") {
		t.Errorf("it says %v", err)
	}
	if p.spoiled() {
		t.Error("what is open counts as spoiled: it would not be saved")
	}
}
