package sqlstore

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSessionsOfEverySpellingAreUnderstood: the first golden body is as programs before protocol 6 wrote
// sessions, the second as this one does. They say the same.
func TestSessionsOfEverySpellingAreUnderstood(t *testing.T) {
	old, err := decodeSession(1, goldenBody(t, "session.1"))
	if err != nil {
		t.Fatal(err)
	}
	if len(old.Answers) != 2 || old.Answers[0].Question != "q0" || old.Judgement.Coverage != 0.4 {
		t.Fatalf("the former spelling is understood as %+v", old)
	}
	c, err := sessionCell(1, *old, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if path := filepath.Join("testdata", "session.2"); *update {
		if _, err := os.Stat(path); os.IsNotExist(err) {
			if err := os.WriteFile(path, append(bytes.Clone(c.body), '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	golden := goldenBody(t, "session.2")
	if !bytes.Equal(golden, c.body) {
		t.Errorf("it is written in another spelling:\n%s\nand not\n%s", c.body, golden)
	}
	now, err := decodeSession(1, golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(old, now); diff != "" {
		t.Errorf("-the former, +the present spelling:\n%s", diff)
	}

	next := now.Clone()
	a := next.Answers[1]
	a.Question = "q2"
	next.Answers, next.Open, next.Judgement.Coverage = append(next.Answers, a), 5, 0.6
	after, err := sessionCell(1, *next, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if n := changed(c.body, after.body); n > 150 {
		t.Errorf("an answer changes %d bytes of %d", n, len(after.body))
	}
}
