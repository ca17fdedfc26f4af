package app

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// A file that cannot be opened is not one that this user may not open: too many files may be open, or its
// directory gone.
func TestThatAUserMayNotIsSaidWhereTheSystemSaysSo(t *testing.T) {
	const closed = "unable to open database file (14) (SQLITE_CANTOPEN)"
	for what, c := range map[string]struct {
		path string
		err  error
		why  string
	}{
		"no directory":      {filepath.Join(t.TempDir(), "no. 1", "a.db"), errors.New(closed), "cannot be opened"},
		"too many files":    {filepath.Join(t.TempDir(), "a.db"), errors.New(closed), "cannot be opened"},
		"the system denies": {filepath.Join(t.TempDir(), "a.db"), &fs.PathError{Op: "open", Path: "a.db", Err: fs.ErrPermission}, "this user may not read and write"},
	} {
		err := mayNot(c.path, c.err)
		e, ok := errors.AsType[*CannotUseError](err)
		if !ok || !strings.Contains(e.Why, c.why) || !strings.Contains(e.Why, c.path) || !errors.Is(err, c.err) {
			t.Errorf("%s: %v", what, err)
		}
		if again := mayNot(c.path, err); !errors.Is(err, again) || again.Error() != err.Error() {
			t.Errorf("%s: said twice: %v", what, again)
		}
	}
	if err := mayNot("a.db", fs.ErrNotExist); !errors.Is(err, fs.ErrNotExist) || err.Error() != fs.ErrNotExist.Error() {
		t.Errorf("what is not there: %v", err)
	}
}
