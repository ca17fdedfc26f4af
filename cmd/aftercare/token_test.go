package main

import (
	"strings"
	"testing"
)

func TestATokenIsMadeListedAndEnded(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main Street")
	out := c.must("token", "make", "till", "--scope", "flows:read", "--site", "main")
	if !strings.HasPrefix(out, "act_") || !strings.Contains(out, "shown only here") {
		t.Fatalf("it prints %q", out)
	}
	c.refuses(2, "there is no scope", "token", "make", "till", "--scope", "everything")
	c.refuses(1, "there is no site", "token", "make", "till", "--scope", "flows:read", "--site", "elsewhere")
	if list := c.must("token", "list"); strings.Contains(list, out[:20]) || !strings.Contains(list, "till") || !strings.Contains(list, "flows:read") {
		t.Errorf("the list is %s", list)
	}
	c.must("token", "end", "till")
	c.refuses(1, "there is no token", "token", "end", "till")
	if list := c.must("token", "list"); !strings.Contains(list, "ended 2") {
		t.Errorf("the list is %s", list)
	}
}
