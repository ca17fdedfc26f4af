package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// That a service is over is said by the link or by its code; what becomes of it is said back.
func TestInviteDoneSaysWhatBecomesOfIt(t *testing.T) {
	t.Parallel()
	m := newMachine(t, map[string]string{"PUBLIC_URL": "https://feedback.example"})
	before := m.invite("--flow", "expect_perceive")
	for _, c := range []struct {
		given, result string
		at            string
	}{
		{before.Web, "noted", ""},
		{before.Token, "noted", "2026-05-31T18:00"},
	} {
		args := []string{"invite", "done", "--json", c.given}
		if c.at != "" {
			args = append(args, "--at", c.at)
		}
		var v doneView
		if out := m.must(args...); json.Unmarshal([]byte(out), &v) != nil || v.Result != c.result || v.At != nil {
			t.Errorf("%v says %s; want %s", args, out, c.result)
		}
	}
	if out := m.must("invite", "done", before.Token); !strings.Contains(out, "It is noted") {
		t.Errorf("people read %q", out)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"nobodys-code"}, 1, "no invitation has this code"},
		{[]string{before.Token, "--at", "tomorrow"}, 2, "write the time as 2026-05-31T18:00"},
		{nil, 2, "code"},
	} {
		if code, _, stderr := m.run(append([]string{"invite", "done"}, c.args...)...); code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("invite done %v ends with %d: %s", c.args, code, stderr)
		}
	}
}
