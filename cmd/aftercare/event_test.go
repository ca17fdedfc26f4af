package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEventsAreToldShownAndCancelled(t *testing.T) {
	c := newConsole(t, nil)
	c.must("site", "add", "main", "--name", "Main Street")
	file := filepath.Join(c.dir, "events.json")
	write := func(body string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"source":"till","id":"1","site":"main","state":"booked","service":"cut"}`)
	if out := c.must("event", "post", file); !strings.Contains(out, "Stored: 1. Known before: 0") {
		t.Errorf("it says %s", out)
	}
	if out := c.must("event", "post", file); !strings.Contains(out, "Stored: 0. Known before: 1") {
		t.Errorf("it says %s", out)
	}
	write(`{"source":"till","id":"1","site":"main","state":"booked","service":"colour"}`)
	c.refuses(1, "They differ in: service", "event", "post", file)
	write(`{"source":"till","id":"2","site":"mian","state":"booked"}`)
	c.refuses(1, `#/site: There is no site "mian"`, "event", "post", file)
	c.must("event", "cancel", "till", "1", "--reason", "ill")
	if out := c.must("event", "show", "till", "1"); !strings.Contains(out, `"cancelled"`) || !strings.Contains(out, `"ill"`) {
		t.Errorf("it shows %s", out)
	}
	c.refuses(1, "There is no such event", "event", "show", "till", "2")
}
