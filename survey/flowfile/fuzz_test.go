package flowfile

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParse checks what is promised of any input whatever: no panic, errors that are
// located, and a flow that survives being written and read again. The inputs that once
// found something are kept in testdata/fuzz.
func FuzzParse(f *testing.F) {
	for _, t := range Templates() {
		_, source, _ := Template(t.ID)
		f.Add(source)
	}
	for _, s := range []string{"", small, with("", "  - key: b\n    text: short\n    ask: B?\n    when: &w {not: *w}\n"), strings.Repeat("{a: ", 100), "a: [\n", "\xff\xfe", "a: \"\\ud800\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		flow, err := Parse(source)
		if err != nil {
			var all Errors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("an error without a place: %v", err)
			}
			lines := strings.Count(string(source), "\n") + 1
			for _, e := range all {
				if e.Message == "" || len(e.Message) > 1000 || len(source) <= MaxSize && (e.Line < 1 || e.Line > lines || e.Column < 1 || !strings.HasSuffix(e.Excerpt, "^")) {
					t.Fatalf("an error without a place among %d lines: %+v", lines, e)
				}
			}
			return
		}
		file, err := Format(flow)
		if err != nil {
			t.Fatalf("read but not written: %v", err)
		}
		back, err := Parse(file)
		if err != nil {
			t.Fatalf("written but not read: %v\n%s", err, file)
		}
		if d := cmp.Diff(flow, back); d != "" {
			t.Fatalf("changed by writing (-before +after):\n%s", d)
		}
	})
}
