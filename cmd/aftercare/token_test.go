package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestATokenIsMadeListedAndEnded(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main Street")
	out := c.must("token", "create", "till", "--scope", "flows:read", "--site", "main")
	if !strings.HasPrefix(out, "act_") || !strings.Contains(out, "shown only here") {
		t.Fatalf("it prints %q", out)
	}
	c.refuses(2, "there is no scope", "token", "make", "till", "--scope", "everything")
	c.refuses(1, "there is no site", "token", "make", "till", "--scope", "flows:read", "--site", "elsewhere")
	if list := c.must("token", "list"); strings.Contains(list, out[:20]) || !strings.Contains(list, "till") || !strings.Contains(list, "flows:read") {
		t.Errorf("the list is %s", list)
	}
	c.must("token", "revoke", "till")
	c.refuses(1, "there is no token", "token", "end", "till")
	if list := c.must("token", "list"); !strings.Contains(list, "ended 2") {
		t.Errorf("the list is %s", list)
	}
}

// The names of before go on working, and lengths of time are written as people write them.
func TestATokenIsCreatedAsItsPageSays(t *testing.T) {
	c := newConsole(t, nil)
	c.must("token", "make", "old", "--scope", "flows:read")
	c.must("token", "end", "old")
	var made struct {
		Token, Name string
		Expires     time.Time
	}
	out := c.must("token", "create", "--name", "till", "--scope", "events:write", "--expires", "2w", "--json")
	if err := json.Unmarshal([]byte(out), &made); err != nil || !strings.HasPrefix(made.Token, "act_") || made.Name != "till" {
		t.Fatalf("%v: %s", err, out)
	}
	if left := time.Until(made.Expires); left < 13*24*time.Hour || left > 14*24*time.Hour {
		t.Errorf("two weeks are until %v", made.Expires)
	}
	c.refuses(2, "give it one name", "token", "create", "a", "--name", "b", "--scope", "flows:read")
	c.refuses(2, `"2weeks" is no length of time: write it as`, "token", "create", "a", "--scope", "flows:read", "--expires", "2weeks")
	c.refuses(2, `"soon" is no length of time: write it as`, "invite", "--expires", "soon")
}

// Whoever reads JSON reads errors as JSON as well, whatever is wrong.
func TestErrorsAreJSONForWhoReadsJSON(t *testing.T) {
	c := newConsole(t, nil)
	for _, f := range []struct {
		exit int
		args []string
	}{
		{1, []string{"invite", "--site", "nowhere", "--json"}},
		{2, []string{"survey", "show", "nope", "--json"}},
		{2, []string{"survey", "list", "--jsn", "--json"}},
		{2, []string{"import", "no-file.csv", "--json"}},
		{1, []string{"customer", "show", "nobody", "--json"}},
	} {
		var said failure
		if got := c.call(f.args...); got != f.exit || json.Unmarshal(c.stderr.Bytes(), &said) != nil || said.Exit != f.exit || said.Error == "" {
			t.Errorf("%v: exit code %d, want %d; it says %s", f.args, got, f.exit, c.stderr.String())
		}
	}
}
